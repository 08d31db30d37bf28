"""Every address of the project against every persona: who gets in, who is sent to sign in, who meets 403 or 404.

Fails when a view names no permission (`cities.access`), and when an address is missing from the tables below.
"""

import datetime
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from cities.access import EVERYONE, PERSONS
from cities.models import (
    Application,
    Assignment,
    Call,
    CallDocument,
    City,
    CommissionOfficer,
    ConflictOverride,
    Coordinator,
    Decision,
    Endorsement,
    EntryReport,
    Evaluator,
    FocalPointChange,
    Initiative,
    InitiativeRevision,
    Invitation,
    OutboxMessage,
    Partnership,
    Photo,
    PrivateFile,
    ProfileConfirmation,
    ProfileRevision,
    Ranking,
    Section,
    Shortlisting,
    Snapshot,
)
from cities.rules import PERMISSIONS
from meetings.models import (
    Ballot,
    BidCity,
    HostBid,
    HostCall,
    Meeting,
    MeetingDocument,
    MeetingQuestion,
    Room,
    Session,
    Speaker,
)
from meetings.rules import PERMISSIONS as MEETING_PERMISSIONS
from rvcu.models import DataSnapshot, User
from tests.conftest import mandate, person
from tests.factories.applications import add_file
from tests.factories.calls import add_applicant, make_application, make_assignment, make_call, make_endorsement
from tests.factories.hosting import make_ballot, make_bid, make_host_call, make_meeting, make_registration, make_session

LYON = ("coordinator", "alternate", "editor")
OTHERS = ("former_coordinator", "other_coordinator", "commission_officer", "evaluator")
SECRETARIAT = ("officer", "decision_officer", "administrator", "auditor")
PERSONAS = ("visitor", *LYON, *OTHERS, *SECRETARIAT)

OPEN, SIGN_IN, FORBIDDEN, HIDDEN = "open", "sign in", "forbidden", "hidden"

Who = dict[str, str]


def who(default: str, *, visitor: str = SIGN_IN, **others: str) -> Who:
    """What each persona meets: the default, but for those named."""
    return dict.fromkeys(PERSONAS, default) | {"visitor": visitor} | others


ALL = who(OPEN, visitor=OPEN)
PEOPLE = who(OPEN)
OF_LYON = who(HIDDEN, **dict.fromkeys(LYON, OPEN))
SPEAKERS = OF_LYON | {"editor": FORBIDDEN}
FOCAL_POINT = SPEAKERS | {"alternate": FORBIDDEN}
PARTNERS = OF_LYON | {"other_coordinator": OPEN}
PARTNER_SPEAKS = who(HIDDEN, other_coordinator=OPEN, **dict.fromkeys(LYON, FORBIDDEN))
EITHER_SPEAKS = SPEAKERS | {"other_coordinator": OPEN}
DRAWN = who(HIDDEN, visitor=HIDDEN, **dict.fromkeys((*LYON, *SECRETARIAT), OPEN))
EVALUATOR = who(HIDDEN, evaluator=OPEN)
APPLICANT = who(HIDDEN, former_coordinator=OPEN, **dict.fromkeys(SECRETARIAT, FORBIDDEN))
COMMISSION = who(HIDDEN, commission_officer=OPEN)
# Members, and the secretariat, follow a ballot that is open; focal points vote.
FOLLOWED = who(HIDDEN, visitor=HIDDEN, **dict.fromkeys((*LYON, "other_coordinator", *SECRETARIAT), OPEN))
VOTED_IN = FOLLOWED | {"visitor": SIGN_IN} | dict.fromkeys(("alternate", "editor", *SECRETARIAT), FORBIDDEN)
# Of a registration the secretariat knows; it changes it in the admin.
REGISTERED = OF_LYON | dict.fromkeys(SECRETARIAT, FORBIDDEN)
PARTICIPANTS = who(FORBIDDEN, **dict.fromkeys((*LYON, "other_coordinator", *SECRETARIAT), OPEN))
LETTER = who(HIDDEN, coordinator=OPEN, **dict.fromkeys(SECRETARIAT, OPEN))

# Name of an address → what fills it, the method, who. An empty POST does nothing where it is let in.
ADDRESSES: dict[str, tuple[dict[str, object], str, Who]] = {
    **{
        name: ({}, "get", ALL)
        for name in (
            *("healthz", "robots", "sitemap", "fields_css", "fields_svg", "home", "network", "statistics"),
            *("data", "data_api", "api:openapi"),
            *("legal", "privacy", "accessibility", "contact", "meetings:list"),
            *("cities:directory", "cities:map", "cities:table", "cities:field_list", "cities:country_list"),
            *("cities:initiatives", "cities:cooperation", "cities:cities_feed", "cities:initiatives_feed"),
            *("account_login", "account_inactive", "account_signup", "account_reset_password"),
            *("account_reset_password_done", "account_reset_password_from_key_done"),
            *("account_email_verification_sent", "cities:erased"),
        )
    },
    "set_language": ({}, "post", ALL),
    "account_confirm_email": ({"key": "unknown"}, "get", ALL),
    "account_reset_password_from_key": ({"uidb36": "1", "key": "unknown"}, "get", ALL),
    # open data: nothing is published here
    "data_changes": ({}, "get", ALL),
    "data_changes_file": ({"extension": "csv"}, "get", ALL),
    "snapshots_of_day": ({"day": "2016-04-28"}, "get", who(HIDDEN, visitor=HIDDEN)),
    "snapshot": ({"day": "2016-04-28", "edition": 1}, "get", who(HIDDEN, visitor=HIDDEN)),
    "data_snapshot": ({"day": "2016-04-28", "edition": 1}, "get", who(HIDDEN, visitor=HIDDEN)),
    "snapshot_file": (
        {"day": "2016-04-28", "edition": 1, "name": "cities.csv"},
        "get",
        who(HIDDEN, visitor=HIDDEN),
    ),
    "cities:city": ({"slug": "lyon"}, "get", ALL),
    "cities:report": ({"slug": "lyon"}, "get", ALL),
    "cities:report_received": ({"slug": "lyon"}, "get", ALL),
    "cities:field": ({"slug": "film"}, "get", ALL),
    "cities:country": ({"iso2": "FR"}, "get", ALL),
    "cities:initiative": ({"slug": "shown"}, "get", ALL),
    "sitemap_part": ({"section": "cities"}, "get", ALL),
    "embed_city": ({"language": "en", "slug": "lyon"}, "get", ALL),
    "embed_map": ({"language": "en"}, "get", ALL),
    "cities:invitation": ({"token": "unknown"}, "get", who(HIDDEN, visitor=HIDDEN)),
    "meetings:meeting": ({"edition": 12}, "get", ALL),
    "meetings:feed": ({}, "get", ALL),
    # a document for member cities
    "meetings:document": ({"edition": 12, "pk": "meeting document"}, "get", FOLLOWED),
    # calls: one that is announced, whose document anybody may have
    "cities:calls": ({}, "get", ALL),
    "cities:call": ({"slug": "2023"}, "get", ALL),
    "cities:call_questions": ({"slug": "2023"}, "get", ALL),
    "cities:call_statistics": ({"slug": "2023"}, "get", ALL),
    "cities:call_document": ({"slug": "2023", "pk": "call document"}, "get", ALL),
    "cities:call_preview": (
        {"slug": "2031", "section": "plan"},
        "get",
        who(HIDDEN, **dict.fromkeys(SECRETARIAT, OPEN)),
    ),
    # the API
    **{
        f"api:{name}": ({}, "get", ALL)
        for name in (
            *("root", "openapi", "cities", "designations", "fields", "countries", "initiatives", "meetings"),
            "statistics",
        )
    },
    "api:cities_row": ({"slug": "lyon"}, "get", ALL),
    "api:fields_row": ({"slug": "film"}, "get", ALL),
    "api:countries_row": ({"iso2": "FR"}, "get", ALL),
    "api:initiatives_row": ({"slug": "shown"}, "get", ALL),
    "api:meetings_row": ({"edition": 12}, "get", ALL),
    # the lists as files
    **{
        f"cities:{name}_file": ({"extension": "csv"}, "get", ALL)
        for name in ("cities", "designations", "fields", "countries", "initiatives", "cooperation", "calls")
    },
    "meetings:meetings_file": ({"extension": "csv"}, "get", ALL),
    # the second step of a sign-in: without the first, back to it
    **{name: ({}, "get", PEOPLE) for name in ("mfa_authenticate", "account_confirm_login_code", "mfa_login_webauthn")},
    # for whoever is signed in, about themselves
    **{
        name: ({}, "get", PEOPLE)
        for name in (
            *("my", "cities:my_help", "cities:my_acts", "cities:my_data", "cities:my_erasure"),
            *("account_index", "account_preferences", "account_reauthenticate", "account_email"),
            *("account_change_password", "account_set_password", "mfa_index", "mfa_reauthenticate"),
            *("mfa_generate_recovery_codes", "mfa_activate_totp", "mfa_list_webauthn", "mfa_add_webauthn"),
            *("mfa_reauthenticate_webauthn", "usersessions_list"),
        )
    },
    "account_logout": ({}, "get", PEOPLE),
    "cities:my_data_file": ({}, "post", PEOPLE),
    "mfa_remove_webauthn": ({"pk": 0}, "get", PEOPLE),  # asks for the password first
    "mfa_edit_webauthn": ({"pk": 0}, "get", PEOPLE),
    # nothing to see without a second factor, which staff have here, or without codes, which nobody has
    "mfa_deactivate_totp": ({}, "get", who(HIDDEN, **dict.fromkeys(SECRETARIAT, OPEN))),
    "mfa_view_recovery_codes": ({}, "get", who(HIDDEN)),
    "mfa_download_recovery_codes": ({}, "get", who(HIDDEN)),
    # Lyon's workplace
    "cities:my_city": ({"slug": "lyon"}, "get", OF_LYON),
    "cities:my_profile": ({"slug": "lyon"}, "get", OF_LYON),
    "cities:my_profile_submit": ({"slug": "lyon"}, "post", OF_LYON),
    "cities:my_profile_take_back": ({"slug": "lyon"}, "post", OF_LYON),
    "cities:my_profile_history": ({"slug": "lyon"}, "get", OF_LYON),
    "cities:my_profile_photos": ({"slug": "lyon"}, "get", OF_LYON),
    "cities:my_confirm": ({"slug": "lyon"}, "post", FOCAL_POINT),
    "cities:my_team": ({"slug": "lyon"}, "get", OF_LYON),
    "cities:my_team_invite": ({"slug": "lyon"}, "post", FOCAL_POINT),
    "cities:my_team_end": ({"slug": "lyon", "pk": "mandate"}, "post", FOCAL_POINT),
    "cities:my_team_withdraw": ({"slug": "lyon", "pk": "invitation"}, "post", FOCAL_POINT),
    "cities:my_team_send_again": ({"slug": "lyon", "pk": "invitation"}, "post", FOCAL_POINT),
    "cities:my_team_change": ({"slug": "lyon"}, "post", FOCAL_POINT),
    "cities:my_team_change_withdraw": ({"slug": "lyon"}, "post", FOCAL_POINT),
    "cities:my_initiative_new": ({"slug": "lyon"}, "get", OF_LYON),
    "cities:my_initiative": ({"pk": "initiative"}, "get", OF_LYON),
    "cities:my_initiative_photos": ({"pk": "initiative"}, "get", OF_LYON),
    "cities:my_initiative_submit": ({"pk": "initiative"}, "post", OF_LYON),
    "cities:my_initiative_take_back": ({"pk": "initiative"}, "post", OF_LYON),
    "cities:my_initiative_edit": ({"pk": "initiative"}, "post", OF_LYON),
    "cities:my_initiative_partners": ({"pk": "initiative"}, "post", SPEAKERS),
    # Lyon asked Östersund
    "cities:my_partnership": ({"pk": "partnership"}, "get", PARTNERS),
    "cities:my_partnership_confirm": ({"pk": "partnership"}, "post", PARTNER_SPEAKS),
    "cities:my_partnership_decline": ({"pk": "partnership"}, "post", PARTNER_SPEAKS),
    "cities:my_partnership_end": ({"pk": "partnership"}, "post", EITHER_SPEAKS),
    # an evaluation that the evaluator has begun; declaring a conflict of interest needs no words, and comes last
    "cities:my_evaluations": ({}, "get", PEOPLE),
    "cities:my_evaluation": ({"pk": "assignment"}, "get", EVALUATOR),
    "cities:my_evaluation_accept": ({"pk": "assignment"}, "post", EVALUATOR),
    "cities:my_evaluation_decline": ({"pk": "assignment"}, "post", EVALUATOR),
    "cities:my_evaluation_abstain": ({"pk": "assignment"}, "post", EVALUATOR),
    "cities:my_evaluation_submit": ({"pk": "assignment"}, "post", EVALUATOR),
    "cities:my_evaluation_recuse": ({"pk": "assignment"}, "post", EVALUATOR),
    # the draft of an application: its owner once was a coordinator; the secretariat knows of it, and that is all
    **{
        f"cities:my_application{name}": ({"pk": "draft application", **more}, "get", APPLICANT)
        for name, more in (
            *((page, {}) for page in ("_check", "_share", "_submit", "_withdraw", "_documents", "_photos", "_team")),
            *(("_team_invite", {}), ("_team_end", {"mandate": "applicant"})),
            *(("_team_withdraw_invitation", {"invitation": "to the team"}),),
            *(("_team_send_again", {"invitation": "to the team"}),),
            *(("_receipt", {"number": 1}), ("_receipt_file", {"number": 1})),
            ("_documents_remove", {"document": "document"}),
        )
    },
    "cities:receipt": ({}, "get", ALL),
    "cities:call_begin": ({"slug": "2031"}, "get", ALL),
    "cities:my_application": ({"pk": "draft application"}, "get", APPLICANT),
    "cities:my_application_read": ({"pk": "draft application"}, "get", APPLICANT),
    "cities:my_application_section": ({"pk": "draft application", "section": "city"}, "get", APPLICANT),
    "cities:my_application_export": ({"pk": "draft application", "fmt": "json"}, "get", APPLICANT),
    # the desk of the National Commission of France
    "cities:my_commission": ({"iso2": "FR"}, "get", COMMISSION),
    "cities:my_commission_wishes": ({"iso2": "FR"}, "post", COMMISSION),
    "cities:my_endorsement": ({"pk": "endorsement"}, "get", COMMISSION),
    **{
        f"cities:my_{name}": ({"pk": "endorsement"}, "post", COMMISSION)
        for name in (*("endorse", "decline", "endorsement_withdraw", "endorsement_reopen", "endorsement_note"),)
    },
    # a call for hosts whose ballot is open, and a bid on it: members read it, the public does not
    "meetings:host_call": ({"edition": 41}, "get", ALL),
    "meetings:host_call_bid": ({"edition": 41, "pk": "host bid"}, "get", FOLLOWED),
    # ballots: one that is open, and one that is counted
    "meetings:ballots": ({"edition": 41}, "get", FOLLOWED),
    "meetings:ballot": ({"edition": 41, "number": 1}, "get", FOLLOWED),
    "meetings:ballot_vote": ({"edition": 41, "number": 1}, "post", VOTED_IN),
    "meetings:ballot_file": ({"edition": 40, "number": 1, "fmt": "json"}, "get", ALL),
    "meetings:ballot_check": ({"edition": 40, "number": 1}, "get", ALL),
    # registration: anybody asks for the form; a link opens nothing when it is unknown; Lyon's persons are its own
    "meetings:register": ({"edition": 41}, "get", ALL),
    "meetings:register_with": ({"edition": 41, "token": "unknown"}, "get", who(HIDDEN, visitor=HIDDEN)),
    **{
        f"meetings:{name}": ({"token": "unknown"}, "get", who(HIDDEN, visitor=HIDDEN))
        for name in ("registration", "registration_cancel", "registration_calendar", "registration_sessions")
    },
    "meetings:my_registrations": ({"edition": 41, "city": "lyon"}, "get", OF_LYON),
    **{
        f"meetings:my_{name}": ({"pk": "registration"}, "get", REGISTERED)
        for name in ("registration", "registration_cancel", "registration_calendar", "registration_sessions")
    },
    "meetings:participants": ({"edition": 41}, "get", PARTICIPANTS),
    # the programme and calendars; places in sessions are booked with the own registration, which nobody has here
    "meetings:calendar_all": ({}, "get", ALL),
    "meetings:calendar": ({"edition": 41}, "get", ALL),
    "meetings:programme": ({"edition": 41}, "get", ALL),
    "meetings:session_calendar": ({"edition": 41, "pk": "session"}, "get", ALL),
    "meetings:session_book": ({"edition": 41, "pk": "session"}, "post", who(HIDDEN)),
    "meetings:session_leave": ({"edition": 41, "pk": "session"}, "post", who(HIDDEN)),
    # the draft of a bid that Lyon leads; Östersund was asked to join
    "meetings:my_bid_begin": ({"city": "lyon", "edition": 47}, "get", SPEAKERS),
    "meetings:my_bid": ({"pk": "bid"}, "get", PARTNERS),
    "meetings:my_bid_form": ({"pk": "bid"}, "get", OF_LYON | {"other_coordinator": FORBIDDEN}),
    **{
        f"meetings:my_bid_{act}": ({"pk": "bid", **more}, method, SPEAKERS | {"other_coordinator": FORBIDDEN})
        for act, method, more in (
            *(("submit", "get", {}), ("withdraw", "get", {}), ("take_back", "post", {}), ("city_ask", "post", {})),
            ("city_remove", "post", {"city": "lead of the bid"}),
        )
    },
    **{
        f"meetings:my_bid_{act}": (
            {"pk": "bid", "city": "lead of the bid"},
            "post",
            OF_LYON | {"other_coordinator": FORBIDDEN},
        )
        for act in ("letter", "letter_remove")
    },
    "meetings:my_bid_answer": ({"pk": "city asked to bid"}, "get", who(HIDDEN, other_coordinator=OPEN)),
    # files of Lyon: a photo of a draft, and a letter that its focal point sent
    "photo": ({"pk": "photo", "size": "small"}, "get", DRAWN),
    "cities:file": ({"pk": "letter"}, "get", LETTER),
}

NOT_OURS = {"set_language"}
"""Views of the framework that stand in our addresses as they are and show nothing."""


def walk(patterns=None, prefix: str = "", spaces: tuple[str, ...] = ()) -> Iterator[tuple[str, str, Callable]]:
    """Every address of the project: its full name, its route, its view."""
    for entry in patterns if patterns is not None else get_resolver().url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            inner = (*spaces, entry.namespace) if entry.namespace else spaces
            yield from walk(entry.url_patterns, route, inner)
        elif isinstance(entry, URLPattern):
            yield ":".join((*spaces, entry.name or "")), route, entry.callback


def outcome(response) -> str:
    assert response.status_code < 500
    if response.status_code in (403, 404):
        return {403: FORBIDDEN, 404: HIDDEN}[response.status_code]
    if response.status_code == 302 and any(page in response.url for page in ("/account/login/", "/admin/login/")):
        return SIGN_IN
    assert response.status_code != 405
    return OPEN


SITE = [(name, route, view) for name, route, view in walk() if not name.startswith("admin:")]


def test_every_view_of_the_site_says_who_may_open_it():
    known = {EVERYONE, PERSONS, *PERMISSIONS, *MEETING_PERMISSIONS}
    silent = [route for name, route, view in SITE if name not in NOT_OURS and getattr(view, "access", "") not in known]
    assert silent == []


def test_every_address_of_the_site_is_in_the_table():
    assert {name for name, _route, _view in SITE} == set(ADDRESSES)


def application_world(owner) -> dict[str, object]:
    """The draft of an application and what belongs to it."""
    draft = make_application(make_call(slug="2031", year=2031), "Besançon", owner=owner)
    colleague = add_applicant(draft, person("colleague@example.org"), "editor")
    Snapshot.objects.create(
        application=draft, number=1, at=timezone.now(), by=owner, content={}, sha256="0" * 64, receipt="A"
    )
    invitation = Invitation.objects.create(
        kind="applicant",
        email="to.the.team@example.org",
        language="en",
        application=draft,
        role="editor",
        invited_by=owner,
        expires_at=timezone.now() + datetime.timedelta(days=9),
    )
    shared = make_application(draft.call, "Tours", shared_at=timezone.now())
    return {
        "draft application": draft.pk,
        "endorsement": make_endorsement(shared).pk,
        "applicant": colleague.pk,
        "to the team": invitation.pk,
        "document": add_file(draft, owner, "signed-form").pk,
    }


def under_embargo(application: Application, user: User) -> dict[Any, object]:
    """A ranking, a place on the shortlist and a decision, as rows: nobody asks how they came about."""
    call = application.call
    inputs: dict[str, Any] = {"applications": [], "wanted": {}, "spread_limit": call.spread_limit}
    decision = Decision(
        call=call,
        application=application,
        outcome="designated",
        reference="DG/2026/17",
        decided_on=datetime.date(2026, 1, 5),
        decider="Director-General",
        number=1,
        at=timezone.now(),
        previous_hash="0" * 64,
        by=user,
    )
    decision.hash = decision.computed_hash()
    decision.save()
    return {
        Ranking: Ranking.objects.create(call=call, number=1, inputs=inputs, inputs_sha256="0" * 64, rows=[], by=user),
        Shortlisting: Shortlisting.objects.create(call=call, application=application, standing="shortlisted", by=user),
        Decision: decision,
    }


def ballots_of_two_meetings() -> Ballot:
    """A ballot that is counted, in which nobody voted, and one that is open, which is given."""
    counted = make_ballot(make_host_call("ballot", meeting=make_meeting(40)), electorate=[])
    result: dict[str, Any] = {"outcome": Ballot.Outcome.NO_VOTES, "cast": 0, "blank": 0}
    result["counting"] = {"options": [], "votes": []}
    Ballot.objects.filter(pk=counted.pk).update(status="closed", closed_at=timezone.now(), **result)
    call = make_host_call("ballot", meeting=make_meeting(41))
    return make_ballot(call, make_bid(call, "bologna", status="eligible"))


def bid_of_lyon(asked: City) -> dict[str, object]:
    """The draft of a bid that Lyon leads, and a city that it asked to join."""
    bid = make_bid(make_host_call("open", meeting=make_meeting(47)))
    partner = BidCity.objects.create(bid=bid, city=asked)
    return {"bid": bid.pk, "lead of the bid": bid.cities.get(is_lead=True).pk, "city asked to bid": partner.pk}


@pytest.fixture
def world(coordinator, other_coordinator, former_coordinator, evaluator, tmp_path, settings) -> dict[str, object]:
    """One of each thing that an address names."""
    lyon, ostersund = City.objects.get(slug="lyon"), City.objects.get(slug="ostersund")
    revision = ProfileRevision.objects.create(city=lyon, number=1, created_by=coordinator)
    photo = Photo.objects.create(city=lyon, width=800, height=600, sha256="0" * 64, uploaded_by=coordinator)
    for size in ("large", "small"):
        getattr(photo, size).save(f"{size}.jpg", ContentFile(b"\xff\xd8\xff"), save=False)
    photo.save()
    letter = PrivateFile(
        kind=PrivateFile.Kind.MAYORS_LETTER,
        city=lyon,
        name="letter.pdf",
        content_type="application/pdf",
        size=5,
        sha256="0" * 64,
        uploaded_by=coordinator,
    )
    letter.file.save("letter.pdf", ContentFile(b"%PDF-"), save=False)
    DataSnapshot.objects.create(
        day=datetime.date(2019, 1, 1),
        edition=1,
        published_at=timezone.now(),
        cities=0,
        history_head="0:" + "0" * 64,
        files=[{"name": name, "size": 0, "sha256": "0" * 64} for name in ("manifest.json", "all.zip")],
    )
    letter.save()
    initiative = Initiative.objects.create(slug="draft", lead=lyon)
    text = InitiativeRevision.objects.create(initiative=initiative, number=1, created_by=coordinator)
    shown = Initiative.objects.create(slug="shown", lead=ostersund)
    shown.published = InitiativeRevision.objects.create(
        initiative=shown, number=1, status="published", title_en="Shown", title_fr="Montrée", first_year=2024
    )
    shown.save()
    now = timezone.now()
    guide = PrivateFile(kind=PrivateFile.Kind.CALL, name="guide.pdf", size=5, sha256="0" * 64, uploaded_by=coordinator)
    guide.file.save("guide.pdf", ContentFile(b"%PDF-"), save=False)
    guide.save()
    announced = make_call("decision", slug="2023", form=False, publish=False)
    document = CallDocument.objects.create(
        call=announced, title_en="Guide", title_fr="Guide", language="en", file=guide
    )
    Call.objects.filter(pk=announced.pk).update(status="announced", announced_at=now)
    minutes = PrivateFile(kind=PrivateFile.Kind.MEETING, name="minutes.pdf", size=5, uploaded_by=coordinator)
    minutes.file.save("minutes.pdf", ContentFile(b"%PDF-"), save=False)
    minutes.save()
    kept = MeetingDocument.objects.create(
        meeting=Meeting.objects.get(edition=12), kind="conclusions", title_en="Minutes", language="en", file=minutes
    )
    ballot = ballots_of_two_meetings()
    host_bid = HostBid.objects.get(host_call=ballot.host_call)
    session = make_session(ballot.host_call.meeting, places=3)
    in_preparation = make_call("scheduled", slug="2035", publish=False)
    second = mandate(person("second.editor.lyon@example.org"), "lyon", Coordinator.Role.EDITOR)
    invitation = Invitation.objects.create(
        kind="coordinator",
        email="invited@example.org",
        language="en",
        city=lyon,
        role="editor",
        invited_by=coordinator,
        expires_at=now + datetime.timedelta(days=9),
    )
    evaluated = make_application(make_call("evaluation", slug="2025"), "Coimbra", country="PT", status="eligible")
    assignment = make_assignment(evaluated, evaluator.evaluator_mandates.get(), Assignment.Status.ACCEPTED)
    return {
        **bid_of_lyon(ostersund),
        "assignment": assignment.pk,
        **application_world(former_coordinator),
        "mandate": second.pk,
        "invitation": invitation.pk,
        "initiative": initiative.pk,
        "partnership": Partnership.objects.create(initiative=initiative, city=ostersund, asked_by=coordinator).pk,
        "photo": photo.pk,
        "letter": letter.pk,
        "call document": document.pk,
        "meeting document": kept.pk,
        "host bid": host_bid.pk,
        "registration": make_registration(ballot.host_call.meeting).pk,
        "session": session.pk,
        "objects": {
            **under_embargo(evaluated, coordinator),
            Application: evaluated,
            Assignment: assignment,
            Endorsement: make_endorsement(evaluated, Endorsement.Status.ENDORSED),
            ConflictOverride: ConflictOverride.objects.create(
                application=evaluated, user=coordinator, conflict="team", reason="Long ago.", proposed_by=coordinator
            ),
            Call: in_preparation,
            Section: in_preparation.sections.get(key="plan"),
            ProfileRevision: revision,
            InitiativeRevision: text,
            Photo: photo,
            ProfileConfirmation: ProfileConfirmation.objects.create(
                city=lyon, day=datetime.date(2026, 1, 5), by=coordinator
            ),
            Invitation: invitation,
            Coordinator: second,
            FocalPointChange: FocalPointChange.objects.create(
                city=lyon,
                email="next.lyon@example.org",
                name="Next",
                language="fr",
                letter=letter,
                requested_by=coordinator,
            ),
            OutboxMessage: OutboxMessage.objects.create(
                template="invitation", to="invited@example.org", language="en", subject="An invitation", body="…"
            ),
            EntryReport: EntryReport.objects.create(city=lyon, message="A mistake, here.", language="en"),
            CommissionOfficer: CommissionOfficer.objects.create(user=coordinator, country_id="SE"),
            Evaluator: Evaluator.objects.create(user=coordinator, panel="experts", field_id=1),
            Ballot: ballot,
            HostBid: host_bid,
            Session: session,
            Room: session.room,
            Speaker: Speaker.objects.create(meeting=session.meeting, name="A speaker"),
            MeetingQuestion: MeetingQuestion.objects.create(
                meeting=session.meeting, text_en="Boat?", text_fr="Bateau ?"
            ),
            HostCall: make_host_call("scheduled", publish=False, meeting=make_meeting(42)),
        },
    }


@pytest.fixture
def client_of(request, signed_in) -> Callable[[str], Client]:
    def sign_in(persona: str) -> Client:
        return Client() if persona == "visitor" else signed_in(request.getfixturevalue(persona))

    return sign_in


@pytest.mark.parametrize("persona", PERSONAS)
def test_the_site_opens_to_whom_it_should(persona, world, client_of):
    client = client_of(persona)
    met, expected = {}, {}
    for name, (named, method, table) in ADDRESSES.items():
        if name == "account_logout":
            continue  # tried last: it asks, and signs out on POST alone
        address = reverse(name, kwargs={key: world.get(value, value) for key, value in named.items()})
        met[name] = outcome(getattr(client, method)(address))
        expected[name] = table[persona]
    assert {name: one for name, one in met.items() if one != expected[name]} == {}
    assert outcome(client.get(reverse("account_logout"))) == PEOPLE[persona]


def test_a_mandate_that_ends_closes_the_workplace_at_once(world, client_of, coordinator):
    client = client_of("coordinator")
    page = client.get("/en/my/cities/lyon/profile/")
    assert page.status_code == 200
    Coordinator.objects.filter(user=coordinator).update(ends_at=timezone.now())
    for name, (named, method, table) in ADDRESSES.items():
        if table in (OF_LYON, SPEAKERS, FOCAL_POINT):
            address = reverse(name, kwargs={key: world.get(value, value) for key, value in named.items()})
            assert outcome(getattr(client, method)(address)) == HIDDEN, name


# The admin: Django makes its pages from the models, so the rule is told once and the table says what differs

ADMIN = sorted(
    {name.removeprefix("admin:") for name, _route, _view in walk() if name.startswith("admin:")} - {"admin:"}
)
MADE_BY_DJANGO = {
    *("login", "logout", "password_change", "password_change_done"),  # the account's own pages stand in their place
    *("autocomplete", "jsi18n", "view_on_site", "app_list", ""),  # parts of other pages, and redirects
}
TO_LOOK_AT = (
    "index",
    "help",
    "_changelist",
    "_change",
    "_history",
    "_export",
    "_print",
    "_reviews",
    "_hostcall_ballot",
    "_session_grid",
    "_meeting_people",
)
FOR_THOSE_WHO_RECEIVE = ("meetings_registration_export", "meetings_registration_needs", "meetings_registration_visa")
"""Files of persons who come: an auditor needs none."""
NOT_FOR_OFFICERS = ("rvcu_user_", "auth_user_", "cities_invitation_staff")
"""Accounts are the administrators' and the auditors'."""
ADDED_BY_HAND = {
    "city",
    "country",
    "creativefield",
    "officialtotal",
    "meeting",
    "user",
    "call",
    "hostcall",
    "room",
    "session",
    "speaker",
    "meetingquestion",
}
DELETED_BY_HAND = {"entryreport", "call", "section", "hostcall", "room", "session", "speaker", "meetingquestion"}


UNDER_EMBARGO = (
    *("cities_decision_", "cities_ranking_", "cities_shortlisting_", "cities_application_decide"),
    *(f"cities_call_{page}" for page in ("decisions", "ranking", "shortlist", "rest", "announce", "press")),
)
"""Pages that exist for decision officers alone."""


def allowed_in_the_admin(persona: str, name: str) -> bool:
    """Whether a page of the admin opens to a person of the secretariat."""
    model = name.split("_")[1] if "_" in name else ""
    if name.startswith(NOT_FOR_OFFICERS) and persona in {"officer", "decision_officer"}:
        return False
    if name.startswith(FOR_THOSE_WHO_RECEIVE) and persona == "auditor":
        return False
    if name.endswith("_add"):
        return model in ADDED_BY_HAND and persona != "auditor"
    if name.endswith("_delete"):
        return model in DELETED_BY_HAND and persona != "auditor"
    return persona != "auditor" or (name.endswith(TO_LOOK_AT) and name != "auth_user_password_change")


@pytest.mark.parametrize("persona", PERSONAS)
def test_the_admin_opens_to_whom_it_should(persona, world, client_of):
    client = client_of(persona)
    objects = {model._meta.model_name: obj for model, obj in world["objects"].items()}
    models = {model._meta.model_name: model for model in admin.site._registry}
    met, expected = {}, {}
    for name in ADMIN:
        if name in MADE_BY_DJANGO:
            continue
        model = name.split("_")[1] if "_" in name else ""
        obj = objects.get(model) or (models[model]._default_manager.order_by("pk").first() if model else None)
        if name.startswith(UNDER_EMBARGO) and model in ("call", "application"):
            # Of a call that is no draft, and what was applied to it.
            obj = objects["decision"].call if model == "call" else objects["decision"].application
        try:
            address = reverse(f"admin:{name}")
        except NoReverseMatch:
            address = reverse(f"admin:{name}", args=[obj.pk])
        response = client.get(address)
        met[name] = outcome(client.post(address) if response.status_code == 405 else response)
        if persona in SECRETARIAT and persona != "decision_officer" and name.startswith(UNDER_EMBARGO):
            expected[name] = HIDDEN
        elif persona in SECRETARIAT:
            expected[name] = OPEN if allowed_in_the_admin(persona, name) else FORBIDDEN
        else:
            expected[name] = SIGN_IN
    assert {name: one for name, one in met.items() if one != expected[name]} == {}
