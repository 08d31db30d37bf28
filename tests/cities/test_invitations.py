import datetime
import hashlib
import re

import pytest
from django.contrib.auth.models import Group
from django.core import mail
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone, translation

from cities.exceptions import MandateRefused
from cities.models import (
    City,
    CommissionOfficer,
    Coordinator,
    Country,
    CreativeField,
    Evaluator,
    HistoryEntry,
    Invitation,
    OutboxMessage,
)
from cities.services.invitation import (
    AccountExists,
    InvitationClosed,
    accept,
    accept_with_new_account,
    invite,
    new_token,
    send_again,
    withdraw,
)
from cities.services.mandate import end_mandate
from rvcu.models import User
from tests.conftest import mandate, person

Kind, Role = Invitation.Kind, Coordinator.Role
PASSWORD = "a long and good one"
ANSWER = {"name": "New Editor", "language": "en", "password": PASSWORD, "again": PASSWORD}


def invited(by, lyon, email="new.editor@example.org", role=Role.EDITOR, language="en", **fields) -> Invitation:
    return invite(kind=Kind.COORDINATOR, email=email, language=language, by=by, city=lyon, role=role, **fields)


def address(token: str, language: str = "en") -> str:
    with translation.override(language):
        return reverse("cities:invitation", args=[token])


# Who invites whom to what


def test_an_invitation_holds_no_token_until_its_mail_leaves(lyon, coordinator):
    invitation = invited(coordinator, lyon, " New.Editor@Example.org", name=" New Editor ")
    assert (invitation.email, invitation.name, invitation.token_hash) == ("new.editor@example.org", "New Editor", "")
    message = OutboxMessage.objects.get()
    assert (message.template, message.to, message.secret, message.secret_of) == (
        "invitation-coordinator",
        "new.editor@example.org",
        "invitation",
        str(invitation.pk),
    )
    assert f"http://localhost:8000/en/account/invitation/{OutboxMessage.TOKEN}/" in message.body
    token = new_token(invitation)
    invitation.refresh_from_db()
    assert invitation.token_hash == hashlib.sha256(token.encode()).hexdigest()
    assert [entry.verb for entry in HistoryEntry.objects.about(invitation)] == ["person.invited"]
    assert "new.editor" not in str(HistoryEntry.objects.about(invitation).get().content())


def test_a_fresh_token_takes_the_place_of_the_one_before(lyon, coordinator):
    invitation = invited(coordinator, lyon)
    first, second = new_token(invitation), new_token(invitation)
    with pytest.raises(InvitationClosed):
        accept_with_new_account(token=first, name="N", password=PASSWORD, language="en")
    accept_with_new_account(token=second, name="N", password=PASSWORD, language="en")


@pytest.mark.django_db(transaction=True)
def test_the_mail_brings_a_link_that_works(transactional_db, client, settings):
    call_command("import_network", verbosity=0)
    focal_point = person("coordinator.lyon@example.org")
    mandate(focal_point, "lyon", Role.FOCAL_POINT)
    invited(focal_point, City.objects.get(slug="lyon"))
    link = re.search(r"http://localhost:8000(/en/account/invitation/\S+/)", mail.outbox[0].body)[1]
    assert client.get(link).context["case"] == "new"
    assert link.rstrip("/").rpartition("/")[2] not in OutboxMessage.objects.get().body


@pytest.mark.parametrize(("language", "subject"), [("en", "Invitation: coordinator of Lyon"), ("fr", "Lyon")])
def test_the_mail_is_in_the_persons_language(lyon, coordinator, language, subject):
    invited(coordinator, lyon, language=language)
    message = OutboxMessage.objects.get()
    assert subject in message.subject
    assert f"/{language}/account/invitation/" in message.body


@pytest.mark.parametrize(
    "who", ["alternate", "editor", "former_coordinator", "other_coordinator", "evaluator", "auditor"]
)
def test_others_invite_nobody(lyon, coordinator, request, who):
    with pytest.raises(MandateRefused, match="Only the focal point of the city, or the secretariat"):
        invited(request.getfixturevalue(who), lyon)
    assert (Invitation.objects.count(), OutboxMessage.objects.count()) == (0, 0)


def test_a_focal_point_invites_no_focal_point_and_nobody_of_another_kind(lyon, coordinator):
    with pytest.raises(MandateRefused, match="needs a letter of the mayor"):
        invited(coordinator, lyon, role=Role.FOCAL_POINT)
    with pytest.raises(MandateRefused, match="Only the focal point of the city, or the secretariat"):
        invite(
            kind=Kind.COMMISSION,
            email="a@example.org",
            language="en",
            by=coordinator,
            country=Country.objects.get(pk="FR"),
        )
    with pytest.raises(MandateRefused, match="Only an administrator invites staff"):
        invite(
            kind=Kind.STAFF,
            email="a@example.org",
            language="en",
            by=coordinator,
            group=Group.objects.get(name="officer"),
        )


def test_an_officer_invites_no_staff(network, officer):
    with pytest.raises(MandateRefused, match="Only an administrator invites staff"):
        invite(
            kind=Kind.STAFF, email="a@example.org", language="en", by=officer, group=Group.objects.get(name="officer")
        )


def test_nobody_is_invited_twice_to_the_same(lyon, coordinator, alternate):
    invited(coordinator, lyon)
    with pytest.raises(MandateRefused, match="open already"):
        invited(coordinator, lyon, "NEW.editor@example.org")
    invited(coordinator, lyon, role=Role.ALTERNATE)
    for role in (Role.ALTERNATE, Role.EDITOR):
        with pytest.raises(MandateRefused, match="already a coordinator of the city: alternate"):
            invited(coordinator, lyon, alternate.email, role=role)


def test_staff_invite_a_focal_point_only_where_there_is_none(lyon, coordinator, officer):
    with pytest.raises(MandateRefused, match="The city has a focal point"):
        invited(officer, lyon, role=Role.FOCAL_POINT)
    end_mandate(mandate=Coordinator.objects.get(user=coordinator), by=officer)
    invited(officer, lyon, role=Role.FOCAL_POINT)
    with pytest.raises(MandateRefused, match="Somebody else is invited to be the focal point"):
        invited(officer, lyon, "other@example.org", role=Role.FOCAL_POINT)


def test_each_kind_becomes_its_mandate(network, officer, administrator):
    film, france = CreativeField.objects.get(slug="film"), Country.objects.get(pk="FR")
    lyon = City.objects.get(slug="lyon")
    kinds = [
        {"kind": Kind.COORDINATOR, "city": lyon, "role": Role.FOCAL_POINT, "by": officer},
        {"kind": Kind.COMMISSION, "country": france, "by": officer},
        {"kind": Kind.EVALUATOR, "panel": "cities", "field": film, "city": lyon, "by": officer},
        {"kind": Kind.STAFF, "group": Group.objects.get(name="auditor"), "by": administrator},
    ]
    for number, scope in enumerate(kinds):
        invitation = invite(email=f"person{number}@example.org", language="fr", **scope)
        user = accept_with_new_account(token=new_token(invitation), name="N", password=PASSWORD, language="fr")
        assert (user.email, user.language, user.check_password(PASSWORD)) == (f"person{number}@example.org", "fr", True)
        assert list(user.emailaddress_set.values_list("email", "verified", "primary")) == [(user.email, True, True)]
        invitation.refresh_from_db()
        assert (invitation.user, invitation.token_hash, invitation.is_open) == (user, "", False)
    assert Coordinator.objects.in_force().get().appointed_by == officer
    assert CommissionOfficer.objects.in_force().get().country == france
    named = Evaluator.objects.in_force().get()
    assert (named.panel, named.field, named.city) == ("cities", film, lyon)
    staff = User.objects.get(email="person3@example.org")
    assert (staff.is_staff, staff.is_superuser, [group.name for group in staff.groups.all()]) == (
        True,
        False,
        ["auditor"],
    )
    templates = [m.template for m in OutboxMessage.objects.order_by("pk") if m.template.startswith("invitation")]
    assert templates == [f"invitation-{scope['kind']}" for scope in kinds]


# Withdraw, send again


def test_withdrawing_closes_link_and_mail(lyon, coordinator):
    invitation = invited(coordinator, lyon)
    token = new_token(invitation)
    withdraw(invitation=invitation, by=coordinator)
    with pytest.raises(InvitationClosed):
        accept_with_new_account(token=token, name="N", password=PASSWORD, language="en")
    assert OutboxMessage.objects.get().status == "withdrawn"
    for act in (withdraw, send_again):
        with pytest.raises(MandateRefused, match="has been withdrawn"):
            act(invitation=invitation, by=coordinator)


def test_sending_again_gives_a_new_term_and_ends_the_link_before(lyon, coordinator):
    invitation = invited(coordinator, lyon)
    token = new_token(invitation)
    Invitation.objects.filter(pk=invitation.pk).update(expires_at=timezone.now() - datetime.timedelta(days=1))
    assert send_again(invitation=invitation, by=coordinator).is_open
    with pytest.raises(InvitationClosed):
        accept_with_new_account(token=token, name="N", password=PASSWORD, language="en")
    assert list(OutboxMessage.objects.order_by("pk").values_list("status", flat=True)) == ["withdrawn", "approved"]
    accept_with_new_account(token=new_token(invitation), name="N", password=PASSWORD, language="en")
    for act in (withdraw, send_again):
        with pytest.raises(MandateRefused, match="has been accepted"):
            act(invitation=invitation, by=coordinator)


@pytest.mark.parametrize("who", ["alternate", "editor", "other_coordinator", "former_coordinator", "auditor"])
@pytest.mark.parametrize("act", [withdraw, send_again])
def test_others_touch_no_invitation(lyon, coordinator, request, who, act):
    invitation = invited(coordinator, lyon)
    with pytest.raises(MandateRefused, match="Only the focal point of the city, or the secretariat"):
        act(invitation=invitation, by=request.getfixturevalue(who))


def test_an_officer_touches_no_invitation_of_staff(network, administrator, officer):
    group = Group.objects.get(name="officer")
    invitation = invite(kind=Kind.STAFF, email="a@example.org", language="en", by=administrator, group=group)
    for act in (withdraw, send_again):
        with pytest.raises(MandateRefused, match="Only an administrator invites staff"):
            act(invitation=invitation, by=officer)


# The page of the link


def test_reading_does_nothing_and_posting_does_it(lyon, coordinator, client):
    path = address(new_token(invited(coordinator, lyon, name="New Editor")))
    for _time in range(3):
        page = client.get(path)
        assert (page.status_code, page.context["case"]) == (200, "new")
        assert client.head(path).status_code == 200
    assert page["Referrer-Policy"] == "same-origin"
    assert page["X-Robots-Tag"] == "noindex"
    assert "no-store" in page["Cache-Control"]
    assert path.encode() not in re.sub(rb'<a class="language".*?</a>', b"", page.content)
    assert page.context["form"].initial == {"name": "New Editor", "language": "en"}
    assert not User.objects.filter(email="new.editor@example.org").exists()
    accepted = client.post(path, ANSWER)
    assert (accepted.status_code, accepted.url) == (302, "/en/my/")
    user = User.objects.get(email="new.editor@example.org")
    assert client.session["_auth_user_id"] == str(user.pk)
    assert Coordinator.objects.in_force().get(user=user).role == "editor"


def test_it_works_once(lyon, coordinator, client):
    path = address(new_token(invited(coordinator, lyon)))
    client.post(path, ANSWER)
    again = client.post(path, ANSWER | {"password": "another long one", "again": "another long one"})
    assert (again.status_code, again.templates[0].name) == (404, "account/invitation_closed.html")
    assert Coordinator.objects.filter(user__email="new.editor@example.org").count() == 1
    assert User.objects.get(email="new.editor@example.org").check_password(PASSWORD)


def test_every_closed_link_gets_the_same_page(lyon, coordinator, client):
    used, expired, gone = (invited(coordinator, lyon, f"{name}@example.org") for name in ("used", "expired", "gone"))
    paths = [address(new_token(invitation)) for invitation in (used, expired, gone)]
    client.post(paths[0], ANSWER)
    client.logout()
    Invitation.objects.filter(pk=expired.pk).update(expires_at=timezone.now())
    withdraw(invitation=gone, by=coordinator)
    pages = [client.get(path) for path in (*paths, address("unknown"))]
    assert {page.status_code for page in pages} == {404}
    bodies = {re.sub(rb"/account/invitation/[^/]+/|\?next=[^\"]*", b"", page.content) for page in pages}
    assert len(bodies) == 1
    assert "Ask whoever invited you" in pages[0].content.decode()


@pytest.mark.parametrize(
    ("wrong", "field", "sentence"),
    [
        ({"name": ""}, "name", "This field is required."),
        ({"again": "something else"}, "again", "The two passwords differ."),
        ({"password": "short", "again": "short"}, "password", "too short"),
        ({"password": "new.editor@example.org", "again": "new.editor@example.org"}, "password", "too similar"),
        ({"language": "de"}, "language", "Select a valid choice"),
    ],
)
def test_bad_answers_get_a_sentence_and_the_link_stays(lyon, coordinator, client, wrong, field, sentence):
    path = address(new_token(invited(coordinator, lyon)))
    page = client.post(path, ANSWER | wrong)
    assert page.status_code == 200
    assert sentence in " ".join(page.context["form"].errors[field])
    assert f'href="#id_{field}"' in page.content.decode()
    assert client.post(path, ANSWER).status_code == 302


def test_the_owner_of_an_account_signs_in_first(lyon, coordinator, client, signed_in):
    owner = person("owner@example.org")
    path = address(new_token(invited(coordinator, lyon, "Owner@example.org")))
    asked = client.get(path)
    assert asked.context["case"] == "sign-in"
    assert f"/en/account/login/?next={path}" in asked.content.decode()
    assert client.post(path, ANSWER).context["case"] == "sign-in"
    assert not Coordinator.objects.filter(user=owner).exists()
    theirs = signed_in(owner)
    assert theirs.get(path).context["case"] == "accept"
    assert not Coordinator.objects.filter(user=owner).exists()
    assert theirs.post(path).status_code == 302
    assert Coordinator.objects.in_force().get(user=owner).role == "editor"
    assert owner.check_password("the password of the tests")


@pytest.mark.parametrize("email", ["owner@example.org", "nobody@example.org"])
def test_another_person_is_refused(lyon, coordinator, editor, signed_in, email):
    person("owner@example.org")
    token = new_token(invited(coordinator, lyon, email, role=Role.ALTERNATE))
    for ask in (signed_in(editor).get, lambda path: signed_in(editor).post(path, ANSWER)):
        page = ask(address(token))
        assert (page.status_code, page.context["case"]) == (403, "another")
        assert "You are signed in as editor.lyon@example.org" in page.content.decode()
    with pytest.raises(MandateRefused, match="for another person"):
        accept(token=token, by=editor)
    assert Coordinator.objects.in_force().get(user=editor).role == "editor"


def test_an_account_made_meanwhile_is_not_taken_over(lyon, coordinator):
    token = new_token(invited(coordinator, lyon))
    person("new.editor@example.org")
    with pytest.raises(AccountExists):
        accept_with_new_account(token=token, name="N", password=PASSWORD, language="en")


def test_a_mandate_that_cannot_begin_leaves_the_invitation_open(lyon, coordinator, officer, signed_in):
    owner = person("owner@example.org")
    path = address(new_token(invited(coordinator, lyon, owner.email)))
    mandate(owner, "lyon", Role.ALTERNATE)
    page = signed_in(owner).post(path)
    assert "already a coordinator of the city: alternate" in page.context["refusal"]
    assert Invitation.objects.get().is_open


@pytest.mark.parametrize(("language", "heading"), [("en", "<h1>Invitation</h1>"), ("fr", "<h1>Invitation</h1>")])
def test_pages_in_both_languages(lyon, coordinator, client, language, heading):
    token = new_token(invited(coordinator, lyon))
    page = client.get(address(token, language)).content.decode()
    assert heading in page
    assert f'lang="{language}"' in page


def test_a_new_member_of_staff_goes_to_the_administration(network, administrator, client):
    group = Group.objects.get(name="officer")
    invitation = invite(kind=Kind.STAFF, email="new.officer@example.org", language="en", by=administrator, group=group)
    assert client.post(address(new_token(invitation)), ANSWER).url == "/admin/"
