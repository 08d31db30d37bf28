"""Those who come, as staff work with them: lists, files, letters, questions, figures, what waits."""

import csv
import io

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import translation
from docx import Document
from openpyxl import load_workbook

from cities.models import City, Coordinator, HistoryEntry, OutboxMessage
from meetings.models import Meeting, MeetingQuestion, Registration
from meetings.services.attendance import answered, answering, attendance, matching, visa_letters, why_no_letter
from meetings.services.registration import RegistrationRefused, default_questions, places_of
from meetings.services.waiting_staff import registration_duties
from tests.conftest import mandate, person
from tests.factories.hosting import make_meeting, make_registration, open_for_registration

Purpose, Status, Verb = MeetingQuestion.Purpose, Registration.Status, HistoryEntry.Verb
LIST = "/admin/meetings/registration/"
QUESTIONS = "/admin/meetings/meetingquestion/"
SECRETS = ("PRIVATE DIET", "PRIVATE NEED", "PASSPORT NAME", "Ruritanian", "delegate@example.org")

pytestmark = pytest.mark.usefixtures("network")


@pytest.fixture
def meeting(network) -> Meeting:
    meeting = open_for_registration(make_meeting(hosts=["lyon"]), venue="Palais de la Bourse", per_city=400)
    default_questions(meeting)
    return meeting


@pytest.fixture
def keys(meeting) -> dict[str, str]:
    return {question.purpose: str(question.pk) for question in meeting.questions.all()}


@pytest.fixture
def needy(meeting, keys) -> Registration:
    """A delegate with every need there is."""
    answers = {
        keys[Purpose.DIET]: "PRIVATE DIET",
        keys[Purpose.ACCESS]: "PRIVATE NEED",
        keys[Purpose.VISA]: True,
        keys[Purpose.PASSPORT_NAME]: "PASSPORT NAME",
        keys[Purpose.NATIONALITY]: "Ruritanian",
    }
    return make_registration(meeting, name="A needy delegate", answers=answers)


@pytest.fixture
def staff(officer, signed_in):
    return signed_in(officer)


def many(meeting: Meeting, number: int, **fields) -> None:
    for nth in range(number):
        make_registration(meeting, f"person.{nth}@example.org", name=f"Person {nth}", **fields)


def rows_of(response) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))


def export(client, address: str, file_format: str = "1", query: str = "") -> list[dict[str, str]]:
    """The rows of a file with all its columns: what is ticked when the page is opened."""
    page = client.get(f"{LIST}{address}{query}")
    form = page.context["form"]
    data = {field.html_name: "on" for field in form.columns}
    response = client.post(f"{LIST}{address}{query}", data | {"format": file_format, "resource": ""})
    if file_format == "1":
        return rows_of(response)
    head, *rows = load_workbook(io.BytesIO(response.content)).active.iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in rows]


# The list


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("q=lod+deleg", {"Łódka Delegate"}),
        ("q=lyon", {"A needy delegate", "Łódka Delegate"}),
        ("q=univ", {"An expert"}),
        ("q=delegate%40example.org", {"A needy delegate"}),
        ("q=nobody", set()),
        ("capacity__exact=expert", {"An expert"}),
        ("status__exact=waiting", {"An expert"}),
        ("visa=waits", {"A needy delegate"}),
        ("visa=wanted", {"A needy delegate"}),
        ("visa=issued", set()),
        ("needs=diet", {"A needy delegate"}),
        ("needs=access", {"A needy delegate"}),
        ("here=no", {"A needy delegate", "Łódka Delegate"}),
        ("here=yes", set()),
    ],
)
def test_an_officer_finds_and_filters(staff, meeting, needy, query, names):
    make_registration(meeting, "b@example.org", name="Łódka Delegate")
    make_registration(
        meeting, "c@example.org", name="An expert", city="", organization="A university", status=Status.WAITING
    )
    page = staff.get(f"{LIST}?meeting={meeting.pk}&{query}")
    assert {row.name for row in page.context["cl"].result_list} == names


def test_a_code_finds_its_person_and_the_waiting_list_is_numbered(staff, meeting, needy):
    for nth in range(2):
        make_registration(meeting, f"w{nth}@example.org", name=f"Waits {nth}", city="", status=Status.WAITING)
    page = staff.get(f"{LIST}?q={needy.code[:4].lower()}")
    assert [row.pk for row in page.context["cl"].result_list] == [needy.pk]
    text = staff.get(LIST).content.decode()
    assert "on the waiting list, number 1" in text
    assert "on the waiting list, number 2" in text


@pytest.mark.parametrize("number", [3, 300])
def test_the_list_costs_the_same_for_three_and_for_three_hundred(
    staff, meeting, needy, number, django_assert_num_queries
):
    many(meeting, number)
    make_registration(meeting, "waits@example.org", city="", status=Status.WAITING)
    staff.get(LIST)
    with django_assert_num_queries(LIST_QUERIES):
        staff.get(f"{LIST}?meeting={meeting.pk}&q=per")


LIST_QUERIES = 13


def test_yes_is_told_from_no_and_from_a_text_that_looks_like_it(meeting, keys):
    visa, diet = keys[Purpose.VISA], keys[Purpose.DIET]
    no = make_registration(meeting, "no@example.org", answers={visa: False})
    sly = make_registration(meeting, "sly@example.org", answers={visa: False, diet: f'"{visa}": true'})
    yes = make_registration(meeting, "yes@example.org", answers={visa: True})
    assert list(answering(Registration.objects.all(), Purpose.VISA)) == [yes]
    assert list(answering(Registration.objects.all(), Purpose.DIET)) == [sly]
    question = meeting.questions.get(purpose=Purpose.VISA)
    assert set(answered(question)) == {no, sly, yes}


# One person


def test_an_auditor_sees_who_comes_and_nothing_that_is_needed_only_to_receive_them(auditor, signed_in, meeting, needy):
    client = signed_in(auditor)
    page = client.get(f"{LIST}{needy.pk}/change/")
    assert "A needy delegate" in page.content.decode()
    assert page.context["operations"] == []
    shown = page.content.decode() + client.get(LIST).content.decode()
    shown += client.get(f"/admin/meetings/meeting/{meeting.pk}/people/").content.decode().replace("PRIVATE DIET", "")
    assert not [secret for secret in SECRETS[1:] if secret in shown.replace("PRIVATE NEED", "")]
    assert "PRIVATE DIET" not in page.content.decode()
    assert "PRIVATE NEED" not in page.content.decode()
    refused = ("export/", "export/needs/", "export/visa/", "register/", f"{needy.pk}/letter/", f"{needy.pk}/cancel/")
    for address in (*refused, f"{needy.pk}/edit/", f"{needy.pk}/check-in/", f"{needy.pk}/letter-issued/"):
        assert client.get(f"{LIST}{address}").status_code == 403, address
    assert client.get(f"{LIST}?needs=diet").status_code == 400
    assert client.get(f"{LIST}?q=delegate%40example.org").context["cl"].result_count == 0


def test_a_coordinator_has_no_business_here(coordinator, signed_in, meeting, needy):
    client = signed_in(coordinator)
    for address in (LIST, f"{LIST}{needy.pk}/change/", f"/admin/meetings/meeting/{meeting.pk}/people/", QUESTIONS):
        assert client.get(address).status_code == 302, address
        assert "login" in client.get(address).url


def test_an_officer_reads_the_answers_and_does_the_acts(staff, officer, needy):
    page = staff.get(f"{LIST}{needy.pk}/change/")
    assert all(secret in page.content.decode() for secret in SECRETS)
    labels = [str(one.label) for one in page.context["operations"]]
    assert labels == [
        *("Check in", "Letter in English", "Letter in French", "Note the letter as issued"),
        *("Change", "Cancel the registration"),
    ]
    assert staff.post(f"{LIST}{needy.pk}/check-in/").status_code == 302
    assert "Undo the check-in" in staff.get(f"{LIST}{needy.pk}/change/").content.decode()
    assert staff.post(f"{LIST}{needy.pk}/undo-check-in/").status_code == 302
    assert staff.post(f"{LIST}{needy.pk}/letter-issued/").status_code == 302
    needy.refresh_from_db()
    assert needy.visa_letter_on is not None
    assert staff.post(f"{LIST}{needy.pk}/cancel/").status_code == 302
    needy.refresh_from_db()
    assert needy.status == Status.CANCELLED
    verbs = list(HistoryEntry.objects.about(needy).order_by("number").values_list("verb", "actor"))
    wanted = (Verb.CHECKED_IN, Verb.CHECK_IN_UNDONE, Verb.VISA_LETTER_ISSUED, Verb.REGISTRATION_CANCELLED)
    assert verbs == [(verb, officer.pk) for verb in wanted]


def test_cancelling_says_who_moves_up_before_it_does(staff, meeting, needy):
    Meeting.objects.filter(pk=meeting.pk).update(places=1)
    waits = make_registration(meeting, "waits@example.org", name="Waits", city="", status=Status.WAITING)
    page = staff.get(f"{LIST}{needy.pk}/cancel/")
    assert "1 person moves up from the waiting list, and is told by mail." in page.context["what_happens"]
    staff.post(f"{LIST}{needy.pk}/cancel/")
    waits.refresh_from_db()
    assert waits.status == Status.REGISTERED
    other = make_registration(meeting, "w2@example.org", name="Waits, too", city="", status=Status.WAITING)
    page = staff.get(f"{LIST}{other.pk}/cancel/")
    assert "Nobody moves up from the waiting list." in page.context["what_happens"]


def test_staff_register_anybody_by_hand(staff, officer, meeting, lyon):
    whom = staff.get(f"{LIST}register/").content.decode()
    assert f"?meeting={meeting.pk}&amp;capacity=mayor" in whom
    form = {"name": "The mayor", "email": "mayor@example.org", "language": "fr", "city": lyon.pk}
    address = f"{LIST}register/?meeting={meeting.pk}&capacity=mayor"
    refused = staff.post(address, form | {"name": "", "email": "no address"})
    assert "This is not an e-mail address." in refused.content.decode()
    response = staff.post(address, form)
    stored = Registration.objects.get()
    assert response.url == f"{LIST}{stored.pk}/change/"
    assert (stored.city, stored.capacity, stored.language) == (lyon, "mayor", "fr")
    assert (stored.registered_by, stored.status) == (officer, Status.REGISTERED)
    again = staff.post(address, form | {"email": "other@example.org"})
    assert "The mayor of Lyon is registered already." in again.content.decode()
    assert OutboxMessage.objects.get().to == "mayor@example.org"
    assert mail.outbox == []


def test_nobody_is_registered_by_hand_where_registration_is_closed(staff, meeting):
    Meeting.objects.update(status=Meeting.Status.REGISTRATION_CLOSED)
    page = staff.get(f"{LIST}register/?meeting={meeting.pk}&capacity=mayor").content.decode()
    assert "Registration is open for no meeting now." in page


def test_staff_correct_what_is_known_of_a_person(staff, needy, keys):
    page = staff.get(f"{LIST}{needy.pk}/edit/")
    form = {name: value for name, value in page.context["adminform"].form.initial.items() if value}
    form |= {"name": "Another name", "email": "another@example.org", "language": "en"}
    form |= {f"q-{keys[Purpose.DIET]}": "vegetarian"}
    assert staff.post(f"{LIST}{needy.pk}/edit/", form).status_code == 302
    needy.refresh_from_db()
    assert (needy.name, needy.email) == ("Another name", "another@example.org")
    assert needy.answers[keys[Purpose.DIET]] == "vegetarian"
    Meeting.objects.update(status=Meeting.Status.HELD)
    assert (
        "This registration can no longer be changed."
        in staff.get(f"{LIST}{needy.pk}/edit/", follow=True).content.decode()
    )


# Many


def test_what_happens_to_many_is_shown_before_it_does(staff, meeting, needy):
    other = make_registration(meeting, "other@example.org", name="Came", checked_in_at=meeting.registration_closes_at)
    chosen = {"action": "cancel_selected", "_selected_action": [needy.pk, other.pk]}
    page = staff.post(LIST, chosen)
    assert [row.pk for row in page.context["chosen"]] == [needy.pk]
    assert [row.pk for row in page.context["others"]] == [other.pk]
    assert "This concerns 1 person:" in page.content.decode()
    assert Registration.objects.standing().count() == 2
    told = staff.post(LIST, chosen | {"confirmed": "yes"}, follow=True).content.decode()
    assert "Done for 1 person." in told
    assert "The person is checked in. Undo the check-in first." in told
    assert list(Registration.objects.standing()) == [other]


def test_who_is_cancelled_with_others_does_not_move_up_for_a_moment(staff, meeting, needy):
    Meeting.objects.filter(pk=meeting.pk).update(places=1)
    waits = make_registration(meeting, "waits@example.org", name="Waits", city="", status=Status.WAITING)
    chosen = {"action": "cancel_selected", "_selected_action": [needy.pk, waits.pk]}
    page = staff.post(LIST, chosen).content.decode()
    assert "Annual meeting no. 19: Nobody moves up from the waiting list." in page
    staff.post(LIST, chosen | {"confirmed": "yes"})
    assert not Registration.objects.standing().exists()
    templates = OutboxMessage.objects.filter(to="waits@example.org").values_list("template", flat=True)
    assert list(templates) == ["registration-cancelled"]


@pytest.mark.parametrize(
    ("action", "done"),
    [
        ("check_in_selected", lambda row: row.is_checked_in),
        ("note_letters_selected", lambda row: row.visa_letter_on is not None),
        ("cancel_selected", lambda row: row.status == Status.CANCELLED),
    ],
)
def test_the_acts_on_many_are_done_once_confirmed(staff, needy, action, done):
    chosen = {"action": action, "_selected_action": [needy.pk]}
    staff.post(LIST, chosen)
    needy.refresh_from_db()
    assert not done(needy)
    staff.post(LIST, chosen | {"confirmed": "yes"})
    needy.refresh_from_db()
    assert done(needy)


def test_an_auditor_has_no_acts_on_many(auditor, signed_in, needy):
    client = signed_in(auditor)
    assert not client.get(LIST).context["action_form"]
    client.post(LIST, {"action": "cancel_selected", "_selected_action": [needy.pk], "confirmed": "yes"})
    needy.refresh_from_db()
    assert needy.status == Status.REGISTERED


# Files


@pytest.mark.parametrize("file_format", ["0", "1"])
def test_each_file_holds_what_it_is_for_and_no_more(staff, meeting, needy, file_format):
    make_registration(meeting, "plain@example.org", name="Needs nothing")
    make_registration(meeting, "waits@example.org", name="Waits", city="", status=Status.WAITING)
    coming = export(staff, "export/", file_format)
    assert {row["name"] for row in coming} == {"A needy delegate", "Needs nothing"}
    assert not [secret for secret in SECRETS if secret in str(coming)]
    needs = export(staff, "export/needs/", file_format)
    assert [(row["name"], row["diet"], row["access"]) for row in needs] == [
        ("A needy delegate", "PRIVATE DIET", "PRIVATE NEED")
    ]
    assert not [secret for secret in SECRETS[2:] if secret in str(needs)]
    visa = export(staff, "export/visa/", file_format)
    assert [(row["passport_name"], row["nationality"], row["email"]) for row in visa] == [
        ("PASSPORT NAME", "Ruritanian", "delegate@example.org")
    ]
    assert "PRIVATE" not in str(visa)


def test_a_file_holds_the_rows_of_the_list_as_filtered(staff, meeting, needy):
    make_registration(meeting, "expert@example.org", name="An expert", city="")
    rows = export(staff, "export/", query=f"?meeting={meeting.pk}&capacity__exact=expert")
    assert [row["name"] for row in rows] == ["An expert"]
    urls = [one.url for one in staff.get(f"{LIST}?meeting={meeting.pk}").context["operations"]]
    assert f"{LIST}export/needs/?meeting={meeting.pk}" in urls


def test_what_a_spreadsheet_would_run_is_guarded(staff, meeting, keys):
    evil = '=HYPERLINK("https://example.org")'
    further = MeetingQuestion.objects.create(meeting=meeting, text_en="Excursion", text_fr="Excursion")
    answers = {keys[Purpose.DIET]: evil, keys[Purpose.VISA]: True, keys[Purpose.PASSPORT_NAME]: f"@{evil}"}
    answers |= {keys[Purpose.NATIONALITY]: f"+{evil}", str(further.pk): "the old town"}
    make_registration(meeting, name=evil, function=f"-{evil}", organization=f"\t{evil}", answers=answers)
    for address in ("export/", "export/needs/", "export/visa/"):
        for row in export(staff, address):
            assert not [value for value in row.values() if value[:1] in set("=+-@\t")], row
    assert export(staff, "export/needs/")[0]["other_answers"] == "Excursion: the old town"


@pytest.mark.parametrize("number", [3, 300])
def test_a_file_costs_the_same_for_three_and_for_three_hundred(staff, meeting, keys, number, django_assert_num_queries):
    many(meeting, number, answers={keys[Purpose.DIET]: "vegetarian"})
    columns = {field.html_name: "on" for field in staff.get(f"{LIST}export/needs/").context["form"].columns}
    with django_assert_num_queries(FILE_QUERIES):
        rows = rows_of(staff.post(f"{LIST}export/needs/", columns | {"format": "1", "resource": ""}))
    assert len(rows) == number


FILE_QUERIES = 14


# Letters for a visa


def text_of(content: bytes) -> str:
    return "\n".join(paragraph.text for paragraph in Document(io.BytesIO(content)).paragraphs)


def test_a_letter_names_the_person_the_meeting_and_nothing_else(staff, meeting, needy):
    response = staff.get(f"{LIST}{needy.pk}/letter/?language=en")
    assert response["Content-Disposition"] == f'attachment; filename="visa-{needy.code}.docx"'
    text = text_of(response.content)
    for part in ("PASSPORT NAME", "Ruritanian", "delegate, for Lyon (France)", "Annual meeting no. 19", "June"):
        assert part in text
    assert "Palais de la Bourse, Lyon, France" in text
    assert not [secret for secret in ("PRIVATE", "example.org") if secret in text]
    with translation.override("fr"):
        period = meeting.period
    french = text_of(staff.get(f"{LIST}{needy.pk}/letter/?language=fr").content)
    assert "Lettre à l’appui d’une demande de visa" in french
    assert f"Dates\u202f: {period}" in french
    assert staff.get(f"{LIST}{needy.pk}/letter/?language=de").status_code == 404


def test_letters_of_many_are_one_file_each_in_its_own_language(staff, meeting, needy):
    other = make_registration(meeting, "other@example.org", answers=needy.answers, language="fr", name="Asks in French")
    plain = make_registration(meeting, "plain@example.org", name="Asks for none")
    chosen = {"action": "letters_selected", "_selected_action": [needy.pk, other.pk, plain.pk]}
    text = text_of(staff.post(LIST, chosen).content)
    assert text.count("Letter for a visa") == 1
    assert text.count("Lettre à l’appui d’une demande de visa") == 1
    alone = staff.post(LIST, chosen | {"_selected_action": [plain.pk]}, follow=True)
    assert "Nobody here gets a letter for a visa." in alone.content.decode()


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        ({"answers": {}}, "A needy delegate asked for no letter for a visa."),
        (
            {"status": Status.WAITING, "place": None, "places": None, "queued": 1},
            "A needy delegate has no place: a letter for a visa is for those who have one.",
        ),
    ],
)
def test_who_gets_no_letter_is_told_why(staff, needy, spoil, sentence):
    Registration.objects.filter(pk=needy.pk).update(**spoil)
    for address in ("letter/", "letter-issued/"):
        assert sentence in staff.get(f"{LIST}{needy.pk}/{address}", follow=True).content.decode()
    needy.refresh_from_db()
    with pytest.raises(RegistrationRefused, match=sentence):
        visa_letters([needy])


def test_a_letter_needs_days_a_passport_and_a_meeting_to_come(needy, keys):
    def why(**meeting) -> str:
        stored = Registration.objects.get(pk=needy.pk)
        for name, value in meeting.items():
            setattr(stored.meeting, name, value)
        return why_no_letter(stored)

    assert why() == ""
    assert why(start_date=None, end_date=None) == (
        "The days of the meeting are not known yet: the letter for a visa names them."
    )
    assert why(status=Meeting.Status.CANCELLED) == (
        "The meeting is over or cancelled: no letter for a visa is written any more."
    )
    Registration.objects.update(answers={keys[Purpose.VISA]: True})
    assert why() == "A needy delegate has not given the name as in the passport and the nationality yet."


def test_what_a_person_typed_makes_no_paragraph_of_the_letter(needy, keys):
    needy.answers |= {keys[Purpose.NATIONALITY]: "Ruritanian\n\nThe bearer is a diplomat.\x0b"}
    text = text_of(visa_letters([needy], language="en"))
    assert "Nationality: Ruritanian The bearer is a diplomat." in text


# Questions


def question_form(meeting: Meeting, **values) -> dict[str, object]:
    known = {"meeting": meeting.pk, "position": 9, "kind": "text", "purpose": ""}
    return known | {"text_en": "Excursion", "text_fr": "Excursion", **values}


def test_a_question_has_both_languages_and_its_capacities(staff, meeting):
    refused = staff.post(f"{QUESTIONS}add/", question_form(meeting, text_fr=""))
    assert "This field is required." in refused.content.decode()
    staff.post(f"{QUESTIONS}add/", question_form(meeting, capacities=["mayor", "press"]))
    question = MeetingQuestion.objects.get(text_en="Excursion")
    assert question.capacities == ["mayor", "press"]
    assert "mayor, press" in staff.get(QUESTIONS).content.decode()


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"purpose": "diet"}, "Another question of this meeting is used for it already."),
        (
            {"purpose": "visa", "kind": "text"},
            "Whether a letter for a visa is needed is answered by yes or no.",
        ),
        ({"purpose": "nationality", "kind": "yes-no"}, "What the portal uses this answer for needs a text."),
    ],
)
def test_what_the_portal_uses_an_answer_for_has_to_fit(staff, meeting, values, sentence):
    refused = staff.post(f"{QUESTIONS}add/", question_form(meeting, **values))
    assert sentence in refused.content.decode()
    assert meeting.questions.count() == 5


def test_a_question_that_was_answered_stays_and_keeps_its_kind(staff, meeting, needy):
    question = meeting.questions.get(purpose=Purpose.DIET)
    told = staff.post(f"{QUESTIONS}{question.pk}/delete/", {"post": "yes"}, follow=True).content.decode()
    assert "1 person answered this question: it stays." in told
    form = question_form(meeting, text_en="Food", kind="yes-no", purpose="", capacities=["mayor"])
    staff.post(f"{QUESTIONS}{question.pk}/change/", form)
    question.refresh_from_db()
    assert (question.text_en, question.kind, question.purpose) == ("Food", "text", "diet")
    Registration.objects.update(answers={})
    staff.post(f"{QUESTIONS}{question.pk}/delete/", {"post": "yes"})
    assert not MeetingQuestion.objects.filter(pk=question.pk).exists()


def test_the_usual_questions_come_back(staff, meeting):
    address = f"/admin/meetings/meeting/{meeting.pk}/usual-questions/"
    assert "asks the usual questions already" in staff.get(address, follow=True).content.decode()
    meeting.questions.filter(purpose=Purpose.DIET).delete()
    assert "These are added: meals." in staff.get(address).context["what_happens"]
    staff.post(address)
    assert meeting.questions.filter(purpose=Purpose.DIET).exists()


# Figures


def test_the_figures_of_a_meeting(meeting, needy, keys, other_coordinator):
    make_registration(
        meeting, "m@example.org", city="ostersund", capacity="mayor", answers={keys[Purpose.DIET]: "Végan"}
    )
    make_registration(meeting, "e@example.org", city="", answers={keys[Purpose.DIET]: "vegan"})
    make_registration(meeting, "w@example.org", city="", capacity="press", status=Status.WAITING)
    make_registration(meeting, "c@example.org", status=Status.CANCELLED)
    Registration.objects.filter(pk=needy.pk).update(checked_in_at=meeting.registration_closes_at)
    found = attendance(meeting)
    assert found.places == places_of(meeting)
    assert (found.here, found.cancelled, found.cities) == (1, 1, 2)
    assert {one.capacity: (one.coming, one.waiting, one.here) for one in found.by_capacity if one.coming} == {
        "mayor": (1, 0, 0),
        "delegate": (1, 0, 1),
        "expert": (1, 0, 0),
    }
    assert found.diet.persons == 3
    assert found.diet.answers[0][1] == 2
    assert (found.letters_wanted, found.letters_issued) == (1, 0)
    assert len(found.absent) == City.objects.members().count() - 2


def test_the_page_names_the_cities_for_which_nobody_comes_with_their_focal_points(
    staff, auditor, signed_in, meeting, needy
):
    asked = person("focal.krakow@example.org", name="The focal point of Kraków")
    mandate(asked, "krakow", Coordinator.Role.FOCAL_POINT)
    text = staff.get(f"/admin/meetings/meeting/{meeting.pk}/people/").content.decode()
    assert "The focal point of Kraków" in text
    assert "mailto:focal.krakow@example.org" in text
    read = signed_in(auditor).get(f"/admin/meetings/meeting/{meeting.pk}/people/").content.decode()
    assert "The focal point of Kraków" in read
    assert "mailto:" not in read


@pytest.mark.parametrize("number", [3, 300])
def test_the_figures_cost_the_same_for_three_and_for_three_hundred(staff, meeting, number, django_assert_num_queries):
    many(meeting, number)
    with django_assert_num_queries(PEOPLE_QUERIES):
        staff.get(f"/admin/meetings/meeting/{meeting.pk}/people/")


PEOPLE_QUERIES = 17


def test_badges_name_those_who_have_a_place(staff, meeting, needy):
    make_registration(meeting, "w@example.org", name="Waits", city="", status=Status.WAITING)
    text = staff.get(f"/admin/meetings/meeting/{meeting.pk}/badges/").content.decode()
    assert "A needy delegate" in text
    assert "Waits" not in text
    assert not [secret for secret in SECRETS if secret in text]


# What waits


def test_letters_that_are_wanted_wait_on_the_start_page(staff, officer, auditor, meeting, needy):
    (duty,) = registration_duties(officer)
    assert (duty.number, duty.meeting) == (1, meeting)
    assert registration_duties(auditor) == []
    text = staff.get("/admin/").content.decode()
    url = f"{reverse('admin:meetings_registration_changelist')}?meeting={meeting.pk}&amp;visa=waits"
    assert f'<a href="{url}">1 person</a> waits for a letter for a visa.' in text
    staff.post(f"{LIST}{needy.pk}/letter-issued/")
    assert registration_duties(officer) == []


def test_a_search_finds_best_first(meeting, needy):
    other = make_registration(meeting, "o@example.org", name="Ana Delegate")
    rows = Registration.objects.all()
    assert matching(rows, "delegate") == [needy.pk, other.pk]
    assert matching(rows, other.code) == [other.pk]
    assert matching(rows, " ") == []
    assert matching(rows, "delegate@example.org") == []
    assert matching(rows, "DELEGATE@example.org", with_address=True) == [needy.pk]
