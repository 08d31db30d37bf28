from django.urls import path

from .resources import RESOURCES
from .schema import DocumentView
from .views import ListView, RootView, RowView, StatisticsView, published

app_name = "api"

urlpatterns = [
    # /api/v1/
    path("", published(RootView.as_view()), name="root"),
    # Its examples show a meeting as well.
    path("openapi.json", published(DocumentView.as_view(), RESOURCES["meetings"].moving), name="openapi"),
    path("statistics/", published(StatisticsView.as_view()), name="statistics"),
    # /api/v1/cities/, /api/v1/cities/{slug}/, …
    *(
        path(f"{resource.name}/", published(ListView.as_view(resource=resource), resource.moving), name=resource.name)
        for resource in RESOURCES.values()
    ),
    *(
        path(
            f"{resource.name}/<{resource.converter}:{resource.key}>/",
            published(RowView.as_view(resource=resource), resource.moving),
            name=f"{resource.name}_row",
        )
        for resource in RESOURCES.values()
        if resource.key
    ),
]
