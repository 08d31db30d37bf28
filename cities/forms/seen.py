import hashlib
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class Seen(forms.CharField):
    """The state of a row as the form showed it; never a change of its own."""

    widget = forms.HiddenInput

    def has_changed(self, initial: Any, data: Any) -> bool:
        return False


class SeenForm(forms.ModelForm):
    """A form that does not overwrite what somebody else saved after it was opened.

    A hidden field carries a digest of the row as it was shown. A form sent without it is taken as it is.
    """

    seen = Seen(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["seen"].initial = self.state = ""
        if self.instance.pk:
            values = sorted((name, str(value)) for name, value in self.initial.items())
            self.fields["seen"].initial = self.state = hashlib.sha256(repr(values).encode()).hexdigest()

    def clean_seen(self) -> str:
        seen = self.cleaned_data["seen"]
        if seen and seen != self.state:
            self.add_error(
                None,
                _(
                    "Nothing was saved: somebody changed this entry after you opened it. Open it anew to see what it "
                    "says now, then make your change there."
                ),
            )
        return seen
