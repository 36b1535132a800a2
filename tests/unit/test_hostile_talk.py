"""P36, P40: whose words a comment holds; and nothing that others write at length stops an issue."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pdjira.errors import Ambiguous, NotFound, Refused, Side, Temporary, TooLarge
from pdjira.model.comment import MOST_AT_ONCE
from pdjira.model.incident import IncidentStatus, Reference
from pdjira.model.link import LinkState
from pdjira.model.mapping import JqlAppliesTo, Mapping, SyncNotes
from pdjira.model.signal import SignalKind
from tests.builders import NOW, a_const, a_mapping
from tests.fakes.faults import FaultPlan
from tests.sandbox.jira.seed import OUR_ACCOUNT
from tests.sandbox.pagerduty.seed import RESPONDER
from tests.world import World

LONG = "x" * 32_000
NOTE = "[PagerDuty] Ada: Restarted web-7."


class Talk:
    """An incident and its issue, on which people write."""

    def __init__(self, mapping: Mapping | None = None, plan: FaultPlan | None = None) -> None:
        self.world = World(mapping or with_statuses(), plan=plan)
        self.jira = self.world.jira.model
        self.incident = self.world.trigger()
        self.world.work()
        self.world.clock.forward(minutes=1)
        self._number = 0

    def write(self, body: str, *, by: str = "alice", **more: Any) -> str:
        return str(self.jira.add_comment(by, "OPS-1", {"body": body, **more})["id"])

    def hear(self, kind: SignalKind = SignalKind.ISSUE_CHANGED) -> None:
        self._number += 1
        self.world.signal(
            self.incident, id=f"jira-{self._number}", kind=kind, event_type="jira:issue_updated"
        )
        self.world.work()

    def carried(self) -> list[str]:
        """What came from Jira, without the line of its origin."""
        notes = self.world.notes(self.incident)
        return [note.rpartition("\n")[0] for note in notes if note.startswith("[Jira] ")]

    def move(self, *transitions: str, by: str = "alice") -> None:
        for identity in transitions:
            body: dict[str, Any] = {"transition": {"id": identity}}
            if identity == "31":
                body["fields"] = {"resolution": {"name": "Done"}}
            self.jira.transition(by, "OPS-1", body)

    @property
    def status(self) -> str:
        return str(self.world.issues[0]["fields"]["status"]["name"])

    def calls(self, method: str) -> int:
        return self.world.jira.calls[method]


def with_statuses(**changes: Any) -> Mapping:
    """Open, In Progress, Resolved."""
    numbers = zip(IncidentStatus, ("1", "3", "5"), strict=True)
    statuses = {status: Reference(id=one, name=one) for status, one in numbers}
    return a_mapping(statuses=statuses, field_rules=(a_const("resolution", "Done"),), **changes)


# ---- what others write at length


@pytest.mark.parametrize("count", [330, 20])
def test_long_comments_keep_no_status_back_and_are_carried_all_the_same(count: int) -> None:
    talk = Talk()
    for number in range(count):
        talk.write(f"{number} {LONG}")

    talk.move("11", "31")
    talk.hear()
    resolved = talk.world.pagerduty.model.incident(talk.incident).status
    talk.world.pagerduty.model.reopen(talk.incident, by=RESPONDER)
    talk.world.signal(talk.incident, id="reopened", event_type="incident.reopened")
    talk.world.work()

    assert (resolved, talk.status) == ("resolved", "Open")
    assert [note.split()[3] for note in talk.carried()] == [str(one) for one in range(count)]


def test_comments_are_read_no_further_back_than_new_ones_may_lie() -> None:
    talk = Talk()
    for number in range(120):
        talk.write(f"{number} {LONG}")
    talk.world.clock.forward(hours=2)
    talk.write("old")
    talk.hear()
    before = talk.calls("read_comments")

    talk.write("new")
    talk.hear()

    assert talk.carried()[-1] == "[Jira] Alice Example: new"
    assert talk.calls("read_comments") - before == 1


@pytest.mark.parametrize("error", [Refused("No.", status=403), TooLarge("Too much.")])
def test_comments_that_cannot_be_read_are_said_and_read_later(error: Exception) -> None:
    talk = Talk()
    talk.write(LONG * 1)
    talk.world.clock.forward(minutes=1)
    for number in range(20):
        talk.write(f"{number} {LONG}")
    talk.world.plan.fail_next("jira.read_comments", error)

    talk.hear()
    before = talk.carried()
    said = " ".join(talk.world.timeline(talk.incident))
    talk.world.sweep(after=timedelta(hours=1))

    assert (before, len(talk.carried())) == ([], 21)
    assert "The comments of OPS-1 cannot be read: " in said
    assert not talk.world.links.links[0].refused


def test_an_issue_that_is_deleted_while_its_comments_are_read_is_missing() -> None:
    talk = Talk()
    for number in range(20):
        talk.write(f"{number} {LONG}")
    talk.world.plan.fail_next("jira.read_comments", NotFound("Gone."))
    talk.world.plan.fail(talk.calls("read_issue") + 2, NotFound("Gone."), method="jira.read_issue")

    talk.hear()

    assert talk.world.links.links[0].state is LinkState.MISSING


def long_history(talk: Talk, *, edits: int = 160) -> None:
    """Somebody edits a long description again and again."""
    for number in range(edits):
        text = f"{number}{'x' * 32_700}"
        talk.jira.edit_issue("alice", "OPS-1", {"fields": {"description": text}})


def resolved(talk: Talk, *, signal: str = "resolved") -> None:
    """The incident is resolved, or heard of once more."""
    if talk.world.pagerduty.model.incident(talk.incident).is_open:
        talk.world.pagerduty.model.resolve(talk.incident, by=RESPONDER)
    talk.world.signal(talk.incident, id=signal, event_type="incident.resolved")
    talk.world.work()


def test_a_long_history_costs_nothing_where_the_incident_follows_its_issue() -> None:
    talk = Talk()
    long_history(talk, edits=20)
    before = talk.calls("read_history")

    talk.move("11", "31")
    talk.hear()

    assert talk.world.pagerduty.model.incident(talk.incident).status == "resolved"
    assert talk.calls("read_history") == before


def test_a_history_that_is_too_long_keeps_no_status_back_and_is_said() -> None:
    talk = Talk()
    long_history(talk)

    resolved(talk)

    assert talk.status == "Resolved"
    said = [one for one in talk.world.timeline(talk.incident) if "is too long to be read" in one]
    assert len(said) == 1
    assert "What to do: " in said[0]


def test_with_a_history_that_is_too_long_resolving_the_incident_still_closes_the_issue() -> None:
    plan = FaultPlan()
    talk = Talk(plan=plan)
    long_history(talk)
    plan.fail_next("jira.transition", Ambiguous("cut"), after=True)

    resolved(talk)

    assert talk.status == "Resolved"


def test_with_a_history_that_is_too_long_a_lost_answer_of_pagerduty_is_tried_once_more() -> None:
    plan = FaultPlan()
    talk = Talk(plan=plan)
    long_history(talk)
    plan.fail_next("pagerduty.change_incident", Ambiguous("cut"))

    talk.move("11", "31")
    talk.hear()

    assert talk.world.pagerduty.model.incident(talk.incident).status == "resolved"


def test_a_history_that_jira_does_not_tell_in_time_twice_is_done_without() -> None:
    plan = FaultPlan()
    talk = Talk(plan=plan)
    before = talk.calls("read_history")
    late = Temporary("No answer within 15 seconds.", timed_out=Side.JIRA)
    plan.fail_next("jira.read_issue", late)
    plan.fail_next("jira.read_history", late)

    resolved(talk)

    assert talk.status == "Resolved"
    assert talk.calls("read_history") - before == 1


def test_a_long_history_that_jira_does_not_tell_in_time_once_is_asked_for_again() -> None:
    plan = FaultPlan()
    talk = Talk(plan=plan)
    long_history(talk, edits=20)
    late = Temporary("No answer within 15 seconds.", timed_out=Side.JIRA)
    plan.fail_next("jira.read_history", late)

    resolved(talk)

    assert talk.status == "Resolved"
    said = " ".join(talk.world.timeline(talk.incident))
    assert "is too long to be read" not in said


def test_g12_a_long_history_tells_who_moved_an_issue_to_a_status_that_nobody_mapped() -> None:
    to_open = {IncidentStatus.ACKNOWLEDGED: Reference(id="1", name="Open")}
    talk = Talk(a_mapping(statuses=to_open))
    acts = ("acknowledge", "unacknowledge", "acknowledge")
    for act in acts:
        if act == "unacknowledge":
            talk.move("11")
            long_history(talk, edits=20)
        getattr(talk.world.pagerduty.model, act)(talk.incident, by=RESPONDER)
        talk.hear(SignalKind.INCIDENT_CHANGED)

    assert talk.status == "In Progress"
    assert any("does not know" in one for one in talk.world.timeline(talk.incident))


def test_a_history_that_jira_refuses_is_told_and_read_later() -> None:
    plan = FaultPlan()
    talk = Talk(plan=plan)
    long_history(talk, edits=20)
    plan.fail_next("jira.read_history", Refused("No.", status=403))

    resolved(talk)
    before = talk.status
    told = [note for note in talk.world.notes(talk.incident) if "cannot be read" in note]
    resolved(talk, signal="again")

    assert (before, len(told)) == ("Open", 1)
    assert talk.status == "Resolved"


def test_r4_an_echo_asks_neither_for_the_history_nor_for_pages_of_comments() -> None:
    talk = Talk()
    talk.world.pagerduty.model.acknowledge(talk.incident, by=RESPONDER)
    talk.world.signal(talk.incident, id="ack", event_type="incident.acknowledged")
    talk.world.note(talk.incident, "Restarted web-7.")
    talk.world.work()
    before = talk.world.jira.calls.copy()

    talk.hear()

    after = talk.world.jira.calls - before
    assert (after.pop("server_info"), dict(after)) == (1, {"read_issue": 1})


# ---- whose words they are


def noted(*, keeps_marks: bool = True) -> Talk:
    """An issue with a comment that carries a note."""
    talk = Talk()
    talk.jira.world.keeps_comment_properties = keeps_marks
    talk.world.note(talk.incident, "Restarted web-7.")
    talk.world.work()
    assert talk.world.comments() == [NOTE]
    return talk


@pytest.mark.parametrize("keeps_marks", [True, False])
def test_p36_comments_of_a_former_account_of_ours_become_no_notes(*, keeps_marks: bool) -> None:
    """By the mark, or by the record where Jira drops marks."""
    talk = noted(keeps_marks=keeps_marks)

    talk.world.jira.account = "bob"
    talk.hear()

    assert talk.carried() == []


def test_p36_a_mark_tells_a_comment_of_ours_where_its_record_is_missing() -> None:
    talk = noted()
    talk.world.comment_records.records.clear()

    talk.world.jira.account = "bob"
    talk.hear()

    assert talk.carried() == []


def test_p36_a_mark_that_jira_shows_only_by_itself_tells_a_comment_of_ours() -> None:
    talk = noted()
    talk.world.comment_records.records.clear()
    talk.world.jira.shows_marks = False
    talk.write("mine")

    talk.hear()

    assert talk.carried() == ["[Jira] Alice Example: mine"]


@pytest.mark.parametrize("by", ["alice", OUR_ACCOUNT])
@pytest.mark.parametrize(
    "words",
    [
        NOTE,
        "[PagerDuty] This incident was merged into incident 7, which goes on. It has no issue yet.",
        "[PagerDuty] Both sides were changed; PagerDuty's change wins. Jira had: the status Open.",
        "[PagerDuty] Ada: Status update: A fix is under way.",
    ],
)
def test_p36_words_that_a_person_types_in_our_form_become_a_note(words: str, by: str) -> None:
    talk = noted()

    talk.write(words, by=by)
    talk.hear()
    talk.hear()

    assert len(talk.carried()) == 1


def test_p36_what_our_account_wrote_before_the_upgrade_is_known_by_it_and_only_that() -> None:
    """An older version kept no record that comments are ours, and Jira may drop marks."""
    talk = noted(keeps_marks=False)
    talk.world.comment_records.records.clear()
    (link,) = talk.world.links.links
    talk.world.links.save(replace(link, comments_on_record=False, comments_seen=NOW))

    talk.hear()
    before = talk.carried()
    talk.write(NOTE, by=OUR_ACCOUNT)
    talk.hear()

    assert (before, len(talk.carried())) == ([], 1)
    assert talk.world.links.links[0].comments_on_record


def test_p40_what_an_older_version_looked_at_is_not_carried_after_the_upgrade() -> None:
    talk = Talk(with_statuses(sync_notes=SyncNotes.OFF))
    talk.write("held")
    (link,) = talk.world.links.links
    seen = talk.world.clock.now + timedelta(seconds=11)
    talk.world.links.save(replace(link, comments_on_record=False, comments_seen=seen))
    talk.world.mappings.put(with_statuses())

    talk.world.clock.forward(minutes=1)
    talk.write("on")
    talk.hear()
    talk.hear()

    assert talk.carried() == ["[Jira] Alice Example: on"]


def test_p40_of_a_link_that_an_older_version_began_comments_are_carried_from_then_on() -> None:
    talk = Talk()
    (link,) = talk.world.links.links
    talk.world.links.save(replace(link, comments_on_record=False))
    talk.write("first")

    talk.hear()
    talk.hear()

    assert talk.carried() == ["[Jira] Alice Example: first"]


@pytest.mark.parametrize("keeps_marks", [True, False])
def test_p7_a_lost_comment_is_not_doubled_where_jira_drops_marks(*, keeps_marks: bool) -> None:
    plan = FaultPlan()
    talk = Talk(plan=plan)
    talk.jira.world.keeps_comment_properties = keeps_marks
    plan.fail_next("jira.add_comment", Ambiguous("cut"), after=True)

    talk.world.note(talk.incident, "Restarted web-7.")
    talk.world.work()
    talk.hear()

    assert talk.world.comments() == [NOTE]
    assert talk.carried() == []


def test_p7_one_of_two_notes_of_the_same_text_is_not_taken_for_the_other() -> None:
    plan = FaultPlan()
    talk = Talk(plan=plan)
    talk.jira.world.keeps_comment_properties = False
    talk.world.note(talk.incident, "Restarted web-7.")
    talk.world.work()
    plan.fail_next("jira.add_comment", Ambiguous("cut"))

    talk.world.note(talk.incident, "Restarted web-7.")
    talk.world.work()
    talk.world.sweep()

    assert [one.endswith(": Restarted web-7.") for one in talk.world.comments()] == [True, True]


def test_p40_where_too_much_stands_on_an_issue_that_pages_times_tell_it_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pdjira.sync.notes.steps._MOST_PAGES", 0)
    mapping = a_mapping(jql="priority = Highest", jql_applies_to=JqlAppliesTo.EXISTING)
    world = World(mapping)
    world.issue(priority={"id": "1"})
    for number in range(MOST_AT_ONCE + 1):
        world.jira.model.add_comment("alice", "OPS-1", {"body": f"{number}"})
    world.clock.forward(hours=1)

    world.poller().run()
    world.work()

    (link,) = world.links.links
    assert link.comments_on_record
    assert not [one for one in world.notes(link.incident_id) if one.startswith("[Jira] ")]


def test_p40_what_stands_on_an_issue_before_it_pages_becomes_no_note_what_comes_later_does() -> (
    None
):
    """However many pages of comments these are."""
    world = World(a_mapping(jql="priority = Highest", jql_applies_to=JqlAppliesTo.EXISTING))
    world.issue(priority={"id": "1"})
    for number in range(2 * MOST_AT_ONCE + 1):
        world.jira.model.add_comment("alice", "OPS-1", {"body": f"{number}"})
    world.clock.forward(minutes=1)
    world.poller().run()
    world.work()
    (link,) = world.links.links

    world.clock.forward(minutes=1)
    world.jira.model.add_comment("alice", "OPS-1", {"body": "later"})
    world.poller().run()
    world.work()

    (note,) = [one for one in world.notes(link.incident_id) if one.startswith("[Jira] ")]
    assert note.startswith("[Jira] Alice Example: later")
