"""R5: what one event costs in DynamoDB's units, the index included."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from pdjira.adapters.aws.attempts import DynamoAttempts
from pdjira.adapters.aws.attributes import typed
from pdjira.adapters.aws.comment_records import DynamoCommentRecords
from pdjira.adapters.aws.links import DynamoLinks
from pdjira.adapters.aws.mappings import DynamoMappings
from pdjira.adapters.aws.messages import decode
from pdjira.adapters.aws.workflows import DynamoWorkflows
from pdjira.application.assemble import Sides, Stores, synchroniser
from pdjira.application.consume import Consumer, Done
from tests.aws import LINKS_TABLE, MAPPINGS_TABLE, Aws, create_tables, empty_account
from tests.benchmarks.budget import Figure
from tests.benchmarks.capacity import READ_BYTES, item_bytes
from tests.benchmarks.meter import Consumed, Meter
from tests.benchmarks.scene import MAPPING, a_change
from tests.world import World

WRITE_LIMIT = 8
READ_LIMIT = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumption:
    """The calls of one event and their units."""

    calls: list[Consumed]
    write: float
    read: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What the events of an incident's life consume."""

    creation: Consumption
    echo: Consumption


def measure() -> list[Figure]:
    """By formula over the items that the real adapters read and write, both vendors faked."""
    story = tell()
    creation, echo = story.creation, story.echo
    return [
        Figure(
            budget="R5",
            what="DynamoDB writes of a creation",
            value=creation.write,
            limit=WRITE_LIMIT,
            unit="WRU",
            details=[call.line() for call in creation.calls if call.write],
        ),
        Figure(
            budget="R5",
            what="DynamoDB reads of a creation",
            value=creation.read,
            limit=READ_LIMIT,
            unit="RRU",
            digits=1,
            details=[
                *(call.line() for call in creation.calls if call.read),
                _room_for_mappings(creation),
                f"an event that changes nothing: {echo.write:g} WRU, {echo.read:g} RRU",
            ],
        ),
    ]


def tell() -> Story:
    """An incident's issue, then an event that brings nothing new. Opens no sockets."""
    with _worker() as (world, consumer, meter):
        incident = world.trigger(details={"host": "web-7", "p99": "8 s"})
        creation = _work(world, consumer, meter)
        world.signal(incident, id=a_change(incident).id)
        echo = _work(world, consumer, meter)
        assert len(world.issues) == 1
        return Story(creation=creation, echo=echo)


def _work(world: World, consumer: Consumer, meter: Meter) -> Consumption:
    message = world.queue.receive()
    assert message is not None
    meter.calls.clear()
    outcome = consumer.consume(message)
    assert isinstance(outcome.verdict, Done), outcome
    world.queue.delete(message)
    return Consumption(calls=[*meter.calls], write=meter.write_units, read=meter.read_units)


@contextmanager
def _worker() -> Iterator[tuple[World, Consumer, Meter]]:
    with pytest.MonkeyPatch.context() as patch, empty_account(patch) as account:
        create_tables(account.dynamodb)
        account.dynamodb.put_item(TableName=MAPPINGS_TABLE, Item=typed(MAPPING))
        world = World()
        meter = Meter(watched=account.dynamodb, aside=Aws().dynamodb)
        yield world, _consumer(world, account), meter


def _consumer(world: World, account: Aws) -> Consumer:
    client = account.dynamodb
    return Consumer(
        synchroniser=synchroniser(
            sides=Sides(
                jira=world.jira,
                issues=world.jira,
                comments=world.jira,
                pagerduty=world.pagerduty,
            ),
            stores=Stores(
                mappings=DynamoMappings(client, MAPPINGS_TABLE),
                links=DynamoLinks(client, LINKS_TABLE, writer="f" * 32),
                workflows=DynamoWorkflows(client, LINKS_TABLE),
                comment_records=DynamoCommentRecords(client, LINKS_TABLE, writer="f" * 32),
            ),
            clock=world.clock,
        ),
        queue=world.queue,
        attempts=DynamoAttempts(client, LINKS_TABLE, clock=world.clock),
        decode=decode,
        clock=world.clock,
        jitter=lambda: 0.5,
    )


def _room_for_mappings(creation: Consumption) -> str:
    """The mappings are read whole by every event, so their number has a price."""
    size = item_bytes(typed(MAPPING))
    scanned = sum(call.read for call in creation.calls if call.operation == "Scan")
    most = int((READ_LIMIT - (creation.read - scanned)) * READ_BYTES // size)
    return (
        f"every event reads all mappings: the limit holds up to {most} of this size ({size} B); "
        f"100 would cost {-(-100 * size // READ_BYTES)} RRU"
    )
