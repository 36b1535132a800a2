"""P20: what a sweep finds of an incident that is resolved, of which nobody has told."""

from dataclasses import replace

import pytest

from pdjira.errors import Refused
from tests.builders import PRIORITIES, three_statuses
from tests.scenes.lives import Both


def swept(both: Both) -> None:
    both.world.clock.forward(minutes=15)
    both.world.sweeper().run()
    both.world.work()


def a_resolved_incident() -> Both:
    both = Both(three_statuses(priorities=PRIORITIES))
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


@pytest.mark.parametrize("change", ["issue", "incident"])
def test_what_changed_while_the_mapping_was_off_is_brought_together_by_the_sweep_after(
    change: str,
) -> None:
    """Also of a resolved incident, whose link no sweep looks at otherwise; an echo changes nothing.

    The log and the poll are read on meanwhile, so nothing but the link tells of it.
    """
    both = a_resolved_incident()
    mapping = both.world.mappings.stored()[0]
    both.world.mappings.put(replace(mapping, enabled=False))
    if change == "issue":
        both.world.jira.model.edit_issue("alice", "OPS-1", {"fields": {"summary": "Disk full"}})
        both.hear_jira()
    else:
        both.world.pagerduty.model.set_title(both.incident, "Disk full", by="PUSER01")
    swept(both)
    both.world.mappings.put(mapping)

    swept(both)

    incident = both.world.pagerduty.model.incident(both.incident)
    assert (incident.title, both.fields()["summary"]) == ("Disk full", "Disk full")
    assert both.world.links.links[0].held_since is None


def test_what_came_while_a_mapping_was_off_waits_for_no_refusal_to_be_tried_again() -> None:
    """A refused status or field is tried once an hour; this is brought together by the next sweep.

    While a mapping is off, nothing tells whether the refusal still stands.
    """
    both = a_resolved_incident()
    mapping, (link,) = both.world.mappings.stored()[0], both.world.links.links
    both.world.links.save(replace(link, refused=True))
    both.world.mappings.put(replace(mapping, enabled=False))
    both.world.pagerduty.model.set_title(both.incident, "Disk full", by="PUSER01")
    swept(both)
    both.world.mappings.put(mapping)

    swept(both)

    assert both.fields()["summary"] == "Disk full"


def test_an_event_right_after_the_mapping_was_switched_on_looks_at_the_issue_too() -> None:
    both = a_resolved_incident()
    mapping = both.world.mappings.stored()[0]
    both.world.mappings.put(replace(mapping, enabled=False))
    both.world.jira.model.edit_issue("alice", "OPS-1", {"fields": {"summary": "Disk full"}})
    both.hear_jira()
    both.world.mappings.put(mapping)

    both.world.note(both.incident, "It was the disk.")
    both.world.work()

    assert both.world.pagerduty.model.incident(both.incident).title == "Disk full"


def test_p20_a_reopened_incident_is_found_though_its_log_may_not_be_read() -> None:
    """Its link is in no index, so only the list of open incidents tells of it."""
    both = a_resolved_incident()
    both.world.pagerduty.model.reopen(both.incident, by="PUSER01")
    both.world.plan.fail_next("pagerduty.log", Refused("No.", status=403), times=9)

    swept(both)

    assert both.fields()["status"]["name"] == "Open"
