"""Signing in: the pages, the second step, what is refused, and that no page tells who has an account."""

import re
import time

import pytest
from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.account.utils import user_pk_to_url_str
from allauth.core.internal import ratelimit
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from allauth.usersessions.models import UserSession
from django.core import checks
from django.core.cache import cache
from django.core.cache.backends.db import DatabaseCache
from django.db import IntegrityError
from django.test import Client
from django.urls import LocalePrefixPattern, URLPattern, URLResolver, get_resolver

from cities.access import EVERYONE, PERSONS
from cities.models import HistoryEntry, OutboxMessage
from cities.services.second_factor import take_away_second_factor
from rvcu.account import OPEN
from rvcu.models import User
from rvcu.templatetags.rvcu import browser
from tests.conftest import sign_in

PASSWORD = "the password of the tests"
NEW = "another password of the tests"
SIGN_IN = "/en/account/login/"


@pytest.fixture(autouse=True)
def no_attempts_yet(db):
    cache.clear()


@pytest.fixture
def reader(db) -> User:
    return User.objects.create_user("reader@example.org", PASSWORD, name="Reader", language="fr")


@pytest.fixture
def app(reader) -> str:
    """The secret of an authenticator app."""
    secret = generate_totp_secret()
    TOTP.activate(reader, secret)
    return secret


def code_of(secret: str) -> str:
    """What the app shows now, with a moment left to type it."""
    if time.time() % 30 > 28:
        time.sleep(2)
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def enter(client: Client, email: str, password: str = PASSWORD, **more):
    extra = {name: more.pop(name) for name in ("headers", "REMOTE_ADDR") if name in more}
    return client.post(more.pop("at", SIGN_IN), {"login": email, "password": password, **more}, **extra)


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


# In and out


def test_whoever_has_an_account_signs_in_and_out(client, reader):
    response = enter(client, "Reader@Example.ORG")
    assert (response.status_code, response.url) == (302, "/en/my/")
    assert is_in(client)
    assert client.get("/en/account/logout/").status_code == 200
    assert is_in(client)
    assert client.post("/en/account/logout/").url == SIGN_IN
    assert not is_in(client)
    assert "You are signed out." in client.get(SIGN_IN).content.decode()


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_address_that_was_read_keeps_its_language(client, reader, language):
    assert enter(client, reader.email, at=f"/{language}/account/login/").url == f"/{language}/my/"


@pytest.mark.parametrize(
    ("wanted", "led_to"),
    [
        ("/fr/cities/lyon/", "/fr/cities/lyon/"),
        ("https://elsewhere.example/", "/en/my/"),
        ("//elsewhere.example/", "/en/my/"),
        ("javascript:alert(1)", "/en/my/"),
    ],
)
def test_next_leads_nowhere_else(client, reader, wanted, led_to):
    assert enter(client, reader.email, next=wanted).url == led_to


def test_signing_out_leads_nowhere_else(client, reader):
    client.force_login(reader)
    assert client.post("/en/account/logout/", {"next": "https://elsewhere.example/"}).url == SIGN_IN


def test_a_form_from_elsewhere_is_refused(reader):
    strict = Client(enforce_csrf_checks=True)
    assert enter(strict, reader.email).status_code == 403
    assert not is_in(strict)


def test_the_cookies_are_out_of_reach_of_scripts_and_of_other_sites(client, reader):
    session = enter(client, reader.email).cookies["sessionid"]
    assert (session["httponly"], session["samesite"], session["max-age"]) == (True, "Lax", "")
    token = client.get("/en/account/logout/").cookies["csrftoken"]
    assert token["httponly"] is True


def test_a_session_ends_with_the_browser_unless_it_is_to_be_kept(reader):
    assert enter(Client(), reader.email, remember="on").cookies["sessionid"]["max-age"] == 14 * 24 * 3600


def test_an_inactive_person_is_turned_away(client, reader):
    reader.is_active = False
    reader.save()
    assert enter(client, reader.email).url == "/en/account/inactive/"
    assert not is_in(client)


def test_an_open_session_ends_when_the_account_is_closed(signed_in, reader):
    client = signed_in(reader)
    User.objects.filter(pk=reader.pk).update(is_active=False)
    assert client.get("/en/account/").status_code == 302


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_signs_up(client, db, language, method):
    new = {"email": "new@example.org", "password1": NEW, "password2": NEW}
    page = getattr(client, method)(f"/{language}/account/signup/", new).content.decode()
    assert {"en": "given by invitation", "fr": "sur invitation"}[language] in page
    assert User.objects.count() == 0


# No page tells who has an account


def test_the_sign_in_page_says_the_same_of_every_address(client, reader):
    closed = User.objects.create_user("closed@example.org", PASSWORD, is_active=False)
    pages = {
        re.sub(r'value="[^"]*"', "", enter(client, email, "wrong").content.decode())
        for email in (reader.email, closed.email, "nobody@example.org")
    }
    assert len(pages) == 1
    assert "Address and password do not belong together." in pages.pop()


def test_the_reset_says_the_same_of_every_address(client, reader):
    answers = []
    for email in (reader.email, "nobody@example.org"):
        response = client.post("/en/account/password/reset/", {"email": email}, follow=True)
        answers.append((response.redirect_chain, re.sub(r'value="[^"]*"', "", response.content.decode())))
    assert answers[0] == answers[1]
    assert [mail.to for mail in OutboxMessage.objects.all()] == [reader.email]


def test_a_change_of_address_says_the_same_of_every_address(reader, officer):
    pages = []
    for email in (officer.email, "nobody@example.org"):
        client = Client()
        enter(client, reader.email)
        client.post("/en/account/reauthenticate/", {"password": PASSWORD})
        response = client.post("/en/account/email/", {"action_add": "", "email": email}, follow=True)
        assert response.redirect_chain == [("/en/account/email/", 302)]
        pages.append(re.sub(r'name="csrf\w+" value="[^"]*"', "", response.content.decode()).replace(email, "…"))
    assert pages[0] == pages[1]


def test_a_wrong_address_takes_as_long_as_a_wrong_password(client, reader, monkeypatch):
    hashed = []
    real = User.set_password
    monkeypatch.setattr(User, "set_password", lambda user, raw: hashed.append(raw) or real(user, raw))
    enter(client, "nobody@example.org", "wrong")
    assert hashed == ["wrong"]


# Limits


def test_the_sixth_attempt_is_refused_though_the_password_is_right(client, reader):
    for _attempt in range(5):
        enter(client, reader.email, "wrong")
    page = enter(client, reader.email).content.decode()
    assert "Too many attempts." in page
    assert not is_in(client)


def test_attempts_on_no_account_are_limited_alike(client, reader):
    for _attempt in range(5):
        enter(client, "nobody@example.org", "wrong")
    assert "Too many attempts." in enter(client, "nobody@example.org", "wrong").content.decode()


def test_another_person_is_not_locked_out_by_it(client, reader, officer):
    for _attempt in range(6):
        enter(client, officer.email, "wrong")
    assert enter(client, reader.email).status_code == 302


def test_attempts_are_counted_where_all_processes_see_them(client, reader, monkeypatch):
    for _attempt in range(5):
        enter(client, reader.email, "wrong")
    # What another process has: a cache object of its own, nothing remembered in memory.
    monkeypatch.setattr(ratelimit, "cache", DatabaseCache("rvcu_cache", {}))
    assert "Too many attempts." in enter(Client(), reader.email).content.decode()


@pytest.mark.parametrize(("proxies", "refused"), [(0, True), (1, False)])
def test_an_invented_origin_helps_only_behind_a_proxy_that_writes_it(reader, settings, proxies, refused):
    settings.TRUSTED_PROXIES = proxies
    for attempt in range(10):
        enter(Client(), f"nobody-{attempt}@example.org", "x", headers={"X-Forwarded-For": f"198.51.100.{attempt}"})
    page = enter(Client(), "someone@example.org", "x", headers={"X-Forwarded-For": "198.51.100.99"})
    assert ("Too many attempts." in page.content.decode()) is refused


def test_a_request_past_the_proxy_is_counted_by_its_own_address(reader, settings):
    settings.TRUSTED_PROXIES = 2
    assert enter(Client(), reader.email, headers={"X-Forwarded-For": "198.51.100.1"}).status_code == 302


@pytest.mark.parametrize(
    ("language", "sentence"), [("en", "Too many attempts"), ("fr", "Trop d’essais")], ids=["en", "fr"]
)
def test_the_page_of_a_limit_is_ours(client, reader, language, sentence):
    for _attempt in range(5):
        client.post(f"/{language}/account/password/reset/", {"email": reader.email})
    response = client.post(f"/{language}/account/password/reset/", {"email": reader.email})
    assert response.status_code == 429
    assert f"<h1>{sentence}</h1>" in response.content.decode()
    assert 'class="site-header"' in response.content.decode()


def test_confirming_and_changing_a_password_are_limited(signed_in, reader):
    client = signed_in(reader)
    guesses = {"oldpassword": "wrong", "password1": NEW, "password2": NEW}
    codes = [client.post("/en/account/password/change/", guesses).status_code for _attempt in range(6)]
    assert codes == [200] * 5 + [429]
    pages = [client.post("/en/account/reauthenticate/", {"password": "wrong"}) for _attempt in range(6)]
    assert "Too many attempts." in pages[-1].content.decode()
    assert "Too many attempts." not in pages[-2].content.decode()


def test_codes_are_limited(client, reader, app):
    enter(client, reader.email)
    for _attempt in range(5):
        client.post("/en/account/second-step/authenticate/", {"code": "000000"})
    page = client.post("/en/account/second-step/authenticate/", {"code": code_of(app)}).content.decode()
    assert "Too many attempts." in page
    assert not is_in(client)


# Second step


def test_with_an_app_the_password_alone_opens_nothing(client, reader, app):
    assert enter(client, reader.email, next="/en/cities/").url == "/en/account/second-step/authenticate/"
    assert client.get("/en/account/").status_code == 302
    wrong = client.post("/en/account/second-step/authenticate/", {"code": "000000"}).content.decode()
    assert "The code is not right" in wrong
    right = client.post("/en/account/second-step/authenticate/", {"code": code_of(app)})
    assert right.url == "/en/cities/"
    assert is_in(client)


def test_a_code_serves_once(reader, app):
    code = code_of(app)
    for client, expected in ((Client(), 302), (Client(), 200)):
        enter(client, reader.email)
        assert client.post("/en/account/second-step/authenticate/", {"code": code}).status_code == expected


def test_a_recovery_code_opens_once(reader, app):
    codes = RecoveryCodes.activate(reader)
    code = codes.get_unused_codes()[0]
    for client, expected in ((Client(), 302), (Client(), 200)):
        enter(client, reader.email)
        assert client.post("/en/account/second-step/authenticate/", {"code": code}).status_code == expected


def test_an_app_is_set_up_and_removed(client, reader):
    enter(client, reader.email)
    page = client.get("/en/account/second-step/totp/activate/", follow=True)
    assert page.redirect_chain[0][0].startswith("/en/account/reauthenticate/")
    client.post("/en/account/reauthenticate/", {"password": PASSWORD})
    page = client.get("/en/account/second-step/totp/activate/")
    secret = re.search(r'class="key-text">(\w+)<', page.content.decode())[1]
    assert 'src="data:image/svg+xml;base64,' in page.content.decode()
    done = client.post("/en/account/second-step/totp/activate/", {"code": code_of(secret)}, follow=True)
    assert done.redirect_chain[-1][0] == "/en/account/second-step/recovery-codes/"
    assert done.content.decode().count("<li><code>") == 10
    text = client.get("/en/account/second-step/recovery-codes/download/")
    assert "attachment" in text.headers["Content-Disposition"]
    assert client.get("/en/account/").context["has_app"] is True
    client.post("/en/account/second-step/totp/deactivate/")
    assert Authenticator.objects.count() == 0


def test_a_pending_change_of_address_bars_no_second_step(client, reader):
    EmailAddress.objects.create(user=reader, email="next@example.org")
    enter(client, reader.email)
    client.post("/en/account/reauthenticate/", {"password": PASSWORD})
    assert client.get("/en/account/second-step/totp/activate/").status_code == 200


# Addresses


def test_every_account_has_its_address_verified(reader):
    rows = EmailAddress.objects.values_list("user_id", "email", "verified", "primary")
    assert list(rows) == [(reader.pk, "reader@example.org", True, True)]


def test_an_address_that_staff_change_counts_at_once(client, reader):
    EmailAddress.objects.create(user=reader, email="asked-before@example.org")
    reader.email = "Moved@Example.org"
    reader.save()
    assert enter(client, "moved@example.org").status_code == 302
    assert [row.email for row in EmailAddress.objects.all()] == ["moved@example.org"]


def test_other_saves_leave_a_pending_change_alone(reader):
    EmailAddress.objects.create(user=reader, email="next@example.org")
    reader.set_password(NEW)
    reader.save()
    assert reader.emailaddress_set.count() == 2


def test_addresses_are_unique_whatever_their_case(reader):
    with pytest.raises(IntegrityError):
        User.objects.create_user("READER@example.org", PASSWORD)


def test_an_address_changes_when_its_link_is_confirmed(client, reader):
    enter(client, reader.email)
    client.post("/en/account/reauthenticate/", {"password": PASSWORD})
    client.post("/en/account/email/", {"action_add": "", "email": "Next@Example.org"})
    pending = EmailAddress.objects.get(verified=False)
    link = f"/en/account/confirm-email/{EmailConfirmationHMAC(pending).key}/"
    assert Client().get(link).status_code == 200
    assert User.objects.get().email == "reader@example.org"
    assert enter(Client(), "next@example.org").status_code == 200 or not User.objects.filter(email="next@example.org")
    assert client.post(link).url == "/en/account/email/"
    assert User.objects.get().email == "next@example.org"
    assert [(row.email, row.verified) for row in EmailAddress.objects.all()] == [("next@example.org", True)]
    assert "This link was used already" in Client().get(link).content.decode()


def test_an_address_that_was_only_typed_opens_nothing(client, reader):
    EmailAddress.objects.create(user=reader, email="next@example.org")
    enter(client, "next@example.org")
    assert not is_in(client)


def test_the_address_of_somebody_else_is_never_taken(client, reader, officer):
    pending = EmailAddress.objects.create(user=reader, email=officer.email)
    client.post(f"/en/account/confirm-email/{EmailConfirmationHMAC(pending).key}/")
    assert set(User.objects.values_list("email", flat=True)) == {"reader@example.org", "officer@example.org"}


# Passwords and sessions


def test_a_new_password_ends_all_other_sessions(reader):
    here, there = Client(), Client()
    enter(here, reader.email)
    enter(there, reader.email)
    changed = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    assert here.post("/en/account/password/change/", changed).url == "/en/account/"
    assert here.get("/en/account/").status_code == 200
    assert there.get("/en/account/").status_code == 302
    assert len(here.get("/en/account/sessions/").context["sessions"]) == 1


@pytest.mark.parametrize(("first", "second", "field"), [("short", "short", "password1"), (NEW, "other", "password2")])
def test_a_bad_password_is_told_at_the_field(signed_in, reader, first, second, field):
    form = {"oldpassword": PASSWORD, "password1": first, "password2": second}
    response = signed_in(reader).post("/en/account/password/change/", form)
    assert list(response.context["form"].errors) == [field]
    assert f'href="#id_{field}"' in response.content.decode()


def test_a_password_is_reset_by_a_link_that_serves_once(reader):
    there = Client()
    enter(there, reader.email)
    client = Client()
    reader.refresh_from_db()
    key = f"{user_pk_to_url_str(reader)}-{default_token_generator.make_token(reader)}"
    form = client.get(f"/en/account/password/reset/key/{key}/").url
    assert key not in form
    assert client.post(form, {"password1": NEW, "password2": NEW}).url == "/en/account/password/reset/key/done/"
    assert not is_in(client)
    assert there.get("/en/account/").status_code == 302
    assert enter(client, reader.email, NEW).status_code == 302
    again = Client().get(f"/en/account/password/reset/key/{key}/")
    assert "This link was used already" in again.content.decode()


def test_sessions_are_listed_and_the_others_signed_out(reader):
    here, there = Client(headers={"user-agent": "Mozilla/5.0 (X11; Linux) Firefox/140.0"}), Client()
    enter(here, reader.email)
    enter(there, reader.email)
    page = here.get("/en/account/sessions/").content.decode()
    assert "Firefox · Linux" in page
    assert page.count("this one") == 1
    here.post("/en/account/sessions/")
    assert here.get("/en/account/").status_code == 200
    assert there.get("/en/account/").status_code == 302
    assert UserSession.objects.count() == 1


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge · Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari · iPhone"),
        ("curl/8.0", "curl"),
        ("", "–"),
    ],
)
def test_browsers_have_plain_names(user_agent, name):
    assert browser(user_agent) == name


# The administration


def test_the_admin_has_no_sign_in_page_of_its_own(client, db):
    assert client.get("/admin/login/?next=/admin/cities/city/").url == ("/en/account/login/?next=/admin/cities/city/")
    assert client.get("/admin/login/?next=https://elsewhere.example/").url == "/en/account/login/?next=/admin/"
    assert client.post("/admin/login/", {"username": "x", "password": "y"}).status_code == 302


def test_persons_who_are_not_staff_are_told_so(signed_in, reader):
    client = signed_in(reader)
    assert client.get("/admin/", follow=True).status_code == 403


def test_staff_without_a_second_factor_set_one_up_first_and_go_on(client, officer):
    assert enter(client, officer.email, next="/admin/cities/city/").url == "/admin/cities/city/"
    page = client.get("/admin/cities/city/", follow=True)
    assert page.redirect_chain[-1][0] == "/en/account/second-step/"
    assert "The administration asks for a second step" in page.content.decode()
    assert client.post("/admin/cities/city/add/", {}).status_code == 302
    client.post("/en/account/reauthenticate/", {"password": PASSWORD})
    page = client.get("/en/account/second-step/totp/activate/").content.decode()
    secret = re.search(r'class="key-text">(\w+)<', page)[1]
    codes = client.post("/en/account/second-step/totp/activate/", {"code": code_of(secret)}, follow=True)
    assert 'href="/admin/cities/city/"' in codes.content.decode()
    assert client.get("/admin/cities/city/").status_code == 200


def test_a_session_that_did_not_show_the_factor_is_asked_for_it(client, officer):
    secret = generate_totp_secret()
    enter(client, officer.email)
    TOTP.activate(officer, secret)  # from another session
    page = client.get("/admin/", follow=True)
    assert page.redirect_chain[-1][0] == "/en/account/second-step/reauthenticate/?next=/admin/"
    response = client.post("/en/account/second-step/reauthenticate/", {"code": code_of(secret), "next": "/admin/"})
    assert response.url == "/admin/"
    assert client.get("/admin/").status_code == 200


def test_a_factor_that_is_taken_away_closes_the_admin_at_once(signed_in, officer):
    client = signed_in(officer)
    assert client.get("/admin/").status_code == 200
    Authenticator.objects.all().delete()
    assert client.get("/admin/").status_code == 302


def test_recovery_codes_alone_are_no_second_factor(client, officer):
    RecoveryCodes.activate(officer)
    enter(client, officer.email)
    assert client.get("/admin/").status_code == 302


def test_the_demo_may_do_without(client, officer, settings):
    settings.ADMIN_NEEDS_SECOND_FACTOR = False
    client.force_login(officer)
    assert client.get("/admin/").status_code == 200


def test_a_deployment_without_it_is_complained_of(settings):
    def complaints():
        return [message.id for message in checks.run_checks(tags=["security"], include_deployment_checks=True)]

    assert "rvcu.W001" not in complaints()
    settings.ADMIN_NEEDS_SECOND_FACTOR = False
    assert "rvcu.W001" in complaints()


@pytest.mark.parametrize("table", ["account/emailaddress", "mfa/authenticator", "usersessions/usersession"])
def test_staff_see_nobody_s_factors_and_sessions(admin_client, table):
    assert admin_client.get(f"/admin/{table}/").status_code == 404


# Device and recovery codes lost


def test_an_administrator_takes_a_lost_factor_away(administrator, reader, app):
    there = sign_in(reader)
    enter(there, reader.email)
    manager = sign_in(administrator)
    page = f"/admin/rvcu/user/{reader.pk}/second-factor/"
    assert page in manager.get(f"/admin/rvcu/user/{reader.pk}/change/").content.decode()
    assert manager.get(page).status_code == 200
    assert manager.post(page, {"reason": ""}).status_code == 200
    assert Authenticator.objects.filter(user=reader).exists()
    assert manager.post(page, {"reason": "called back"}).status_code == 302
    assert not Authenticator.objects.filter(user=reader).exists()
    act = HistoryEntry.objects.get(verb=HistoryEntry.Verb.SECOND_FACTOR_TAKEN)
    assert (act.actor, act.object_id, act.reason) == (administrator, str(reader.pk), "called back")
    (mail,) = OutboxMessage.objects.all()
    assert (mail.to, mail.language) == (reader.email, "fr")
    assert enter(Client(), reader.email).url == "/en/my/"
    assert manager.post(page, {"reason": "again"}).status_code == 302
    assert HistoryEntry.objects.count() == 1


def test_sessions_end_when_a_factor_is_taken_away(administrator, reader, app):
    there = Client()
    enter(there, reader.email)
    there.post("/en/account/second-step/authenticate/", {"code": code_of(app)})
    assert there.get("/en/account/").status_code == 200
    take_away_second_factor(reader, by=administrator, reason="called back")
    assert there.get("/en/account/").status_code == 302


@pytest.mark.parametrize(("who", "status"), [("officer", 403), ("auditor", 403)])
def test_others_take_no_factor_away(request, reader, app, who, status):
    client = sign_in(request.getfixturevalue(who))
    page = f"/admin/rvcu/user/{reader.pk}/second-factor/"
    assert (client.get(page).status_code, client.post(page, {"reason": "x"}).status_code) == (status, status)


def test_an_administrator_takes_neither_the_own_factor_nor_a_superuser_s(administrator, admin_user, admin_client):
    client = sign_in(administrator)
    for person in (administrator, admin_user):
        assert client.post(f"/admin/rvcu/user/{person.pk}/second-factor/", {"reason": "x"}).status_code == 403
    assert Authenticator.objects.count() == 2


# Language


def test_the_admin_speaks_the_person_s_language_until_switched(officer, signed_in):
    client = signed_in(officer)
    assert client.get("/admin/", headers={"accept-language": "fr"}).headers["Content-Language"] == "en"
    officer.language = "fr"
    officer.save()
    assert client.get("/admin/").headers["Content-Language"] == "fr"
    client.post("/i18n/setlang/", {"language": "en", "next": "/admin/"})
    assert client.get("/admin/").headers["Content-Language"] == "en"


def test_preferences_are_kept_and_the_pages_follow(signed_in, reader):
    client = signed_in(reader)
    response = client.post("/fr/account/preferences/", {"name": " Someone Else ", "language": "en"})
    assert response.url == "/en/account/"
    reader.refresh_from_db()
    assert (reader.name, reader.language) == ("Someone Else", "en")
    assert client.get("/").url == "/en/"
    bad = client.post("/en/account/preferences/", {"name": "x", "language": "xx"})
    assert list(bad.context["form"].errors) == ["language"]


# Every page


def names() -> dict[str, URLPattern]:
    (prefix,) = [p for p in get_resolver().url_patterns if isinstance(p.pattern, LocalePrefixPattern)]
    (ours,) = [p for p in prefix.url_patterns if isinstance(p, URLResolver) and str(p.pattern) == "account/"]
    return {pattern.name: pattern for pattern in ours.url_patterns}


def test_every_page_of_the_account_says_who_may_open_it():
    found = names()
    assert set(found) >= OPEN
    access = {name: pattern.callback.access for name, pattern in found.items()}
    assert {name for name, word in access.items() if word == EVERYONE} == OPEN
    assert {name for name, word in access.items() if word != EVERYONE} == {
        name for name, word in access.items() if word == PERSONS
    }


PAGES = [
    "",
    "preferences/",
    "email/",
    "password/change/",
    "reauthenticate/",
    "sessions/",
    "logout/",
    "second-step/",
    "second-step/totp/activate/",
    "second-step/totp/deactivate/",
    "second-step/webauthn/",
    "second-step/webauthn/add/",
    "second-step/reauthenticate/",
    "second-step/recovery-codes/",
    "second-step/recovery-codes/generate/",
]


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("page", PAGES)
def test_every_page_is_there_in_both_languages_and_kept_by_nobody(officer, page, language):
    client = sign_in(officer)
    session = client.session
    session["account_authentication_methods"] = [
        {"method": "password", "at": time.time(), "reauthenticated": True},
    ]
    session.save()
    if "activate" in page and "deactivate" not in page:
        Authenticator.objects.all().delete()
    if "recovery-codes" in page:
        RecoveryCodes.activate(officer)
    response = client.get(f"/{language}/account/{page}")
    assert response.status_code == 200
    assert response.headers["Content-Language"] == language
    assert "no-store" in response.headers["Cache-Control"]
    html = response.content.decode()
    assert 'name="robots" content="noindex"' in html
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*(src=|application/json))", html)
    assert client.get(f"/{language}/account/{page}").status_code == 200


@pytest.mark.parametrize("page", [page for page in PAGES if page != "logout/"])
def test_a_visitor_is_sent_to_sign_in_and_back(client, db, page):
    assert client.get(f"/en/account/{page}").url == f"{SIGN_IN}?next=/en/account/{page}"


@pytest.mark.parametrize(
    "page", ["login/", "signup/", "inactive/", "confirm-email/", "password/reset/", "password/reset/done/"]
)
def test_the_open_pages_are_there_in_both_languages(client, db, page):
    for language in ("en", "fr"):
        response = client.get(f"/{language}/account/{page}")
        assert (response.status_code, response.headers["Content-Language"]) == (200, language)


def test_the_overview_costs_the_same_with_one_key_and_with_thirty(signed_in, reader, django_assert_num_queries):
    client = signed_in(reader)

    def add(number):
        Authenticator.objects.create(user=reader, type="webauthn", data={"name": f"Key {number}"})

    add(1)
    with django_assert_num_queries(3):
        client.get("/en/account/")
    for number in range(2, 31):
        add(number)
    with django_assert_num_queries(3):
        assert client.get("/en/account/").context["keys"] == 30


def test_the_menu_offers_signing_in_or_one_s_page(client, network, signed_in, reader, officer):
    assert 'href="/en/account/login/"' in client.get("/en/cities/").content.decode()
    mine = signed_in(reader).get("/en/cities/").content.decode()
    assert 'href="/en/my/"' in mine
    assert 'href="/admin/"' not in mine
    assert 'href="/admin/"' in signed_in(officer).get("/en/cities/").content.decode()
