"""P35, P41: which links have a turn at a delivery, and in which order."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pdjira.adapters.http.transport import CallLimits
from pdjira.circuits.breaker import Breaker
from pdjira.errors import OutOfTime, Side
from pdjira.model.incident import IncidentStatus, Note
from pdjira.model.link import Intent, Link
from pdjira.model.signal import SWEEP, SignalKind
from pdjira.model.times import CALL_SECONDS, STORE_SECONDS
from pdjira.sync.creation.rules import CreateIssue
from pdjira.sync.mapping_order import turns
from pdjira.sync.step import Agree
from pdjira.worker.consume import Done
from tests.builders import (
    NOW,
    FakeClock,
    a_first_delivery,
    a_link,
    a_mapping,
    a_signal,
    an_incident,
)
from tests.fakes.circuits import FakeCircuits, FakeSecretVersions
from tests.simulation.course import ANY_TO_ANY, THREE_STEPS
from tests.world import World

A_MINUTE = timedelta(minutes=1)
ACKNOWLEDGED = {"event_type": "incident.acknowledged"}
A_NOTE = {"event_type": "incident.annotated", "note": Note(id="PN1", content="Hm")}


def looked(at: timedelta) -> Link:
    """A link that was looked at so long after now."""
    return replace(a_link(), looked_at=NOW + at)


@pytest.mark.parametrize(
    ("signal", "is_void"),
    [
        (ACKNOWLEDGED, True),
        ({"event_type": "incident.escalated"}, True),
        ({"kind": SignalKind.ISSUE_CHANGED, "event_type": ""}, True),
        ({"kind": SignalKind.RESYNC, "event_type": SWEEP}, True),
        (A_NOTE, False),
        ({"event_type": "incident.status_update_published"}, False),
        ({"event_type": "incident.workflow.started", "workflow_id": "PW1"}, False),
        ({"kind": SignalKind.CREATE_REQUESTED, "mapping_id": "ops-bug"}, False),
        ({"kind": SignalKind.RESYNC, "event_type": SWEEP, "notes_since": NOW}, False),
        ({"kind": SignalKind.RESYNC, "event_type": "resync", "agent": "Ada"}, False),
        ({"kind": SignalKind.RESYNC, "event_type": ""}, False),
        ({"event_type": "incident.triggered"}, False),
    ],
)
def test_p35_a_look_makes_void_what_only_tells_of_a_change(
    signal: dict[str, object], *, is_void: bool
) -> None:
    delivery = a_first_delivery(a_signal(**signal))

    assert delivery.is_void([looked(A_MINUTE)]) is is_void


def test_p35_a_look_makes_void_only_what_was_sent_a_minute_before_it_began() -> None:
    delivery = a_first_delivery(a_signal(**ACKNOWLEDGED))
    young = A_MINUTE - timedelta(seconds=1)

    assert not delivery.is_void([looked(young)])
    assert not delivery.is_void([looked(A_MINUTE), a_link()])
    assert not delivery.is_void([])


def test_p35_no_look_has_ended_while_the_end_of_a_status_write_is_unknown() -> None:
    delivery = a_first_delivery(a_signal(**ACKNOWLEDGED))
    intent = Intent(side=Side.JIRA, status=IncidentStatus.ACKNOWLEDGED, changed_at=NOW)

    assert not delivery.is_void([replace(looked(A_MINUTE), intent=intent)])


def test_p41_what_has_content_is_done_for_a_link_once_a_delivery_of_it_has_looked() -> None:
    signal = a_signal(**A_NOTE)
    first = a_first_delivery(signal)
    third = a_first_delivery(signal, received_at=NOW, number=3)

    assert not first.is_done(looked(A_MINUTE))
    assert third.is_done(looked(A_MINUTE))


def test_p35_of_a_sweeps_resync_whose_news_was_seen_only_the_notes_are_left() -> None:
    signal = a_signal(kind=SignalKind.RESYNC, event_type=SWEEP, notes_since=NOW)
    delivery = a_first_delivery(signal)

    assert delivery.rest_for(a_link()) is signal
    assert delivery.rest_for(looked(A_MINUTE)).kind is SignalKind.INCIDENT_CHANGED


def test_p41_each_delivery_begins_with_another_mapping() -> None:
    mappings = [a_mapping(id=f"ops-{number}") for number in range(3)]

    def order(number: int) -> list[str]:
        delivery = a_first_delivery(number=number)
        found = turns(an_incident(), mappings, [], seen={}, delivery=delivery)
        return [turn.mapping.id for turn in found if turn.mapping]

    assert [order(number)[0] for number in (1, 2, 3, 4)] == ["ops-0", "ops-1", "ops-2", "ops-0"]
    assert sorted(order(2)) == ["ops-0", "ops-1", "ops-2"]


def test_r5_a_young_signal_leaves_no_trace_of_the_look() -> None:
    world = World()
    world.trigger()
    world.work()

    assert [link.looked_at for link in world.links.links] == [None]


def test_p41_the_deadline_of_a_call_is_the_one_that_steps_reckon_with() -> None:
    assert CallLimits().total == CALL_SECONDS
    assert CreateIssue().most_calls == 10
    assert Agree(agreed=a_link().agreed).side is None


def test_p41_no_call_begins_for_which_there_is_no_time() -> None:
    breaker = Breaker(
        circuits=FakeCircuits(), secrets=FakeSecretVersions(), clock=FakeClock()
    ).within(lambda: STORE_SECONDS + CALL_SECONDS)

    with pytest.raises(OutOfTime, match="left for the next"), breaker.call(Side.JIRA):
        pytest.fail("It began.")


def test_p41_what_is_left_is_named_mapping_by_mapping() -> None:
    world = World(a_mapping(id="ops-1"), a_mapping(id="ops-2"))
    world.trigger()
    message = world.queue.receive()
    assert message is not None

    outcome = world.consumer.consume(message, lambda: 100.0)

    why = outcome.facts()["why"]
    assert why == "The time of this run was up; left for the next: mapping ops-1, mapping ops-2."
    assert world.issues == []


@pytest.mark.parametrize("seconds", [0, 120])
def test_p41_an_issue_that_waited_for_one_that_is_lost_is_followed_by_the_same_message(
    seconds: int,
) -> None:
    """Its second turn goes on with the link as its first one has stored it."""
    world = World(replace(ANY_TO_ANY, id="a"), replace(THREE_STEPS, jql=None, id="b"))
    incident_id = world.trigger()
    world.work()
    first, second = (one["key"] for one in sorted(world.issues, key=lambda one: one["key"])[::-1])
    done = world.jira.model.transitions("alice", first)["transitions"]
    step = next(one["id"] for one in done if one["to"]["name"] == "Done")
    world.jira.model.transition("alice", first, {"transition": {"id": step}})
    world.jira.model.delete_issue("alice", second)

    world.signal(incident_id, id="look", kind=SignalKind.RESYNC, event_type=SWEEP)
    world.clock.forward(seconds=seconds)
    world.outcomes.clear()
    world.work()

    assert world.pagerduty.model.incident(incident_id).status == "resolved"
    assert [type(one.verdict) for one in world.outcomes] == [Done]
