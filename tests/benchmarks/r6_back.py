"""R6, the other way: how long after a change in Jira it is written in PagerDuty."""

import math
from collections.abc import Callable, Mapping, Sequence
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
    chosen = incidents[: CHANGES + WARMING]
    by_poll = [_renamed(sandbox, one, "by poll", sandbox.poll) for one in chosen]
    _let_jira_tell(sandbox)
    by_webhook = [_renamed(sandbox, one, "by webhook", lambda: None) for one in chosen]
    return [_by_poll(by_poll[WARMING:]), _by_webhook(by_webhook[WARMING:])]


def _renamed(sandbox: Sandbox, incident: str, how: str, tell: Callable[[], object]) -> float:
    """Seconds until PagerDuty has the new title."""
    (issue,) = sandbox.issues_of(incident)
    changed = datetime.now(UTC)
    fields = {"summary": f"{issue['fields']['summary']} {how}"}
    sandbox.jira.model.edit_issue("alice", issue["key"], {"fields": fields})
    tell()
    look = partial(_writes, sandbox, incident, changed)
    write = eventually(look, seconds=60, what="the title")[0]
    assert write["status"] == 200, write
    sandbox.at_rest(incident)
    done = datetime.fromisoformat(write["at"]) + timedelta(milliseconds=write["milliseconds"])
    seconds: float = (done - changed).total_seconds()
    return seconds


def _writes(sandbox: Sandbox, incident: str, since: datetime) -> list[Mapping[str, Any]]:
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
        what="from Jira's change to PagerDuty's write, by poll",
        value=INTERVAL + _p99(taken),
        limit=INTERVAL + LIMIT,
        unit="s",
        digits=1,
        details=[
            f"the interval of {INTERVAL:.0f} s, and p99 of {len(taken)} changes from the poll on",
            f"from the poll on: median {median(taken):.3f} s, p99 {_p99(taken):.3f} s",
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
