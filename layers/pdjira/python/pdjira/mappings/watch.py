"""What follows a change of a stored mapping: a version, its verdict, another try at what failed.

A change that cannot be judged because AWS fails is tried five times; then `UncheckedMappingsQueue`
keeps its place in the stream. A Jira that cannot be reached is no such failure: the verdict says
what was not checked.
"""

from collections import abc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pdjira.errors import Temporary
from pdjira.mappings.changes import Changed, MappingChange
from pdjira.mappings.check import MappingCheck
from pdjira.mappings.history import Versions, versions_of
from pdjira.model.mapping import Verdict, errors_of
from pdjira.model.signal import MAPPING_CHANGED, Signal, SignalKind
from pdjira.model.times import TimeLeft, unlimited

_SEND_SECONDS = 10.0
"""How long storing a signal may take; with less time left, none is begun."""


class JudgedMappings(Protocol):
    """The items of mappings, where the stack's own keys are written.

    Each method writes only where the item is still there and says what it said. False where it was
    edited or deleted meanwhile: nothing was written. An edit has a change of its own in the stream,
    and what was deleted does not come back. May be repeated.
    """

    def note(
        self,
        item: abc.Mapping[str, object],
        *,
        enabled_since: datetime | None,
        changed: Changed | None,
    ) -> bool:
        """Write since when the mapping is on (None: it is off), who changed it, `service_id`."""

    def judge(self, item: abc.Mapping[str, object], verdict: Verdict) -> bool:
        """Write the verdict."""

    def judge_again(self, mapping_id: str) -> None:
        """Have another item judged again, if it is there and has a verdict."""


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
    """Follows changes of mappings."""

    check: MappingCheck
    mappings: JudgedMappings
    versions: Versions
    incidents_of: Callable[[str], Sequence[str]]
    """Those with a failed link under the mapping; what was written a second ago may be missing."""
    send: Callable[[Signal], None]

    def follow(self, change: MappingChange, time_left: TimeLeft = unlimited) -> Judgement:
        """Judge what a person changed, and try again what was refused. May be repeated.

        Mappings beside it, whose verdict names it or no longer has to, are judged again as well.

        The time of switching on is written before either side is asked, since the worker goes by it
        and a side may be slow. Raises `Temporary` or `Permanent` where AWS fails, and `Temporary`
        where the time is up.
        """
        self._keep(change)
        judgement = self._judgement(change, time_left)
        if change.is_of_substance:
            for mapping_id in self.check.beside(change.before, change.after):
                self.mappings.judge_again(mapping_id)
        return judgement

    def _keep(self, change: MappingChange) -> None:
        if change.is_of_substance:
            is_first = not self.versions.has_any(change.mapping_id)
            for version in versions_of(change, is_first=is_first):
                self.versions.keep(version)

    def _judgement(self, change: MappingChange, time_left: TimeLeft) -> Judgement:
        item = change.after
        if item is None or not change.wants_verdict:
            return Judgement(mapping_id=change.mapping_id)
        if not self.mappings.note(item, enabled_since=change.enabled_since, changed=change.changed):
            return Judgement(mapping_id=change.mapping_id)
        verdict = self.check.verdict(item)
        written = self.mappings.judge(item, verdict)
        resynced = 0
        if written and change.is_of_substance and self.check.read(item).in_force:
            resynced = self._try_again(change, time_left)
        return Judgement(
            mapping_id=change.mapping_id, verdict=verdict, written=written, resynced=resynced
        )

    def _try_again(self, change: MappingChange, time_left: TimeLeft) -> int:
        """Ask for each incident once per change, however often the change is followed.

        What succeeds has no failed link any more, so a repetition gets further.
        """
        incidents = self.incidents_of(change.mapping_id)
        for incident_id in incidents:
            if time_left() < _SEND_SECONDS:
                raise Temporary("The time of this run is up; its repetition goes on.")
            self.send(
                Signal(
                    kind=SignalKind.RESYNC,
                    id=f"{change.id}:{incident_id}",
                    event_type=MAPPING_CHANGED,
                    incident_id=incident_id,
                )
            )
        return len(incidents)
