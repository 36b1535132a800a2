"""P21: every reader of pages fails at page k, for every k, and at each thing a page tells of."""

from collections import abc
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

import pytest

from pdjira.adapters.aws.queue import decode
from pdjira.adapters.pagerduty import incidents as pagerduty_incidents
from pdjira.errors import Ambiguous, Temporary
from pdjira.jql.matches import MatchState
from pdjira.model.issue import IssueDraft, IssueRef, Mark
from pdjira.model.signal import SignalKind
from pdjira.sweep import joining, work
from tests.builders import PAGING, PAGING_NEW, a_link
from tests.fakes.duplicates import FakeOurIssues
from tests.fakes.faults import Crash
from tests.fakes.searches import FakeSearches
from tests.sandbox.pagerduty.seed import CHECKOUT, RESPONDER
from tests.world import World

PAGE = 4
THINGS = 11
ERRORS: tuple[tuple[BaseException, bool], ...] = (
    (Temporary("down"), False),
    (Ambiguous("no answer"), True),
    (Crash(), False),
    (Crash(), True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """`things` makes what is to be read, by id and time; `seen` are those that were told of.

    `cursor` is how far was read, `page` the call that reads a page, and `note` the one that keeps
    what a page tells.
    """

    begin: Callable[[], World]
    things: Callable[[World], abc.Mapping[str, datetime]]
    run: Callable[[World], object]
    seen: Callable[[World], set[str]]
    cursor: str
    page: str
    note: str


def a_minute_apart(world: World) -> Iterator[datetime]:
    for _ in range(THINGS):
        world.clock.forward(minutes=1)
        yield world.clock()
    world.clock.forward(minutes=1)


def poll(world: World) -> None:
    replace(world.poller(), searches=FakeSearches(world.jira, page=PAGE)).run()


def sweep(world: World) -> None:
    sweeper = world.sweeper()
    ours = replace(sweeper.duplicates, issues=FakeOurIssues(world.jira, page=PAGE))
    jql = replace(sweeper.jql, searches=FakeSearches(world.jira, page=PAGE))
    replace(sweeper, duplicates=ours, jql=jql).run()


def told(world: World, kind: SignalKind) -> set[str]:
    signals = [decode(message.body) for message in world.queue.stored]
    about = [one.issue_id or one.incident_id for one in signals]
    return {str(it) for it, one in zip(about, signals, strict=True) if one.kind is kind}


def polled() -> World:
    world = World(PAGING)
    poll(world)
    return world


def matches(world: World) -> abc.Mapping[str, datetime]:
    return {str(world.issue(priority={"id": "1"})["id"]): at for at in a_minute_apart(world)}


def rows(world: World, state: MatchState) -> set[str]:
    return {row.issue_id for row in world.rows.stored.values() if row.state is state}


def changes(world: World) -> abc.Mapping[str, datetime]:
    """Issues that are linked, each changed at another time."""
    made = {}
    for number, at in enumerate(a_minute_apart(world)):
        issue = world.issue()
        link = a_link(incident_id=f"QCHANGE{number:03}", version=0)
        world.links.complete(replace(link, issue=IssueRef(id=issue["id"], key=issue["key"])))
        made[str(issue["id"])] = at
    return made


def swept() -> World:
    """One link that is open, so that duplicates are looked for."""
    world = World(PAGING)
    world.trigger()
    world.work()
    poll(world)
    sweep(world)
    return world


def incidents(world: World) -> abc.Mapping[str, datetime]:
    """Incidents whose webhooks were all lost; a note of each lies a slice of the log later."""
    model = world.pagerduty.model
    made = {model.trigger(CHECKOUT, "Lost", by=RESPONDER).id: at for at in a_minute_apart(world)}
    world.clock.forward(days=1)
    for incident_id in made:
        model.add_note(incident_id, "Rolled back", by=RESPONDER)
    world.clock.forward(minutes=1)
    return made


def second_issues(world: World) -> abc.Mapping[str, datetime]:
    """Issues that bear the mark of an incident which has its issue."""
    (link,) = world.links.links
    line = f"PagerDuty: {world.pagerduty.get_incident(link.incident_id).html_url}"
    mark = Mark(incident_id=link.incident_id, mapping_id="ops-bug", line=line)
    made = {}
    for at in a_minute_apart(world):
        fields = {"summary": "Late", "description": line}
        draft = IssueDraft(project_id="10100", issue_type_id="10001", fields=fields, mark=mark)
        made[world.jira.create_issue(draft).id] = at
    world.clock.forward(minutes=15)
    return made


READERS = {
    "the first search of a JQL": Reader(
        begin=lambda: World(PAGING_NEW),
        things=matches,
        run=poll,
        seen=lambda world: rows(world, MatchState.BASELINE),
        cursor="mapping ops-bug",
        page="jira.matches",
        note="rows.add",
    ),
    "a search of a JQL": Reader(
        begin=polled,
        things=matches,
        run=poll,
        seen=lambda world: rows(world, MatchState.WAITING),
        cursor="mapping ops-bug",
        page="jira.matches",
        note="rows.add",
    ),
    "the search of linked issues": Reader(
        begin=polled,
        things=changes,
        run=poll,
        seen=lambda world: told(world, SignalKind.ISSUE_CHANGED),
        cursor="project 10100",
        page="jira.matches",
        note="queue.send",
    ),
    "PagerDuty's log": Reader(
        begin=swept,
        things=incidents,
        run=sweep,
        seen=lambda world: told(world, SignalKind.RESYNC),
        cursor=work.CURSOR,
        page="pagerduty.log",
        note="queue.send",
    ),
    "the open incidents": Reader(
        begin=swept,
        things=incidents,
        run=sweep,
        seen=lambda world: told(world, SignalKind.RESYNC),
        cursor=work.CURSOR,
        page="pagerduty.open_incidents",
        note="cursors.put",
    ),
    "the search for second issues": Reader(
        begin=swept,
        things=second_issues,
        run=sweep,
        seen=lambda world: told(world, SignalKind.ISSUE_FOUND),
        cursor=joining.CURSOR,
        page="jira.made",
        note="queue.send",
    ),
    "the JQL without its window": Reader(
        begin=swept,
        things=matches,
        run=sweep,
        seen=lambda world: rows(world, MatchState.WAITING),
        cursor="mapping ops-bug",
        page="jira.matches",
        note="rows.add",
    ),
}


@pytest.mark.parametrize("name", READERS)
def test_p21_whichever_page_fails_the_cursor_passes_over_nothing_and_the_next_round_reads_all(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(pagerduty_incidents, "PAGE", PAGE)
    reader = READERS[name]
    for call in (reader.page, reader.note):
        calls = calls_of(reader, call)
        assert calls > THINGS // PAGE, call
        for number in range(1, calls + 1):
            for error, after in ERRORS:
                fail(reader, call, number, error, after=after)


def calls_of(reader: Reader, call: str) -> int:
    """How often a round without faults makes this call."""
    world = reader.begin()
    things = reader.things(world)
    before = world.plan.calls.count(call)
    reader.run(world)
    assert reader.seen(world) >= things.keys()
    return world.plan.calls.count(call) - before


def fail(reader: Reader, call: str, number: int, error: BaseException, *, after: bool) -> None:
    """A round whose call of this number fails, then one without faults."""
    world = reader.begin()
    things = reader.things(world)
    before = world.plan.calls.count(call)
    world.plan.fail(before + number, error, method=call, after=after)

    with suppress(Crash):
        reader.run(world)
    cursor, seen = world.cursors.find(reader.cursor), reader.seen(world)
    world.clock.forward(minutes=1)
    reader.run(world)

    where = f"{call} {number} {error!r}"
    unread = {it: at for it, at in things.items() if it not in seen}
    assert cursor is None or all(at >= cursor.until for at in unread.values()), where
    assert reader.seen(world) >= things.keys(), where
