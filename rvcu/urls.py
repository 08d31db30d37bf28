from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.contrib.sitemaps.views import sitemap
from django.urls import include, path

from cities.caching import public_page
from cities.views import appearance, my, photo

from . import views
from .sitemaps import SITEMAPS

urlpatterns = [
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    path("healthz", views.healthz, name="healthz"),
    path("robots.txt", views.robots, name="robots"),
    path("sitemap.xml", public_page(sitemap), {"sitemaps": SITEMAPS}, name="sitemap"),
    path("fields.css", appearance.fields_css, name="fields_css"),
    path("photos/<uuid:pk>/<slug:size>.jpg", photo.photo, name="photo"),
    path("fields.svg", appearance.fields_svg, name="fields_svg"),
]
urlpatterns += i18n_patterns(
    # /{lang}/
    path("", views.home, name="home"),
    path("account/", include("rvcu.account")),
    path("", include("cities.urls")),
    path("", include("meetings.urls")),
    path("my/", my.my, name="my"),
    path("network/", views.network, name="network"),
    path("network/statistics/", views.statistics, name="statistics"),
    *(
        path(f"{name}/", views.page, {"template": f"pages/{name}.html"}, name=name)
        for name in ("legal", "privacy", "accessibility", "contact")
    ),
)
