"""R5: what one event costs in DynamoDB's units, the index included."""

from collections import abc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from pdjira.adapters.aws.activities import DynamoActivities
from pdjira.adapters.aws.comment_records import (
    DynamoCommentRecords,
    DynamoKeptComments,
    DynamoNoteRecords,
)
from pdjira.adapters.aws.items import issue_pk, link_key, typed
from pdjira.adapters.aws.links import DynamoLinks
from pdjira.adapters.aws.mappings import DynamoMappings
from pdjira.adapters.aws.queue import DynamoAttempts
from pdjira.adapters.aws.sides import DynamoCircuits, DynamoWorkflows
from pdjira.adapters.aws.sweeps import DynamoResyncs
from pdjira.model.comment import CommentRecord
from pdjira.model.link import Link
from pdjira.model.signal import Signal, SignalKind
from pdjira.worker.consume import Consumer, Done
from tests.aws import LINKS_TABLE, MAPPINGS_TABLE, Aws, create_tables, empty_account
from tests.benchmarks.budget import Figure
from tests.benchmarks.capacity import READ_BYTES, item_bytes
from tests.benchmarks.life import STATUS_KINDS, Kind, live
from tests.benchmarks.meter import Consumed, Meter
from tests.benchmarks.scene import MAPPING, a_change, a_world, mappings_of
from tests.sandbox.pagerduty.seed import CHECKOUT, RESPONDER
from tests.world import World

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NOTES = 2_000
LINKS = 5_000
WAY_BACK_LIMIT = 1
_RESOLVE = "31"
IN_JIRA: abc.Mapping[str, tuple[str, ...]] = {
    "closing the issue": ("11", _RESOLVE),
    "reopening the issue": ("51",),
}
"""The transitions that somebody takes in Jira, and what the incident follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumption:
    """The calls of one event and their units."""

    calls: list[Consumed]
    write: float
    read: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Units that one event may consume."""

    write: float
    read: float


CREATION_LIMITS: abc.Mapping[Kind, Limits] = {
    Kind.CREATION: Limits(write=8, read=6),
    Kind.LATE_CREATION: Limits(write=9, read=6),
}
"""One write more where a status is written as well."""

STATUS_LIMITS = Limits(write=5, read=3)
"""One write of them keeps the lists of the page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What each kind of event consumes: the first time, and with the workflow remembered."""

    first: abc.Mapping[Kind, Consumption]
    later: abc.Mapping[Kind, Consumption]


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """In a full table: the incident of an issue, the links of an incident, a change of status."""

    way_back: Consumption
    links: Consumption
    status: Consumption


def measure() -> list[Figure]:
    """By formula over the items that the real adapters read and write, both vendors faked."""
    story, crowd = tell(), in_a_crowd(notes=NOTES, links=LINKS)
    back = tell_back()
    return [
        *_figures(Kind.CREATION, [Kind.CREATION], story, CREATION_LIMITS[Kind.CREATION]),
        *_figures(
            Kind.LATE_CREATION,
            [Kind.LATE_CREATION],
            story,
            CREATION_LIMITS[Kind.LATE_CREATION],
        ),
        *_figures("a status change", STATUS_KINDS, story, STATUS_LIMITS),
        *map(_figure_back, back, back.values()),
        _figure_of_crowd(crowd),
    ]


def tell(*, mappings: int = 1) -> Story:
    """Twice the same life, of different incidents, with so many mappings. Opens no sockets."""
    with _worker(mappings) as (world, consumer, meter):

        def work(signal: Signal) -> Consumption:
            return _work(world, consumer, meter, signal)

        pagerduty = world.pagerduty.model
        return Story(first=live(pagerduty, work), later=live(pagerduty, work))


def tell_back() -> abc.Mapping[str, Consumption]:
    """What it costs that an incident follows its issue, by what somebody does to the issue."""
    with _worker() as (world, consumer, meter):
        incident = world.pagerduty.model.trigger(CHECKOUT, "Slow", by=RESPONDER).id
        _work(world, consumer, meter, a_change(incident))
        (issue,) = world.issues
        found = {}
        for what, steps in IN_JIRA.items():
            for step in steps:
                body: dict[str, object] = {"transition": {"id": step}}
                if step == _RESOLVE:
                    body["fields"] = {"resolution": {"name": "Done"}}
                world.jira.model.transition("alice", issue["key"], body)
            signal = a_change(incident, kind=SignalKind.ISSUE_CHANGED, event_type="")
            found[what] = _work(world, consumer, meter, signal)
        return found


def in_a_crowd(*, notes: int, links: int) -> Crowd:
    """One incident that has so many notes on record, beside so many other links."""
    with _worker() as (world, consumer, meter):
        pagerduty = world.pagerduty.model
        live(pagerduty, lambda signal: _work(world, consumer, meter, signal))
        incident = pagerduty.trigger(CHECKOUT, "Checkout answers slowly", by=RESPONDER).id
        _work(world, consumer, meter, a_change(incident))
        stored = DynamoLinks(meter.watched, LINKS_TABLE, writer="f" * 32)
        (link,) = stored.of_incident(incident)
        assert link.issue
        issue_id = link.issue.id
        _add_notes(link, meter.aside, notes)
        _add_links(link, issue_id, meter.aside, links)
        way_back = _consumed(meter, lambda: stored.incident_of(issue_id))
        found = _consumed(meter, lambda: stored.of_incident(incident))
        pagerduty.acknowledge(incident, by=RESPONDER)
        status = _work(world, consumer, meter, a_change(incident))
        return Crowd(way_back=way_back, links=found, status=status)


def _add_notes(link: Link, client: "DynamoDBClient", count: int) -> None:
    records = DynamoCommentRecords(client, LINKS_TABLE, writer="f" * 32)
    for number in range(count):
        records.end(link, f"PNOTE{number:05}", CommentRecord(comment_id=f"{20_000 + number}"))


def _add_links(link: Link, issue_id: str, client: "DynamoDBClient", count: int) -> None:
    """Store so many more links: both items of this one, under other keys."""
    keys = [
        link_key(link.incident_id, link.mapping_id),
        {"pk": issue_pk(issue_id), "sk": "LINK"},
    ]
    items = [
        client.get_item(TableName=LINKS_TABLE, Key=typed(key), ConsistentRead=True)["Item"]
        for key in keys
    ]
    for number in range(count):
        copies = [{**item, "pk": {"S": f"{item['pk']['S']}{number:06}"}} for item in items]
        client.batch_write_item(
            RequestItems={LINKS_TABLE: [{"PutRequest": {"Item": copy}} for copy in copies]}
        )


def _work(world: World, consumer: Consumer, meter: Meter, signal: Signal) -> Consumption:
    """What a signal costs that comes a minute after the last one: nothing is remembered so long."""
    world.clock.forward(minutes=1)
    world.queue.send(signal)
    message = world.queue.receive()
    assert message is not None
    meter.calls.clear()
    outcome = consumer.consume(message)
    assert isinstance(outcome.verdict, Done), outcome
    world.queue.delete(message)
    return _since_cleared(meter)


def _consumed(meter: Meter, act: Callable[[], object]) -> Consumption:
    meter.calls.clear()
    act()
    return _since_cleared(meter)


def _since_cleared(meter: Meter) -> Consumption:
    return Consumption(calls=[*meter.calls], write=meter.write_units, read=meter.read_units)


@contextmanager
def _worker(mappings: int = 1) -> Iterator[tuple[World, Consumer, Meter]]:
    with pytest.MonkeyPatch.context() as patch, empty_account(patch) as account:
        create_tables(account.dynamodb)
        for mapping in mappings_of(mappings):
            account.dynamodb.put_item(TableName=MAPPINGS_TABLE, Item=typed(mapping))
        world = a_world()
        meter = Meter(watched=account.dynamodb, aside=Aws().dynamodb)
        yield world, _consumer(world, account), meter


def _consumer(world: World, account: Aws) -> Consumer:
    client, worker = account.dynamodb, world.worker_stack()
    stack = replace(
        worker.stack,
        mappings=DynamoMappings(client, MAPPINGS_TABLE),
        links=DynamoLinks(client, LINKS_TABLE, writer="f" * 32),
        note_records=DynamoNoteRecords(client, LINKS_TABLE, clock=world.clock),
        circuits=DynamoCircuits(
            client, LINKS_TABLE, clock=world.clock, monotonic=lambda: world.clock().timestamp()
        ),
    )
    return replace(
        worker,
        stack=stack,
        workflows=DynamoWorkflows(client, LINKS_TABLE),
        comment_records=DynamoCommentRecords(client, LINKS_TABLE, writer="f" * 32),
        kept_comments=DynamoKeptComments(client, LINKS_TABLE, clock=world.clock),
        attempts=DynamoAttempts(client, LINKS_TABLE, clock=world.clock),
        resyncs=DynamoResyncs(client, LINKS_TABLE),
        activities=DynamoActivities(client, LINKS_TABLE),
    ).consumer()


def _figures(what: str, kinds: Sequence[Kind], story: Story, limits: Limits) -> Iterator[Figure]:
    """Writes and reads of the dearest of these kinds, with its calls; the first time beside."""
    writer = max(kinds, key=lambda kind: story.later[kind].write)
    reader = max(kinds, key=lambda kind: story.later[kind].read)
    writes, reads = story.later[writer], story.later[reader]
    yield Figure(
        budget="R5",
        what=f"DynamoDB writes of {what}",
        value=writes.write,
        limit=limits.write,
        unit="WRU",
        details=[f"{writer}:", *(call.line() for call in writes.calls if call.write)],
    )
    yield Figure(
        budget="R5",
        what=f"DynamoDB reads of {what}",
        value=reads.read,
        limit=limits.read,
        unit="RRU",
        digits=1,
        details=[
            f"{reader}:",
            *(call.line() for call in reads.calls if call.read),
            _room_for_mappings(reads, limits),
            *(_units(kind, story) for kind in (kinds if what.endswith("change") else Kind)),
        ],
    )


def _units(kind: Kind, story: Story) -> str:
    first, later = story.first[kind], story.later[kind]
    learning = first.write - later.write
    more = f", {learning:g} WRU more the first time (learning)" if learning else ""
    return f"{kind}: {later.write:g} WRU, {later.read:g} RRU{more}"


def _figure_back(what: str, event: Consumption) -> Figure:
    return Figure(
        budget="R5",
        what=f"DynamoDB writes of {what}",
        value=event.write,
        limit=STATUS_LIMITS.write,
        unit="WRU",
        details=[
            *(call.line() for call in event.calls),
            f"  {event.read:g} RRU of {STATUS_LIMITS.read:g}",
        ],
    )


def _figure_of_crowd(crowd: Crowd) -> Figure:
    return Figure(
        budget="R5",
        what="DynamoDB reads from an issue to its incident",
        value=crowd.way_back.read,
        limit=WAY_BACK_LIMIT,
        unit="RRU",
        digits=1,
        details=[
            *(call.line() for call in crowd.way_back.calls),
            "  by the whole key, without an index: one item, also of 100,000 links",
            f"with {NOTES:,} notes of the incident and {LINKS:,} other links in the table:",
            *(call.line() for call in crowd.links.calls),
            "  by the prefix LINK#: no note is read; the partition is the incident's own",
            f"  a status change then: {crowd.status.write:g} WRU, {crowd.status.read:g} RRU",
        ],
    )


def _room_for_mappings(event: Consumption, limits: Limits) -> str:
    """The mappings are read whole by every event, so their number has a price."""
    size = item_bytes(typed(MAPPING))
    scanned = sum(call.read for call in event.calls if call.operation == "Scan")
    most = int((limits.read - (event.read - scanned)) * READ_BYTES // size)
    return (
        f"every event reads all mappings: the limit holds up to {most} of this size ({size} B); "
        f"100 would cost {-(-100 * size // READ_BYTES)} RRU"
    )
