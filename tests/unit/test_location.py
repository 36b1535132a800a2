"""M24, M27, M29: an issue is moved, deleted or hidden: the incident is told, never resolved."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pdjira.errors import NotFound, Refused
from pdjira.model.incident import IncidentStatus, Reference
from pdjira.model.link import LinkState
from pdjira.model.mapping import JqlAppliesTo, Mapping, SyncPeople
from pdjira.model.signal import SignalKind
from tests.builders import NOW, PRIORITIES, a_mapping, an_issue_change, three_statuses
from tests.fakes.faults import FaultPlan
from tests.sandbox.jira.seed import OUR_ACCOUNT
from tests.sandbox.pagerduty.seed import RESPONDER
from tests.scenes.lives import START, Both
from tests.world import World

DONE = Reference(id="10001", name="Done")
"""A status that only the other project's workflow has."""


def bare(**changes: Any) -> Mapping:
    return a_mapping(**{"statuses": {IncidentStatus.RESOLVED: DONE}, **changes})


class Lost(Both):
    """An incident whose issue Jira no longer shows."""

    def delete(self) -> None:
        self.world.jira.model.delete_issue("alice", "OPS-1")
        self.hear_jira()

    def hide(self) -> None:
        self.world.jira.model.set_security("alice", "OPS-1", {"alice"})
        self.hear_jira()

    def show(self) -> None:
        self.world.jira.model.set_security("alice", "OPS-1", None)
        self.resync()

    def resync(self) -> None:
        self._number += 1
        self.world.signal(
            self.incident, id=f"resync-{self._number}", kind=SignalKind.RESYNC, event_type=""
        )
        self.world.work()

    def write_note(self, content: str) -> None:
        self.world.note(self.incident, content)
        self.world.work()

    def sweep(self) -> int:
        """A sweep, and what follows from it; how many incidents it had looked at again."""
        self.world.clock.forward(minutes=15)
        found = self.world.sweeper().run()
        self.world.work()
        return found.resynced

    def told(self) -> list[str]:
        """The notes of ours about an issue that is lost."""
        return [note for note in self.notes() if "cannot be read" in note]

    def link(self) -> Any:
        return self.world.links.links[0]

    def hear_own_note(self) -> None:
        """PagerDuty tells of our own note as of any other."""
        (content,) = self.told()
        notes = self.world.pagerduty.model.incident(self.incident).notes
        self.world.hear(self.incident, next(one.id for one in notes if one.content == content))
        self.world.work()

    def jira_calls(self) -> int:
        return sum(self.world.jira.calls.values())


def test_a_moved_issue_goes_on_under_its_new_key_in_its_new_workflow() -> None:
    both = Both(bare())

    both.world.jira.model.move_issue("alice", "OPS-1", "WEB")
    both.act("resolve")

    link = both.world.links.links[0]
    assert link.issue is not None
    assert (link.issue.key, link.project_id) == ("WEB-1", "10200")
    assert both.status() == "Done"
    assert both.world.workflows.of("10200", "10001")


def test_a_move_is_said_once_on_the_timeline_and_nothing_is_told_again() -> None:
    both = Both(bare())
    notes = both.world.notes(both.incident)

    both.world.jira.model.move_issue("alice", "OPS-1", "WEB")
    both.hear_jira()
    both.hear_jira()

    told = [says for says in both.world.timeline(both.incident) if "OPS-1 is WEB-1 now" in says]
    assert len(told) == 1
    assert "it was moved to another project" in told[0]
    assert both.world.notes(both.incident) == notes
    assert both.world.jira.calls["put_remote_link"] == 1


def test_a_change_of_a_moved_issue_is_carried_whatever_its_project() -> None:
    both = Both(bare())
    both.world.jira.model.move_issue("alice", "OPS-1", "WEB")
    both.hear_jira()
    both.world.jira.model.edit_issue("alice", "WEB-1", {"fields": {"summary": "Found it"}})
    issue_id = both.world.issues[0]["id"]

    both.world.queue.send(an_issue_change(id="webhook", issue_id=issue_id))
    both.world.work()

    assert both.world.pagerduty.model.incident(both.incident).title == "Found it"


def test_a_status_of_the_new_project_that_the_mapping_does_not_know_is_said() -> None:
    both = Both(three_statuses())

    both.world.jira.model.move_issue("alice", "OPS-1", "WEB")
    both.hear_jira()

    says = both.world.timeline(both.incident)
    assert any("WEB-1 is in To Do, a status that the mapping" in one for one in says)
    assert both.state() == "triggered"


def test_an_issue_of_another_type_goes_on_and_that_is_said() -> None:
    both = Both(bare())

    both.world.jira.model.move_issue("alice", "OPS-1", "OPS", type_id="10002")
    both.hear_jira()

    assert both.world.links.links[0].issue_type_id == "10002"
    assert any(
        "OPS-1 is of another issue type" in one for one in both.world.timeline(both.incident)
    )


def test_a_project_that_gets_another_key_renames_its_issues() -> None:
    both = Both(bare())
    model = both.world.jira.model

    model.world.project_named("OPS").key = "OPX"
    issue = model.issues[int(both.world.issues[0]["id"])]
    issue.key = "OPX-1"
    both.hear_jira()

    says = both.world.timeline(both.incident)
    assert any("OPS-1 is OPX-1 now: its project has another key." in one for one in says)


@pytest.mark.parametrize("lose", ["delete", "hide"])
def test_a_lost_issue_is_told_once_and_resolves_nothing(lose: str) -> None:
    lost = Lost(three_statuses(priorities=PRIORITIES))

    getattr(lost, lose)()
    lost.act("acknowledge")
    lost.act("set_priority", priority_id="PP1", event="incident.priority_updated")
    lost.hear_jira()

    (note,) = lost.notes()
    assert note.startswith(
        "OPS-1 cannot be read: it was deleted, or our account pagerduty in Jira "
    )
    assert "resync" in note
    assert lost.state() == "acknowledged"
    assert len(lost.world.jira.model.issues) == (0 if lose == "delete" else 1)
    assert lost.world.queue.dead == []


def test_a_lost_issue_costs_no_call_at_each_later_change_of_its_incident() -> None:
    lost = Lost(three_statuses(priorities=PRIORITIES))
    lost.delete()
    before = lost.jira_calls()

    lost.act("acknowledge")
    lost.write_note("Looking at it")
    lost.act("resolve")
    after_incident = lost.jira_calls()
    lost.resync()

    assert after_incident == before
    assert lost.jira_calls() == before + 1


def test_our_own_note_about_a_lost_issue_makes_no_circle() -> None:
    lost = Lost(three_statuses())
    lost.delete()
    before, link = lost.jira_calls(), lost.link()

    lost.hear_own_note()

    assert lost.jira_calls() == before
    assert lost.link() == link


def test_the_link_of_a_lost_issue_is_open_as_long_as_its_incident() -> None:
    lost = Lost(three_statuses())

    lost.delete()
    while_open = lost.link()
    lost.act("resolve")
    resolved = lost.link()
    lost.act("reopen", event="incident.reopened")

    assert (while_open.state, while_open.refused) == (LinkState.MISSING, True)
    assert (resolved.state, resolved.refused) == (LinkState.MISSING, False)
    assert lost.link().refused
    assert len(lost.notes()) == 1


def test_of_a_lost_issue_people_are_told_once_though_its_incident_is_merged_and_reopened() -> None:
    lost = Lost(three_statuses())
    lost.delete()
    target = lost.world.pagerduty.model.trigger("PABC123", "The cause", by=RESPONDER).id
    lost.world.pagerduty.model.merge([lost.incident], target, by=RESPONDER)
    lost.hear("incident.resolved")
    merged = lost.link().state
    lost.world.clock.forward(minutes=5)

    lost.act("reopen", event="incident.reopened")

    assert (merged, lost.link().state, lost.link().refused) == (
        LinkState.CLOSED,
        LinkState.MISSING,
        True,
    )
    assert len(lost.notes()) == 1


def test_an_issue_that_is_shown_again_goes_on_with_what_it_missed() -> None:
    lost = Lost(three_statuses())
    lost.hide()
    lost.act("acknowledge")
    lost.write_note("Restarted web-7.")

    lost.show()

    assert lost.status() == "In Progress"
    assert lost.world.comments() == ["[PagerDuty] Ada Marsh: Restarted web-7."]
    assert (lost.link().state, lost.link().refused) == (LinkState.LINKED, False)
    assert "Jira shows OPS-1 again." in lost.world.timeline(lost.incident)


def test_an_issue_that_is_shown_again_after_its_incident_was_resolved_is_closed() -> None:
    lost = Lost(three_statuses())
    lost.hide()
    lost.act("resolve")

    lost.show()

    assert lost.status() == "Resolved"


def test_an_issue_that_is_shown_again_while_its_mapping_is_off_goes_on_once_it_is_on() -> None:
    lost = Lost(three_statuses())
    lost.hide()
    lost.act("resolve")
    mapping = lost.world.mappings.stored()[0]
    lost.world.mappings.put(replace(mapping, enabled=False))
    lost.world.jira.model.set_security("alice", "OPS-1", None)
    lost.hear_jira()
    lost.sweep()
    lost.world.mappings.put(mapping)

    lost.sweep()

    assert lost.status() == "Resolved"


def test_an_issue_that_is_lost_once_more_is_told_once_more() -> None:
    lost = Lost(three_statuses())
    lost.hide()
    lost.show()
    lost.world.clock.forward(minutes=2)

    lost.hide()

    assert len(lost.notes()) == 2


def test_a_right_that_was_taken_is_told_like_a_deletion() -> None:
    lost = Lost(three_statuses())
    lost.world.jira.model.world.revoke(OUR_ACCOUNT, "BROWSE_PROJECTS", project="OPS")

    lost.act("acknowledge")

    (note,) = lost.notes()
    assert "Browse Projects in OPS" in note


def test_jiras_own_403_counts_as_hidden() -> None:
    refused = Refused("no", status=403, messages=("You may not see this issue.",))
    plan = FaultPlan().fail(1, refused, method="jira.read_issue")
    lost = Lost(three_statuses(), plan=plan)

    assert lost.link().state is LinkState.MISSING


@pytest.mark.parametrize("status", [400, 403])
def test_another_refusal_to_read_is_told_as_what_it_is(status: int) -> None:
    plan = FaultPlan().fail(1, Refused("A proxy", status=status), method="jira.read_issue")
    lost = Lost(three_statuses(), plan=plan)

    (note,) = lost.notes()
    assert note.startswith("OPS-1 cannot be read, so it does not follow this incident.")
    assert lost.link().state is LinkState.LINKED


@pytest.mark.parametrize("event", ["incident.annotated", "incident.priority_updated"])
def test_a_write_onto_a_lost_issue_finds_out_and_tells_of_nothing_else(event: str) -> None:
    lost = Lost(three_statuses(priorities=PRIORITIES, statuses={}))
    lost.world.jira.model.delete_issue("alice", "OPS-1")

    if event == "incident.annotated":
        lost.write_note("Restarted web-7.")
    else:
        lost.act("set_priority", priority_id="PP1", event=event)

    (note,) = [note for note in lost.notes() if note.startswith("OPS-1")]
    assert note.startswith("OPS-1 cannot be read: it was deleted")


def test_fields_of_an_issue_that_goes_between_reading_and_writing_are_no_refusal() -> None:
    lost = Lost(three_statuses(priorities=PRIORITIES, statuses={}))
    plan = lost.world.plan
    plan.fail_next("jira.update_issue", NotFound("Issue Does Not Exist"))
    plan.fail(2, NotFound("Issue Does Not Exist"), method="jira.read_issue")

    lost.act("set_priority", priority_id="PP1", event="incident.priority_updated")

    assert lost.link().state is LinkState.MISSING


def test_a_merge_closes_the_link_of_a_lost_issue() -> None:
    lost = Lost(three_statuses())
    lost.delete()
    other = lost.world.trigger("Another")
    lost.world.work()

    lost.world.pagerduty.model.merge([lost.incident], other, by=RESPONDER)
    lost.hear("incident.resolved")

    assert lost.link().state is LinkState.CLOSED


def test_a_note_on_a_resolved_incident_is_carried_once_its_hidden_issue_is_shown_again() -> None:
    lost = Lost(three_statuses())
    lost.hide()
    lost.write_note("It was the disk.")
    lost.act("resolve")

    lost.world.jira.model.set_security("alice", "OPS-1", None)
    lost.hear_jira()

    assert lost.link().state is LinkState.LINKED
    assert any("It was the disk." in one for one in lost.world.comments())


def test_a_lost_issue_under_a_mapping_that_is_off_is_left_alone() -> None:
    lost = Lost(three_statuses())
    lost.delete()
    lost.world.mappings.put(three_statuses(enabled=False))
    before = lost.link()

    lost.act("resolve")
    lost.resync()

    assert lost.link() == before


def test_a_moved_issue_pages_under_no_mapping_of_its_new_project() -> None:
    web = a_mapping(
        id="web",
        project=Reference(id="10200", name="WEB"),
        service=Reference(id="PXYZ", name="Other"),
        jql="summary is not empty",
    )
    both = Both(bare())
    both.world.mappings.put(web)
    both.world.poller().run()
    both.world.clock.forward(minutes=2)

    both.world.jira.model.move_issue("alice", "OPS-1", "WEB")
    both.world.poller().run()
    both.world.work()

    assert len(both.world.pagerduty.model.incidents) == 1


def test_an_issue_that_moves_between_statuses_while_hidden_is_followed_afterwards() -> None:
    lost = Lost(three_statuses(acknowledge_on_status=False))
    lost.hide()
    lost.world.jira.model.transition("alice", "OPS-1", {"transition": {"id": START}})

    lost.show()

    assert any("does not acknowledge" in one for one in lost.world.timeline(lost.incident))
    assert lost.status() == "In Progress"


# ---- What a sweep does about it


def test_g2_a_sweep_finds_that_an_issue_was_moved() -> None:
    lost = Lost(bare())
    lost.sweep()
    lost.world.jira.model.move_issue("alice", "OPS-1", "WEB")

    found = lost.sweep()

    assert found == 1
    assert lost.link().issue.key == "WEB-1"
    assert lost.sweep() == 0


def test_g2_a_sweep_carries_the_change_of_a_moved_issue_that_nobody_told_of() -> None:
    lost = Lost(bare())
    lost.world.jira.model.move_issue("alice", "OPS-1", "WEB")
    lost.hear_jira()

    lost.world.jira.model.edit_issue("alice", "WEB-1", {"fields": {"summary": "Found it"}})
    lost.sweep()

    assert lost.world.pagerduty.model.incident(lost.incident).title == "Found it"


def test_g2_a_sweep_finds_a_lost_issue_once_and_then_leaves_it_alone() -> None:
    """The second one reads the incident's notes, since the log tells of the one that we added."""
    lost = Lost(three_statuses())
    lost.sweep()
    lost.world.jira.model.delete_issue("alice", "OPS-1")

    found = [lost.sweep() for _ in range(6)]

    assert found == [1, 1, 0, 0, 0, 0]
    assert len(lost.told()) == 1


def test_g2_a_sweep_finds_that_an_issue_is_shown_again() -> None:
    lost = Lost(three_statuses())
    lost.hide()
    lost.act("acknowledge")

    lost.world.jira.model.set_security("alice", "OPS-1", None)
    found = lost.sweep()

    assert found == 1
    assert lost.status() == "In Progress"


def test_g2_a_sweep_finds_that_the_incident_of_a_lost_issue_is_over() -> None:
    lost = Lost(three_statuses())
    lost.hide()

    lost.world.pagerduty.model.resolve(lost.incident, by=RESPONDER)
    lost.sweep()

    assert not lost.link().refused
    assert lost.sweep() == 0


def test_g2_a_sweep_has_the_notice_of_a_lost_issue_told() -> None:
    lost = Lost(three_statuses())
    lost.world.plan.fail_next("pagerduty.add_note", Refused("no", status=400))
    lost.hide()
    before = lost.told()

    lost.world.clock.forward(minutes=45)
    lost.sweep()

    assert before == []
    assert len(lost.told()) == 1


# ---- What the poller does about it


def poll(lost: Lost) -> list[str]:
    """A round of the poller, and what follows from it; which searches it made."""
    lost.world.clock.forward(minutes=1)
    found = lost.world.poller().run()
    lost.world.work()
    return [one.about for one in found]


def test_r6_a_comment_on_a_moved_issue_is_found_by_the_poller_once_a_sweep_has_seen_the_move() -> (
    None
):
    lost = Lost(bare())
    lost.world.jira.model.move_issue("alice", "OPS-1", "WEB")
    lost.sweep()
    lost.sweep()
    poll(lost)

    lost.world.clock.forward(minutes=10)
    lost.world.jira.model.add_comment("alice", "WEB-1", {"body": "Found it"})
    searched = poll(lost)

    assert searched == ["project 10100", "project 10200"]
    assert any("Found it" in note for note in lost.notes())


def test_a_comment_that_came_before_the_project_was_followed_is_found_as_well() -> None:
    lost = Lost(bare())
    lost.world.jira.model.move_issue("alice", "OPS-1", "WEB")
    lost.sweep()
    lost.world.jira.model.add_comment("alice", "WEB-1", {"body": "Found it"})
    lost.sweep()
    before = [note for note in lost.notes() if "Found it" in note]

    poll(lost)

    assert before == []
    assert any("Found it" in note for note in lost.notes())


def test_r7_a_project_is_followed_as_long_as_an_open_link_lies_in_it() -> None:
    lost = Lost(bare())
    before = poll(lost)
    lost.world.jira.model.move_issue("alice", "OPS-1", "WEB")
    lost.sweep()
    lost.sweep()

    followed = poll(lost)
    lost.act("resolve")
    lost.sweep()

    assert (before, followed) == (["project 10100"], ["project 10100", "project 10200"])
    assert poll(lost) == ["project 10100"]


def test_a_project_that_cannot_be_followed_any_more_is_said_in_the_log_alone() -> None:
    lost = Lost(bare())
    lost.world.jira.model.move_issue("alice", "OPS-1", "WEB")
    lost.sweep()
    lost.sweep()
    lost.world.jira.model.world.revoke(OUR_ACCOUNT, "BROWSE_PROJECTS", project="WEB")

    lost.world.clock.forward(minutes=1)
    found = lost.world.poller().run()

    assert [one.problem is None for one in found] == [True, False]
    assert "project 10200" not in lost.world.cursors.known().by_id


class Restored(Lost):
    """A Jira that was restored from a backup gives the issue's id to a stranger's issue.

    `upgraded`: an earlier version made the link, and kept neither when its issue was created nor
    when it was read. The mark is read then.
    """

    def __init__(self, *, upgraded: bool = False) -> None:
        backup = NOW - timedelta(minutes=1)
        super().__init__(three_statuses())
        self.hear_jira()
        if upgraded:
            self.forget()
        self.world.clock.forward(days=2)
        self.world.jira.model.restore(backup)
        self.made = self.world.issue(summary="A stranger's")

    def forget(self) -> None:
        """The link is as an earlier version kept it."""
        earlier = replace(self.link(), issue_created_at=None, issue_read_at=None)
        self.world.links.save(earlier)

    def stranger(self) -> dict[str, Any]:
        (issue,) = self.world.issues
        return issue


UPGRADED = pytest.mark.parametrize("upgraded", [False, True])


@UPGRADED
@pytest.mark.parametrize("event", ["note", "acknowledge", "resolve", "resync"])
def test_p8_a_strangers_issue_with_the_id_of_ours_is_never_written_to(
    *, upgraded: bool, event: str
) -> None:
    restored = Restored(upgraded=upgraded)
    before = restored.stranger()

    match event:
        case "note":
            restored.write_note("Restarted web-7.")
        case "resync":
            restored.resync()
        case _:
            restored.act(event)

    assert restored.stranger() == before
    (note,) = restored.told()
    assert note.startswith("OPS-1 cannot be read: Jira has given its id to another issue (OPS-1, ")
    assert restored.link().state is LinkState.MISSING


@UPGRADED
def test_what_people_do_to_the_strangers_issue_changes_nothing_about_the_incident(
    *, upgraded: bool
) -> None:
    restored = Restored(upgraded=upgraded)

    restored.edit(summary="Still a stranger's")
    restored.moved(START)
    restored.sweep()

    incident = restored.world.pagerduty.model.incident(restored.incident)
    assert (incident.status, incident.title) == ("triggered", "Checkout answers slowly")
    assert len(restored.told()) == 1


def test_a_sweep_finds_the_strangers_issue_and_does_not_look_at_it_again() -> None:
    restored = Restored()

    found = restored.sweep()
    restored.sweep()  # the note that tells of it stands in the log
    again = [restored.sweep() for _ in range(8)]

    assert found == 1
    assert len(restored.told()) == 1
    assert again == [0] * 8


def test_where_jira_has_our_issue_again_the_link_goes_on() -> None:
    restored = Restored()
    restored.resync()
    issue = restored.world.jira.model.issues[int(restored.made["id"])]

    issue.created = NOW
    restored.act("acknowledge")
    restored.resync()

    assert restored.link().state is LinkState.LINKED
    assert restored.status() == "In Progress"


class Old(Lost):
    """A link whose issue was last read thirty days ago; people have changed its description.

    `upgraded`: an earlier version made it, and kept neither when its issue was created nor read.
    """

    def __init__(
        self, *, upgraded: bool = True, property_of: object = None, description: str | None = None
    ) -> None:
        super().__init__(three_statuses(sync_people=SyncPeople(watchers=True)))
        self.hear_jira()
        self.known = self.link()
        if upgraded:
            earlier = replace(self.known, issue_created_at=None, issue_read_at=None)
            self.world.links.save(earlier)
        if property_of is not None:
            self.put_property(property_of)
        if description is not None:
            self.world.jira.model.edit_issue(
                "alice", "OPS-1", {"fields": {"description": description}}
            )
        self.world.clock.forward(days=30)

    def put_property(self, value: object) -> None:
        model = self.world.jira.model
        model.delete_property("alice", "OPS-1", "pagerduty.incident")
        if value:
            model.put_property("alice", "OPS-1", "pagerduty.incident", value)

    def created(self, *, later: timedelta) -> None:
        """Jira tells another time of creation."""
        self.world.jira.model.issues[int(self.world.issues[0]["id"])].created += later

    def is_written_to(self) -> bool:
        self.write_note("Restarted web-7.")
        return self.world.comments() == ["[PagerDuty] Ada: Restarted web-7."]


def test_an_earlier_versions_link_takes_the_time_of_creation_from_a_read_whose_mark_fits() -> None:
    old = Old()

    assert old.is_written_to()
    assert old.known.issue_created_at == NOW
    assert (old.link().issue_created_at, old.link().issue_read_at) == (NOW, old.world.clock.now)


def test_r4_an_issue_that_was_read_within_a_day_is_written_to_at_once() -> None:
    old = Old()
    reads = old.world.jira.calls["read_issue"]

    for _ in range(3):
        old.write_note("Restarted web-7.")
        old.world.clock.forward(hours=12)

    assert old.world.jira.calls["read_issue"] == reads + 1
    old.write_note("Restarted web-8.")
    assert old.world.jira.calls["read_issue"] == reads + 2


def test_without_its_property_the_line_tells_the_issue_of_an_earlier_version() -> None:
    assert Old(property_of={}).is_written_to()


def test_without_any_mark_an_issue_that_was_there_before_the_link_is_its_own() -> None:
    assert Old(property_of={}, description="Somebody wrote something else").is_written_to()


def test_without_any_mark_an_issue_that_came_after_the_link_is_a_strangers() -> None:
    old = Old(property_of={}, description="Somebody wrote something else")
    old.created(later=timedelta(hours=1))

    assert not old.is_written_to()


@pytest.mark.parametrize(
    "other", [{"id": "Q2", "mapping": "ops-bug"}, {"id": None, "mapping": "x"}]
)
def test_an_issue_whose_property_names_something_else_is_a_strangers(other: dict[str, Any]) -> None:
    old = Old()
    old.put_property({**other, "id": other["id"] or old.incident})
    old.created(later=timedelta(hours=1))

    assert not old.is_written_to()


def test_an_issue_that_bears_the_mark_is_the_links_whatever_jira_says_of_its_creation() -> None:
    old = Old(upgraded=False)
    old.created(later=timedelta(hours=1))

    assert old.is_written_to()
    assert old.link().issue_created_at == NOW + timedelta(hours=1)


def test_an_old_link_gets_no_remote_link_before_its_issue_was_read() -> None:
    old = Old()
    old.world.links.save(replace(old.link(), remote_linked=False))
    old.world.mappings.put(three_statuses(enabled=False))
    calls = old.jira_calls()

    old.hear("incident.escalated")
    off = old.jira_calls()
    old.world.mappings.put(three_statuses())
    old.hear("incident.escalated")

    assert off == calls
    assert old.link().remote_linked
    assert old.link().issue_created_at == NOW


def test_an_issue_that_opened_an_incident_is_known_by_its_creation_at_once() -> None:
    world = World(a_mapping(jql="priority = Highest", jql_applies_to=JqlAppliesTo.EXISTING))
    world.issue(priority={"id": "1"})
    world.poller().run()
    world.work()

    (link,) = world.links.links
    assert link.issue_created_at == NOW
