"""P8 on the deployed stack, a sample: the worker is killed in the middle of a call."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sandbox.environment import Sandbox, eventually
from tests.sandbox.faults import FaultKind

HANGS = 3.0

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/environ").exists(), reason="processes are found by /proc"
)


@pytest.fixture
def impatient(sandbox: Sandbox) -> Iterator[Sandbox]:
    """What a dead worker held comes again after seconds instead of minutes."""
    queue = sandbox.stack.outputs["SyncQueueUrl"]
    before = sandbox.stack.queues.get_queue_attributes(
        QueueUrl=queue, AttributeNames=["VisibilityTimeout"]
    )["Attributes"]
    sandbox.stack.queues.set_queue_attributes(
        QueueUrl=queue, Attributes={"VisibilityTimeout": "15"}
    )
    yield sandbox
    sandbox.stack.queues.set_queue_attributes(
        QueueUrl=queue,
        Attributes={"VisibilityTimeout": before["VisibilityTimeout"]},
    )


@pytest.mark.parametrize(
    ("side", "method", "path"),
    [
        ("pagerduty", "GET", r"/incidents/\w+$"),
        ("jira", "POST", r"/rest/api/2/issue$"),
        ("pagerduty", "POST", r"/notes$"),
    ],
    ids=["reading the incident", "creating the issue", "adding the note"],
)
def test_p8_a_worker_that_is_killed_in_mid_call_leaves_one_issue_and_one_note(
    impatient: Sandbox, side: str, method: str, path: str
) -> None:
    """The other side goes on with what it was asked for, after the worker is gone."""
    faults = getattr(impatient, side).faults
    faults.add(FaultKind.SLOW, method=method, path=path, seconds=HANGS)

    incident = impatient.trigger(f"Killed at {method} {path}")
    eventually(lambda: not faults.rules(), what="a call that hangs")
    killed = impatient.stack.kill("SyncWorkerFunction")
    eventually(lambda: impatient.is_linked(incident), seconds=90, what="the issue")
    impatient.at_rest(incident)

    assert killed
    assert len(impatient.issues_of(incident)) == 1
    assert len(impatient.notes_of(incident)) == 1
