import datetime
from itertools import product

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from cities.days import today
from cities.exceptions import TransitionNotAllowed
from cities.models import (
    Application,
    Call,
    City,
    Coordinator,
    CreativeField,
    Decision,
    Designation,
    FormerSlug,
    HistoryEntry,
    Invitation,
    OutboxMessage,
    Photo,
    Reminder,
    Screening,
)
from cities.services.announcement import NotReady, addresses, announce, announce_due, newcomers, press_list, readiness
from cities.services.clock import tick
from cities.services.decision import DecisionRefused, correct, standing_decisions
from cities.services.history import flaws
from tests.conftest import person
from tests.factories.calls import make_application, make_call, make_commission_officer
from tests.factories.decisions import ACT, contact, days, make_decision, make_eligible

YES, NO = "designated", "not-designated"


@pytest.fixture
def call(network) -> Call:
    return make_call("decision")


@pytest.fixture
def besancon(call, decision_officer) -> Application:
    return make_eligible(call)


def sentences(call: Call) -> str:
    return " ".join(map(str, readiness(call)))


def mails(template: str) -> list[OutboxMessage]:
    return list(OutboxMessage.objects.filter(template=template).order_by("pk"))


def come_to(monkeypatch, instant) -> None:
    monkeypatch.setattr(timezone, "now", lambda: instant)


# Whether all is ready


def test_every_eligible_application_needs_a_decision(call, besancon, decision_officer):
    assert "There is no decision on Besançon (2027-001) yet." in sentences(call)
    make_decision(besancon, decision_officer)
    assert readiness(call) == []


@pytest.mark.parametrize("status", ["submitted", "returned"])
def test_what_is_still_examined_stands_in_the_way(call, besancon, decision_officer, status):
    make_decision(besancon, decision_officer)
    make_application(call, "Tours", status=status)
    assert sentences(call) == "The technical examination of Tours (2027-002) is not concluded."


@pytest.mark.parametrize("status", ["draft", "withdrawn", "ineligible"])
def test_what_is_out_of_the_running_does_not(call, besancon, decision_officer, status):
    make_decision(besancon, decision_officer)
    make_application(call, "Tours", status=status)
    assert readiness(call) == []


def test_without_an_eligible_application_there_is_nothing_to_announce(call, decision_officer):
    assert "nothing to announce" in sentences(call)
    with pytest.raises(NotReady):
        announce(call=call, by=decision_officer)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"latitude": None, "longitude": None}, "its coordinates are not known"),
        ({"name_en": "???", "name_fr": ""}, "no address of a page is free"),
        ({"population_year": 2199, "population": 1}, "This year is still to come."),
        ({"website": "nowhere"}, "Enter a valid URL."),
        ({"contacts": {"main": {"name": "Nobody"}}}, "the main executive contact has no e-mail address"),
        ({"contacts": {"main": {"email": "not an address"}}}, "the main executive contact has no e-mail address"),
        ({"name_en": "Lyon"}, "France has a city of this name in the network already, Lyon"),
        ({"name_en": "LYON", "name_fr": ""}, "France has a city of this name in the network already, Lyon"),
    ],
)
def test_a_city_that_cannot_become_one_stands_in_the_way(call, decision_officer, fields, sentence):
    make_decision(make_eligible(call, **fields), decision_officer)
    assert sentence in sentences(call)
    with pytest.raises(NotReady) as refusal:
        announce(call=call, by=decision_officer)
    assert sentence in " ".join(map(str, refusal.value.problems))
    assert Call.objects.get(pk=call.pk).status == Call.Status.PUBLISHED


def test_what_is_not_designated_may_lack_anything(call, decision_officer):
    make_decision(make_eligible(call, latitude=None, longitude=None), decision_officer, NO)
    assert readiness(call) == []


def test_two_of_one_name_in_one_country_stand_in_the_way(call, decision_officer):
    make_decision(make_eligible(call, "Besançon"), decision_officer)
    make_decision(make_eligible(call, "Bisanz", field="music", name_fr="Besancon"), decision_officer, YES)
    assert "another city of this name and country is designated too" in sentences(call)


def test_a_field_that_has_ended_stands_in_the_way(call, besancon, decision_officer):
    make_decision(besancon, decision_officer)
    CreativeField.objects.filter(pk=besancon.field_id).update(valid_to=today() - days(1))
    assert "is no field of the network" in sentences(call)


def test_a_member_is_not_designated_again(call, decision_officer):
    lyon = City.objects.get(slug="lyon")
    make_decision(make_eligible(call, "Lyon", former_city=lyon), decision_officer)
    assert "Lyon (2027-001) is a member already." in sentences(call)


def test_before_the_instant_of_decision_nothing_is_announced(network, decision_officer):
    call = make_call("evaluation")
    make_eligible(call)
    assert "Nothing can be decided or announced before" in sentences(call)


# The announcement


def test_the_announcement_makes_cities_designations_letters_and_invitations(call, besancon, decision_officer):
    other = make_eligible(call, "Tours", field="music")
    make_decision(besancon, decision_officer)
    make_decision(other, decision_officer, NO)
    announced = announce(call=call, by=decision_officer)
    assert (announced.status, announced.announced_at is not None) == ("announced", True)
    city = City.objects.members().with_current().get(slug="besancon")
    assert (city.name_en, city.country_id, city.latitude) == ("Besançon", "FR", 47.24)
    assert (city.current.field.slug, city.current.starts_on, city.current.source) == (
        "literature",
        today(),
        "DG/2026/17",
    )
    besancon.refresh_from_db()
    other.refresh_from_db()
    assert (besancon.status, besancon.designation) == ("designated", city.current)
    assert (other.status, other.designation) == ("not-designated", None)
    invitations = {one.role: one for one in Invitation.objects.filter(city=city)}
    assert {role: one.email for role, one in invitations.items()} == {
        "focal-point": "main.besancon@example.org",
        "alternate": "alternate.besancon@example.org",
    }
    assert {one.invited_by for one in invitations.values()} == {decision_officer}
    (letter,) = mails("announced-designated")
    assert (letter.to, letter.status, letter.language) == ("mayor.besancon@example.org", "held", "en")
    assert letter.subject == "Besançon is a member of the UNESCO Creative Cities Network"
    (letter,) = mails("announced-not-designated")
    assert (letter.to, letter.status) == ("mayor.tours@example.org", "held")
    assert "designated" not in letter.subject
    assert list(flaws()) == []


def test_the_history_learns_of_each_decision_with_its_instant(call, besancon, decision_officer):
    made = make_decision(besancon, decision_officer, NO)
    act = {**ACT, "decided_on": today(), "file": None, "by": decision_officer}
    second = correct(decision=made, outcome=YES, reason="A clerical error.", **act)
    announce(call=call, by=None if call.announce_at <= timezone.now() else decision_officer)
    entries = list(HistoryEntry.objects.filter(verb="decision.recorded").order_by("number"))
    assert [(one.object_id, one.actor, one.reason) for one in entries] == [
        (str(made.pk), decision_officer, ""),
        (str(second.pk), decision_officer, "A clerical error."),
    ]
    assert [one.changes["outcome"] for one in entries] == [[None, NO], [NO, YES]]
    assert entries[0].changes["hash"] == [None, made.hash]
    assert entries[0].changes["at"][1].startswith(made.at.strftime("%Y-%m-%dT"))
    of_call = HistoryEntry.objects.about(call).get(verb="call.announced")
    assert of_call.changes == {"status": ["published", "announced"]}
    of_application = HistoryEntry.objects.about(besancon).get()
    assert (of_application.verb, of_application.changes) == ("call.announced", {"status": ["eligible", "designated"]})


def test_a_first_day_that_the_act_names_is_kept(call, besancon, decision_officer):
    made = make_decision(besancon, decision_officer, starts_on=today() - days(3))
    announce(call=call, by=decision_officer)
    assert Designation.objects.get(city__slug="besancon").starts_on == made.starts_on


def test_edge_d_the_first_day_is_the_one_in_paris(call, besancon, decision_officer, monkeypatch):
    make_decision(besancon, decision_officer)
    # A quarter to midnight in London, and the next day in Paris.
    late = (timezone.now() + days(30)).astimezone(datetime.UTC).replace(hour=23, minute=45)
    come_to(monkeypatch, late)
    announce(call=call)
    assert Designation.objects.get(city__slug="besancon").starts_on == (late + days(1)).date()


def test_edge_n_a_former_member_comes_back_as_the_same_city(call, decision_officer):
    lyon = City.objects.get(slug="lyon")
    ended = lyon.designations.get(ends_on=None)
    ended.ends_on, ended.end_reason = today() - days(200), "withdrawn"
    ended.save()
    application = make_eligible(call, "Lyon", former_city=lyon, field="film")
    make_decision(application, decision_officer)
    announce(call=call, by=decision_officer)
    lyon = City.objects.members().with_current().get(slug="lyon")
    assert (lyon.current.field.slug, lyon.current.member_since) == ("film", today())
    assert lyon.designations.count() == 3
    assert City.objects.members(today() - days(210)).filter(slug="lyon").exists()
    assert not City.objects.members(today() - days(100)).filter(slug="lyon").exists()


def test_edge_h_two_cities_named_alike_get_an_address_each(call, decision_officer):
    # Granada of Spain and of Nicaragua are members; a third one comes, and two of a name that nobody has yet.
    third = make_eligible(call, "Granada", "CO")
    twins = [make_eligible(call, "Trinidad", country, field="music") for country in ("BO", "UY")]
    for application in (third, *twins):
        make_decision(application, decision_officer)
    assert set(addresses(newcomers(call)).values()) == {"granada-co", "trinidad-bo", "trinidad-uy"}
    assert readiness(call) == []
    announce(call=call, by=decision_officer)
    assert set(City.objects.filter(slug__startswith="granada").values_list("slug", flat=True)) == {
        "granada-es",
        "granada-ni",
        "granada-co",
    }
    assert Client().get("/en/cities/trinidad-uy/").status_code == 200


def test_an_address_that_leads_elsewhere_for_ever_is_not_given(call, besancon, decision_officer):
    FormerSlug.objects.create(slug="besancon", city=City.objects.get(slug="lyon"))
    make_decision(besancon, decision_officer)
    assert addresses(newcomers(call)) == {besancon.pk: "besancon-fr"}
    FormerSlug.objects.create(slug="besancon-fr", city=City.objects.get(slug="lyon"))
    assert "no address of a page is free" in sentences(call)


def test_photos_of_the_application_become_the_city_s(call, besancon, decision_officer):
    photo = Photo.objects.create(application=besancon, width=800, height=600, sha256="0" * 64)
    make_decision(besancon, decision_officer)
    announce(call=call, by=decision_officer)
    photo.refresh_from_db()
    assert (photo.city.slug, photo.application) == ("besancon", besancon)


def test_letters_are_in_the_language_of_who_reads_them(call, decision_officer):
    application = make_eligible(call, language="fr")
    officer = person("commission.fr@example.org", language="fr")
    make_commission_officer(officer)
    make_commission_officer(person("commission.pt@example.org"), "PT")
    make_decision(application, decision_officer)
    make_decision(make_eligible(call, "Tours"), decision_officer, NO)
    announce(call=call, by=decision_officer)
    (letter,) = mails("announced-designated")
    assert letter.language == "fr"
    (letter,) = mails("announced-commission")
    assert (letter.user, letter.language, letter.status) == (officer, "fr", "held")
    assert "Besançon" in letter.body
    assert "Tours" in letter.body


def test_of_what_was_never_shared_the_commission_is_not_told(call, besancon, decision_officer):
    make_commission_officer(person("commission.fr@example.org"))
    Application.objects.filter(pk=besancon.pk).update(shared_at=None)
    make_decision(besancon, decision_officer)
    announce(call=call, by=decision_officer)
    assert mails("announced-commission") == []


@pytest.mark.parametrize("telling", Call.Telling.values)
def test_the_ineligible_are_told_as_the_call_says(network, decision_officer, telling):
    call = make_call("decision", tells_ineligible=telling)
    make_decision(make_eligible(call), decision_officer)
    late = make_eligible(call, "Tours", status="ineligible")
    Screening.objects.create(application=late, status="concluded", reasons=["in-time", "photos"])
    announce(call=call, by=decision_officer)
    letters = mails("announced-ineligible")
    if telling == Call.Telling.AT_ONCE:
        assert letters == []
        return
    assert [one.to for one in letters] == ["mayor.tours@example.org"]
    assert "received before the deadline" in letters[0].body


def test_without_an_address_of_the_mayor_who_stands_for_them_gets_the_letter(call, decision_officer):
    nobody = {"name": "", "email": ""}
    main = make_eligible(call, contacts={"mayor": nobody})
    owner = person("owner.tours@example.org")
    team = make_eligible(call, "Tours", owner=owner, contacts=dict.fromkeys(("mayor", "main", "alternate"), nobody))
    make_decision(main, decision_officer)
    make_decision(team, decision_officer, NO)
    announce(call=call, by=decision_officer)
    assert [one.to for one in mails("announced-designated")] == ["main.besancon@example.org"]
    assert [one.to for one in mails("announced-not-designated")] == ["owner.tours@example.org"]


def test_one_person_as_both_contacts_is_invited_once(call, decision_officer):
    same = contact("main", "Besançon")
    make_decision(make_eligible(call, contacts={"alternate": same}), decision_officer)
    announce(call=call, by=decision_officer)
    assert [one.role for one in Invitation.objects.all()] == [Coordinator.Role.FOCAL_POINT]


def test_held_letters_leave_only_when_staff_say_so(
    call, besancon, decision_officer, django_capture_on_commit_callbacks
):
    make_decision(besancon, decision_officer)
    with django_capture_on_commit_callbacks(execute=True) as woken:
        announce(call=call, by=decision_officer)
    assert woken
    assert {one.to[0] for one in mail.outbox} == {"main.besancon@example.org", "alternate.besancon@example.org"}


def test_a_decision_on_what_was_withdrawn_after_all_designates_nobody(call, besancon, decision_officer):
    make_decision(besancon, decision_officer)
    make_decision(make_eligible(call, "Tours", field="music"), decision_officer)
    # The call was rescheduled and the city left meanwhile.
    Application.objects.filter(pk=besancon.pk).update(status="withdrawn")
    announce(call=call, by=decision_officer)
    assert not City.objects.filter(slug="besancon").exists()
    assert City.objects.members().filter(slug="tours").exists()


# Once


def test_a_second_announcement_does_nothing(call, besancon, decision_officer):
    make_decision(besancon, decision_officer)
    first = announce(call=call, by=decision_officer)
    kept = (HistoryEntry.objects.count(), OutboxMessage.objects.count(), Designation.objects.count())
    assert announce(call=call, by=decision_officer).announced_at == first.announced_at
    assert kept == (HistoryEntry.objects.count(), OutboxMessage.objects.count(), Designation.objects.count())


def test_only_decision_officers_announce(call, besancon, decision_officer, officer, administrator, admin_user):
    make_decision(besancon, decision_officer)
    for user in (officer, administrator, admin_user):
        with pytest.raises(DecisionRefused, match="Only decision officers"):
            announce(call=call, by=user)


@pytest.mark.parametrize(("status", "by_hand"), list(product(["draft", "cancelled"], [True, False])))
def test_a_draft_or_cancelled_call_is_not_announced(network, decision_officer, status, by_hand):
    call = make_call("decision", publish=False)
    Call.objects.filter(pk=call.pk).update(status=status)
    with pytest.raises(TransitionNotAllowed, match="the call is “"):
        announce(call=call, by=decision_officer if by_hand else None)


@pytest.mark.parametrize("status", ["announced", "archived"])
def test_an_announced_or_archived_call_stays_as_it_is(network, decision_officer, status):
    call = make_call("decision", publish=False)
    Call.objects.filter(pk=call.pk).update(status=status, announced_at=timezone.now())
    assert announce(call=call, by=decision_officer).status == status


# By the clock


def test_the_clock_announces_at_the_instant_and_not_before(call, besancon, decision_officer, monkeypatch):
    make_decision(besancon, decision_officer)
    come_to(monkeypatch, call.announce_at - days(1) / 86400)
    assert announce_due() == 0
    with pytest.raises(DecisionRefused, match="not due before"):
        announce(call=call)
    come_to(monkeypatch, call.announce_at)
    assert announce_due() == 1
    assert announce_due() == 0
    assert City.objects.members().filter(slug="besancon").exists()
    assert HistoryEntry.objects.about(call).get(verb="call.announced").actor is None
    assert Invitation.objects.first().invited_by == decision_officer


def test_the_clock_invites_in_the_name_of_a_colleague(call, besancon, decision_officer, monkeypatch):
    make_decision(besancon, decision_officer)
    decision_officer.is_active = False
    decision_officer.save()
    come_to(monkeypatch, call.announce_at)
    assert announce_due() == 0
    assert "No decision officer has an open account" in sentences(call)
    colleague = person("second.decision.officer@example.org", "decision officer")
    assert announce_due() == 1
    assert Invitation.objects.first().invited_by == colleague


def test_what_is_not_ready_is_told_once_and_says_nothing_of_outcomes(
    call, besancon, decision_officer, officer, monkeypatch
):
    ready = make_eligible(call, "Tours")
    make_decision(ready, decision_officer)
    come_to(monkeypatch, call.announce_at + days(1))
    for _time in range(3):
        assert announce_due() == 0
    (told,) = mails("announcement-not-ready")
    assert told.user == decision_officer
    assert "Tours" not in told.subject + told.body
    assert "Besançon" not in told.subject + told.body
    assert f"/admin/cities/decision/calls/{call.pk}/announce/" in told.body
    assert Reminder.objects.count() == 1
    make_decision(besancon, decision_officer, NO)
    assert announce_due() == 1


def test_one_call_that_fails_does_not_keep_another_from_its_instant(call, besancon, decision_officer, monkeypatch):
    other = make_call("decision", slug="2029", year=2029)
    make_decision(make_eligible(other, "Tours"), decision_officer)
    come_to(monkeypatch, call.announce_at + days(1))
    done = tick()
    assert done["announce_due"] == 1
    assert City.objects.members().filter(slug="tours").exists()


# What the public sees


def test_the_public_sees_the_new_member_as_soon_as_it_is_announced(call, besancon, decision_officer):
    visitor = Client()

    before = visitor.get("/en/cities/?q=besancon").content.decode()
    count = City.objects.members().count()
    make_decision(besancon, decision_officer)
    assert visitor.get("/en/cities/besancon/").status_code == 404
    assert visitor.get("/en/cities/?q=besancon").content.decode() == before
    announce(call=call, by=decision_officer)
    assert City.objects.members().count() == count + 1
    for page in ("/en/cities/?q=besancon", "/fr/cities/?q=besancon"):
        assert "/cities/besancon/" in visitor.get(page).content.decode()
    assert visitor.get("/en/cities/besancon/").status_code == 200
    assert f"{count + 1}" in visitor.get("/en/").content.decode()
    assert "besancon" in visitor.get("/sitemap.xml").content.decode()


# The press list


def test_the_press_list_is_there_before_and_says_the_same_after(call, decision_officer):
    make_decision(make_eligible(call), decision_officer)
    make_decision(make_eligible(call, "Libreville", "GA", field="music", name_fr="Libreville"), decision_officer)
    make_decision(make_eligible(call, "Tours"), decision_officer, NO)
    before = {language: press_list(call, language) for language in ("en", "fr")}
    assert [line.city for line in before["en"].lines] == ["Besançon", "Libreville"]
    assert [line.field for line in before["fr"].lines] == ["Littérature", "Musique"]
    assert (before["en"].countries, before["en"].new_countries) == (2, ["Gabon"])
    members = City.objects.members().count()
    assert (before["en"].members, before["en"].is_final) == (members + 2, False)
    announced = announce(call=call, by=decision_officer)
    after = press_list(announced, "en")
    assert [line.city for line in after.lines] == ["Besançon", "Libreville"]
    assert [line.since for line in after.lines] == [today().isoformat()] * 2
    assert (after.countries, after.new_countries, after.members, after.is_final) == (2, ["Gabon"], members + 2, True)


def test_standing_decisions_alone_are_announced(call, besancon, decision_officer):
    made = make_decision(besancon, decision_officer)
    act = {**ACT, "decided_on": today(), "file": None, "by": decision_officer}
    correct(decision=made, outcome=NO, reason="An error.", **act)
    announce(call=call, by=decision_officer)
    assert not City.objects.filter(slug="besancon").exists()
    assert len(standing_decisions(call)) == 1
    assert Decision.objects.count() == 2
