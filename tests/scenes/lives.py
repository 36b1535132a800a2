"""Incidents from their beginning to their end, with what people do to them on both sides."""

from typing import Any

from pdjira.model.mapping import Mapping
from pdjira.model.signal import SignalKind
from pdjira.worker.consume import Deferred
from tests.builders import a_request, three_statuses
from tests.fakes.faults import Crash, FaultPlan
from tests.sandbox.pagerduty.seed import CHECKOUT, RESPONDER
from tests.world import World

START, STOP, RESOLVE, CLOSE, REOPEN = "11", "21", "31", "41", "51"
"""Transitions of the sandbox's workflow, by id."""
ROLE = {"type": "role", "value": "Administrators"}
"""Who alone may read a comment, as Jira writes it."""


class Life:
    """An incident's life: each act of its responder, and the worker at rest after it."""

    def __init__(self, mapping: Mapping | None = None, plan: FaultPlan | None = None) -> None:
        self.world = World(mapping or three_statuses(), plan=plan)
        self.incident = self.world.trigger()
        self.world.work()
        self._number = 0

    def act(self, action: str, *, event: str = "", **changes: Any) -> None:
        getattr(self.world.pagerduty.model, action)(self.incident, by=RESPONDER, **changes)
        self.hear(event or f"incident.{action}d")

    def hear(self, event: str) -> None:
        self._number += 1
        self.world.signal(self.incident, id=f"act-{self._number}", event_type=event)
        self.world.work()

    def status(self) -> str:
        return str(self.fields()["status"]["name"])

    def fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = self.world.issues[0]["fields"]
        return fields

    def notes(self) -> list[str]:
        """The notes that people were told beside the one that names the issue."""
        notes = self.world.notes(self.incident)
        return [note for note in notes if not note.startswith("Jira issue ")]

    def move(self, *transitions: str) -> None:
        """Somebody moves the issue in Jira."""
        for transition in transitions:
            body: dict[str, Any] = {"transition": {"id": transition}}
            if transition == RESOLVE:
                body["fields"] = {"resolution": {"name": "Done"}}
            self.world.jira.model.transition("alice", "OPS-1", body)


class Both(Life):
    """An incident's life in which people work in Jira, too."""

    def hear_jira(self) -> None:
        """A change of the issue is heard of, by whatever way."""
        self._number += 1
        self.world.signal(
            self.incident,
            id=f"jira-{self._number}",
            kind=SignalKind.ISSUE_CHANGED,
            event_type="jira:issue_updated",
        )
        self.world.work()

    def edit(self, **fields: Any) -> None:
        """Somebody edits the issue."""
        self.world.jira.model.edit_issue("alice", "OPS-1", {"fields": fields})
        self.hear_jira()

    def moved(self, *transitions: str) -> None:
        self.move(*transitions)
        self.hear_jira()

    def state(self) -> str:
        return self.world.pagerduty.model.incident(self.incident).status

    def writes(self) -> int:
        """How often anything was written to either side."""
        calls = self.world.jira.calls, self.world.pagerduty.calls
        return sum(
            count
            for side in calls
            for name, count in side.items()
            if name in {"transition", "update_issue", "add_comment", "change_incident", "add_note"}
        )


def once(both: Both) -> None:
    """One delivery, whatever becomes of it; a crash brings another worker process."""
    due = both.world.queue.next_visible_at()
    assert due is not None
    both.world.clock.now = max(due, both.world.clock.now)
    message = both.world.queue.receive()
    assert message is not None
    try:
        outcome = both.world.consumer.consume(message)
    except Crash:
        both.world.consumer = both.world.worker("after a crash")
    else:
        if not isinstance(outcome.verdict, Deferred):
            both.world.queue.delete(message)
    both.world.clock.forward(seconds=1)


class Talk(Both):
    """An incident's life in which people write on the issue."""

    def write(self, body: str, *, by: str = "alice", hear: bool = True, **more: Any) -> str:
        """Somebody comments on the issue; answers the comment's id."""
        comment = self.world.jira.model.add_comment(by, "OPS-1", {"body": body, **more})
        if hear:
            self.hear_jira()
        return str(comment["id"])

    def heard(self) -> list[str]:
        """The notes that came from Jira."""
        return [note for note in self.world.notes(self.incident) if note.startswith("[Jira] ")]


def unheard(world: World, **details: Any) -> str:
    """An incident of which no signal came yet."""
    return world.pagerduty.model.trigger(CHECKOUT, "Slow", by=RESPONDER, **details).id


def press(world: World, incident: str, number: int = 1, **changes: object) -> None:
    """Press the button and let the worker go on."""
    values = {"id": f"press-{number}", "incident_id": incident, **changes}
    world.queue.send(a_request(**values))
    world.work()
