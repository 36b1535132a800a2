"""M19 towards PagerDuty: what people write on an issue becomes exactly one note, as plain text."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pdjira.errors import Ambiguous, NotFound, Refused, Side, Temporary, Unauthenticated
from pdjira.model.mapping import SyncNotes
from pdjira.model.signal import SignalKind
from pdjira.text.plain_text import to_plain
from tests.builders import three_statuses
from tests.fakes.faults import FaultPlan
from tests.sandbox.pagerduty.seed import RESPONDER, RESPONDER_EMAIL, SYNC_USER
from tests.scenes.lives import ROLE, Talk
from tests.world import World

URL = "http://jira.example.com/browse/OPS-1?focusedCommentId="


def test_m19_a_comment_becomes_a_note_that_names_its_author_and_its_origin() -> None:
    talk = Talk()

    comment = talk.write("Have you tried turning it off and on?")

    assert talk.heard() == [
        f"[Jira] Alice Example: Have you tried turning it off and on?\n{URL}{comment}"
    ]


def test_g3_neither_a_carried_note_nor_a_carried_comment_comes_back() -> None:
    talk = Talk()
    talk.write("from Jira")
    talk.world.note(talk.incident, "from PagerDuty")
    talk.world.work()

    talk.hear_jira()
    for note_id in talk.world.pagerduty.written:
        talk.world.hear(talk.incident, note_id)
    talk.world.work()

    assert len(talk.heard()) == 1
    assert len(talk.world.comments()) == 2


def test_a_comment_that_is_heard_of_again_is_no_second_note() -> None:
    talk = Talk()
    talk.write("once")

    talk.hear_jira()
    talk.world.clock.forward(hours=1)
    talk.hear_jira()

    assert len(talk.heard()) == 1


@pytest.mark.parametrize("way", [SyncNotes.OFF, SyncNotes.TO_JIRA])
def test_comments_stay_in_jira_where_the_mapping_says_so(way: SyncNotes) -> None:
    talk = Talk(three_statuses(sync_notes=way))

    talk.write("inside")

    assert talk.heard() == []


def test_a_comment_for_a_role_alone_stays_in_jira_and_the_timeline_says_so_once() -> None:
    talk = Talk()

    talk.write("secret", visibility=ROLE)
    talk.write("for all")
    talk.hear_jira()

    said = [one for one in talk.world.timeline(talk.incident) if "only a role or a group" in one]
    assert said == [
        (
            "The comment of Alice Example on OPS-1 did not become a note: only a role or a group "
            "may see it. What to do: Let everybody see the comment in Jira, if it is to become a "
            "note."
        )
    ]
    assert len(talk.heard()) == 1


def test_a_comment_that_was_restricted_while_its_note_was_in_the_air_ends_in_no_loop() -> None:
    talk = Talk()
    talk.world.plan.fail_next("pagerduty.add_note", Refused("No.", status=400), times=2)
    comment = talk.write("secret")
    before = talk.world.jira.model.issue("alice", "OPS-1").comments
    before[0] = replace(before[0], visibility=ROLE)

    talk.hear_jira()

    assert str(before[0].id) == comment
    assert talk.heard() == []


def test_m19_the_authors_own_user_writes_the_note_where_pagerduty_knows_it() -> None:
    talk = Talk()
    talk.world.jira.model.world.users["bob"].email = RESPONDER_EMAIL

    talk.write("mine", by="bob")

    note = talk.world.pagerduty.model.incident(talk.incident).notes[-1]
    assert note.user["id"] == RESPONDER


def test_m19_otherwise_the_chosen_user_writes_it() -> None:
    talk = Talk(three_statuses(sync_notes_email=RESPONDER_EMAIL))

    talk.write("chosen")

    note = talk.world.pagerduty.model.incident(talk.incident).notes[-1]
    assert note.user["id"] == RESPONDER


def test_m19_and_else_the_user_of_the_secret() -> None:
    talk = Talk()

    talk.write("anybody")

    note = talk.world.pagerduty.model.incident(talk.incident).notes[-1]
    assert note.user["id"] == SYNC_USER


@pytest.mark.parametrize("status", [400, 403])
def test_m19_whom_pagerduty_forbids_to_write_another_writes_for(status: int) -> None:
    talk = Talk(three_statuses(sync_notes_email=RESPONDER_EMAIL))
    talk.world.plan.fail_next("pagerduty.add_note", Refused("Not permitted.", status=status))

    talk.write("mine")

    note = talk.world.pagerduty.model.incident(talk.incident).notes[-1]
    assert note.user["id"] == RESPONDER
    assert len(talk.heard()) == 1


def test_m19_an_author_whom_pagerduty_takes_for_nobody_does_not_stop_the_others() -> None:
    talk = Talk(three_statuses(sync_notes_email=RESPONDER_EMAIL))
    nobody = Unauthenticated("No.", side=Side.PAGERDUTY)
    talk.world.plan.fail_next("pagerduty.add_note", nobody)

    talk.write("mine")

    note = talk.world.pagerduty.model.incident(talk.incident).notes[-1]
    assert note.user["id"] == SYNC_USER
    assert talk.world.circuits.known(Side.PAGERDUTY) == []


def test_m19_a_key_that_has_ended_is_not_tried_as_one_writer_after_the_other() -> None:
    talk = Talk(three_statuses(sync_notes_email=RESPONDER_EMAIL))
    before = talk.world.pagerduty.calls["add_note"]
    nobody = Unauthenticated("No.", side=Side.PAGERDUTY)
    talk.world.plan.fail_next("pagerduty.add_note", nobody, times=2)

    talk.write("mine", hear=False)
    talk.world.signal(talk.incident, id="jira", kind=SignalKind.ISSUE_CHANGED, event_type="")
    talk.world.work(until=talk.world.clock.now)

    (circuit,) = talk.world.circuits.known(Side.PAGERDUTY)
    assert circuit.is_open
    assert talk.world.pagerduty.calls["add_note"] == before + 2
    assert talk.heard() == []


@pytest.mark.parametrize(
    ("error", "after"),
    [(Ambiguous("cut"), False), (Ambiguous("cut"), True), (Temporary("busy"), False)],
)
def test_p7_a_lost_answer_leaves_exactly_one_note(error: Exception, *, after: bool) -> None:
    talk = Talk()
    talk.world.plan.fail_next("pagerduty.add_note", error, after=after)

    talk.write("once")
    talk.world.sweep()

    assert len(talk.heard()) == 1


def test_p7_a_comment_that_two_workers_carry_at_once_becomes_one_note() -> None:
    """The message of the first comes to another one while the first works on."""
    talk = Talk()
    world = talk.world
    comment = talk.write("Looking.", hear=False)
    issue_id = world.issues[0]["id"]
    world.signal(talk.incident, id=comment, kind=SignalKind.ISSUE_CHANGED, issue_id=issue_id)
    message = world.queue.receive()
    assert message
    real, others = world.plan.before, [world.worker("other")]

    def before(method: str) -> None:
        if method == "comment_records.begin" and others:
            others.pop().consume(message)
        real(method)

    world.plan.before = before  # type: ignore[method-assign]
    world.consumer.consume(message)

    said = [one for one in world.timeline(talk.incident) if one.startswith("Added a note")]
    assert (len(talk.heard()), len(said)) == (1, 1)


def test_p34_notes_that_pagerduty_does_not_take_for_an_hour_are_told_once_on_the_timeline() -> None:
    talk = Talk()
    talk.world.plan.fail_next("pagerduty.add_note", Temporary("busy"), times=999)
    talk.write("Looking.")

    talk.world.sweep(times=8)

    lacking = "This incident has lacked notes with comments of OPS-1 since"
    assert len([one for one in talk.world.timeline(talk.incident) if lacking in one]) == 1


def test_p34_a_note_and_a_comment_that_fail_in_one_round_both_come_in_the_next() -> None:
    talk = Talk()
    began = talk.world.clock.now
    for method in ("jira.add_comment", "pagerduty.add_note"):
        talk.world.plan.fail_next(method, Temporary("busy"))
    talk.write("From Jira.", hear=False)
    talk.world.note(talk.incident, "From PagerDuty.", hear=False)

    talk.world.signal(talk.incident, id="s", kind=SignalKind.RESYNC, notes_since=began)
    talk.world.work()

    assert [one.splitlines()[0] for one in talk.heard()] == ["[Jira] Alice Example: From Jira."]
    assert talk.world.comments()[1:] == ["[PagerDuty] Ada Marsh: From PagerDuty."]
    assert talk.world.clock.now - began < timedelta(minutes=1)


def test_p7_a_note_that_pagerduty_commits_late_is_waited_for() -> None:
    talk = Talk()
    talk.world.jira.model.world.users["bob"].email = RESPONDER_EMAIL
    talk.world.pagerduty.commit_late("add_note", 60)

    talk.write("once", by="bob")

    assert len(talk.heard()) == 1
    assert talk.world.pagerduty.calls["add_note"] == 2  # the one that names the issue, and this


@pytest.mark.parametrize(
    ("method", "times"), [("pagerduty.add_note", 2), ("pagerduty.list_notes", 1)]
)
def test_what_pagerduty_refuses_is_said_and_holds_nothing_else_back(
    method: str, times: int
) -> None:
    plan = FaultPlan()
    talk = Talk(plan=plan)
    plan.fail_next(method, Refused("The incident is full.", status=400), times=times)
    if method.endswith("list_notes"):
        plan.fail_next("pagerduty.add_note", Ambiguous("cut"))

    talk.write("first", hear=False)
    talk.write("second")
    said = " ".join(talk.world.timeline(talk.incident))
    talk.world.sweep(after=timedelta(hours=1))

    assert "did not become a note: The incident is full." in said
    assert len(talk.heard()) == 2


def test_a_comment_on_an_issue_whose_incident_is_gone_is_said() -> None:
    talk = Talk()
    talk.world.plan.fail_next("pagerduty.add_note", NotFound("No such incident."))

    talk.write("first")

    assert "did not become a note" in " ".join(talk.world.timeline(talk.incident))


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("*bold* and _leaning_", "bold and leaning"),
        ("a*b*c and snake_case_name", "a*b*c and snake_case_name"),
        ("[the runbook|https://wiki.example/r]", "the runbook (https://wiki.example/r)"),
        ("[https://wiki.example/r]", "https://wiki.example/r"),
        ("ask [~bob]", "ask @bob"),
        ("!trace.png|thumbnail!", "[image: trace.png]"),
        ("Wow! Really!", "Wow! Really!"),
        ("h2. Cause\nbq. said he", "Cause\nsaid he"),
        ("{quote}x{quote} {color:red}red{color}", "x red"),
        ("{{mono}}", "mono"),
        (r"\{not\} \*this\*", "{not} *this*"),
        ("&#58;) &amp;", ":) &"),
        ("{code:java}\nint *a*;\n{code}\nend", "```\nint *a*;\n```\nend"),
        ("{noformat}x", "{noformat}x"),
        ("a \\\\ b", "a \\\\ b"),
    ],
)
def test_wiki_markup_becomes_plain_text(markup: str, text: str) -> None:
    assert to_plain(markup) == text


@pytest.mark.parametrize("part", ["[", "!a", "*", "_a", "{{", "{code}", "[a|", "\\", "{quote:"])
def test_hostile_markup_costs_no_time(part: str) -> None:
    assert to_plain(part * (32_000 // len(part))) is not None


def test_after_three_refusals_a_round_tries_no_further_note() -> None:
    plan = FaultPlan()
    talk = Talk(plan=plan)
    refused = Refused("The incident is full.", status=400)
    plan.fail_next("pagerduty.add_note", refused, times=1_000)
    before = talk.world.pagerduty.calls["add_note"]
    for number in range(10):
        talk.world.jira.model.add_comment("alice", "OPS-1", {"body": f"{number}"})

    talk.hear_jira()

    tried = talk.world.pagerduty.calls["add_note"] - before
    assert tried <= 3 * 2  # as the author, then as the user of the secret


def test_p32_a_comment_is_carried_though_jiras_clock_is_ten_minutes_slow() -> None:
    talk = Talk()
    claimed = talk.world.clock.now
    talk.world.clock.now = claimed - timedelta(minutes=10)
    talk.world.jira.model.add_comment("alice", "OPS-1", {"body": "early"})
    talk.world.clock.now = claimed + timedelta(minutes=1)

    talk.hear_jira()

    assert len(talk.heard()) == 1


def test_m19_what_is_written_before_the_link_is_complete_is_carried_once() -> None:
    plan = FaultPlan().fail(1, Ambiguous("cut"), method="jira.create_issue", after=True)
    plan.fail(1, Temporary("busy"), method="jira.find_issue", times=20)
    world = World(three_statuses(), plan=plan)
    incident = world.trigger()
    world.work(until=world.clock.now + timedelta(minutes=3))
    assert world.links.links[0].issue is None
    world.jira.model.add_comment("alice", "OPS-1", {"body": "early"})
    world.clock.forward(minutes=30)
    world.work()

    for number in range(2):
        world.signal(incident, id=f"jira-{number}", kind=SignalKind.ISSUE_CHANGED, event_type="")
        world.work()

    assert len([note for note in world.notes(incident) if note.startswith("[Jira] ")]) == 1
