"""An application begins, and moves from one status to the next. Sharing, submission and withdrawal: `submission`."""

from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..exceptions import NetworkError, TransitionNotAllowed
from ..models import Answer, Applicant, Application, Call, City, Country, CreativeField, HistoryEntry, Question
from ..people import Person
from ..text import sort_key
from .dossier import CITY
from .history import record
from .locking import locked

Status = Application.Status
Verb = HistoryEntry.Verb


class ApplicationRefused(NetworkError):
    """An application cannot be begun as asked."""


class AlreadyBegun(ApplicationRefused):
    """The person has begun it before: `application` is the one."""

    def __init__(self, application: Application) -> None:
        super().__init__(_("You have begun an application of this city in this call already: go on with that one."))
        self.application = application


@transaction.atomic
def begin_application(
    *,
    call: Call,
    country: Country,
    name_en: str,
    name_fr: str = "",
    language: str,
    field: CreativeField | None = None,
    by: Person,
    former_city: City | None = None,
) -> Application:
    """Begin a city's application, with `by` as the owner of its team.

    Two cities of one name are two applications; two teams of one city may both begin, one can be submitted. Raises
    ApplicationRefused when the call is not open for the country, the country is neither a Member State nor an
    Associate Member of UNESCO, the call takes no application in the language or the field, the former member is one
    today or of another country; AlreadyBegun when the person began it before.
    """
    call = locked(call)
    now = timezone.now()
    _check_open(call, country, now)
    if country.unesco_status not in (Country.UnescoStatus.MEMBER, Country.UnescoStatus.ASSOCIATE):
        raise ApplicationRefused(
            _("%(country)s is neither a Member State nor an Associate Member of UNESCO: its cities cannot apply.")
            % {"country": country.name}
        )
    if language not in call.languages:
        raise ApplicationRefused(_("This call takes no applications in that language."))
    if field is not None and not call.offered_fields.filter(field=field).exists():
        raise ApplicationRefused(_("This call does not offer that creative field."))
    if former_city is not None and (
        former_city.country_id != country.pk or City.objects.members().filter(pk=former_city.pk).exists()
    ):
        raise ApplicationRefused(_("Only a city of this country that has left the network can come back."))
    _check_not_begun(call, country, name_en.strip(), by)
    application = Application.objects.create(
        call=call,
        number=(call.applications.aggregate(last=Max("number"))["last"] or 0) + 1,
        country=country,
        name_en=name_en.strip(),
        name_fr=name_fr.strip(),
        language=language,
        field=field,
        former_city=former_city,
        is_demonstration=call.is_demonstration,
    )
    Applicant.objects.create(
        application=application, user=by, role=Applicant.Role.OWNER, begins_at=now, appointed_by=by
    )
    _answer_what_is_known(application, by)
    record(Verb.APPLICATION_BEGUN, on=application, by=by, changes={"status": [None, application.status]})
    return application


def _answer_what_is_known(application: Application, by: Person) -> None:
    """What was asked at the beginning is not asked again."""
    kinds = (Question.Kind.CITY, Question.Kind.FIELD)
    for question in Question.objects.filter(section__call=application.call, kind__in=kinds):
        if question.kind == Question.Kind.CITY:
            names = {"name_en": application.name_en, "name_fr": application.name_fr}
            value: Any = dict.fromkeys(CITY, "") | names
        elif application.field is not None:
            value = application.field.slug
        else:
            continue
        Answer.objects.create(application=application, question=question, value=value, version=1, updated_by=by)


def _check_open(call: Call, country: Country, now: Any) -> None:
    # As for an application of that country: its extension counts.
    closes_at = call.closes_for(Application(call=call, country=country))
    if call.status != Call.Status.PUBLISHED or now >= closes_at:
        raise ApplicationRefused(_("This call is closed: no application can be begun any more."))
    if now < call.opens_at:
        raise ApplicationRefused(_("This call is not open yet."))


def _check_not_begun(call: Call, country: Country, name: str, by: Person) -> None:
    own = Application.objects.of_team(by).exclude(status=Status.WITHDRAWN)
    before = own.filter(call=call, country=country, sort_key=sort_key(name)).first()
    if before is not None:
        raise AlreadyBegun(before)


def move(
    application: Application, to: str, *, verb: HistoryEntry.Verb, by: Person | None, reason: str = "", **fields: Any
) -> Application:
    """Bring an application to a status, with the columns that change along with it; inside the caller's transaction.

    Raises TransitionNotAllowed when that does not follow from the status it has now.
    """
    stored = locked(application)
    if to not in Application.TRANSITIONS.get(Status(stored.status), set()):
        raise TransitionNotAllowed(
            _("This cannot be done: the application is “%(status)s” now.") % {"status": stored.get_status_display()}
        )
    # As the team was told it: who withdraws reads the own act, and would learn from it what is not told yet.
    before, stored.status = stored.status_told, to
    for name, value in fields.items():
        setattr(stored, name, value)
    stored.save(update_fields=["status", *fields, "updated_at"])
    record(verb, on=stored, by=by, changes={"status": [before, stored.status]}, reason=reason)
    return stored


def applications_of(user: Person) -> list[Application]:
    """What a person works on, for the page of what waits: those to be completed and drafts by their end, then the rest.

    As many queries for one as for thirty.
    """
    own = Application.objects.of_team(user).select_related("call", "country", "field")
    found = list(own.prefetch_related("call__extensions").order_by("-created_at"))
    return sorted(found, key=lambda one: (not one.is_editable, one.closes_at))
