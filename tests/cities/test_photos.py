"""Photos: what is taken in and how it is cleaned, who sees it, what is said of it, and the right to show it."""

import datetime
import io
from pathlib import Path

import pytest
from django.core.cache import cache
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image, ImageCms

from cities.days import today
from cities.exceptions import NetworkError, TransitionNotAllowed, UploadRefused
from cities.models import (
    City,
    Coordinator,
    HistoryEntry,
    Initiative,
    InitiativeRevision,
    Photo,
    ProfilePhoto,
    ProfileRevision,
)
from cities.models.profile import PHOTOS
from cities.services.photo import (
    PhotoConflict,
    add_photo_use,
    copy_photo_uses,
    fingerprint,
    photos_to_show,
    remove_photo_use,
    said_of,
    save_photo_uses,
    store_photo,
    withdraw_grant,
)
from cities.uploads import LARGEST, BoundedUploadHandler
from tests.factories import hostile

PAGE = "/en/my/cities/lyon/profile/photos/"
DAY = datetime.timedelta(days=1)


@pytest.fixture(autouse=True)
def files(db, monkeypatch, tmp_path: Path) -> Path:
    """A folder of its own for what is uploaded."""
    storage = FileSystemStorage(tmp_path / "files")
    for name in ("large", "small"):
        monkeypatch.setattr(Photo._meta.get_field(name), "storage", storage)
    cache.clear()
    return tmp_path / "files"


def sent(data: bytes, name: str = "photo.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, "image/jpeg")


def stored_files(files: Path) -> list[Path]:
    return [path for path in files.rglob("*") if path.is_file()]


@pytest.fixture
def stored(lyon, coordinator) -> Photo:
    return store_photo(owner=lyon, upload=sent(hostile.jpeg()), by=coordinator)


def granted(photo: Photo, until: datetime.date | None = None) -> Photo:
    photo.granted_on, photo.granted_until, photo.rights_holder = today() - 400 * DAY, until, "City of Lyon"
    photo.save()
    return photo


def profile(city: City, status: str, number: int = 1, **fields) -> ProfileRevision:
    return ProfileRevision.objects.create(
        city=city, number=number, status=status, **{"presentation_en": "Lyon works with light.", **fields}
    )


def use(revision, photo: Photo, **fields):
    said = {"alt_en": "A wall of light", "alt_fr": "Un mur de lumière", "credit": "M. Lux"}
    return revision.photo_uses.create(photo=photo, **{"position": 1, **said, **fields})


@pytest.fixture
def published(lyon, stored) -> ProfileRevision:
    revision = profile(lyon, "published")
    use(revision, granted(stored))
    return revision


# What is taken in


@pytest.mark.parametrize("name", hostile.REFUSED)
def test_what_is_no_picture_is_refused_with_a_sentence_and_leaves_no_file(name, lyon, coordinator, files):
    build, sentence = hostile.REFUSED[name]
    with pytest.raises(UploadRefused, match=sentence):
        store_photo(owner=lyon, upload=sent(build()), by=coordinator)
    assert not Photo.objects.exists()
    assert stored_files(files) == []


@pytest.mark.parametrize("name", hostile.CLEANED)
def test_what_is_a_picture_comes_out_as_a_plain_jpeg(name, lyon, coordinator, files):
    data = hostile.CLEANED[name]()
    photo = store_photo(owner=lyon, upload=sent(data), by=coordinator)
    assert len(stored_files(files)) == 2
    for file in (photo.large, photo.small):
        written = file.read()
        assert written[:3] == b"\xff\xd8\xff"
        assert written[-2:] == b"\xff\xd9"
        assert hostile.PLACE.encode() not in written
        assert b"script" not in written
        assert b"Exif" not in written
        assert b"PK\x03\x04" not in written
        image = Image.open(io.BytesIO(written))
        image.load()
        assert (image.format, image.mode) == ("JPEG", "RGB")
        assert not image.getexif()
        assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density", "progressive", "progression"}
    assert max(photo.width, photo.height) == 900


def test_a_large_picture_is_kept_in_two_sizes(lyon, coordinator):
    photo = store_photo(owner=lyon, upload=sent(hostile.jpeg((6000, 4000))), by=coordinator)
    assert (photo.width, photo.height) == (2400, 1600)
    assert Image.open(photo.large).size == (2400, 1600)
    assert Image.open(photo.small).size == (640, 427)
    assert photo.small_width == 640
    tall = store_photo(owner=lyon, upload=sent(hostile.jpeg((1000, 2000))), by=coordinator)
    assert Image.open(tall.small).width == tall.small_width == 320


def test_a_picture_taken_sideways_is_set_upright(lyon, coordinator):
    photo = store_photo(owner=lyon, upload=sent(hostile.with_exif(orientation=6)), by=coordinator)
    assert (photo.width, photo.height) == (hostile.SIZE[1], hostile.SIZE[0])


def test_what_was_transparent_is_white(lyon, coordinator):
    photo = store_photo(owner=lyon, upload=sent(hostile.transparent()), by=coordinator)
    image = Image.open(photo.large)
    assert min(image.getpixel((880, 350))) > 250
    assert image.getpixel((20, 350))[2] > 200


def test_sixteen_bits_of_grey_keep_their_greys(lyon, coordinator):
    photo = store_photo(owner=lyon, upload=sent(hostile.sixteen_bits()), by=coordinator)
    assert abs(Image.open(photo.large).getpixel((20, 350))[0] - 40_000 // 256) < 4


def test_colours_of_a_profile_are_turned_into_those_of_every_screen(lyon, coordinator):
    # A made-up device whose red is every screen's green: what is red in its file must come out green.
    profile_of_all = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = profile_of_all.replace(b"rXYZ", b"----").replace(b"gXYZ", b"rXYZ").replace(b"----", b"gXYZ")
    data = hostile.encoded(hostile.scene(colour=(200, 40, 40)), "JPEG", icc_profile=swapped)
    photo = store_photo(owner=lyon, upload=sent(data), by=coordinator)
    red, green, _blue = Image.open(photo.large).getpixel((50, 50))
    assert green > 180
    assert red < 60


@pytest.mark.parametrize("name", hostile.NAMES)
def test_no_name_of_a_file_leads_anywhere(name, lyon, coordinator, signed_in, files):
    # By hand, since the test client would tidy the name.
    boundary = "xyzzy"
    quoted = name.replace('"', "%22").replace("\r\n", "%0D%0A")
    body = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="add"\r\n\r\n1\r\n'
        f'--{boundary}\r\nContent-Disposition: form-data; name="picture"; filename="{quoted}"\r\n'
        "Content-Type: text/html\r\n\r\n"
    ).encode() + hostile.jpeg()
    body += f"\r\n--{boundary}--\r\n".encode()
    response = signed_in(coordinator).generic("POST", PAGE, body, f"multipart/form-data; boundary={boundary}")
    assert response.status_code in (302, 422)
    for path in stored_files(files):
        assert path.is_relative_to(files / "photos")
        assert path.name.endswith(("-large.jpg", "-small.jpg"))
        assert "passwd" not in str(path)
    assert Photo.objects.count() == (response.status_code == 302)


def test_the_same_picture_twice_is_one_photo(lyon, coordinator, files):
    first = store_photo(owner=lyon, upload=sent(hostile.jpeg()), by=coordinator)
    assert store_photo(owner=lyon, upload=sent(hostile.jpeg(), "other.png"), by=coordinator) == first
    assert len(stored_files(files)) == 2
    other = City.objects.get(slug="ostersund")
    assert store_photo(owner=other, upload=sent(hostile.jpeg()), by=coordinator) != first


def test_files_of_a_failed_act_are_removed(lyon, coordinator, files, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError

    monkeypatch.setattr(Photo, "save", fail)
    with pytest.raises(RuntimeError):
        store_photo(owner=lyon, upload=sent(hostile.jpeg()), by=coordinator)
    assert stored_files(files) == []


def test_a_file_beyond_all_limits_reaches_neither_memory_nor_disk(lyon, coordinator, signed_in, files):
    response = signed_in(coordinator).post(PAGE, {"add": "1", "picture": sent(hostile.jpeg() + bytes(LARGEST))})
    assert response.status_code == 422
    upload = response.context["upload"]
    assert upload.errors["picture"] == ["The file is larger than 10 MB. Send a smaller one."]
    assert upload.files["picture"].size > LARGEST


def test_of_a_file_that_is_too_large_only_the_size_is_kept():
    handler = BoundedUploadHandler()
    handler.new_file("picture", "x.jpg", "image/jpeg", None, None, {})
    assert handler.receive_data_chunk(b"x" * LARGEST, 0)
    assert handler.receive_data_chunk(b"x", LARGEST) is None
    assert handler.receive_data_chunk(b"x", LARGEST + 1) is None
    received = handler.file_complete(LARGEST + 2)
    assert (received.size, received.read()) == (LARGEST + 2, b"")


# Who sees a photo


def small(photo: Photo) -> str:
    return f"/photos/{photo.pk}/small.jpg"


def test_a_published_photo_is_for_everybody(client, stored, published):
    response = client.get(small(stored))
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "image/jpeg"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cache-Control"] == "public, max-age=300"
    assert b"".join(response.streaming_content) == stored.small.read()
    again = client.get(small(stored), headers={"If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304
    assert client.get(stored.get_absolute_url()).status_code == 200
    assert client.get(f"/photos/{stored.pk}/huge.jpg").status_code == 404
    assert client.get("/photos/00000000-0000-0000-0000-000000000000/small.jpg").status_code == 404


def test_before_publication_a_photo_is_for_the_city_and_the_secretariat(
    client, signed_in, stored, coordinator, editor, other_coordinator, former_coordinator, evaluator, auditor
):
    use(profile(stored.city, "submitted"), granted(stored))
    assert client.get(small(stored)).status_code == 404
    for person in (other_coordinator, former_coordinator, evaluator):
        assert signed_in(person).get(small(stored)).status_code == 404
    for person in (coordinator, editor, auditor):
        response = signed_in(person).get(small(stored))
        assert response.status_code == 200
        assert "no-store" in response.headers["Cache-Control"]
        assert "private" in response.headers["Cache-Control"]
        assert "ETag" not in response.headers


def test_an_ended_mandate_loses_sight_in_an_open_session(signed_in, stored, coordinator):
    browser = signed_in(coordinator)
    assert browser.get(small(stored)).status_code == 200
    Coordinator.objects.filter(user=coordinator).update(ends_at=timezone.now())
    assert browser.get(small(stored)).status_code == 404
    assert browser.get(PAGE).status_code == 404
    assert browser.post(PAGE, {"add": "1"}).status_code == 404


def test_a_grant_that_ends_hides_the_photo_the_day_after(client, stored, published):
    assert photos_to_show(published)
    granted(stored, until=today())
    assert client.get(small(stored)).status_code == 200
    granted(stored, until=today() - DAY)
    assert client.get(small(stored)).status_code == 404
    assert photos_to_show(published) == []


def test_only_the_text_that_the_public_reads_now_shows_its_photos(client, lyon, stored, published):
    later = profile(lyon, "draft", number=2)
    assert client.get(small(stored)).status_code == 200
    later.status = "published"
    later.save()
    assert client.get(small(stored)).status_code == 404


def test_photos_of_a_public_initiative_are_for_everybody(client, lyon, stored):
    initiative = Initiative.objects.create(slug="light", lead=lyon)
    first = InitiativeRevision.objects.create(initiative=initiative, number=1, status="published")
    use(first, granted(stored))
    assert client.get(small(stored)).status_code == 404
    Initiative.objects.filter(pk=initiative.pk).update(published=first)
    assert client.get(small(stored)).status_code == 200


def test_a_photo_withdrawn_by_staff_is_hidden_for_good(client, signed_in, officer, auditor, stored, published):
    page = reverse("admin:cities_photo_withdraw", args=[stored.pk])
    assert signed_in(auditor).get(page).status_code == 403
    assert signed_in(auditor).post(page).status_code == 403
    browser = signed_in(officer)
    assert browser.get(page).status_code == 200
    assert browser.post(page).status_code == 302
    assert client.get(small(stored)).status_code == 404
    assert HistoryEntry.objects.about(stored).get().verb == "photo.grant_withdrawn"
    assert browser.post(page).status_code == 302
    assert HistoryEntry.objects.about(stored).count() == 1
    with pytest.raises(TransitionNotAllowed):
        withdraw_grant(photo=stored, by=officer)


def test_the_admin_lists_photos_and_their_rights(signed_in, officer, stored, published, django_assert_num_queries):
    browser = signed_in(officer)
    text = browser.get(reverse("admin:cities_photo_changelist")).content.decode()
    assert "City of Lyon" in text
    assert small(stored) in text
    for state in ("usable", "over", "soon", "none", "withdrawn"):
        assert browser.get(reverse("admin:cities_photo_changelist"), {"grant": state}).status_code == 200
    text = browser.get(reverse("admin:cities_photo_change", args=[stored.pk])).content.decode()
    assert reverse("admin:cities_photo_withdraw", args=[stored.pk]) in text


@pytest.mark.parametrize("count", [1, 30])
def test_the_list_of_photos_costs_the_same(signed_in, officer, stored, django_assert_num_queries, count):
    for _number in range(count - 1):
        Photo.objects.create(city=stored.city, width=1, height=1, rights_holder="City of Östersund")
    browser = signed_in(officer)
    with django_assert_num_queries(9):
        page = browser.get(reverse("admin:cities_photo_changelist"))
    assert page.context["cl"].result_count == count
    found = browser.get(reverse("admin:cities_photo_changelist"), {"q": "LYÔN"})
    assert found.context["cl"].result_count == count


# What is said of the photos of a draft


def fields(photo: Photo, **given) -> dict[str, str]:
    """What the page of photos sends about one photo."""
    found = ProfilePhoto.objects.filter(photo=photo).order_by("-pk").first()
    values = {"seen": fingerprint(found), "position": found.position, **said_of(found), **given}
    return {f"{photo.pk.hex}-{name}": str(value) for name, value in values.items() if value not in (None, False, "")}


def said(photo: Photo, revision: ProfileRevision):
    return revision.photo_uses.get(photo=photo)


@pytest.fixture
def draft(lyon, stored) -> ProfileRevision:
    revision = profile(lyon, "draft")
    use(revision, stored, alt_en="", alt_fr="", credit="")
    return revision


def test_a_picture_is_added_once_however_often_one_clicks(signed_in, coordinator, lyon):
    browser = signed_in(coordinator)
    for _click in range(2):
        response = browser.post(PAGE, {"add": "1", "picture": sent(hostile.jpeg())})
        assert response.status_code == 302
    revision = ProfileRevision.objects.get(city=lyon)
    assert revision.status == "draft"
    assert revision.photo_uses.count() == 1
    assert f"photo-{Photo.objects.get().pk.hex}" in response.headers["Location"]
    assert browser.get(PAGE).status_code == 200


def test_what_is_said_is_saved_and_numbered(signed_in, coordinator, draft, stored, lyon):
    other = store_photo(owner=lyon, upload=sent(hostile.jpeg((1000, 700))), by=coordinator)
    add_photo_use(revision=draft, photo=other, by=coordinator)
    words = {"alt_en": "A wall", "alt_fr": "Un mur", "credit": "M. Lux", "rights_holder": "Lyon", "granted": "on"}
    response = signed_in(coordinator).post(
        PAGE, {"save": "1"} | fields(stored, position=9, **words) | fields(other, position=1)
    )
    assert response.status_code == 302
    assert [one.photo for one in draft.photo_uses.order_by("position")] == [other, stored]
    one = said(stored, draft)
    assert (one.position, one.alt_en, one.alt_fr, one.credit) == (2, "A wall", "Un mur", "M. Lux")
    assert one.photo.granted_on == today()
    assert one.photo.is_usable
    entry = HistoryEntry.objects.about(stored).get()
    assert (entry.verb, entry.changes) == ("photo.grant_noted", {"granted_on": [None, today().isoformat()]})


@pytest.mark.parametrize(
    ("given", "field", "sentence"),
    [
        ({"granted": "on"}, "rights_holder", "Name who holds the rights."),
        (
            {"granted": "on", "rights_holder": "x", "granted_on": "2999-01-01"},
            "granted_on",
            "This day is still to come.",
        ),
        (
            {"granted": "on", "rights_holder": "x", "granted_on": "2026-02-01", "granted_until": "2026-01-01"},
            "granted_until",
            "The grant ends before it begins.",
        ),
        (
            {"granted": "on", "rights_holder": "x", "granted_on": "2020-02-01", "granted_until": "2020-03-01"},
            "granted_until",
            "This day has passed.",
        ),
        ({"granted_on": "soon"}, "granted_on", "Enter a valid date."),
        ({"alt_en": "x" * 251}, "alt_en", "Ensure this value has at most 250 characters (it has 251)."),
        ({"position": "0"}, "position", "Ensure this value is greater than or equal to 1."),
    ],
)
def test_bad_input_is_said_at_the_field_and_kept(signed_in, coordinator, draft, stored, given, field, sentence):
    response = signed_in(coordinator).post(PAGE, {"save": "1"} | fields(stored, credit="kept as typed", **given))
    assert response.status_code == 422
    assert response.context["forms"][0].errors[field] == [sentence]
    text = response.content.decode()
    assert "kept as typed" in text
    assert 'role="alert"' in text
    assert said(stored, draft).credit == ""


def test_two_who_save_at_once_lose_nothing(signed_in, coordinator, editor, draft, stored):
    mine = {"save": "1"} | fields(stored, alt_en="Mine", credit="M. Lux")
    theirs = {"save": "1"} | fields(stored, alt_en="Theirs", credit="M. Lux")
    assert signed_in(editor).post(PAGE, theirs).status_code == 302
    browser = signed_in(coordinator)
    response = browser.post(PAGE, mine)
    assert response.status_code == 422
    assert "“Theirs”" in response.context["forms"][0].errors["alt_en"][0]
    assert "credit" not in response.context["forms"][0].errors
    assert said(stored, draft).alt_en == "Theirs"
    text = response.content.decode()
    assert "Mine" in text
    # Seen, and meant.
    again = mine | {f"{stored.pk.hex}-seen": response.context["forms"][0]["seen"].value()}
    assert browser.post(PAGE, again).status_code == 302
    assert said(stored, draft).alt_en == "Mine"
    # The same words twice are no conflict.
    assert browser.post(PAGE, mine).status_code == 302


def test_a_conflict_writes_nothing(draft, stored, coordinator):
    words = said_of(said(stored, draft)) | {"position": 1, "seen": "another", "alt_en": "Mine"}
    with pytest.raises(PhotoConflict):
        save_photo_uses(revision=draft, words={stored.pk: words}, by=coordinator)
    assert said(stored, draft).alt_en == ""


def test_a_photo_taken_out_can_be_chosen_again_with_its_words(signed_in, coordinator, draft, stored):
    browser = signed_in(coordinator)
    assert browser.post(PAGE, {"remove": stored.pk.hex} | fields(stored, alt_en="A wall")).status_code == 302
    assert not draft.photo_uses.exists()
    assert Photo.objects.exists()
    assert list(browser.get(PAGE).context["earlier"]) == [stored]
    assert browser.post(PAGE, {"use": stored.pk.hex}).status_code == 302
    assert draft.photo_uses.get().photo == stored
    assert browser.post(PAGE, {"use": "no number"}).status_code == 404
    assert browser.post(PAGE, {"remove": "no number"}).status_code == 404


def test_a_photo_of_another_city_cannot_be_chosen(signed_in, coordinator, draft, other_coordinator):
    other = City.objects.get(slug="ostersund")
    foreign = store_photo(owner=other, upload=sent(hostile.jpeg()), by=other_coordinator)
    assert signed_in(coordinator).post(PAGE, {"use": foreign.pk.hex}).status_code == 404


def test_there_is_room_for_so_many_photos(signed_in, coordinator, lyon, draft, stored):
    for number in range(PHOTOS - 1):
        copy = Photo.objects.create(city=lyon, width=900, height=700, sha256=str(number))
        add_photo_use(revision=draft, photo=copy, by=coordinator)
    browser = signed_in(coordinator)
    response = browser.post(PAGE, {"add": "1", "picture": sent(hostile.jpeg((1000, 700)))})
    assert response.status_code == 422
    assert "no room for more" in response.content.decode()
    assert draft.photo_uses.count() == PHOTOS
    assert b'name="add"' not in browser.get(PAGE).content


@pytest.mark.parametrize("status", ["submitted"])
def test_photos_that_are_with_staff_are_left_alone(signed_in, coordinator, draft, stored, status):
    ProfileRevision.objects.update(status=status)
    browser = signed_in(coordinator)
    page = browser.get(PAGE).content.decode()
    assert "with staff now" in page
    assert 'name="save"' not in page
    response = browser.post(PAGE, {"save": "1"} | fields(stored, alt_en="Late"))
    assert response.status_code == 422
    assert "take it back to change it" in response.content.decode()
    for act in (add_photo_use, remove_photo_use):
        with pytest.raises(TransitionNotAllowed):
            act(revision=draft, photo=stored, by=coordinator)
    assert said(stored, draft).alt_en == ""


def test_a_new_text_begins_with_the_public_photos(signed_in, coordinator, lyon, stored, published):
    browser = signed_in(coordinator)
    assert browser.get(PAGE).status_code == 200
    assert ProfileRevision.objects.count() == 1
    assert browser.post(PAGE, {"save": "1"} | fields(stored, granted="on", alt_en="Another wall")).status_code == 302
    draft = ProfileRevision.objects.open().get(city=lyon)
    assert said(stored, draft).alt_en == "Another wall"
    assert said(stored, published).alt_en == "A wall of light"


def test_a_withdrawn_photo_stays_behind_and_cannot_come_back(lyon, stored, published, coordinator, officer):
    withdraw_grant(photo=stored, by=officer)
    draft = profile(lyon, "draft", number=2)
    copy_photo_uses(published, draft)
    assert not draft.photo_uses.exists()
    stored.refresh_from_db()
    with pytest.raises(NetworkError, match="withdrawn"):
        add_photo_use(revision=draft, photo=stored, by=coordinator)


def test_the_photos_of_an_initiative_have_the_same_page(signed_in, coordinator, other_coordinator, lyon):
    initiative = Initiative.objects.create(slug="light", lead=lyon)
    revision = InitiativeRevision.objects.create(initiative=initiative, number=1, title_en="Light")
    page = f"/en/my/initiatives/{initiative.pk}/photos/"
    browser = signed_in(coordinator)
    assert browser.post(page, {"add": "1", "picture": sent(hostile.jpeg())}).status_code == 302
    assert revision.photo_uses.count() == 1
    assert "Light" in browser.get(page).content.decode()
    assert signed_in(other_coordinator).get(page).status_code == 404
    assert signed_in(other_coordinator).get(PAGE).status_code == 404


def test_visitors_are_asked_to_sign_in(client, stored):
    for method in (client.get, client.post):
        response = method(PAGE)
        assert response.status_code == 302
        assert "login" in response.headers["Location"]


def test_many_pictures_an_hour_are_too_many(signed_in, coordinator, lyon, monkeypatch):
    monkeypatch.setattr("cities.views.photo.UPLOADS_AN_HOUR", 1)
    browser = signed_in(coordinator)
    assert browser.post(PAGE, {"add": "1", "picture": sent(hostile.jpeg())}).status_code == 302
    response = browser.post(PAGE, {"add": "1", "picture": sent(hostile.jpeg((1000, 700)))})
    assert response.status_code == 422
    assert "within an hour" in response.content.decode()


def test_the_page_says_in_both_languages_what_is_missing(signed_in, coordinator, draft):
    browser = signed_in(coordinator)
    assert "say what it shows, in French" in browser.get(PAGE).content.decode()
    assert "in French" not in browser.get(PAGE.replace("/en/", "/fr/")).content.decode()


@pytest.mark.parametrize("count", [1, 8])
def test_the_page_costs_as_many_queries_for_one_photo_as_for_eight(
    signed_in, coordinator, lyon, count, django_assert_num_queries
):
    revision = profile(lyon, "draft")
    for number in range(count):
        use(revision, Photo.objects.create(city=lyon, width=900, height=700, sha256=str(number)), position=number)
    browser: Client = signed_in(coordinator)
    browser.get(PAGE)
    with django_assert_num_queries(7):
        browser.get(PAGE)
