"""Dry runs, test issues and imports as jobs: what the parts of each do."""

from collections import abc
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from pdjira.admin.dry_run import DryRuns, Found
from pdjira.admin.jobs import Data, Job, Reached
from pdjira.admin.rehearsal import Play, Rehearsal, Rehearsed, has_failed
from pdjira.admin.rehearsal_steps import Made
from pdjira.admin.test_issue import StepReport, StepStatus
from pdjira.mappings.exchange import Import, ids_in
from pdjira.model.issue import IssueRef
from pdjira.model.times import TimeLeft

DRY_RUN, TEST_ISSUE, IMPORT = "dry-run", "test-issue", "import"
"""The kinds of these jobs: the actions that do the same at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRunWork:
    """A dry run, page by page; what it was asked is what the action `dry-run` takes."""

    dry_runs: DryRuns

    def __call__(self, job: Job, time_left: TimeLeft) -> Reached:
        """As `Work` says: the verdict, then a page of incidents at a time, then the issues."""
        before = job.reached.data
        if before:
            found = self.dry_runs.go_on(job.asked, cast("Found", before), time_left)
        else:
            found = self.dry_runs.begin(job.asked)
        read = len(found["incidents"])
        says = "1 incident was read." if read == 1 else f"{read} incidents were read."
        return Reached(data={**found}, done=read, says=says, is_over=found["next"] is None)


@dataclass(frozen=True, slots=True, kw_only=True)
class RehearsalWork:
    """A test issue, step by step; with `issue` among what was asked, the end of one that was kept.

    Within one round the steps share what they know; a new round knows of the issue alone. `passed`
    is called once all steps have gone well.
    """

    rehearsal: Rehearsal
    passed: Callable[[], object] = lambda: None
    _plays: dict[str, Play] = field(default_factory=dict)

    def __call__(self, job: Job, time_left: TimeLeft) -> Reached:
        """As `Work` says: a step at a time."""
        asked = job.asked
        mapping_id, how = asked.get("mapping_id"), asked.get("afterwards")
        if asked.get("issue"):
            ended = self.rehearsal.end(mapping_id, asked["issue"], how, time_left)
            return _reached(ended, total=len(ended.steps), is_over=True)
        play = self._plays.get(job.id) or self.rehearsal.begin(mapping_id, how, time_left)
        if job.id not in self._plays and job.reached.data:
            play.go_on(told_in(job.reached.data))
        self._plays[job.id] = play
        if not play.is_over:
            play.advance()
        told = play.told()
        if play.is_over and not has_failed(told.steps):
            self.passed()
        return _reached(told, total=len(play.names), is_over=play.is_over)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportWork:
    """An import, mapping by mapping; what it was asked is what the action `import` takes."""

    import_: Import

    def __call__(self, job: Job, time_left: TimeLeft) -> Reached:
        """As `Work` says: what has one id at a time."""
        del time_left
        asked = cast("abc.Mapping[str, Any]", job.asked)
        given, done = asked["mappings"], job.reached.done
        ids = ids_in(given)
        here, before = ids[done : done + 1], cast("list[object]", job.reached.data.get("rows", []))
        answer = self.import_.run(given, is_dry=bool(asked.get("dry_run")), only=frozenset(here))
        rows = [*before, *cast("list[object]", answer["mappings"])]
        reached = min(done + 1, len(ids))
        says = f"{reached} of {len(ids)} mappings were looked at."
        return Reached(
            data={"rows": rows},
            done=reached,
            total=len(ids),
            says=says,
            is_over=reached == len(ids),
        )


def _reached(told: Rehearsed, *, total: int, is_over: bool) -> Reached:
    done, is_bad = len(told.steps), has_failed(told.steps)
    end = "A step failed: what to do stands beside it." if is_bad else "The test went well."
    says = end if is_over else f"{done} of {total} steps are taken."
    return Reached(data=told.answer(), done=done, total=total, says=says, is_over=is_over)


def told_in(data: Data) -> Rehearsed:
    """What a test had come to, as its job holds it."""
    answer = cast("abc.Mapping[str, Any]", data)
    made = answer["issue"]
    return Rehearsed(
        issue=Made(ref=IssueRef(id=made["id"], key=made["key"]), url=made["url"]) if made else None,
        steps=tuple(
            StepReport(
                name=one["name"],
                status=StepStatus(one["status"]),
                says=one["says"],
                cure=one["cure"],
            )
            for one in answer["steps"]
        ),
    )
