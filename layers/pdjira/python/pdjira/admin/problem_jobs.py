"""What is done about problems as jobs: try all again, send back what was given up, look now."""

from collections import abc
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import cast

from pdjira.admin.jobs import Job, JobDesk, Reached, Work
from pdjira.admin.redrive import Redrive
from pdjira.admin.requests import PeoplesRequests
from pdjira.errors import PdjiraError
from pdjira.health.checks import overall
from pdjira.health.refused import causes_of
from pdjira.health.standing import HealthResults, Looking
from pdjira.model.ports import Links
from pdjira.model.signal import Progress
from pdjira.model.times import RESERVE, TimeLeft
from pdjira.text.plain_text import counted

TRY_AGAIN, REDRIVE, LOOK = "try-again", "redrive", "look"
"""The kinds of these jobs."""

_AT_ONCE = 25
"""Incidents that are asked for before anybody waits for what comes of them."""

_LOOKS = 20
"""How often a part looks for outcomes, two seconds apart."""

_PATIENCE = 3
"""Parts that wait for the last outcomes; what is left then is tried again by itself."""

_SECONDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TryAgainWork:
    """Has the worker look at the incidents of a cause, and waits for what comes of it.

    `wait` sleeps for so many seconds.
    """

    requests: PeoplesRequests
    links: Links
    wait: Callable[[float], None]

    def __call__(self, job: Job, time_left: TimeLeft) -> Reached:
        """As `Work` says: some more incidents are asked for, and outcomes are waited for."""
        incidents = cast("list[str]", job.asked["incidents"])
        data = dict(job.reached.data)
        asked = cast("dict[str, str]", dict(cast("dict[str, str]", data.get("asked", {}))))
        rows = cast("dict[str, str]", dict(cast("dict[str, str]", data.get("rows", {}))))
        for incident_id in [one for one in incidents if one not in asked][:_AT_ONCE]:
            asked[incident_id] = self.requests.try_again(incident_id)
        waits = int(cast("int", data.get("waits", 0)))
        self._look(asked, rows, time_left)
        if len(asked) == len(incidents):
            waits += 1
        is_over = len(rows) == len(incidents) or waits >= _PATIENCE
        return Reached(
            data={"asked": asked, "rows": rows, "waits": waits},
            done=len(rows),
            total=len(incidents),
            says=told(rows, len(incidents), is_over=is_over),
            is_over=is_over,
        )

    def _look(self, asked: dict[str, str], rows: dict[str, str], time_left: TimeLeft) -> None:
        for _ in range(_LOOKS):
            for incident_id, request_id in asked.items():
                if incident_id not in rows:
                    found = self._outcome(incident_id, request_id)
                    if found is not None:
                        rows[incident_id] = found
            if len(rows) == len(asked) or time_left() < RESERVE / 2:
                return
            self.wait(_SECONDS)

    def _outcome(self, incident_id: str, request_id: str) -> str | None:
        """Why the incident is refused all the same; empty where it is not, None while it waits."""
        outcome = self.requests.outcome({"request": request_id})
        if outcome["status"] in {Progress.QUEUED, Progress.WAITS}:
            return None
        if outcome["status"] == Progress.GIVEN_UP:
            return " ".join(cast("list[str]", outcome["says"]))
        causes = causes_of(self.links.of_incident(incident_id))
        return " ".join(cause.says for cause in causes)


def told(rows: dict[str, str], total: int, *, is_over: bool) -> str:
    """How it went, in one sentence."""
    refused = sum(1 for says in rows.values() if says)
    parts = [f"{len(rows) - refused} of {total} done"]
    parts += [f"{refused} refused"] if refused else []
    left = total - len(rows)
    if is_over and left:
        parts.append(f"{left} still {'waits' if left == 1 else 'wait'}, tried again by themselves")
    return f"{', '.join(parts)}."


@dataclass(frozen=True, slots=True, kw_only=True)
class RedriveWork:
    """Sends back what was given up, or the one message that was asked for."""

    redrive: Redrive

    def __call__(self, job: Job, time_left: TimeLeft) -> Reached:
        """As `Work` says: all of it, as far as the time goes."""
        only = cast("str | None", job.asked.get("only"))
        redriven = self.redrive.run(lambda: time_left() - RESERVE / 2, only)
        done = job.reached.done + redriven.sent
        says = redriven.says
        if only and not redriven.sent and redriven.is_whole and not redriven.left:
            says = "It lies in the dead-letter queue no more: somebody has sent it again already."
        return Reached(data={"sent": done}, done=done, says=says, is_over=redriven.is_whole)


@dataclass(frozen=True, slots=True, kw_only=True)
class LookWork:
    """Looks at both sides, as the action `health` does."""

    looking: Looking

    def __call__(self, job: Job, time_left: TimeLeft) -> Reached:
        """As `Work` says: every check, at once."""
        del job, time_left
        checks = self.looking.checks()
        faults = [one for one in checks if one.status in {"broken", "attention"}]
        need = counted(len(faults), "check needs", "checks need")
        says = f"{need} somebody." if faults else "Everything that was looked at is fine."
        return Reached(
            data={"status": overall(checks).value},
            done=len(checks),
            total=len(checks),
            says=says,
            is_over=True,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LookAgain:
    """Has both sides looked at as a job, and what was seen before no longer believed."""

    desk: JobDesk
    seen: HealthResults

    def after(self, *areas: str, by: str | None = None) -> Job:
        """Somebody has changed something of these areas."""
        with suppress(PdjiraError):
            last = self.seen.last() if areas else None
            if last is not None:
                kept = [one for one in last.checks if one.area not in areas]
                self.seen.put(replace(last, checks=kept))
        return self.desk.start(LOOK, {}, title="Look at both sides", by=by)


def works(
    *,
    requests: PeoplesRequests,
    links: Links,
    redrive: Redrive,
    looking: Looking,
    wait: Callable[[float], None],
) -> abc.Mapping[str, Work]:
    """What the jobs of each kind do."""
    return {
        TRY_AGAIN: TryAgainWork(requests=requests, links=links, wait=wait),
        REDRIVE: RedriveWork(redrive=redrive),
        LOOK: LookWork(looking=looking),
    }
