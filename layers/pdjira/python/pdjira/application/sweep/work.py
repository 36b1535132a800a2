"""One sweep's work: what it knows of both sides so far, and whom it has told of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pdjira.application.ports.sweeps import SweepResult
from pdjira.application.webhooks.intake import SignalSink
from pdjira.domain.incident import Incident
from pdjira.domain.mapping import Mapping as MappingRule
from pdjira.domain.signals import SWEEP, Signal, SignalKind
from pdjira.domain.text.cures import with_cure
from pdjira.errors import PdjiraError


@dataclass(slots=True, kw_only=True)
class Sweeping:
    """What a sweep that began `at` knows so far.

    `mappings` are those in force, by id; `open` the open incidents, by id, None where PagerDuty did
    not tell; `singles` incidents were read by themselves. `is_hourly`: what was refused is tried
    again as well. PagerDuty's log was read from `since` on, and tells of `entries` incidents.
    `seen` are the incidents whose links were compared, `projects` where their issues lie and
    `services` where they lie themselves, `told` those that are to be looked at, `problems` what
    could not be done.
    """

    at: datetime
    mappings: Mapping[str, MappingRule]
    queue: SignalSink
    is_hourly: bool = False
    open: dict[str, Incident] | None = None
    since: datetime | None = None
    entries: int = 0
    singles: int = 0
    compared: int = 0
    enabled: int = 0
    seen: set[str] = field(default_factory=set)
    projects: set[str] = field(default_factory=set)
    services: set[str] = field(default_factory=set)
    told: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)

    def result(self) -> SweepResult:
        """What it came to."""
        return SweepResult(
            at=self.at,
            since=self.since,
            compared=self.compared,
            resynced=len(self.told),
            enabled=self.enabled,
            problems=tuple(self.problems),
        )

    @property
    def own_services(self) -> frozenset[str]:
        """The services of the mappings."""
        return frozenset(mapping.service.id for mapping in self.mappings.values())

    def listed(self, incident: Incident) -> None:
        """Know one more incident to be open."""
        self.open = (self.open or {}) | {incident.id: incident}

    def incident(self, incident_id: str) -> Incident | None:
        """The incident, if it is open."""
        return (self.open or {}).get(incident_id)

    def tell(self, incident_id: str, *, notes_since: datetime | None = None) -> None:
        """Have the worker look at the incident: once in a sweep, but again for its notes."""
        if incident_id in self.told and notes_since is None:
            return
        about = "" if notes_since is None else f" {notes_since.isoformat()}"
        self.queue.send(
            Signal(
                kind=SignalKind.RESYNC,
                id=f"{SWEEP} {self.at.isoformat()} {incident_id}{about}",
                event_type=SWEEP,
                incident_id=incident_id,
                notes_since=notes_since,
            )
        )
        self.told.add(incident_id)

    def guarded(self, work: Callable[[], None]) -> bool:
        """Do a part of the sweep; what it fails at stops no other part. Whether it was done."""
        try:
            work()
        except PdjiraError as error:
            self.fail(error)
            return False
        return True

    def fail(
        self, error: PdjiraError, *, about: str | None = None, cure: str | None = None
    ) -> None:
        """Keep what could not be done, `about` what, and its cure, where it names none itself."""
        says = f"{about}: {error.says}" if about else error.says
        said = with_cure(says, error.cure or cure)
        if said not in self.problems:
            self.problems.append(said)
