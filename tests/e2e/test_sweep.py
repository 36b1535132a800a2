"""G1, G2, G11, P20, P22 on the deployed stack: what no webhook has told is found and repaired."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.sandbox.environment import Sandbox, eventually
from tests.sandbox.pagerduty.seed import RESPONDER

STATUSES = {
    "triggered": {"id": "1", "name": "Open"},
    "acknowledged": {"id": "3", "name": "In Progress"},
    "resolved": None,
}


def swept(sandbox: Sandbox) -> dict[str, Any]:
    """Sweep at once, as the schedule does every 15 minutes."""
    answer = sandbox.stack.invoke("JqlPollerFunction", {"mode": "sweep"})
    while "left_out" in answer:  # another one is under way
        time.sleep(0.2)
        answer = sandbox.stack.invoke("JqlPollerFunction", {"mode": "sweep"})
    assert answer["swept"]["problems"] == []
    return dict(answer["swept"])


def switch_off(sandbox: Sandbox) -> None:
    """What PagerDuty does after three deliveries in a row that were dropped."""
    sandbox.subscription.disabled_until = datetime.now(UTC) + timedelta(hours=24)


def test_p22_a_webhook_that_was_switched_off_is_on_again_and_its_gap_is_filled(
    sandbox: Sandbox,
) -> None:
    sandbox.put_mapping(status_mapping=STATUSES)
    known = sandbox.trigger("Known before the gap")
    eventually(lambda: sandbox.is_linked(known), what="a link")
    sandbox.at_rest(known)
    swept(sandbox)
    switch_off(sandbox)
    sandbox.pagerduty.model.set_status(known, "acknowledged", by=RESPONDER)
    sandbox.pagerduty.model.add_note(known, "Said in the gap", by=RESPONDER)
    lost = sandbox.trigger("Lost in the gap")

    found = swept(sandbox)
    eventually(lambda: sandbox.is_linked(lost), what="the issue of the lost incident")
    sandbox.at_rest(known)
    sandbox.at_rest(lost)

    assert found["enabled"] == 1
    assert not sandbox.pagerduty.webhooks.is_disabled(sandbox.subscription)
    (issue,) = sandbox.issues_of(known)
    assert issue["fields"]["status"]["name"] == "In Progress"
    texts = [one["body"] for one in issue["fields"]["comment"]["comments"]]
    assert sum("Said in the gap" in text for text in texts) == 1
    assert len(sandbox.issues_of(lost)) == 1


def test_g11_recover_fetches_what_was_missed_since_a_time_and_twice_does_nothing_twice(
    sandbox: Sandbox,
) -> None:
    since = datetime.now(UTC) - timedelta(minutes=1)
    switch_off(sandbox)
    lost = sandbox.trigger("Lost and recovered")
    sandbox.pagerduty.webhooks.enable(sandbox.subscription.id)

    asked = {"action": "recover", "since": since.isoformat()}
    answers = []
    for _ in range(2):
        answers.append(sandbox.stack.invoke("AdminFunction", asked))
        eventually(lambda: sandbox.is_linked(lost), seconds=60, what="the recovered issue")
        sandbox.at_rest(lost)

    assert [one["queued"] for one in answers] == [True, True]
    assert len(sandbox.issues_of(lost)) == 1
    health = sandbox.stack.invoke("AdminFunction", {"action": "health"})
    (sweep,) = [one for one in health["checks"] if one["name"] == "sweep"]
    assert "The last sweep" in sweep["says"]


def test_g2_where_both_sides_agree_a_sweep_has_nobody_look_at_the_issue(sandbox: Sandbox) -> None:
    """Our own note is a line of the log as well, for which the worker reads the notes alone."""
    incident = sandbox.trigger("At rest")
    eventually(lambda: sandbox.is_linked(incident), what="a link")
    sandbox.at_rest(incident)
    swept(sandbox)
    sandbox.at_rest(incident)

    before = len(sandbox.jira.calls.calls())
    found = swept(sandbox)
    sandbox.at_rest(incident)

    asked = {call["path"] for call in sandbox.jira.calls.calls()[before:]}
    assert found["compared"] >= 1
    assert not any(path.startswith("/rest/api/2/issue/") for path in asked)
