from collections.abc import Callable
from typing import Any

from django import forms

from ..people import Person


class ActForm(forms.Form):
    """The form of an act: nothing to fill in, unless a subclass asks for words. What will happen stands above it.

    `act(by=…)` calls the verb, with what was filled in.
    """

    fieldsets: tuple = ()

    def __init__(self, *args: Any, verb: Callable[..., Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.verb = verb

    def act(self, *, by: Person) -> Any:
        return self.verb(by=by, **self.cleaned_data)
