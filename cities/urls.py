from django.urls import path

from .views import city, country, creative_field, directory, entry_report

app_name = "cities"

urlpatterns = [
    # /{lang}/cities/
    path("cities/", directory.directory, {"layout": directory.CARDS}, name="directory"),
    path("cities/map/", directory.directory, {"layout": directory.MAP}, name="map"),
    path("cities/table/", directory.directory, {"layout": directory.TABLE}, name="table"),
    path("cities/<slug:slug>/", city.city, name="city"),
    path("cities/<slug:slug>/report/", entry_report.report, name="report"),
    path("cities/<slug:slug>/report/received/", entry_report.report_received, name="report_received"),
    # /{lang}/fields/, /{lang}/countries/
    path("fields/", creative_field.field_list, name="field_list"),
    path("fields/<slug:slug>/", creative_field.field, name="field"),
    path("countries/", country.country_list, name="country_list"),
    path("countries/<slug:iso2>/", country.country, name="country"),
]
