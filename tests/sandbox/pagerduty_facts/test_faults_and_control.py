"""What can be made to go wrong with the sandbox's PagerDuty, and what it tells of itself."""

import pytest
import requests

from tests.sandbox.faults import Fault, FaultKind
from tests.sandbox.pagerduty.server import PagerDutyServer
from tests.sandbox.pagerduty_facts.client import (
    Rest,
    an_incident,
    control,
    subscribe,
)


def test_an_answer_can_be_lost_after_the_write(server: PagerDutyServer, rest: Rest) -> None:
    path = f"/incidents/{an_incident(rest)}/notes"
    server.faults.add(Fault(FaultKind.CUT_AFTER, method="POST", path="/notes$"))

    with pytest.raises(requests.ConnectionError):
        rest("POST", path, {"note": {"content": "once"}})

    assert [it["content"] for it in rest("GET", path).json()["notes"]] == ["once"]


def test_being_down_concerns_rest_and_neither_page_nor_control(
    server: PagerDutyServer, rest: Rest
) -> None:
    control(server, "POST", "faults", down=True)

    with pytest.raises(requests.ConnectionError):
        rest("GET", "/abilities")

    assert requests.get(server.page_url, timeout=5).status_code == 200
    control(server, "DELETE", "faults")
    rest("GET", "/abilities", status=200)


def test_calls_are_counted_by_template_also_those_that_were_cut(
    server: PagerDutyServer, rest: Rest
) -> None:
    made = an_incident(rest)
    server.faults.add(Fault(FaultKind.CUT_BEFORE, path="/notes$"))
    with pytest.raises(requests.ConnectionError):
        rest("GET", f"/incidents/{made}/notes")
    rest("GET", f"/incidents/{made}/notes")

    seen = control(server, "GET", "calls")

    template = "GET /incidents/<incident_id>/notes"
    assert seen["counts"] == {"POST /incidents": 1, template: 2}
    assert [call["status"] for call in seen["calls"]] == [201, None, 200]


def test_the_state_shows_everything_and_reset_forgets_it(
    server: PagerDutyServer, rest: Rest
) -> None:
    made = an_incident(rest)
    kept = subscribe(server, "http://127.0.0.1:9/", secret="s")

    state = control(server, "GET", "state")
    control(server, "POST", "reset", keep_subscriptions=True)
    after = control(server, "GET", "state")

    assert [it["id"] for it in state["incidents"]] == [made]
    assert after["incidents"] == []
    assert [(it["id"], it["secrets"]) for it in after["webhook_subscriptions"]] == [
        (kept["id"], ["s"])
    ]
