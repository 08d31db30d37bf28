"""The count of a ballot, which anybody can repeat: from the votes alone, without the database.

`file_of` makes what is published of a ballot, once, as it is closed; `recount` reads such a file as a stranger would,
and trusts none of its sums.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from cities.exceptions import NetworkError
from cities.models import City

from ..models import Ballot

Outcome = Ballot.Outcome

FORMAT = "rvcu-ballot/1"
_SHA256 = re.compile("[0-9a-f]{64}")


class CountingError(NetworkError):
    """Votes cannot be counted, or a file contradicts itself."""


@dataclass(frozen=True)
class Tally:
    """What was voted. `votes` has every number on the paper; `tied` those with most votes when they are several."""

    votes: dict[int, int]
    blank: int
    cast: int
    outcome: Ballot.Outcome
    winner: int | None
    tied: tuple[int, ...]


def votes_needed(percent: int, seats: int) -> int:
    """The quorum in votes: the percentage of the cities that may vote, rounded up."""
    return -(-percent * seats // 100)


def count(choices: Iterable[int | None], options: Sequence[int], seats: int, quorum: int) -> Tally:
    """Count votes: each the number of an option, or None for a blank one. Their order is of no account.

    Blank votes count for the quorum alone. Most votes decide. Raises CountingError for a vote that names no option,
    and for more votes than seats.
    """
    found = Counter(choices)
    blank = found.pop(None, 0)
    cast = found.total() + blank
    if stray := set(found) - set(options):
        raise CountingError(_("A vote names what is not on the paper: %(number)s.") % {"number": min(stray, key=str)})
    if cast > seats:
        raise CountingError(
            _("There are more votes (%(cast)s) than cities that may vote (%(seats)s).") % {"cast": cast, "seats": seats}
        )
    votes = {number: found[number] for number in sorted(options)}
    most = max(votes.values(), default=0)
    first = tuple(number for number, given in votes.items() if most and given == most)
    if cast < quorum:
        return Tally(votes, blank, cast, Outcome.NO_QUORUM, None, ())
    if not first:
        return Tally(votes, blank, cast, Outcome.NO_VOTES, None, ())
    if len(first) > 1:
        return Tally(votes, blank, cast, Outcome.TIE, None, first)
    return Tally(votes, blank, cast, Outcome.SELECTED, first[0], ())


# The file


def canonical(data: Any) -> bytes:
    """JSON with sorted keys and no spaces, in UTF-8: what the file's hash is taken over, without the hash."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def as_published(data: Any) -> bytes:
    """The same, each thing on a line of its own: equal bytes, whether or not a database kept the order of the keys."""
    return json.dumps(data, sort_keys=True, indent=1, ensure_ascii=False).encode() + b"\n"


def rule_in_words(ballot: Ballot) -> str:
    """How the ballot is counted, in the reader's language."""
    sentences = [
        _("Each city on the roll has one vote, for one bid or blank."),
        _("The bid with most votes hosts the meeting."),
        _("If several have most votes, there is a run-off between them."),
        _("Blank votes count as cast, for no bid."),
    ]
    if ballot.quorum:
        sentences.append(
            _(
                "The ballot is valid with at least %(quorum)s votes cast: %(percent)s %% of %(seats)s cities,"
                " rounded up."
            )
            % {"quorum": ballot.quorum, "percent": ballot.host_call.quorum_percent, "seats": ballot.seats}
        )
    sentences.append(
        _(
            "Each vote stands beside the SHA-256 of its receipt, a text that its city alone was shown; votes are in the"
            " order of these hashes, which says nothing of when or by whom they were cast."
        )
    )
    return " ".join(sentences)


def counting_file(ballot: Ballot) -> dict[str, Any]:
    """What was published of a ballot when it was closed, ready for JSON; raises CountingError for another."""
    if ballot.counting is None:
        raise CountingError(_("Only a ballot that is closed is counted."))
    return ballot.counting


def file_of(ballot: Ballot, tally: Tally) -> dict[str, Any]:
    """All that a stranger needs to count a ballot again, whose roll and votes are written and whose end is known."""
    options = ballot.options.order_by("number").prefetch_related("bid__cities__city")
    roll = ballot.roll.select_related("city").order_by("city__sort_key_en", "city__slug")
    votes = ballot.votes.order_by("receipt_sha256").values_list("receipt_sha256", "choice")
    meeting = ballot.host_call.meeting
    rule = {}
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            rule[code] = rule_in_words(ballot)
    data: dict[str, Any] = {
        "format": FORMAT,
        "meeting": {"edition": meeting.edition, "year": meeting.year},
        "ballot": ballot.number,
        "round": ballot.round,
        "follows": ballot.follows.number if ballot.follows else None,
        "opened_at": ballot.opened_at.isoformat(),
        "closes_at": ballot.closes_at.isoformat(),
        "closed_at": ballot.closed_at.isoformat() if ballot.closed_at else None,
        "rule": rule,
        "options": [
            {"number": one.number, "cities": [_named(row.city) for row in one.bid.standing_cities]} for one in options
        ],
        "seats": ballot.seats,
        "quorum_percent": ballot.host_call.quorum_percent,
        "quorum": ballot.quorum,
        "roll": [{**_named(seat.city), "country": seat.city.country_id, "has_voted": seat.has_voted} for seat in roll],
        "votes": [list(pair) for pair in votes],
        "tally": {
            "cast": tally.cast,
            "blank": tally.blank,
            "votes": {str(number): given for number, given in tally.votes.items()},
        },
        "outcome": {"code": tally.outcome.value, "winner": tally.winner, "tied": list(tally.tied)},
    }
    return data | {"sha256": hashlib.sha256(canonical(data)).hexdigest()}


def _named(city: City) -> dict[str, str]:
    return {"slug": city.slug, "name_en": city.name_en, "name_fr": city.name_fr}


def recount(data: Any) -> Tally:
    """Count the votes of a published file anew and compare all that it says with them.

    Raises CountingError, with a sentence, for a file of another kind, one that was changed, and one whose roll, votes,
    sums or outcome contradict each other.
    """
    try:
        return _recount(data)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise CountingError(_("This is no counting file of a ballot, or a part of it is missing.")) from None


def _check_shape(data: dict[str, Any], options: list[Any], votes: list[Any]) -> None:
    """Numbers are whole, and hashes hashes: to Python 1.0 and a truth value equal 1, to another reader they do not."""
    choices = [choice for _receipt, choice in votes if choice is not None]
    if any(type(number) is not int for number in (data["seats"], data["quorum"], *options, *choices)):
        raise TypeError
    if type(data["quorum_percent"]) is not int or not 0 <= data["quorum_percent"] <= 100:
        raise ValueError
    if not all(_SHA256.fullmatch(receipt) for receipt, _choice in votes):
        raise ValueError


def _recount(data: dict[str, Any]) -> Tally:
    if data["format"] != FORMAT:
        raise CountingError(_("This is a file of another format: %(format)s.") % {"format": data["format"]})
    content = {key: value for key, value in data.items() if key != "sha256"}
    if hashlib.sha256(canonical(content)).hexdigest() != data["sha256"]:
        raise CountingError(_("The file was changed: its content does not give its hash."))
    roll, votes, options = data["roll"], data["votes"], [one["number"] for one in data["options"]]
    _check_shape(data, options, votes)
    if len({one["slug"] for one in roll}) != len(roll) or len(roll) != data["seats"]:
        raise CountingError(_("The roll does not name %(seats)s cities, each once.") % {"seats": data["seats"]})
    if len(set(options)) != len(options):
        raise CountingError(_("A number stands on the paper twice."))
    hashes = [receipt for receipt, _choice in votes]
    if sorted(set(hashes)) != hashes:
        raise CountingError(_("The votes are not in the order of their receipts, or one is there twice."))
    voted = sum(one["has_voted"] is True for one in roll)
    if voted != len(votes):
        raise CountingError(
            _("The roll and the votes do not agree: cities that have voted %(voted)s, votes %(votes)s.")
            % {"voted": voted, "votes": len(votes)}
        )
    if data["quorum"] != votes_needed(data["quorum_percent"], data["seats"]):
        raise CountingError(_("The votes needed are not the percentage of the cities that may vote."))
    tally = count((choice for _hash, choice in votes), options, data["seats"], data["quorum"])
    said = data["tally"]
    counted = {str(number): given for number, given in tally.votes.items()}
    if (said["cast"], said["blank"], said["votes"]) != (tally.cast, tally.blank, counted):
        raise CountingError(_("The sums of the file are not those of its votes."))
    outcome = data["outcome"]
    if (outcome["code"], outcome["winner"], outcome["tied"]) != (tally.outcome, tally.winner, list(tally.tied)):
        raise CountingError(_("The outcome of the file is not that of its votes."))
    return tally
