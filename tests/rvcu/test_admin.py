import re

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.utils import timezone

from cities.models import (
    City,
    Designation,
    EntryReport,
    HistoryEntry,
    Initiative,
    InitiativeRevision,
    OutboxMessage,
    ProfileRevision,
)
from cities.rules import AUDITOR, OFFICER
from cities.services.city import readdress
from cities.services.focal_point_change import request_change
from cities.services.history import head
from cities.services.privacy import erase
from rvcu.models import User
from tests.conftest import person

USERS = "/admin/rvcu/user/"
PASSWORD = "a long password of the tests"


@pytest.fixture
def staff(officer, signed_in):
    return signed_in(officer)


@pytest.fixture
def manager(administrator, signed_in):
    return signed_in(administrator)


# Start page


def test_the_start_page_tells_the_state_of_the_network(network, staff):
    context = staff.get("/admin/").context
    assert context["figures"] == {"cities": 405, "countries": 108, "fields": 8}
    assert (context["official"].cities, context["official_gap"]) == (408, 3)
    assert context["next_meeting"].edition == 18
    assert context["head"] == head()
    assert {key: count for key, _label, count in context["missing"]} == {
        "french-name": 0,
        "coordinates": 0,
        "population": 0,
        "month": 15,
        "year": 2,
    }


def test_every_gap_leads_to_the_list_of_those_cities(network, staff):
    City.objects.filter(slug__in=["lyon", "seoul"]).update(name_fr="")
    for key, _label, count in staff.get("/admin/").context["missing"]:
        listed = staff.get("/admin/cities/city/", {"missing": key}).context["cl"].result_count
        assert listed == count


def test_the_start_page_costs_the_same_with_three_cities_and_with_all(
    network, staff, officer, django_assert_num_queries
):
    cities = list(City.objects.all()[:3])
    for city in cities:
        EntryReport.objects.create(city=city, message="Wrong.", language="en")
        readdress(city=city, slug=f"{city.slug}-2", reason="a test", by=officer)
    with django_assert_num_queries(23):
        page = staff.get("/admin/")
    assert page.context["reports_waiting"] == 3
    assert [act.subject for act in page.context["acts"]] == [*reversed(cities), None]
    Designation.objects.exclude(city__in=cities).delete()
    with django_assert_num_queries(23):
        staff.get("/admin/")


def test_what_waits_leads_to_its_queue(network, staff, coordinator):
    lyon = City.objects.get(slug="lyon")
    now = timezone.now()
    ProfileRevision.objects.create(city=lyon, number=1, status="submitted", submitted_at=now)
    text = Initiative.objects.create(lead=lyon, slug="a-text")
    InitiativeRevision.objects.create(initiative=text, number=1, status="submitted", submitted_at=now)
    letter = SimpleUploadedFile("letter.pdf", b"%PDF-1.7 %%EOF")
    request_change(city=lyon, email="n@example.org", name="N", language="en", letter=letter, by=coordinator)
    OutboxMessage.objects.update(status="held")
    mails = OutboxMessage.objects.count()
    page = staff.get("/admin/").content.decode()
    waiting = page[page.index("What waits for you") : page.index("Reports waiting")]
    links = re.findall(r'href="([^"]*)">(\d+)', waiting)
    assert [int(number) for _link, number in links] == [1, 1, 1, mails]
    assert [staff.get(link).context["cl"].result_count for link, _number in links] == [1, 1, 1, mails]


@pytest.mark.parametrize(("who", "led"), [("officer", False), ("auditor", True)])
def test_the_last_acts_lead_to_accounts_only_whoever_may_open_them(request, signed_in, administrator, who, led):
    person = User.objects.create_user("gone@example.org", PASSWORD)
    erase(person, by=administrator)
    page = signed_in(request.getfixturevalue(who)).get("/admin/").content.decode()
    assert "@erased.invalid" in page
    assert (f"{USERS}{person.pk}/change/" in page) is led


def test_an_empty_portal_has_a_start_page(staff):
    page = staff.get("/admin/")
    assert page.context["figures"] == {"cities": 0, "countries": 0, "fields": 0}
    for sentence in ("No next meeting is known.", "The history is empty.", "No act yet.", "Nothing. What calls"):
        assert sentence in page.content.decode()


def test_the_menu_is_in_the_order_of_the_day(staff):
    names = [[model["object_name"] for model in app["models"]] for app in staff.get("/admin/").context["app_list"]]
    assert names == [
        [
            *("Call", "Application", "Endorsement", "Assignment", "ConflictOverride"),
            *("City", "Designation", "EntryReport", "ProfileRevision", "InitiativeRevision", "FocalPointChange"),
            *("Coordinator", "Invitation", "OutboxMessage", "Evaluator", "CommissionOfficer"),
            *("Initiative", "Partnership", "Photo", "ProfileConfirmation"),
            *("Country", "CreativeField", "Theme", "OfficialTotal", "HistoryEntry"),
        ],
        [
            *("Meeting", "HostCall", "HostBid", "Ballot"),
            *("Registration", "MeetingQuestion", "Session", "Speaker", "Room"),
        ],
        ["DataSnapshot"],
    ]


def test_the_open_data_stand_apart_from_the_accounts(administrator, officer, signed_in):
    groups = [app["name"] for app in signed_in(administrator).get("/admin/").context["app_list"]]
    assert groups[-2:] == ["Open data", "Accounts"]
    assert signed_in(officer).get("/admin/").context["app_list"][-1]["name"] == "Open data"
    page = signed_in(administrator).get("/admin/rvcu/datasnapshot/").content.decode()
    crumbs = page[page.index('<ol class="breadcrumbs">') :]
    assert "Accounts" not in crumbs[: crumbs.index("</ol>")]
    index = signed_in(administrator).get("/admin/rvcu/").context
    assert (index["title"], [app["name"] for app in index["app_list"]]) == ("Accounts administration", ["Accounts"])


# Language and frame


def test_the_admin_speaks_french_and_switches(network, staff):
    page = staff.get("/admin/")
    assert page.headers["Content-Language"] == "en"
    assert 'action="/i18n/setlang/"' in page.content.decode()
    staff.post("/i18n/setlang/", {"language": "fr", "next": "/admin/"})
    assert staff.get("/admin/").headers["Content-Language"] == "fr"


def test_the_policy_is_strict(staff):
    policy = staff.get("/admin/").headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy


def test_signing_in_with_the_address_in_any_case(client, officer):
    asked = {"login": "Officer@Example.ORG", "password": "the password of the tests", "next": "/admin/"}
    response = client.post("/en/account/login/", asked)
    assert (response.status_code, response.url) == (302, "/admin/")


# Accounts


def test_groups_are_not_edited_here(db):
    assert not admin.site.is_registered(Group)


@pytest.mark.parametrize(("who", "status"), [("officer", 403), ("auditor", 200), ("administrator", 200)])
def test_who_sees_accounts(request, signed_in, who, status):
    user = request.getfixturevalue(who)
    client = signed_in(user)
    assert client.get(USERS).status_code == status
    assert client.get(f"{USERS}{user.pk}/change/").status_code == status


def test_an_administrator_makes_an_account(manager):
    new = {"email": "new@example.org", "name": "", "language": "fr", "usable_password": "true"}
    manager.post(f"{USERS}add/", {**new, "password1": PASSWORD, "password2": PASSWORD})
    user = User.objects.get(email="new@example.org")
    assert (user.check_password(PASSWORD), user.is_staff, user.language) == (True, False, "fr")
    group = Group.objects.get(name=OFFICER)
    rights = {"email": user.email, "language": "fr", "is_active": "on", "is_staff": "on", "groups": [group.pk]}
    manager.post(f"{USERS}{user.pk}/change/", rights)
    user.refresh_from_db()
    assert (user.is_staff, list(user.groups.all())) == (True, [group])


def test_an_address_is_taken_whatever_its_case(manager, officer):
    new = {"email": "OFFICER@example.org", "language": "en", "usable_password": "true"}
    response = manager.post(f"{USERS}add/", {**new, "password1": PASSWORD, "password2": PASSWORD})
    assert "There is an account with this address." in response.content.decode()


def test_rights_given_and_taken_stand_in_the_history(manager, administrator, officer, signed_in):
    page = f"/admin/rvcu/user/{officer.pk}/change/"
    groups = [group.pk for group in Group.objects.filter(name__in=["officer", "decision officer"])]
    form = {"email": officer.email, "name": "", "language": "en", "is_active": "on", "is_staff": "on"}
    assert manager.post(page, form | {"groups": groups}).status_code == 302
    act = HistoryEntry.objects.first()
    assert (act.verb, act.actor, act.object_id) == ("person.rights_changed", administrator, str(officer.pk))
    assert act.changes == {"groups": ["officer", "decision officer, officer"]}
    manager.post(page, form | {"groups": groups, "name": "Somebody"})
    assert HistoryEntry.objects.count() == act.number
    manager.post(page, {name: value for name, value in form.items() if name != "is_active"} | {"groups": groups})
    assert HistoryEntry.objects.first().changes == {"is_active": [True, False]}
    # An officer reads the act, but the account is not an officer's to open.
    other = person("other.officer@example.org", "officer")
    listed = signed_in(other).get("/admin/cities/historyentry/").content.decode()
    assert "decision officer, officer" in listed
    assert f"/admin/rvcu/user/{officer.pk}/" not in listed
    assert f"/admin/rvcu/user/{officer.pk}/" in manager.get("/admin/cities/historyentry/").content.decode()


def test_the_own_password_is_changed_under_account_alone(manager, administrator):
    for written in (f"{administrator.pk}", f"0{administrator.pk}"):
        response = manager.get(f"/admin/rvcu/user/{written}/password/")
        assert response.url == "/en/account/password/change/"


def test_an_administrator_makes_no_superuser(manager, administrator):
    rights = {"email": administrator.email, "language": "en", "is_active": "on", "is_staff": "on"}
    manager.post(f"{USERS}{administrator.pk}/change/", {**rights, "is_superuser": "on"})
    administrator.refresh_from_db()
    assert administrator.is_superuser is False


def test_an_administrator_does_not_touch_a_superuser(manager, admin_user):
    rights = {"email": "mine@example.org", "language": "en"}
    assert manager.post(f"{USERS}{admin_user.pk}/change/", rights).status_code == 403
    passwords = {"usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    assert manager.post(f"{USERS}{admin_user.pk}/password/", passwords).status_code == 403
    assert User.objects.get(pk=admin_user.pk).email == admin_user.email


def test_nobody_shuts_themselves_out(manager, administrator):
    page = manager.get(f"{USERS}{administrator.pk}/change/").content.decode()
    assert "another administrator" in page
    for name in ("email", "is_active", "is_staff", "groups", "password"):
        assert f'name="{name}"' not in page
    sent = {"email": "wrong@example.org", "name": "An Administrator", "language": "fr"}
    assert manager.post(f"{USERS}{administrator.pk}/change/", sent).status_code == 302
    administrator.refresh_from_db()
    assert (administrator.email, administrator.name) == ("administrator@example.org", "An Administrator")
    assert administrator.is_active
    assert administrator.is_staff
    assert [group.name for group in administrator.groups.all()] == ["administrator"]


def test_the_own_password_factor_and_erasure_are_not_here(manager, administrator):
    passwords = {"usable_password": "false", "unset-password": "yes"}
    assert manager.post(f"{USERS}{administrator.pk}/password/", passwords).url == "/en/account/password/change/"
    own = f"{USERS}{administrator.pk}/"
    assert manager.post(f"{own}second-factor/", {"reason": "Lost."}).status_code == 403
    response = manager.post(f"{own}erase/", {"understood": "on"}, follow=True)
    assert "by yourself" in response.content.decode()
    assert f"{own}erase/" not in response.content.decode()
    administrator.refresh_from_db()
    assert administrator.is_active
    assert administrator.has_usable_password()


def test_another_administrator_changes_their_rights(manager):
    other = User.objects.create_user("other@example.org", PASSWORD, is_staff=True)
    other.groups.add(Group.objects.get(name="administrator"))
    rights = {"email": other.email, "language": "en", "is_active": "on"}
    assert manager.post(f"{USERS}{other.pk}/change/", rights).status_code == 302
    other.refresh_from_db()
    assert (other.is_staff, other.groups.count()) == (False, 0)


def test_an_auditor_sees_rights_in_words_and_no_way_to_a_password(auditor, administrator, signed_in):
    client = signed_in(auditor)
    client.cookies["django_language"] = "fr"
    page = client.get(f"{USERS}{administrator.pk}/change/").content.decode()
    assert "administrateur" in page
    assert "../password/" not in page


def test_what_was_erased_stays_closed(manager, administrator):
    person = User.objects.create_user("leaving@example.org", PASSWORD)
    page = f"{USERS}{person.pk}/"
    assert manager.post(f"{page}erase/", {"understood": "on"}).url == f"{page}change/"
    assert 'name="email"' not in manager.get(f"{page}change/").content.decode()
    rights = {"email": "leaving@example.org", "language": "en", "is_active": "on"}
    assert manager.post(f"{page}change/", rights).status_code == 403
    passwords = {"usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    assert manager.post(f"{page}password/", passwords).status_code == 403
    assert "empty already" in manager.post(f"{page}erase/", {"understood": "on"}, follow=True).content.decode()
    person.refresh_from_db()
    assert not person.is_active


def test_a_superuser_may(admin_client, administrator):
    rights = {"email": administrator.email, "language": "en", "is_active": "on", "is_superuser": "on"}
    admin_client.post(f"{USERS}{administrator.pk}/change/", rights)
    administrator.refresh_from_db()
    assert administrator.is_superuser is True


def test_an_auditor_changes_no_account(auditor, officer, signed_in):
    client = signed_in(auditor)
    assert client.get(f"{USERS}add/").status_code == 403
    assert client.post(f"{USERS}{officer.pk}/change/", {"email": "x@example.org"}).status_code == 403
    assert client.post(f"{USERS}{officer.pk}/password/", {"password1": PASSWORD}).status_code == 403


def test_accounts_are_not_deleted(admin_client, officer):
    assert admin_client.post(f"{USERS}{officer.pk}/delete/", {"post": "yes"}).status_code == 403
    admin_client.post(USERS, {"action": "delete_selected", "_selected_action": [officer.pk], "post": "yes"})
    assert User.objects.filter(pk=officer.pk).count() == 1


def test_accounts_show_their_role_at_a_constant_cost(manager, django_assert_num_queries):
    def add(number):
        user = User.objects.create_user(f"person-{number}@example.org")
        user.groups.add(Group.objects.get(name=AUDITOR))

    add(1)
    with django_assert_num_queries(10):
        assert 'class="field-role">auditor<' in manager.get(USERS).content.decode()
    for number in (2, 3):
        add(number)
    with django_assert_num_queries(10):
        manager.get(USERS)


def test_the_import_is_in_the_history_and_on_the_start_page(staff):
    call_command("import_network", verbosity=0)
    (act,) = staff.get("/admin/").context["acts"]
    assert (act.verb, act.actor, act.subject) == (HistoryEntry.Verb.IMPORTED, None, None)


# Help


@pytest.mark.parametrize(
    ("language", "sentence"), [("en", "Who may do what"), ("fr", "Qui peut faire quoi")], ids=["en", "fr"]
)
@pytest.mark.parametrize("who", ["officer", "auditor"])
def test_staff_find_help_in_their_language(request, signed_in, who, language, sentence):
    client = signed_in(request.getfixturevalue(who))
    client.cookies["django_language"] = language
    assert "/admin/help/" in client.get("/admin/").content.decode()
    page = client.get("/admin/help/").content.decode()
    assert sentence in page
    assert page.count("<h3>") == 36
    assert ("/admin/cities/city/add/" in page) is (who == "officer")


def test_every_link_of_the_help_leads_somewhere(staff):
    links = set(re.findall(r'href="(/admin/[^"#]*)"', staff.get("/admin/help/").content.decode()))
    assert len(links) > 8
    assert {link: staff.get(link).status_code for link in links} == dict.fromkeys(links, 200)


def test_help_is_for_staff_alone(db, client, signed_in):
    assert client.get("/admin/help/").url == "/admin/login/?next=/admin/help/"
    visitor = User.objects.create_user("visitor@example.org", PASSWORD)
    assert signed_in(visitor).get("/admin/help/").status_code == 302


def test_accounts_are_found_by_role(manager, officer, auditor):
    found = manager.get(USERS, {"role": AUDITOR}).context["cl"].result_list
    assert list(found) == [auditor]
