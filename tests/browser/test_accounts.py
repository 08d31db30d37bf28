"""Signing in as a browser does it: accessible, with and without JavaScript, with an app and with a passkey."""

import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.cache import cache
from playwright.sync_api import Browser, Page, expect

from rvcu.models import User

from .conftest import PHONE
from .test_pages import findings

PASSWORD = "the password of the tests"


@pytest.fixture
def person(site: str) -> User:
    cache.clear()
    return User.objects.create_user("coordinator.lyon@example.org", PASSWORD)


def sign_in(page: Page, site: str, language: str = "en", wanted: str = "account/") -> None:
    page.goto(f"{site}/{language}/account/login/?next=/{language}/{wanted}")
    page.fill("#id_login", "coordinator.lyon@example.org")
    page.fill("#id_password", PASSWORD)
    page.click("form.form .btn-primary")
    page.wait_for_url(f"{site}/{language}/{wanted}")


def confirm(page: Page) -> None:
    page.fill("#id_password", PASSWORD)
    page.click("form.form .btn-primary")


def code_of(secret: str) -> str:
    if time.time() % 30 > 25:
        time.sleep(5)
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_open_pages_are_accessible(quiet, site, person, language, scheme):
    quiet.emulate_media(color_scheme=scheme)
    quiet.set_viewport_size(PHONE)
    for page in ("login/", "signup/", "inactive/", "password/reset/", "password/reset/done/", "confirm-email/"):
        quiet.goto(f"{site}/{language}/account/{page}")
        assert findings(quiet) == []
        assert quiet.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    quiet.goto(f"{site}/{language}/account/login/")
    quiet.fill("#id_login", person.email)
    quiet.fill("#id_password", "wrong")
    quiet.click("form.form .btn-primary")
    expect(quiet.locator(".error-summary")).to_be_focused()
    assert quiet.input_value("#id_login") == person.email
    assert quiet.title().startswith({"en": "Error:", "fr": "Erreur"}[language])
    assert findings(quiet) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_pages_of_an_account_are_accessible(quiet, site, person, language, scheme):
    quiet.emulate_media(color_scheme=scheme)
    quiet.set_viewport_size(PHONE)
    sign_in(quiet, site, language)
    quiet.goto(f"{site}/{language}/account/second-step/totp/activate/")
    assert findings(quiet) == []  # where the password is asked for again
    confirm(quiet)
    for page in (
        "",
        "preferences/",
        "email/",
        "password/change/",
        "sessions/",
        "logout/",
        "second-step/",
        "second-step/webauthn/add/",
        "second-step/totp/activate/",
    ):
        quiet.goto(f"{site}/{language}/account/{page}")
        assert findings(quiet) == []
        assert quiet.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    quiet.fill("#id_code", code_of(quiet.text_content(".key-text")))
    quiet.click("form.form .btn-primary")
    expect(quiet.locator(".codes li")).to_have_count(10)
    assert findings(quiet) == []
    for page in ("second-step/", "second-step/totp/deactivate/", "second-step/recovery-codes/generate/"):
        quiet.goto(f"{site}/{language}/account/{page}")
        assert findings(quiet) == []
    quiet.goto(f"{site}/{language}/account/logout/")
    quiet.click("main .btn-primary")
    quiet.fill("#id_login", person.email)
    quiet.fill("#id_password", PASSWORD)
    quiet.click("form.form .btn-primary")
    quiet.wait_for_url(re.compile("/second-step/authenticate/"))
    assert findings(quiet) == []


def test_an_app_is_set_up_and_used_without_javascript(browser: Browser, site, person):
    page = browser.new_context(java_script_enabled=False).new_page()
    sign_in(page, site)
    page.goto(f"{site}/en/account/second-step/webauthn/add/")
    confirm(page)
    expect(page.locator("#key-button")).to_be_hidden()
    page.click("text=Set up an app instead")
    secret = page.text_content(".key-text")
    page.fill("#id_code", code_of(secret))
    page.click("form.form .btn-primary")
    recovery = page.locator(".codes li").first.text_content()
    page.goto(f"{site}/en/account/logout/")
    page.click("main .btn-primary")
    page.fill("#id_login", person.email)
    page.fill("#id_password", PASSWORD)
    page.click("form.form .btn-primary")
    page.fill("#id_code", recovery)
    page.click("form.form .btn-primary")
    page.goto(f"{site}/en/account/")
    assert person.email in page.text_content("main")


@pytest.fixture
def passkey(quiet: Page) -> None:
    """A device that vouches for whoever sits before it."""
    devices = quiet.context.new_cdp_session(quiet)
    devices.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": options})


@pytest.mark.usefixtures("passkey")
def test_a_passkey_is_added_and_opens_the_account_alone(quiet, site, person):
    site = site.replace("127.0.0.1", "localhost")
    sign_in(quiet, site)
    quiet.goto(f"{site}/en/account/second-step/webauthn/add/")
    confirm(quiet)
    quiet.fill("#id_name", "Laptop")
    quiet.check("#id_passwordless")
    quiet.click("#key-button")
    quiet.wait_for_url(re.compile("/recovery-codes/"))
    assert {factor.type for factor in Authenticator.objects.all()} == {"webauthn", "recovery_codes"}
    quiet.goto(f"{site}/en/account/second-step/webauthn/")
    assert "Laptop" in quiet.text_content("table")
    assert findings(quiet) == []
    quiet.goto(f"{site}/en/account/logout/")
    quiet.click("main .btn-primary")
    quiet.goto(f"{site}/en/account/login/?next=/en/account/sessions/")
    quiet.click("#key-button")
    quiet.wait_for_url(f"{site}/en/account/sessions/")


@pytest.mark.usefixtures("passkey")
def test_a_key_is_a_second_step_after_the_password(quiet, site, person):
    site = site.replace("127.0.0.1", "localhost")
    sign_in(quiet, site)
    quiet.goto(f"{site}/en/account/second-step/webauthn/add/")
    confirm(quiet)
    quiet.click("#key-button")
    quiet.wait_for_url(re.compile("/recovery-codes/"))
    quiet.goto(f"{site}/en/account/logout/")
    quiet.click("main .btn-primary")
    quiet.fill("#id_login", person.email)
    quiet.fill("#id_password", PASSWORD)
    quiet.click("form.form .btn-primary")
    quiet.wait_for_url(re.compile("/second-step/authenticate/"))
    quiet.click("#key-button")
    quiet.wait_for_url(re.compile("/en/my/"))
