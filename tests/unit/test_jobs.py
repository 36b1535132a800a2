"""Long work is a job: parts, rounds, a lease; it stops, goes on, fails and is cancelled."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from math import inf

import pytest

from pdjira.admin.jobs import ROUNDS, Job, JobDesk, JobRunner, JobState, Reached
from pdjira.errors import Conflict, Misconfigured, Temporary
from pdjira.model.times import TimeLeft
from tests.builders import NOW, FakeClock
from tests.fakes.faults import Crash, FaultPlan
from tests.fakes.jobs import FakeJobs, FakeRounds

PARTS = 3


@dataclass
class Desk:
    """A desk, and a runner of one kind whose jobs have three parts."""

    jobs: FakeJobs = field(default_factory=FakeJobs)
    rounds: FakeRounds = field(default_factory=FakeRounds)
    clock: FakeClock = field(default_factory=lambda: FakeClock(NOW))
    meanwhile: Callable[[], object] = lambda: None
    parts: int = PARTS

    @property
    def desk(self) -> JobDesk:
        return JobDesk(
            jobs=self.jobs, begin_round=self.rounds.begin, clock=self.clock, new_id=lambda: "job-1"
        )

    def start(self) -> Job:
        return self.desk.start("count", {"from": 1}, title="Counting", by="Ana")

    def run(self, number: int = 1, *, seconds: float = inf) -> Job | None:
        runner = JobRunner(
            jobs=self.jobs,
            begin_round=self.rounds.begin,
            kinds={"count": self._part},
            clock=self.clock,
        )
        return runner.run("job-1", number, lambda: seconds)

    def _part(self, job: Job, time_left: TimeLeft) -> Reached:
        del time_left
        self.meanwhile()
        done = job.reached.done + 1
        return Reached(
            data={"done": done},
            done=done,
            total=self.parts,
            says=f"{done} of {self.parts}.",
            is_over=done == self.parts,
        )

    def found(self) -> Job:
        return self.desk.find("job-1")


def test_a_job_is_done_part_by_part() -> None:
    desk = Desk()
    begun = desk.start()
    ran = desk.run()

    assert (begun.state, desk.rounds.begun) == (JobState.QUEUED, [("job-1", 1)])
    assert (ran, desk.found().state, desk.found().lease) == (desk.found(), JobState.DONE, None)
    assert desk.found().reached.says == "3 of 3."


def test_a_round_whose_time_is_up_begins_the_next() -> None:
    desk = Desk()
    desk.start()
    desk.run(seconds=59)

    assert desk.rounds.begun == [("job-1", 1), ("job-1", 2)]
    assert (desk.found().state, desk.found().reached.done) == (JobState.QUEUED, 1)
    assert not desk.found().is_stopped(NOW)
    assert desk.run(2).state is JobState.DONE  # type: ignore[union-attr]


def test_a_round_that_comes_twice_is_done_once() -> None:
    desk = Desk()
    desk.start()
    desk.run()

    assert (desk.run(), desk.run(2), desk.found().reached.done) == (None, None, 3)


def test_two_at_the_same_round_are_one() -> None:
    desk = Desk()
    desk.start()
    desk.jobs.faults.fail(2, Conflict("Somebody else wrote first."), method="jobs.save")

    assert desk.run() is None


def test_after_ten_rounds_a_job_stops_and_a_person_lets_it_go_on() -> None:
    desk = Desk(parts=99)
    desk.start()
    for number in range(1, ROUNDS + 1):
        desk.run(number, seconds=59)
    stopped = desk.found()
    begun = len(desk.rounds.begun)
    on = desk.desk.go_on("job-1")

    assert (stopped.is_stopped(NOW), stopped.shown(NOW)["state"]) == (True, "stopped")
    assert (begun, on.round, on.reached.done) == (ROUNDS, 1, ROUNDS)
    assert desk.rounds.begun[-1] == ("job-1", 1)


def test_a_job_whose_function_was_ended_has_stopped_once_its_lease_is_over() -> None:
    desk = Desk(meanwhile=_raising(Crash()))
    desk.start()
    with pytest.raises(Crash):
        desk.run()
    held = desk.found()
    desk.clock.forward(seconds=131)

    assert (held.state, held.is_stopped(NOW)) == (JobState.RUNNING, False)
    assert held.is_stopped(desk.clock())
    assert desk.desk.go_on("job-1").state is JobState.QUEUED


def test_a_job_that_lambda_never_began_has_stopped_after_a_minute() -> None:
    desk = Desk()
    desk.start()

    assert desk.found().is_stopped(NOW + timedelta(seconds=60))


def test_a_fault_of_ours_stops_a_job_at_once() -> None:
    desk = Desk(meanwhile=_raising(ZeroDivisionError()))
    desk.start()
    with pytest.raises(ZeroDivisionError):
        desk.run()

    assert desk.found().is_stopped(NOW)


def test_what_fails_is_said_with_its_cure_and_goes_on_with_the_same_part() -> None:
    desk = Desk(meanwhile=_raising(Temporary("Jira does not answer.")))
    desk.start()
    desk.run()
    failed = desk.found()
    desk.meanwhile = lambda: None
    desk.desk.go_on("job-1")

    assert (failed.state, failed.reached.says) == (JobState.FAILED, "Jira does not answer.")
    assert (failed.cure, failed.may_go_on(NOW)) == ("Let it go on.", True)
    assert desk.run().state is JobState.DONE  # type: ignore[union-attr]


def test_a_kind_that_this_version_does_not_know_fails() -> None:
    desk = Desk()
    desk.desk.start("unheard-of", {}, title="?")
    desk.run()

    assert "knows no jobs of the kind unheard-of" in desk.found().reached.says


def test_a_job_that_is_cancelled_keeps_what_its_last_part_reached() -> None:
    desk = Desk()
    desk.meanwhile = lambda: desk.desk.cancel("job-1")
    desk.start()
    desk.run()

    assert (desk.found().state, desk.found().reached.done) == (JobState.CANCELLED, 1)
    assert desk.rounds.begun == [("job-1", 1)]


def test_a_job_that_is_cancelled_in_its_last_part_is_done() -> None:
    desk = Desk(parts=1)
    desk.meanwhile = lambda: desk.desk.cancel("job-1")
    desk.start()
    desk.run()

    assert desk.found().state is JobState.DONE


def test_what_has_ended_is_neither_cancelled_nor_begun_anew() -> None:
    desk = Desk()
    desk.start()
    desk.run()

    assert desk.desk.cancel("job-1").state is JobState.DONE
    assert desk.desk.go_on("job-1").state is JobState.DONE


def test_a_round_that_was_overtaken_leaves_the_job_to_the_other() -> None:
    """A lease that ran out, and a person who let the job go on while its old round still lives."""
    desk = Desk()

    def overtake() -> None:
        desk.clock.forward(seconds=131)
        desk.desk.go_on("job-1")

    desk.meanwhile = overtake
    desk.start()

    assert desk.run() is None
    assert (desk.found().state, desk.found().reached.done) == (JobState.QUEUED, 0)


def test_two_who_let_a_job_go_on_begin_one_round() -> None:
    desk = Desk()
    desk.start()
    desk.clock.forward(seconds=61)
    desk.jobs.faults.fail(2, Conflict("Somebody else wrote first."), method="jobs.save")

    assert desk.desk.go_on("job-1") == desk.found()
    assert desk.rounds.begun == [("job-1", 1)]


@pytest.mark.parametrize(("times", "raises"), [(4, False), (5, True)])
def test_cancelling_meets_a_busy_job(times: int, raises: bool) -> None:
    busy = FaultPlan()
    desk = Desk(jobs=FakeJobs(busy))
    desk.start()
    busy.fail(2, Conflict("Somebody else wrote first."), method="jobs.save", times=times)

    if raises:
        with pytest.raises(Conflict, match="too fast"):
            desk.desk.cancel("job-1")
    else:
        assert desk.desk.cancel("job-1").state is JobState.CANCELLED


@pytest.mark.parametrize("job_id", ["", "job-2"])
def test_a_job_that_there_is_not(job_id: str) -> None:
    with pytest.raises(Misconfigured):
        Desk().desk.find(job_id)


def test_a_job_as_people_see_it() -> None:
    desk = Desk()
    desk.start()
    desk.run()

    assert desk.found().shown(NOW) == {
        "job": "job-1",
        "kind": "count",
        "title": "Counting",
        "state": "done",
        "at": NOW.isoformat(),
        "done": 3,
        "total": 3,
        "says": "3 of 3.",
        "cure": None,
        "data": {"done": 3},
    }


def _raising(error: BaseException) -> Callable[[], object]:
    def act() -> None:
        raise error

    return act
