"""Applications that lack nothing, so that a test takes away the one thing that it is about."""

import hashlib
from typing import Any

from django.core.files.base import ContentFile
from django.utils import timezone

from cities.models import Answer, Application, ApplicationDocument, Call, Endorsement, Photo, PrivateFile, Question
from rvcu.models import User

from .calls import DAY, make_application, make_call, make_endorsement

PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
PERSON = {
    "title": "",
    "name": "Mayor of the Tests",
    "function": "mayor",
    "institution": "City of the tests",
    "institution_type": "municipality",
    "address": "",
    "phone": "",
    "email": "mayor@example.org",
}
INITIATIVE = {
    "title": "A residence for writers",
    "description": "Six months each year.",
    "objectives": "",
    "sdgs": [11],
    "partners": "",
    "partner_cities": [],
    "groups": "",
    "schedule": "",
    "results": "",
    "cost": "50000",
}
ANSWERS: dict[str, Any] = {
    "city": {
        "name_en": "Besançon",
        "name_fr": "Besançon",
        "local_name": "",
        "latitude": "47.24",
        "longitude": "6.02",
        "population": "",
        "population_year": "",
        "website": "",
    },
    "field": "literature",
    "contacts": dict.fromkeys(("mayor", "representative", "main", "alternate"), PERSON),
    "presentation": "A city on a river.",
    "assets": "A book fair each September.",
    "sdgs": [4, 11],
    "facts": [{"name": "Bookshops", "value": "20", "unit": "", "year": "2025", "source": "the city"}],
    "events": [{"name": "Book fair", "frequency": "yearly", "figures": "", "note": ""}],
    "local": [INITIATIVE],
    "international": [INITIATIVE | {"title": "Writers exchanged", "partner_cities": ["ostersund"]}],
    "budget": {
        "currency": "EUR",
        "total": "100000",
        "sources": {"own": "60000", "public": "40000", "private": "", "international": ""},
        "note": "",
    },
    "links": [{"label": "The city", "url": "https://example.org/"}],
    "reports": True,
}


def complete_application(call: Call | None = None, owner: User | None = None, **fields: Any) -> Application:
    """An application to an open call that could be submitted at once; endorsed in its field."""
    place = fields.pop("place", 1)
    application = make_application(call or make_call(), owner=owner, **fields)
    uploader = owner or User.objects.create_user("uploader@example.org")
    name = application.name_en
    questions = {question.key: question for question in Question.objects.filter(section__call=application.call)}
    for key, value in ANSWERS.items():
        if key in questions:
            if key == "city":
                value = value | {"name_en": name, "name_fr": name}
            if key == "field":
                value = application.field.slug if application.field else None
            Answer.objects.create(application=application, question=questions[key], value=value, version=1)
    Kind = ApplicationDocument.Kind  # noqa: N806  a class
    for kind in (Kind.SIGNED_FORM, Kind.MAYORS_LETTER, *[Kind.SUPPORT_LETTER] * application.call.support_letters):
        add_file(application, uploader, kind)
    for number in range(application.call.photos):
        add_photo(application, uploader, number + 1)
    make_endorsement(application, Endorsement.Status.ENDORSED, place=place)
    application.shared_at = timezone.now() - DAY
    application.save(update_fields=["shared_at"])
    return application


def add_file(application: Application, by: User, kind: str, **fields: Any) -> ApplicationDocument:
    file = PrivateFile(
        kind=PrivateFile.Kind.APPLICATION,
        name=f"{kind}.pdf",
        content_type="application/pdf",
        size=len(PDF),
        sha256=hashlib.sha256(PDF).hexdigest(),
        uploaded_by=by,
    )
    file.file.save("document", ContentFile(PDF), save=False)
    file.save(force_insert=True)
    signed = {"signatory_name": "Mayor of the Tests"} if kind in ApplicationDocument.SIGNED else {}
    return ApplicationDocument.objects.create(
        application=application, kind=kind, file=file, added_by=by, **signed | fields
    )


def add_photo(application: Application, by: User, number: int = 1, **fields: Any) -> Photo:
    known: dict[str, Any] = {"rights_holder": "City of the tests", "granted_on": timezone.localdate() - DAY}
    photo = Photo(
        application=application, width=800, height=600, sha256=f"{number:064d}", uploaded_by=by, **known | fields
    )
    for size in ("large", "small"):
        getattr(photo, size).save(f"{size}.jpg", ContentFile(b"\xff\xd8\xff"), save=False)
    photo.save(force_insert=True)
    application.photo_uses.create(photo=photo, position=number, alt_en="People", alt_fr="Des gens", credit="A. Body")
    return photo
