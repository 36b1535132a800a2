"""P8, R15 on the deployed stack, a sample: the worker is killed in the middle of calls."""

from functools import partial
from pathlib import Path

import pytest

from tests.sandbox.environment import Sandbox, eventually
from tests.sandbox.faults import FaultKind

HANGS = 12.0
"""Seconds: all three calls hang when the workers are killed; a call may take longer."""

GOES_ON = 180
"""Seconds: R15."""

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/environ").exists(), reason="processes are found by /proc"
)

CALLS = (
    ("pagerduty", "GET", r"/incidents/\w+$"),
    ("jira", "POST", r"/rest/api/2/issue$"),
    ("pagerduty", "POST", r"/notes$"),
)


def hanging(sandbox: Sandbox, side: str, method: str, path: str) -> str:
    """An incident whose worker hangs in that call."""
    faults = getattr(sandbox, side).faults
    faults.add(FaultKind.SLOW, method=method, path=path, seconds=HANGS)
    incident = sandbox.trigger(f"Killed at {method} {path}")
    eventually(lambda: not faults.rules(), what=f"{method} {path} that hangs")
    return incident


def is_done(sandbox: Sandbox, incident: str) -> bool:
    return sandbox.is_linked(incident) and not sandbox.signals_of(incident)


def test_p8_r15_killed_workers_leave_one_issue_and_one_note_and_their_incidents_go_on(
    sandbox: Sandbox,
) -> None:
    """The other side goes on with what it was asked for, after the worker is gone."""
    incidents = [hanging(sandbox, *call) for call in CALLS]
    killed = sandbox.stack.kill("SyncWorkerFunction")

    for incident in incidents:
        eventually(partial(is_done, sandbox, incident), seconds=GOES_ON, what="the issue, and rest")

    assert killed
    assert [len(sandbox.issues_of(one)) for one in incidents] == [1, 1, 1]
    assert [len(sandbox.notes_of(one)) for one in incidents] == [1, 1, 1]
