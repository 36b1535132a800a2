"""P20: what a sweep finds of an incident that is resolved, of which nobody has told."""

from tests.unit.test_following import ROWS, three_statuses
from tests.unit.test_toward_pagerduty import Both


def swept(both: Both) -> None:
    both.world.clock.forward(minutes=15)
    both.world.sweeper().run()
    both.world.work()


def a_resolved_incident() -> Both:
    both = Both(three_statuses(priorities=ROWS))
    both.act("resolve")
    swept(both)
    return both


def test_p20_a_lost_change_of_priority_reaches_the_issue_of_a_resolved_incident() -> None:
    both = a_resolved_incident()
    both.world.pagerduty.model.set_priority(both.incident, "PP1", by="PUSER01")

    swept(both)

    assert both.fields()["priority"]["id"] == "1"


def test_p20_a_lost_change_of_title_reaches_the_issue_of_a_resolved_incident() -> None:
    both = a_resolved_incident()
    both.world.pagerduty.model.set_title(both.incident, "Database down", by="PUSER01")

    swept(both)

    assert both.fields()["summary"] == "Database down"


def test_r8_what_the_log_tells_of_a_resolved_incident_without_an_issue_is_nobodys_work() -> None:
    both = a_resolved_incident()
    model = both.world.pagerduty.model
    other = model.trigger("PDEF456", "Elsewhere", by="PUSER01").id
    model.resolve(other, by="PUSER01")
    model.set_priority(other, "PP1", by="PUSER01")
    both.world.clock.forward(minutes=15)

    assert both.world.sweeper().run().resynced == 0
