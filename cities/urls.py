from django.urls import path

from .views import (
    acts,
    applicant,
    application,
    application_document,
    call,
    city,
    cooperation,
    country,
    creative_field,
    directory,
    endorsement,
    entry_report,
    evaluation,
    feed,
    files,
    guide,
    initiative,
    invitation,
    my,
    partnership,
    photo,
    privacy,
    private_file,
    profile,
    submission,
    team,
)

app_name = "cities"

urlpatterns = [
    # feeds, before the files, none of which has their extension
    path("cities.atom", feed.members, name="cities_feed"),
    path("initiatives.atom", feed.initiatives, name="initiatives_feed"),
    # /{lang}/cities.csv …
    path("cities.<slug:extension>", files.cities, name="cities_file"),
    path("calls.<slug:extension>", files.calls, name="calls_file"),
    path("cooperation.<slug:extension>", files.cooperation, name="cooperation_file"),
    path("countries.<slug:extension>", files.countries, name="countries_file"),
    path("designations.<slug:extension>", files.designations, name="designations_file"),
    path("fields.<slug:extension>", files.fields, name="fields_file"),
    path("initiatives.<slug:extension>", files.initiatives, name="initiatives_file"),
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
    # /{lang}/my/commission/{iso2}/, /{lang}/my/endorsements/{pk}/
    path("my/commission/<str:iso2>/", endorsement.my_commission, name="my_commission"),
    path("my/commission/<str:iso2>/wishes/", endorsement.my_commission_wishes, name="my_commission_wishes"),
    path("my/endorsements/<int:pk>/", endorsement.my_endorsement, name="my_endorsement"),
    path("my/endorsements/<int:pk>/endorse/", endorsement.my_endorse, name="my_endorse"),
    path("my/endorsements/<int:pk>/decline/", endorsement.my_decline, name="my_decline"),
    path("my/endorsements/<int:pk>/withdraw/", endorsement.my_endorsement_withdraw, name="my_endorsement_withdraw"),
    path("my/endorsements/<int:pk>/reopen/", endorsement.my_endorsement_reopen, name="my_endorsement_reopen"),
    path("my/endorsements/<int:pk>/note/", endorsement.my_endorsement_note, name="my_endorsement_note"),
    # /{lang}/my/data/, /{lang}/my/erasure/
    path("my/data/", privacy.my_data, name="my_data"),
    path("my/data/file/", privacy.my_data_file, name="my_data_file"),
    path("my/erasure/", privacy.my_erasure, name="my_erasure"),
    path("my/erasure/done/", privacy.erased, name="erased"),
    # /{lang}/calls/
    path("calls/", call.calls, name="calls"),
    path("calls/receipt/", submission.receipt, name="receipt"),  # before the calls, of which none is called so
    path("calls/<slug:slug>/", call.call, name="call"),
    path("calls/<slug:slug>/questions/", call.call_questions, name="call_questions"),
    path("calls/<slug:slug>/statistics/", call.call_statistics, name="call_statistics"),
    path("calls/<slug:slug>/documents/<int:pk>/", call.call_document, name="call_document"),
    # /{lang}/calls/{slug}/apply/, /{lang}/my/applications/{pk}/: the application's form
    path("calls/<slug:slug>/form/<slug:section>/", application.call_preview, name="call_preview"),
    path("calls/<slug:slug>/apply/", application.call_begin, name="call_begin"),
    path("my/applications/<int:pk>/", application.my_application, name="my_application"),
    path(
        "my/applications/<int:pk>/form/<slug:section>/",
        application.my_application_section,
        name="my_application_section",
    ),
    path("my/applications/<int:pk>/read/", application.my_application_read, name="my_application_read"),
    path(
        "my/applications/<int:pk>/export/<slug:fmt>/", application.my_application_export, name="my_application_export"
    ),
    # /{lang}/my/evaluations/
    path("my/evaluations/", evaluation.my_evaluations, name="my_evaluations"),
    path("my/evaluations/<int:pk>/", evaluation.my_evaluation, name="my_evaluation"),
    path("my/evaluations/<int:pk>/accept/", evaluation.my_evaluation_accept, name="my_evaluation_accept"),
    path("my/evaluations/<int:pk>/decline/", evaluation.my_evaluation_decline, name="my_evaluation_decline"),
    path("my/evaluations/<int:pk>/recuse/", evaluation.my_evaluation_recuse, name="my_evaluation_recuse"),
    path("my/evaluations/<int:pk>/abstain/", evaluation.my_evaluation_abstain, name="my_evaluation_abstain"),
    path("my/evaluations/<int:pk>/submit/", evaluation.my_evaluation_submit, name="my_evaluation_submit"),
    # /{lang}/my/applications/{pk}/: check, share, submit, withdraw, receipts, documents, photos, team
    path("my/applications/<int:pk>/check/", submission.my_application_check, name="my_application_check"),
    path("my/applications/<int:pk>/share/", submission.my_application_share, name="my_application_share"),
    path("my/applications/<int:pk>/submit/", submission.my_application_submit, name="my_application_submit"),
    path("my/applications/<int:pk>/withdraw/", submission.my_application_withdraw, name="my_application_withdraw"),
    path(
        "my/applications/<int:pk>/receipts/<int:number>/",
        submission.my_application_receipt,
        name="my_application_receipt",
    ),
    path(
        "my/applications/<int:pk>/receipts/<int:number>/content/",
        submission.my_application_receipt_file,
        name="my_application_receipt_file",
    ),
    path(
        "my/applications/<int:pk>/documents/",
        application_document.my_application_documents,
        name="my_application_documents",
    ),
    path(
        "my/applications/<int:pk>/documents/<int:document>/remove/",
        application_document.my_application_documents_remove,
        name="my_application_documents_remove",
    ),
    path("my/applications/<int:pk>/photos/", photo.application_photos, name="my_application_photos"),
    path("my/applications/<int:pk>/team/", applicant.my_application_team, name="my_application_team"),
    path(
        "my/applications/<int:pk>/team/invite/", applicant.my_application_team_invite, name="my_application_team_invite"
    ),
    path(
        "my/applications/<int:pk>/team/<int:mandate>/end/",
        applicant.my_application_team_end,
        name="my_application_team_end",
    ),
    path(
        "my/applications/<int:pk>/team/invitations/<int:invitation>/withdraw/",
        applicant.my_application_team_withdraw_invitation,
        name="my_application_team_withdraw_invitation",
    ),
    path(
        "my/applications/<int:pk>/team/invitations/<int:invitation>/again/",
        applicant.my_application_team_send_again,
        name="my_application_team_send_again",
    ),
]
