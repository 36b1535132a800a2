"""What is told of the work on a signal: the incident's timeline, and the lists of the day."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from pdjira.errors import (
    CircuitOpen,
    PdjiraError,
    Unauthenticated,
    sentence_of,
    split_cure,
)
from pdjira.model.activity import Activities, Activity
from pdjira.model.incident import Incident
from pdjira.model.link import Link, TimelineEntry
from pdjira.model.ports import Clock, Links
from pdjira.model.signal import Signal
from pdjira.sync.mapping_order import Delivery

LONG_WAIT = timedelta(minutes=10)
"""A shorter wait is not reported."""

_START = "Not done yet, and tried again for up to four days: "


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """Keeps what was done about an incident; where nothing was, nothing is written."""

    links: Links
    activities: Activities
    clock: Clock

    def tell(self, signal: Signal, incident_id: str, says: tuple[str, ...]) -> None:
        """Add to the incident's timeline."""
        if says:
            entry = TimelineEntry(
                incident_id=incident_id,
                at=self.clock(),
                signal=_event(signal),
                signal_id=signal.id,
                says=says,
            )
            self.links.record(entry)

    def list_for_people(
        self, delivery: Delivery, incident: Incident, links: Iterable[Link], says: tuple[str, ...]
    ) -> None:
        """Have the lists of the day show it; what fails is left to the incident's next event.

        So is a creation, which costs enough: the note that names its issue comes back in a second.
        """
        linked = [link for link in links if link.issue]
        says = says or tuple(_made(delivery.signal, linked))
        if not says or any(link.claimed_at >= delivery.begun for link in linked):
            return
        activity = Activity(
            incident_id=incident.id,
            number=incident.number,
            title=incident.title,
            service=incident.service.name,
            url=incident.html_url,
            at=self.clock(),
            event=_event(delivery.signal),
            says=" ".join(split_cure(one)[0] for one in says),
            issues={link.mapping_id: link.issue.key for link in linked if link.issue},
        )
        with suppress(PdjiraError):
            self.activities.put(activity)

    def why_it_waits(
        self, delivery: Delivery, error: Exception | None, *, now: datetime
    ) -> tuple[str, ...]:
        """Why a signal has waited for some minutes; nothing where an earlier delivery said so.

        Health and alarms report a side that is left alone, or that does not accept our sign-in.
        """
        is_told_elsewhere = isinstance(error, CircuitOpen | Unauthenticated)
        if not isinstance(error, PdjiraError) or is_told_elsewhere:
            return ()
        since = delivery.tried_since
        if since is None or now - since < LONG_WAIT:
            return ()
        signal = delivery.signal
        with suppress(PdjiraError):
            timeline = self.links.timeline(signal.incident_id or "")
            said = (one for entry in timeline if entry.signal_id == signal.id for one in entry.says)
            if not any(one.startswith(_START) for one in said):
                return (f"{_START}{sentence_of(error)}",)
        return ()


def _made(signal: Signal, linked: Iterable[Link]) -> Iterator[str]:
    """What the note that comes back tells of the issue which it names."""
    note_id = signal.note.id if signal.note else None
    for link in linked:
        if link.issue and note_id and link.issue_note == note_id:
            yield f"Created {link.issue.key} (mapping {link.mapping_id})."


def _event(signal: Signal) -> str:
    return signal.event_type or signal.kind.value
