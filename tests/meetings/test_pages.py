"""The public pages of the annual meetings: the list, an edition, its documents, the feed."""

import datetime
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone, translation

from cities.models import City, HistoryEntry, PrivateFile
from meetings.models import Meeting, MeetingChange, MeetingDocument, Objective
from meetings.services.meeting import cancel_meeting, open_registration, postpone, relocate
from tests.factories.hosting import DAY, make_meeting, make_registration, open_for_registration

pytestmark = pytest.mark.usefixtures("network")

ATOM = "{http://www.w3.org/2005/Atom}"
WHY = {"reason_en": "The hall is <flooded>.", "reason_fr": "La salle est inondée."}


@pytest.fixture(autouse=True)
def pages_are_kept(settings):
    settings.PAGE_CACHE = True


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def document(meeting: Meeting, by: Any, visibility: str, **fields: Any) -> MeetingDocument:
    file = PrivateFile(kind=PrivateFile.Kind.MEETING, name="minutes.pdf", size=5, uploaded_by=by)
    file.content_type = "application/pdf"
    file.file.save("minutes.pdf", ContentFile(b"%PDF-"), save=False)
    file.save()
    known = {"kind": "conclusions", "title_en": "Minutes", "title_fr": "Procès-verbal", "language": "en"}
    return MeetingDocument.objects.create(meeting=meeting, file=file, visibility=visibility, **known | fields)


# The list


def test_the_list_costs_as_much_for_few_as_for_many(client, django_assert_num_queries):
    with django_assert_num_queries(4):
        page = client.get("/en/meetings/")
    assert len(page.context["meetings"]) == 18
    MeetingChange.objects.exclude(meeting__edition=14).delete()
    Meeting.objects.exclude(edition__in=(14, 18)).delete()
    with django_assert_num_queries(4):
        assert len(client.get("/fr/meetings/").context["meetings"]) == 2


def test_the_next_meeting_comes_first(client):
    page = client.get("/en/meetings/")
    assert page.context["next_meeting"].edition == 18
    assert "Essaouira" in text(page)
    assert '<link rel="alternate" type="application/atom+xml" href="/en/meetings/feed/"' in text(page)
    Meeting.objects.filter(edition=18).update(status="cancelled")
    assert "No next meeting is known." in text(client.get("/en/meetings/"))


def test_registration_closes_on_the_list_at_its_instant(client, monkeypatch):
    Meeting.objects.filter(edition=18).update(status="cancelled")
    meeting = open_for_registration(make_meeting(hosts=["lyon"]))
    page = text(client.get("/en/meetings/"))
    assert "registration open" in page
    assert f'href="/en/meetings/{meeting.edition}/register/"' in page
    monkeypatch.setattr(timezone, "now", lambda: meeting.registration_closes_at)
    page = text(client.get("/en/meetings/"))
    assert "registration open" not in page
    assert "registration closed" in page
    assert f'href="/en/meetings/{meeting.edition}/register/"' not in page


# An edition


def test_a_meeting_without_a_host_or_days(client):
    make_meeting(country=None, start_date=None, end_date=None)
    for language, words in (("en", "Host not known yet"), ("fr", "Hôte pas encore connu")):
        page = text(client.get(f"/{language}/meetings/19/"))
        assert f"<h1>{words}</h1>" in page
        assert words in text(client.get(f"/{language}/meetings/"))


@pytest.mark.parametrize(
    ("edition", "english", "french"),
    [
        (
            14,
            "Postponed from 2020 to 18–22 July 2022.",
            "Reportée. Dates prévues d’abord : 2020 ; nouvelles dates : 18–22 juillet 2022.",
        ),
        (
            15,
            "Postponed from 2021 to 2023.",
            "Reportée. Dates prévues d’abord : 2021 ; nouvelles dates : 2023.",
        ),
    ],
)
def test_santos_and_istanbul_were_postponed(client, edition, english, french):
    assert english in text(client.get(f"/en/meetings/{edition}/"))
    assert french in text(client.get(f"/fr/meetings/{edition}/"))
    assert "The reason:" not in text(client.get(f"/en/meetings/{edition}/"))


def test_who_came_to_ostersund(client):
    page = text(client.get("/en/meetings/10/"))
    for part in ("<dd>250</dd>", "<dd>116</dd>", "<dd>20</dd>", "UNESCO, press release on Östersund, 2016"):
        assert part in page
    assert "Who came" not in text(client.get("/en/meetings/9/"))


def test_what_moved_a_meeting_stays_on_its_page(client, officer):
    meeting = make_meeting(hosts=["lyon"])
    year = meeting.year
    days = {"start_date": datetime.date(year, 9, 1), "end_date": datetime.date(year, 9, 2)}
    postpone(meeting=meeting, **days, year=year, **WHY, by=officer)
    relocate(meeting=meeting, hosts=[City.objects.get(slug="fabriano")], country=None, **WHY, by=officer)
    cancel_meeting(meeting=meeting, **WHY, by=officer)
    page = text(client.get("/en/meetings/19/"))
    for sentence in (
        f"Postponed from 1–4 June {year} to 1–2 September {year}.",
        "Relocated from Lyon to Fabriano.",
        f"Cancelled; it was planned for 1–2 September {year}.",
        "The hall is &lt;flooded&gt;.",
        "This meeting is cancelled: it does not take place.",
    ):
        assert sentence in page
    assert page.count("The hall is &lt;flooded&gt;.") == 3
    assert "La salle est inondée." in text(client.get("/fr/meetings/19/"))


def test_an_edition_costs_as_much_with_few_parts_as_with_many(client, officer, django_assert_num_queries):
    meeting = Meeting.objects.get(edition=12)
    Meeting.objects.filter(edition=12).update(status="outcome-published")

    def add() -> None:
        Objective.objects.create(meeting=meeting, text_en="Meet.", text_fr="Se réunir.")
        document(meeting, officer, "public")
        MeetingChange.objects.create(meeting=meeting, kind="postponed", year_from=2017, year_to=2018)

    add()
    client.get("/en/meetings/12/")
    with django_assert_num_queries(13):
        client.get("/en/meetings/12/")
    for _nth in range(29):
        add()
    with django_assert_num_queries(13):
        page = client.get("/en/meetings/12/")
    assert text(page).count("<li>Meet.</li>") == 30


def test_objectives_show_once_the_outcome_is_published(client):
    meeting = Meeting.objects.get(edition=12)
    Objective.objects.create(meeting=meeting, text_en="Meet more often.")
    assert "Meet more often." not in text(client.get("/en/meetings/12/"))
    Meeting.objects.filter(edition=12).update(status="outcome-published")
    assert "Meet more often." in text(client.get("/en/meetings/12/"))
    assert '<span lang="en">Meet more often.</span>' in text(client.get("/fr/meetings/12/"))


def test_registration_closes_on_the_page_at_its_instant(client, monkeypatch):
    meeting = open_for_registration(make_meeting(hosts=["lyon"], places=1))
    before = client.get("/en/meetings/19/")
    assert "no-cache" in before.headers["Cache-Control"]
    assert "Registration open" in text(before)
    assert "All places are taken" not in text(before)
    # What no trigger counts, places that are taken, shows at once too.
    make_registration(meeting)
    assert "All places are taken" in text(client.get("/en/meetings/19/"))
    monkeypatch.setattr(timezone, "now", lambda: meeting.registration_closes_at)
    after = text(client.get("/en/meetings/19/"))
    assert "Registration closed" in after
    assert "Registration open" not in after


def test_a_demonstration_says_so_and_is_for_no_search_engine(client):
    make_meeting(hosts=["lyon"], is_demonstration=True)
    page = text(client.get("/en/meetings/19/"))
    assert "This meeting is not a real one" in page
    assert '<meta name="robots" content="noindex">' in page
    assert "/meetings/19/" not in text(client.get("/sitemap.xml"))
    assert "/en/meetings/18/" in text(client.get("/sitemap.xml"))
    assert "no. 19" not in text(client.get("/en/meetings/feed/"))
    assert "no. 19" not in text(client.get("/en/meetings.ics"))
    assert "SUMMARY:Demonstration: Annual meeting no. 19" in text(client.get("/en/meetings/19/calendar.ics"))
    assert "This meeting is not a real one" in text(client.get("/en/meetings/19/programme/"))


def test_a_demonstration_is_marked_in_the_list_and_is_not_the_next_meeting(client):
    Meeting.objects.filter(edition=18).update(year=2020, start_date=None, end_date=None)
    make_meeting(hosts=["lyon"], is_demonstration=True)
    assert Meeting.objects.next() is None
    row = text(client.get("/en/meetings/")).partition('<a href="/en/meetings/19/">')[2].partition("</tr>")[0]
    assert "demonstration" in row
    assert "· demonstration" in text(client.get("/en/meetings/18/"))


# Documents


@pytest.fixture
def papers(officer):
    meeting = Meeting.objects.get(edition=17)
    return document(meeting, officer, "public", title_en="Agenda", title_fr="Ordre du jour"), document(
        meeting, officer, "members"
    )


def test_a_public_document_is_for_everybody(client, papers):
    public, members = papers
    page = text(client.get("/en/meetings/17/"))
    assert f'href="/en/meetings/17/documents/{public.pk}/"' in page
    assert "Minutes" not in page
    response = client.get(f"/en/meetings/17/documents/{public.pk}/")
    assert response.status_code == 200
    assert response.headers["Content-Disposition"] == 'attachment; filename="minutes.pdf"'
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert b"".join(response.streaming_content) == b"%PDF-"
    assert client.get(f"/en/meetings/17/documents/{members.pk}/").status_code == 404
    assert client.get(f"/en/meetings/16/documents/{public.pk}/").status_code == 404


def test_a_document_for_members(papers, coordinator, former_coordinator, auditor, signed_in):
    _public, members = papers
    for user, may in ((coordinator, True), (auditor, True), (former_coordinator, False)):
        client = signed_in(user)
        page = client.get("/fr/meetings/17/")
        assert ("Procès-verbal" in text(page)) is may
        assert "private" in page.headers["Cache-Control"]
        response = client.get(f"/fr/meetings/17/documents/{members.pk}/")
        assert response.status_code == (200 if may else 404)
        if may:
            assert "no-store" in response.headers["Cache-Control"]


def test_a_document_whose_file_was_erased_is_gone(client, papers):
    public, _members = papers
    PrivateFile.objects.filter(pk=public.file_id).update(file="")
    assert client.get(f"/en/meetings/17/documents/{public.pk}/").status_code == 404
    assert "Agenda" not in text(client.get("/en/meetings/17/"))


# The feed


def entries(response: Any) -> list[ET.Element]:
    return ET.fromstring(response.content).findall(f"{ATOM}entry")  # noqa: S314  our own


def test_the_feed_of_the_real_network(client, django_assert_num_queries):
    with django_assert_num_queries(8):
        response = client.get("/en/meetings/feed/")
    assert response.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    found = entries(response)
    assert len(found) == 18
    assert len({one.findtext(f"{ATOM}id") for one in found}) == 18
    titles = [one.findtext(f"{ATOM}title") for one in found]
    assert "Annual meeting no. 12, Kraków and Katowice" in titles
    # Which registrations the clock has closed is one more.
    with django_assert_num_queries(2):
        again = client.get("/en/meetings/feed/", headers={"If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304


def test_the_feed_forgets_a_registration_that_the_clock_closed(client, monkeypatch):
    closes_at = timezone.now() + datetime.timedelta(minutes=5)
    open_for_registration(make_meeting(hosts=["lyon"]), registration_closes_at=closes_at)
    first = client.get("/en/meetings/feed/")
    assert "Registration closes" in text(first)
    monkeypatch.setattr(timezone, "now", lambda: closes_at + datetime.timedelta(seconds=2))
    second = client.get("/en/meetings/feed/", headers={"If-None-Match": first.headers["ETag"]})
    assert second.status_code == 200
    assert "Registration closes" not in text(second)


def test_news_come_first_in_both_languages(client, officer):
    meeting = make_meeting(hosts=["lyon"], personal_data_until=datetime.date(2050, 1, 1))
    open_registration(meeting=meeting, closes_at=timezone.now() + DAY, by=officer)
    postpone(
        meeting=meeting,
        start_date=meeting.start_date + DAY,
        end_date=meeting.end_date + DAY,
        year=meeting.year,
        **WHY,
        by=officer,
    )
    newest, second = entries(client.get("/en/meetings/feed/"))[:2]
    assert newest.findtext(f"{ATOM}title") == "Other days: Annual meeting no. 19, Lyon"
    assert second.findtext(f"{ATOM}title") == "Registration is open: Annual meeting no. 19, Lyon"
    # A reader takes the summary for HTML: what staff typed is no markup there.
    assert "The hall is &lt;flooded&gt;." in newest.findtext(f"{ATOM}summary")
    french = entries(client.get("/fr/meetings/feed/"))[0]
    assert french.findtext(f"{ATOM}title") == "Autres dates\u202f: Réunion annuelle n°\u00a019, Lyon"
    assert "La salle est inondée." in french.findtext(f"{ATOM}summary")
    assert french.find(f"{ATOM}link").get("href") == "http://localhost:8000/fr/meetings/19/"
    assert HistoryEntry.objects.about(meeting).count() == 2
    with translation.override("en"):
        assert MeetingChange.objects.get(meeting=meeting).is_earlier is False
