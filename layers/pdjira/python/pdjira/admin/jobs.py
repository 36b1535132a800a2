"""Work that takes longer than a page may: an item that the admin function works on, part by part.

Each invocation is a round: it does parts until its time is nearly up, then starts the next round.
While it works it holds a lease; a job without one has stopped, and a person lets it go on.
"""

from collections import abc
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from pdjira.errors import Conflict, Misconfigured, NotThere, PdjiraError
from pdjira.model.ports import Clock
from pdjira.model.times import RESERVE, TimeLeft, unlimited

ROUNDS = 10
"""How often a job starts itself: AWS ends a function that has started itself 16 times in a row."""

_STARTS_WITHIN = timedelta(seconds=60)
"""How long Lambda may take to begin a round, before the job counts as stopped."""

_ROUND = timedelta(seconds=130)
"""A round is over by then: ten seconds more than the function's timeout."""

Data = abc.Mapping[str, object]
"""In JSON's types."""


class JobState(StrEnum):
    """How far a job is."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


_AT_WORK = {JobState.QUEUED, JobState.RUNNING}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """How far a part has brought its job: what the next part starts from, and what people see.

    `total` None: not known yet. `says` is one sentence for people.
    """

    data: Data
    done: int = 0
    total: int | None = None
    says: str = ""
    is_over: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job as stored. `asked` is what it was given, `lease` until when somebody works on it."""

    id: str
    kind: str
    title: str
    asked: Data
    at: datetime
    by: str | None = None
    state: JobState = JobState.QUEUED
    round: int = 1
    reached: Reached = field(default_factory=lambda: Reached(data={}))
    cure: str | None = None
    lease: datetime | None = None
    version: int = 0

    @property
    def is_at_work(self) -> bool:
        """Whether it has not ended; it may have stopped."""
        return self.state in _AT_WORK

    def is_stopped(self, now: datetime) -> bool:
        """Whether it has not ended, and nobody works on it."""
        return self.is_at_work and (self.lease is None or self.lease <= now)

    def shown(self, now: datetime) -> dict[str, object]:
        """How far it is, for people; in JSON's types."""
        reached = self.reached
        return {
            "job": self.id,
            "kind": self.kind,
            "title": self.title,
            "state": "stopped" if self.is_stopped(now) else self.state.value,
            "at": self.at.isoformat(),
            "done": reached.done,
            "total": reached.total,
            "says": reached.says,
            "cure": self.cure,
            "data": dict(reached.data),
        }

    def may_go_on(self, now: datetime) -> bool:
        """Whether a person may let it go on where it stopped or failed."""
        return self.state is JobState.FAILED or self.is_stopped(now)


Work = Callable[[Job, TimeLeft], Reached]
"""What does the next part of a kind's jobs, from `job.reached.data` on, within `RESERVE` seconds.

A part may be repeated: where the function ended within it, what it reached is lost. What it raises
fails the job, which can then go on with the same part.
"""


BeginRound = Callable[[str, int], None]
"""Has the admin function work on a round of the job, by its id and number, and does not wait."""


class Jobs(Protocol):
    """The jobs, kept for a week."""

    def save(self, job: Job) -> Job:
        """Store in place of the version that it has, and return it with the new one.

        Raises `Conflict` where somebody else wrote meanwhile.
        """

    def find(self, job_id: str) -> Job | None:
        """The job as stored now; None where there is none, or none that can be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobDesk:
    """Where people have jobs done. `new_id` yields an id that was never used before."""

    jobs: Jobs
    begin_round: BeginRound
    clock: Clock
    new_id: Callable[[], str]

    def start(self, kind: str, asked: Data, *, title: str, by: str | None = None) -> Job:
        """Store a job and begin its first round. `title` is what people read as its heading."""
        now = self.clock()
        job = Job(id=self.new_id(), kind=kind, title=title, asked=asked, at=now, by=by)
        return self._begun(job, now)

    def find(self, job_id: str) -> Job:
        """The job. Raises `Misconfigured` where there is none."""
        job = self.jobs.find(job_id)
        if job is None:
            raise NotThere(
                f"There is no job {job_id}." if job_id else "No job is named.",
                cure="Start it again: jobs are kept for a week.",
            )
        return job

    def go_on(self, job_id: str) -> Job:
        """Begin anew where a job stopped or failed; any other is left as it is."""
        job, now = self.find(job_id), self.clock()
        if not job.may_go_on(now):
            return job
        try:
            return self._begun(replace(job, round=1, cure=None), now)
        except Conflict:  # somebody else has let it go on
            return self.find(job_id)

    def cancel(self, job_id: str) -> Job:
        """End a job: what it has done stays done, and the part that it is at is finished."""
        for _ in range(_ATTEMPTS):
            job = self.find(job_id)
            if not job.is_at_work and job.state is not JobState.FAILED:
                return job
            try:
                return self.jobs.save(replace(job, state=JobState.CANCELLED, lease=None))
            except Conflict:
                continue
        raise Conflict("The job changes too fast to be cancelled.", cure="Press Cancel again.")

    def _begun(self, job: Job, now: datetime) -> Job:
        saved = self.jobs.save(replace(job, state=JobState.QUEUED, lease=now + _STARTS_WITHIN))
        self.begin_round(saved.id, saved.round)
        return saved


_ATTEMPTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRunner:
    """Works on jobs; `kinds` holds what the jobs of each kind do."""

    jobs: Jobs
    begin_round: BeginRound
    kinds: abc.Mapping[str, Work]
    clock: Clock

    def run(self, job_id: str, number: int, time_left: TimeLeft = unlimited) -> Job | None:
        """Do this round of a job; None where there is nothing to do, as when it comes twice."""
        job = self.jobs.find(job_id)
        if job is None or job.state is not JobState.QUEUED or job.round != number:
            return None
        try:
            job = self._saved(job, state=JobState.RUNNING, lease=self.clock() + _ROUND)
        except Conflict:
            return None
        try:
            while job.state is JobState.RUNNING:
                job = self._advanced(job, time_left)
        except Conflict:  # another round works on it
            return None
        if job.state is JobState.QUEUED and job.lease is not None:
            self.begin_round(job.id, job.round)
        return job

    def _advanced(self, job: Job, time_left: TimeLeft) -> Job:
        """The job after its next part, as stored."""
        try:
            reached = self._work(job.kind)(job, time_left)
        except PdjiraError as error:
            failed = replace(job.reached, says=error.says)
            cure = error.cure or "Let it go on."
            return self._ended(job, failed, state=JobState.FAILED, cure=cure)
        except Exception:
            self._ended(job, job.reached, state=JobState.QUEUED)  # without a lease: stopped
            raise
        if reached.is_over:
            return self._ended(job, reached, state=JobState.DONE)
        if time_left() >= RESERVE:
            return self._kept(job, reached, state=JobState.RUNNING, lease=job.lease)
        if job.round >= ROUNDS:
            return self._ended(job, reached, state=JobState.QUEUED)
        queued = replace(job, round=job.round + 1)
        until = self.clock() + _STARTS_WITHIN
        return self._kept(queued, reached, state=JobState.QUEUED, lease=until)

    def _work(self, kind: str) -> Work:
        work = self.kinds.get(kind)
        if work is None:
            raise Misconfigured(
                f"This version of the stack knows no jobs of the kind {kind}.",
                cure="Start it again from its page.",
            )
        return work

    def _ended(
        self, job: Job, reached: Reached, *, state: JobState, cure: str | None = None
    ) -> Job:
        return self._kept(replace(job, cure=cure), reached, state=state, lease=None)

    def _kept(self, job: Job, reached: Reached, *, state: JobState, lease: datetime | None) -> Job:
        """Stored with what was reached; one that was cancelled meanwhile stays so."""
        try:
            return self._saved(replace(job, reached=reached), state=state, lease=lease)
        except Conflict:
            found = self.jobs.find(job.id)
            if found is None or found.state is not JobState.CANCELLED:
                raise
            ended = state if reached.is_over else found.state
            return self._saved(replace(found, reached=reached), state=ended, lease=None)

    def _saved(self, job: Job, *, state: JobState, lease: datetime | None) -> Job:
        return self.jobs.save(replace(job, state=state, lease=lease))
