"""What the portal holds on a person: told in full, and erased on request.

Acts stay, and the chain of the history with them: they never held a name or an address.
"""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core.cache import caches
from django.core.files.storage import Storage
from django.db import models, transaction
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..exceptions import NetworkError
from ..models import (
    MANDATES,
    Applicant,
    Application,
    ApplicationDocument,
    ApplicationPhoto,
    Assignment,
    City,
    ConflictOverride,
    Coordinator,
    Decision,
    Edition,
    FocalPointChange,
    HistoryEntry,
    InitiativePhoto,
    Invitation,
    Mandate,
    OutboxMessage,
    Photo,
    PrivateFile,
    ProfilePhoto,
    ProfileRevision,
    Ranking,
    Shortlisting,
    Snapshot,
)
from ..people import Person
from .history import record
from .locking import locked
from .mandate import end_all, withdraw_all
from .photo import withdraw_grant

ERASED = "@erased.invalid"
"""What the address of an emptied account ends with: a domain that can never be."""
NAME_COLUMNS = {"contact_name", "rights_holder", "credit", "signatory_name"}
"""Columns that name a person and nothing else; in other texts a name of one word could mean anything."""


@dataclass(frozen=True)
class Part:
    """What an app that this one does not know holds on persons."""

    hold: Callable[[Person, set[str]], None]
    """Locks what the erasure of a person with these addresses may change, before anything of this app is locked."""
    empty: Callable[[Person, set[str], set[str], Person], None]
    """Empties what is on the person, of these addresses and names, by whom; adds other names that it meets."""
    about_others: dict[str, tuple[str, set[str]]] = field(default_factory=dict)
    """See `_ABOUT_OTHERS`."""
    names: dict[str, set[str]] = field(default_factory=dict)
    """Columns that name a person, by their model."""


PARTS: list[Part] = []


def hand_over(part: Part) -> None:
    """Have a part told and erased with the rest."""
    if part not in PARTS:
        PARTS.append(part)


# What is told

_SECRETS = {
    *("password", "token_hash", "session_key", "data", "sha256", "hash", "previous_hash", "secret_of"),
    "secret_sha256",
}
_ABOUT_OTHERS: dict[str, tuple[str, set[str]]] = {
    "cities.invitation": ("user", {"email", "name"}),
    "cities.focalpointchange": ("", {"email", "name", "letter"}),
    "cities.outboxmessage": ("user", {"to", "subject", "body"}),
    # What a team wrote together names others, and may have changed since the person left it.
    "cities.answer": ("", {"value", "as_typed"}),
    "cities.snapshot": ("", {"content"}),
    "cities.applicationdocument": (
        "",
        {"signatory_name", "signatory_email", "signatory_function", "signatory_key"},
    ),
    "admin.logentry": ("", {"object_repr", "change_message"}),
}
"""Where a person acted on rows about others: the column that says whose the row is, and what is left out then."""

_HEADINGS = {
    "usersessions.usersession": gettext_lazy("sessions"),
    "mfa.authenticator": gettext_lazy("second factors"),
    "account.emailaddress": gettext_lazy("e-mail addresses"),
}
_LABELS = {
    "ip": gettext_lazy("IP address"),
    "user_agent": gettext_lazy("browser"),
    "last_seen_at": gettext_lazy("last seen"),
    "last_used_at": gettext_lazy("last used"),
    "created_at": gettext_lazy("since"),
    "user": gettext_lazy("person"),
    "type": gettext_lazy("kind"),
}
"""What tables of libraries are called, which have no words in both languages."""
_SEEN_ONLY: tuple[Any, ...] = (Assignment, ConflictOverride, Decision, Ranking, Shortlisting)
"""Of these a person is told what they may see now: not whom the secretariat means to ask, not what is under embargo."""


def addresses_of(user: Person) -> set[str]:
    """The e-mail addresses of a person, in small letters."""
    kept = EmailAddress.objects.filter(user=user).values_list("email", flat=True)
    return {email.lower() for email in [user.email, *kept]}


def _any_of(columns: Iterable[str], values: Iterable[str]) -> models.Q:
    found = models.Q(pk__in=[])
    for column in columns:
        for value in values:
            found |= models.Q(**{f"{column}__iexact": value})
    return found


def rows_on(user: Person) -> dict[type[models.Model], models.QuerySet]:
    """Every table that can hold something on the person, with the rows that do: by reference, by address or by name."""
    addresses = addresses_of(user)
    found = {}
    for model in apps.get_models(include_auto_created=True):
        if not model._meta.managed or model._meta.proxy:
            continue
        columns = list(model._meta.concrete_fields)
        references = [column.name for column in columns if column.related_model is get_user_model()]
        mailboxes = [column.name for column in columns if isinstance(column, models.EmailField)]
        naming = NAME_COLUMNS.union(*(part.names.get(model._meta.label_lower, ()) for part in PARTS))
        names = [column.name for column in columns if column.name in naming]
        wanted = _any_of(mailboxes, addresses) | _any_of(names, [user.name] if user.name else [])
        for name in references:
            wanted |= models.Q(**{name: user})
        if isinstance(user, model):
            wanted = models.Q(pk=user.pk)
        if references or mailboxes or names:
            found[model] = model._base_manager.filter(wanted)
    return found


def _told_rows(model: Any, rows: models.QuerySet, user: Person) -> models.QuerySet:
    if model in _SEEN_ONLY:
        return rows.filter(pk__in=model.objects.visible_to(user).order_by().values("pk"))
    return rows


def holdings(user: Person) -> dict[str, Any]:
    """All that is held on a person, as plain values under headings in the language of the moment.

    Of rows about other people only the person's own part is told; secrets are not.
    """
    told: dict[str, Any] = {
        _("What this is"): _("What the portal holds on one person, in full. Days and times are in UTC (ISO 8601)."),
        _("Made"): timezone.now().isoformat(timespec="seconds"),
    }
    addresses = addresses_of(user)
    for model, rows in rows_on(user).items():
        others = [c.name for c in model._meta.concrete_fields if c.related_model not in (None, get_user_model())]
        rows = _told_rows(model, rows, user)
        loaded = rows.select_related(*others) if others else rows
        found = [_told(row, user, addresses) for row in loaded.order_by("pk")]
        if found:
            heading = _HEADINGS.get(model._meta.label_lower, model._meta.verbose_name_plural)
            told[capfirst(str(heading))] = found
    return told


def _told(row: Any, user: Person, addresses: set[str]) -> dict[str, Any]:
    known = _ABOUT_OTHERS | {label: columns for part in PARTS for label, columns in part.about_others.items()}
    owner, about_another = known.get(row._meta.label_lower, ("", set()))
    is_own = owner and getattr(row, f"{owner}_id") == user.pk
    mailboxes = [column.name for column in row._meta.concrete_fields if isinstance(column, models.EmailField)]
    is_own = is_own or any((getattr(row, name) or "").lower() in addresses for name in mailboxes)
    told = {}
    for column in row._meta.concrete_fields:
        if column.name in _SECRETS or (column.name in about_another and not is_own):
            continue
        label = _LABELS.get(column.name) if row._meta.label_lower in _HEADINGS else None
        told[capfirst(str(label or column.verbose_name))] = _plain(row, column, user)
    if isinstance(row, get_user_model()):
        told[_("Groups")] = [group.name for group in row.groups.all()]
    return told


def _plain(row: Any, column: Any, user: Person) -> Any:
    value = getattr(row, column.attname)
    if value is None or isinstance(value, bool | int | float | dict | list):
        plain: Any = value
    elif hasattr(value, "isoformat"):
        plain = value.isoformat()
    else:
        plain = str(dict(column.flatchoices).get(value, value))
    if value is None or column.related_model is None:
        return plain
    if column.related_model is get_user_model():
        return _("you") if value == user.pk else _("another person")
    return str(getattr(row, column.name))


@transaction.atomic
def export(user: Person) -> str:
    """What is held on a person, as a file (JSON); that it was asked for is in the history."""
    record(HistoryEntry.Verb.PERSON_EXPORTED, on=user, by=user)
    return json.dumps(holdings(user), ensure_ascii=False, indent=2)


def mandates_in_force(user: Person) -> list[Mandate]:
    return [mandate for model in MANDATES for mandate in model._default_manager.filter(user=user).in_force()]


# What is erased


class AlreadyErased(NetworkError):
    """There is nothing left to erase."""

    def __init__(self) -> None:
        super().__init__(gettext_lazy("This account is empty already."))


def is_erased(user: Person) -> bool:
    return user.email.endswith(ERASED)


@transaction.atomic
def erase(user: Person, *, by: Person) -> Person:
    """Erase what names a person, everywhere; the row stays, empty, since acts point to it.

    Mandates end, with invitations that the person sent; mails to the person that have not left are withdrawn; letters
    about the person and photos whose rights are theirs go. Applications stay as they were submitted, since a receipt
    vouches for every letter of them. Raises AlreadyErased.
    """
    for part in PARTS:
        part.hold(user, addresses_of(user))
    _hold_what_others_may_hold(user)
    user = locked(user)
    if is_erased(user):
        raise AlreadyErased
    addresses, names = addresses_of(user), {user.name.strip()}
    end_all(user=user, by=by)
    letters = set(_letters_of_mandates(user))
    letters |= _empty_focal_point_changes(addresses, names, by)
    _empty_invitations(user, addresses, names, by)
    for part in PARTS:
        part.empty(user, addresses, names, by)
    names.discard("")
    _withdraw_photos(names, by)
    _close_account(user, addresses)
    _empty_mails(user, addresses)
    LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(user), object_id=str(user.pk)).update(
        object_repr=user.email, change_message=""
    )
    ProfileRevision.objects.filter(_any_of(["contact_name"], names)).update(contact_name="", contact_consent=False)
    # A name that was typed before consent was ticked, which waits beside the columns.
    for draft in ProfileRevision.objects.filter(as_typed__has_key="contact_name"):
        if str(draft.as_typed["contact_name"]).strip().lower() in {name.lower() for name in names}:
            kept = {name: value for name, value in draft.as_typed.items() if name != "contact_name"}
            ProfileRevision.objects.filter(pk=draft.pk).update(as_typed=kept)
    for model in (ProfilePhoto, InitiativePhoto, ApplicationPhoto):
        model._default_manager.filter(_any_of(["credit"], names)).update(credit="")
    Photo.objects.filter(_any_of(["rights_holder"], names)).update(rights_holder="")
    signed = ApplicationDocument.objects.filter(
        _any_of(["signatory_name"], names) | _any_of(["signatory_email"], addresses)
    )
    signed.update(signatory_name="", signatory_email="", signatory_function="", signatory_key="")
    _empty_letters(letters)
    _sweep(addresses | {name for name in names if len(name.split()) > 1})
    record(HistoryEntry.Verb.PERSON_ERASED, on=user, by=by)
    # Pages in the memory of other processes, too: words below a photo do not count as a change by themselves.
    Edition.objects.update(number=models.F("number") + 1, changed_at=timezone.now())
    transaction.on_commit(caches["pages"].clear)
    return user


def _hold_what_others_may_hold(user: Person) -> None:
    """Cities, applications, invitations, then the account: the order of whoever appoints or accepts."""
    addresses = addresses_of(user)
    invitations = Invitation.objects.filter(models.Q(user=user) | _any_of(["email"], addresses))
    changes = FocalPointChange.objects.filter(_any_of(["email"], addresses))
    mandates = Coordinator.objects.filter(user=user)
    in_cities = models.Q(pk__in=[])
    for rows in (invitations, changes, mandates):
        in_cities |= models.Q(pk__in=rows.filter(city__isnull=False).values("city"))
    list(City.objects.filter(in_cities).order_by("pk").select_for_update(no_key=True))
    teams = models.Q(pk__in=Applicant.objects.filter(user=user).values("application"))
    teams |= models.Q(pk__in=invitations.filter(application__isnull=False).values("application"))
    list(Application.objects.filter(teams).order_by("pk").select_for_update(no_key=True))
    list(invitations.order_by("pk").select_for_update(no_key=True))


def _letters_of_mandates(user: Person) -> Iterable[Any]:
    for model in MANDATES:
        yield from model._default_manager.filter(user=user, letter__isnull=False).values_list("letter", flat=True)


def _empty_focal_point_changes(addresses: set[str], names: set[str], by: Person) -> set[Any]:
    """Forget who was to become focal point; gives the letters that said so."""
    changes = list(FocalPointChange.objects.select_for_update(no_key=True).filter(_any_of(["email"], addresses)))
    for change in changes:
        names.add(change.name.strip())
        if change.status == FocalPointChange.Status.SUBMITTED:
            before, change.status, change.decided_at = change.status, FocalPointChange.Status.WITHDRAWN, timezone.now()
            change.decided_by = by
            moved = {"status": [before, change.status]}
            record(HistoryEntry.Verb.FOCAL_POINT_WITHDRAWN, on=change, by=by, changes=moved)
        change.email = change.name = ""
        change.save(update_fields=["email", "name", "status", "decided_at", "decided_by"])
    return {change.letter_id for change in changes}


def _empty_invitations(user: Person, addresses: set[str], names: set[str], by: Person) -> None:
    """Close and empty the invitations to the person. The name as others wrote it is one to look for."""
    of_person = Invitation.objects.filter(models.Q(user=user) | _any_of(["email"], addresses))
    withdraw_all(of_person.filter(accepted_at=None, withdrawn_at=None), timezone.now(), by)
    for email, name in of_person.values_list("email", "name"):
        names.add(name.strip())
        if email:
            addresses.add(email.lower())
    Invitation.objects.filter(pk__in=list(of_person.values_list("pk", flat=True))).update(
        email="", name="", token_hash=""
    )


def _withdraw_photos(names: set[str], by: Person) -> None:
    """A picture whose rights are a person's is not shown without naming them: it goes with the name."""
    for photo in Photo.objects.filter(_any_of(["rights_holder"], names), withdrawn_at=None):
        withdraw_grant(photo=photo, by=by)


def _close_account(user: Person, addresses: set[str]) -> None:
    Authenticator.objects.filter(user=user).delete()
    keys = set(UserSession.objects.filter(user=user).values_list("session_key", flat=True))
    # Also those that nobody listed: of a sign-in left half-way, which holds the address typed.
    for session in Session.objects.iterator():
        kept = session.get_decoded()
        text = json.dumps(kept, ensure_ascii=False, default=str).lower()
        if kept.get("_auth_user_id") == str(user.pk) or any(address in text for address in addresses):
            keys.add(session.session_key)
    Session.objects.filter(session_key__in=keys).delete()
    UserSession.objects.filter(user=user).delete()
    user.email, user.name, user.language, user.last_login = f"{user.pk}{ERASED}", "", settings.LANGUAGE_CODE, None
    user.is_active = user.is_staff = user.is_superuser = False
    user.set_unusable_password()
    user.save()
    EmailAddress.objects.filter(user=user).delete()
    user.groups.clear()
    user.user_permissions.clear()


def _empty_mails(user: Person, addresses: set[str]) -> None:
    Status = OutboxMessage.Status  # noqa: N806  a class
    mails = OutboxMessage.objects.filter(models.Q(user=user) | _any_of(["to"], addresses))
    mails.exclude(status__in=[Status.SENT, Status.WITHDRAWN]).update(status=Status.WITHDRAWN)
    mails.update(to="", subject="", body="", error="", secret_of="")


def _empty_letters(keys: set[Any]) -> None:
    """Remove the files, once the rest is through; that they were there, and their hash, stays."""
    for letter in PrivateFile.objects.filter(pk__in=keys).exclude(file=""):
        transaction.on_commit(partial(_remove, letter.file.storage, str(letter.file.name)))
        letter.file, letter.name = "", "–"
        letter.save(update_fields=["file", "name"])


def _remove(storage: Storage, name: str) -> None:
    storage.delete(name)


# The sweep: names and addresses in whatever other text they stand

_NOT_SWEPT = {
    settings.AUTH_USER_MODEL.lower(),
    "account.emailaddress",
    "auth.group",
    "auth.permission",
    "contenttypes.contenttype",
    "sessions.session",
    HistoryEntry._meta.label_lower,
    *(model._meta.label_lower for model in (Snapshot, Ranking, Shortlisting, Decision)),
}
"""Accounts of others, who may have the same name; codes; sessions, which nobody can search; the history; and what is
kept as it was submitted or decided, under a hash."""


def _sweep(needles: set[str]) -> None:
    """Take names and addresses out of every text of every table, the history aside, which holds none and never changes.

    Rows are written past the models, so that no edit history keeps what was before.
    """
    if not needles:
        return
    words = "|".join(re.escape(needle) for needle in sorted(needles, key=len, reverse=True))
    pattern = re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE)
    texts = (models.CharField, models.TextField, models.JSONField)
    for model in apps.get_models(include_auto_created=True):
        if model._meta.label_lower in _NOT_SWEPT or model._meta.proxy or not model._meta.managed:
            continue
        columns = [
            c for c in model._meta.concrete_fields if isinstance(c, texts) and not c.flatchoices and not c.primary_key
        ]
        for pk, values in _rows_naming(model, columns, needles):
            if changed := {
                name: cleaned for name, value in values.items() if (cleaned := _clean(value, pattern)) != value
            }:
                model._base_manager.filter(pk=pk).update(**changed)


def _rows_naming(
    model: type[models.Model], columns: list[Any], needles: set[str]
) -> Iterable[tuple[Any, dict[str, Any]]]:
    wanted, as_text = models.Q(pk__in=[]), {}
    for column in columns:
        looked_in = column.name
        if isinstance(column, models.JSONField):
            looked_in = f"{column.name}_as_text"
            as_text[looked_in] = Cast(column.name, models.TextField())
        for needle in needles:
            # One of the two databases keeps JSON with its letters escaped.
            for spelt in {needle, json.dumps(needle)[1:-1]}:
                wanted |= models.Q(**{f"{looked_in}__icontains": spelt})
    names = [column.name for column in columns]
    if not names:
        return
    for pk, *values in list(model._base_manager.annotate(**as_text).filter(wanted).values_list("pk", *names)):
        yield pk, dict(zip(names, values, strict=True))


def _clean(value: Any, pattern: re.Pattern[str]) -> Any:
    match value:
        case str():
            return "" if pattern.fullmatch(value.strip()) else pattern.sub("…", value)
        case list():
            return [_clean(item, pattern) for item in value]
        case dict():
            return {_clean(key, pattern): _clean(item, pattern) for key, item in value.items()}
    return value


def summary(told: dict[str, Any]) -> dict[str, int]:
    """How many rows of each kind a report of `holdings` has."""
    counts: dict[str, int] = defaultdict(int)
    for heading, rows in told.items():
        if isinstance(rows, list):
            counts[heading] += len(rows)
    return dict(counts)
