"""What a text changes, word by word, for people to read."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from diff_match_patch import diff_match_patch

from ..models import Moderated, Part, PhotoUse

_TOKENS = re.compile(r"\s*\S+|\s+$")
# Each word stands for one character, below the surrogates; longer texts are compared as a whole.
_FIRST, _MOST = 0x100, 0xD000
_SECONDS = 0.5


@dataclass(frozen=True)
class Piece:
    """A run of words that stayed (""), went ("del") or came ("ins")."""

    kind: str
    text: str


@dataclass(frozen=True)
class Difference:
    part: Part
    """As it is in the newer text."""
    before: str
    pieces: tuple[Piece, ...]

    @property
    def is_new(self) -> bool:
        return not self.before

    @property
    def is_gone(self) -> bool:
        return not self.part.text


@dataclass(frozen=True)
class PhotoDifference:
    """A photo before and after; one of them None where it came or went."""

    before: PhotoUse | None
    after: PhotoUse | None

    @property
    def changes(self) -> list[tuple[str, str, str]]:
        """What is said about the photo and changed: language, before, after; the credit has no language."""
        if not (self.before and self.after):
            return []
        pairs = [
            (language, getattr(self.before, name), getattr(self.after, name))
            for name, language in (("alt_en", "en"), ("alt_fr", "fr"), ("credit", ""))
        ]
        return [pair for pair in pairs if pair[1] != pair[2]]

    @property
    def is_changed(self) -> bool:
        return not (self.before and self.after) or bool(self.changes)


def word_difference(before: str, after: str) -> tuple[Piece, ...]:
    """The words that stayed, went and came, in the order of reading. Takes half a second at the most."""
    numbers: dict[str, int] = {}
    encoded = [[numbers.setdefault(token, len(numbers)) for token in _TOKENS.findall(text)] for text in (before, after)]
    if len(numbers) > _MOST:
        return tuple(Piece(kind, text) for kind, text in (("del", before), ("ins", after)) if text)
    tokens = list(numbers)
    engine = diff_match_patch()
    engine.Diff_Timeout = _SECONDS
    found = engine.diff_main(*("".join(chr(_FIRST + number) for number in text) for text in encoded), False)
    engine.diff_cleanupSemantic(found)
    kinds = {-1: "del", 0: "", 1: "ins"}
    return tuple(
        Piece(kinds[kind], "".join(tokens[ord(character) - _FIRST] for character in run)) for kind, run in found
    )


def differences(before: Moderated | None, after: Moderated) -> list[Difference]:
    """The parts in which a text differs from an earlier one, or from nothing."""
    return compare(before.parts() if before else [], after.parts())


def compare(before: Iterable[Part], after: Iterable[Part]) -> list[Difference]:
    """The parts that differ."""
    old = {(part.name, part.language): part.text for part in before}
    return [
        Difference(part, was, word_difference(was, part.text))
        for part in after
        if (was := old.get((part.name, part.language), "")) != part.text
    ]


def photo_differences(before: Any, after: Any) -> list[PhotoDifference]:
    """Every photo of either text, those of the newer first; only the ones with `is_changed` differ."""
    return compare_photos(_uses(before), _uses(after))


def compare_photos(before: Iterable[PhotoUse], after: Iterable[PhotoUse]) -> list[PhotoDifference]:
    was = {use.photo_id: use for use in before}
    now = {use.photo_id: use for use in after}
    gone = [PhotoDifference(use, None) for photo, use in was.items() if photo not in now]
    return [PhotoDifference(was.get(photo), use) for photo, use in now.items()] + gone


def _uses(revision: Any) -> list[PhotoUse]:
    return list(revision.photo_uses.select_related("photo")) if revision is not None and revision.pk else []
