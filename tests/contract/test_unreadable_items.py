"""Every stored shape is read by one rule: an item that cannot be read costs itself alone.

`health` tells of it with its key and its cure, until it is mended or gone.
"""

from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from pdjira.adapters.aws.comment_records import DynamoCommentRecords, DynamoNoteRecords
from pdjira.adapters.aws.items import UNREADABLE_PK, read_item, typed, untyped
from pdjira.adapters.aws.links import DynamoFailedLinks, DynamoLinks, DynamoOpenLinks
from pdjira.adapters.aws.openings import DynamoBrakes, DynamoMatchRows, DynamoOpenings
from pdjira.adapters.aws.queue import DynamoAttempts
from pdjira.adapters.aws.sides import DynamoCircuits, DynamoWorkflows
from pdjira.adapters.aws.sweeps import DynamoCursors, DynamoLeases, DynamoSweepResults
from pdjira.adapters.aws.unreadable import SHAPES, DynamoUnreadableItems
from pdjira.adapters.aws.versioned import VersionedItems
from pdjira.circuits.rules import Circuit
from pdjira.errors import Side, UnreadableItem
from pdjira.jql.matches import Cursor, MatchRefusal, MatchRow, MatchState
from pdjira.jql.opening_rules import Brake, Opening, PauseNoteAttempt
from pdjira.model.comment import CommentRecord, NoteAttempt
from pdjira.model.issue import FieldSchema, IssueRef, IssueStatus
from pdjira.model.link import (
    Agreement,
    FieldAgreement,
    LinkState,
    Notice,
    NoticeState,
    TimelineEntry,
)
from pdjira.model.workflow import Transition
from pdjira.sweep.ports import SweepResult
from tests.aws import LINKS_TABLE, Aws
from tests.builders import NOW, FakeClock, a_link
from tests.fakes.links import FakeUnreadableItems

LATER = NOW + timedelta(minutes=5)


class Table:
    """All adapters on one table."""

    def __init__(self, aws: Aws) -> None:
        client, items = aws.dynamodb, VersionedItems(aws.dynamodb, LINKS_TABLE)
        self.client = client
        self.links = DynamoLinks(client, LINKS_TABLE, writer="w")
        self.open_links = DynamoOpenLinks(client, LINKS_TABLE)
        self.failed_links = DynamoFailedLinks(client, LINKS_TABLE)
        self.records = DynamoCommentRecords(client, LINKS_TABLE, writer="w")
        self.rows = DynamoMatchRows(client, LINKS_TABLE)
        self.openings, self.brakes = DynamoOpenings(items), DynamoBrakes(items)
        self.cursors = DynamoCursors(items)
        self.circuits = DynamoCircuits(client, LINKS_TABLE, clock=FakeClock(), monotonic=iter_time)
        self.results = DynamoSweepResults(client, LINKS_TABLE)
        self.notes = DynamoNoteRecords(client, LINKS_TABLE, clock=FakeClock())
        self.workflows = DynamoWorkflows(client, LINKS_TABLE)
        self.leases = DynamoLeases(client, LINKS_TABLE)
        self.attempts = DynamoAttempts(client, LINKS_TABLE, clock=FakeClock())
        self.unreadable = DynamoUnreadableItems(client, LINKS_TABLE)

    def items(self, pk: str, sk: str) -> list[dict[str, Any]]:
        found = self.client.scan(TableName=LINKS_TABLE)["Items"]
        return [
            item
            for item in map(untyped, found)
            if (item["pk"], item["sk"]) == (pk, sk) or (pk, sk) == ("", "")
        ]

    def put(self, item: dict[str, Any]) -> None:
        self.client.put_item(TableName=LINKS_TABLE, Item=typed(item))

    def clear(self) -> None:
        for item in self.items("", ""):
            key = typed({"pk": item["pk"], "sk": item["sk"]})
            self.client.delete_item(TableName=LINKS_TABLE, Key=key)


_TICKS = [0.0]


def iter_time() -> float:
    """A clock that is a minute further each time, so that nothing is remembered."""
    _TICKS[0] += 60.0
    return _TICKS[0]


@dataclass(frozen=True, kw_only=True)
class Case:
    """An item of a shape beside a neighbour; `look` tells which neighbours are shown."""

    key: tuple[str, str]
    write: Callable[[Table], object]
    look: Callable[[Table], Collection[object]]


LINK = a_link(
    state=LinkState.FAILED,
    version=0,
    attempt_at=NOW,
    notes_since=NOW,
    notices={"issue": Notice(state=NoticeState.SENT, text="No.", sent_at=NOW)},
    agreed=Agreement(title="3b1f", fields={"labels": FieldAgreement(incident="a", issue="b")}),
)
NEIGHBOUR = replace(LINK, mapping_id="other")
INCIDENT = f"INCIDENT#{LINK.incident_id}"
ISSUE = IssueRef(id="10501", key="OPS-1")
ENTRY = TimelineEntry(
    incident_id=LINK.incident_id, at=NOW, signal="s", signal_id="1", says=("Done.",)
)
RECORD = CommentRecord(attempt_at=NOW)
ROW = MatchRow(
    mapping_id="ops-bug",
    issue_id="1",
    state=MatchState.WAITING,
    seen_at=NOW,
    reads="a",
    missed_at=NOW,
    refusal=MatchRefusal(at=NOW, says="No.", cure="Ask."),
)
BRAKE = Brake(
    mapping_id="ops-bug",
    openings=(("1", NOW),),
    paused_at=NOW,
    limit="own",
    telling=PauseNoteAttempt(issue_id="1", incident_id="Q1", at=NOW),
)
CURSOR = Cursor(
    id="mapping ops-bug", until=NOW, reads="a", passed_on=frozenset({"x"}), problem="No."
)
CIRCUIT = Circuit(
    side=Side.JIRA, project_id="1", failures=1, opened_at=NOW, probe_at=NOW, why="No.", secret="s"
)
OPENING = Opening(
    issue_id="1", mapping_id="ops-bug", service_id="P1", incident_key="jira:x:1", attempt_at=NOW
)
TRANSITION = Transition(
    id="31",
    name="Resolve",
    to=IssueStatus(id="5", name="Resolved", done=True),
    fields=(FieldSchema(id="resolution", name="Resolution", required=True, type="resolution"),),
)
RESULT = SweepResult(at=NOW, since=NOW, compared=1, resynced=1, enabled=0, problems=("No.",))


def _write_links(table: Table) -> None:
    table.links.save(LINK)
    table.links.save(NEIGHBOUR)


def _look_at_links(table: Table) -> Collection[object]:
    """The neighbour is shown everywhere, and no link is made in the place of the other."""
    found = table.links.of_incident(LINK.incident_id)
    assert {link.mapping_id for link in found} == {"ops-bug", "other"}
    swept = [link.mapping_id for batch in table.open_links.batches() for link in batch]
    assert table.failed_links.incidents_of("ops-bug") == [LINK.incident_id]
    assert table.links.counts().failed == 1
    return swept


def _look_at_way_back(table: Table) -> Collection[object]:
    with suppress(UnreadableItem):
        assert isinstance(table.links.incident_of("10501"), str | None)
        table.openings.find("10501")
    assert table.links.incident_of("10502") == LINK.incident_id
    return ["other"]


def _complete(table: Table) -> None:
    table.links.complete(replace(LINK, issue=ISSUE, state=LinkState.LINKED))
    other = replace(NEIGHBOUR, issue=IssueRef(id="10502", key="OPS-2"), state=LinkState.LINKED)
    table.links.complete(other)


def _look_at_claim(table: Table) -> Collection[object]:
    with suppress(UnreadableItem):
        table.openings.find("1")
        table.links.incident_of("1")
    assert table.openings.find("2")
    return ["other"]


def _look_at_record(table: Table) -> Collection[object]:
    """What cannot be read counts as carried: nothing is doubled."""
    other = table.records.begin(LINK, "PN1", CommentRecord(attempt_at=LATER), known=None)
    assert other is not None
    assert table.records.begin(LINK, "PN2", RECORD, known=RECORD) is None
    return ["other"]


def _look_at_attempts(table: Table) -> Collection[object]:
    """What cannot be read may have been written."""
    found = table.notes.attempts(LINK.incident_id, ["a1", "b2"])
    assert found.keys() == {"a1", "b2"}
    return ["other"] if found["b2"].at == NOW else []


def _look_at_upgrade(table: Table) -> Collection[object]:
    again = DynamoNoteRecords(table.client, LINKS_TABLE, clock=FakeClock())
    again.kept_since()
    return ["other"]


def _look_at_rows(table: Table) -> Collection[object]:
    table.rows.find("ops-bug", "1")
    assert "2" in {row.issue_id for row in table.rows.waiting("ops-bug")}
    found = {row.issue_id for row in table.rows.all("ops-bug")}
    return ["other"] if "2" in found else []


def _look_at_brakes(table: Table) -> Collection[object]:
    with suppress(UnreadableItem):
        table.brakes.find("ops-bug")
    assert table.brakes.find("other").version == 1
    return ["other"]


def _look_at_cursors(table: Table) -> Collection[object]:
    known = table.cursors.known().by_id
    assert known.keys() == {"mapping ops-bug", "mapping other"}
    assert known["mapping other"].is_readable
    try:
        found = table.cursors.find("mapping ops-bug")
        assert known["mapping ops-bug"] == found
    except UnreadableItem:
        assert not known["mapping ops-bug"].is_readable
    return ["other"]


def _look_at_circuits(table: Table) -> Collection[object]:
    table.circuits.find(Side.JIRA, "1")
    found = {circuit.project_id for circuit in table.circuits.known(Side.JIRA)}
    return ["other"] if "2" in found else []


def _look_at_workflow(table: Table) -> Collection[object]:
    return ["other"] if "2" in table.workflows.of("P", "T") else []


def _look_at_timeline(table: Table) -> Collection[object]:
    found = table.links.timeline(LINK.incident_id)
    return ["other"] if any(entry.signal_id == "2" for entry in found) else []


def _look_at_result(table: Table) -> Collection[object]:
    table.results.last()
    return ["other"]


def _both(first: Callable[[], object], second: Callable[[], object]) -> None:
    first()
    second()


CASES = {
    "link": Case(key=(INCIDENT, "LINK#ops-bug"), write=_write_links, look=_look_at_links),
    "way back": Case(key=("ISSUE#10501", "LINK"), write=_complete, look=_look_at_way_back),
    "opening claim": Case(
        key=("ISSUE#1", "LINK"),
        write=lambda t: _both(
            partial(t.openings.put, OPENING),
            partial(t.openings.put, replace(OPENING, issue_id="2")),
        ),
        look=_look_at_claim,
    ),
    "comment record": Case(
        key=(INCIDENT, "NOTE#PN1#ops-bug"),
        write=lambda t: _both(
            partial(t.records.end, LINK, "PN1", RECORD), partial(t.records.end, LINK, "PN2", RECORD)
        ),
        look=_look_at_record,
    ),
    "attempt of a note": Case(
        key=(INCIDENT, "TEXT#a1"),
        write=lambda t: _both(
            partial(t.notes.begin, LINK.incident_id, NoteAttempt(text="a1", at=NOW)),
            partial(t.notes.begin, LINK.incident_id, NoteAttempt(text="b2", at=NOW)),
        ),
        look=_look_at_attempts,
    ),
    "upgrade": Case(
        key=("OURS#", "SINCE"),
        write=lambda t: t.notes.kept_since(),
        look=_look_at_upgrade,
    ),
    "match row": Case(
        key=("MATCH#ops-bug", "ISSUE#1"),
        write=lambda t: _both(
            partial(t.rows.add, ROW), partial(t.rows.add, replace(ROW, issue_id="2"))
        ),
        look=_look_at_rows,
    ),
    "brake": Case(
        key=("BRAKE#ops-bug", "MAPPING"),
        write=lambda t: _both(
            partial(t.brakes.put, BRAKE), partial(t.brakes.put, replace(BRAKE, mapping_id="other"))
        ),
        look=_look_at_brakes,
    ),
    "cursor": Case(
        key=("CURSOR#", "mapping ops-bug"),
        write=lambda t: _both(
            partial(t.cursors.put, CURSOR),
            partial(t.cursors.put, replace(CURSOR, id="mapping other")),
        ),
        look=_look_at_cursors,
    ),
    "circuit": Case(
        key=("CIRCUIT#", "jira#1"),
        write=lambda t: _both(
            partial(t.circuits.put, CIRCUIT),
            partial(t.circuits.put, replace(CIRCUIT, project_id="2")),
        ),
        look=_look_at_circuits,
    ),
    "workflow": Case(
        key=("WORKFLOW#P#T", "STATUS#1"),
        write=lambda t: _both(
            partial(t.workflows.put, "P", "T", status_id="1", transitions=[TRANSITION]),
            partial(t.workflows.put, "P", "T", status_id="2", transitions=[TRANSITION]),
        ),
        look=_look_at_workflow,
    ),
    "timeline": Case(
        key=(INCIDENT, "EVENT#2026-11-24T03:00:00.000+00:00#1"),
        write=lambda t: _both(
            partial(t.links.record, ENTRY), partial(t.links.record, replace(ENTRY, signal_id="2"))
        ),
        look=_look_at_timeline,
    ),
    "sweep result": Case(
        key=("SWEEP#", "RESULT"),
        write=lambda t: t.results.put(RESULT),
        look=_look_at_result,
    ),
}

ODD: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 10**20),
    st.sampled_from(["", "zzz", "9999-12-31T23:59:59+00:00", "2026-11-24T03:00:00", "jira@9" * 9]),
    st.text("ab=.,/@#", max_size=6),
    st.sampled_from([[], [None], ["a"], [[]], [{}], {}, {"id": 1}, {"at": "x"}]),
)


@st.composite
def mutated(draw: st.DrawFn, item: dict[str, Any]) -> dict[str, Any]:
    """The item with some of its attributes, at any depth, gone or of another kind."""
    changed = dict(item)
    for name in draw(st.lists(st.sampled_from(sorted(item)), min_size=1, max_size=2)):
        if name in {"pk", "sk", "sweep"}:
            continue
        within = changed.get(name)
        if isinstance(within, dict) and within and draw(st.booleans()):
            changed[name] = draw(mutated(within))
        elif isinstance(within, list) and within and draw(st.booleans()):
            inner = within[0]
            changed[name] = [draw(mutated(inner) if isinstance(inner, dict) and inner else ODD)]
        elif draw(st.booleans()):
            changed.pop(name, None)
        else:
            changed[name] = draw(ODD)
    return changed


QUICK = settings(
    max_examples=15,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.mark.parametrize("shape", CASES)
@given(data=st.data())
@QUICK
def test_a_mutated_item_costs_itself_alone_and_is_told_with_its_key_and_its_cure(
    aws: Aws, shape: str, data: st.DataObject
) -> None:
    table, case = Table(aws), CASES[shape]
    table.clear()
    case.write(table)
    (item,) = table.items(*case.key)
    changed = data.draw(mutated(item))
    assume(changed != item)
    table.put(changed)

    shown = case.look(table)

    assert "other" in shown
    told = table.unreadable.found()
    assert [error.key for error in told] == ([case.key] if _is_unreadable(table, case) else [])
    for error in told:
        assert " ".join(case.key) in error.says
        assert LINKS_TABLE in error.says
        assert error.cure


def _is_unreadable(table: Table, case: Case) -> bool:
    """As the item stands now: reading some shapes mends them."""
    shape = next(
        one for one in SHAPES if case.key[0].startswith(one.pk) and case.key[1].startswith(one.sk)
    )
    (item,) = table.items(*case.key)
    try:
        read_item(item, shape.read, table=LINKS_TABLE)
    except UnreadableItem:
        return True
    return False


@pytest.mark.parametrize("shape", CASES)
def test_what_is_mended_or_deleted_is_told_no_more(aws: Aws, shape: str) -> None:
    table, case = Table(aws), CASES[shape]
    case.write(table)
    (item,) = table.items(*case.key)
    table.put(item | {"schema_version": 2})
    case.look(table)

    told = table.unreadable.found()
    table.put(item)

    assert [error.why for error in told] == ["`schema_version` is not 1"]
    assert list(table.unreadable.found()) == []
    assert [each for each in table.items("", "") if each["pk"] == UNREADABLE_PK] == []


@pytest.mark.parametrize("kind", ["table", "fake"])
def test_where_nobody_met_any_none_is_found(aws: Aws, kind: str) -> None:
    items = FakeUnreadableItems() if kind == "fake" else Table(aws).unreadable

    assert list(items.found()) == []


def test_what_is_wrong_is_named_down_to_the_attribute_within(aws: Aws) -> None:
    table = Table(aws)
    table.links.save(LINK)
    (item,) = table.items(INCIDENT, "LINK#ops-bug")
    table.put(item | {"notices": [{"about": "issue", "state": "sent", "sent_at": "soon"}]})

    (link,) = table.links.of_incident(LINK.incident_id)

    assert link.state is LinkState.UNREADABLE
    (told,) = table.unreadable.found()
    assert told.says == (
        f"The item {INCIDENT} LINK#ops-bug in {LINKS_TABLE} cannot be read: "
        "`notices[0].sent_at` is not written as it should be."
    )


def test_a_link_whose_key_is_a_hash_stays_that_of_its_mapping(aws: Aws) -> None:
    table, long = Table(aws), "m" * 200
    table.links.save(replace(LINK, mapping_id=long))
    item = next(each for each in table.items("", "") if each["sk"].startswith("LINK#"))
    table.put(item | {"version": "x"})

    (link,) = table.links.of_incident(LINK.incident_id)

    assert (link.mapping_id, link.state) == (long, LinkState.UNREADABLE)


def test_an_incident_that_only_a_broken_link_names_is_passed_over(aws: Aws) -> None:
    table = Table(aws)
    table.links.save(replace(LINK, incident_id="Q" * 200))
    item = next(each for each in table.items("", "") if each["sk"].startswith("LINK#"))
    table.put({name: value for name, value in item.items() if name != "incident"})

    assert table.failed_links.incidents_of("ops-bug") == []


@given(data=st.data())
@QUICK
def test_a_lease_that_cannot_be_read_is_over_and_stops_no_poll(
    aws: Aws, data: st.DataObject
) -> None:
    table = Table(aws)
    table.clear()
    table.leases.take("poll", owner="first", now=NOW, until=LATER)
    (item,) = table.items("LEASE#poll", "LEASE")
    odd = data.draw(ODD)
    table.put({**item, "until": odd})

    assert table.leases.take("poll", owner="second", now=NOW, until=LATER)


@pytest.mark.parametrize("odd", [None, "x", [], {}, True])
def test_a_count_of_attempts_that_cannot_be_read_begins_anew(aws: Aws, odd: object) -> None:
    table = Table(aws)
    table.put({"pk": "MESSAGE#0a", "sk": "ATTEMPTS", "schema_version": 1, "unended": odd})

    assert table.attempts.begin("0a") == 0
    assert table.attempts.begin("0a") == 1


@given(data=st.data())
@QUICK
def test_the_stacks_brake_begins_anew_since_no_mapping_waits_for_that_of_all(
    aws: Aws, data: st.DataObject
) -> None:
    """P27: once more at most, as many as an hour may open."""
    table = Table(aws)
    table.clear()
    table.brakes.put(replace(BRAKE, mapping_id=None))
    (item,) = table.items("BRAKE#", "STACK")
    table.put(data.draw(mutated(item)))

    brake = table.brakes.find(None)

    assert table.brakes.put(brake).version == brake.version + 1


def test_of_a_page_of_broken_rows_a_few_are_recorded_at_a_time(aws: Aws) -> None:
    table = Table(aws)
    for number in range(30):
        table.put({"pk": "MATCH#ops-bug", "sk": f"ISSUE#{number}", "schema_version": 1})

    assert list(table.rows.all("ops-bug")) == []

    assert len(table.unreadable.found()) == 10
