"""What staff fill in for a call for hosts: the draft itself, and the operations on it and on its bids."""

import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cities.forms.act import ActForm
from cities.forms.call import Instant, ReasonForm
from cities.forms.day import DayInput
from cities.forms.seen import SeenForm
from cities.services.locking import locked

from ..models import HostCall, Meeting
from ..services.host_call import INSTANTS, can_move
from .meeting import BothReasonsForm


class HostCallForm(SeenForm):
    """A draft: everything in one form. It refuses what was published or saved by somebody else meanwhile."""

    class Meta:
        model = HostCall
        fields = "__all__"

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if meeting := given.get("meeting"):
            # Two that are begun at the same moment queue here. The status, by which the database knows, is no field.
            others = HostCall.objects.filter(meeting=locked(meeting), status__in=HostCall.RUNNING)
            if others.exclude(pk=self.instance.pk).exists():
                self.add_error("meeting", _("Another call for hosts of this meeting is in preparation or runs."))
        # Held until it is saved, as a whole with its status: a publication in this moment waits, or is noticed here.
        if self.instance.pk and not locked(self.instance).is_draft:
            raise forms.ValidationError(_("Nothing was saved: this call for hosts was published meanwhile."))
        return given


class CopyHostCallForm(ActForm):
    meeting = forms.ModelChoiceField(
        Meeting.objects.none(), label=_("For the annual meeting"), help_text=_("one that is planned and has no host")
    )
    fieldsets = ((None, {"fields": ("meeting",)}),)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        running = HostCall.objects.filter(status__in=HostCall.RUNNING).order_by().values("meeting")
        choice: Any = self.fields["meeting"]
        choice.queryset = Meeting.objects.filter(status=Meeting.Status.PLANNED, hosts=None).exclude(pk__in=running)


class RescheduleHostCallForm(BothReasonsForm):
    opens_at = Instant(label=_("Opens"))
    closes_at = Instant(label=_("Closes"))
    ballot_opens_at = Instant(label=_("Ballot opens"))
    ballot_closes_at = Instant(label=_("Ballot closes"))

    def __init__(self, *args: Any, host_call: HostCall, **kwargs: Any) -> None:
        super().__init__(*args, initial={name: getattr(host_call, name) for name in INSTANTS}, **kwargs)
        self.host_call = host_call
        now = timezone.now()
        self.names = [name for name in INSTANTS if can_move(host_call, name, now)]
        for name in INSTANTS:
            if name not in self.names:
                del self.fields[name]
        self.fieldsets = (
            (None, {"fields": self.names, "description": _("What has passed is not among them.")}),
            (_("For everybody to read"), {"fields": ("reason_en", "reason_fr")}),
        )

    def clean(self) -> dict[str, Any]:
        # Seconds are not shown: what was left as it was is not to be rounded.
        for name in self.names:
            held: datetime.datetime = getattr(self.host_call, name)
            if self.cleaned_data.get(name) == held.replace(second=0, microsecond=0):
                self.cleaned_data[name] = held
        return self.cleaned_data


class CancelHostCallForm(ReasonForm):
    fieldsets: tuple = (
        (None, {"fields": ("reason",), "description": _("The reason goes to those who speak for the bidding cities.")}),
    )


class AgreementForm(ActForm):
    signed_on = forms.DateField(label=_("Signed on"), widget=DayInput())
    file = forms.FileField(
        label=_("Agreement"), required=False, help_text=_("a PDF of 10 MB at most; only the secretariat reads it")
    )
    fieldsets = ((None, {"fields": ("signed_on", "file")}),)


class NotEligibleForm(BothReasonsForm):
    fieldsets: tuple = (
        (
            None,
            {
                "fields": ("reason_en", "reason_fr"),
                "description": _("The cities of the bid read it, each person in their language. No personal data."),
            },
        ),
    )
