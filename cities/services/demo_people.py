"""Persons, texts and links for the demo, made by the same verbs as real ones, so that their history is real.

The cities exist; what is said of them here is invented, says so in every text, and is marked as a demonstration on
every page. Accounts carry role names at example.org. Each step is left out when its result is there.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from PIL import Image, ImageDraw, ImageOps

from ..days import today
from ..models import (
    City,
    Coordinator,
    Country,
    CreativeField,
    Evaluator,
    Initiative,
    Invitation,
    ProfileRevision,
    Theme,
)
from ..people import Person
from .focal_point_change import approve_change, request_change
from .initiative import start_initiative
from .invitation import accept, accept_with_new_account, invite, new_token
from .mandate import begin_mandate
from .moderation import publish, request_changes, save_draft, submit
from .partnership import ask, confirm, decline
from .photo import add_photo_use, note_grant, store_photo
from .profile import confirm_profile, open_draft

SHIPPED = Path(__file__).parents[1] / "data" / "demonstration.json"

Kind = Invitation.Kind
Role = Coordinator.Role
Status = ProfileRevision.Status


@dataclass(frozen=True)
class Account:
    """A person of the demo: the login, what one is, and what is worth trying with it."""

    email: str
    name: str
    language: str
    does: str


COORDINATOR = Account(
    "coordinator.lyon@example.org",
    "Coordinator of Lyon",
    "en",
    "focal point of Lyon and Enghien-les-Bains: texts, photos, the team, and a question from Östersund to answer",
)
ALTERNATE = Account(
    "alternate.lyon@example.org", "Alternate of Lyon", "fr", "alternate: writes and answers for Lyon, in French"
)
EDITOR = Account("editor.lyon@example.org", "Editor of Lyon", "en", "editor: writes for Lyon, speaks for nobody")
FORMER = Account(
    "former.lyon@example.org",
    "Former coordinator of Lyon",
    "en",
    "handed Lyon over: sees own acts, writes nothing",
)
OTHER = Account(
    "coordinator.ostersund@example.org",
    "Coordinator of Östersund",
    "en",
    "focal point of Östersund: its profile is with staff; Lyon asks it to be a partner",
)
SEVERAL = Account(
    "coordinator.several@example.org",
    "Coordinator of several cities",
    "fr",
    "focal point of all other cities of the demonstration; Sapporo’s profile was sent back",
)
COMMISSION = Account(
    "commission.fr@example.org",
    "Officer of the National Commission of France",
    "fr",
    "French National Commission: Besançon asks for its endorsement",
)
EVALUATOR = Account(
    "evaluator@example.org",
    "Evaluator of literature",
    "en",
    "expert in literature and music: Jaffna half scored, Tours to be declared on",
)
ACCOUNTS = (COORDINATOR, ALTERNATE, EDITOR, FORMER, OTHER, SEVERAL, COMMISSION, EVALUATOR)

INVITED = "invited.lyon@example.org"
"""Invited as an editor, who has not answered: the link stands in the mail of the outbox."""

Passwords = Callable[[str], str]
"""Gives the password of an account by its address."""


def make_demonstration(*, officer: Person, password_of: Passwords) -> None:
    """Make what is missing: accounts, then profiles, then initiatives. Needs the real network."""
    texts = json.loads(SHIPPED.read_text())
    person_of = make_accounts(texts, officer, password_of)
    for number, profile in enumerate(texts["profiles"]):
        make_profile(profile, texts, person_of[profile["city"]], officer, number)
    for number, initiative in enumerate(texts["initiatives"]):
        make_initiative(initiative, texts, person_of, officer, number)


# Accounts


def make_accounts(texts: dict[str, Any], officer: Person, password_of: Passwords) -> dict[str, Person]:
    """All accounts with their mandates; gives who speaks for each city of the demonstration, by its slug."""
    lyon, enghien, ostersund = (City.objects.get(slug=slug) for slug in ("lyon", "enghien-les-bains", "ostersund"))
    coordinator = hand_over(lyon, officer, password_of)
    if not holds(coordinator, enghien):
        office = {"kind": Kind.COORDINATOR, "city": enghien, "role": Role.FOCAL_POINT}
        accept(token=new_token(invited(COORDINATOR, officer, **office)), by=coordinator)
    for account, role in ((ALTERNATE, Role.ALTERNATE), (EDITOR, Role.EDITOR)):
        welcome(account, coordinator, password_of, kind=Kind.COORDINATOR, city=lyon, role=role)
    focal_point: dict[str, Any] = {"kind": Kind.COORDINATOR, "role": Role.FOCAL_POINT}
    other = welcome(OTHER, officer, password_of, city=ostersund, **focal_point)
    person_of = {"lyon": coordinator, "enghien-les-bains": coordinator, "ostersund": other}
    slugs = {profile["city"] for profile in texts["profiles"]}
    for initiative in texts["initiatives"]:
        slugs |= {initiative["lead"], *initiative["partners"]}
    first, *more = City.objects.filter(slug__in=slugs - person_of.keys()).order_by("slug")
    several = welcome(SEVERAL, officer, password_of, city=first, **focal_point)
    for city in more:
        if not holds(several, city):
            begin_mandate(user=several, by=officer, city=city, **focal_point)
    person_of |= {city.slug: several for city in (first, *more)}
    welcome(COMMISSION, officer, password_of, kind=Kind.COMMISSION, country=Country.objects.get(pk="FR"))
    literature = CreativeField.objects.get(slug="literature")
    welcome(EVALUATOR, officer, password_of, kind=Kind.EVALUATOR, panel=Evaluator.Panel.EXPERTS.value, field=literature)
    if not Invitation.objects.filter(email=INVITED).exists():
        invite(kind=Kind.COORDINATOR, email=INVITED, language="en", by=coordinator, city=lyon, role=Role.EDITOR)
    return person_of


def known(account: Account) -> Person | None:
    return get_user_model()._default_manager.filter(email=account.email).first()


def holds(person: Person, city: City) -> bool:
    return Coordinator.objects.of(person).in_force().filter(city=city).exists()


def invited(account: Account, by: Person, **office: Any) -> Invitation:
    """The open invitation to an office; a new one if there is none, say because an earlier run broke off."""
    scope = {name: value for name, value in office.items() if name != "panel"}
    found = Invitation.objects.open().filter(email=account.email, **scope).first()
    return found or invite(email=account.email, name=account.name, language=account.language, by=by, **office)


def welcome(account: Account, by: Person, password_of: Passwords, **office: Any) -> Person:
    """The account, invited and accepted if it is not there."""
    return known(account) or entered(account, invited(account, by, **office), password_of)


def entered(account: Account, invitation: Invitation, password_of: Passwords) -> Person:
    return accept_with_new_account(
        token=new_token(invitation),
        name=account.name,
        password=password_of(account.email),
        language=account.language,
    )


@transaction.atomic
def hand_over(city: City, officer: Person, password_of: Passwords) -> Person:
    """The coordinator, who followed the former one by a letter of the mayor."""
    if coordinator := known(COORDINATOR):
        return coordinator
    former = welcome(FORMER, officer, password_of, kind=Kind.COORDINATOR, city=city, role=Role.FOCAL_POINT)
    change = request_change(
        city=city,
        email=COORDINATOR.email,
        name=COORDINATOR.name,
        language=COORDINATOR.language,
        letter=SimpleUploadedFile("demonstration.pdf", letter(), "application/pdf"),
        by=former,
    )
    approve_change(change=change, by=officer)
    invitation = Invitation.objects.open().get(email=COORDINATOR.email, city=city)
    return entered(COORDINATOR, invitation, password_of)


def letter() -> bytes:
    """A sheet of paper that says what it is."""
    sheet = Image.new("L", (826, 1169), 255)
    ImageDraw.Draw(sheet).text((90, 110), "Demonstration: in place of a letter of the mayor", fill=0, font_size=26)
    file = BytesIO()
    sheet.save(file, "PDF", resolution=100)
    return file.getvalue()


# Pictures

COLOURS = (("#16324f", "#d9e4ea"), ("#5b2a3c", "#f1ddd3"), ("#2f4a34", "#e6ead2"), ("#57431f", "#f3e7c9"))


def picture(number: int) -> BytesIO:
    """A pattern of bands on a gradient, each number another one, with the word that it is a demonstration."""
    size = (1600, 1067)
    dark, light = COLOURS[number % len(COLOURS)]
    slope = Image.linear_gradient("L").rotate(90 * (number % 2)).resize(size)
    drawn = ImageOps.colorize(slope, dark, light)
    bands = ImageDraw.Draw(drawn, "RGBA")
    step = 110 + 14 * (number % 5)
    for nth, x in enumerate(range(-1067, 1600, step)):
        points = [(x, 1067), (x + 1067, 0), (x + 1067 + step // 3, 0), (x + step // 3, 1067)]
        bands.polygon(points, fill=(255, 255, 255, 24 + 12 * (nth % 3)))
    bands.rectangle((0, 967, 1600, 1067), fill=(0, 0, 0, 140))
    bands.text((48, 990), f"RVCU · demonstration · {number + 1}", fill="white", font_size=44)
    file = BytesIO()
    drawn.save(file, "JPEG", quality=85)
    return file


def illustrate(revision: Any, city: City, texts: dict[str, Any], numbers: range, by: Person) -> None:
    """Put generated pictures into a draft, with words, credit and the right to show them."""
    for number in numbers:
        photo = store_photo(owner=city, upload=picture(number), by=by)
        use = add_photo_use(revision=revision, photo=photo, by=by)
        for name, words in texts["photo"].items():
            setattr(use, name, words)
        use.save(update_fields=[*texts["photo"]])
        note_grant(photo=photo, rights_holder=use.credit, granted_on=today(), granted_until=None, by=by)


# Texts


@transaction.atomic
def make_profile(profile: dict[str, Any], texts: dict[str, Any], by: Person, officer: Person, number: int) -> None:
    city = City.objects.get(slug=profile["city"])
    if ProfileRevision.objects.filter(city=city).exists():
        return
    draft = written(city, {**texts["profile"], "contact_email": f"culture.{city.slug}@example.org"}, by)
    illustrate(draft, city, texts, range(2 * number, 2 * number + profile["photos"]), by)
    decide(draft, profile["state"], texts, by, officer)
    if profile["state"] == Status.PUBLISHED:
        confirm_profile(city, by=by)
    if "then_changed" in profile:
        written(city, texts["later"], by)


def written(city: City, values: dict[str, Any], by: Person) -> ProfileRevision:
    """The city's draft with these texts."""
    draft = open_draft(city, by)
    ProfileRevision.objects.filter(pk=draft.pk).update(is_demonstration=True)
    return save_draft(draft, values=values, seen=draft.version, by=by)


@transaction.atomic
def make_initiative(
    entry: dict[str, Any], texts: dict[str, Any], person_of: dict[str, Person], officer: Person, number: int
) -> None:
    if Initiative.objects.filter(is_demonstration=True, revisions__title_en=entry["title_en"]).exists():
        return
    lead, by = City.objects.get(slug=entry["lead"]), person_of[entry["lead"]]
    titles = {name: entry[name] for name in ("title_en", "title_fr")}
    initiative = start_initiative(lead=lead, by=by, **titles)
    initiative.is_demonstration = True
    initiative.save(update_fields=["is_demonstration"])
    first, last = ((year if year is None else today().year + year) for year in entry["years"])
    values = {
        "text_en": entry["text_en"],
        "text_fr": entry["text_fr"],
        "first_year": first,
        "last_year": last,
        "themes": set(Theme.objects.filter(slug__in=entry["themes"]).values_list("pk", flat=True)),
        "others": entry["others"],
    }
    draft = initiative.last_revision
    draft = save_draft(draft, values=values, seen=draft.version, by=by)
    illustrate(draft, lead, texts, range(20 + number, 20 + number + entry["photos"]), by)
    decide(draft, entry["state"], texts, by, officer)
    for slug, answer in entry["partners"].items():
        partnership = ask(initiative=initiative, city=City.objects.get(slug=slug), by=by)
        if answer == "confirmed":
            confirm(partnership=partnership, by=person_of[slug])
        elif answer == "declined":
            decline(partnership=partnership, word=texts["declined"], by=person_of[slug])


def decide(draft: Any, state: str, texts: dict[str, Any], by: Person, officer: Person) -> None:
    """Bring a draft as far as it is to come."""
    if state == Status.DRAFT:
        return
    submitted = submit(draft, by=by)
    if state == Status.PUBLISHED:
        publish(submitted, by=officer)
    elif state == Status.CHANGES_REQUESTED:
        request_changes(submitted, reason=texts["reason"], by=officer)
