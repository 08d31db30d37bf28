import datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from cities.exceptions import MandateRefused, TransitionNotAllowed
from cities.models import (
    City,
    CommissionOfficer,
    Coordinator,
    Country,
    CreativeField,
    Evaluator,
    FocalPointChange,
    HistoryEntry,
    Invitation,
    OutboxMessage,
    PrivateFile,
)
from cities.services import focal_point_change as changes
from cities.services.history import flaws
from cities.services.invitation import accept_with_new_account, invite, new_token
from cities.services.mandate import begin_mandate, end_mandate
from tests.conftest import mandate, person

Kind, Role, Status = Invitation.Kind, Coordinator.Role, FocalPointChange.Status
PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


def letter() -> SimpleUploadedFile:
    return SimpleUploadedFile("letter.pdf", PDF, "application/pdf")


def in_force(user, city) -> list[str]:
    return list(Coordinator.objects.of(user).in_force().filter(city=city).values_list("role", flat=True))


def verbs() -> list[str]:
    known = {"mandate", "person", "invitation", "focal_point"}
    acts = HistoryEntry.objects.order_by("number").values_list("verb", flat=True)
    return [verb for verb in acts if verb.partition(".")[0] in known]


def mails() -> list[tuple[str, str]]:
    return list(OutboxMessage.objects.order_by("pk").values_list("template", "to"))


# Staff appoint and end


def test_staff_appoint_a_focal_point(lyon, officer):
    new = person("new.lyon@example.org", language="fr")
    made = begin_mandate(user=new, by=officer, kind=Kind.COORDINATOR, city=lyon, role=Role.FOCAL_POINT)
    assert (made.user, made.city, made.role, made.appointed_by, made.ends_at) == (
        new,
        lyon,
        "focal-point",
        officer,
        None,
    )
    assert made.is_in_force
    assert verbs() == ["mandate.begun"]
    mail = OutboxMessage.objects.get()
    assert (mail.template, mail.to, mail.language) == ("mandate-begun", "new.lyon@example.org", "fr")
    assert "http://localhost:8000/fr/my/" in mail.body


def test_a_city_has_one_focal_point(lyon, coordinator, officer):
    with pytest.raises(MandateRefused, match="The city has a focal point"):
        begin_mandate(user=person("b@example.org"), by=officer, kind=Kind.COORDINATOR, city=lyon, role=Role.FOCAL_POINT)
    assert in_force(coordinator, lyon) == ["focal-point"]
    assert mails() == []


def test_who_rises_leaves_the_lower_mandate_in_the_same_instant(lyon, editor, officer):
    low = Coordinator.objects.get(user=editor)
    high = begin_mandate(user=editor, by=officer, kind=Kind.COORDINATOR, city=lyon, role=Role.ALTERNATE)
    low.refresh_from_db()
    assert low.ends_at == high.begins_at
    assert in_force(editor, lyon) == ["alternate"]


@pytest.mark.parametrize("role", [Role.ALTERNATE, Role.EDITOR])
def test_nobody_has_two_mandates_for_a_city(lyon, alternate, officer, role):
    with pytest.raises(MandateRefused, match="already a coordinator of the city: alternate"):
        begin_mandate(user=alternate, by=officer, kind=Kind.COORDINATOR, city=lyon, role=role)


def test_one_person_may_serve_several_cities(lyon, other_coordinator, officer):
    begin_mandate(user=other_coordinator, by=officer, kind=Kind.COORDINATOR, city=lyon, role=Role.EDITOR)
    slugs = City.objects.coordinated_by(other_coordinator).values_list("slug", flat=True)
    assert sorted(slugs) == ["lyon", "ostersund"]


def test_a_closed_account_gets_no_mandate(lyon, officer):
    closed = person("closed@example.org", is_active=False)
    with pytest.raises(MandateRefused, match="The account of this person is closed"):
        begin_mandate(user=closed, by=officer, kind=Kind.COORDINATOR, city=lyon, role=Role.EDITOR)


@pytest.mark.parametrize("who", ["coordinator", "alternate", "editor", "former_coordinator", "evaluator", "auditor"])
def test_only_the_secretariat_appoints(lyon, request, who):
    with pytest.raises(MandateRefused, match="Only the secretariat appoints"):
        begin_mandate(
            user=person("b@example.org"),
            by=request.getfixturevalue(who),
            kind=Kind.COORDINATOR,
            city=lyon,
            role=Role.EDITOR,
        )


def test_commission_and_panel_are_mandates_of_the_same_kind(network, officer):
    someone = person("someone@example.org")
    france, film = Country.objects.get(pk="FR"), CreativeField.objects.get(slug="film")
    for scope in (
        {"kind": Kind.COMMISSION, "country": france},
        {"kind": Kind.EVALUATOR, "panel": "experts", "field": film},
    ):
        made = begin_mandate(user=someone, by=officer, **scope)
        with pytest.raises(MandateRefused, match="has the mandate already"):
            begin_mandate(user=someone, by=officer, **scope)
        end_mandate(mandate=made, by=officer)
        assert begin_mandate(user=someone, by=officer, **scope).pk != made.pk
    assert CommissionOfficer.objects.in_force().get().country == france
    assert Evaluator.objects.in_force().get().field == film
    assert [template for template, _to in mails()] == ["mandate-begun", "mandate-ended", "mandate-begun"] * 2


def test_ending_takes_effect_at_once(lyon, coordinator, alternate):
    assert alternate.has_perm("cities.edit_profile", lyon)
    ended = end_mandate(mandate=Coordinator.objects.get(user=alternate), by=coordinator)
    assert not ended.is_in_force
    assert not alternate.has_perm("cities.edit_profile", lyon)
    assert verbs() == ["mandate.ended"]
    assert mails() == [("mandate-ended", alternate.email)]


def test_a_mandate_ends_once(lyon, coordinator, alternate):
    held = Coordinator.objects.get(user=alternate)
    end_mandate(mandate=held, by=coordinator)
    with pytest.raises(MandateRefused, match="has ended already"):
        end_mandate(mandate=held, by=coordinator)
    assert mails() == [("mandate-ended", alternate.email)]


@pytest.mark.parametrize("who", ["alternate", "editor", "former_coordinator", "other_coordinator", "auditor"])
def test_others_end_no_mandate(lyon, coordinator, request, who):
    held = mandate(person("second.editor@example.org"), "lyon", Role.EDITOR)
    with pytest.raises(MandateRefused, match="Only the focal point of the city, or the secretariat"):
        end_mandate(mandate=held, by=request.getfixturevalue(who))
    assert held.is_in_force


def test_a_focal_point_ends_neither_the_own_mandate_nor_one_of_another_kind(lyon, coordinator, commission_officer):
    with pytest.raises(MandateRefused, match="needs a letter of the mayor"):
        end_mandate(mandate=Coordinator.objects.get(user=coordinator), by=coordinator)
    with pytest.raises(MandateRefused, match="Only the focal point of the city"):
        end_mandate(mandate=CommissionOfficer.objects.get(), by=coordinator)


def test_invitations_of_a_focal_point_end_with_the_mandate(lyon, coordinator, officer):
    theirs = invite(
        kind=Kind.COORDINATOR, email="e@example.org", language="en", by=coordinator, city=lyon, role=Role.EDITOR
    )
    of_staff = invite(
        kind=Kind.COORDINATOR, email="f@example.org", language="en", by=officer, city=lyon, role=Role.EDITOR
    )
    end_mandate(mandate=Coordinator.objects.get(user=coordinator), by=officer)
    theirs.refresh_from_db()
    of_staff.refresh_from_db()
    assert (theirs.is_open, of_staff.is_open) == (False, True)


# Another focal point


def ask(lyon, coordinator, email="new.lyon@example.org") -> FocalPointChange:
    return changes.request_change(
        city=lyon, email=email, name="New Person", language="fr", letter=letter(), by=coordinator
    )


def test_the_focal_point_asks_with_the_mayors_letter(lyon, coordinator):
    change = ask(lyon, coordinator, " New.Lyon@Example.org ")
    assert (change.status, change.email, change.requested_by) == ("submitted", "new.lyon@example.org", coordinator)
    stored = PrivateFile.objects.get()
    assert (change.letter, stored.city, stored.name, stored.uploaded_by) == (stored, lyon, "letter.pdf", coordinator)
    assert mails() == [("focal-point-requested", coordinator.email), ("focal-point-to-staff", "contact@example.org")]
    assert verbs() == ["focal_point.requested"]
    entry = HistoryEntry.objects.order_by("number").last()
    assert "new.lyon" not in str(entry.content())
    assert "New Person" not in str(entry.content())


@pytest.mark.parametrize("who", ["alternate", "editor", "former_coordinator", "other_coordinator", "officer"])
def test_nobody_else_asks(lyon, coordinator, request, who):
    with pytest.raises(MandateRefused, match="Only the focal point of the city can do this"):
        ask(lyon, request.getfixturevalue(who))
    assert PrivateFile.objects.count() == 0


def test_a_city_asks_once_at_a_time_and_for_somebody_else(lyon, coordinator):
    with pytest.raises(MandateRefused, match="the address of the focal point now"):
        ask(lyon, coordinator, "Coordinator.Lyon@example.org")
    ask(lyon, coordinator)
    with pytest.raises(MandateRefused, match="waiting for staff already"):
        ask(lyon, coordinator, "third@example.org")
    assert PrivateFile.objects.count() == 1


def test_approval_switches_to_a_person_with_an_account(lyon, coordinator, alternate, officer):
    change = ask(lyon, coordinator, alternate.email)
    before = invite(
        kind=Kind.COORDINATOR, email="e@example.org", language="en", by=coordinator, city=lyon, role=Role.EDITOR
    )
    changes.approve_change(change=change, by=officer)
    old, new = Coordinator.objects.get(user=coordinator), Coordinator.objects.in_force().get(user=alternate)
    assert (new.role, new.letter, new.appointed_by) == ("focal-point", change.letter, officer)
    assert old.ends_at == new.begins_at == Coordinator.objects.get(user=alternate, role="alternate").ends_at
    assert in_force(coordinator, lyon) == []
    assert alternate.has_perm("cities.manage_team", lyon)
    before.refresh_from_db()
    assert not before.is_open
    assert mails()[-3:] == [
        ("focal-point-approved", coordinator.email),
        ("mandate-ended", coordinator.email),
        ("mandate-begun", alternate.email),
    ]
    assert list(flaws()) == []


def test_approval_of_somebody_new_switches_when_they_accept(lyon, coordinator, officer):
    change = ask(lyon, coordinator)
    changes.approve_change(change=change, by=officer)
    invitation = Invitation.objects.get()
    assert (invitation.role, invitation.change, invitation.language) == ("focal-point", change, "fr")
    assert in_force(coordinator, lyon) == ["focal-point"]
    with pytest.raises(MandateRefused, match="the new person has yet to accept"):
        ask(lyon, coordinator, "third@example.org")
    new = accept_with_new_account(
        token=new_token(invitation), name="New Person", password="a long and good one", language="fr"
    )
    held = Coordinator.objects.in_force().get(city=lyon)
    assert (held.user, held.role, held.letter, held.appointed_by) == (new, "focal-point", change.letter, officer)
    assert Coordinator.objects.get(user=coordinator).ends_at == held.begins_at
    assert mails()[-2:] == [("mandate-ended", coordinator.email), ("mandate-begun", "new.lyon@example.org")]


def test_a_failure_on_the_way_switches_nothing(lyon, coordinator, alternate, officer, monkeypatch):
    change = ask(lyon, coordinator, alternate.email)
    counted = len(mails())

    def fail(*args, **kwargs):
        raise RuntimeError

    monkeypatch.setattr(Coordinator, "save", fail)
    with pytest.raises(RuntimeError):
        changes.approve_change(change=change, by=officer)
    monkeypatch.undo()
    change.refresh_from_db()
    assert change.status == "submitted"
    assert in_force(coordinator, lyon) == ["focal-point"]
    assert in_force(alternate, lyon) == ["alternate"]
    assert len(mails()) == counted


def test_a_change_never_takes_the_office_from_a_third_person(lyon, coordinator, alternate, officer):
    change = ask(lyon, coordinator, alternate.email)
    end_mandate(mandate=Coordinator.objects.get(user=coordinator), by=officer)
    third = person("third.lyon@example.org")
    begin_mandate(user=third, by=officer, kind=Kind.COORDINATOR, city=lyon, role=Role.FOCAL_POINT)
    with pytest.raises(MandateRefused, match="The city has a focal point"):
        changes.approve_change(change=change, by=officer)
    change.refresh_from_db()
    assert (change.status, in_force(third, lyon)) == ("submitted", ["focal-point"])


def test_a_closed_account_is_not_approved(lyon, coordinator, officer):
    closed = person("closed@example.org", is_active=False)
    change = ask(lyon, coordinator, closed.email)
    with pytest.raises(MandateRefused, match="The account of this person is closed"):
        changes.approve_change(change=change, by=officer)
    assert in_force(coordinator, lyon) == ["focal-point"]


def test_refusal_says_why_and_the_history_does_not(lyon, coordinator, officer):
    change = ask(lyon, coordinator)
    with pytest.raises(MandateRefused, match="Say why"):
        changes.refuse_change(change=change, reason="  ", by=officer)
    changes.refuse_change(change=change, reason="The letter is not signed.", by=officer)
    change.refresh_from_db()
    assert (change.status, change.reason, change.decided_by) == ("refused", "The letter is not signed.", officer)
    mail = OutboxMessage.objects.order_by("pk").last()
    assert (mail.template, mail.to) == ("focal-point-refused", coordinator.email)
    assert "The letter is not signed." in mail.body
    assert HistoryEntry.objects.order_by("number").last().reason == ""
    assert ask(lyon, coordinator).status == "submitted"


MOVES = {
    Status.APPROVED: lambda change, officer, coordinator: changes.approve_change(change=change, by=officer),
    Status.REFUSED: lambda change, officer, coordinator: changes.refuse_change(change=change, reason="No.", by=officer),
    Status.WITHDRAWN: lambda change, officer, coordinator: changes.withdraw_change(change=change, by=coordinator),
}


@pytest.mark.parametrize("to", MOVES)
@pytest.mark.parametrize("now", Status)
def test_every_pair_of_states(lyon, coordinator, officer, now, to):
    change = ask(lyon, coordinator)
    FocalPointChange.objects.filter(pk=change.pk).update(status=now)
    if to in FocalPointChange.TRANSITIONS.get(now, set()):
        MOVES[to](change, officer, coordinator)
        change.refresh_from_db()
        assert change.status == to
    else:
        with pytest.raises(TransitionNotAllowed, match="the request is"):
            MOVES[to](change, officer, coordinator)
        change.refresh_from_db()
        assert change.status == now


@pytest.mark.parametrize("who", ["coordinator", "alternate", "auditor", "evaluator", "former_coordinator"])
def test_only_the_secretariat_decides(lyon, coordinator, request, who):
    change = ask(lyon, coordinator)
    by = request.getfixturevalue(who)
    for decide in (
        lambda: changes.approve_change(change=change, by=by),
        lambda: changes.refuse_change(change=change, reason="No.", by=by),
    ):
        with pytest.raises(MandateRefused, match="Only the secretariat decides"):
            decide()


@pytest.mark.parametrize("who", ["alternate", "editor", "officer", "other_coordinator"])
def test_only_the_focal_point_withdraws(lyon, coordinator, request, who):
    change = ask(lyon, coordinator)
    with pytest.raises(MandateRefused, match="Only the focal point of the city can do this"):
        changes.withdraw_change(change=change, by=request.getfixturevalue(who))


# What lists show is what the rules say


@pytest.mark.parametrize(
    "who",
    [
        "coordinator",
        "alternate",
        "editor",
        "former_coordinator",
        "other_coordinator",
        "commission_officer",
        "evaluator",
        "officer",
        "administrator",
        "auditor",
        "admin_user",
        "closed",
    ],
)
def test_lists_and_rules_are_equal(
    lyon,
    coordinator,
    former_coordinator,
    other_coordinator,
    evaluator,
    commission_officer,
    officer,
    administrator,
    request,
    who,
):
    if who == "closed":
        user = person("closed@example.org", is_active=False)
        mandate(user, "lyon", Role.EDITOR)
    else:
        user = request.getfixturevalue(who)
    ask(lyon, coordinator)
    theirs = City.objects.get(slug="ostersund")
    changes.request_change(
        city=theirs, email="x@example.org", name="X", language="en", letter=letter(), by=other_coordinator
    )
    for city in (lyon, theirs):
        invite(kind=Kind.COORDINATOR, email="y@example.org", language="en", by=officer, city=city, role=Role.EDITOR)
    film = CreativeField.objects.get(slug="film")
    invite(kind=Kind.EVALUATOR, email="z@example.org", language="en", by=officer, panel="cities", field=film, city=lyon)
    past = mandate(person("past@example.org"), "lyon", Role.EDITOR)
    Coordinator.objects.filter(pk=past.pk).update(ends_at=timezone.now() - datetime.timedelta(days=1))
    for model in (Coordinator, CommissionOfficer, Evaluator, Invitation, FocalPointChange, PrivateFile):
        permission = f"cities.view_{model._meta.model_name}"
        allowed = {row.pk for row in model.objects.all() if user.has_perm(permission, row)}
        assert set(model.objects.visible_to(user).values_list("pk", flat=True)) == allowed, model
        assert model.objects.visible_to(user).count() == len(allowed), model
