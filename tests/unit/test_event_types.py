"""M24: each event type, from its payload to what it does to the issue, or why it does nothing.

The payloads are those of `tests/fixtures/pagerduty/`. The table stands in
`docs/reference/event-types.md` as well.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pdjira.model.incident import Note, Reference
from pdjira.model.link import LinkState
from pdjira.model.mapping import CreateMode
from pdjira.model.signal import ABOUT_PEOPLE, KEPT_IN_STEP, SignalKind
from pdjira.webhooks.envelope import read_delivery
from pdjira.worker.consume import Done
from tests.builders import PRIORITIES, a_delivery, a_mapping, three_statuses
from tests.sandbox.pagerduty.seed import CHECKOUT, PAYMENTS
from tests.scenes.event_types import (
    DATA,
    EVENT_TYPES,
    IGNORED,
    NO_INCIDENT,
    PEOPLE,
    Row,
    by,
    merge,
    nothing,
)
from tests.world import World

Json = Any

UNKNOWN = "incident.unsupported"

MERGED = next(row for row in EVENT_TYPES if row.act is merge)
UNLISTED = Row(event=UNKNOWN, does=IGNORED, service="data.service.id")

FIXTURES = Path(__file__).parents[1] / "fixtures" / "pagerduty"


def payloads() -> Iterator[Any]:
    """One of each event type as the sandbox sends it, its variants, and the shapes of real ones."""
    for path in sorted(FIXTURES.rglob("*.json")):
        yield pytest.param(path.read_bytes(), id=f"{path.parent.stem}-{path.stem}")


every_payload = pytest.mark.parametrize("body", list(payloads()))


def row_of(body: bytes) -> Row:
    event = json.loads(body)["event"]
    if event["data"].get("resolve_reason"):
        return MERGED
    return next((row for row in EVENT_TYPES if row.event == event["event_type"]), UNLISTED)


def at(body: bytes, path: str | None) -> Json:
    """What a payload holds at a path; None where there is no path."""
    if path is None:
        return None
    found: Json = json.loads(body)["event"]
    for key in path.split("."):
        found = found[int(key)] if isinstance(found, list) else found.get(key)
    return found


def author_of(body: bytes) -> str | None:
    agent = json.loads(body)["event"]["agent"] or {}
    name: str | None = agent.get("summary")
    return name


def note_of(body: bytes, row: Row) -> Note | None:
    if row.text is None:
        return None
    start = "status_update:" if row.text == "data.message" else ""
    content, trimmed = at(body, row.text), at(body, "data.trimmed")
    id_ = f"{start}{at(body, DATA)}"
    author_id = (json.loads(body)["event"]["agent"] or {}).get("id")
    return Note(
        id=id_, content=content, author=author_of(body), author_id=author_id, trimmed=trimmed
    )


@every_payload
def test_every_event_type_becomes_a_signal_about_its_incident_or_about_none(body: bytes) -> None:
    row, event = row_of(body), json.loads(body)["event"]

    signal = read_delivery(body)

    assert signal.kind is (SignalKind.INCIDENT_CHANGED if row.incident else SignalKind.NO_INCIDENT)
    assert (signal.id, signal.event_type) == (event["id"], event["event_type"])
    assert signal.incident_id == at(body, row.incident)
    assert signal.service_id == at(body, row.service)
    assert signal.agent == author_of(body)
    assert signal.note == note_of(body, row)
    assert signal.occurred_at is not None


class Story:
    """An incident that has its issue, and what a delivery then changes in Jira."""

    def __init__(self, body: bytes) -> None:
        self.row = row_of(body)
        workflow = read_delivery(body).workflow_id
        self.world = World(
            three_statuses(priorities=PRIORITIES),
            a_mapping(id="payments", service=Reference(id=PAYMENTS, name="Payments")),
            a_mapping(
                id="workflow", create_issue=CreateMode.MANUAL, manual_workflow_ids=(workflow or "",)
            ),
        )
        self.model = self.world.pagerduty.model
        self.incident = self.model.trigger(CHECKOUT, "Checkout is slow", by=by).id
        self._begin()
        before, calls = self._seen(), len(self.world.plan.calls)
        self.row.act(self.model, self.incident)
        self.world.queue.send(read_delivery(self._about_ours(body)))
        self.world.work()
        now = self._seen()
        self.changes = {key: now[key] for key in before if now[key] != before[key]}
        self.calls = {name.split(".")[0] for name in self.world.plan.calls[calls:]}

    @property
    def rests(self) -> tuple[str, ...]:
        """Why the worker did nothing further, for each mapping that it looked at."""
        verdict = self.world.outcomes[-1].verdict
        assert isinstance(verdict, Done)
        return tuple(one.rpartition("Mapping ops-bug: ")[2] for one in verdict.report.rests)

    def _begin(self) -> None:
        """What happened, and was worked on, before the delivery came."""
        if self.row.event == "incident.triggered":
            return
        for number, act in enumerate((nothing, *self.row.before)):
            act(self.model, self.incident)
            self.world.signal(self.incident, id=f"before-{number}")
            self.world.work()

    def _about_ours(self, body: bytes) -> bytes:
        """The delivery with the id of our incident in the place of its own."""
        theirs = at(body, self.row.incident)
        return body.replace(theirs.encode(), self.incident.encode()) if theirs else body

    def _seen(self) -> dict[str, object]:
        """How many issues Jira has, and what one sees on the first."""
        issues = self.world.issues
        if not issues:
            return {"issues": 0}
        fields = issues[0]["fields"]
        return {
            "issues": len(issues),
            "status": fields["status"]["name"],
            "priority": fields["priority"]["id"],
            "summary": fields["summary"],
            "comments": len(self.world.comments()),
        }


@every_payload
def test_m24_every_event_type_changes_in_jira_what_its_row_says(body: bytes) -> None:
    row = row_of(body)

    story = Story(body)

    assert story.changes == row.changes
    assert [note for note in story.world.notes(story.incident) if " stays in " in note] == []
    assert story.world.queue.dead == []


@every_payload
def test_m24_what_changes_nothing_by_its_kind_is_named_as_ignored_and_costs_no_call_of_jira(
    body: bytes,
) -> None:
    event = json.loads(body)["event"]["event_type"]

    story = Story(body)

    agree = "The incident and its issue agree."
    match row_of(body).does:
        case does if does == NO_INCIDENT:
            assert story.rests == (f"{event} is about no incident.",)
            assert story.calls.isdisjoint({"jira", "pagerduty"})
        case does if does in (IGNORED, PEOPLE):
            assert f"{agree} {event} changes nothing that is kept in step." in story.rests
            assert "jira" not in story.calls
        case _:
            assert {agree, "The incident was merged into another."} & set(story.rests)


@every_payload
def test_m19_what_was_written_stands_in_the_comment_as_it_was_with_its_author(body: bytes) -> None:
    row = row_of(body)
    written = str(at(body, row.text))

    comments = [one.replace("\\", "") for one in Story(body).world.comments()]

    carried = [one for one in comments if one.endswith(written)]
    assert len(carried) == (1 if row.text else 0)
    assert all(one.startswith(f"[PagerDuty] {author_of(body)}: ") for one in carried)


def test_a_merge_names_what_goes_on_and_closes_the_link() -> None:
    body = (FIXTURES / "variants" / "incident.resolved.by_merge.json").read_bytes()

    story = Story(body)

    (comment,) = story.world.comments()
    assert "The cause" in comment
    assert story.world.links.links[0].state is LinkState.CLOSED


def test_a_role_that_is_taken_away_is_about_the_incident_of_its_assignment() -> None:
    assignment = {"assignee": None, "incident": {"id": "QINCIDENT00001"}, "status": "inactive"}
    data = {"type": "incident_role_assignment", "incident_role_assignments": [assignment]}

    signal = read_delivery(a_delivery(event_type="incident.role.assigned", data=data))

    assert signal.incident_id == "QINCIDENT00001"
    assert signal.is_ignored


def test_p2_an_event_type_that_pagerduty_invents_makes_the_worker_look_and_is_named() -> None:
    body = a_delivery(event_type="incident.sang", data={"incident": {"id": "QINCIDENT00001"}})

    signal = read_delivery(body)

    assert signal.incident_id == "QINCIDENT00001"
    assert signal.is_ignored


def test_whatever_an_event_tells_a_missed_change_is_made_good_by_it() -> None:
    world = World(three_statuses())
    incident = world.trigger()
    world.work()

    world.pagerduty.model.acknowledge(incident, by=by)
    world.signal(incident, id="2", event_type="incident.responder.added")
    world.work()

    assert world.issues[0]["fields"]["status"]["name"] == "In Progress"


def test_the_table_has_a_payload_for_each_row_and_a_row_for_each_event_type() -> None:
    events = {
        json.loads(path.read_bytes())["event"]["event_type"]
        for path in FIXTURES.glob("*")
        if path.suffix == ".json"
    }

    assert {row.event for row in EVENT_TYPES} == events
    nothing = (IGNORED, PEOPLE, NO_INCIDENT)
    assert {row.event for row in EVENT_TYPES if row.does not in nothing} == KEPT_IN_STEP
    assert {row.event for row in EVENT_TYPES if row.does == PEOPLE} == ABOUT_PEOPLE
