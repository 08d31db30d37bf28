"""Folding of text, so that both databases find and sort alike.

SQLite and PostgreSQL disagree on the case of accented letters and on their order, and neither ignores
accents. What is searched or sorted is therefore folded here, stored, and compared as plain ASCII where it can be.
"""

import re
import unicodedata
from collections.abc import Iterable

SLUG = r"[a-z0-9]+(-[a-z0-9]+)*"
"""An address: small letters, digits and single hyphens between them."""

# Letters that Unicode does not decompose into a base letter and a mark.
_LETTERS = str.maketrans({"ł": "l", "ı": "i", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ə": "e"})
SORT_KEY_LENGTH = 100
_APOSTROPHE = "'’‘ʼʻʿʾˈ`´′"
_APOSTROPHES = re.compile(f"[{_APOSTROPHE}]")
# Some of the apostrophes are letters to Unicode.
_NOT_A_WORD = re.compile(rf"[\W_{_APOSTROPHE}]+")
# Control characters but the tab and line breaks, what turns the direction of a line, and what is no character.
_NOT_SHOWN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


def fold(text: str) -> str:
    """Lower case without accents: "Łódź" → "lodz", "Straße" → "strasse". Apostrophes and spaces stay."""
    # Decomposed on both sides of the case: either step gives letters that only the other one folds (ᴬ, ẞ, İ).
    lower = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(c for c in lower if not unicodedata.combining(c)).translate(_LETTERS)


def plain(text: str) -> str:
    """A text without what no page shows and no file may hold: a name that somebody types goes into both."""
    return _NOT_SHOWN.sub("", text)


def one_line(text: str) -> str:
    """The same on a single line: in a mail, a line of its own would not be taken for what somebody typed."""
    return " ".join(plain(text).split())


def words(text: str) -> list[str]:
    """The folded words of a text, in its order; an apostrophe or a hyphen ends a word."""
    return [word for word in _NOT_A_WORD.split(fold(text)) if word]


def search_text(texts: Iterable[str]) -> str:
    """The column that searches look into: each distinct word once, every word preceded by a space.

    A text with apostrophes is also entered without them, so that "huai'an", "huai an" and "huaian" all find Huai’an.
    """
    found: dict[str, None] = {}
    for text in texts:
        for variant in (text, _APOSTROPHES.sub("", text)):
            found.update(dict.fromkeys(words(variant)))
    return "".join(f" {word}" for word in found)


def sort_key(text: str) -> str:
    """A key of a–z and 0–9 only, which every collation puts in the same order; words are parted by 0.

    No longer than the columns that keep it, since folding can lengthen a text ("ß" → "ss").
    """
    return "0".join(re.sub("[^a-z0-9]", "", word) for word in words(text))[:SORT_KEY_LENGTH]


def slug_of(text: str, length: int) -> str:
    """An address made of a text, cut between words where it can be; "" when no letter or digit of it is left."""
    slug = ""
    for word in words(text):
        plain = re.sub("[^a-z0-9]", "", word)
        longer = f"{slug}-{plain}" if slug else plain[:length]
        if plain and len(longer) <= length:
            slug = longer
        elif plain:
            break
    return slug


def count_words(text: str) -> int:
    """How many words a text has: what stands between white space, if there is a letter or a digit in it.

    A hyphenated word, a number with its commas and an address count as one, a lone dash as none, in both languages.
    The browser counts by the same rule (`edit.js`).
    """
    return sum(any(character.isalnum() for character in word) for word in text.split())
