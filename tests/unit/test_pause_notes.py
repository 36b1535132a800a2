"""P27: people are told of a pause once, on the right incident, whatever is lost or raced."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from pdjira.errors import Ambiguous, PdjiraError, Refused, Temporary
from pdjira.jql.braking import Released, matched
from pdjira.jql.opening_rules import Brake, opened, paused, why_paused
from pdjira.model.mapping import JqlAppliesTo
from pdjira.model.notices import jql_paused_text
from pdjira.model.signing import PageAddress, Signer
from tests.builders import HIGHEST, a_mapping
from tests.fakes.faults import Crash
from tests.fakes.health import Patient
from tests.sandbox.pagerduty.seed import SYNC_USER
from tests.world import World

PAGING = a_mapping(
    jql="priority = Highest", jql_applies_to=JqlAppliesTo.EXISTING, max_incidents_per_hour=1
)
PAGE = PageAddress(
    signer=Signer(secret=lambda: "s3cret"),
    admin_url="https://api1.example.com/live/admin",
    is_open=True,
)
HIGH = {"priority": {"id": "2"}}


def a_storm(world: World, issues: int = 3) -> None:
    """More issues match than may open an incident."""
    for _ in range(issues):
        world.issue(**HIGHEST)
    world.poller().run()


def pause_notes(world: World, incident_id: str | None = None) -> list[str]:
    """What people were told of pauses, on one incident or on all."""
    ids = [incident_id] if incident_id else [*world.pagerduty.model.incidents]
    return [note for one in ids for note in world.notes(one) if "opens nothing" in note]


def test_two_workers_at_once_write_one_note() -> None:
    world = World(PAGING)
    for _ in range(3):
        world.issue(**HIGHEST)
    world.poller().run()
    (first, second, third) = world.rows.waiting("ops-bug")
    for row in (first, second, third):
        world.queue.send(matched(row, now=world.clock()))
    add_note = world.pagerduty.add_note
    raced: list[Any] = []

    def racing(incident_id: str, content: str, *, by: str | None = None) -> Any:
        if "opens nothing" in content and not raced:
            message = world.queue.receive()
            assert message is not None
            raced.append(world.worker("second").consume(message).verdict)
        return add_note(incident_id, content, by=by)

    world.pagerduty.add_note = racing  # type: ignore[method-assign]
    world.work()

    assert raced
    assert len(pause_notes(world)) == 1


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(
    "error",
    [Temporary("busy"), Ambiguous("cut"), Crash()],
    ids=lambda error: type(error).__name__,
)
def test_a_note_whose_answer_is_lost_is_written_once(
    error: PdjiraError | Crash, *, after: bool
) -> None:
    for number, name in _calls_until_told(World(PAGING)):
        if after and isinstance(error, Temporary) and name == "pagerduty.add_note":
            continue
        again = World(PAGING, pause_address_of=PAGE.of_pause)
        again.plan.fail(number, error, after=after)
        for _ in range(2):
            _run(again)
        assert len(pause_notes(again)) == 1, (number, name)
        assert again.brakes.find("ops-bug").is_announced, (number, name)


def test_the_note_of_a_pause_names_the_page_that_shows_what_waits() -> None:
    world = World(replace(PAGING, id="ops/bug"), pause_address_of=PAGE.of_pause)

    _run(world)

    (note,) = pause_notes(world)
    assert note.endswith("\nMore: https://api1.example.com/live/admin/paused?id=ops%2Fbug")


def _run(world: World) -> None:
    if not world.issues:
        for _ in range(3):
            world.issue(**HIGHEST)
        world.poller().run()
    world.work()


def _calls_until_told(world: World) -> Sequence[tuple[int, str]]:
    """The calls from the beginning of the pause to its being told."""
    _run(world)
    shown = world.plan.calls.index("pauses.show")
    names = world.plan.calls[shown - 1 : shown + 12]
    return [(shown + number, name) for number, name in enumerate(names)]


def test_a_note_that_pagerduty_refuses_is_not_tried_again() -> None:
    world = World(PAGING)
    for _ in range(2):
        world.issue(**HIGHEST)
    world.poller().run()
    real = world.pagerduty.add_note

    def refusing(incident_id: str, content: str, *, by: str | None = None) -> Any:
        if "opens nothing" in content:
            raise Refused("No.", status=400)
        return real(incident_id, content, by=by)

    world.pagerduty.add_note = refusing  # type: ignore[method-assign]
    world.work()

    assert world.brakes.find("ops-bug").is_announced
    assert pause_notes(world) == []


@pytest.mark.parametrize("method", ["pagerduty.add_note", "pagerduty.open_incident"])
@pytest.mark.parametrize("error", [Temporary("busy"), Ambiguous("cut")])
def test_a_pause_is_told_once_pagerduty_is_back_however_long_that_took(
    method: str, error: PdjiraError
) -> None:
    world = World(replace(PAGING, max_incidents_per_hour=2))
    world.plan.fail_next(method, error, times=10**6)
    a_storm(world, 6)
    minutes(world, 180)

    world.plan.heal(method)
    minutes(world, 60)

    assert len(world.pagerduty.model.incidents) == 2
    assert len(pause_notes(world)) == 1


def test_a_pause_before_which_no_incident_turns_up_is_given_up_after_a_day() -> None:
    world = World(PAGING)
    world.plan.fail_next("pagerduty.open_incident", Ambiguous("cut"), times=10**6)
    a_storm(world)
    minutes(world, 60)
    assert not world.brakes.find("ops-bug").is_announced

    world.clock.forward(days=1)
    minutes(world, 10)

    assert world.brakes.find("ops-bug").is_announced
    assert pause_notes(world) == []


def minutes(world: World, count: int) -> None:
    """Time goes by, with a poll each minute."""
    for _ in range(count):
        world.clock.forward(minutes=1)
        world.poller().run()
        world.work(until=world.clock.now)


def test_a_second_pause_on_the_same_incident_is_told_as_well() -> None:
    world = World(PAGING)
    a_storm(world, 2)
    world.work()
    world.release().run("ops-bug")
    world.work()

    a_storm(world, 1)
    world.work()

    assert len(pause_notes(world)) == 2


def test_at_the_limit_of_the_stack_its_last_incident_of_the_hour_is_told() -> None:
    quiet = replace(PAGING, id="quiet", jql="priority = High")
    world = World(replace(PAGING, max_incidents_per_hour=10), quiet)
    world.stack_limit = 2
    world.consumer = world.worker("limited")
    world.issue(**HIGH)
    world.poller().run()
    world.work()
    (old,) = world.pagerduty.model.incidents
    world.clock.forward(days=60)
    a_storm(world, 2)
    world.work()

    world.issue(**HIGH)
    world.clock.forward(minutes=1)
    world.poller().run()
    world.work()

    last = [*world.pagerduty.model.incidents][-1]
    assert pause_notes(world, old) == []
    assert len(pause_notes(world, last)) == 1


def test_where_the_last_match_has_no_incident_yet_the_one_before_is_told() -> None:
    world = World(replace(PAGING, max_incidents_per_hour=2))
    a_storm(world, 1)
    world.work()
    (known,) = world.pagerduty.model.incidents
    brake = world.brakes.find("ops-bug")
    world.brakes.put(opened(brake, "under way", now=world.clock()))

    a_storm(world, 1)
    world.work()

    assert len(pause_notes(world, known)) == 1


def test_release_of_a_mapping_that_does_not_pause_changes_no_brake() -> None:
    world = World(PAGING)

    assert world.release().run("ops-bug") == Released(waiting=0, matching=0)
    assert "brakes.put" not in world.plan.calls


def a_pause_whose_teller_is_lost(*, is_begun: bool) -> World:
    """The match that was to tell people has left, its attempt being under way or surely over."""
    world = World(PAGING)
    world.issue(**HIGHEST)
    world.poller().run()
    world.work()
    error: PdjiraError = Ambiguous("cut") if is_begun else Temporary("busy")
    world.plan.fail_next("pagerduty.add_note", error)
    issue = world.issue(**HIGHEST)
    world.clock.forward(minutes=1)
    world.poller().run()
    world.work(until=world.clock.now)
    row = world.rows.find("ops-bug", issue["id"])
    assert row is not None
    world.jira.model.edit_issue("alice", row.issue_id, {"fields": {"priority": {"id": "3"}}})
    world.rows.forget(row)
    return world


@pytest.mark.parametrize("is_begun", [True, False])
def test_a_pause_is_told_though_the_match_that_was_to_tell_it_has_left(*, is_begun: bool) -> None:
    world = a_pause_whose_teller_is_lost(is_begun=is_begun)
    world.work()
    for _ in range(4):
        world.issue(**HIGHEST)

    minutes(world, 15)

    assert len(pause_notes(world)) == 1
    assert world.brakes.find("ops-bug").is_announced
    assert len(world.pagerduty.model.incidents) == 1


@pytest.mark.parametrize("was_told", [True, False])
def test_m16_what_an_earlier_version_began_to_tell_is_known_by_its_form(*, was_told: bool) -> None:
    """It kept no digest of the text."""
    world = a_pause_whose_teller_is_lost(is_begun=True)
    brake = world.brakes.find("ops-bug")
    assert brake.telling
    world.brakes.put(replace(brake, telling=replace(brake.telling, text=None)))
    (incident_id,) = world.pagerduty.model.incidents
    if was_told:
        text = jql_paused_text("ops-bug", why="enough", waiting=1)
        world.pagerduty.model.add_note(incident_id, text, by=SYNC_USER)
    for _ in range(4):
        world.issue(**HIGHEST)

    minutes(world, 15)

    assert len(pause_notes(world)) == 1
    assert world.brakes.find("ops-bug").is_announced


def test_while_one_match_is_at_telling_no_other_does() -> None:
    world = a_pause_whose_teller_is_lost(is_begun=True)
    world.issue(**HIGHEST)

    minutes(world, 7)

    assert pause_notes(world) == []


def test_a_pause_of_which_people_know_asks_no_match_to_tell_it() -> None:
    world = World(PAGING)
    a_storm(world)
    world.work()
    world.clock.forward(minutes=20)

    assert world.poller().run()[0].signals == 0


@pytest.mark.parametrize(
    ("own", "of_stack", "limit"),
    [
        (2, 50, "max_incidents_per_hour, 2"),
        (2, 2, "max_incidents_per_hour, 2"),
        (10, 2, "MaxIncidentsPerHour of the stack, 2"),
    ],
)
def test_whoever_reads_of_a_pause_reads_which_limit_was_reached(
    own: int, of_stack: int, limit: str
) -> None:
    world = World(replace(PAGING, max_incidents_per_hour=own))
    world.stack_limit = of_stack
    world.consumer = world.worker("limited")
    a_storm(world, 3)
    world.work()

    (note,) = pause_notes(world)
    (row,) = world.rows.waiting("ops-bug")
    held = world.braking().held(row, world.mappings.in_force()[0])
    (check,) = Patient(world).health.stored.jql.checks()

    why = f"as many incidents were opened as may be in an hour ({limit})"
    assert f"for now: {why}, and" in note
    assert str(held).startswith(f"The JQL of mapping ops-bug pauses, since {why}: it waits")
    assert f"pauses: {why}, and 1 issue waits." in check.says


def test_a_pause_of_an_earlier_version_is_told_without_its_limit() -> None:
    brake = replace(paused(Brake(mapping_id="ops-bug"), now=World().clock(), limit="x"), limit="")

    assert why_paused(brake) == "as many incidents were opened as may be in an hour"


def shown(world: World) -> tuple[int, str]:
    """How many wait by the mapping's item, and what `health` says of the pause."""
    pause = world.pauses.shown["ops-bug"]
    assert pause is not None
    says = [one.says for one in Patient(world).health.checks() if one.name == "ops-bug"]
    return pause[1], says[0]


def test_m16_the_item_and_health_tell_one_number_however_many_more_match() -> None:
    world = World(PAGING)
    a_storm(world, issues=2)
    world.work()
    (first,) = pause_notes(world)
    before = shown(world)

    for _ in range(2):
        world.issue(**HIGHEST)
        world.clock.forward(minutes=1)
        world.poller().run()
        world.work()

    assert "1 more issue waits so far (`health` counts them)." in first
    assert (before[0], "1 issue waits" in before[1]) == (1, True)
    assert (shown(world)[0], "3 issues wait" in shown(world)[1]) == (3, True)
    assert len(pause_notes(world)) == 1


def test_a_number_that_cannot_be_shown_holds_no_poll_up() -> None:
    world = World(PAGING)
    a_storm(world)
    world.work()
    world.plan.fail_next("pauses.recount", Temporary("throttled"))

    (polled,) = [one for one in world.poller().run() if one.about == "mapping ops-bug"]

    assert polled.problem is None
