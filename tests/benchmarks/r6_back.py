"""R6, the other way: how long after a change in Jira it is written in PagerDuty."""

import math
import time
from collections import abc
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from statistics import median
from typing import Any

from tests.benchmarks.budget import Figure
from tests.sandbox.environment import Sandbox, eventually

CHANGES = 12
WARMING = 2
INTERVAL = 60.0
"""Seconds from one poll to the next."""
LIMIT = 10.0
"""Beside the interval, where nothing but the poll tells of the change."""
_TOKEN = "bench-jira-webhook-token"


def figures(sandbox: Sandbox, incidents: Sequence[str]) -> list[Figure]:
    """Issues of these linked incidents get other summaries, one after another."""
    by_poll = _polled(sandbox, incidents[:CHANGES])
    _let_jira_tell(sandbox)
    by_webhook = [_told(sandbox, one) for one in incidents[: CHANGES + WARMING]]
    return [_by_poll(by_poll), _by_webhook(by_webhook[WARMING:])]


def _polled(sandbox: Sandbox, incidents: Sequence[str]) -> list[float]:
    """Seconds of changes all over an interval, of which only the schedule's own polls tell."""
    changed = {}
    for incident in incidents:
        changed[incident] = _rename(sandbox, incident, "by poll")
        time.sleep(INTERVAL / CHANGES)
    return [_written(sandbox, one, at) for one, at in changed.items()]


def _told(sandbox: Sandbox, incident: str) -> float:
    changed = _rename(sandbox, incident, "by webhook")
    return _written(sandbox, incident, changed)


def _rename(sandbox: Sandbox, incident: str, how: str) -> datetime:
    (issue,) = sandbox.issues_of(incident)
    changed = datetime.now(UTC)
    fields = {"summary": f"{issue['fields']['summary']} {how}"}
    sandbox.jira.model.edit_issue("alice", issue["key"], {"fields": fields})
    return changed


def _written(sandbox: Sandbox, incident: str, changed: datetime) -> float:
    """Seconds until PagerDuty had the new title."""
    look = partial(_writes, sandbox, incident, changed)
    write = eventually(look, seconds=2 * INTERVAL, what="the title")[0]
    assert write["status"] == 200, write
    sandbox.at_rest(incident)
    done = datetime.fromisoformat(write["at"]) + timedelta(milliseconds=write["milliseconds"])
    seconds: float = (done - changed).total_seconds()
    return seconds


def _writes(sandbox: Sandbox, incident: str, since: datetime) -> list[abc.Mapping[str, Any]]:
    """The writes to the incident that PagerDuty has answered since."""
    return [
        call
        for call in sandbox.pagerduty.calls.calls()
        if (call["method"], call["path"]) == ("PUT", f"/incidents/{incident}")
        and call["milliseconds"] is not None
        and datetime.fromisoformat(call["at"]) >= since
    ]


def _let_jira_tell(sandbox: Sandbox) -> None:
    sandbox.connect(jira={"webhook_token": _TOKEN})
    url = f"{sandbox.stack.jira_webhook_url}/{_TOKEN}"
    sandbox.jira.model.webhooks.register(url, events=("jira:issue_updated",))


def _by_poll(taken: Sequence[float]) -> Figure:
    return Figure(
        budget="R6",
        what="from Jira's change to PagerDuty's write, polled",
        value=max(taken),
        limit=INTERVAL + LIMIT,
        unit="s",
        digits=1,
        details=[
            f"the longest of {len(taken)} changes, one every {INTERVAL / CHANGES:.0f} s",
            "found by the polls of the schedule alone",
            f"median {median(taken):.1f} s, shortest {min(taken):.1f} s",
        ],
    )


def _by_webhook(taken: Sequence[float]) -> Figure:
    return Figure(
        budget="R6",
        what="the same, by Jira's webhook",
        value=_p99(taken),
        limit=LIMIT,
        unit="s",
        digits=3,
        details=[f"p99 of {len(taken)} changes; median {median(taken):.3f} s"],
    )


def _p99(taken: Sequence[float]) -> float:
    return sorted(taken)[math.ceil(0.99 * len(taken)) - 1]
