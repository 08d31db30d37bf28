"""Attacks on annual meetings: what each persona could try, and what data can be brought in from outside."""

import contextlib
import hashlib
import json
import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cities.days import PARIS
from cities.exceptions import NetworkError
from cities.models import Coordinator, Designation, Edition, HistoryEntry, OutboxMessage, Reminder
from cities.services.sending import send_due
from meetings.models import (
    Ballot,
    BallotOption,
    HostBid,
    Meeting,
    MeetingHost,
    OpenSeat,
    OpenVote,
    Registration,
    RegistrationRequest,
    Seat,
    SessionPlace,
    Vote,
)
from meetings.services.ballot import cast_vote, close_ballot
from meetings.services.bid import set_letter
from meetings.services.counting import CountingError, as_published, canonical, counting_file, recount
from meetings.services.meeting import choose_hosts, hold, postpone
from meetings.services.registration import default_questions
from tests.factories.hosting import (
    DAY,
    make_ballot,
    make_bid,
    make_host_call,
    make_meeting,
    make_registration,
    make_session,
    open_for_registration,
)

pytestmark = pytest.mark.usefixtures("network")
Status = HostBid.Status


# What a list of the administration can be asked for in its address


def listing(model: str) -> str:
    return reverse(f"admin:meetings_{model}_changelist")


@pytest.mark.parametrize(
    "query",
    [
        "summary_en__startswith=Come",
        "budget_total__gt=1",
        "venue__icontains=hall",
        "as_typed__has_key=venue",
        "host_call__note__startswith=a",
        "cities__letter__sha256__startswith=a",
    ],
)
@pytest.mark.parametrize("who", ["officer", "auditor", "admin_user"])
def test_what_a_draft_says_cannot_be_asked_for_in_an_address(request, signed_in, who, query):
    make_bid(make_host_call("open"), "lyon")
    response = signed_in(request.getfixturevalue(who)).get(f"{listing('hostbid')}?{query}")
    assert response.status_code in (302, 400)


@pytest.mark.parametrize(
    "query",
    [
        "email__startswith=d",
        "answers__icontains=vegan",
        "secret_sha256__startswith=a",
        "user__email__startswith=a",
        "visa_letter_on__isnull=False",
        "registered_by__email__startswith=o",
    ],
)
def test_an_auditor_asks_for_no_address_and_no_answer(signed_in, auditor, query):
    make_registration(open_for_registration(make_meeting(hosts=["lyon"])))
    response = signed_in(auditor).get(f"{listing('registration')}?{query}")
    assert response.status_code in (302, 400)


# Registration


@pytest.fixture
def meeting() -> Meeting:
    return open_for_registration(make_meeting(hosts=["lyon"]))


def posted(client: Client, meeting: Meeting, city: str = "lyon", **fields: Any) -> Any:
    known = {"name": "A delegate", "email": "d@example.org", "language": "en", "function": "", "organization": ""}
    return client.post(f"/en/my/meetings/{meeting.edition}/{city}/?as=delegate", known | fields)


def test_a_name_is_one_line(signed_in, coordinator, meeting):
    posted(
        signed_in(coordinator),
        meeting,
        name="A\r\nBcc: all@example.org\r\n\r\nPay here",
        function="x\ny",
        organization="a\u2028b",
    )
    stored = Registration.objects.get()
    assert (stored.name, stored.function, stored.organization) == ("A Bcc: all@example.org Pay here", "x y", "a b")


@pytest.mark.parametrize("session", ["9" * 5000, "9" * 30, "-1", "\u0661", "", "\x00", "1.5"])
def test_a_session_that_is_none_is_not_found(signed_in, coordinator, meeting, session):
    registration = make_registration(meeting)
    address = reverse("meetings:my_registration_sessions", args=[registration.pk])
    response = signed_in(coordinator).post(address, {"session": session, "act": "book"})
    assert response.status_code == 404


PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
FILES = ("export/", "export/needs/", "export/visa/")
ODD = (
    "\x01\x0b\x1b[31m",
    "\u202egnp.exe",
    "\x00",
    "\ufffe\uffff",
    "👩‍👩‍👧" * 20,
    '=HYPERLINK("http://x")',
    "\ud83d".encode("utf-16", "surrogatepass").decode("utf-16", "replace"),
)


@pytest.mark.parametrize("odd", ODD)
def test_whatever_is_typed_every_page_and_file_still_opens(signed_in, coordinator, officer, meeting, odd):
    questions = default_questions(meeting)
    answers = {f"q-{one.pk}": ("on" if one.kind == "yes-no" else odd + "x") for one in questions}
    response = posted(
        signed_in(coordinator), meeting, name=f"A{odd}", function=odd, organization=odd, on_list="on", **answers
    )
    if response.status_code == 200:
        return
    stored = Registration.objects.get()
    client, persons = signed_in(officer), listing("registration")
    assert client.get(persons).status_code == 200
    for address in FILES:
        columns = {field.html_name: "on" for field in client.get(persons + address).context["form"].columns}
        for file_format in ("0", "1"):
            response = client.post(persons + address, columns | {"format": file_format, "resource": ""})
            assert "attachment" in response.get("Content-Disposition", ""), (address, file_format)
    for address in (f"{stored.pk}/change/", f"{stored.pk}/letter/"):
        assert client.get(persons + address).status_code == 200
    for address in ("people/", "badges/", "check-in/"):
        assert client.get(f"{listing('meeting')}{meeting.pk}/{address}").status_code == 200
    assert signed_in(coordinator).get(f"/en/my/registrations/{stored.pk}/calendar.ics").status_code == 200
    assert signed_in(coordinator).get(f"/en/meetings/{meeting.edition}/participants/").status_code == 200


# A meeting while its host is sought


@pytest.mark.parametrize("phase", ["scheduled", "open", "examination", "ballot"])
def test_while_a_host_is_sought_nobody_names_one_besides(officer, phase, lyon):
    meeting = make_host_call(phase).meeting
    with pytest.raises(NetworkError, match="A call for hosts runs for this meeting: its decision names the hosts"):
        choose_hosts(meeting=meeting, hosts=[lyon], by=officer)
    assert Meeting.objects.get(pk=meeting.pk).status == Meeting.Status.PLANNED


def test_while_a_host_is_sought_the_meeting_has_not_taken_place(officer, lyon):
    year = timezone.now().year
    meeting = make_meeting(year=year, planned_year=year, start_date=None, end_date=None)
    make_host_call("open", meeting=meeting)
    MeetingHost.objects.create(meeting=meeting, city=lyon, name_en="Lyon", name_fr="Lyon")
    with pytest.raises(NetworkError, match="A call for hosts runs for this meeting: cancel that first"):
        hold(meeting=meeting, by=officer)


@pytest.mark.parametrize(
    ("phase", "days", "fits"), [("open", 40, False), ("open", 41, True), ("ballot", 5, False), ("ballot", 6, True)]
)
def test_a_meeting_is_not_brought_forward_before_its_ballot_ends(officer, phase, days, fits):
    call = make_host_call(phase)
    day = call.opens_at.astimezone(PARIS).date() + (days + {"open": 10, "ballot": 40}[phase]) * DAY
    given = {"start_date": day, "end_date": day, "year": day.year, "reason_en": "R", "reason_fr": "R", "by": officer}
    if fits:
        assert postpone(meeting=call.meeting, **given).start_date == day
    else:
        with pytest.raises(NetworkError, match=r"The members choose its host until this instant: .* Give later days"):
            postpone(meeting=call.meeting, **given)


def test_hosts_are_not_typed_while_one_is_sought(signed_in, officer):
    meeting = make_host_call("ballot").meeting
    page = signed_in(officer).get(reverse("admin:meetings_meeting_change", args=[meeting.pk]))
    assert b'name="hosts-0-name_en"' not in page.content


# Votes


@pytest.fixture
def ballot() -> Ballot:
    call = make_host_call("ballot")
    return make_ballot(call, *(make_bid(call, slug, status=Status.ELIGIBLE) for slug in ("bologna", "ghent")))


VOTE = "/en/meetings/19/ballot/1/vote/"


def leave(slug: str) -> None:
    Designation.objects.filter(city__slug=slug, ends_on=None).update(
        ends_on=timezone.localdate() - DAY, end_reason="withdrawn"
    )


def test_a_city_keeps_its_vote_when_it_leaves_the_network_after_the_roll_was_frozen(ballot, signed_in, coordinator):
    leave("lyon")
    client = signed_in(coordinator)
    assert client.get("/en/meetings/19/ballot/1/").status_code == 200
    assert b"/en/meetings/19/ballot/1/" in client.get("/en/my/").content
    assert client.post(VOTE, {"city": "lyon", "choice": "1", "confirmed": "1"}).status_code == 200
    assert OpenVote.objects.count() == 1
    # Of nothing else that is for members it sees anything.
    assert client.get("/en/meetings/19/participants/").status_code in (403, 404)


def test_a_city_that_is_on_no_roll_and_no_member_sees_nothing(ballot, signed_in, coordinator, lyon):
    OpenSeat.objects.filter(city=lyon).delete()
    leave("lyon")
    assert signed_in(coordinator).get("/en/meetings/19/ballot/1/").status_code == 404


CHOICES = ["0", "3", "-1", "1.0", "1e0", "01", " 1 2", "+1", "\u0661", "\x00", "9" * 5000, "None", "", "true", "1\n2"]


@pytest.mark.parametrize("choice", CHOICES)
def test_what_is_not_on_the_paper_is_no_vote(ballot, signed_in, coordinator, choice):
    response = signed_in(coordinator).post(VOTE, {"city": "lyon", "choice": choice, "confirmed": "1"})
    assert response.status_code in (200, 422)
    assert not OpenVote.objects.exists()
    assert not OpenSeat.objects.filter(has_voted=True).exists()


@pytest.mark.parametrize("choice", [True, 1.5, "1", float("nan"), float("inf"), 10**30, -1, 0, 3, b"1"])
def test_the_verb_takes_numbers_of_the_paper_alone(ballot, coordinator, lyon, choice):
    with pytest.raises(NetworkError, match="Choose a bid on the paper, or a blank vote"):
        cast_vote(ballot=ballot, city=lyon, choice=choice, by=coordinator)
    assert not OpenVote.objects.exists()


@pytest.mark.parametrize("city", ["ostersund", "bologna", "nowhere", "", "lyon\x00"])
def test_nobody_votes_for_another_city(ballot, signed_in, coordinator, city):
    signed_in(coordinator).post(VOTE, {"city": city, "choice": "1", "confirmed": "1"})
    assert not OpenVote.objects.exists()


def test_a_replayed_form_and_an_ended_mandate_vote_no_more(ballot, signed_in, coordinator, lyon):
    client = signed_in(coordinator)
    form = {"city": "lyon", "choice": "1", "confirmed": "1"}
    assert client.post(VOTE, form).status_code == 200
    assert client.post(VOTE, form | {"choice": "2"}).status_code == 409
    assert list(OpenVote.objects.values_list("choice", flat=True)) == [1]
    Coordinator.objects.filter(user=coordinator).update(ends_at=timezone.now())
    assert client.post(VOTE, form).status_code in (403, 404)


# What is closed


@pytest.fixture
def over(ballot, coordinator, lyon) -> Ballot:
    cast_vote(ballot=ballot, city=lyon, choice=1, by=coordinator)
    Ballot.objects.filter(pk=ballot.pk).update(closes_at=timezone.now())
    return close_ballot(ballot=Ballot.objects.get(pk=ballot.pk))


SPOIL = [
    "UPDATE meetings_vote SET choice = 2",
    "UPDATE meetings_seat SET has_voted = true",
    "DELETE FROM meetings_vote",
    "DELETE FROM meetings_seat WHERE has_voted",
    "REPLACE INTO meetings_vote (id, ballot_id, choice, receipt_sha256)"
    " SELECT id, ballot_id, 2, receipt_sha256 FROM meetings_vote",
    "REPLACE INTO meetings_vote (id, ballot_id, choice, receipt_sha256)"
    " SELECT '0', ballot_id, 2, receipt_sha256 FROM meetings_vote",
    "REPLACE INTO meetings_seat (id, ballot_id, city_id, has_voted)"
    " SELECT '0', ballot_id, city_id, true FROM meetings_seat",
    "UPDATE meetings_ballot SET outcome = 'tie'",
    'UPDATE meetings_ballot SET "cast" = 0',
    "UPDATE meetings_ballot SET status = 'annulled', outcome = '', cast = NULL, blank = NULL, counting = NULL",
    "UPDATE meetings_ballotoption SET votes = 400",
    "DELETE FROM meetings_ballotoption",
    "TRUNCATE meetings_vote",
    "TRUNCATE meetings_seat CASCADE",
]


@pytest.mark.parametrize("sql", SPOIL)
def test_the_database_itself_keeps_a_result(over, sql):
    before = [list(model.objects.order_by("pk").values()) for model in (Ballot, BallotOption, Seat, Vote)]
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    assert before == [list(model.objects.order_by("pk").values()) for model in (Ballot, BallotOption, Seat, Vote)]


def sealed(data: dict[str, Any]) -> dict[str, Any]:
    content = {key: value for key, value in data.items() if key != "sha256"}
    return content | {"sha256": hashlib.sha256(canonical(content)).hexdigest()}


FORGED = {
    "more votes than seats": lambda data: data["votes"].append(["f" * 64, 1]),
    "a truth value": lambda data: data["votes"][0].__setitem__(1, True),
    "a float": lambda data: data["votes"][0].__setitem__(1, 1.0),
    "an option that is a truth value": lambda data: data["options"][0].update(number=True),
    "an option that is a float": lambda data: data["options"][0].update(number=1.0),
    "seats that are a float": lambda data: data.update(seats=float(data["seats"])),
    "a quorum that is no number": lambda data: data.update(quorum_percent=float("nan"), quorum=float("nan")),
    "a quorum below nothing": lambda data: data.update(quorum_percent=-100, quorum=-data["seats"]),
    "a quorum of a fraction": lambda data: data.update(quorum_percent=0.0, quorum=0.0),
    "a truth in numbers": lambda data: [one.update(has_voted=int(one["has_voted"])) for one in data["roll"]],
    "a roll that holds nothing": lambda data: data.update(roll=[]),
    "a list": lambda data: data.update(tally=[]),
    "half a letter": lambda data: data.update(format="\ud800"),
    "a receipt that is no hash": lambda data: data["votes"][0].__setitem__(0, 5),
}


@pytest.mark.parametrize("forged", FORGED)
def test_a_forged_file_does_not_count(over, forged):
    data = json.loads(as_published(counting_file(Ballot.objects.get(pk=over.pk))))
    recount(data)
    FORGED[forged](data)
    with contextlib.suppress(ValueError):
        data = sealed(data)
    with pytest.raises(CountingError):
        recount(data)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"null",
        b"1",
        b'"x"',
        b"[" * 100_000,
        b"NaN",
        b"\xff\xfe",
        b'{"format": NaN}',
        b"{" + b'"a":1,' * 10 + b'"a":2}',
    ],
)
def test_a_file_of_anything_gets_a_sentence(tmp_path, content):
    file = tmp_path / "counting.json"
    file.write_bytes(content)
    with pytest.raises(CommandError):
        call_command("recount", str(file))


def test_a_file_that_names_a_part_twice_is_refused(over, tmp_path):
    """A reader of the text would find the first, a program the last."""
    content = as_published(counting_file(Ballot.objects.get(pk=over.pk))).decode()
    file = tmp_path / "counting.json"
    file.write_text(content)
    call_command("recount", str(file), verbosity=0)
    file.write_text(content.replace("{", '{"votes": [], ', 1))
    with pytest.raises(CommandError, match=r"counting\.json is not JSON, or names a part twice"):
        call_command("recount", str(file))


# Registration by link


def ask(client: Client, meeting: Meeting, address: str) -> str:
    """The token of the mail that came, or nothing."""
    client.post(f"/en/meetings/{meeting.edition}/register/", {"email": address})
    send_due()
    found = TOKEN.findall(mail.outbox[-1].body) if mail.outbox else []
    return found[-1] if found else ""


TOKEN = re.compile(r"/register/([\w-]{30,})/")
FORM = {"name": "An expert", "organization": "A university", "language": "en", "function": ""}


def test_a_link_registers_its_own_address_once_and_for_its_own_meeting(client, meeting):
    other = open_for_registration(make_meeting(20, hosts=["lyon"]))
    token = ask(client, meeting, "expert@example.org")
    address = f"/en/meetings/19/register/{token}/?as=expert"
    assert client.post(f"/en/meetings/{other.edition}/register/{token}/?as=expert", FORM).status_code == 404
    forged = {"email": "another@example.org", "capacity": "mayor", "city": "lyon", "status": "registered", "place": "1"}
    assert client.post(address, FORM | forged).status_code == 302
    assert client.post(address, FORM | {"name": "Another"}).status_code == 302
    stored = Registration.objects.get()
    assert (stored.email, stored.capacity, stored.city, stored.name) == (
        "expert@example.org",
        "expert",
        None,
        "An expert",
    )


@pytest.mark.parametrize("capacity", ["mayor", "focal-point", "delegate", "Expert", "", "expert\x00", "press' OR 1=1"])
def test_a_link_makes_nobody_come_for_a_city(client, meeting, capacity):
    token = ask(client, meeting, "expert@example.org")
    response = client.post(f"/en/meetings/19/register/{token}/", FORM, query_params={"as": capacity})
    assert response.status_code == 200
    assert not Registration.objects.exists()


@pytest.mark.parametrize("token", ["x", "-", "a" * 5000, "%00", "%F0%9F%98%80", "0", "None"])
def test_a_guessed_link_opens_nothing_and_is_kept_by_nobody(client, meeting, token):
    make_registration(meeting)
    for path in ("meetings/19/register/{}/", "meetings/registration/{}/", "meetings/registration/{}/cancel/"):
        response = client.get(f"/en/{path.format(token)}")
        assert response.status_code == 404
        assert "no-store" in response.get("Cache-Control", "no-store")


@pytest.mark.parametrize(
    ("first", "second"), [("Delegate@Example.org", "dELEGATE@example.ORG"), ("kim@example.org", "\u212aim@example.org")]
)
def test_an_address_in_other_letters_is_the_same_person(signed_in, coordinator, meeting, first, second):
    client = signed_in(coordinator)
    assert posted(client, meeting, email=first).status_code == 302
    response = posted(client, meeting, email=second)
    assert response.status_code == 200
    assert Registration.objects.count() == 1


@pytest.mark.parametrize("email", ["\u017fam@example.org", "\u0131an@example.org", "\u0130an@example.org"])
def test_letters_that_only_look_like_those_of_an_address_are_refused(signed_in, coordinator, client, meeting, email):
    """Case folding of one database or the other takes them for another person's."""
    assert posted(signed_in(coordinator), meeting, email=email).status_code == 200
    response = client.post(f"/en/meetings/{meeting.edition}/register/", {"email": email})
    assert response.status_code == 200
    assert b"This is not an e-mail address." in response.content
    assert not Registration.objects.exists()
    assert not RegistrationRequest.objects.exists()


# Another city's


def test_what_another_city_registered_is_not_there(signed_in, other_coordinator, meeting):
    stored = make_registration(meeting)
    client = signed_in(other_coordinator)
    for path in ("", "cancel/", "sessions/", "calendar.ics"):
        for act in (client.get, client.post):
            assert act(f"/en/my/registrations/{stored.pk}/{path}").status_code == 404
    assert posted(client, meeting, "lyon").status_code == 404
    stored.refresh_from_db()
    assert stored.is_standing


def test_a_draft_and_its_letter_are_for_its_cities_alone(request, signed_in, coordinator):
    bid = make_bid(make_host_call("open"), "lyon")
    one = bid.cities.get()
    one = set_letter(bid_city=one, upload=SimpleUploadedFile("letter.pdf", PDF), by=coordinator)
    letter = reverse("cities:file", args=[one.letter_id])
    assert signed_in(coordinator).get(letter).status_code == 200
    for who in ("other_coordinator", "former_coordinator", "evaluator", "officer", "auditor", "administrator"):
        client = signed_in(request.getfixturevalue(who))
        assert client.get(letter).status_code == 404, who
        for path in ("", "form/", "submit/", "withdraw/"):
            assert client.get(f"/en/my/bids/{bid.pk}/{path}").status_code == 404, who
    page = signed_in(request.getfixturevalue("officer")).get(reverse("admin:meetings_hostbid_change", args=[bid.pk]))
    assert b"The town hall" not in page.content
    assert b"letter.pdf" not in page.content


# The programme


def test_no_session_of_another_meeting_of_others_or_of_the_past_is_booked(signed_in, coordinator, meeting):
    registration = make_registration(meeting)
    other = open_for_registration(make_meeting(20, hosts=["lyon"]))
    make_registration(other, "x@example.org")
    own = reverse("meetings:my_registration_sessions", args=[registration.pk])
    begun = timezone.now() - DAY
    sessions = [
        make_session(other, places=5),
        make_session(meeting, "Mayors", 9, kind="mayors", places=5),
        make_session(meeting, "Past", 11, places=5, starts_at=begun, ends_at=begun + DAY / 24),
        make_session(meeting, "Not to be booked", 13),
    ]
    client = signed_in(coordinator)
    for session in sessions:
        client.post(own, {"session": session.pk, "act": "book"})
        client.post(reverse("meetings:session_book", args=[meeting.edition, session.pk]))
    assert not SessionPlace.objects.exists()


# What is known of votes before they are counted


def seen(clients: dict[str, Client]) -> dict[tuple[str, str], Any]:
    """All that a page, a file or a list says of the open ballot, to whom; and what stands behind it."""
    pages = ["/en/meetings/19/ballot/1/", "/en/meetings/19/ballot/", "/en/meetings/19/hosting/", "/en/my/"]
    pages += ["/en/meetings/feed/", "/en/meetings/19/", "/sitemap.xml", "/healthz", "/en/my/data/"]
    ballot = Ballot.objects.get()
    pages += [reverse("admin:meetings_ballot_changelist"), reverse("admin:meetings_ballot_change", args=[ballot.pk])]
    pages += [reverse("admin:cities_historyentry_changelist"), listing("hostbid")]
    found: dict[tuple[str, str], Any] = {}
    for who, client in clients.items():
        for page in pages:
            response = client.get(page)
            content = SPENT.sub(b"", getattr(response, "content", b""))
            found[who, page] = (response.status_code, response.get("ETag"), response.get("Last-Modified"), content)
    rows = (HistoryEntry, OutboxMessage, Edition, Ballot, BallotOption, LogEntry, Reminder, HostBid)
    return found | {("rows", str(model)): list(model.objects.order_by("pk").values()) for model in rows}


SPENT = re.compile(rb"""csrfmiddlewaretoken" value="[^"]+"|nonce="[^"]+"|data-now="[^"]+"|<p class="countdown"[^<]*""")
"""What is another at every request: the clock of templates cannot be held."""


def test_before_the_closing_nothing_differs_by_what_was_voted(
    ballot, signed_in, coordinator, officer, lyon, monkeypatch
):
    clients = {"visitor": Client(), "coordinator": signed_in(coordinator), "officer": signed_in(officer)}
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now)
    first, one, blank = seen(clients), None, None
    with transaction.atomic():
        cast_vote(ballot=ballot, city=lyon, choice=1, by=coordinator)
        one = seen(clients)
        transaction.set_rollback(True)
    with transaction.atomic():
        cast_vote(ballot=ballot, city=lyon, choice=None, by=coordinator)
        blank = seen(clients)
        transaction.set_rollback(True)
    assert {key for key in one if one[key] != blank[key]} == set()
    # Nor that anybody voted, by what a visitor could ask for.
    assert {key for key in first if key[0] in ("visitor", "rows") and first[key] != one[key]} == set()
