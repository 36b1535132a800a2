"""What follows a change of a stored mapping: its verdict, and another try at what was refused."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pdjira.application.check_mapping import MappingCheck
from pdjira.domain.mapping_change import MappingChange
from pdjira.domain.problem import Verdict, errors_of
from pdjira.domain.signals import Signal, SignalKind


class JudgedMappings(Protocol):
    """Where verdicts are written down."""

    def judge(
        self, item: Mapping[str, object], verdict: Verdict, *, enabled_since: datetime | None
    ) -> bool:
        """Write what the stack writes onto the item, if it is still there and still says the same.

        False where it was edited or deleted meanwhile: nothing was written. May be repeated.
        """


class FailedLinks(Protocol):
    """The links whose issue Jira refused."""

    def incidents_of(self, mapping_id: str) -> Sequence[str]:
        """The ids of the incidents with a failed link under the mapping.

        From an index: writes of the last seconds may be missing.
        """


class Signals(Protocol):
    """Where signals are stored until the worker has done with them."""

    def send(self, signal: Signal) -> None:
        """Store the signal. May be repeated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What became of a change; `verdict` None: there was nothing to judge."""

    mapping_id: str
    verdict: Verdict | None = None
    written: bool = False
    resynced: int = 0

    def facts(self) -> dict[str, object]:
        """What the log tells of it."""
        verdict = self.verdict
        return {
            "mapping_id": self.mapping_id,
            "status": verdict.status.value if verdict else None,
            "errors": len(errors_of(verdict.problems)) if verdict else 0,
            "written": self.written,
            "resynced": self.resynced,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingWatch:
    """Follows changes of mappings. `new_id` yields an id that was never used before."""

    check: MappingCheck
    mappings: JudgedMappings
    failed_links: FailedLinks
    queue: Signals
    new_id: Callable[[], str]

    def follow(self, change: MappingChange) -> Judgement:
        """Judge what a person changed, and try again what was refused. May be repeated.

        Raises `Temporary` or `Permanent` where AWS fails.
        """
        item = change.after
        if not change.wants_verdict or item is None:
            return Judgement(mapping_id=change.mapping_id)
        verdict = self.check.verdict(item)
        written = self.mappings.judge(item, verdict, enabled_since=change.enabled_since)
        resynced = 0
        if written and change.is_of_substance and self.check.read(item).in_force:
            resynced = self._try_again(change.mapping_id)
        return Judgement(
            mapping_id=change.mapping_id, verdict=verdict, written=written, resynced=resynced
        )

    def _try_again(self, mapping_id: str) -> int:
        incidents = self.failed_links.incidents_of(mapping_id)
        for incident_id in incidents:
            self.queue.send(
                Signal(kind=SignalKind.RESYNC, id=self.new_id(), incident_id=incident_id)
            )
        return len(incidents)
