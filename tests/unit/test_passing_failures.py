"""P23, M29: a Jira that fails for a moment is not taken for one whose database holds no emoji."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from pdjira.errors import Ambiguous, Misconfigured, PdjiraError, Temporary, Unstorable
from pdjira.model.link import Extra
from pdjira.sync.fields.steps import write_or_replace_emoji
from pdjira.sync.round import Round
from pdjira.sync.situation import Situation
from tests.builders import NOW, a_link, a_mapping, a_signal, an_incident
from tests.fakes.faults import Crash
from tests.sandbox.jira.errors import JiraError
from tests.sandbox.jira.world import Beyond
from tests.scenes.fields import FIRE, REPLACED, SAID, WIDE, Wide
from tests.world import World

WAITS = "Not done yet, and tried again for up to four days: "
OWN = JiraError(500, "Internal server error")


def failing(world: World, method: str, *, times: int, after: bool = False) -> None:
    """Jira fails at the next calls, be it once it has stored what it was given."""
    real: Callable[..., Any] = getattr(world.jira.model, method)
    left = [times]

    def fail(*args: Any, **given: Any) -> Any:
        is_failing = left[0] > 0
        left[0] -= 1
        made = real(*args, **given) if after or not is_failing else None
        if is_failing:
            raise OWN
        return made

    setattr(world.jira.model, method, fail)


def test_one_failure_costs_a_new_issue_no_emoji() -> None:
    world = World()
    failing(world, "create_issue", times=1)

    incident = world.trigger(WIDE)
    world.work()

    assert [one["fields"]["summary"] for one in world.issues] == [WIDE]
    assert SAID not in world.timeline(incident)


@pytest.mark.parametrize("times", [2, 3, 4, 5])
def test_failures_in_a_row_keep_no_issue_from_being_made_and_no_note_says_otherwise(
    times: int,
) -> None:
    world = World()
    failing(world, "create_issue", times=times)

    incident = world.trigger(WIDE)
    world.work()

    assert len(world.issues) == 1
    assert [note for note in world.notes(incident) if "No Jira issue" in note] == []


def test_one_failure_costs_a_summary_and_a_comment_no_emoji() -> None:
    life = Wide(beyond=Beyond.HELD)
    failing(life.world, "edit_issue", times=1)
    failing(life.world, "add_comment", times=1)

    life.retitle()
    life.world.note(life.incident, f"on {FIRE}")
    life.world.work()

    assert life.fields()["summary"] == WIDE
    assert [one.endswith(f"on {FIRE}") for one in life.world.comments()] == [True]


@pytest.mark.parametrize("is_tried", [False, True])
def test_an_issue_that_jira_has_made_and_failed_then_is_found_before_the_next_write(
    *, is_tried: bool
) -> None:
    world = World()
    if is_tried:
        world.plan.fail_next("pagerduty.get_incident", Temporary("busy"))
    failing(world, "create_issue", times=1, after=True)

    world.trigger(WIDE)
    world.work()

    assert [one["fields"]["summary"] for one in world.issues] == [WIDE]


@pytest.mark.parametrize("is_tried", [False, True])
def test_a_comment_that_jira_has_made_and_failed_then_is_found_before_the_next_write(
    *, is_tried: bool
) -> None:
    life = Wide(beyond=Beyond.HELD)
    if is_tried:
        life.world.plan.fail_next("pagerduty.get_incident", Temporary("busy"))
    failing(life.world, "add_comment", times=1, after=True)

    life.world.note(life.incident, f"on {FIRE}")
    life.world.work()

    assert [one.endswith(f"on {FIRE}") for one in life.world.comments()] == [True]


def test_after_a_failure_for_another_reason_a_failure_at_emoji_still_replaces_them() -> None:
    life = Wide(beyond=Beyond.REFUSED)
    life.world.plan.fail_next("jira.read_issue", Temporary("busy"))

    life.retitle()

    assert life.fields()["summary"] == REPLACED


def test_after_a_failure_for_another_reason_one_failure_costs_no_emoji() -> None:
    life = Wide(beyond=Beyond.HELD)
    life.world.plan.fail_next("jira.read_issue", Temporary("busy"))
    failing(life.world, "edit_issue", times=1)

    life.retitle()

    assert life.fields()["summary"] == WIDE


def test_m29_a_text_at_which_jira_fails_for_ever_is_told_and_holds_nothing_else_up() -> None:
    life = Wide(beyond=Beyond.HELD)
    before = life.world.clock.now
    failing(life.world, "edit_issue", times=10_000)

    life.retitle()
    life.world.note(life.incident, "Restarted it.")
    life.world.work()

    others = [one for one in life.world.comments() if "was not changed" not in one]
    assert [one.endswith("Restarted it.") for one in others] == [True]
    (told,) = [one for one in life.notes() if "was not changed" in one]
    assert told.endswith("What to do: Let it hold all of Unicode.")
    assert life.world.clock.now - before < timedelta(hours=3)
    assert life.world.queue.dead == []


@pytest.mark.parametrize("method", ["create_issue", "edit_issue"])
def test_m29_what_jira_goes_on_failing_at_is_said_once_on_the_timeline_and_done_at_last(
    method: str,
) -> None:
    life = Wide(beyond=Beyond.HELD)
    world, incident = life.world, life.incident
    failing(world, method, times=45)

    if method == "create_issue":
        incident = world.trigger(WIDE)
    else:
        life.retitle()
    world.work()

    (said,) = [one for one in world.timeline(incident) if one.startswith(WAITS)]
    assert "Internal server error" in said
    assert [note for note in world.notes(incident) if "What to do" in note] == []
    assert FIRE in str(world.issues)


@pytest.mark.parametrize("error", [Misconfigured("No Jira is there."), Ambiguous("No answer.")])
def test_p19_what_a_person_has_to_mend_is_said_once_on_the_timeline_while_it_lasts(
    error: PdjiraError,
) -> None:
    world = World()
    world.plan.fail_next("jira.create_screen", error, times=30)

    incident = world.trigger()
    world.work()

    (said,) = [one for one in world.timeline(incident) if one.startswith(WAITS)]
    assert said == f"{WAITS}{error.says}"
    assert len(world.issues) == 1


def test_p34_a_comment_at_which_jira_goes_on_failing_is_owed_and_added_at_last() -> None:
    life = Wide(beyond=Beyond.HELD)
    failing(life.world, "add_comment", times=21)

    life.world.note(life.incident, f"on {FIRE}")
    life.world.work()
    owed = dict(life.world.links.links[0].owed)
    life.world.sweep(times=21)

    assert owed.keys() == {Extra.COMMENTS}
    assert len(life.world.comments()) == 1
    assert life.world.links.links[0].owed == {}


def test_m29_what_lasts_a_few_minutes_is_not_said() -> None:
    world = World()
    failing(world, "create_issue", times=4)

    incident = world.trigger(WIDE)
    world.work()

    assert not any(one.startswith(WAITS) for one in world.timeline(incident))


def test_m29_a_timeline_that_cannot_be_read_keeps_nothing_back() -> None:
    world = World()
    failing(world, "create_issue", times=21)
    world.plan.fail_next("links.timeline", Temporary("busy"), times=999)

    incident = world.trigger(WIDE)
    world.work()

    assert len(world.issues) == 1
    assert not any(one.startswith(WAITS) for one in world.timeline(incident))


def test_a_failure_at_what_is_sent_beside_the_text_is_tried_again() -> None:
    world = World()
    error = Unstorable("Jira failed.", status=500)
    world.plan.fail_next("jira.create_issue", error, times=9)

    world.trigger("Disk full")
    world.work()

    assert len(world.issues) == 1


def test_a_crash_after_the_first_failure_makes_one_issue() -> None:
    world = World()
    world.jira.model.world.beyond = Beyond.REFUSED
    world.plan.fail(2, Crash(), method="jira.create_issue", after=False)
    begun = world.clock.now

    world.trigger(WIDE)
    world.work()

    assert [one["fields"]["summary"] for one in world.issues] == [REPLACED]
    assert world.clock.now - begun < timedelta(hours=1)


def test_p7_what_jira_stored_though_it_failed_is_found_and_not_written_again() -> None:
    since = NOW - timedelta(minutes=1)
    situation = Situation(
        signal=a_signal(),
        now=NOW,
        incident=an_incident(),
        mapping=a_mapping(),
        link=a_link(),
        tried_since=since,
    )
    written: list[str] = []

    def fail(text: str) -> str:
        written.append(text)
        raise Unstorable("Jira failed.", status=500)

    current = Round(situation=situation)
    found = write_or_replace_emoji(current, fail, FIRE, look=lambda: "10001")

    assert (found, written) == ("10001", [FIRE])
