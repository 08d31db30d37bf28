"""What somebody would try who wants to know, or to do, more than applications and their decisions open to them."""

from typing import Any

import pytest

from tests.conftest import sign_in
from tests.factories.calls import make_call
from tests.factories.decisions import make_decision, make_eligible

# The embargo: what lists of the admin tell to who knows how to ask

PROBES = (
    "application/?decisions__isnull={}",
    "application/?decisions={}",
    "application/?shortlistings__isnull={}",
    "application/?shortlistings={}",
    "application/?decisions__gt={}",
    "application/?designation__isnull={}",
    "call/?decisions__isnull={}",
    "call/?rankings__isnull={}",
    "call/?shortlistings__isnull={}",
    "call/?rankings={}",
    "assignment/?application__decisions__isnull={}",
    "endorsement/?application__decisions__isnull={}",
)


def told(response: Any) -> tuple[int, Any]:
    if response.status_code != 200:
        return response.status_code, response.headers.get("Location")
    return 200, [row.pk for row in response.context["cl"].result_list]


@pytest.mark.parametrize("probe", PROBES)
def test_no_filter_of_the_admin_asks_for_what_is_under_embargo(network, decision_officer, auditor, probe):
    call = make_call("decision")
    first, second = make_eligible(call), make_eligible(call, "Coimbra", "PT")
    client = sign_in(auditor)
    addresses = [f"/admin/cities/{probe.format(value)}" for value in (0, 1, first.pk, second.pk, "True", "False")]
    before = [told(client.get(address)) for address in addresses]
    from cities.services.decision import compute_ranking, shortlist

    compute_ranking(call=call, by=decision_officer)
    shortlist(application=first, standing="shortlisted", reason="", by=decision_officer)
    make_decision(first, decision_officer)
    assert [told(client.get(address)) for address in addresses] == before
