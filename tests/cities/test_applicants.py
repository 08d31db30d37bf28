"""The team of an application: invited, begun, ended, erased; and the way in for who wants to begin one."""

import json

import pytest
from django.utils import timezone

from cities.exceptions import MandateRefused, TransitionNotAllowed
from cities.models import (
    Answer,
    Applicant,
    Application,
    ApplicationDocument,
    Assignment,
    Decision,
    HistoryEntry,
    Invitation,
    OutboxMessage,
    Snapshot,
)
from cities.services.invitation import (
    InvitationClosed,
    accept,
    accept_with_new_account,
    ask_to_begin,
    find,
    invite,
    new_token,
    send_again,
    withdraw,
)
from cities.services.mandate import end_mandate
from cities.services.privacy import erase, holdings
from cities.services.submission import submit
from rvcu.models import User
from tests.conftest import person
from tests.factories.applications import complete_application
from tests.factories.calls import add_applicant, answer, make_application, make_assignment, make_call

Kind, Role = Invitation.Kind, Applicant.Role
PASSWORD = "a long and good one"
pytestmark = pytest.mark.usefixtures("network")


@pytest.fixture
def owner(network):
    return person("owner@example.org", name="Owner of the Tests")


@pytest.fixture
def draft(owner) -> Application:
    return make_application(make_call(), owner=owner)


def invited(application, by, role=Role.EDITOR, email="new@example.org", **fields) -> Invitation:
    known = {"language": "en", "name": "New Person"}
    return invite(kind=Kind.APPLICANT, application=application, by=by, email=email, role=role, **known | fields)


# Inviting and accepting


@pytest.mark.parametrize("role", list(Role))
def test_an_owner_invites_and_the_link_leads_to_the_application(draft, owner, client, role):
    invitation = invited(draft, owner, role)
    mail = OutboxMessage.objects.get()
    assert mail.subject == "Invitation: the application of Besançon"
    page = client.get(f"/en/account/invitation/{(token := new_token(invitation))}/")
    assert "You are invited to work on the application of Besançon" in page.content.decode()
    given = {"name": "New Person", "language": "en", "password": PASSWORD, "again": PASSWORD}
    accepted = client.post(f"/en/account/invitation/{token}/", given)
    assert accepted.url == f"/en/my/applications/{draft.pk}/"
    held = Applicant.objects.in_force().get(user__email="new@example.org")
    assert (held.role, held.application, held.appointed_by) == (role, draft, owner)
    assert "mandate-begun" in OutboxMessage.objects.values_list("template", flat=True)
    with pytest.raises(InvitationClosed):
        find(token)


def test_who_has_an_account_accepts_with_it_and_may_rise(draft, owner):
    reader = person("reader@example.org")
    add_applicant(draft, reader, Role.READER)
    invitation = invited(draft, owner, Role.OWNER, email=reader.email)
    accept(token=new_token(invitation), by=reader)
    assert [held.role for held in Applicant.objects.of(reader).in_force()] == [Role.OWNER]
    with pytest.raises(MandateRefused, match="works on the application already: owner"):
        invited(draft, owner, Role.EDITOR, email=reader.email)


def test_the_same_invitation_is_sent_again_and_not_twice(draft, owner):
    invitation = invited(draft, owner)
    with pytest.raises(MandateRefused, match="is open already"):
        invited(draft, owner)
    first = new_token(invitation)
    send_again(invitation=invitation, by=owner)
    with pytest.raises(InvitationClosed):
        find(first)
    withdraw(invitation=invitation, by=owner)
    assert not Invitation.objects.open().exists()


@pytest.mark.parametrize("role", [Role.EDITOR, Role.READER])
def test_others_of_the_team_invite_nobody(draft, owner, role):
    colleague = person("colleague@example.org")
    held = add_applicant(draft, colleague, role)
    invitation = invited(draft, owner)
    refused = (
        lambda: invited(draft, colleague, email="x@example.org"),
        lambda: withdraw(invitation=invitation, by=colleague),
        lambda: send_again(invitation=invitation, by=colleague),
        lambda: end_mandate(mandate=held, by=colleague),
    )
    for act in refused:
        with pytest.raises(MandateRefused, match="Only an owner of the application, or the secretariat"):
            act()


def test_an_owner_of_one_application_has_no_say_in_another(draft, owner, coordinator):
    other = make_application(draft.call, "Tours", owner=person("other@example.org"))
    for who in (owner, coordinator):
        with pytest.raises(MandateRefused):
            invited(other, who)


def test_the_secretariat_helps_an_application_without_an_owner(draft, owner, officer):
    Applicant.objects.update(ends_at=timezone.now())
    invitation = invited(draft, officer, Role.OWNER)
    accept_with_new_account(token=new_token(invitation), name="New", password=PASSWORD, language="fr")
    assert Applicant.objects.in_force().get().role == Role.OWNER


def test_owners_see_the_invitations_to_their_application_alone(draft, owner):
    mine = invited(draft, owner)
    other_owner = person("other@example.org")
    theirs = invited(make_application(draft.call, "Tours", owner=other_owner), other_owner)
    for user, seen in ((owner, {mine}), (other_owner, {theirs})):
        assert set(Invitation.objects.visible_to(user)) == seen
        assert {one for one in (mine, theirs) if user.has_perm("cities.view_invitation", one)} == seen


# Ending


def test_an_owner_ends_a_mandate_and_the_last_owner_stays(draft, owner, signed_in):
    second = person("second@example.org")
    held = add_applicant(draft, second, Role.OWNER)
    invitation = invited(draft, second, email="third@example.org")
    end_mandate(mandate=held, by=owner)
    invitation.refresh_from_db()
    assert invitation.withdrawn_at is not None
    assert OutboxMessage.objects.get(template="mandate-ended").to == second.email
    assert signed_in(second).get(f"/en/my/applications/{draft.pk}/").status_code == 404
    with pytest.raises(MandateRefused, match="Invite another one first"):
        end_mandate(mandate=Applicant.objects.in_force().get(user=owner), by=owner)
    with pytest.raises(MandateRefused, match="ended already"):
        end_mandate(mandate=held, by=owner)


def test_edge_o_who_leaves_while_the_draft_is_open_leaves_their_words(draft, owner):
    editor = person("application.editor@example.org")
    held = add_applicant(draft, editor, Role.EDITOR)
    answer(draft, "presentation", "Written by the editor.", updated_by=editor)
    end_mandate(mandate=held, by=owner)
    assert not editor.has_perm("cities.view_application", draft)
    assert Answer.objects.get().value == "Written by the editor."


# The page


def team(application) -> str:
    return f"/en/my/applications/{application.pk}/team/"


def test_the_team_by_its_page(draft, owner, signed_in):
    client = signed_in(owner)
    given = {"name": "New", "email": "new@example.org", "language": "fr", "role": "reader"}
    assert client.post(f"{team(draft)}invite/", given).url == team(draft)
    assert client.get(f"{team(draft)}invite/").url == team(draft)
    invitation = Invitation.objects.get()
    assert "new@example.org" in client.get(team(draft)).content.decode()
    assert client.post(f"{team(draft)}invitations/{invitation.pk}/again/").url == team(draft)
    assert client.post(f"{team(draft)}invitations/{invitation.pk}/withdraw/").url == team(draft)
    colleague = add_applicant(draft, person("colleague@example.org"), Role.EDITOR)
    assert "colleague@example.org" in client.get(f"{team(draft)}{colleague.pk}/end/").content.decode()
    assert Applicant.objects.in_force().count() == 2
    assert client.post(f"{team(draft)}{colleague.pk}/end/").url == team(draft)
    assert Applicant.objects.in_force().count() == 1
    refused = client.post(f"{team(draft)}invite/", given | {"email": "owner@example.org"}).content.decode()
    assert "works on the application already" in refused


def test_what_belongs_to_another_application_is_not_there(draft, owner, signed_in):
    other_owner = person("other@example.org")
    other = make_application(draft.call, "Tours", owner=other_owner)
    invitation, held = invited(other, other_owner), other.applicants.get()
    client = signed_in(owner)
    assert client.post(f"{team(draft)}{held.pk}/end/").status_code == 404
    assert client.post(f"{team(draft)}invitations/{invitation.pk}/withdraw/").status_code == 404
    assert client.get(team(other)).status_code == 404


@pytest.mark.parametrize("role", [Role.EDITOR, Role.READER])
def test_the_others_see_the_team_and_change_nothing(draft, owner, signed_in, role):
    colleague = person("colleague@example.org")
    held = add_applicant(draft, colleague, role)
    client = signed_in(colleague)
    assert "Invite somebody" not in client.get(team(draft)).content.decode()
    assert client.post(f"{team(draft)}invite/").status_code == 403
    assert client.post(f"{team(draft)}{held.pk}/end/").status_code == 403


def test_the_page_costs_the_same_for_one_and_for_thirty(draft, owner, signed_in, django_assert_num_queries):
    client = signed_in(owner)
    with django_assert_num_queries(16):
        client.get(team(draft))
    for number in range(30):
        add_applicant(draft, person(f"colleague.{number}@example.org"), Role.EDITOR)
        invited(draft, owner, email=f"new.{number}@example.org")
    with django_assert_num_queries(16):
        client.get(team(draft))


# Who wants to begin


def test_a_visitor_verifies_an_address_and_begins(client, network):
    call = make_call()
    ask_to_begin(call=call, email=" New.Team@example.org ", language="fr")
    invitation = Invitation.objects.get()
    assert (invitation.email, invitation.call, invitation.application, invitation.invited_by) == (
        "new.team@example.org",
        call,
        None,
        None,
    )
    mail = OutboxMessage.objects.get()
    assert (mail.template, mail.language) == ("invitation-applicant", "fr")
    page = client.get(f"/fr/account/invitation/{(token := new_token(invitation))}/")
    assert page.status_code == 200
    given = {"name": "New Team", "language": "fr", "password": PASSWORD, "again": PASSWORD}
    assert client.post(f"/fr/account/invitation/{token}/", given).url == f"/fr/calls/{call.slug}/apply/"
    assert User.objects.get(email="new.team@example.org").name == "New Team"
    assert not Applicant.objects.exists()
    assert HistoryEntry.objects.about(invitation).count() == 2


def test_an_account_is_told_to_sign_in_and_a_closed_one_nothing(owner):
    call = make_call()
    ask_to_begin(call=call, email="OWNER@example.org", language="en")
    mail = OutboxMessage.objects.get()
    assert (mail.template, mail.user) == ("application-begin-account", owner)
    assert f"?next=/en/calls/{call.slug}/apply/" in mail.body
    assert not Invitation.objects.exists()
    User.objects.update(is_active=False)
    ask_to_begin(call=call, email=owner.email, language="en")
    assert OutboxMessage.objects.count() == 1


def test_asked_again_one_invitation_is_renewed_and_few_mails_leave(network):
    call = make_call()
    for _time in range(5):
        ask_to_begin(call=call, email="again@example.org", language="en")
    assert Invitation.objects.count() == 1
    # What was not sent yet is withdrawn for the newer one; after three in a day nothing is written.
    assert OutboxMessage.objects.count() == 3


@pytest.mark.parametrize("phase", ["scheduled", "screening"])
def test_nothing_begins_in_a_call_that_is_not_open(network, phase):
    with pytest.raises(TransitionNotAllowed, match="takes no new applications now"):
        ask_to_begin(call=make_call(phase), email="x@example.org", language="en")


# Privacy


@pytest.fixture
def zoe(owner) -> User:
    """An owner whom an application names everywhere."""
    zoe = person("zoe@example.org", name="Zoé Quinn")
    application = complete_application(owner=zoe)
    value = {"mayor": {"name": "Zoé Quinn", "email": "zoe@example.org"}, "main": {"name": "Another Person"}}
    contacts = application.answers.get(question__key="contacts").value
    application.answers.filter(question__key="contacts").update(
        value={role: contacts[role] | value.get(role, {}) for role in contacts}, updated_by=zoe
    )
    application.documents.filter(kind="mayors-letter").update(
        signatory_name="Zoé Quinn", signatory_email="zoe@example.org", signatory_key="zoe0quinn"
    )
    application.photo_uses.update(credit="Zoé Quinn")
    submit(application=application, by=zoe)
    return zoe


def test_the_download_tells_the_own_part_of_an_application(zoe):
    told = holdings(zoe)
    text = json.dumps(told, ensure_ascii=False)
    for heading in ("Members of applications’ teams", "Answers", "Documents of applications", "Submitted applications"):
        assert told[heading], heading
    assert "Another Person" not in text
    assert any(row.get("Signed by") == "Zoé Quinn" for row in told["Documents of applications"])


def test_an_erasure_keeps_what_was_submitted_and_empties_the_rest(zoe, administrator):
    before = Snapshot.objects.get()
    erase(zoe, by=administrator)
    stored = Snapshot.objects.get()
    assert stored.is_intact
    assert stored.content == before.content
    assert "Zoé Quinn" in json.dumps(stored.content, ensure_ascii=False)
    assert not Applicant.objects.in_force().filter(user=zoe).exists()
    assert Answer.objects.get(question__key="contacts").value["mayor"]["name"] != "Zoé Quinn"
    letter = ApplicationDocument.objects.get(kind="mayors-letter")
    assert (letter.signatory_name, letter.signatory_email, letter.signatory_key) == ("", "", "")
    assert letter.file.file.read()
    assert not letter.application.photo_uses.exclude(credit="").exists()


def test_nobody_learns_from_a_download_what_they_may_not_know(draft, evaluator, decision_officer):
    call = draft.call
    asked = make_application(call, "Tours", country="BE", status="eligible")
    mandate = evaluator.evaluator_mandates.get()
    make_assignment(asked, mandate, Assignment.Status.PROPOSED)
    assert not any("Tours" in str(rows) for rows in holdings(evaluator).values())
    Assignment.objects.update(status=Assignment.Status.INVITED)
    assert any("Tours" in str(rows) for rows in holdings(evaluator).values())
    Decision.objects.bulk_create(
        [
            Decision(
                number=1, application=asked, call=call, outcome="designated", reference="DG/1", by=decision_officer,
                decided_on=timezone.localdate(), starts_on=timezone.localdate(), at=timezone.now(),
                previous_hash="0" * 64, hash="1" * 64,
            )
        ]
    )  # fmt: skip
    assert any("DG/1" in str(rows) for rows in holdings(decision_officer).values())
    decision_officer.groups.clear()
    again = User.objects.get(pk=decision_officer.pk)
    assert not any("DG/1" in str(rows) for rows in holdings(again).values())
