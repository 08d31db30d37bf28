import re
from http import HTTPStatus

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.utils import translation

HOMES = {"/en/", "/fr/"}


@pytest.mark.parametrize("template", ["400.html", "500.html"])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_an_error_page_needs_neither_context_nor_database(template, language):
    with translation.override(language):
        page = render_to_string(template)
    assert f'<html lang="{language}">' in page
    assert page.index(f'<section lang="{language}"') == page.index("<section lang=")
    assert set(re.findall(r'href="(/(?:en|fr)/)"', page)) == HOMES
    assert page.count("<h1>") == 1


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_page_of_an_expired_form_needs_neither_context_nor_database(language):
    with translation.override(language):
        page = render_to_string("403_csrf.html")
    assert f'<html lang="{language}">' in page
    assert f'href="/{language}/"' in page


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.django_db
def test_a_form_without_its_key_is_refused_in_words(network, language):
    client = Client(enforce_csrf_checks=True)
    response = client.post(f"/{language}/cities/lyon/report/", {"message": "The name is wrong."})
    assert response.status_code == HTTPStatus.FORBIDDEN
    assert "403_csrf.html" in [template.name for template in response.templates]
    assert f'<html lang="{language}">' in response.text


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize(
    "address", ["cities/nowhere/", "no/such/page/", "fields/dance/", "countries/XX/", "meetings/99/"]
)
@pytest.mark.django_db
def test_an_unknown_address_offers_search(client, language, address):
    response = client.get(f"/{language}/{address}")
    assert response.status_code == HTTPStatus.NOT_FOUND
    assert f'<html lang="{language}">' in response.text
    assert f'action="/{language}/cities/"' in response.text
    assert 'name="q"' in response.text


@pytest.mark.django_db
def test_a_mistyped_city_is_what_the_search_begins_with(client):
    assert 'value="san cristobal"' in client.get("/en/cities/san-cristobal/").text
    assert 'value=""' not in client.get("/en/fields/dance/").text


@pytest.mark.django_db
def test_a_server_error_is_answered_with_the_page(client, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError

    monkeypatch.setattr("rvcu.views.Figures.on", fail)
    client.raise_request_exception = False
    response = client.get("/en/network/")
    assert response.status_code == HTTPStatus.INTERNAL_SERVER_ERROR
    assert set(re.findall(r'href="(/(?:en|fr)/)"', response.text)) == HOMES
