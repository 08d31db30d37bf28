"""What meetings hold on a person, told and erased with the rest; `MeetingsConfig.ready` hands it over."""

from django.db import models

from cities.people import Person
from cities.services.privacy import Part

from ..models import Meeting, Registration, RegistrationRequest, Session, SessionSpeaker, Speaker
from .registration import withdraw_person


def _of(user: Person, addresses: set[str]) -> models.QuerySet[Registration]:
    return Registration.objects.filter(models.Q(user=user) | models.Q(email__in=addresses))


def hold(user: Person, addresses: set[str]) -> None:
    """Meetings, then registrations: the order of whoever registers or cancels."""
    own = _of(user, addresses)
    list(Meeting.objects.filter(pk__in=own.values("meeting")).order_by("pk").select_for_update(no_key=True))
    list(own.order_by("pk").select_for_update(no_key=True, of=("self",)))


def empty(user: Person, addresses: set[str], names: set[str], by: Person) -> None:
    """Cancel what is to come, which lets the next of a waiting list move up, and empty all; speakers go."""
    own = _of(user, addresses)
    names |= {name.strip() for name in own.values_list("name", flat=True)}
    for registration in list(own.select_related("meeting").order_by("pk")):
        withdraw_person(registration, by)
    RegistrationRequest.objects.filter(email__in=addresses).delete()
    # A name of one word could be anybody's.
    for name in {name for name in names if len(name.split()) > 1}:
        speakers = Speaker.objects.filter(name__iexact=name)
        sessions = list(Session.objects.filter(speakers__speaker__in=speakers).values_list("pk", flat=True))
        SessionSpeaker.objects.filter(speaker__in=speakers).delete()
        for speaker in speakers:
            speaker.delete()
        Session.objects.filter(pk__in=sessions).update(sequence=models.F("sequence") + 1)


PART = Part(
    hold=hold,
    empty=empty,
    about_others={
        "meetings.registration": (
            "user",
            {"name", "email", "function", "organization", "language", "answers", "on_list", "code", "visa_letter_on"},
        ),
    },
    names={"meetings.speaker": {"name"}, "meetings.historicalspeaker": {"name"}},
)
