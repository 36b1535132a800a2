"""P23, R4: emoji in a Jira whose database cannot hold them, or keeps something in their place."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdjira.errors import Ambiguous, NotFound, Temporary
from pdjira.model.link import FieldAgreement
from pdjira.sync.fields.title_and_priority import read_back
from pdjira.sync.situation import Situation, StatusFacts
from pdjira.sync.step import Agree
from pdjira.text.plain_text import has_supplementary, may_be_left_of, without_supplementary
from tests.builders import (
    NOW,
    a_const,
    a_link,
    a_mapping,
    a_signal,
    a_template,
    an_attribute,
    an_incident,
    an_issue,
    three_statuses,
)
from tests.fakes.faults import Crash, FaultPlan
from tests.sandbox.jira.world import Beyond
from tests.sandbox.pagerduty.seed import RESPONDER
from tests.scenes.fields import BOTH, FIRE, LABELS, REGION, REPLACED, SAID, TEAMS, TEXT, WIDE, Wide
from tests.scenes.lives import RESOLVE, START
from tests.world import World


def test_what_jira_fails_at_is_written_once_more_without_emoji_and_said() -> None:
    life = Wide(beyond=Beyond.REFUSED)
    before = life.world.clock.now

    life.retitle()

    assert life.fields()["summary"] == REPLACED
    assert life.title() == WIDE
    assert life.notes() == []
    assert life.world.timeline(life.incident).count(SAID) == 1
    assert life.world.clock.now - before < timedelta(seconds=30)


def test_an_issue_is_created_without_emoji_where_jira_fails_at_them() -> None:
    world = World(three_statuses(field_rules=(an_attribute("labels", "incident_title"),)))
    world.jira.model.world.beyond = Beyond.REFUSED

    incident = world.trigger(WIDE)
    world.work()

    (issue,) = world.issues
    assert issue["fields"]["summary"] == REPLACED
    assert SAID in world.timeline(incident)


def test_a_note_becomes_a_comment_without_emoji_where_jira_fails_at_them() -> None:
    life = Wide(beyond=Beyond.REFUSED)

    life.world.note(life.incident, f"on {FIRE}")
    life.world.work()

    assert [one.endswith("on \ufffd") for one in life.world.comments()] == [True]
    assert SAID in life.world.timeline(life.incident)


def test_a_transition_is_filled_without_emoji_where_jira_fails_at_them() -> None:
    world = World(
        three_statuses(
            field_rules=(
                a_const("resolution", "Done"),
                an_attribute("environment", "incident_title"),
            )
        )
    )
    step = next(
        one
        for one in world.jira.model.world.project_named("OPS").workflow.transitions
        if one.id == RESOLVE
    )
    assert step.screen is not None
    step.screen.fields.append("environment")
    step.screen.required.add("environment")
    incident = world.trigger("Disk full")
    world.work()
    world.jira.model.world.beyond = Beyond.REFUSED
    world.pagerduty.model.set_title(incident, WIDE, by=RESPONDER)
    world.pagerduty.model.resolve(incident, by=RESPONDER)

    world.signal(incident, id="act", event_type="incident.resolved")
    world.work()

    assert world.issues[0]["fields"]["status"]["name"] == "Resolved"


@pytest.mark.parametrize(
    ("rule", "source", "value", "field"),
    [
        (TEXT, REGION, f"{FIRE} eu", TEXT),
        (LABELS, TEAMS, [f"{FIRE}", "web"], LABELS),
    ],
)
@pytest.mark.parametrize("beyond", [Beyond.REPLACED, Beyond.REFUSED])
def test_what_jira_keeps_in_place_of_emoji_in_a_field_does_not_come_back(
    rule: str, source: str, value: object, field: str, beyond: Beyond
) -> None:
    life = Wide(an_attribute(rule, source, BOTH), beyond=beyond)

    life.give(source.removeprefix("custom_field:"), value)
    writes = life.all_writes()
    life.hear_jira()

    assert FIRE not in str(life.fields()[field])
    assert life.custom(source.removeprefix("custom_field:")) == value
    assert life.all_writes() == writes


@pytest.mark.parametrize("beyond", [Beyond.REPLACED, Beyond.REFUSED])
def test_what_jira_keeps_in_place_of_emoji_in_a_summary_does_not_come_back(beyond: Beyond) -> None:
    life = Wide(beyond=beyond)

    life.retitle()
    life.hear_jira()
    life.retitle("Disk full")
    life.hear_jira()

    assert life.title() == life.fields()["summary"] == "Disk full"
    assert life.kept() == []


def test_a_summary_that_a_rule_fills_is_read_back_as_well() -> None:
    rule = a_template("summary", "[{{ incident_status }}] {{ incident_title }}")
    life = Wide(rule, beyond=Beyond.REPLACED)

    life.retitle()
    life.hear_jira()

    assert life.fields()["summary"] == "[triggered] Disk ? full"
    assert life.title() == WIDE


def test_a_new_issue_agrees_on_what_jira_holds_of_its_fields() -> None:
    mapping = a_mapping(field_rules=(an_attribute(TEXT, "incident_title", BOTH),))
    world = World(mapping)
    world.jira.model.world.beyond = Beyond.REPLACED

    incident = world.trigger(WIDE)
    world.work()

    (link,) = world.links.of_incident(incident)
    assert world.issues[0]["fields"][TEXT] == "Disk ? full"
    assert link.agreed.fields[TEXT].issue not in {None, "?"}
    assert world.pagerduty.model.incident(incident).title == WIDE


def test_a_persons_edit_after_that_is_carried() -> None:
    life = Wide(beyond=Beyond.REPLACED)
    life.retitle()

    life.edit(summary="Disk ? full, web-7")

    assert life.title() == "Disk ? full, web-7"


def test_r4_only_texts_with_such_characters_are_read_back() -> None:
    calls = []
    for title in ("Disk on fire", WIDE):
        life = Wide(beyond=Beyond.HELD)
        before = life.world.jira.calls["read_issue"]
        life.retitle(title)
        calls.append(life.world.jira.calls["read_issue"] - before)

    assert calls == [1, 2]


def test_what_a_crash_kept_from_being_read_back_is_read_later() -> None:
    plan = FaultPlan()
    life = Wide(beyond=Beyond.REPLACED, plan=plan)
    reads = plan.calls.count("jira.read_issue")
    plan.fail(reads + 2, Crash(), method="jira.read_issue")

    life.retitle()
    life.hear_jira()

    assert life.title() == WIDE
    assert life.kept() == []


def test_a_field_that_a_crash_kept_from_being_read_back_is_no_conflict() -> None:
    plan = FaultPlan()
    life = Wide(an_attribute(TEXT, "incident_title"), beyond=Beyond.REPLACED, plan=plan)
    reads = plan.calls.count("jira.read_issue")
    plan.fail(reads + 2, Crash(), method="jira.read_issue")

    life.retitle()

    assert life.fields()[TEXT] == "Disk ? full"
    assert life.kept() == []


@pytest.mark.parametrize(
    ("held", "may_be"),
    [
        ("Disk ? full", True),
        ("Disk \ufffd full", True),
        ("Disk  full", True),
        ("Disk", True),
        ("Disk on fire, full", False),
        ("Disk ? empty", False),
        (None, False),
    ],
)
def test_what_is_left_of_a_text_is_told_from_what_a_person_wrote(
    held: object, may_be: bool
) -> None:
    assert may_be_left_of(WIDE, held) is may_be
    assert not may_be_left_of("Disk", held)


@pytest.mark.parametrize("written", ["🚨" * 5_000, "🚨 " * 2_500, "🟩🟩🟥x" * 1_500])
def test_however_many_emoji_a_text_holds_it_is_soon_judged(written: str) -> None:
    held = without_supplementary(written)

    assert may_be_left_of(f"{written} 12", f"{held} 12")
    assert not may_be_left_of(f"{written} 12", f"{held} 13")


@given(
    st.lists(st.sampled_from(["a", "B1", " ", "!", "ß", "🚨", "🟩"]), max_size=8),
    st.text("?a !ð", max_size=9),
)
def test_what_may_be_left_is_what_a_pattern_would_find(parts: list[str], held: str) -> None:
    written = "".join(parts).strip()
    texts = re.split("[\U00010000-\U0010ffff]", written)
    pattern, first = "[^0-9A-Za-z]{0,4}".join(map(re.escape, texts)), texts[0].strip()
    expected = has_supplementary(written) and (
        re.fullmatch(pattern, held.strip()) is not None or held.strip() == first
    )

    assert may_be_left_of(written, held) is expected


def test_a_summary_that_cannot_be_read_back_is_told_and_nothing_goes_round() -> None:
    plan = FaultPlan()
    life = Wide(beyond=Beyond.REPLACED, plan=plan)
    reads = plan.calls.count("jira.read_issue")
    plan.fail(reads + 2, NotFound("gone"), method="jira.read_issue", times=2)

    life.retitle()
    life.hear_jira()
    life.hear_jira()

    assert life.title() == WIDE
    assert life.fields()["summary"] == "Disk ? full"


def test_a_status_that_cannot_follow_keeps_nothing_from_being_read_back() -> None:
    life = Wide(beyond=Beyond.REPLACED)
    life.moved(START)

    life.retitle()
    life.hear_jira()

    assert life.title() == WIDE


def test_a_field_that_is_gone_when_it_is_read_back_is_not_there() -> None:
    link = a_link()
    link = replace(link, agreed=replace(link.agreed, fields={TEXT: FieldAgreement(issue="?")}))
    situation = Situation(
        signal=a_signal(),
        now=NOW,
        incident=an_incident(),
        mapping=a_mapping(),
        link=link,
        issue=an_issue(asked=frozenset({TEXT})),
    )

    step = read_back(situation, link, a_mapping())
    unread = read_back(
        replace(situation, issue=None, status=StatusFacts(stuck=True)), link, a_mapping()
    )

    assert unread is None
    assert isinstance(step, Agree)
    assert step.agreed.fields[TEXT].issue == "-"


def test_such_characters_are_found_wherever_they_are() -> None:
    value = {"fields": {"labels": ["a", FIRE], "number": 7, "summary": "x"}}

    assert has_supplementary(value)
    assert without_supplementary(value) == {
        "fields": {"labels": ["a", "\ufffd"], "number": 7, "summary": "x"}
    }
    assert not has_supplementary(without_supplementary(value))
    assert not has_supplementary({"fields": {"summary": "fire é €", "n": None}})


def test_a_failure_that_is_no_matter_of_characters_is_tried_again() -> None:
    plan = FaultPlan().fail(1, Temporary("Jira failed."), method="jira.add_comment")
    life = Wide(beyond=Beyond.HELD, plan=plan)

    life.world.note(life.incident, "no emoji")
    life.world.work()

    assert len(life.world.comments()) == 1
    assert life.notes() == ["no emoji"]


def test_an_answer_that_is_lost_at_the_replaced_try_makes_no_second_issue() -> None:
    plan = FaultPlan().fail(3, Ambiguous("no answer"), method="jira.create_issue", after=True)
    world = World(plan=plan)
    world.jira.model.world.beyond = Beyond.REFUSED

    world.trigger(WIDE)
    world.work()

    assert [one["fields"]["summary"] for one in world.issues] == [REPLACED]
