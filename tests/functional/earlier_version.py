"""What an earlier version leaves behind in mid-stream: recorded by running it, and put back.

From the root, with the tree of that version in DIR (`git archive` makes one):

    PYTHONPATH=DIR/layers/pdjira/python:. python -m tests.functional.earlier_version DIR FILE

The file holds the story of both sides (what people did, and each write of the stack), then the
items of both tables and the messages in the queue as that version wrote them.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import requests

from tests.aws import LINKS_TABLE, MAPPINGS_TABLE
from tests.functional import lambdas
from tests.functional.whole_stack import WholeStack, whole_stack
from tests.sandbox.faults import Fault, FaultKind
from tests.sandbox.jira.seed import OUR_TOKEN
from tests.sandbox.pagerduty.seed import API_TOKEN, CHECKOUT, RESPONDER, SYNC_EMAIL

Json = dict[str, Any]

FULL = {
    "status_mapping": {
        "triggered": {"id": "1", "name": "Open"},
        "acknowledged": {"id": "3", "name": "In Progress"},
        "resolved": {"id": "5", "name": "Resolved"},
    },
    "custom_fields": [{"target_issue_field": "resolution", "type": "const", "value": "Done"}],
}
PAGING = {
    "id": "paging",
    "create_issue": "never",
    "jql": "priority = Highest",
    "jql_applies_to": "existing",
    "max_incidents_per_hour": 1,
}
REQUIRED = "customfield_10001"
LONGEST_FIRST_DELAY = 3
"""Seconds; what was put off for the first time is seen again after that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """What people do on both sides, each by its name in a story."""

    stack: WholeStack

    def act(self, name: str, *arguments: Any) -> None:
        """Do it."""
        acts: dict[str, Callable[..., object]] = {
            "trigger": self._trigger,
            "acknowledge": lambda number: self._model.acknowledge(self.id(number), by=RESPONDER),
            "note": lambda number, text: self._model.add_note(self.id(number), text, by=RESPONDER),
            "issue": lambda: self.stack.issue(priority={"id": "1"}),
            "comment": lambda issue, text: self.stack.jira.model.add_comment(
                "alice", issue, {"body": text}
            ),
            "require": lambda required: self.stack.jira.model.set_required(
                "10100", "10001", REQUIRED, required=required
            ),
        }
        acts[name](*arguments)

    @property
    def _model(self) -> Any:
        return self.stack.pagerduty.model

    def id(self, number: int) -> str:
        """The id of the incident of that number, from 0."""
        return str(list(self._model.incidents)[number])

    def _trigger(self, title: str) -> None:
        self._model.trigger(CHECKOUT, title, by=RESPONDER)

    def names(self) -> list[list[str]]:
        """What has another name on each run: the URLs, and each incident with its log and notes."""
        incidents = self._model.incidents.values()
        return [
            [self.stack.jira.url, self.stack.pagerduty.url],
            *([it.id, it.log[0].id, *(note.id for note in it.notes)] for it in incidents),
        ]


@dataclass(slots=True, kw_only=True)
class _Recorder:
    stack: WholeStack
    story: list[Json] = field(default_factory=list)
    _heard: dict[str, int] = field(default_factory=dict)

    def act(self, name: str, *arguments: Any) -> None:
        """Let people do something, and tell of it."""
        Sides(stack=self.stack).act(name, *arguments)
        self.story.append({"act": name, "arguments": arguments})

    def hear(self) -> None:
        """Add the writes of the stack since the last time; Jira's may name a new incident."""
        for side, calls in (
            ("pagerduty", self.stack.pagerduty.calls.calls()),
            ("jira", self.stack.jira.calls.calls()),
        ):
            for call in calls[self._heard.get(side, 0) :]:
                is_write = call["method"] != "GET" and not call["path"].endswith("/search")
                if is_write and (call["fault"] or call["status"] < 300):
                    write = {name: call[name] for name in ("method", "path", "body")}
                    self.story.append({"write": side, **write})
            self._heard[side] = len(calls)

    def work(self) -> None:
        """Let the worker go on."""
        self.stack.work()
        self.hear()


def record() -> Json:
    """Incidents and issues at every point of their lives, as the version at hand leaves them."""
    with whole_stack() as stack:
        recorder, sides = _Recorder(stack=stack), Sides(stack=stack)
        stack.save(**FULL)
        stack.save(**PAGING)
        stack.poll()
        _a_life(recorder, sides)
        _a_refusal(recorder, sides)
        _a_match_and_one_that_waits(recorder)
        _a_lost_answer(recorder, sides)
        _unheard(recorder, sides)
        aws = stack.account.aws
        scan = aws.dynamodb.scan
        return {
            "at": stack.clock().isoformat(),
            "names": sides.names(),
            "story": recorder.story,
            "items": {name: scan(TableName=table)["Items"] for name, table in TABLES.items()},
            "messages": [*_messages(stack)],
        }


TABLES = {"links": LINKS_TABLE, "mappings": MAPPINGS_TABLE}


def _a_life(recorder: _Recorder, sides: Sides) -> None:
    """An incident whose issue was made and moved; a note and a comment were carried."""
    recorder.act("trigger", "Lived for a while")
    recorder.stack.tell(sides.id(0), "incident.triggered")
    recorder.work()
    recorder.act("acknowledge", 0)
    recorder.act("note", 0, "Restarted web-7")
    recorder.act("comment", "10001", "Looks better")
    recorder.stack.tell(sides.id(0), "incident.acknowledged")
    recorder.stack.sweep(minutes=1)
    recorder.work()


def _a_refusal(recorder: _Recorder, sides: Sides) -> None:
    """An incident of which Jira took no issue."""
    recorder.act("require", True)
    recorder.act("trigger", "Refused")
    recorder.stack.tell(sides.id(1), "incident.triggered")
    recorder.work()
    recorder.act("require", False)


def _a_lost_answer(recorder: _Recorder, sides: Sides) -> None:
    """An incident whose issue was made, but nobody heard of that."""
    cut = Fault(FaultKind.CUT_AFTER, method="POST", path="/issue$")
    recorder.stack.jira.faults.add(cut)
    recorder.act("trigger", "Its answer was lost")
    recorder.stack.tell(sides.id(3), "incident.triggered")
    recorder.work()


def _a_match_and_one_that_waits(recorder: _Recorder) -> None:
    """Of two issues that page, one has opened its incident, the other waits for the limit."""
    for _ in range(2):
        recorder.act("issue")
    recorder.stack.poll(minutes=1)
    recorder.work()


def _unheard(recorder: _Recorder, sides: Sides) -> None:
    """Events that nobody has worked on."""
    recorder.act("trigger", "Came just before the upgrade")
    recorder.stack.tell(sides.id(4), "incident.triggered")
    recorder.act("note", 0, "Said just before the upgrade")
    recorder.stack.tell(sides.id(0), "incident.escalated")
    recorder.stack.tell_of_issue("10001")


def _messages(stack: WholeStack) -> Iterator[Json]:
    """What is in the queue, also what was put off, in its order."""
    sqs, url = stack.account.aws.sqs, stack.account.queue_url
    time.sleep(LONGEST_FIRST_DELAY)
    while received := sqs.receive_message(
        QueueUrl=url, MessageSystemAttributeNames=["All"], VisibilityTimeout=0
    ).get("Messages"):
        for message in received:
            group = message["Attributes"]["MessageGroupId"]
            yield {"group": group, "body": message["Body"]}
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def put_back(stack: WholeStack, recorded: Json) -> Sides:
    """Bring both sides, the tables and the queue to where that version left them."""
    sides = Sides(stack=stack)
    stack.clock.now = datetime.fromisoformat(recorded["at"])
    for step in recorded["story"]:
        if "act" in step:
            sides.act(step["act"], *step["arguments"])
        else:
            _write(stack, _renamed(step, recorded["names"], sides.names()))
    left = _renamed(recorded, recorded["names"], sides.names())
    aws = stack.account.aws
    for name, table in TABLES.items():
        for item in left["items"][name]:
            aws.dynamodb.put_item(TableName=table, Item=item)
    for number, message in enumerate(left["messages"]):
        aws.sqs.send_message(
            QueueUrl=stack.account.queue_url,
            MessageBody=message["body"],
            MessageGroupId=message["group"],
            MessageDeduplicationId=f"recorded-{number}",
        )
    return sides


def _renamed(value: Json, then: list[list[str]], now: list[list[str]]) -> Json:
    text = json.dumps(value)
    for former, present in zip(then, now, strict=False):
        for before, after in zip(former, present, strict=False):
            text = text.replace(before, after)
    return dict(json.loads(text))


def _write(stack: WholeStack, step: Json) -> None:
    is_jira = step["write"] == "jira"
    base = stack.jira.url if is_jira else stack.pagerduty.url
    headers = {
        "Authorization": f"Bearer {OUR_TOKEN}" if is_jira else f"Token token={API_TOKEN}",
        "Content-Type": "application/json",
        "From": SYNC_EMAIL,
    }
    answer = requests.request(
        step["method"], base + step["path"], data=step["body"], headers=headers, timeout=10
    )
    answer.raise_for_status()


if __name__ == "__main__":
    lambdas.ROOT = Path(sys.argv[1])
    left = json.dumps(record(), indent=1, ensure_ascii=False)
    Path(sys.argv[2]).write_text(left + "\n", encoding="utf-8")
