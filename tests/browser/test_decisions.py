"""The desk of the decision officers in a browser: nothing for axe to find, in either language, nothing wider."""

import pytest

from cities.services.decision import compute_ranking, shortlist
from tests.conftest import person
from tests.conftest import sign_in as signed_in
from tests.factories.calls import make_assignment, make_call, make_evaluation, make_evaluator
from tests.factories.decisions import make_decision, make_eligible

from .conftest import DESK, PHONE
from .test_my import sign_in
from .test_pages import findings


@pytest.mark.parametrize("language", ["en", "fr"])
def test_axe_finds_nothing_on_the_pages_of_a_decision_officer(quiet, site, language):
    officer = person("decision.officer@example.org", "decision officer", language=language)
    call = make_call("decision", priority_regions=["africa"])
    decided, open_one = make_eligible(call), make_eligible(call, "Tours", field="music")
    make_evaluation(make_assignment(decided, make_evaluator(person("expert@example.org")), "submitted"), 5, 4, 5)
    compute_ranking(call=call, by=officer)
    shortlist(application=decided, standing="shortlisted", reason="", by=officer)
    decision = make_decision(decided, officer)
    start = "/admin/cities/decision/"
    desk = f"{start}calls/{call.pk}/"
    sign_in(quiet, site, signed_in(officer))
    for address in (
        start,
        f"{start}{decision.pk}/change/",
        f"{start}{decision.pk}/correct/",
        f"{start}applications/{open_one.pk}/",
        desk,
        f"{desk}shortlist/?application={open_one.pk}",
        f"{desk}rest/",
        f"{desk}announce/",
        f"{desk}press/",
    ):
        quiet.emulate_media(color_scheme="light", reduced_motion="reduce")
        quiet.set_viewport_size(DESK)
        response = quiet.goto(f"{site}{address}")
        assert response is not None
        assert response.status == 200, address
        assert findings(quiet) == [], address
        quiet.emulate_media(color_scheme="dark", reduced_motion="reduce")
        quiet.set_viewport_size(PHONE)
        assert findings(quiet) == [], address
        assert quiet.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), address
