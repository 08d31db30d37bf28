"""The way of a proposed text: every step from every state, who may, what is told to whom."""

import pytest
from django.contrib.contenttypes.models import ContentType

from cities.exceptions import NetworkError, TransitionNotAllowed
from cities.models import City, HistoryEntry, Moderated, OutboxMessage, ProfileRevision
from cities.services import moderation
from cities.services.history import flaws
from cities.services.profile import open_draft, restore, submit_profile

Status = Moderated.Status
QUEUE = "/admin/cities/profilerevision/"
STEPS = {
    "submit": Status.SUBMITTED,
    "take_back": Status.DRAFT,
    "request_changes": Status.CHANGES_REQUESTED,
    "reject": Status.REJECTED,
    "publish": Status.PUBLISHED,
}


def revision(city: City, number: int = 1, **fields) -> ProfileRevision:
    return ProfileRevision.objects.create(
        city=city, number=number, **{"presentation_en": "A city of books.", "status": Status.DRAFT} | fields
    )


def published(city: City, by, text: str = "A city of books.", **fields) -> ProfileRevision:
    """A text that went the whole way."""
    draft = open_draft(city, by)
    draft = moderation.save_draft(draft, values={"presentation_en": text, **fields}, seen=draft.version, by=by)
    return moderation.publish(moderation.submit(draft, by=by), by=by)


def step(name: str, obj: ProfileRevision, by) -> ProfileRevision:
    reason = {"reason": "Say more."} if name in ("request_changes", "reject") else {}
    return getattr(moderation, name)(obj, by=by, **reason)


# States


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize("status", Status.values)
def test_every_step_from_every_state(lyon, coordinator, officer, status, name):
    obj = revision(lyon, status=status, submitted_by=coordinator)
    to = STEPS[name]
    acts = HistoryEntry.objects.count()
    if to in Moderated.TRANSITIONS.get(Status(status), set()):
        assert step(name, obj, officer).status == to
        entry = HistoryEntry.objects.get(number=acts + 1)
        assert (entry.actor, entry.changes["status"]) == (officer, [status, to])
        assert list(flaws()) == []
    else:
        with pytest.raises(TransitionNotAllowed):
            step(name, obj, officer)
        assert HistoryEntry.objects.count() == acts
        obj.refresh_from_db()
        assert obj.status == status


@pytest.mark.parametrize("name", ["request_changes", "reject"])
def test_a_decision_against_a_text_needs_words(lyon, coordinator, officer, name):
    obj = revision(lyon, status=Status.SUBMITTED, submitted_by=coordinator)
    with pytest.raises(NetworkError):
        getattr(moderation, name)(obj, reason="  ", by=officer)
    obj.refresh_from_db()
    assert obj.status == Status.SUBMITTED


def test_the_history_holds_no_word_of_the_reason(lyon, coordinator, officer):
    obj = revision(lyon, status=Status.SUBMITTED, submitted_by=coordinator)
    moderation.reject(obj, reason="Jeanne Martin must not be named.", by=officer)
    for entry in HistoryEntry.objects.all():
        assert "Martin" not in f"{entry.reason}{entry.changes}"
    obj.refresh_from_db()
    assert obj.reason == "Jeanne Martin must not be named."


# Mails


@pytest.mark.parametrize("name", ["request_changes", "reject", "publish"])
def test_a_decision_is_told_to_who_submitted_and_to_the_focal_point(
    lyon, coordinator, editor, alternate, officer, name
):
    obj = revision(lyon, status=Status.SUBMITTED, submitted_by=editor)
    step(name, obj, officer)
    mails = OutboxMessage.objects.filter(template=f"revision-{STEPS[name]}")
    assert {mail.user for mail in mails} == {coordinator, editor}
    assert all(("Say more." in mail.body) is (name != "publish") for mail in mails)
    assert all("/en/" in mail.body and "Lyon" in mail.subject for mail in mails)


def test_whose_mandate_ended_hears_nothing(lyon, coordinator, former_coordinator, officer):
    obj = revision(lyon, status=Status.SUBMITTED, submitted_by=former_coordinator)
    moderation.request_changes(obj, reason="Say more.", by=officer)
    assert [mail.user for mail in OutboxMessage.objects.all()] == [coordinator]


def test_mails_are_in_the_persons_language(network, other_coordinator, officer):
    city = City.objects.get(slug="ostersund")
    obj = revision(city, status=Status.SUBMITTED, submitted_by=other_coordinator)
    moderation.request_changes(obj, reason="Précisez.", by=officer)
    mail = OutboxMessage.objects.get()
    assert (mail.language, "/fr/my/cities/ostersund/profile/" in mail.body) == ("fr", True)
    assert "Précisez." in mail.body


# The queue


@pytest.fixture
def staff(officer, signed_in):
    return signed_in(officer)


def test_the_queue_shows_what_waits_the_oldest_first(lyon, coordinator, other_coordinator, officer, staff):
    other = City.objects.get(slug="ostersund")
    first = moderation.submit(revision(other), by=other_coordinator)
    second = moderation.submit(revision(lyon), by=coordinator)
    revision(City.objects.get(slug="seoul"))
    assert list(staff.get(QUEUE).context["cl"].result_list) == [first, second]
    assert list(staff.get(QUEUE, {"q": "lyon"}).context["cl"].result_list) == [second]
    assert staff.get(QUEUE, {"state": "draft"}).context["cl"].result_count == 1
    assert staff.get(QUEUE, {"state": "all"}).context["cl"].result_count == 3


def test_the_queue_and_a_page_cost_the_same_with_one_and_with_thirty(
    lyon, coordinator, staff, django_assert_num_queries
):
    def submit_all(cities):
        for city in cities:
            moderation.submit(revision(city), by=coordinator)

    submit_all([lyon])
    with django_assert_num_queries(QUEUE_QUERIES):
        staff.get(QUEUE)
    submit_all(City.objects.exclude(pk=lyon.pk)[:29])
    with django_assert_num_queries(QUEUE_QUERIES):
        assert staff.get(QUEUE).context["cl"].result_count == 30
    page = f"{QUEUE}{lyon.profile_revisions.get().pk}/change/"
    ContentType.objects.get_for_model(ProfileRevision)  # asked for once a process
    with django_assert_num_queries(PAGE_QUERIES):
        staff.get(page)
    for number in range(2, 31):
        revision(lyon, number, status=Status.REJECTED)
    with django_assert_num_queries(PAGE_QUERIES):
        staff.get(page)


QUEUE_QUERIES = 8
PAGE_QUERIES = 15


def test_the_page_shows_the_difference_word_by_word(lyon, coordinator, officer, staff):
    published(lyon, coordinator, "A city of books.", links=[{"label": "Library", "url": "https://example.org/"}])
    draft = open_draft(lyon, coordinator)
    draft = moderation.save_draft(
        draft, values={"presentation_en": "A city of films.", "links": []}, seen=draft.version, by=coordinator
    )
    waiting = moderation.submit(draft, by=coordinator)
    page = staff.get(f"{QUEUE}{waiting.pk}/change/").content.decode()
    assert "A city of<del>" in page
    assert " books." in page
    assert "<ins>" in page
    assert "https://example.org/" in page
    assert [
        difference.part.name for difference in staff.get(f"{QUEUE}{waiting.pk}/change/").context["differences"]
    ] == [
        "presentation",
        "links",
    ]


def test_one_click_publishes(lyon, coordinator, officer, staff):
    waiting = moderation.submit(revision(lyon), by=coordinator)
    seen = staff.get(f"{QUEUE}{waiting.pk}/change/").context["seen"]
    assert staff.get(f"{QUEUE}{waiting.pk}/publish/").status_code == 200
    waiting.refresh_from_db()
    assert waiting.status == Status.SUBMITTED
    assert staff.post(f"{QUEUE}{waiting.pk}/publish/", {"seen": seen}).url == QUEUE
    waiting.refresh_from_db()
    assert (waiting.status, waiting.decided_by) == (Status.PUBLISHED, officer)
    acts = HistoryEntry.objects.count()
    staff.post(f"{QUEUE}{waiting.pk}/publish/", {"seen": seen})
    assert HistoryEntry.objects.count() == acts


def test_what_was_taken_back_and_submitted_anew_is_not_published_unseen(lyon, coordinator, staff):
    waiting = moderation.submit(revision(lyon), by=coordinator)
    seen = staff.get(f"{QUEUE}{waiting.pk}/change/").context["seen"]
    moderation.submit(moderation.take_back(waiting, by=coordinator), by=coordinator)
    page = staff.post(f"{QUEUE}{waiting.pk}/publish/", {"seen": seen})
    assert "Meanwhile" in page.content.decode()
    waiting.refresh_from_db()
    assert waiting.status == Status.SUBMITTED


@pytest.mark.parametrize(("word", "status"), [("changes", Status.CHANGES_REQUESTED), ("reject", Status.REJECTED)])
def test_changes_and_rejection_need_a_reason(lyon, coordinator, staff, word, status):
    waiting = moderation.submit(revision(lyon), by=coordinator)
    address = f"{QUEUE}{waiting.pk}/{word}/"
    assert staff.post(address, {"reason": ""}).status_code == 200
    waiting.refresh_from_db()
    assert waiting.status == Status.SUBMITTED
    assert staff.post(address, {"reason": "Say more."}).url == QUEUE
    waiting.refresh_from_db()
    assert (waiting.status, waiting.reason) == (status, "Say more.")


def test_an_incomplete_text_is_not_published(lyon, coordinator, staff):
    waiting = revision(lyon, status=Status.SUBMITTED, submitted_by=coordinator, presentation_en="")
    page = staff.post(f"{QUEUE}{waiting.pk}/publish/")
    assert "Write the presentation in at least one language." in page.content.decode()


def test_an_auditor_reads_and_decides_nothing(lyon, coordinator, auditor, signed_in):
    waiting = moderation.submit(revision(lyon), by=coordinator)
    client = signed_in(auditor)
    page = client.get(f"{QUEUE}{waiting.pk}/change/")
    assert page.status_code == 200
    assert "/publish/" not in page.content.decode()
    for word in ("publish", "changes", "reject", "restore"):
        assert client.post(f"{QUEUE}{waiting.pk}/{word}/", {"reason": "x"}).status_code == 403
    assert client.post(f"{QUEUE}{waiting.pk}/change/", {}).status_code == 403
    waiting.refresh_from_db()
    assert waiting.status == Status.SUBMITTED


def test_coordinators_have_no_queue(lyon, coordinator, signed_in):
    waiting = moderation.submit(revision(lyon), by=coordinator)
    for address in (QUEUE, f"{QUEUE}{waiting.pk}/publish/"):
        assert signed_in(coordinator).get(address).status_code in (302, 403)


# Going back


def test_staff_go_back_to_a_text_while_the_city_writes(lyon, coordinator, officer, staff):
    old = published(lyon, coordinator, "Old.", website="https://old.example.org/")
    published(lyon, coordinator, "New.", website="https://new.example.org/")
    draft = open_draft(lyon, coordinator)
    draft = moderation.save_draft(draft, values={"presentation_en": "Next."}, seen=0, by=coordinator)
    assert staff.get(f"{QUEUE}{old.pk}/restore/").status_code == 200
    staff.post(f"{QUEUE}{old.pk}/restore/")
    public = ProfileRevision.objects.public(lyon)
    assert public is not None
    assert (public.presentation_en, public.decided_by) == ("Old.", officer)
    lyon.refresh_from_db()
    assert lyon.website == "https://old.example.org/"
    act = HistoryEntry.objects.about(public).get()
    assert (act.verb, act.changes["number"]) == (HistoryEntry.Verb.RESTORED, [1, public.number])
    assert OutboxMessage.objects.filter(template="revision-restored", user=coordinator).count() == 1
    # The city's draft stays and, once published, is what the public reads.
    draft.refresh_from_db()
    assert (draft.presentation_en, draft.status) == ("Next.", Status.DRAFT)
    moderation.publish(moderation.submit(draft, by=coordinator), by=officer)
    assert ProfileRevision.objects.public(lyon).presentation_en == "Next."
    # A second click does nothing.
    assert ProfileRevision.objects.count() == 4


def test_only_what_was_public_and_differs_can_be_restored(lyon, coordinator, officer, staff):
    now = published(lyon, coordinator)
    draft = open_draft(lyon, coordinator)
    for obj in (now, draft):
        with pytest.raises(NetworkError):
            restore(obj, by=officer)
        assert staff.post(f"{QUEUE}{obj.pk}/restore/").status_code == 302
    assert ProfileRevision.objects.count() == 2


# At once


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"links": [{"label": "Library", "url": "https://example.org/"}]}, Status.PUBLISHED),
        (
            {"events": [{"name_en": "Fair", "name_fr": "", "when_en": "May", "when_fr": "", "url": ""}]},
            Status.PUBLISHED,
        ),
        ({"venues": [{"name_en": "Library", "name_fr": "", "url": ""}]}, Status.SUBMITTED),
        ({"links": [{"label": "a", "url": "https://example.org/"}], "presentation_fr": "Du neuf."}, Status.SUBMITTED),
        ({"contact_email": "office@example.org"}, Status.SUBMITTED),
    ],
)
def test_low_risk_parts_are_published_at_once(lyon, coordinator, editor, values, status):
    published(lyon, coordinator)
    OutboxMessage.objects.all().delete()
    draft = open_draft(lyon, editor)
    draft = moderation.save_draft(draft, values=values, seen=0, by=editor)
    done = submit_profile(draft, by=editor)
    assert (done.status, done.submitted_by) == (status, editor)
    if status == Status.PUBLISHED:
        act = HistoryEntry.objects.about(done).latest("number")
        assert (act.verb, act.actor) == (HistoryEntry.Verb.PUBLISHED, editor)
    assert OutboxMessage.objects.count() == 0


def test_nothing_is_published_at_once_where_nothing_was_public(lyon, coordinator):
    draft = open_draft(lyon, coordinator)
    values = {"presentation_en": "Words.", "links": [{"label": "a", "url": "https://example.org/"}]}
    draft = moderation.save_draft(draft, values=values, seen=0, by=coordinator)
    assert submit_profile(draft, by=coordinator).status == Status.SUBMITTED


def test_a_setting_says_what_is_of_low_risk(lyon, coordinator, settings):
    settings.PROFILE_PUBLISHED_AT_ONCE = []
    published(lyon, coordinator)
    draft = open_draft(lyon, coordinator)
    draft = moderation.save_draft(draft, values={"events": [{"name_en": "Fair"}]}, seen=0, by=coordinator)
    assert submit_profile(draft, by=coordinator).status == Status.SUBMITTED


def test_the_start_page_says_how_many_wait(lyon, coordinator, staff):
    assert QUEUE not in staff.get("/admin/").content.decode().partition('class="app-list"')[0]
    moderation.submit(revision(lyon), by=coordinator)
    page = staff.get("/admin/").content.decode()
    assert f'<a href="{QUEUE}">1 profile</a> waits for a decision.' in page
