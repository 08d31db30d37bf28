from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ..days import today
from ..models import PhotoUse
from ..models.profile import PHOTOS
from ..services.photo import MEGABYTES, MIN_LONG_SIDE, MIN_SHORT_SIDE, fingerprint, said_of
from .layout import fields_only


class UploadForm(forms.Form):
    """A picture to be taken in; what it is decides its content, in the service."""

    picture = forms.FileField(
        label=_("Picture"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp", "class": "form-control"}),
        error_messages={
            "required": _("Choose a picture first."),
            "invalid": _("The file did not arrive. Choose it again."),
        },
    )

    helper = fields_only()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["picture"].help_text = gettext(
            "JPEG, PNG or WebP, at most %(limit)d MB and at least %(long)d × %(short)d pixels. "
            "The place and all else that the camera wrote into the file are removed."
        ) % {"limit": MEGABYTES, "long": MIN_LONG_SIDE, "short": MIN_SHORT_SIDE}


class PhotoUseForm(forms.Form):
    """What is said of one photo in a draft, and the right to show it.

    Half of it can be saved: what is missing is said beside it and asked for when the text is submitted.
    """

    seen = forms.CharField(widget=forms.HiddenInput)
    position = forms.IntegerField(label=_("Place in the order"), min_value=1, max_value=99, required=False)
    alt_en = forms.CharField(
        label=_("What it shows, in English"),
        required=False,
        max_length=250,
        widget=forms.Textarea(attrs={"rows": 2, "lang": "en"}),
        help_text=_("for those who cannot see it: who or what, where, doing what"),
    )
    alt_fr = forms.CharField(
        label=_("What it shows, in French"),
        required=False,
        max_length=250,
        widget=forms.Textarea(attrs={"rows": 2, "lang": "fr"}),
        help_text=_("the same, written for French readers"),
    )
    credit = forms.CharField(
        label=_("Credit"), required=False, max_length=150, help_text=_("shown below the photo: photographer, agency")
    )
    rights_holder = forms.CharField(
        label=_("Holder of the rights"),
        required=False,
        max_length=200,
        help_text=_("the person or body that allows it to be shown; not public"),
    )
    granted = forms.BooleanField(
        label=_("The holder of the rights allows this portal to show the photo to the public, free of charge."),
        required=False,
    )
    granted_on = forms.DateField(
        label=_("Allowed on"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text=_("empty: today"),
    )
    granted_until = forms.DateField(
        label=_("Allowed until"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text=_("empty: without an end; the day after, the photo is hidden"),
    )

    helper = fields_only()

    def __init__(self, data: QueryDict | None = None, *, use: PhotoUse, room: int = PHOTOS) -> None:
        self.use = use
        initial = said_of(use) | {"position": use.position, "granted": bool(use.photo.granted_on)}
        super().__init__(data, prefix=use.photo_id.hex, initial=initial | {"seen": fingerprint(use)})
        self.fields["position"].widget.attrs["max"] = room
        if use.photo.withdrawn_at:
            for name in ("granted", "granted_on", "granted_until"):
                self.fields[name].disabled = True

    @property
    def was_sent(self) -> bool:
        """Whether the page that was sent had this photo."""
        return self.add_prefix("seen") in self.data

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if self.use.photo.withdrawn_at:
            return given | {name: getattr(self.use.photo, name) for name in ("granted_on", "granted_until")}
        if not given.get("granted"):
            return given | {"granted_on": None, "granted_until": None}
        first, last = given.get("granted_on"), given.get("granted_until")
        if not given.get("rights_holder"):
            self.add_error("rights_holder", _("Name who holds the rights."))
        if first and first > today():
            self.add_error("granted_on", _("This day is still to come."))
        elif "granted_on" not in self.errors:
            given["granted_on"] = first or self.use.photo.granted_on or today()
        if first and last and last < first:
            self.add_error("granted_until", _("The grant ends before it begins."))
        elif last and last < today() and last != self.use.photo.granted_until:
            self.add_error("granted_until", _("This day has passed."))
        return given

    def clean_position(self) -> int:
        return self.cleaned_data["position"] or self.use.position

    @property
    def words(self) -> dict[str, Any]:
        """What the service writes, after validation."""
        names = ("seen", "position", "alt_en", "alt_fr", "credit", "rights_holder", "granted_on", "granted_until")
        return {name: self.cleaned_data[name] for name in names}

    def show_conflict(self, stored: PhotoUse) -> None:
        """Say at each field what somebody else stored there meanwhile; the next save then replaces it."""
        data = dict(self.data.items())
        data[self.add_prefix("seen")] = fingerprint(stored)
        self.data = data
        for name, value in said_of(stored).items():
            if self.cleaned_data[name] != value:
                self.add_error(
                    name,
                    ValidationError(
                        _("Meanwhile somebody saved here: “%(stored)s”. Save again to put yours in its place."),
                        params={"stored": value or "–"},
                    ),
                )
