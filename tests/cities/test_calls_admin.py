"""Calls as the secretariat's workplace: the draft's forms, what is frozen, the operations."""

import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from cities.admin import call as call_admin
from cities.models import Application, Call, CreativeField, Extension, Question
from cities.services.call import cancel_call, publish_call
from cities.services.demo_call import load_demonstration_call
from tests.factories.calls import DAY, make_application, make_call

Status = Call.Status
PARIS = ZoneInfo("Europe/Paris")

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(officer, signed_in):
    return signed_in(officer)


@pytest.fixture
def draft(network) -> Call:
    return make_call("scheduled", publish=False)


def at(name: str, call: Call) -> str:
    return reverse(f"admin:cities_call_{name}", args=[call.pk])


def told(response) -> str:
    return " ".join(str(message) for message in response.context["messages"])


def filled(page, **changes: Any) -> dict[str, Any]:
    """What a browser would send of a page of the admin, with some of it changed."""
    data: dict[str, Any] = {}
    forms = [page.context["adminform"].form]
    for wrapped in page.context["inline_admin_formsets"]:
        forms += [wrapped.formset.management_form, *wrapped.formset.forms]
    for form in forms:
        for field in form:
            widget = getattr(field.field.widget, "widget", field.field.widget)  # the admin wraps some
            value = widget.format_value(field.value())
            if isinstance(value, (list, tuple)) and not widget.allow_multiple_selected:
                value = value[0] if value else ""
            if isinstance(field.value(), bool):
                if field.value():
                    data[field.html_name] = "on"
            elif value is not None:
                data[field.html_name] = value
    return data | changes


def test_a_draft_is_edited_in_paris_time(staff, draft):
    page = staff.get(at("change", draft))
    local = draft.closes_at.astimezone(PARIS)
    assert f'value="{local:%Y-%m-%dT%H:%M}"' in page.content.decode()
    design = CreativeField.objects.get(slug="design")
    others = [field.pk for field in draft.fields.all() if field != design]
    data = filled(
        page,
        closes_at=f"{local.year}-{local.month:02}-{local.day:02}T23:30",
        max_endorsed="4",
        offered=others,
        priority_regions=["africa"],
        priority_fields=[design.pk],
    )
    response = staff.post(at("change", draft), data)
    assert response.status_code == 302, response.context["errors"]
    call = Call.objects.get()
    assert call.closes_at == local.replace(hour=23, minute=30, second=0)
    assert (call.max_endorsed, call.priority_regions) == (4, ["africa"])
    assert set(call.fields.values_list("pk", flat=True)) == set(others)
    assert list(call.priority_fields.all()) == [design]
    assert call.version == draft.version + 1


def test_dates_out_of_order_get_a_sentence(staff, draft):
    data = filled(staff.get(at("change", draft)), announce_at="2020-01-01T00:00")
    response = staff.post(at("change", draft), data)
    assert response.status_code == 200
    assert "The dates are out of order" in response.content.decode()
    assert 'value="2020-01-01T00:00"' in response.content.decode()


def test_an_address_of_another_page_gets_a_sentence(staff, draft):
    data = filled(staff.get(at("change", draft)), slug="receipt")
    refused = [
        staff.post(at("change", draft), data),
        staff.post(at("copy", draft), {"year": "2029", "slug": "receipt"}),
    ]
    for response in refused:
        assert "Another page has the address “receipt”: choose another." in response.content.decode()
    assert [call.slug for call in Call.objects.all()] == [draft.slug]


def test_edge_d_an_hour_that_does_not_exist_is_refused(staff, draft):
    data = filled(staff.get(at("change", draft)), announce_at="2028-03-26T02:30")
    assert staff.post(at("change", draft), data).context["errors"]


def test_two_officers_do_not_write_over_each_other(staff, draft):
    data = filled(staff.get(at("change", draft)))
    first = staff.post(at("change", draft), data | {"title_en": "First"})
    assert first.status_code == 302, first.context["errors"]
    late = staff.post(at("change", draft), data | {"title_en": "Second"})
    assert "Somebody has saved this call since you opened it" in late.content.decode()
    assert Call.objects.get().title_en == "First"


def test_a_section_is_written_with_its_questions(staff, draft):
    section = draft.sections.get(key="presentation")
    address = reverse("admin:cities_section_change", args=[section.pk])
    page = staff.get(address)
    data = filled(page, help_en="Say it plainly.", help_fr="Dites-le simplement.")
    data["questions-0-words"] = "250"
    assert staff.post(address, data).url == at("change", draft)
    section.refresh_from_db()
    assert section.help_fr == "Dites-le simplement."
    assert section.questions.order_by("position")[0].words == 250


def test_a_published_call_is_only_read(staff, draft, officer):
    edit = filled(staff.get(at("change", draft)))
    section = draft.sections.first()
    address = reverse("admin:cities_section_change", args=[section.pk])
    section_edit = filled(staff.get(address))
    publish_call(call=draft, by=officer)
    for page, data in ((at("change", draft), edit | {"max_endorsed": "9"}), (address, section_edit)):
        assert 'name="_save"' not in staff.get(page).content.decode()
        # Somebody had the form open.
        response = staff.post(page, data, follow=True)
        assert response.status_code == 200
        assert "This call is no longer a draft" in told(response)
    response = staff.post(at("delete", draft), {"post": "yes"}, follow=True)
    assert "This call is no longer a draft" in told(response)
    assert Call.objects.get().max_endorsed == 2


def test_published_in_the_very_moment_of_a_save(staff, draft, officer, monkeypatch):
    """The database refuses what the look before the save could not see; that is a sentence, not an error."""
    data = filled(staff.get(at("change", draft)), max_endorsed="9")
    save = call_admin.CallAdmin.save_model

    def late(self, request, obj, form, change):
        Call.objects.filter(pk=draft.pk).update(status=Status.PUBLISHED, published_at=timezone.now())
        save(self, request, obj, form, change)

    monkeypatch.setattr(call_admin.CallAdmin, "save_model", late)
    response = staff.post(at("change", draft), data, follow=True)
    assert response.status_code == 200
    assert told(response)
    assert Call.objects.get().max_endorsed == 2


def test_a_draft_can_be_removed_whole(staff, draft):
    assert staff.post(at("delete", draft), {"post": "yes"}).status_code == 302
    assert not Call.objects.exists()
    assert not Question.objects.exists()


def test_obstacles_stand_on_the_page_and_keep_from_publishing(staff, draft):
    draft.criteria.all().delete()
    assert "There is no criterion to evaluate by." in staff.get(at("change", draft)).content.decode()
    response = staff.post(at("publish", draft), follow=True)
    assert "one thing is in the way" in told(response)
    assert Call.objects.get().is_draft


def test_publishing_and_taking_back(staff, draft):
    assert "is published" in told(staff.post(at("publish", draft), follow=True))
    assert "published already" in told(staff.post(at("publish", draft), follow=True))
    page = staff.post(at("take_back", draft), {"reason": ""})
    assert page.context["errors"]
    assert "is a draft again" in told(staff.post(at("take_back", draft), {"reason": "Too early."}, follow=True))


def test_more_time_by_its_page(staff, network):
    call = make_call()
    application = make_application(call)
    later = (call.closes_at + DAY).astimezone(PARIS).strftime("%Y-%m-%dT%H:%M")
    address = at("extend", call)

    def refused(**data) -> str:
        response = staff.post(address, {"closes_at": later, "reason": "A failure.", "scope": "all"} | data)
        assert response.status_code == 200
        return str(response.context["errors"])

    assert "Choose the country" in refused(scope="country")
    assert "no application with this reference" in refused(scope="application", reference="2027-999")
    assert "no application with this reference" in refused(scope="application", reference="²")
    assert "Leave the country open" in refused(country="FR")
    assert "Leave the reference open" in refused(reference="2027-001")
    early = (call.closes_at - DAY).astimezone(PARIS).strftime("%Y-%m-%dT%H:%M")
    assert "already, or later" in refused(closes_at=early)
    for data in (
        {"scope": "all"},
        {"scope": "country", "country": "PT"},
        {"scope": "application", "reference": application.reference},
    ):
        # Each later than what holds by then.
        later = (datetime.datetime.fromisoformat(later) + DAY).strftime("%Y-%m-%dT%H:%M")
        given = {"closes_at": later, "reason": "A failure."} | data
        assert "More time is given" in told(staff.post(address, given, follow=True)), data
    assert Extension.objects.count() == 3
    shown = staff.get(at("change", call)).content.decode()
    assert "Portugal" in shown
    assert "A failure." in shown


def test_rescheduling_by_its_page_rounds_no_seconds(staff, network):
    call = make_call("evaluation")
    page = staff.get(at("reschedule", call))
    form = page.context["adminform"].form
    data = {name: form[name].field.widget.format_value(form[name].value()) for name in form.fields}
    assert "Nothing would change" in str(staff.post(at("reschedule", call), data | {"reason": "x"}).context["errors"])
    later = (call.announce_at + DAY).astimezone(PARIS).strftime("%Y-%m-%dT%H:%M")
    data |= {"reason": "Too few reviews.", "announce_at": later}
    assert "are moved" in told(staff.post(at("reschedule", call), data, follow=True))
    moved = Call.objects.get()
    assert moved.screening_until == call.screening_until
    assert moved.announce_at > call.announce_at


def test_cancelling_archiving_and_copying(staff, network, officer):
    call = make_call()
    assert "It has 0 applications" in staff.get(at("cancel", call)).content.decode()
    assert "is cancelled" in told(staff.post(at("cancel", call), {"reason": "No staff."}, follow=True))
    for name in ("cancel", "extend", "reschedule", "archive", "take_back", "document"):
        assert told(staff.get(at(name, call), follow=True)), name
    response = staff.post(at("copy", call), {"year": "2029", "slug": "2029"}, follow=True)
    assert "The new draft has the address 2029" in told(response)
    assert response.redirect_chain[0][0] == at("change", Call.objects.get(slug="2029"))
    assert "already" in str(staff.post(at("copy", call), {"year": "2029", "slug": "2029"}).context["errors"])
    past = make_call(slug="2025", publish=False)
    Call.objects.filter(pk=past.pk).update(status=Status.ANNOUNCED, announced_at=timezone.now())
    assert "is archived" in told(staff.post(at("archive", past), follow=True))


def test_documents_by_their_pages(staff, draft):
    words = {"title_en": "Guide", "title_fr": "Guide", "language": "en"}
    bad = SimpleUploadedFile("guide.pdf", b"MZ")
    assert "no PDF" in str(staff.post(at("document", draft), words | {"upload": bad}).context["errors"])
    good = SimpleUploadedFile("guide.pdf", b"%PDF-1.7 %%EOF")
    assert "is offered" in told(staff.post(at("document", draft), words | {"upload": good}, follow=True))
    document = draft.documents.get()
    removal = reverse("admin:cities_call_document_remove", args=[document.pk])
    assert "is removed" in told(staff.post(removal, {"reason": "Old."}, follow=True))
    assert "no document to remove" in told(staff.post(removal, {"reason": "Old."}, follow=True))


TO_READ = {
    Status.DRAFT: ["Preview in English", "Preview in French", "The form"],
    Status.PUBLISHED: ["The form"],
    Status.ANNOUNCED: ["The form", "Ranking and decisions"],
    Status.ARCHIVED: ["The form", "Ranking and decisions"],
    Status.CANCELLED: ["The form"],
}
OPERATIONS = {
    Status.DRAFT: [*TO_READ[Status.DRAFT], "Publish", "Copy for another year"],
    Status.PUBLISHED: [
        "The form",
        *("Make it a draft again", "Give more time", "Reschedule", "Cancel the call", "Copy for another year"),
    ],
    Status.ANNOUNCED: [*TO_READ[Status.ANNOUNCED], "Archive", "Copy for another year"],
    Status.ARCHIVED: [*TO_READ[Status.ARCHIVED], "Copy for another year"],
    Status.CANCELLED: ["The form", "Copy for another year"],
}


@pytest.mark.parametrize("status", OPERATIONS)
def test_buttons_appear_only_when_allowed(staff, draft, auditor, signed_in, status):
    announced = timezone.now() if status in Call.ANNOUNCED else None
    Call.objects.update(status=status, announced_at=announced)
    page = staff.get(at("change", draft))
    assert [str(operation.label) for operation in page.context["operations"]] == OPERATIONS[status]
    seen = signed_in(auditor).get(at("change", draft))
    assert [str(operation.label) for operation in seen.context["operations"]] == TO_READ[status]
    for operation in seen.context["operations"]:
        assert signed_in(auditor).get(operation.url).status_code == 200


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_form_is_seen_as_an_applicant_will(staff, coordinator, signed_in, language):
    call = make_call(publish=False)
    for section in call.sections.all():
        page = staff.get(f"/{language}/calls/2027/form/{section.key}/")
        assert page.status_code == 200
        shown = page.content.decode()
        assert getattr(section, f"title_{language}") in shown
        for question in section.questions.all():
            assert getattr(question, f"text_{language}") in shown
        assert 'name="save"' not in shown
        assert staff.post(f"/{language}/calls/2027/form/{section.key}/", {"q-presentation": "Mine"}).status_code == 200
    assert not Application.objects.exists()
    assert staff.get("/en/calls/2027/form/unknown/").status_code == 404
    assert signed_in(coordinator).get("/en/calls/2027/form/plan/").status_code == 404


def test_an_auditor_reads_and_runs_nothing(signed_in, auditor, draft):
    client = signed_in(auditor)
    assert client.get(at("change", draft)).status_code == 200
    assert client.post(at("change", draft), {"title_en": "Mine"}).status_code == 403
    for name in ("publish", "copy", "extend", "document", "delete"):
        assert client.get(at(name, draft)).status_code == 403, name


def test_the_list_tells_phase_and_numbers(staff, network, django_assert_num_queries):
    call = make_call()
    make_application(call)
    make_application(call, "Tours", status="submitted")
    address = reverse("admin:cities_call_changelist")
    shown = staff.get(address).content.decode()
    assert "state-phase-open" in shown
    assert '<td class="field-begun_count">2</td><td class="field-received_count">1</td>' in shown.replace("\n", "")
    with django_assert_num_queries(10):
        staff.get(address)
    for year in range(2030, 2060):
        make_call(slug=str(year), year=year, form=False)
    with django_assert_num_queries(10):
        staff.get(address)


def test_a_call_s_page_costs_the_same_with_few_questions_and_many(
    staff, officer, network, django_assert_num_queries, django_assert_max_num_queries
):
    call = make_call("scheduled", publish=False)
    with django_assert_max_num_queries(45) as few:
        staff.get(at("change", call))
    section = call.sections.first()
    Question.objects.bulk_create(
        Question(section=section, key=f"more-{n}", text_en="?", text_fr="?", words=9) for n in range(30)
    )
    with django_assert_num_queries(len(few)):
        staff.get(at("change", call))


def test_the_demonstration_is_read_in_french_too(staff, officer, network):
    call = load_demonstration_call()
    officer.language = "fr"
    officer.save()
    assert staff.get(at("change", call)).status_code == 200
    assert staff.get(at("extend", call)).status_code == 200
    cancel_call(call=call, reason="Assez.", by=officer)
    assert staff.get(at("change", call)).status_code == 200
