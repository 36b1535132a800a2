"""M19 towards Jira: what is written about an incident becomes exactly one comment, as it was."""

from datetime import timedelta

import pytest

from pdjira.errors import Ambiguous, NotFound, Refused, Temporary
from pdjira.model.comment import Survivor, of_merge, of_note
from pdjira.model.incident import Reference
from pdjira.model.link import LinkState
from pdjira.model.mapping import CreateMode, SyncNotes
from pdjira.model.notices import bounded
from pdjira.model.signal import SignalKind
from pdjira.sync.extras import MOST_REFUSALS
from pdjira.text.markup import units
from tests.builders import a_mapping, a_note, an_incident
from tests.fakes.faults import FaultPlan
from tests.sandbox.pagerduty.seed import RESPONDER
from tests.world import World


def linked(world: World) -> str:
    """An incident that has its issue."""
    incident = world.trigger()
    world.work()
    return incident


def marks(world: World) -> list[list[object]]:
    comments = world.jira.model.comments("alice", "OPS-1", expand=("properties",))["comments"]
    return [one["properties"] for one in comments]


def test_m19_a_note_becomes_a_comment_that_names_its_author_and_bears_its_mark() -> None:
    world = World()
    incident = linked(world)

    note = world.note(incident, "Restarted web-7.")
    world.work()

    assert world.comments() == ["[PagerDuty] Ada: Restarted web-7."]
    assert marks(world) == [
        [{"key": "pagerduty.note", "value": {"id": note, "incident": incident}}]
    ]
    assert "Added a comment to OPS-1: note of Ada." in world.timeline(incident)


def test_m19_a_status_update_becomes_a_comment() -> None:
    world = World()
    incident = linked(world)

    update = a_note(id="status_update:PSU1", content="A fix is under way.")
    world.signal(incident, id="u", event_type="incident.status_update_published", note=update)
    world.work()

    assert world.comments() == ["[PagerDuty] Ada: Status update: A fix is under way."]
    (properties,) = marks(world)
    assert properties == [
        {"key": "pagerduty.note", "value": {"id": "status_update:PSU1", "incident": incident}}
    ]


def test_m19_where_the_mapping_asks_for_it_comments_are_internal() -> None:
    world = World(a_mapping(internal_comments=True))
    incident = linked(world)

    world.note(incident, "Not for customers.")
    world.work()

    (properties,) = marks(world)
    assert {"key": "sd.public.comment", "value": {"internal": True}} in properties


@pytest.mark.parametrize("way", [SyncNotes.OFF, SyncNotes.TO_PAGERDUTY])
def test_m19_what_is_held_back_is_not_carried_later(way: SyncNotes) -> None:
    world = World(a_mapping(sync_notes=way))
    incident = linked(world)
    world.note(incident, "held back")
    world.work()

    world.mappings.put(a_mapping())
    world.signal(incident, id="again", kind=SignalKind.RESYNC)
    world.note(incident, "carried")
    world.work()

    assert world.comments() == ["[PagerDuty] Ada: carried"]


def test_m19_every_issue_of_an_incident_gets_the_comment() -> None:
    world = World(a_mapping(), a_mapping(id="web", project=Reference(id="10200", name="WEB")))
    incident = linked(world)

    world.note(incident, "Restarted web-7.")
    world.work()

    assert world.comments(0) == world.comments(1) == ["[PagerDuty] Ada: Restarted web-7."]


def test_p5_a_note_that_is_delivered_again_is_no_second_comment() -> None:
    world = World()
    incident = linked(world)
    note = world.note(incident, "once")
    world.work()
    calls = world.jira.calls["add_comment"]

    for number in range(3):
        world.clock.forward(minutes=10)
        again = a_note(id=note, content="once")
        world.signal(incident, id=f"again-{number}", event_type="incident.annotated", note=again)
        world.work()

    assert world.comments() == ["[PagerDuty] Ada: once"]
    assert world.jira.calls["add_comment"] == calls


@pytest.mark.parametrize("after", [False, True])
def test_p7_a_lost_answer_leaves_exactly_one_comment(*, after: bool) -> None:
    plan = FaultPlan().fail(1, Ambiguous("cut"), method="jira.add_comment", after=after)
    world = World(plan=plan)
    incident = linked(world)

    world.note(incident, "once")
    world.work()
    world.sweep()

    (comment,) = world.comments()
    assert comment.endswith(": once")


def test_p7_a_comment_that_jira_commits_late_is_waited_for() -> None:
    world = World()
    incident = linked(world)
    world.jira.commit_late("add_comment", 60)

    world.note(incident, "once")
    world.work()

    assert world.comments() == ["[PagerDuty] Ada: once"]
    assert world.jira.calls["add_comment"] == 1


def test_what_was_surely_not_added_is_added_at_the_next_try() -> None:
    plan = FaultPlan().fail(1, Temporary("busy"), method="jira.add_comment")
    world = World(plan=plan)
    incident = linked(world)

    world.note(incident, "once")
    world.work()

    assert world.comments() == ["[PagerDuty] Ada: once"]
    assert world.jira.calls["find_comments"] == 0


def test_m29_a_comment_that_jira_refuses_is_told_once_and_comes_when_jira_lets_it() -> None:
    refused = Refused("no", status=403, messages=("You may not comment.",))
    plan = FaultPlan().fail(1, refused, method="jira.add_comment", times=3)
    world = World(plan=plan)
    incident = linked(world)

    world.clock.forward(hours=1)
    world.note(incident, "first")
    world.work()
    world.clock.forward(hours=1)
    world.signal(incident, id="e", event_type="incident.escalated")
    world.work()
    before = list(world.comments())
    told = [note for note in world.notes(incident) if "did not get the note of Ada" in note]
    world.note(incident, "second")
    world.signal(incident, id="retry", kind=SignalKind.RESYNC)
    world.work()

    assert before == []
    assert len(told) == 1
    assert world.comments() == ["[PagerDuty] Ada Marsh: first", "[PagerDuty] Ada Marsh: second"]
    assert not world.links.links[0].refused


def test_p34_a_refused_status_update_is_told_and_added_once_jira_lets_it() -> None:
    plan = FaultPlan().fail(1, NotFound("gone"), method="jira.add_comment")
    world = World(plan=plan)
    incident = linked(world)

    update = a_note(id="status_update:PSU1", content="A fix is under way.")
    world.signal(incident, id="u", event_type="incident.status_update_published", note=update)
    world.work()

    assert any("did not get the status update of Ada" in note for note in world.notes(incident))
    assert world.links.links[0].notes_since is None
    assert world.comments() == []
    world.sweep(after=timedelta(hours=1))
    assert world.comments() == ["[PagerDuty] Ada: Status update: A fix is under way."]
    assert world.kept_comments.comments == {}


def test_m29_notes_that_jira_goes_on_refusing_do_not_keep_back_the_one_that_is_heard_of() -> None:
    """As many as a round tries are refused before it."""
    world = World()
    incident = linked(world)
    refused = Refused("no", status=403, messages=("You may not comment.",))
    world.plan.fail_next("jira.add_comment", refused, times=MOST_REFUSALS)
    for number in range(MOST_REFUSALS):
        world.note(incident, f"{number}")
    world.work()
    world.clock.forward(hours=2)
    called = world.plan.calls.count("jira.add_comment")

    world.plan.fail(called + 2, refused, method="jira.add_comment", times=MOST_REFUSALS)
    world.note(incident, "Found it.")
    world.work()

    assert world.links.links[0].refused
    assert [one for one in world.comments() if "Found it." in one]


def test_p34_all_status_updates_that_jira_does_not_take_for_a_while_come_once_it_does() -> None:
    world = World()
    incident = linked(world)
    world.plan.fail_next("jira.add_comment", Temporary("busy"), times=999)
    for number in range(2):
        update = a_note(id=f"status_update:PSU{number}", content=f"Number {number}.")
        world.signal(incident, id=update.id, event_type="status_update", note=update)
        world.work()
    kept = len(world.kept_comments.comments)
    world.plan.heal("jira.add_comment")

    world.sweep(times=2)

    assert kept == 2
    assert world.comments() == [
        "[PagerDuty] Ada: Status update: Number 0.",
        "[PagerDuty] Ada: Status update: Number 1.",
    ]
    assert world.kept_comments.comments == {}


def test_a_refusal_while_an_earlier_attempt_is_looked_for_is_told() -> None:
    plan = FaultPlan()
    plan.fail(1, Ambiguous("cut"), method="jira.add_comment")
    plan.fail(1, NotFound("gone"), method="jira.find_comments")
    world = World(plan=plan)
    incident = linked(world)

    world.note(incident, "once")
    world.work()

    assert any("did not get the note" in note for note in world.notes(incident))


def test_notes_that_were_written_before_the_issue_come_onto_it() -> None:
    world = World()
    world.mappings.put(a_mapping(enabled=False))
    incident = world.trigger()
    world.note(incident, "Looking.")
    world.work()
    world.clock.forward(minutes=20)

    world.mappings.put(a_mapping())
    world.note(incident, "Found it.")
    world.work()

    assert world.comments() == [
        "[PagerDuty] Ada Marsh: Looking.",
        "[PagerDuty] Ada Marsh: Found it.",
    ]
    assert world.links.links[0].notes_since is None


def test_where_notes_do_not_go_to_jira_earlier_ones_stay_away_too() -> None:
    world = World()
    world.mappings.put(a_mapping(enabled=False))
    incident = world.trigger()
    world.note(incident, "Looking.")
    world.work()
    world.clock.forward(minutes=20)

    world.mappings.put(a_mapping(sync_notes=SyncNotes.OFF))
    world.signal(incident, id="e", event_type="incident.escalated")
    world.work()

    assert world.comments() == []
    assert world.links.links[0].notes_since is None


def test_a_note_that_pagerduty_has_trimmed_is_read_whole() -> None:
    world = World()
    incident = linked(world)
    note = world.note(incident, "all of it", hear=False)

    trimmed = a_note(id=note, content="all", trimmed=True)
    world.signal(incident, id="n", event_type="incident.annotated", note=trimmed)
    world.work()

    assert world.comments() == ["[PagerDuty] Ada Marsh: all of it"]


def test_a_trimmed_note_that_is_deleted_meanwhile_is_carried_as_far_as_it_came() -> None:
    world = World()
    incident = linked(world)

    trimmed = a_note(id="PGONE", content="all", trimmed=True)
    world.signal(incident, id="n", event_type="incident.annotated", note=trimmed)
    world.work()

    assert world.comments() == ["[PagerDuty] Ada: all (cut by PagerDuty)"]


def test_notes_that_cannot_be_read_are_tried_again() -> None:
    refused = Refused("no", status=403)
    plan = FaultPlan().fail(1, refused, method="pagerduty.list_notes")
    world = World(plan=plan)
    incident = linked(world)
    note = world.note(incident, "all of it", hear=False)

    trimmed = a_note(id=note, content="all", trimmed=True)
    world.signal(incident, id="n", event_type="incident.annotated", note=trimmed)
    world.work()
    before = list(world.comments())
    world.signal(incident, id="retry", kind=SignalKind.RESYNC)
    world.work()

    assert before == []
    assert world.comments() == ["[PagerDuty] Ada Marsh: all of it"]


def merged(world: World, source: str, target: str) -> None:
    world.pagerduty.model.merge([source], target, by=RESPONDER)
    world.signal(source, id="merged", event_type="incident.resolved")
    world.work()


def test_m24_a_merge_is_a_comment_that_names_what_goes_on_and_closes_the_link() -> None:
    world = World()
    source, target = linked(world), linked(world)

    merged(world, source, target)
    world.note(source, "too late")
    world.work()

    (comment,) = world.comments(0)
    goes_on = world.pagerduty.model.incident(target)
    assert f"merged into incident {goes_on.number}" in comment
    assert target in comment
    assert "Its issue is OPS-2." in comment
    assert world.links.links[0].state is LinkState.CLOSED
    assert marks(world) == [
        [{"key": "pagerduty.note", "value": {"id": f"merge:{target}", "incident": source}}]
    ]


def test_m24_a_merge_into_an_incident_without_an_issue_says_so() -> None:
    world = World()
    source = linked(world)
    target = world.pagerduty.model.trigger("PABC123", "The cause", by=RESPONDER).id

    merged(world, source, target)

    (comment,) = world.comments(0)
    assert "It has no issue yet." in comment


def test_m24_a_merge_into_an_incident_that_is_gone_names_its_id() -> None:
    comment = of_merge(
        an_incident(merged_into="QGONE"), Survivor(incident=None, issue=None), internal=False
    )

    assert "merged into incident QGONE" in comment.body


def test_m24_where_the_comment_of_a_merge_is_refused_the_link_stays_open() -> None:
    plan = FaultPlan().fail(1, NotFound("gone"), method="jira.add_comment")
    world = World(plan=plan)
    source, target = linked(world), linked(world)

    merged(world, source, target)
    state = world.links.links[0].state
    world.signal(source, id="retry", kind=SignalKind.RESYNC)
    world.work()

    assert state is LinkState.LINKED
    assert world.links.links[0].state is LinkState.CLOSED


@pytest.mark.parametrize(
    "hostile", ["[~admin] look", "!http://evil.example/x.png!", "{html}<b>{html}", "h1. Big"]
)
def test_p26_nothing_in_a_note_becomes_markup_a_mention_or_an_image(hostile: str) -> None:
    body = of_note(a_note(content=hostile), an_incident(), internal=False).body

    assert hostile not in body.replace(r"\!", "")


def test_p26_a_name_is_no_markup_either() -> None:
    note = a_note(author="[~admin]\n{color:red}")

    body = of_note(note, an_incident(), internal=False).body

    assert "[~admin]" not in body
    assert "\n" not in body


def test_a_note_without_an_author_says_so() -> None:
    body = of_note(a_note(author=None), an_incident(), internal=False).body

    assert body.startswith("[PagerDuty] somebody: ")


def test_a_code_block_survives() -> None:
    content = "Trace:\n```python\n  a[0] = {x}\n\n  raise *b\n```\nso *far*"

    body = of_note(a_note(content=content), an_incident(), internal=False).body

    assert "{noformat}\n  a[0] = {x}\n\n  raise *b\n{noformat}" in body
    assert r"so \*far\*" in body


@pytest.mark.parametrize(
    "content",
    ["```\nno end", "```one line```", "text ``` in a line\n```", "```\n{noformat}\n```"],
)
def test_what_is_no_whole_block_of_code_is_text(content: str) -> None:
    body = of_note(a_note(content=content), an_incident(), internal=False).body

    assert "{noformat}" not in body


@pytest.mark.parametrize("content", ["x" * 70_000, "*" * 40_000, "```\n" + "x\n" * 20_000 + "```"])
def test_a_note_that_is_too_long_for_jira_is_cut(content: str) -> None:
    body = of_note(a_note(content=content), an_incident(), internal=False).body

    assert units(body) <= 30_000
    assert body.endswith("…")


def test_very_many_late_notes_are_all_carried() -> None:
    world = World()
    world.mappings.put(a_mapping(enabled=False))
    incident = world.trigger()
    for number in range(120):
        world.note(incident, f"note {number}", hear=False)
    world.work()
    world.clock.forward(minutes=20)

    world.mappings.put(a_mapping())
    world.signal(incident, id="e", event_type="incident.escalated")
    world.work()

    assert len(world.comments()) == 120
    assert world.comments()[-1].endswith("note 119")


def test_a_note_that_jira_refuses_holds_no_other_back() -> None:
    refused = Refused("no", status=400, fields={"comment": "too long"})
    plan = FaultPlan().fail(1, refused, method="jira.add_comment")
    world = World(plan=plan)
    incident = linked(world)
    world.clock.forward(hours=1)

    world.note(incident, "bad")
    world.note(incident, "good")
    world.work()
    first = list(world.comments())
    world.sweep(after=timedelta(hours=1))

    assert first == ["[PagerDuty] Ada Marsh: good"]
    assert sorted(world.comments()) == ["[PagerDuty] Ada Marsh: bad", "[PagerDuty] Ada Marsh: good"]


def test_after_three_refusals_a_round_tries_no_further_comment() -> None:
    refused = Refused("no", status=403)
    plan = FaultPlan().fail(1, refused, method="jira.add_comment", times=1_000)
    world = World(plan=plan)
    world.mappings.put(a_mapping(enabled=False))
    incident = world.trigger()
    for number in range(10):
        world.note(incident, f"note {number}", hear=False)
    world.work()
    world.clock.forward(minutes=20)

    world.mappings.put(a_mapping())
    world.signal(incident, id="e", event_type="incident.escalated")
    world.work()

    assert world.jira.calls["add_comment"] == 3
    assert world.links.links[0].notes_since is not None


def test_a_note_from_the_future_whose_comment_was_refused_is_not_looked_for_there() -> None:
    plan = FaultPlan().fail(1, Refused("no", status=403), method="jira.add_comment", times=2)
    world = World(plan=plan)
    incident = linked(world)
    note = a_note(id=world.note(incident, "Restarted.", hear=False), content="Restarted.")
    future = world.clock() + timedelta(days=365_000)

    world.signal(incident, id="n", event_type="incident.annotated", note=note, occurred_at=future)
    world.work()
    world.sweep(after=timedelta(hours=1), times=3)

    assert len(world.comments()) == 1


def test_p11_our_own_note_about_a_refusal_tries_nothing_again() -> None:
    refused = Refused("no", status=403)
    plan = FaultPlan().fail(1, refused, method="jira.add_comment", times=1_000)
    world = World(plan=plan)
    incident = linked(world)
    world.note(incident, "Restarted.")
    world.work()
    tried = world.jira.calls["add_comment"]
    notes = world.pagerduty.model.incident(incident).notes
    (ours,) = [note.id for note in notes if "did not get" in note.content]

    world.hear(incident, ours)
    world.work()

    assert world.jira.calls["add_comment"] == tried
    assert world.links.links[0].refused


def test_notes_of_the_first_minute_come_along_when_a_person_asks_for_the_issue() -> None:
    world = World(a_mapping(create_issue=CreateMode.MANUAL))
    incident = world.trigger()
    world.clock.forward(seconds=20)
    world.note(incident, "Looking.")
    world.work()

    asked = {"kind": SignalKind.CREATE_REQUESTED, "event_type": "incident.custom"}
    world.signal(incident, id="ask", mapping_id="ops-bug", **asked)
    world.work()

    assert world.comments() == ["[PagerDuty] Ada Marsh: Looking."]


def test_the_cure_of_a_refused_comment_names_the_right_to_comment() -> None:
    plan = FaultPlan().fail(1, Refused("no", status=403), method="jira.add_comment")
    world = World(plan=plan)
    incident = linked(world)

    world.note(incident, "Restarted.")
    world.work()

    assert any("the rights Add Comments in" in note for note in world.notes(incident))


def test_a_very_long_notice_is_cut() -> None:
    text = bounded("OPS-1 stays in Open. " + "ж" * 2_000)

    assert len(text.encode()) <= 700
    assert text.endswith("…")
