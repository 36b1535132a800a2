"""Try all again, send back what was given up, look at both sides: as jobs."""

from dataclasses import replace
from typing import Any

from pdjira.adapters.aws.queue import decode
from pdjira.admin.jobs import Data, Job, Reached
from pdjira.admin.problem_jobs import (
    LOOK,
    REDRIVE,
    TRY_AGAIN,
    LookWork,
    Redrive,
    RedriveWork,
    TryAgainWork,
    told,
    works,
)
from pdjira.errors import Refused
from pdjira.model.signal import Progress
from pdjira.model.times import RESERVE, unlimited
from tests.builders import NOW
from tests.fakes.faults import FaultPlan
from tests.fakes.health import Patient
from tests.scenes.trouble import a_stack
from tests.world import World


def a_job(kind: str, asked: Data) -> Job:
    return Job(id="job-1", kind=kind, title="", asked=asked, at=NOW)


class Story:
    """Incidents that Jira refuses, tried again while the worker works in between."""

    def __init__(self, count: int) -> None:
        self.world = World(plan=FaultPlan())
        self.world.plan.fail_next("jira.create_issue", Refused("No.", status=400), times=10**6)
        self.incidents = [self.world.trigger(f"Slow {number}") for number in range(count)]
        self.world.work()
        self.is_working = True
        numbers = iter(range(10_000))
        requests = self.world.requests_of_people(lambda: str(next(numbers)))
        self.work = TryAgainWork(requests=requests, links=self.world.links, wait=self._wait)
        self.job = a_job(TRY_AGAIN, {"incidents": self.incidents})

    def _wait(self, _seconds: float) -> None:
        if self.is_working:
            self.world.work()

    def part(self, seconds: float | None = None) -> Reached:
        time_left = unlimited if seconds is None else lambda: seconds
        reached = self.work(self.job, time_left)
        self.job = replace(self.job, reached=reached)
        return reached

    def mend(self, *, only: int | None = None) -> None:
        """Jira takes issues again; with `only`, but so many of them are refused first."""
        self.world.plan.heal("jira.create_issue")
        if only:
            self.world.plan.fail_next("jira.create_issue", Refused("No.", status=400), times=only)


def test_all_that_one_cause_held_up_is_done_after_the_cure() -> None:
    story = Story(3)
    story.mend()

    reached = story.part()

    assert (reached.is_over, reached.done, reached.total) == (True, 3, 3)
    assert reached.says == "3 of 3 done."
    assert len(story.world.issues) == 3


def test_what_is_refused_again_is_told_with_its_reason() -> None:
    story = Story(3)
    story.mend(only=1)

    reached = story.part()
    rows: Any = reached.data["rows"]

    assert reached.says == "2 of 3 done, 1 refused."
    (reason,) = [says for says in rows.values() if says]
    assert "has no issue" in reason


def test_many_are_asked_for_in_parts() -> None:
    story = Story(30)
    story.mend()

    first, second = story.part(), story.part()

    assert (first.done, first.is_over) == (25, False)
    assert (second.done, second.is_over) == (30, True)


def test_what_nobody_works_on_is_left_to_be_tried_by_itself() -> None:
    story = Story(2)
    story.is_working = False

    parts = [story.part(seconds=RESERVE / 3) for _ in range(3)]

    assert [part.is_over for part in parts] == [False, False, True]
    assert parts[-1].says == "0 of 2 done, 2 still wait, tried again by themselves."


def test_a_part_ends_though_nothing_comes_of_what_was_asked() -> None:
    story = Story(1)
    story.is_working = False

    reached = story.part()

    assert (reached.done, reached.is_over) == (0, False)


def test_every_kind_has_its_work() -> None:
    story = Story(1)
    world = story.world
    found = works(
        requests=story.work.requests,
        links=world.links,
        redrive=Redrive(letters=world.letters, given_up=world.given_up, decode=decode),
        looking=Patient(world, "secret").looking(),
        wait=lambda _seconds: None,
    )

    assert set(found) == {TRY_AGAIN, REDRIVE, LOOK}


def test_what_is_given_up_is_told_as_such() -> None:
    story = Story(1)
    story.is_working = False
    story.part(seconds=0)
    asked: Any = story.job.reached.data["asked"]
    (request_id,) = asked.values()
    known = story.world.requests.find(request_id)
    assert known is not None
    story.world.requests.put(replace(known, progress=Progress.GIVEN_UP, says=("It crashes.",)))

    reached = story.part()

    assert reached.data["rows"] == {story.incidents[0]: "It crashes."}


def test_how_it_went_is_one_sentence() -> None:
    rows = {f"Q{number}": "" for number in range(9)} | {"Q9": "No."}

    assert told(rows, 12, is_over=False) == "9 of 12 done, 1 refused."
    assert told({"Q1": ""}, 2, is_over=True) == (
        "1 of 2 done, 1 still waits, tried again by themselves."
    )


def redriven(only: str | None = None, *, count: int = 2, seconds: float | None = None) -> Reached:
    story = a_stack()
    story.give_up(count)
    world = story.world
    work = RedriveWork(
        redrive=Redrive(letters=world.letters, given_up=world.given_up, decode=decode)
    )
    time_left = unlimited if seconds is None else lambda: seconds
    return work(a_job(REDRIVE, {"only": only}), time_left)


def test_what_was_given_up_is_sent_again() -> None:
    assert redriven().says == "2 were sent again."
    assert redriven(only="message-1").done == 1
    assert redriven(seconds=RESERVE / 2).is_over is False


def test_what_somebody_has_sent_already_is_said() -> None:
    assert redriven(only="gone").says == (
        "It lies in the dead-letter queue no more: somebody has sent it again already."
    )


def test_a_look_at_both_sides_tells_how_many_need_somebody() -> None:
    world = World()
    work = LookWork(looking=Patient(world, "secret").looking())
    well = work(a_job("look", {}), unlimited)
    world.jira.authenticated = False
    ill = work(a_job("look", {}), unlimited)

    assert well.is_over
    assert well.says == "Everything that was looked at is fine."
    assert ill.says.endswith("somebody.")
    assert world.seen.stored is not None
