"""Calls for hosts and bids as the secretariat works with them: form, operations, file, start page."""

import datetime

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse
from django.utils import timezone

from cities.models import City, HistoryEntry, OutboxMessage, PrivateFile
from meetings.models import Ballot, BidCity, HostBid, HostCall, HostCriterion
from meetings.services.host_call import publish_host_call
from meetings.services.waiting_staff import Kind, hosting_duties
from tests.factories import CityFactory
from tests.factories.hosting import DAY, HOUR, make_ballot, make_bid, make_host_call, make_meeting

Status = HostCall.Status
ADD = "/admin/meetings/hostcall/add/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(officer, signed_in):
    return signed_in(officer)


@pytest.fixture
def draft(network) -> HostCall:
    return make_host_call("scheduled", publish=False)


def at(name: str, row) -> str:
    return reverse(f"admin:meetings_{row._meta.model_name}_{name}", args=[row.pk])


def anew(host_call: HostCall) -> HostCall:
    return HostCall.objects.get(pk=host_call.pk)


def local(instant: datetime.datetime) -> str:
    return timezone.localtime(instant).strftime("%Y-%m-%dT%H:%M")


def typed(host_call: HostCall, **values) -> dict:
    """The form of a draft as its page shows it, with other values."""
    criteria = list(host_call.criteria.all())
    form = {
        "meeting": host_call.meeting_id,
        "introduction_en": host_call.introduction_en,
        "introduction_fr": host_call.introduction_fr,
        **{name: local(getattr(host_call, name)) for name in ("opens_at", "closes_at")},
        **{name: local(getattr(host_call, name)) for name in ("ballot_opens_at", "ballot_closes_at")},
        "most_cities": 3,
        "bidders_vote": "on",
        "quorum_percent": 0,
        "runoff_hours": 72,
        "most_rounds": 3,
        "note": "",
        "criteria-TOTAL_FORMS": len(criteria),
        "criteria-INITIAL_FORMS": len(criteria),
    }
    for number, one in enumerate(criteria):
        row = {"id": one.pk, "host_call": host_call.pk, "position": one.position, "text_en": one.text_en}
        form |= {f"criteria-{number}-{name}": value for name, value in (row | {"text_fr": one.text_fr}).items()}
    return form | values


def content(response) -> str:
    return response.content.decode().replace("&#x27;", "'").replace("\xa0", " ")


# A draft


def test_a_call_for_hosts_is_begun_in_one_form(staff, network):
    meeting = make_meeting()
    first = timezone.now() + 9 * DAY
    form = {
        "meeting": meeting.pk,
        "introduction_en": "Host us.",
        "introduction_fr": "Accueillez-nous.",
        "opens_at": local(first),
        "closes_at": local(first + DAY),
        "ballot_opens_at": local(first + 2 * DAY),
        "ballot_closes_at": local(first + 3 * DAY),
        "most_cities": 2,
        "quorum_percent": 30,
        "runoff_hours": 48,
        "most_rounds": 2,
        "criteria-TOTAL_FORMS": 1,
        "criteria-INITIAL_FORMS": 0,
        "criteria-0-position": 1,
        "criteria-0-text_en": "Rooms",
        "criteria-0-text_fr": "Salles",
    }
    assert staff.post(ADD, form).status_code == 302
    call = HostCall.objects.get()
    assert (call.is_draft, call.quorum_percent, call.bidders_vote) == (True, 30, False)
    assert [one.text_fr for one in call.criteria.all()] == ["Salles"]
    refused = staff.post(ADD, form)
    assert "Another call for hosts of this meeting is in preparation or runs." in content(refused)
    refused = staff.post(ADD, form | {"meeting": make_meeting(20).pk, "closes_at": local(first)})
    assert "The dates are out of order: opening, closing, opening of the ballot, its closing." in content(refused)


def test_a_draft_is_edited_and_a_late_window_noticed(staff, draft):
    page = content(staff.get(at("change", draft)))
    assert "Nothing keeps this call from being published." in page
    seen = page.split('name="seen" value="')[1].split('"')[0]
    assert staff.post(at("change", draft), typed(draft, seen=seen, most_cities=2)).status_code == 302
    assert anew(draft).most_cities == 2
    late = staff.post(at("change", draft), typed(draft, seen=seen, most_cities=5))
    assert "somebody changed this entry after you opened it" in content(late)
    assert anew(draft).most_cities == 2


def test_what_was_published_meanwhile_is_not_written_over(staff, officer, draft):
    form = typed(draft, most_cities=9)
    publish_host_call(host_call=draft, by=officer)
    answer = staff.post(at("change", draft), form, follow=True)
    assert "This call for hosts is no longer a draft" in content(answer)
    assert (anew(draft).most_cities, anew(draft).status) == (3, Status.PUBLISHED)
    assert staff.get(at("delete", draft)).status_code == 403


def test_a_draft_can_be_deleted(staff, draft):
    assert staff.post(at("delete", draft), {"post": "yes"}).status_code == 302
    assert not HostCall.objects.exists()
    assert not HostCriterion.objects.exists()


def test_obstacles_stand_on_the_page_and_keep_from_publishing(staff, draft):
    draft.criteria.all().delete()
    sentence = "There is no criterion: say what a host must offer."
    assert sentence in content(staff.get(at("change", draft)))
    turned = staff.post(at("publish", draft), follow=True)
    assert "one thing is in the way, named on its page" in content(turned)
    assert anew(draft).is_draft


# Operations


def test_publishing_says_what_will_happen_then_does_it(staff, coordinator, draft):
    page = content(staff.get(at("publish", draft)))
    assert "The focal points of all member cities are told by mail" in page
    assert "Today they are 405." in page
    assert "is published." in content(staff.post(at("publish", draft), follow=True))
    assert anew(draft).status == Status.PUBLISHED
    assert OutboxMessage.objects.get().to == coordinator.email
    assert "published already" in content(staff.post(at("publish", draft), follow=True))


def test_taking_back_and_cancelling_ask_for_a_reason(staff, network):
    call = make_host_call("scheduled")
    assert "This field is required." in content(staff.post(at("take_back", call), {"reason": ""}))
    staff.post(at("take_back", call), {"reason": "Too early."})
    assert anew(call).is_draft
    HostCall.objects.filter(pk=call.pk).update(status=Status.PUBLISHED)
    assert "nobody is told by mail" in content(staff.get(at("cancel", call)))
    staff.post(at("cancel", call), {"reason": "No budget."})
    assert anew(call).status == Status.CANCELLED
    assert "can be cancelled" in content(staff.get(at("cancel", call), follow=True))


def test_cancelling_during_a_ballot_says_that_votes_are_destroyed(staff, network):
    call = make_host_call("ballot")
    make_ballot(call, make_bid(call, "lyon"), electorate=[City.objects.get(slug="lyon")])
    assert "all votes cast are destroyed" in content(staff.get(at("cancel", call)))
    staff.post(at("cancel", call), {"reason": "No budget."})
    assert anew(call).status == Status.CANCELLED
    assert not Ballot.objects.open().exists()


def test_rescheduling_offers_what_has_not_passed(staff, network):
    call = make_host_call("open")
    page = content(staff.get(at("reschedule", call)))
    assert 'name="opens_at"' not in page
    later = timezone.localtime(call.closes_at + DAY).replace(second=0)
    form = {name: local(getattr(call, name)) for name in ("ballot_opens_at", "ballot_closes_at")}
    form |= {"closes_at": local(later), "reason_en": "So.", "reason_fr": ""}
    assert "This field is required." in content(staff.post(at("reschedule", call), form))
    staff.post(at("reschedule", call), form | {"reason_fr": "Voilà."})
    moved = anew(call)
    assert moved.closes_at == later
    # What was left as it was is not rounded to the minute.
    assert moved.ballot_opens_at == call.ballot_opens_at
    assert "Rescheduled on" in content(staff.get(at("change", call)))


def test_ending_without_a_ballot(staff, network):
    call = make_host_call("examination")
    bid = make_bid(call, "lyon", status="submitted")
    assert "A bid is not examined yet." in content(staff.get(at("without_ballot", call), follow=True))
    HostBid.objects.filter(pk=bid.pk).update(status="ineligible")
    assert at("without_ballot", call) in content(staff.get(at("change", call)))
    staff.post(at("without_ballot", call), {"reason": "No bid."})
    assert anew(call).status == Status.DECIDED
    assert "nobody to agree with" in content(staff.get(at("agreement", call), follow=True))


def test_the_agreement_is_noted(staff, network):
    call = make_host_call("decided")
    make_bid(call, "lyon", status="selected")
    file = ContentFile(b"%PDF-1.7 %%EOF", "agreement.pdf")
    day = timezone.localdate() - DAY
    staff.post(at("agreement", call), {"signed_on": day.isoformat(), "file": file})
    assert anew(call).agreement_signed_on == day
    assert "agreement.pdf" in content(staff.get(at("change", call)))
    refused = staff.post(at("agreement", call), {"signed_on": (day + 9 * DAY).isoformat()})
    assert "a day that has not come yet" in content(refused)


def test_a_copy_for_another_meeting(staff, network):
    call = make_host_call("decided")
    other, taken = make_meeting(20), make_host_call("open", meeting=make_meeting(21)).meeting
    page = content(staff.get(at("copy", call)))
    assert f'<option value="{other.pk}">' in page
    assert f'<option value="{taken.pk}">' not in page
    copied = staff.post(at("copy", call), {"meeting": other.pk})
    assert copied.url == at("change", HostCall.objects.get(meeting=other))


def test_somebody_else_s_act_is_noticed(staff, officer, network):
    call = make_host_call("scheduled")
    page = content(staff.get(at("take_back", call)))
    seen = page.split('name="seen" value="')[1].split('"')[0]
    HostCall.objects.filter(pk=call.pk).update(status=Status.DRAFT)
    publish_host_call(host_call=call, by=officer)
    late = staff.post(at("take_back", call), {"reason": "Too early.", "seen": seen})
    assert "Meanwhile: call for hosts published" in content(late)
    assert anew(call).status == Status.PUBLISHED


def test_an_auditor_reads_and_runs_nothing(signed_in, auditor, draft):
    client = signed_in(auditor)
    bid = make_bid(make_host_call("examination", meeting=make_meeting(20)), "lyon", status="submitted")
    assert client.get(at("change", draft)).status_code == 200
    assert client.post(at("change", draft), typed(draft)).status_code == 403
    names = ("publish", "take_back", "reschedule", "cancel", "without_ballot", "agreement", "copy", "delete")
    assert {name: client.get(at(name, draft)).status_code for name in names} == dict.fromkeys(names, 403)
    shown = content(client.get(at("change", bid)))
    assert "Hotels." in shown
    assert at("eligible", bid) not in shown
    assert [client.get(at(name, bid)).status_code for name in ("eligible", "ineligible")] == [403, 403]


# The file


def test_the_page_reads_like_a_file(staff, network):
    call = make_host_call("ballot")
    bids = [make_bid(call, "lyon", "ostersund"), make_bid(call, "bergen")]
    make_ballot(call, *bids, electorate=[])
    page = content(staff.get(at("change", call)))
    for bid in bids:
        assert at("change", bid) in page
    assert "Lyon and Östersund" in page
    assert "On the ballot" in page
    assert reverse("admin:meetings_hostcall_ballot", args=[call.pk]) in page
    assert "Rooms (fr)" in page
    assert 'name="most_cities"' not in page


def test_what_keeps_the_ballot_from_opening_stands_on_the_page(staff, network):
    call = make_host_call("examination")
    bid = make_bid(call, "lyon", status="submitted")
    page = content(staff.get(at("change", call)))
    assert "What keeps the ballot from being opened" in page
    assert "1 bid is not examined yet." in page
    assert "The ballot opens on" not in page
    HostBid.objects.filter(pk=bid.pk).update(status="eligible")
    assert "All is ready: the ballot opens at its instant." in content(staff.get(at("change", call)))


@pytest.mark.parametrize("phase", ["scheduled", "open", "examination", "ballot", "decided"])
def test_every_page_reads_in_french_too(staff, officer, network, phase):
    officer.language = "fr"
    officer.save()
    call = make_host_call(phase)
    make_bid(call, "lyon", status="selected" if phase == "decided" else "submitted")
    page = content(staff.get(at("change", call)))
    assert "Appel à candidatures pour l’accueil" in page
    assert "Calendrier" in page or "Chronologie" in page
    for operation in ("reschedule", "cancel", "agreement", "copy"):
        assert staff.get(at(operation, call)).status_code in (200, 302)


@pytest.mark.parametrize(
    ("page", "queries"),
    [("change", 15), ("/admin/meetings/hostbid/", 13), ("/admin/meetings/hostcall/", 9), ("/admin/", 23)],
)
def test_the_pages_cost_the_same_for_few_and_many(staff, network, django_assert_num_queries, page, queries):
    call = make_host_call("ballot")
    make_bid(call, "lyon", status="on-ballot")
    address = at(page, call) if page == "change" else page
    staff.get(address)
    with django_assert_num_queries(queries):
        staff.get(address)
    for city in City.objects.members().exclude(slug="lyon").order_by("pk")[:30]:
        make_bid(call, city.slug, "lyon", status="on-ballot")
    for edition in range(40, 70):
        make_host_call("decided", meeting=make_meeting(edition))
    with django_assert_num_queries(queries):
        staff.get(address)


# Bids


@pytest.fixture
def examined(network) -> HostBid:
    """A submitted bid in a call that has closed, its letters there."""
    return make_bid(make_host_call("examination"), "lyon", "ostersund", status="submitted")


def add_letters(bid: HostBid, by) -> None:
    for one in bid.cities.all():
        one.letter = PrivateFile.objects.create(
            kind=PrivateFile.Kind.HOST_BID,
            city=one.city,
            file=ContentFile(b"%PDF-1.7 %%EOF", "document"),
            name=f"letter {one.city.slug}.pdf",
            content_type="application/pdf",
            size=14,
            sha256="0" * 64,
            uploaded_by=by,
        )
        one.save()


def test_of_a_draft_it_is_seen_that_it_exists(staff, network):
    bid = make_bid(make_host_call("open"), "lyon", "ostersund")
    page = content(staff.get(at("change", bid)))
    assert "Lyon and Östersund" in page
    assert "you see that it exists, not what it says" in page
    for text in ("Come to us.", "Hotels.", "The town hall", "250"):
        assert text not in page
    listed = content(staff.get("/admin/meetings/hostbid/"))
    assert "Lyon and Östersund" in listed
    assert "Hotels." not in listed


def test_a_bid_is_read_with_its_letters_and_checklist(staff, examined, coordinator, officer):
    page = content(staff.get(at("change", examined)))
    assert "The letter of the mayor of Lyon is missing." in page
    add_letters(examined, coordinator)
    BidCity.objects.filter(bid=examined, city__slug="lyon").update(confirmed_at=None)
    HostBid.objects.filter(pk=examined.pk).update(venue="")
    page = content(staff.get(at("change", examined)))
    assert "letter lyon.pdf" in page
    assert "is missing." not in page
    assert "still to be filled in" in page
    assert "Hotels." in page
    letter = BidCity.objects.get(bid=examined, city__slug="lyon").letter
    assert staff.get(letter.get_absolute_url()).status_code == 200


def test_a_city_that_left_the_network_is_named(staff, examined):
    former = CityFactory(name_en="Formerly", country=examined.lead.country)
    BidCity.objects.create(bid=examined, city=former, confirmed_at=timezone.now())
    assert f"{former} is no member of the network now." in content(staff.get(at("change", examined)))


def test_a_bid_is_found_eligible_and_ineligible(staff, examined, officer, coordinator):
    staff.post(at("eligible", examined))
    found = HostBid.objects.get()
    assert (found.status, found.examined_by) == (HostBid.Status.ELIGIBLE, officer)
    refused = staff.post(at("ineligible", examined), {"reason_en": "The hall is small.", "reason_fr": ""})
    assert "This field is required." in content(refused)
    staff.post(at("ineligible", examined), {"reason_en": "The hall is small.", "reason_fr": "Salle trop petite."})
    found = HostBid.objects.get()
    assert (found.status, found.reason_fr) == (HostBid.Status.INELIGIBLE, "Salle trop petite.")
    page = content(staff.get(at("change", examined)))
    assert '<p lang="fr">Salle trop petite.</p>' in page
    verbs = [entry.verb for entry in HistoryEntry.objects.about(found).order_by("number")]
    assert verbs == [HistoryEntry.Verb.BID_ELIGIBLE, HistoryEntry.Verb.BID_INELIGIBLE]


@pytest.mark.parametrize("phase", ["open", "ballot", "decided"])
def test_bids_are_examined_between_closing_and_ballot_only(staff, network, phase):
    bid = make_bid(make_host_call(phase), "lyon", status="submitted")
    assert at("eligible", bid) not in content(staff.get(at("change", bid)))
    turned = content(staff.get(at("eligible", bid), follow=True))
    assert "Bids are examined once the call has closed and until the ballot opens." in turned


def test_nobody_writes_a_bid_here(staff, examined):
    assert staff.post(at("change", examined), {"venue": "Mine"}).status_code == 403
    assert staff.get("/admin/meetings/hostbid/add/").status_code == 403
    assert staff.get(at("delete", examined)).status_code == 403


# The start page


def kinds(officer) -> list[tuple[str, int]]:
    return [(duty.kind, duty.number) for duty in hosting_duties(officer)]


def test_what_waits_for_an_officer(network, officer, auditor):
    assert kinds(officer) == []
    call = make_host_call("scheduled", publish=False)
    assert kinds(officer) == [(Kind.PUBLISH, 1)]
    now = timezone.now()
    HostCall.objects.filter(pk=call.pk).update(
        status=Status.PUBLISHED,
        opens_at=now - 3 * DAY,
        closes_at=now - DAY,
        ballot_opens_at=now - HOUR,
        ballot_closes_at=now + DAY,
    )
    bids = [make_bid(call, slug, status="submitted") for slug in ("lyon", "bergen")]
    assert kinds(officer) == [(Kind.EXAMINE, 2)]
    assert hosting_duties(officer)[0].is_late
    HostBid.objects.update(status="ineligible")
    assert kinds(officer) == [(Kind.NOT_READY, 1)]
    HostBid.objects.update(status="eligible")
    assert kinds(officer) == []
    ballot = make_ballot(call, *bids, electorate=[])
    assert kinds(officer) == []
    Ballot.objects.filter(pk=ballot.pk).update(
        status="closed", closed_at=now, outcome="tie", cast=2, blank=0, counting={}
    )
    assert kinds(officer) == [(Kind.RUN_OFF, 1)]
    HostCall.objects.filter(pk=call.pk).update(status=Status.DECIDED)
    assert kinds(officer) == []
    HostBid.objects.filter(pk=bids[0].pk).update(status="selected")
    assert kinds(officer) == [(Kind.AGREEMENT, 1)]
    assert hosting_duties(auditor) == []


def test_the_start_page_leads_to_each_duty(staff, network):
    call = make_host_call("examination")
    make_bid(call, "lyon", status="submitted")
    make_host_call("scheduled", publish=False, meeting=make_meeting(20))
    page = content(staff.get("/admin/"))
    queue = f"/admin/meetings/hostbid/?status__exact=submitted&amp;host_call__meeting__id__exact={call.meeting_id}"
    assert f'<a href="{queue}">1 host bid</a> is to be examined before the ballot opens.' in page
    assert "Call for hosts: Annual meeting no. 20</a> is to be published." in page
    assert "Lyon" in content(staff.get(queue.replace("&amp;", "&")))


def test_the_menu_follows_the_day_s_work(staff, network):
    page = content(staff.get("/admin/"))
    places = [page.index(f'"/admin/meetings/{name}/"') for name in ("meeting", "hostcall", "hostbid", "ballot")]
    assert places == sorted(places)


def test_help_explains_hosting(staff, network):
    assert "Annual meetings, and who hosts them" in content(staff.get("/admin/help/"))
