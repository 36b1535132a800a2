"""Issues that match the JQL of a mapping, and the incidents that they open."""

from datetime import timedelta
from typing import Any

from pdjira.jql.matches import MatchRow, MatchState, reads_of
from pdjira.model.signal import Signal, SignalKind
from pdjira.sync.synchronise import Report
from tests.world import World


def a_match(world: World, issue_id: str, **changes: Any) -> MatchRow:
    """A match of the first mapping that waits for its incident, as the poller stores it."""
    values: dict[str, Any] = {
        "mapping_id": "ops-bug",
        "issue_id": issue_id,
        "state": MatchState.WAITING,
        "seen_at": world.clock(),
        "reads": reads_of(world.mappings.in_force()[0]),
    }
    row = MatchRow(**{**values, **changes})
    world.rows.add(row)
    return row


def handled(world: World, issue_id: str, mapping_id: str = "ops-bug") -> Report:
    """What becomes of a signal that the issue matches."""
    signal = Signal(
        kind=SignalKind.ISSUE_MATCHED, id="match", issue_id=issue_id, mapping_id=mapping_id
    )
    return world.opener().handle(signal)


def states(world: World) -> list[MatchState]:
    return [row.state for row in world.rows.stored.values()]


def incident_count(world: World) -> int:
    """How many incidents there are."""
    return len(world.pagerduty.model.incidents)


def a_while(world: World, *, minutes: int) -> None:
    """The poller goes on every five minutes while the worker works."""
    for _ in range(minutes // 5):
        end = world.clock.now + timedelta(minutes=5)
        world.poller().run()
        world.work(until=end)
        world.clock.now = max(end, world.clock.now)


def a_round(world: World, *, minutes: int = 1) -> None:
    """A poll, and what it told of is worked on."""
    world.clock.forward(minutes=minutes)
    world.poller().run()
    world.work(until=world.clock.now)


def edited(world: World, issue: dict[str, Any], **fields: Any) -> None:
    world.jira.model.edit_issue("alice", issue["id"], {"fields": fields})
