"""P7, P27, P39: what an attempt to open an incident leaves on the claim and in the limits."""

from dataclasses import replace

import pytest

from pdjira.errors import Ambiguous, Conflict, Misconfigured, PdjiraError, Refused, Temporary
from pdjira.jql.opening_rules import paused
from pdjira.model.signal import Signal, SignalKind
from pdjira.sync.synchronise import Report
from tests.builders import PAGING
from tests.fakes.faults import Crash
from tests.sandbox.pagerduty.seed import CHECKOUT, RESPONDER
from tests.world import World


class Match:
    """An issue that is to open an incident, looked at by hand."""

    def __init__(self) -> None:
        self.world = World(PAGING)
        self.issue_id: str = self.world.issue(priority={"id": "1"})["id"]
        self.world.poller().run()

    def look(self) -> Report:
        """Work on it once."""
        signal = Signal(
            kind=SignalKind.ISSUE_MATCHED, id="m", issue_id=self.issue_id, mapping_id="ops-bug"
        )
        return self.world.opener().handle(signal)

    def fail(self, method: str, error: BaseException, *, after: bool = False) -> None:
        """The next call of that method fails, and with it the work."""
        self.world.plan.fail_next(method, error, after=after)
        with pytest.raises(type(error)):
            self.look()

    @property
    def counted(self) -> tuple[int, int]:
        """How many incidents count: under the mapping, and in all."""
        brakes = self.world.brakes
        ours, stack = brakes.find("ops-bug"), brakes.find(None)
        return len(ours.openings), len(stack.openings)


@pytest.mark.parametrize("error", [Temporary("429"), Refused("No.", status=400)])
def test_p7_a_second_attempt_that_surely_failed_does_not_end_a_first_one_whose_answer_was_lost(
    error: PdjiraError, monkeypatch: pytest.MonkeyPatch
) -> None:
    match = Match()
    match.fail("pagerduty.open_incident", Ambiguous("lost"), after=True)
    begun = match.world.openings.find(match.issue_id)
    match.world.clock.forward(minutes=5)
    match.world.plan.fail_next("pagerduty.open_incident", error)
    with monkeypatch.context() as unseen:
        unseen.setattr("tests.fakes.openings.FakePager.find_by_key", lambda *_, **__: None)
        if isinstance(error, Temporary):
            with pytest.raises(Temporary):
                match.look()
        else:
            match.look()
    kept = match.world.openings.find(match.issue_id)
    counted = match.counted

    (incident_id,) = match.world.pagerduty.model.incidents
    match.world.pagerduty.model.resolve(incident_id, by=RESPONDER)
    match.world.clock.forward(minutes=1)
    match.look()

    assert begun is not None
    assert kept is not None
    assert kept.attempt_at == begun.attempt_at
    assert counted == (1, 1)
    assert len(match.world.pagerduty.model.incidents) == 1


def test_p39_an_attempt_without_an_answer_is_not_repeated_before_it_is_five_minutes_old() -> None:
    match = Match()
    match.fail("pagerduty.open_incident", Ambiguous("lost"))
    calls = match.world.pagerduty.calls

    match.world.clock.forward(minutes=5, seconds=-1)
    with pytest.raises(Temporary, match="does not show the incident yet"):
        match.look()
    too_early = calls["open_incident"]
    match.world.clock.forward(seconds=1)
    match.look()

    assert too_early == 1
    assert len(match.world.pagerduty.model.incidents) == 1


@pytest.mark.parametrize("error", [Refused("No.", status=403), Misconfigured("No.")])
def test_p39_what_cannot_be_looked_up_for_a_mapping_that_is_off_is_tried_again(
    error: PdjiraError,
) -> None:
    match = Match()
    match.fail("pagerduty.open_incident", Ambiguous("lost"), after=True)
    match.world.mappings.remove("ops-bug")
    match.world.plan.fail_next("pagerduty.find_by_key", error)

    with pytest.raises(Temporary, match="No"):
        match.look()
    match.look()

    (incident,) = match.world.pagerduty.model.incidents
    assert match.world.links.incident_of(match.issue_id) == incident


def test_p39_an_attempt_of_a_mapping_that_is_off_which_opened_nothing_ends() -> None:
    match = Match()
    match.fail("pagerduty.open_incident", Ambiguous("lost"))
    match.world.mappings.put(replace(PAGING, enabled=False))
    match.world.clock.forward(minutes=5)

    report = match.look()

    assert report.rests == ("No mapping ops-bug with a JQL is in force.",)
    assert match.world.pagerduty.model.incidents == {}


def test_p39_the_incident_of_an_issue_that_is_gone_by_now_says_so_on_its_timeline() -> None:
    match = Match()
    match.fail("pagerduty.open_incident", Ambiguous("lost"), after=True)
    match.world.jira.model.delete_issue("alice", match.issue_id)

    match.look()

    (incident,) = match.world.pagerduty.model.incidents
    (says,) = match.world.timeline(incident)
    assert says.startswith(f"Issue {match.issue_id} opened this incident (mapping ops-bug), but")
    assert "If it is hidden, let our account see it" in says
    assert match.world.rows.stored == {}


def test_p39_a_match_whose_issue_has_its_incident_already_and_is_gone_opens_none() -> None:
    match = Match()
    waiting = dict(match.world.rows.stored)
    match.look()
    match.world.rows.stored.update(waiting)
    match.world.jira.model.delete_issue("alice", match.issue_id)

    match.look()

    assert len(match.world.pagerduty.model.incidents) == 1


def test_p39_also_where_its_row_is_gone_because_the_mapping_is_off() -> None:
    match = Match()
    match.fail("pagerduty.open_incident", Ambiguous("lost"), after=True)
    match.world.mappings.put(replace(PAGING, enabled=False))
    match.world.rows.stored.clear()
    match.world.jira.model.delete_issue("alice", match.issue_id)

    match.look()

    (incident,) = match.world.pagerduty.model.incidents
    assert "does not show it" in match.world.timeline(incident)[0]


def test_p39_a_sweep_that_forgets_the_row_of_a_mapping_that_is_off_loses_no_incident() -> None:
    match = Match()
    match.fail("pagerduty.open_incident", Ambiguous("lost"), after=True)
    match.world.mappings.put(replace(PAGING, enabled=False))
    match.world.sweeper().run()

    match.look()

    (incident,) = match.world.pagerduty.model.incidents
    assert match.world.rows.stored == {}
    assert match.world.links.incident_of(match.issue_id) == incident


def test_a_match_of_a_mapping_that_is_off_leaves_what_another_has_opened_alone() -> None:
    match = Match()
    match.look()
    other = replace(PAGING, id="other", enabled=False)
    match.world.mappings.put(other)
    signal = Signal(
        kind=SignalKind.ISSUE_MATCHED, id="o", issue_id=match.issue_id, mapping_id="other"
    )

    report = match.world.opener().handle(signal)

    assert report.rests == ("No mapping other with a JQL is in force.",)


def test_an_only_attempt_that_surely_failed_is_over() -> None:
    match = Match()

    match.fail("pagerduty.open_incident", Temporary("429"))

    claim = match.world.openings.find(match.issue_id)
    assert claim is not None
    assert claim.attempt_at is None
    assert match.counted == (0, 0)


@pytest.mark.parametrize("number", [1, 2])
def test_p27_a_match_that_could_not_be_counted_everywhere_counts_nowhere(number: int) -> None:
    match = Match()
    puts = match.world.plan.calls.count("brakes.put")
    match.world.plan.fail(puts + number, Conflict("raced"), method="brakes.put")

    with pytest.raises(Conflict):
        match.look()

    assert match.counted == (0, 0)


def test_p27_a_match_whose_claim_another_worker_has_changed_counts_nowhere() -> None:
    match = Match()

    match.fail("openings.put", Conflict("linked meanwhile"))

    assert match.counted == (0, 0)


def test_p27_a_match_that_counted_before_goes_on_to_count() -> None:
    match = Match()
    match.fail("pagerduty.open_incident", Ambiguous("lost"))
    match.world.clock.forward(minutes=10)

    match.fail("openings.put", Conflict("raced"))

    assert match.counted == (1, 1)


def test_p27_a_count_that_cannot_be_given_back_hides_no_error() -> None:
    match = Match()
    puts = match.world.plan.calls.count("brakes.put")
    match.world.plan.fail(puts + 3, Temporary("busy"), method="brakes.put", times=9)

    match.fail("openings.put", Conflict("raced"))

    assert match.counted == (1, 1)


def test_p27_a_worker_that_dies_between_count_and_claim_counts_once() -> None:
    match = Match()
    match.fail("openings.put", Crash())

    match.look()

    assert match.counted == (1, 1)
    assert len(match.world.pagerduty.model.incidents) == 1


def test_p27_a_pause_that_began_between_look_and_count_leaves_no_place_taken() -> None:
    match = Match()
    world, braking = match.world, match.world.braking()
    row = world.rows.find("ops-bug", match.issue_id)
    assert row is not None
    admission = braking.admit(row, PAGING, is_let_in=False)
    brake = world.brakes.find("ops-bug")
    world.brakes.put(paused(brake, now=world.clock(), limit="max_incidents_per_hour, 10"))

    with pytest.raises(Conflict), braking.counting(admission, row):
        raise AssertionError

    assert match.counted == (0, 0)


@pytest.mark.parametrize("is_committed", [True, False])
def test_p39_an_incident_of_the_key_that_was_there_before_the_attempt_silences_no_page(
    *, is_committed: bool
) -> None:
    """Whoever may send alerts can choose their key, and resolve what they have opened."""
    match = Match()
    model, key = match.world.pagerduty.model, f"jira:jira.example.com:{match.issue_id}"
    foreign = model.trigger(CHECKOUT, "x", by=RESPONDER, incident_key=key).id
    model.resolve(foreign, by=RESPONDER)
    match.world.clock.forward(minutes=20)
    match.fail("pagerduty.open_incident", Ambiguous("lost"), after=is_committed)
    match.world.clock.forward(minutes=5)

    match.look()

    linked = match.world.links.incident_of(match.issue_id)
    assert linked is not None
    assert linked != foreign
    assert model.incidents[linked].status == "triggered"
    assert len(model.incidents) == 2
