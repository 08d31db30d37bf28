import datetime

import pytest
from django.core import mail
from django.utils import timezone

from cities.exceptions import NetworkError, TransitionNotAllowed
from cities.models import City, Coordinator, Designation, HistoryEntry, Initiative, OutboxMessage, Partnership
from cities.services import partnership as service
from cities.services.history import flaws
from cities.services.initiative import start_initiative
from rvcu.models import User
from tests.conftest import mandate, person

pytestmark = pytest.mark.usefixtures("network")

Status = Partnership.Status


@pytest.fixture
def initiative(coordinator: User) -> Initiative:
    """A draft of Lyon's."""
    return start_initiative(lead=City.objects.get(slug="lyon"), title_en="Books", title_fr="Livres", by=coordinator)


@pytest.fixture
def asked(initiative: Initiative, coordinator: User, other_coordinator: User) -> Partnership:
    """Östersund, asked by Lyon; the mail of the question is put aside."""
    partnership = service.ask(initiative=initiative, city=City.objects.get(slug="ostersund"), by=coordinator)
    OutboxMessage.objects.all().delete()
    return partnership


def page(partnership: Partnership, *rest: str) -> str:
    return "/en/my/partnerships/" + "/".join([str(partnership.pk), *rest]) + "/"


def mails() -> list[tuple[str, str]]:
    return sorted(OutboxMessage.objects.values_list("to", "template"))


# Asking


def test_a_city_is_asked_by_mail_in_the_language_of_each_speaker(initiative, coordinator, other_coordinator):
    ostersund = City.objects.get(slug="ostersund")
    editor = person("editor.ostersund@example.org")
    mandate(editor, "ostersund", Coordinator.Role.EDITOR)
    alternate = person("alternate.ostersund@example.org")
    mandate(alternate, "ostersund", Coordinator.Role.ALTERNATE)
    partnership = service.ask(initiative=initiative, city=ostersund, by=coordinator)
    sent = {message.to: message for message in OutboxMessage.objects.all()}
    assert set(sent) == {other_coordinator.email, alternate.email}
    assert {sent[user.email].language for user in (other_coordinator, alternate)} == {"fr", "en"}
    assert f"/fr/my/partnerships/{partnership.pk}/" in sent[other_coordinator.email].body
    assert "Livres" in sent[other_coordinator.email].body
    assert f"/en/my/partnerships/{partnership.pk}/" in sent[alternate.email].body
    act = HistoryEntry.objects.about(partnership).get()
    assert (act.verb, act.changes) == ("partnership.asked", {"status": [None, "asked"]})


@pytest.mark.parametrize(
    ("slug", "sentence"),
    [("lyon", "Your own city leads this initiative"), ("seoul", "Seoul is no member of the network now.")],
)
def test_the_lead_and_former_members_are_not_asked(initiative, coordinator, slug, sentence):
    Designation.objects.filter(city__slug="seoul").update(ends_on="2024-05-31", end_reason="withdrawn")
    with pytest.raises(service.PartnerRefused, match=sentence):
        service.ask(initiative=initiative, city=City.objects.get(slug=slug), by=coordinator)
    assert not Partnership.objects.exists()


def test_a_lead_that_left_asks_nobody(initiative, coordinator):
    Designation.objects.filter(city__slug="lyon", ends_on=None).update(ends_on="2024-05-31", end_reason="withdrawn")
    with pytest.raises(service.PartnerRefused, match="Only a member city"):
        service.ask(initiative=initiative, city=City.objects.get(slug="seoul"), by=coordinator)


def test_a_city_is_asked_once(asked, initiative, coordinator):
    with pytest.raises(TransitionNotAllowed, match="has been asked already"):
        service.ask(initiative=initiative, city=asked.city, by=coordinator)
    assert not OutboxMessage.objects.exists()


def test_asking_on_the_page_of_the_initiative(initiative, coordinator, signed_in):
    client, address = signed_in(coordinator), f"/en/my/initiatives/{initiative.pk}/partners/"
    response = client.post(address, {"city": "sapporo"}, follow=True)
    assert "it has no coordinator here yet" in response.content.decode()
    again = client.post(address, {"city": "sapporo"})
    assert "Choose a city of the list" in again.content.decode()
    for wrong in ("", "lyon", "atlantis"):
        assert client.post(address, {"city": wrong}).status_code == 200
    assert Partnership.objects.count() == 1
    assert client.get(address).status_code == 405


def test_editors_do_not_speak_for_their_city(initiative, asked, editor, signed_in):
    client = signed_in(editor)
    assert client.post(f"/en/my/initiatives/{initiative.pk}/partners/", {"city": "sapporo"}).status_code == 403
    assert client.get(page(asked)).status_code == 200
    assert client.post(page(asked, "end")).status_code == 403
    body = client.get(f"/en/my/initiatives/{initiative.pk}/").content.decode()
    assert "The focal point and the alternates ask partner cities." in body


# The machine: every pair


ACTS = {
    Status.CONFIRMED: lambda partnership, by: service.confirm(partnership=partnership, by=by),
    Status.DECLINED: lambda partnership, by: service.decline(partnership=partnership, word="No.", by=by),
    Status.ENDED: lambda partnership, by: service.end(partnership=partnership, city=partnership.city, by=by),
    Status.ASKED: lambda partnership, by: service.ask(initiative=partnership.initiative, city=partnership.city, by=by),
}


@pytest.mark.parametrize("to", Status)
@pytest.mark.parametrize("was", Status)
def test_every_pair_of_states(asked, other_coordinator, was, to):
    Partnership.objects.filter(pk=asked.pk).update(status=was)
    asked.refresh_from_db()
    before = HistoryEntry.objects.count()
    if to in Partnership.TRANSITIONS[was]:
        assert ACTS[to](asked, other_coordinator).status == to
        assert HistoryEntry.objects.first().changes == {"status": [was, to]}
    else:
        with pytest.raises(TransitionNotAllowed):
            ACTS[to](asked, other_coordinator)
        assert HistoryEntry.objects.count() == before
    asked.refresh_from_db()
    assert asked.status == (to if to in Partnership.TRANSITIONS[was] else was)
    assert list(flaws()) == []


def test_a_city_asked_again_begins_anew(asked, coordinator, other_coordinator):
    service.decline(partnership=asked, word="Not this year.", by=other_coordinator)
    Partnership.objects.update(reminded_at=timezone.now())
    again = service.ask(initiative=asked.initiative, city=asked.city, by=coordinator)
    assert again.pk == asked.pk
    assert (again.word, again.reminded_at, again.answered_at, again.answered_by) == ("", None, None, None)


# The answer


def test_opening_the_link_answers_nothing(asked, other_coordinator, signed_in):
    client = signed_in(other_coordinator)
    for address in (page(asked), f"/fr/my/partnerships/{asked.pk}/"):
        assert client.get(address).status_code == 200
    for act in ("confirm", "decline", "end"):
        assert client.get(page(asked, act)).status_code == 405
    asked.refresh_from_db()
    assert asked.is_waiting


def test_confirming_tells_the_lead_and_a_second_click_does_nothing(asked, coordinator, other_coordinator, signed_in):
    client = signed_in(other_coordinator)
    first, second = (client.post(page(asked, "confirm"), follow=True) for _click in range(2))
    assert "Confirmed." in first.content.decode()
    assert "the partnership is “confirmed” now" in second.content.decode()
    assert mails() == [(coordinator.email, "partnership-confirmed")]
    asked.refresh_from_db()
    assert (asked.status, asked.answered_by) == (Status.CONFIRMED, other_coordinator)


def test_declining_needs_a_word_that_only_the_lead_reads(
    asked, coordinator, editor, other_coordinator, officer, signed_in, client
):
    partner = signed_in(other_coordinator)
    refused = partner.post(page(asked, "decline"), {"word": " "})
    assert "Say in a word why" in refused.content.decode()
    partner.post(page(asked, "decline"), {"word": "We have no room for it."})
    asked.refresh_from_db()
    assert (asked.status, asked.word) == (Status.DECLINED, "We have no room for it.")
    assert mails() == [(coordinator.email, "partnership-declined")]
    for reader in (coordinator, editor):
        assert asked.word in signed_in(reader).get(page(asked)).content.decode()
    assert asked.word not in partner.get(page(asked)).content.decode()
    assert asked.word not in OutboxMessage.objects.get().body
    assert asked.word not in str(HistoryEntry.objects.about(asked).values())
    staff = signed_in(officer)
    for address in ("", f"{asked.pk}/change/"):
        assert asked.word not in staff.get(f"/admin/cities/partnership/{address}").content.decode()


def test_too_long_a_word_is_refused(asked, other_coordinator):
    with pytest.raises(NetworkError, match="at most 1000"):
        service.decline(partnership=asked, word="a" * 1001, by=other_coordinator)


@pytest.mark.parametrize("act", ["", "confirm", "decline", "end"])
def test_strangers_do_not_learn_that_it_exists(request, asked, signed_in, client, act):
    for persona in ("former_coordinator", "commission_officer", "evaluator", "officer"):
        user = request.getfixturevalue(persona)
        assert signed_in(user).post(page(asked, *filter(None, [act]))).status_code == 404
    third = person("coordinator.sapporo@example.org")
    mandate(third, "sapporo", Coordinator.Role.FOCAL_POINT)
    assert signed_in(third).post(page(asked, *filter(None, [act]))).status_code == 404
    assert client.post(page(asked, *filter(None, [act]))).status_code == 302
    asked.refresh_from_db()
    assert asked.is_waiting


def test_only_those_who_speak_for_the_partner_answer(asked, coordinator, signed_in):
    editor = person("editor.ostersund@example.org")
    mandate(editor, "ostersund", Coordinator.Role.EDITOR)
    for user in (editor, coordinator):
        client = signed_in(user)
        assert client.get(page(asked)).status_code == 200
        for act in ("confirm", "decline"):
            assert client.post(page(asked, act), {"word": "No."}).status_code == 403
    asked.refresh_from_db()
    assert asked.is_waiting


def test_a_mandate_that_ends_in_an_open_session_answers_nothing_more(asked, other_coordinator, signed_in):
    client = signed_in(other_coordinator)
    assert client.get(page(asked)).status_code == 200
    Coordinator.objects.filter(user=other_coordinator).update(ends_at=timezone.now())
    assert client.get(page(asked)).status_code == 404
    assert client.post(page(asked, "confirm")).status_code == 404


def test_a_city_that_left_confirms_nothing(asked, other_coordinator):
    Designation.objects.filter(city=asked.city).update(ends_on="2024-05-31", end_reason="withdrawn")
    with pytest.raises(service.PartnerRefused, match="no member"):
        service.confirm(partnership=asked, by=other_coordinator)


def test_either_side_ends_it_and_the_other_is_told(asked, coordinator, other_coordinator, signed_in):
    service.confirm(partnership=asked, by=other_coordinator)
    OutboxMessage.objects.all().delete()
    signed_in(coordinator).post(page(asked, "end"))
    assert mails() == [(other_coordinator.email, "partnership-ended")]
    asked.refresh_from_db()
    assert asked.status == Status.ENDED
    service.ask(initiative=asked.initiative, city=asked.city, by=coordinator)
    service.confirm(partnership=asked, by=other_coordinator)
    OutboxMessage.objects.all().delete()
    signed_in(other_coordinator).post(page(asked, "end"))
    assert mails() == [(coordinator.email, "partnership-ended")]


# The reminder


def test_the_unanswered_are_reminded_once(asked, initiative, coordinator, other_coordinator):
    young = service.ask(initiative=initiative, city=City.objects.get(slug="sapporo"), by=coordinator)
    OutboxMessage.objects.all().delete()
    assert service.remind_unanswered() == 0
    Partnership.objects.exclude(pk=young.pk).update(asked_at=timezone.now() - datetime.timedelta(days=15))
    assert service.remind_unanswered() == 1
    assert service.remind_unanswered() == 0
    assert mails() == [(other_coordinator.email, "partnership-reminder")]
    assert len(mail.outbox) <= 1


@pytest.mark.parametrize("status", [Status.CONFIRMED, Status.DECLINED, Status.ENDED])
def test_the_answered_are_not_reminded(asked, status):
    Partnership.objects.update(status=status, asked_at=timezone.now() - datetime.timedelta(days=30))
    assert service.remind_unanswered() == 0


def test_every_mail_is_written_in_both_languages(asked, coordinator, other_coordinator):
    for template in ("asked", "reminder", "confirmed", "declined", "ended"):
        for city in (asked.city, asked.initiative.lead):
            service.tell(f"partnership-{template}", asked, city)
    for message in OutboxMessage.objects.all():
        assert message.subject
        assert "{" not in message.subject + message.body
        assert "http" in message.body
    assert set(OutboxMessage.objects.values_list("language", flat=True)) == {"en", "fr"}


def test_ending_takes_a_second_look(asked, other_coordinator, signed_in):
    client = signed_in(other_coordinator)
    client.post(page(asked, "confirm"))
    body = client.get(page(asked)).content.decode()
    assert body.index("<summary>End the partnership</summary>") < body.index("End it now")
