from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path, register_converter

from cities.views import appearance, embed, my, photo

from . import change_views, data_views, sitemaps, snapshot_views, views
from .api.reference import reference

handler400 = "rvcu.api.errors.bad_request"
handler404 = "rvcu.api.errors.page_not_found"
handler500 = "rvcu.api.errors.server_error"

register_converter(snapshot_views.DayConverter, "day")

urlpatterns = [
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    path("api/v1/", include("rvcu.api.urls")),
    # /data/snapshots/
    path("data/snapshots/<day:day>/", snapshot_views.snapshots_of_day, name="snapshots_of_day"),
    path("data/snapshots/<day:day>/<int:edition>/", snapshot_views.snapshot, name="snapshot"),
    path("data/snapshots/<day:day>/<int:edition>/<str:name>", snapshot_views.snapshot_file, name="snapshot_file"),
    # /embed/{lang}/: for the pages of others
    path("embed/<slug:language>/cities/<slug:slug>/", embed.city, name="embed_city"),
    path("embed/<slug:language>/map/", embed.network_map, name="embed_map"),
    path("healthz", views.healthz, name="healthz"),
    path("robots.txt", views.robots, name="robots"),
    path("sitemap.xml", sitemaps.sitemap, name="sitemap"),
    path("sitemap-<slug:section>.xml", sitemaps.sitemap_part, name="sitemap_part"),
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
    path("data/", data_views.data, name="data"),
    path("data/api/", reference, name="data_api"),
    path("data/snapshots/<day:day>/<int:edition>/", snapshot_views.data_snapshot, name="data_snapshot"),
    path("data/changes/", change_views.data_changes, name="data_changes"),
    path("data/changes.<str:extension>", change_views.data_changes_file, name="data_changes_file"),
    path("network/", views.network, name="network"),
    path("network/statistics/", views.statistics, name="statistics"),
    *(
        path(f"{name}/", views.page, {"template": f"pages/{name}.html"}, name=name)
        for name in ("legal", "privacy", "accessibility", "contact")
    ),
)
