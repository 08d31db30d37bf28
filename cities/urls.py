from django.urls import path

from .views import (
    acts,
    city,
    cooperation,
    country,
    creative_field,
    directory,
    entry_report,
    guide,
    initiative,
    invitation,
    my,
    partnership,
    photo,
    privacy,
    private_file,
    profile,
    team,
)

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
    # /{lang}/my/help/
    path("my/help/", guide.my_help, name="my_help"),
    # /{lang}/cooperation/
    path("cooperation/", cooperation.cooperation, name="cooperation"),
    # /{lang}/my/cities/{slug}/
    path("my/cities/<slug:slug>/", my.my_city, name="my_city"),
    path("my/cities/<slug:slug>/profile/", profile.my_profile, name="my_profile"),
    path("my/cities/<slug:slug>/profile/submit/", profile.my_profile_submit, name="my_profile_submit"),
    path("my/cities/<slug:slug>/profile/take-back/", profile.my_profile_take_back, name="my_profile_take_back"),
    path("my/cities/<slug:slug>/profile/history/", profile.my_profile_history, name="my_profile_history"),
    path("my/cities/<slug:slug>/confirm/", profile.my_confirm, name="my_confirm"),
    path("my/cities/<slug:slug>/profile/photos/", photo.profile_photos, name="my_profile_photos"),
    path("my/initiatives/<int:pk>/photos/", photo.initiative_photos, name="my_initiative_photos"),
    # /{lang}/my/cities/{slug}/team/
    path("my/cities/<slug:slug>/team/", team.team, name="my_team"),
    path("my/cities/<slug:slug>/team/invite/", team.team_invite, name="my_team_invite"),
    path("my/cities/<slug:slug>/team/<int:pk>/end/", team.team_end, name="my_team_end"),
    path("my/cities/<slug:slug>/team/invitations/<int:pk>/withdraw/", team.team_withdraw, name="my_team_withdraw"),
    path("my/cities/<slug:slug>/team/invitations/<int:pk>/again/", team.team_send_again, name="my_team_send_again"),
    path("my/cities/<slug:slug>/team/focal-point/", team.team_change, name="my_team_change"),
    path("my/cities/<slug:slug>/team/focal-point/withdraw/", team.team_change_withdraw, name="my_team_change_withdraw"),
    # /{lang}/my/acts/, /{lang}/account/invitation/{token}/, /{lang}/files/{id}/
    path("my/acts/", acts.my_acts, name="my_acts"),
    path("account/invitation/<str:token>/", invitation.invitation, name="invitation"),
    path("files/<uuid:pk>/", private_file.private_file, name="file"),
    # /{lang}/initiatives/
    path("initiatives/", initiative.initiatives, name="initiatives"),
    path("initiatives/<slug:slug>/", initiative.initiative, name="initiative"),
    # /{lang}/my/cities/<slug>/initiatives/, /{lang}/my/initiatives/, /{lang}/my/partnerships/
    path("my/cities/<slug:slug>/initiatives/new/", initiative.start, name="my_initiative_new"),
    path("my/initiatives/<int:pk>/", initiative.my_initiative, name="my_initiative"),
    path("my/initiatives/<int:pk>/submit/", initiative.submit_view, name="my_initiative_submit"),
    path("my/initiatives/<int:pk>/take-back/", initiative.take_back_view, name="my_initiative_take_back"),
    path("my/initiatives/<int:pk>/edit/", initiative.edit_view, name="my_initiative_edit"),
    path("my/initiatives/<int:pk>/partners/", partnership.ask, name="my_initiative_partners"),
    path("my/partnerships/<int:pk>/", partnership.my_partnership, name="my_partnership"),
    path("my/partnerships/<int:pk>/confirm/", partnership.confirm, name="my_partnership_confirm"),
    path("my/partnerships/<int:pk>/decline/", partnership.decline, name="my_partnership_decline"),
    path("my/partnerships/<int:pk>/end/", partnership.end, name="my_partnership_end"),
    # /{lang}/my/data/, /{lang}/my/erasure/
    path("my/data/", privacy.my_data, name="my_data"),
    path("my/data/file/", privacy.my_data_file, name="my_data_file"),
    path("my/erasure/", privacy.my_erasure, name="my_erasure"),
    path("my/erasure/done/", privacy.erased, name="erased"),
]
