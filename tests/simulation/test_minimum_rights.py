"""M6: the whole life of an incident with an account that has the minimum rights and no more."""

from collections.abc import Callable, Sequence

import pytest

from pdjira.model.incident import IncidentStatus, Reference
from pdjira.model.mapping import FieldRule, Mapping, PriorityRow, RuleType, SyncPeople
from tests.builders import a_mapping
from tests.sandbox.jira.seed import MINIMUM_RIGHTS, OUR_ACCOUNT
from tests.sandbox.pagerduty.seed import RESPONDER, RESPONDER_EMAIL
from tests.world import World


def whole_mapping() -> Mapping:
    """A mapping that uses everything that goes from PagerDuty to Jira."""
    return a_mapping(
        statuses={
            IncidentStatus.TRIGGERED: Reference(id="1", name="Open"),
            IncidentStatus.ACKNOWLEDGED: Reference(id="3", name="In Progress"),
            IncidentStatus.RESOLVED: Reference(id="5", name="Resolved"),
        },
        priorities=(PriorityRow(pagerduty_id="PP1", jira_id="1"),),
        field_rules=(FieldRule(target="resolution", type=RuleType.CONST, value="Done"),),
        sync_people=SyncPeople(assignee=True, watchers=True),
    )


def a_world(*rights: str) -> World:
    world = World(whole_mapping())
    held = world.jira.model.world.project_named("OPS").permissions
    held[OUR_ACCOUNT] = set(rights)
    world.jira.model.world.users["bob"].email = RESPONDER_EMAIL
    return world


def lived(world: World) -> Sequence[str]:
    """An incident from its beginning to its end; every note that it got."""
    incident = world.trigger(priority_id="PP2")
    world.work()
    changes: tuple[Callable[[], object], ...] = (
        lambda: world.pagerduty.model.acknowledge(incident, by=RESPONDER),
        lambda: world.pagerduty.model.set_title(incident, "Checkout is down", by=RESPONDER),
        lambda: world.pagerduty.model.set_priority(incident, "PP1", by=RESPONDER),
        lambda: world.note(incident, "Restarted web-7"),
        lambda: world.pagerduty.model.resolve(incident, by=RESPONDER),
    )
    for number, change in enumerate(changes):
        change()
        world.signal(incident, id=f"change-{number}")
        world.work()
    return world.notes(incident)


def test_m6_exactly_these_rights_are_enough() -> None:
    world = a_world(*MINIMUM_RIGHTS)

    notes = lived(world)

    (issue,) = world.issues
    fields = issue["fields"]
    assert fields["status"]["name"] == "Resolved"
    assert fields["resolution"]["name"] == "Done"
    assert fields["summary"] == "Checkout is down"
    assert fields["priority"]["id"] == "1"
    assert len(notes) == 2
    assert world.comments() == ["[PagerDuty] Ada: Restarted web-7"]
    told = world.timeline(_only(world))
    assert any("has no link" in sentence for sentence in told)
    assigned, watched = (sentence for sentence in told if "Ada Marsh" in sentence)
    assert assigned.startswith("OPS-1 was not assigned to Ada Marsh: Jira says: You do not have")
    assert assigned.endswith(
        "(it takes Assign Issues). What to do: Give our account in Jira the right Assign Issues."
    )
    assert watched.startswith("Ada Marsh does not watch OPS-1: Jira says: User 'pagerduty' is not")
    assert watched.endswith(
        "(it takes Manage Watchers). What to do: "
        "Give our account in Jira the right Manage Watchers."
    )


def test_m6_g7_with_these_rights_whom_jira_does_not_show_is_told_once_with_the_right() -> None:
    world = a_world(*MINIMUM_RIGHTS)
    world.jira.model.world.users["bob"].email = "bob@example.com"

    lived(world)

    (told,) = (one for one in world.timeline(_only(world)) if "Browse Users" in one)
    assert told == (
        "OPS-1 was not assigned to Ada Marsh: Jira shows no account with the e-mail address of Ada "
        "Marsh, and ours lacks the right Browse Users. What to do: Give our account in Jira the "
        "global right Browse Users, then invoke resync."
    )


@pytest.mark.parametrize("key", MINIMUM_RIGHTS)
def test_m6_without_one_of_them_something_is_refused_and_told(key: str) -> None:
    """P28: so none of them is one too many."""
    enough, lacking = a_world(*MINIMUM_RIGHTS), a_world(*(set(MINIMUM_RIGHTS) - {key}))

    told = [told_of(world, lived(world)) for world in (enough, lacking)]

    assert told[1] - told[0]


def told_of(world: World, notes: Sequence[str]) -> set[str]:
    """What people read on the incident and on its timeline."""
    return {*notes, *world.timeline(_only(world))}


def _only(world: World) -> str:
    return next(iter(world.pagerduty.model.incidents))
