"""P36: a person's note is never taken for ours, nor ours for a person's, whatever they say."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdjira.errors import Ambiguous, Refused, Temporary
from pdjira.model import notices
from pdjira.model.comment import CommentRecord, NoteAttempt
from pdjira.model.incident import Reference
from pdjira.model.issue import IssueRef
from pdjira.model.mapping import CreateMode, Mapping
from pdjira.model.refusal import Refusal
from pdjira.model.signal import SignalKind
from pdjira.model.times import CLOCKS
from pdjira.sweep import differences
from pdjira.sync.notices.rules import digest_of, has_former_form, may_be_of
from tests.builders import NOW, a_mapping, a_note
from tests.fakes.faults import Crash, FaultPlan
from tests.sandbox.pagerduty.seed import CHECKOUT, RESPONDER, SYNC_USER
from tests.world import World

ISSUE = IssueRef(id="10501", key="OPS-7")
REFUSAL = Refusal(cause="c", says="Jira says no.", cure="Ask Bob.")
OWN_SENTENCES: Sequence[str] = (
    notices.issue_text(ISSUE, base_url="https://jira.example.com"),
    notices.refusal_text(REFUSAL, mapping_id="ops-bug"),
    notices.search_text(REFUSAL, mapping_id="ops-bug"),
    notices.comment_text(REFUSAL, issue=ISSUE, about="note of Ada"),
    notices.fields_text(REFUSAL, issue=ISSUE),
    notices.off_screen_text(("Team",), issue=ISSUE),
    notices.stays_closed_text(ISSUE, "it is too old"),
    notices.stays_resolved_text(ISSUE, "Open"),
    notices.paused_text(ISSUE),
    notices.incident_text(REFUSAL, issue=ISSUE),
    notices.field_text(REFUSAL, issue=ISSUE),
    notices.unreadable_text(REFUSAL, issue=ISSUE),
    notices.jql_paused_text("ops-bug", why="enough", waiting=353),
    notices.bounded("OPS-7 stays in Open. " + "x" * 1_000),
    differences.text(IssueRef(id="2", key="OPS-8"), ISSUE),
    "[Jira] Bob: see\nhttps://jira.example.com/browse/OPS-7?focusedCommentId=10001",
    "OPS-7 was not changed. What to do: ask Bob.",
    "Jira issue OPS-99: https://jira.example.com/browse/OPS-99",
)

FORMER_SENTENCES: Sequence[str] = (
    *(one for one in OWN_SENTENCES if has_former_form(one)),
    (
        "OPS-7 stays in Open while this incident is resolved: its mapping does not reopen "
        "incidents. What to do: Reopen the incident in PagerDuty."
    ),
    (
        "OPS-7 stays in step no longer: its status and the incident's went to and fro, each time "
        "because of the other. What to do: Stop the automation that undoes them."
    ),
    (
        "OPS-7 stays in another state than this incident, which does not follow it. Jira says no. "
        "What to do: Ask Bob."
    ),
    (
        "OPS-7 stays in step but for custom fields of this incident. Jira says no. What to do: Ask "
        "Bob."
    ),
)
"""As earlier versions wrote them: those of today that have that form, and those that had it."""


def linked(*mappings: Mapping, plan: FaultPlan | None = None) -> tuple[World, str]:
    """A stack whose incident has its issue; all of its notes came by webhook as well."""
    world = World(*mappings, plan=plan)
    incident = world.trigger()
    world.work()
    return world, incident


def miss(world: World, incident: str) -> None:
    """A sweep sees in PagerDuty's log that notes were added, and the worker reads them all."""
    world.signal(
        incident, id=f"sweep {world.clock.now}", kind=SignalKind.RESYNC, agent=None, notes_since=NOW
    )
    world.work()


def unanswered(world: World, incident: str, text: str) -> str:
    """Add a note of ours, without an answer; its id."""
    world.pagerduty.commit_late("add_note", 0)
    with pytest.raises(Ambiguous):
        world.own_notes().add(incident, text)
    world.pagerduty.settle()
    return world.pagerduty.model.incident(incident).notes[-1].id


def carried(world: World) -> int:
    """How many notes became comments on the first issue."""
    return sum(body.startswith("[PagerDuty] ") for body in world.comments())


@pytest.mark.parametrize("by", [RESPONDER, SYNC_USER])
@pytest.mark.parametrize("sentence", OWN_SENTENCES)
def test_p36_what_a_person_types_is_carried_though_it_is_one_of_our_sentences(
    sentence: str, by: str
) -> None:
    world, incident = linked()
    world.clock.forward(hours=1)

    world.note(incident, sentence, by=by)
    world.work()

    assert carried(world) == 1


@pytest.mark.parametrize("sentence", OWN_SENTENCES)
def test_p36_a_missed_note_is_carried_though_it_is_one_of_our_sentences(sentence: str) -> None:
    world, incident = linked()
    world.clock.forward(hours=1)

    world.note(incident, sentence, hear=False)
    miss(world, incident)

    assert carried(world) == 1


def test_p36_the_very_text_of_a_note_of_ours_is_carried_when_a_person_types_it() -> None:
    world, incident = linked()
    (ours,) = world.notes(incident)

    world.note(incident, ours)
    world.note(incident, ours, hear=False)
    miss(world, incident)

    assert carried(world) == 2


def test_p36_a_sweep_brings_a_lost_note_that_is_one_of_our_sentences() -> None:
    world, incident = linked()
    world.sweeper().run()
    world.clock.forward(minutes=5)
    world.note(incident, "OPS-7 was not changed. What to do: ask Bob.", hear=False)

    world.clock.forward(minutes=15)
    world.sweeper().run()
    world.work()

    assert carried(world) == 1


def test_p36_no_note_of_ours_becomes_a_comment_however_it_is_heard_of() -> None:
    plan = FaultPlan().fail(1, Refused("no", status=403), method="jira.add_comment")
    world, incident = linked(plan=plan)
    world.note(incident, "Restarted web-7.")
    world.jira.model.add_comment("alice", "OPS-1", {"body": "thanks"})
    world.signal(incident, id="resync", kind=SignalKind.RESYNC, agent=None)
    world.work()
    assert len(world.pagerduty.written) == 3

    for note_id in world.pagerduty.written:
        world.hear(incident, note_id)
    world.clock.forward(hours=1)
    miss(world, incident)

    assert [body for body in world.comments() if "Restarted" not in body] == ["thanks"]


def test_p36_the_note_that_names_the_issue_of_another_mapping_is_ours_as_well() -> None:
    web = a_mapping(id="web", project=Reference(id="10200", name="WEB"))
    world, incident = linked(a_mapping(), web)
    assert len(world.pagerduty.written) == 2

    for note_id in world.pagerduty.written:
        world.hear(incident, note_id)
    miss(world, incident)

    assert [world.comments(0), world.comments(1)] == [[], []]


def test_p36_an_own_note_that_somebody_edited_is_still_ours() -> None:
    world, incident = linked()
    (ours,) = world.pagerduty.written
    world.pagerduty.model.edit_note(incident, ours, "Something else.")

    miss(world, incident)

    assert carried(world) == 0


def test_p36_what_was_told_without_a_link_is_known_as_ours_when_there_is_one() -> None:
    world = World(a_mapping(create_issue=CreateMode.MANUAL))
    incident = world.pagerduty.model.trigger(CHECKOUT, "Slow", by=RESPONDER).id
    asked = {"kind": SignalKind.CREATE_REQUESTED, "event_type": "x"}
    for number in range(2):
        world.signal(incident, id=f"press {number}", mapping_id="gone", **asked)
        world.work()
    (denial,) = world.pagerduty.written
    world.signal(incident, id="press", mapping_id="ops-bug", **asked)
    world.work()

    world.hear(incident, denial)
    miss(world, incident)

    assert carried(world) == 0


@pytest.mark.parametrize("text", ["the same", "another"])
def test_p36_an_attempt_without_an_answer_takes_one_note_of_its_text_by_our_user(
    text: str,
) -> None:
    world, incident = linked()
    written = unanswered(world, incident, "the same")

    world.note(incident, text, by=RESPONDER)
    world.work()
    assert carried(world) == 1
    world.hear(incident, written)
    world.work()
    assert carried(world) == 1
    world.note(incident, text, by=SYNC_USER)
    world.work()

    assert carried(world) == 2


def test_p36_a_note_that_is_older_than_an_attempt_is_none_of_ours() -> None:
    world, incident = linked()
    note = world.note(incident, "the same", by=SYNC_USER, hear=False)
    world.clock.forward(minutes=16)
    world.pagerduty.commit_late("add_note", 3_600)
    with pytest.raises(Ambiguous):
        world.own_notes().add(incident, "the same")

    world.hear(incident, note)
    world.work()

    assert carried(world) == 1


@pytest.mark.parametrize("behind", [timedelta(), CLOCKS])
def test_p36_an_attempt_takes_its_note_by_a_clock_of_pagerduty_that_is_behind_ours(
    behind: timedelta,
) -> None:
    attempt = NoteAttempt(text=digest_of("the same"), at=NOW)
    note = replace(a_note(content="the same"), created_at=NOW - behind)
    older = replace(note, created_at=NOW - CLOCKS - timedelta(seconds=1))

    assert may_be_of(note, attempt)
    assert not may_be_of(older, attempt)


def test_p36_where_our_key_may_not_read_users_text_and_time_alone_decide() -> None:
    world, incident = linked()
    world.plan.fail(1, Refused("no", status=403), method="pagerduty.email_of")

    world.hear(incident, unanswered(world, incident, "the same"))
    world.work()

    assert carried(world) == 0


def test_p36_where_pagerduty_does_not_tell_whose_note_it_is_text_and_time_decide() -> None:
    world, incident = linked()
    note = a_note(id=unanswered(world, incident, "the same"), content="the same")

    world.signal(incident, id="n", event_type="incident.annotated", note=note)
    world.work()

    assert carried(world) == 0


@pytest.mark.parametrize("is_there", [True, False])
def test_m16_an_attempt_of_an_earlier_version_is_looked_for_by_its_last_line(
    *, is_there: bool
) -> None:
    world, incident = linked()
    comment = world.jira.model.add_comment("alice", "OPS-1", {"body": "thanks"})
    (link,) = world.links.links
    began = CommentRecord(attempt_at=world.clock.now)
    world.comment_records.begin(link, f"comment:{comment['id']}", began, known=None)
    if is_there:
        text = f"[Jira] Alice Example: thanks\n{_origin(comment['id'])}"
        world.pagerduty.model.add_note(incident, text, by=SYNC_USER)

    world.signal(incident, id="resync", kind=SignalKind.RESYNC, agent=None)
    world.work()
    world.sweep()

    assert len([note for note in world.notes(incident) if "thanks" in note]) == 1


def test_p7_a_note_whose_id_could_not_be_kept_is_found_again() -> None:
    """P8: the comment is edited meanwhile, so its note would read otherwise now."""
    plan = FaultPlan().fail(1, Temporary("throttled"), method="note_records.record_ours")
    world, incident = linked(plan=plan)
    world.clock.forward(minutes=1)
    comment = world.jira.model.add_comment("alice", "OPS-1", {"body": "thanks"})
    world.signal(incident, id="resync", kind=SignalKind.RESYNC, agent=None)
    message = world.queue.receive()
    assert message is not None
    world.consumer.consume(message)
    world.jira.model.edit_comment("alice", "OPS-1", comment["id"], {"body": "many thanks"})

    world.work()

    assert [note for note in world.notes(incident) if "thanks" in note] == [
        f"[Jira] Alice Example: thanks\n{_origin(comment['id'])}"
    ]
    assert carried(world) == 0


@pytest.mark.parametrize("sentence", FORMER_SENTENCES)
def test_p36_only_what_was_told_before_the_upgrade_is_known_by_its_form(sentence: str) -> None:
    world, incident = linked()
    world.clock.forward(hours=1)
    before = world.note(incident, sentence, hear=False, by=SYNC_USER)
    world.clock.forward(minutes=10)
    world.note_records.since = world.clock.now
    world.clock.forward(minutes=10)

    world.hear(incident, before)
    world.work()
    assert carried(world) == 0
    world.note(incident, sentence, by=SYNC_USER)
    world.work()

    assert carried(world) == 1


@pytest.mark.parametrize("content", ["Is this the right one?", "[Jira] is down again\nsee OPS-1"])
def test_p36_an_upgrade_leaves_other_notes_to_people(content: str) -> None:
    world, incident = linked()
    note = world.note(incident, content, hear=False)
    world.note_records.since = world.clock.now + timedelta(hours=1)

    world.hear(incident, note)
    world.work()

    assert carried(world) == 1


def test_a_hostile_note_costs_no_time_to_recognise() -> None:
    assert not has_former_form("[Jira] x\n" + "a/browse/" * 7_000)
    assert not has_former_form("[Jira] x\nhttp://" + "a" * 60_000 + "?focusedCommentId=x")


def test_p36_a_trimmed_note_of_ours_is_no_comment() -> None:
    world, incident = linked()
    ours = world.own_notes().add(incident, "x" * 5_000)
    trimmed = a_note(id=ours.id, content="x" * 100, trimmed=True)

    world.signal(incident, id="n", event_type="incident.annotated", note=trimmed)
    world.work()

    assert carried(world) == 0


def test_p8_a_worker_that_dies_after_the_note_takes_it_for_ours() -> None:
    plan = FaultPlan().fail(1, Crash(), method="pagerduty.add_note", after=True)
    world, incident = linked(plan=plan)

    for note_id in world.pagerduty.written:
        world.hear(incident, note_id)
    miss(world, incident)

    assert len(world.notes(incident)) == 1
    assert carried(world) == 0


@given(
    written=st.lists(
        st.tuples(st.booleans(), st.booleans(), st.sampled_from(OWN_SENTENCES)), max_size=8
    )
)
def test_p36_whoever_writes_what_in_which_order_people_are_carried_and_we_are_not(
    written: list[tuple[bool, bool, str]],
) -> None:
    world, incident = linked()
    for is_ours, is_heard, text in written:
        world.clock.forward(seconds=20)
        if is_ours:
            world.own_notes().add(incident, text)
        else:
            world.note(incident, text, hear=is_heard)
    for note_id in world.pagerduty.written:
        world.hear(incident, note_id)
    world.work()

    miss(world, incident)

    (issue,) = world.jira.model.issues.values()
    marks = [comment.properties["pagerduty.note"]["id"] for comment in issue.comments]
    notes = {note.id for note in world.pagerduty.model.incident(incident).notes}
    assert sorted(marks) == sorted(notes - world.pagerduty.written)


def _origin(comment_id: str) -> str:
    return f"http://jira.example.com/browse/OPS-1?focusedCommentId={comment_id}"
