"""M24: each event type, from its payload to what it does to the issue, or why it does nothing.

The payloads are those of `tests/fixtures/pagerduty/`. The table stands in `docs/configuration.md`
as well.
"""

import json
from collections import abc
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pdjira.model.incident import Note, Reference
from pdjira.model.link import LinkState
from pdjira.model.mapping import CreateMode
from pdjira.model.signal import ABOUT_PEOPLE, KEPT_IN_STEP, SignalKind
from pdjira.webhooks.envelope import read_delivery
from pdjira.worker.consume import Done
from tests.builders import a_delivery, a_mapping
from tests.sandbox.pagerduty import happenings
from tests.sandbox.pagerduty.model import PagerDutyModel
from tests.sandbox.pagerduty.seed import CHECKOUT, PAYMENTS, POLICY, RESPONDER, SYNC_USER
from tests.unit.test_following import ROWS as PRIORITIES
from tests.unit.test_following import three_statuses
from tests.world import World

Act = Callable[[PagerDutyModel, str], object]
Json = Any

DATA, INSIDE = "data.id", "data.incident.id"
ASSIGNED = "data.incident_role_assignments.0.incident.id"
UNKNOWN = "incident.unsupported"
IGNORED = "nothing that is kept in step"
PEOPLE = "nothing that is kept in step, unless the mapping has `sync_people`: then people follow"
NO_INCIDENT = "nothing: it is about no incident"
MOVES = "moves the issue to the status that `status_mapping` names"

by = RESPONDER


def nothing(_model: PagerDutyModel, _incident: str) -> None:
    """Where the payload alone tells what happened, or nothing happens to the incident."""


def merge(model: PagerDutyModel, incident: str) -> None:
    model.merge([incident], model.trigger(PAYMENTS, "The cause", by=by).id, by=by)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One event type.

    `incident`, `service` and `text` are where the payload has the incident's id, the service's
    and what was written. `act` is what happens in PagerDuty, `before` what happened earlier.
    `changes` is what is different in Jira afterwards, and `does` how the documents put it.
    """

    event: str
    does: str
    incident: str | None = DATA
    service: str | None = None
    text: str | None = None
    before: tuple[Act, ...] = ()
    act: Act = nothing
    changes: abc.Mapping[str, object] = field(default_factory=dict)


TABLE = (
    Row(
        event="incident.triggered",
        does="makes the issue of each mapping whose conditions hold",
        service="data.service.id",
        changes={"issues": 1},
    ),
    Row(
        event="incident.acknowledged",
        does=MOVES,
        service="data.service.id",
        act=lambda model, it: model.acknowledge(it, by=by),
        changes={"status": "In Progress"},
    ),
    Row(
        event="incident.unacknowledged",
        does=MOVES,
        service="data.service.id",
        before=(lambda model, it: model.acknowledge(it, by=by),),
        act=lambda model, it: model.unacknowledge(it, by=by),
        changes={"status": "Open"},
    ),
    Row(
        event="incident.resolved",
        does=MOVES,
        service="data.service.id",
        act=lambda model, it: model.resolve(it, by=by),
        changes={"status": "Resolved"},
    ),
    Row(
        event="incident.reopened",
        does=MOVES,
        service="data.service.id",
        before=(lambda model, it: model.resolve(it, by=by),),
        act=lambda model, it: model.reopen(it, by=by),
        changes={"status": "Open"},
    ),
    Row(
        event="incident.resolved",
        does="by a merge: adds a comment that names the incident which goes on; the issue stays "
        "in its status, and nothing follows any more",
        service="data.service.id",
        act=merge,
        changes={"comments": 1},
    ),
    Row(
        event="incident.priority_updated",
        does="gives the issue the priority that `priorities` names; makes the issue of a mapping "
        "whose conditions hold only now",
        service="data.service.id",
        act=lambda model, it: model.set_priority(it, "PP1", by=by),
        changes={"priority": "1"},
    ),
    Row(
        event="incident.service_updated",
        does="makes the issue of each mapping of the new service; issues that are there follow "
        "as before",
        service="data.service.id",
        act=lambda model, it: model.set_service(it, PAYMENTS, by=by),
        changes={"issues": 2},
    ),
    Row(
        event="incident.annotated",
        does="adds the note to the issue, as a comment",
        incident=INSIDE,
        text="data.content",
        changes={"comments": 1},
    ),
    Row(
        event="incident.status_update_published",
        does="adds the status update to the issue, as a comment",
        incident=INSIDE,
        text="data.message",
        changes={"comments": 1},
    ),
    Row(
        event="incident.workflow.started",
        does="makes the issue of each mapping that has the workflow in `manual_workflow_ids`",
        incident=INSIDE,
        service="data.service.id",
        changes={"issues": 2},
    ),
    Row(
        event="incident.workflow.completed",
        does=IGNORED,
        incident=INSIDE,
        service="data.service.id",
    ),
    Row(
        event="incident.escalated",
        does=PEOPLE,
        service="data.service.id",
        act=lambda model, it: model.escalate(it, [SYNC_USER], by=by),
    ),
    Row(
        event="incident.delegated",
        does=PEOPLE,
        service="data.service.id",
        act=lambda model, it: model.delegate(it, POLICY, by=by),
    ),
    Row(
        event="incident.reassigned",
        does=PEOPLE,
        service="data.service.id",
        act=lambda model, it: model.reassign(it, [SYNC_USER], by=by),
    ),
    Row(
        event="incident.incident_type.changed",
        does=IGNORED,
        service="data.service.id",
        act=lambda model, it: model.set_incident_type(it, "major_incident", by=by),
    ),
    Row(
        event="incident.responder.added",
        does=PEOPLE,
        incident=INSIDE,
        act=lambda model, it: happenings.add_responder(model, it, SYNC_USER, by=by),
    ),
    Row(event="incident.responder.replied", does=PEOPLE, incident=INSIDE),
    Row(event="incident.role.assigned", does=IGNORED, incident=ASSIGNED),
    Row(event="incident.conference_bridge.updated", does=IGNORED, incident=INSIDE),
    Row(
        event="incident.custom_field_values.updated",
        does="changes the fields whose rules name a custom field of PagerDuty",
        incident=INSIDE,
    ),
    Row(event="incident.task.created", does=IGNORED, incident=INSIDE),
    Row(event="incident.task.updated", does=IGNORED, incident=INSIDE),
    Row(event="incident.task.completed", does=IGNORED, incident=INSIDE),
    Row(event="incident.action_invocation.created", does=IGNORED, incident=INSIDE),
    Row(event="incident.action_invocation.updated", does=IGNORED, incident=INSIDE),
    Row(event="incident.action_invocation.terminated", does=IGNORED, incident=INSIDE),
    Row(event="service.created", does=NO_INCIDENT, incident=None, service=DATA),
    Row(event="service.updated", does=NO_INCIDENT, incident=None, service=DATA),
    Row(event="service.deleted", does=NO_INCIDENT, incident=None, service=DATA),
    Row(
        event="service.custom_field_values.updated",
        does=NO_INCIDENT,
        incident=None,
        service="data.service.id",
    ),
    Row(event="pagey.ping", does=NO_INCIDENT, incident=None),
)
MERGED = next(row for row in TABLE if row.act is merge)
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
    return next((row for row in TABLE if row.event == event["event_type"]), UNLISTED)


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
        return verdict.report.rests

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

    assert {row.event for row in TABLE} == events
    nothing = (IGNORED, PEOPLE, NO_INCIDENT)
    assert {row.event for row in TABLE if row.does not in nothing} == KEPT_IN_STEP
    assert {row.event for row in TABLE if row.does == PEOPLE} == ABOUT_PEOPLE
