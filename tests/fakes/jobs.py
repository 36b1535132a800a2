"""`Jobs` and `BeginRound` in memory, with the promises of their ports."""

from dataclasses import dataclass, field, replace

from pdjira.admin.jobs import Job
from pdjira.errors import Conflict
from tests.fakes.faults import FaultPlan


class FakeJobs:
    """Jobs by id."""

    def __init__(self, faults: FaultPlan | None = None) -> None:
        self.faults = faults or FaultPlan()
        self._stored: dict[str, Job] = {}

    def save(self, job: Job) -> Job:
        with self.faults.call("jobs.save"):
            before = self._stored.get(job.id)
            if before is not None and before.version != job.version:
                raise Conflict("Somebody else wrote to links first.")
            self._stored[job.id] = replace(job, version=job.version + 1)
            return self._stored[job.id]

    def find(self, job_id: str) -> Job | None:
        with self.faults.call("jobs.find"):
            return self._stored.get(job_id)


@dataclass
class FakeRounds:
    """Keeps which rounds are to begin, in `begun`; nothing begins by itself."""

    faults: FaultPlan = field(default_factory=FaultPlan)
    begun: list[tuple[str, int]] = field(default_factory=list)

    def begin(self, job_id: str, number: int) -> None:
        with self.faults.call("rounds.begin"):
            self.begun.append((job_id, number))
