import factory

from meetings.models import Meeting, MeetingHost

from .cities import CountryFactory


class MeetingFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Meeting

    edition = factory.Sequence(lambda n: n + 1)
    country = factory.SubFactory(CountryFactory)
    year = 2026
    planned_year = factory.SelfAttribute("year")
    status = Meeting.Status.PLANNED


class MeetingHostFactory(factory.django.DjangoModelFactory):
    """A host with a name of its own; give `city` for a member."""

    class Meta:
        model = MeetingHost

    meeting = factory.SubFactory(MeetingFactory)
    name_en = factory.Sequence(lambda n: f"Host {n}")
    name_fr = factory.Sequence(lambda n: f"Hôte {n}")
    position = factory.Sequence(lambda n: n)
