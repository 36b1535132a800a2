"""P2 for Jira: whatever a delivery holds, it becomes a signal that the queue takes."""

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pdjira.adapters.aws.queue import decode, encode
from pdjira.model.signal import Signal, SignalKind, message_group
from pdjira.webhooks.envelope import LONGEST_ID, read_jira_delivery
from pdjira.webhooks.intake import JiraIntake, JiraWebhook
from tests.builders import JIRA_WEBHOOK_TOKEN, NOW, FakeClock, a_jira_delivery
from tests.fakes.jira_webhooks import FakeJiraWebhooks
from tests.fakes.queue import FakeSignalQueue

OURS = Path(__file__).parents[1] / "fixtures" / "jira" / "webhooks"
GROUP = re.compile(r"[\x21-\x7e]{1,128}")
ABOUT_NO_ISSUE = {"project_created"}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
deliveries = st.fixed_dictionaries(
    {},
    optional={
        "timestamp": json_values | st.integers(),
        "webhookEvent": json_values | st.just("jira:issue_updated"),
        "issue": json_values | st.fixed_dictionaries({"id": json_values | st.integers(0).map(str)}),
        "comment": json_values
        | st.fixed_dictionaries({"self": json_values | st.just("x/issue/1/comment/2")}),
    },
)


def test_a_delivery_becomes_a_signal_about_its_issue_and_nothing_else_is_believed() -> None:
    signal = read_jira_delivery(a_jira_delivery())

    assert signal == Signal(
        kind=SignalKind.ISSUE_CHANGED,
        id=signal.id,
        event_type="jira:issue_updated",
        issue_id="10501",
        occurred_at=NOW,
    )


@pytest.mark.parametrize("path", sorted(OURS.glob("*.json")), ids=lambda path: path.stem)
def test_m9_every_shape_of_delivery_names_its_issue(path: Path) -> None:
    body = path.read_bytes()
    about_none = path.stem in ABOUT_NO_ISSUE

    signal = read_jira_delivery(body)

    assert signal.kind is (SignalKind.NO_INCIDENT if about_none else SignalKind.ISSUE_CHANGED)
    assert signal.event_type == json.loads(body)["webhookEvent"]
    assert signal.issue_id == (None if about_none else "10501")
    assert signal.occurred_at == NOW


def test_a_comment_without_its_issue_names_it_by_its_address() -> None:
    body = a_jira_delivery(
        issue=None,
        webhookEvent="comment_created",
        comment={"self": "https://jira.example.com/jira/rest/api/2/issue/10777/comment/10082"},
    )

    assert read_jira_delivery(body).issue_id == "10777"


def test_an_event_about_no_issue_is_ignored_by_its_name() -> None:
    signal = read_jira_delivery(a_jira_delivery(issue=None, webhookEvent="project_created"))

    assert (signal.kind, signal.event_type) == (SignalKind.NO_INCIDENT, "project_created")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[]", "no webhookEvent"),
        (b"{}", "no webhookEvent"),
        (a_jira_delivery(webhookEvent=7), "no webhookEvent"),
        (a_jira_delivery(issue={"id": "OPS-1"}), "no id that is a number"),
        (a_jira_delivery(issue={"id": "\u0661"}), "no id that is a number"),
        (a_jira_delivery(issue=[]), "no id that is a number"),
        (a_jira_delivery(issue=None, comment={"self": "nowhere"}), "of which issue"),
        (a_jira_delivery(issue=None, comment={}), "of which issue"),
        (a_jira_delivery(issue={"id": "1" * (LONGEST_ID + 1)}), "too long"),
        (a_jira_delivery(webhookEvent="x" * (LONGEST_ID + 1)), "too long"),
        (b'{"issue": ' + b"[" * 100_000, "too deeply"),
    ],
)
@pytest.mark.usefixtures("collected")
def test_p2_what_cannot_be_read_is_kept_whole_and_says_why(body: bytes, reason: str) -> None:
    signal = read_jira_delivery(body)

    assert signal.kind is SignalKind.UNREADABLE
    assert reason in (signal.reason or "")
    assert base64.b64decode(signal.body or "") == body


@pytest.mark.parametrize("at", [None, True, 1.5, "1795489200000", 10**400, -(10**17)])
def test_p2_a_time_that_is_none_is_left_out(at: object) -> None:
    signal = read_jira_delivery(a_jira_delivery(timestamp=at))

    assert (signal.issue_id, signal.occurred_at) == ("10501", None)


def test_two_deliveries_are_the_same_event_only_where_they_are_the_same_bytes() -> None:
    first, again = (read_jira_delivery(a_jira_delivery()).id for _ in range(2))
    other = read_jira_delivery(a_jira_delivery(user={"name": "grace"})).id

    assert first == again
    assert first != other


def test_what_belongs_to_one_issue_shares_a_message_group() -> None:
    signal = read_jira_delivery(a_jira_delivery())

    assert message_group(signal) == "issue:10501"


def answered(body: bytes) -> int:
    """The answer to a proven body; what was stored can be read by the worker."""
    queue = FakeSignalQueue(FakeClock())
    webhooks = FakeJiraWebhooks(JiraWebhook(token=JIRA_WEBHOOK_TOKEN))
    intake = JiraIntake(webhooks=webhooks, queue=queue)

    status = intake.receive(body, None, token=JIRA_WEBHOOK_TOKEN).status

    (message,) = queue.stored
    assert GROUP.fullmatch(message.group)
    assert decode(message.body) == read_jira_delivery(body)
    return status


@settings(max_examples=2_000)
@given(sent=deliveries | json_values)
def test_p2_any_json_is_answered_202_and_taken_by_the_queue(sent: Any) -> None:
    assert answered(json.dumps(sent).encode()) == 202


@settings(max_examples=1_000)
@given(body=st.binary())
def test_p2_any_bytes_are_answered_202_and_taken_by_the_queue(body: bytes) -> None:
    assert answered(body) == 202


def test_an_issue_change_survives_the_queue() -> None:
    signal = read_jira_delivery(a_jira_delivery())

    assert decode(encode(signal)) == signal
