"""The guard against formulas in files that a spreadsheet may open.

A cell that begins like a formula is run by the spreadsheet of whoever opens the file. Every text that leaves gets an
apostrophe before such a beginning, and every text that comes back loses it: the two are exact inverses.
"""

import re
from typing import Any

# Apostrophes count as part of the beginning, so that a text that truly begins with one comes back whole.
_FORMULA = re.compile("'*(?:\\s*[=+\\-@＝＋－＠]|[\\t\\r])")
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?", re.ASCII)


def guard(value: Any) -> Any:
    """The value as it may stand in a cell; only texts change, and plain numbers among them do not."""
    if isinstance(value, str) and _FORMULA.match(value) and not _NUMBER.fullmatch(value):
        return f"'{value}"
    return value


def unguard(value: Any) -> Any:
    """The value that guard() was given."""
    if isinstance(value, str) and value.startswith("'") and guard(value[1:]) == value:
        return value[1:]
    return value
