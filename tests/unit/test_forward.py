"""A change in Jira reaches the incident of its issue by one hop, and opens or makes nothing."""

from datetime import timedelta

from pdjira.adapters.aws.queue import decode, encode
from pdjira.errors import Temporary
from pdjira.model.link import LinkState
from pdjira.model.reason import Why
from pdjira.model.signal import Message, Signal, SignalKind
from pdjira.sync.creation.rules import why_no_issue
from pdjira.sync.situation import Situation
from pdjira.webhooks.intake import JiraIntake, JiraWebhook
from pdjira.worker.consume import Deferred, Done
from tests.builders import (
    JIRA_WEBHOOK_TOKEN,
    NOW,
    a_jira_delivery,
    a_link,
    a_mapping,
    a_signal,
    an_incident,
    an_issue_change,
)
from tests.fakes.faults import FaultPlan
from tests.fakes.jira_webhooks import FakeJiraWebhooks
from tests.sandbox.pagerduty.seed import CHECKOUT, RESPONDER
from tests.scenes.lives import RESOLVE, START, Both
from tests.world import World


def linked(plan: FaultPlan | None = None) -> tuple[World, str, str]:
    """A world in which an incident has its issue; their ids."""
    world = World(plan=plan)
    incident_id = world.trigger()
    world.work()
    (link,) = world.links.of_incident(incident_id)
    assert link.issue
    return world, incident_id, link.issue.id


def received(world: World, signal: Signal) -> Message:
    world.queue.send(signal)
    message = world.queue.receive()
    assert message
    return message


def test_m9_a_change_of_a_linked_issue_is_handed_on_to_its_incident() -> None:
    world, incident_id, issue_id = linked()
    message = received(world, an_issue_change(issue_id=issue_id))

    outcome = world.consumer.consume(message)
    world.queue.delete(message)

    (handed_on,) = world.queue.stored
    signal = decode(handed_on.body)
    assert isinstance(outcome.verdict, Done)
    assert outcome.verdict.report.incident_id == incident_id
    assert (message.group, handed_on.group) == (f"issue:{issue_id}", f"incident:{incident_id}")
    assert (signal.kind, signal.incident_id, signal.issue_id) == (
        SignalKind.ISSUE_CHANGED,
        incident_id,
        issue_id,
    )


def test_m9_closing_the_issue_resolves_the_incident_by_a_webhook_of_jira_alone() -> None:
    both = Both()
    webhooks = FakeJiraWebhooks(JiraWebhook(token=JIRA_WEBHOOK_TOKEN))
    intake = JiraIntake(webhooks=webhooks, queue=both.world.queue)
    issue = both.world.jira.model.get_issue("alice", "OPS-1")

    both.move(START, RESOLVE)
    answer = intake.receive(a_jira_delivery(issue=issue), None, token=JIRA_WEBHOOK_TOKEN)
    both.world.work()

    assert answer.status == 202
    assert both.state() == "resolved"


def test_a_change_that_was_handed_on_is_worked_on_and_goes_no_further() -> None:
    world, incident_id, issue_id = linked()
    world.queue.send(an_issue_change(issue_id=issue_id))

    world.work()

    *_, last = world.outcomes
    assert isinstance(last.verdict, Done)
    assert last.verdict.report.incident_id == incident_id
    assert last.verdict.report.rests == ("Mapping ops-bug: The incident and its issue agree.",)
    assert not world.queue.stored


def test_a_change_of_an_issue_that_is_linked_to_nothing_ends_there() -> None:
    world = World()
    world.queue.send(an_issue_change())

    world.work()

    (outcome,) = world.outcomes
    assert isinstance(outcome.verdict, Done)
    assert outcome.verdict.report.rests == ("Issue 10501 is linked to no incident.",)


def test_p19_handing_on_twice_is_handing_on_once() -> None:
    world, incident_id, issue_id = linked()
    message = received(world, an_issue_change(issue_id=issue_id))

    for _ in range(2):
        world.consumer.consume(message)

    groups = [f"issue:{issue_id}", f"incident:{incident_id}"]
    assert [one.group for one in world.queue.stored] == groups


def test_a_change_that_cannot_be_handed_on_comes_again() -> None:
    third = FaultPlan().fail(3, Temporary("The queue is not at hand."), method="queue.send")
    world, incident_id, issue_id = linked(third)
    message = received(world, an_issue_change(issue_id=issue_id))

    first = world.consumer.consume(message)
    second = world.consumer.consume(message)

    assert isinstance(first.verdict, Deferred)
    assert isinstance(second.verdict, Done)
    groups = [f"issue:{issue_id}", f"incident:{incident_id}"]
    assert [one.group for one in world.queue.stored] == groups


def test_a_change_in_jira_makes_no_issue() -> None:
    """Neither for a resolved incident nor for one that a second mapping has none for yet."""
    signal = an_issue_change(incident_id="QINCIDENT00001")
    situation = Situation(
        signal=signal, now=NOW, incident=an_incident(), mapping=a_mapping(), link=None
    )

    assert why_no_issue(situation) == Why.FROM_JIRA.of()


def test_a_change_in_jira_does_not_try_again_what_jira_refused() -> None:
    failed = a_link(state=LinkState.FAILED, issue=None, asked=True)
    situation = Situation(
        signal=an_issue_change(incident_id="QINCIDENT00001"),
        now=NOW + timedelta(hours=1),
        incident=an_incident(),
        mapping=a_mapping(),
        link=failed,
    )

    assert why_no_issue(situation) == Why.FROM_JIRA.of()


def in_the_former_group(world: World, *signals: Signal) -> None:
    """An earlier version stored them: the group of an incident was its bare id."""
    for signal in signals:
        world.queue.send_body(encode(signal), group=signal.incident_id or "")


def test_p30_what_an_earlier_version_stored_is_handed_on_in_order_and_not_worked_on_before() -> (
    None
):
    world = World()
    incident_id = world.pagerduty.model.trigger(CHECKOUT, "Slow", by=RESPONDER).id
    former = [a_signal(id=f"event-{n}", incident_id=incident_id) for n in range(3)]
    in_the_former_group(world, *former)
    received = []

    while (message := world.queue.receive()) and message.group == incident_id:
        outcome = world.consumer.consume(message)
        assert isinstance(outcome.verdict, Done)
        world.queue.delete(message)
        received.append(decode(message.body))

    moved = world.queue.stored
    assert [decode(one.body) for one in moved] == received == former
    assert {one.group for one in moved} == {f"incident:{incident_id}"}
    assert not world.issues


def test_p30_what_an_earlier_version_stored_makes_its_issue() -> None:
    world = World()
    incident_id = world.pagerduty.model.trigger(CHECKOUT, "Slow", by=RESPONDER).id
    in_the_former_group(world, a_signal(incident_id=incident_id), a_signal(incident_id=incident_id))

    world.work()

    assert len(world.issues) == 1
    assert not world.queue.stored


def test_p30_that_an_earlier_version_may_have_worked_on_a_signal_is_handed_on_with_it() -> None:
    """Where a status was written and its answer lost, only that tells of it."""
    world = World()
    in_the_former_group(world, a_signal(incident_id="Q1"))
    first = world.queue.receive()
    assert first
    world.clock.forward(minutes=10)
    again = world.queue.receive()
    assert again

    world.consumer.consume(again)

    *_, moved = world.queue.stored
    assert decode(moved.body).tried_since == first.first_received_at


def test_p19_what_an_earlier_version_stored_comes_again_while_it_cannot_be_handed_on() -> None:
    world = World(plan=FaultPlan().fail(1, Temporary("No queue."), method="queue.send"))
    in_the_former_group(world, a_signal(incident_id="Q1"))
    message = world.queue.receive()
    assert message

    first, second = world.consumer.consume(message), world.consumer.consume(message)

    assert isinstance(first.verdict, Deferred)
    assert isinstance(second.verdict, Done)
