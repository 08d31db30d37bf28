"""The count, and the file with which a stranger repeats it."""

import copy
import hashlib
import json
import random
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone, translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cities.models import City
from meetings.models import Ballot, HostBid
from meetings.services.ballot import close_ballot
from meetings.services.counting import (
    CountingError,
    as_published,
    canonical,
    count,
    counting_file,
    file_of,
    recount,
    votes_needed,
)
from tests.factories.hosting import HOUR, cast, make_ballot, make_bid, make_host_call

Outcome = Ballot.Outcome

patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

papers = st.lists(st.integers(1, 9), min_size=1, max_size=6, unique=True)


@st.composite
def ballots(draw) -> tuple[list[int | None], list[int], int, int]:
    options = draw(papers)
    choices = draw(st.lists(st.sampled_from([*options, None]), max_size=60))
    seats = len(choices) + draw(st.integers(0, 20))
    return choices, options, seats, draw(st.integers(0, seats))


# The count


@patient
@given(ballots(), st.randoms())
def test_permuting_votes_and_options_changes_nothing(ballot, shuffled):
    choices, options, seats, quorum = ballot
    tally = count(choices, options, seats, quorum)
    other, paper = list(choices), list(options)
    shuffled.shuffle(other)
    shuffled.shuffle(paper)
    assert count(other, paper, seats, quorum) == tally


@patient
@given(ballots())
def test_every_vote_is_counted_once_and_the_outcome_follows_from_the_sums(ballot):
    choices, options, seats, quorum = ballot
    tally = count(choices, options, seats, quorum)
    assert tally.cast == len(choices) == sum(tally.votes.values()) + tally.blank
    assert set(tally.votes) == set(options)
    most = max(tally.votes.values())
    first = [number for number, votes in tally.votes.items() if votes == most]
    assert (tally.winner is not None) == (tally.outcome == Outcome.SELECTED)
    assert bool(tally.tied) == (tally.outcome == Outcome.TIE)
    match tally.outcome:
        case Outcome.NO_QUORUM:
            assert len(choices) < quorum
        case Outcome.NO_VOTES:
            assert len(choices) >= quorum
            assert most == 0
        case Outcome.TIE:
            assert sorted(tally.tied) == sorted(first)
            assert len(first) > 1
        case Outcome.SELECTED:
            assert first == [tally.winner]


@patient
@given(ballots())
def test_one_more_vote_for_the_winner_never_takes_its_place(ballot):
    choices, options, seats, quorum = ballot
    tally = count(choices, options, seats, quorum)
    if tally.winner:
        assert count([*choices, tally.winner], options, seats + 1, quorum).winner == tally.winner


@pytest.mark.parametrize(
    ("choices", "seats", "quorum", "outcome", "winner", "tied"),
    [
        ([1, 1, 2], 3, 0, Outcome.SELECTED, 1, ()),
        ([1, 2], 3, 0, Outcome.TIE, None, (1, 2)),
        ([1, 2, 3, None], 4, 0, Outcome.TIE, None, (1, 2, 3)),
        ([None, None], 3, 0, Outcome.NO_VOTES, None, ()),
        ([], 3, 0, Outcome.NO_VOTES, None, ()),
        ([], 3, 1, Outcome.NO_QUORUM, None, ()),
        ([1, 1], 5, 3, Outcome.NO_QUORUM, None, ()),
        ([1, 1, None], 5, 3, Outcome.SELECTED, 1, ()),  # blank votes count for the quorum
        ([1, None, None, None], 5, 0, Outcome.SELECTED, 1, ()),  # and for nothing else
    ],
)
def test_outcomes(choices, seats, quorum, outcome, winner, tied):
    tally = count(choices, [1, 2, 3], seats, quorum)
    assert (tally.outcome, tally.winner, tally.tied) == (outcome, winner, tied)


def test_a_vote_for_nothing_on_the_paper_and_more_votes_than_seats_are_no_count():
    with pytest.raises(CountingError, match="names what is not on the paper: 4"):
        count([1, 4], [1, 2], 5, 0)
    with pytest.raises(CountingError, match=r"more votes \(3\) than cities that may vote \(2\)"):
        count([1, 1, None], [1, 2], 2, 0)


@pytest.mark.parametrize(
    ("percent", "seats", "needed"),
    [(0, 405, 0), (50, 405, 203), (50, 404, 202), (100, 405, 405), (1, 405, 5), (33, 3, 1), (67, 3, 3), (50, 0, 0)],
)
def test_the_quorum_is_rounded_up(percent, seats, needed):
    assert votes_needed(percent, seats) == needed


# The file


@pytest.fixture
def closed(network) -> Ballot:
    call = make_host_call("ballot", quorum_percent=50)
    bids = [
        make_bid(call, lead, *partners, status=HostBid.Status.ON_BALLOT)
        for lead, *partners in (("lyon", "ostersund"), ("fabriano",), ("tucson",))
    ]
    cities = list(City.objects.members().order_by("slug")[:9])
    ballot = make_ballot(call, *bids, electorate=cities, quorum=5, closes_at=timezone.now() - HOUR / 2)
    for city, choice in zip(cities, [1, 2, 1, None, 3, 2, 1], strict=False):
        cast(city, choice)
    return close_ballot(ballot=ballot, rng=random.Random(7))


def test_the_file_recounts_to_the_result(closed):
    data = json.loads(json.dumps(counting_file(closed)))
    tally = recount(data)
    assert (tally.winner, tally.cast, tally.blank) == (1, closed.cast, closed.blank) == (1, 7, 1)
    assert tally.votes == {option.number: option.votes for option in closed.options.all()} == {1: 3, 2: 2, 3: 1}
    assert tally.outcome == closed.outcome == Outcome.SELECTED


def test_the_file_holds_all_that_a_stranger_needs(closed):
    data = counting_file(closed)
    assert [[city["slug"] for city in one["cities"]] for one in data["options"]] == [
        ["lyon", "ostersund"],
        ["fabriano"],
        ["tucson"],
    ]
    assert data["options"][0]["cities"][1] == {"slug": "ostersund", "name_en": "Östersund", "name_fr": "Östersund"}
    assert (data["seats"], data["quorum_percent"], data["quorum"], len(data["roll"])) == (9, 50, 5, 9)
    assert sum(one["has_voted"] for one in data["roll"]) == 7
    assert data["votes"] == sorted(data["votes"])
    assert hashlib.sha256(b"receipt of " + data["roll"][0]["slug"].encode()).hexdigest() in dict(data["votes"])
    assert "at least 5 votes cast: 50 % of 9 cities" in data["rule"]["en"]
    assert data["rule"]["fr"]
    assert data["outcome"] == {"code": "selected", "winner": 1, "tied": []}


def test_nothing_in_the_file_leads_from_a_vote_to_a_city(closed):
    data = counting_file(closed)
    assert all(len(vote) == 2 for vote in data["votes"])
    assert set(data["roll"][0]) == {"slug", "name_en", "name_fr", "country", "has_voted"}
    assert str(closed.votes.first().pk) not in json.dumps(data)


def test_the_file_is_the_same_in_every_language(closed):
    first = counting_file(closed)
    with translation.override("fr"):
        assert counting_file(closed) == first


def test_an_open_ballot_has_no_file(network):
    call = make_host_call("ballot")
    ballot = make_ballot(call, make_bid(call))
    with pytest.raises(CountingError, match="Only a ballot that is closed is counted"):
        counting_file(ballot)


def test_what_is_renamed_after_the_closing_changes_nothing_in_the_file(closed):
    published = as_published(counting_file(closed))
    City.objects.filter(slug="lyon").update(name_en="Renamed", slug="renamed")
    again = Ballot.objects.get(pk=closed.pk)
    assert as_published(counting_file(again)) == published
    assert recount(json.loads(published)).winner == 1


def test_the_published_bytes_do_not_depend_on_the_order_in_which_a_database_keeps_keys(closed):
    data = counting_file(closed)
    turned = {key: data[key] for key in sorted(data, key=len, reverse=True)}
    assert as_published(turned) == as_published(data)
    assert recount(json.loads(as_published(turned))).cast == 7


def test_the_file_costs_as_many_queries_for_many_cities_as_for_few(network, django_assert_num_queries):
    for number, seats in enumerate((3, 60), 1):
        call = make_host_call("ballot", **({"meeting": Ballot.objects.get().host_call.meeting} if number > 1 else {}))
        cities = list(City.objects.members()[:seats])
        ballot = make_ballot(call, make_bid(call), electorate=cities, closes_at=timezone.now() - HOUR / 2)
        for city in cities:
            cast(city, 1, f"{number} {city.slug}")
        closed = Ballot.objects.select_related("host_call__meeting").get(pk=close_ballot(ballot=ballot).pk)
        tally = count([1] * seats, [1], seats, 0)
        with django_assert_num_queries(6):
            assert file_of(closed, tally) == counting_file(closed)


# A file that was changed


def sealed(data: dict[str, Any]) -> dict[str, Any]:
    """With the hash of what it says now: who changes a file can also write its hash anew."""
    content = {key: value for key, value in data.items() if key != "sha256"}
    return content | {"sha256": hashlib.sha256(canonical(content)).hexdigest()}


def changed(data: dict[str, Any], path: list[Any], value: Any) -> dict[str, Any]:
    other = copy.deepcopy(data)
    place = other
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value(place[path[-1]]) if callable(value) else value
    return other


CHANGES = [
    (["votes", 0, 1], lambda choice: 2 if choice != 2 else 3, "sums of the file are not those of its votes"),
    (["votes", 0, 1], 9, "names what is not on the paper: 9"),
    (["votes"], lambda votes: votes[:-1], "cities that have voted 7, votes 6"),
    (["votes"], lambda votes: votes[::-1], "not in the order of their receipts"),
    (["votes"], lambda votes: [votes[0], *votes[:-1]], "not in the order of their receipts"),
    (["roll", 0, "has_voted"], lambda voted: not voted, "do not agree: cities that have voted"),
    (["roll"], lambda roll: roll[:-1], "does not name 9 cities"),
    (["roll"], lambda roll: [roll[0], *roll[:-1]], "does not name 9 cities"),
    (["seats"], 10, "does not name 10 cities"),
    (["quorum"], 1, "votes needed are not the percentage"),
    (["tally", "blank"], 0, "sums of the file"),
    (["tally", "votes", "1"], 4, "sums of the file"),
    (["outcome", "winner"], 2, "outcome of the file"),
    (["outcome", "code"], "tie", "outcome of the file"),
    (["options", 1, "number"], 1, "stands on the paper twice"),
    (["format"], "other/1", "another format: other/1"),
    (["votes", 0], ["ab"], "no counting file"),
    (["votes", 0, 1], True, "no counting file"),
    (["votes", 0, 1], "1", "no counting file"),
    (["roll"], None, "no counting file"),
]


@pytest.mark.parametrize(("path", "value", "sentence"), CHANGES)
def test_a_file_that_contradicts_itself_is_refused(closed, path, value, sentence):
    other = changed(counting_file(closed), path, value)
    with pytest.raises(CountingError, match=r"The file was changed|another format"):
        recount(other)
    with pytest.raises(CountingError, match=sentence):
        recount(sealed(other))


@pytest.mark.parametrize(
    "junk", [None, [], {}, "", 5, {"format": "rvcu-ballot/1"}, {"format": "rvcu-ballot/1", "sha256": 1}]
)
def test_what_is_no_counting_file_is_told_in_a_sentence(junk):
    with pytest.raises(CountingError, match=r"no counting file|was changed"):
        recount(junk)


# The command


def run(path: Any) -> str:
    out = StringIO()
    call_command("recount", str(path), stdout=out)
    return out.getvalue()


def test_the_command_counts_a_file_and_says_what_it_found(closed, tmp_path):
    path = tmp_path / "counting.json"
    data = counting_file(closed)
    path.write_text(json.dumps(data))
    said = run(path)
    assert said.splitlines()[:5] == [
        "1. Lyon, Östersund: 3",
        "2. Fabriano: 2",
        "3. Tucson: 1",
        "Blank: 1",
        "Votes cast: 7 of 9; needed: 5",
    ]
    assert f"Selected: bid 1. The file counts to its result: {data['sha256']}" in said


def test_the_command_reads_the_standard_input_and_asks_no_database(closed, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr("sys.stdin", StringIO(json.dumps(counting_file(closed))))
    with django_assert_num_queries(0):
        assert "Selected: bid 1." in run("-")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [("{", "is not JSON"), ("{}", "no counting file"), (None, "cannot be read: No such file")],
)
def test_the_command_fails_with_a_sentence(tmp_path, content, sentence):
    path = tmp_path / "counting.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(CommandError, match=sentence):
        run(path)
