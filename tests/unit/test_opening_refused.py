"""G15, M16: a match that a person has to mend keeps no other waiting, and is tried again."""

from dataclasses import replace

import pytest

from pdjira.errors import Misconfigured, NotFound, Refused, Temporary
from pdjira.health.checks import Status
from pdjira.model.incident import Reference
from pdjira.worker.consume import Deferred, Done
from tests.builders import HIGHEST, PAGING
from tests.fakes.health import Patient
from tests.scenes.matches import a_while, incident_count
from tests.world import World

GONE = Reference(id="PGONE99", name="Deleted")


def test_the_dead_service_of_one_mapping_keeps_no_other_mappings_incident_waiting() -> None:
    world = World(replace(PAGING, id="a", service=GONE), replace(PAGING, id="b"))
    world.issue(**HIGHEST)

    a_while(world, minutes=10)

    assert incident_count(world) == 1


@pytest.mark.parametrize(
    "error",
    [Refused("No.", status=400, cure="Ask."), NotFound("No.", cure="Ask."), Misconfigured("No.")],
    ids=lambda error: type(error).__name__,
)
def test_what_is_refused_is_done_and_health_says_why(error: Refused) -> None:
    world = World(PAGING)
    issue = world.issue(**HIGHEST)
    world.plan.fail_next("pagerduty.open_incident", error)
    world.poller().run()
    world.work()

    (check,) = Patient(world).health.stored.jql.checks()

    verdict = world.outcomes[-1].verdict
    assert isinstance(verdict, Done)
    assert verdict.report.refusals == 1
    assert world.queue.stored == []
    assert (check.name, check.status) == ("ops-bug", Status.ATTENTION)
    assert check.says == (
        "1 issue that matches the JQL of mapping ops-bug opened no incident, issue "
        f"{issue['id']} for this reason: No."
    )
    assert check.cure == (error.cure or "The worker's log says more.")


def test_what_was_refused_is_tried_hourly_and_opens_once_it_is_mended() -> None:
    world = World(PAGING)
    world.issue(**HIGHEST)
    refused = Refused("No.", status=400)
    world.plan.fail_next("pagerduty.open_incident", refused, times=6)
    a_while(world, minutes=60)
    first_hour = world.pagerduty.calls["open_incident"]
    a_while(world, minutes=180)

    assert first_hour == 3
    assert world.pagerduty.calls["open_incident"] == 6
    a_while(world, minutes=60)
    assert incident_count(world) == 1
    assert world.queue.dead == []
    assert [one.status for one in Patient(world).health.stored.jql.checks()] == [Status.OK]


def test_a_refusal_that_cannot_be_kept_is_tried_again_soon() -> None:
    world = World(PAGING)
    world.issue(**HIGHEST)
    world.plan.fail_next("pagerduty.open_incident", Refused("No.", status=400))
    world.plan.fail_next("rows.refuse", Temporary("down"))
    world.poller().run()
    world.work()

    assert isinstance(world.outcomes[0].verdict, Deferred)
    assert incident_count(world) == 1
