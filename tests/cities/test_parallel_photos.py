"""Photos sent and described by several people at once, each with a connection of its own (PostgreSQL)."""

import pytest
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import SimpleUploadedFile

from cities.models import City, Photo, ProfileRevision
from cities.services.photo import (
    PhotoConflict,
    add_photo_use,
    fingerprint,
    said_of,
    save_photo_uses,
    store_photo,
    uses_of,
)
from cities.services.profile import open_draft
from tests.factories import hostile
from tests.parallel import WRITERS, at_once

from .test_parallel import shared_network  # noqa: F401  a fixture


@pytest.fixture
def files(monkeypatch, tmp_path):
    storage = FileSystemStorage(tmp_path)
    for name in ("large", "small"):
        monkeypatch.setattr(Photo._meta.get_field(name), "storage", storage)
    return tmp_path


def test_clicks_at_once_add_one_photo_to_one_draft(shared_network, files):  # noqa: F811
    lyon, data = City.objects.get(slug="lyon"), hostile.jpeg()

    def add(_number: int) -> object:
        photo = store_photo(owner=lyon, upload=SimpleUploadedFile("x.jpg", data), by=shared_network)
        return add_photo_use(revision=open_draft(lyon, shared_network), photo=photo, by=shared_network)

    uses = at_once(add)
    assert len({use.pk for use in uses}) == 1
    assert ProfileRevision.objects.get().photo_uses.count() == Photo.objects.count() == 1
    assert len([path for path in files.rglob("*") if path.is_file()]) == 2


def test_of_different_words_saved_at_once_one_is_kept_and_all_others_are_told(shared_network, files):  # noqa: F811
    lyon = City.objects.get(slug="lyon")
    draft = open_draft(lyon, shared_network)
    photo = store_photo(owner=lyon, upload=SimpleUploadedFile("x.jpg", hostile.jpeg()), by=shared_network)
    use = add_photo_use(revision=draft, photo=photo, by=shared_network)
    seen = {"seen": fingerprint(use), "position": 1, **said_of(use)}

    def save(number: int) -> object:
        words = {photo.pk: seen | {"alt_en": f"Words of {number}"}}
        return save_photo_uses(revision=draft, words=words, by=shared_network) or number

    results = at_once(save)
    told = [result for result in results if isinstance(result, PhotoConflict)]
    (kept,) = [result for result in results if not isinstance(result, PhotoConflict)]
    assert len(told) == WRITERS - 1
    assert uses_of(draft).get().alt_en == f"Words of {kept}"
