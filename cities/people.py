"""The type of whoever acts: a row of the user model, which only the settings name."""

from typing import Any

Person = Any
