"""What a sweep needs of the world; as in `model/ports.py`, each promise stands once."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from pdjira.model.incident import Incident, IncidentPage
from pdjira.model.issue import IssueRef, Naming
from pdjira.model.link import Link
from pdjira.model.signal import Signal, SignalKind
from pdjira.model.times import MESSAGE_PATIENCE
from pdjira.sweep.differences import LogPage, OwnIssuePage


class OpenLinks(Protocol):
    """The links about which something may have to be done."""

    def batches(self, *, start: str = "") -> Iterator[Sequence[Link]]:
        """Every link that is open or lacks something refused, up to `BATCH` at a time.

        In a stable order of their incidents, from the incident `start` on. From an index, then from
        the table: links written in the last seconds may be missing, and each link is as it is now.
        A link that cannot be read is skipped.
        """

    def refused(self, most: int) -> tuple[Sequence[Link], int]:
        """Up to so many of them, and of how many incidents there are any in all.

        From an index: those written in the last seconds may be missing.
        """


class Incidents(Protocol):
    """The incidents of the account and their log."""

    def created(
        self, service_id: str, *, since: datetime, until: datetime, start: int = 0
    ) -> IncidentPage:
        """A page of those of a service that were created in that time, newest first.

        Whatever their status; without custom fields and descriptions that only the log holds.
        """

    def open_incidents(self, service_ids: Collection[str]) -> Iterator[Sequence[Incident]]:
        """Every incident of these services that is triggered or acknowledged, a page at a time.

        However old; one may come twice. Raises `Refused` where a service has more than PagerDuty
        shows.
        """

    def log(self, *, since: datetime, until: datetime, start: int = 0) -> LogPage:
        """A page of what happened to all incidents, both times included, newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A webhook subscription. `service_id` is None for one that is not of a single service."""

    id: str
    url: str
    events: frozenset[str]
    service_id: str | None
    is_active: bool
    is_disabled: bool
    description: str = ""

    @property
    def is_ours(self) -> bool:
        """Whether it delivers to us, as far as its URL tells."""
        return self.url.split("?")[0].rstrip("/").endswith(OUR_PATH)

    def tells_of(self, event_type: str) -> bool:
        """Whether events of this type were subscribed to."""
        return not self.events.isdisjoint({event_type, EVERY_EVENT})

    @property
    def works(self) -> bool:
        """Whether it delivers at present."""
        return self.is_active and not self.is_disabled


class Subscriptions(Protocol):
    """The webhook subscriptions of the account, and what can be done with them."""

    def list_subscriptions(self) -> Sequence[Subscription]:
        """All that the key may see. Raises `Refused` where it may see none."""

    def create(self, draft: Subscription) -> tuple[Subscription, str]:
        """Make one like the draft; it, and its secret. Raises `Refused`, `Ambiguous`."""

    def describe(self, subscription_id: str, description: str) -> None:
        """Change the text by which people know it. Idempotent."""

    def ping(self, subscription_id: str) -> None:
        """Have a signed test delivery sent."""

    def enable(self, subscription_id: str) -> None:
        """Switch on one that PagerDuty disabled. Idempotent. Raises `Refused`, `NotFound`."""

    def activate(self, subscription_id: str) -> None:
        """Switch on one that a person switched off. Idempotent. Raises `Refused`, `NotFound`."""

    def delete(self, subscription_id: str) -> None:
        """Delete it. Idempotent. Raises `Refused`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepResult:
    """What the last sweep came to.

    `compared` links were looked at; `resynced` incidents differed from what was agreed on, or
    missed something. PagerDuty's log was read from `since` on. `enabled` webhook subscriptions were
    off, and switched on again. `problems` tell what could not be done. `owing` are the incidents
    that lack what keeps failing (not what was refused), and `owed_since` says since when the first.
    """

    at: datetime
    since: datetime | None
    compared: int = 0
    resynced: int = 0
    enabled: int = 0
    problems: tuple[str, ...] = ()
    owing: tuple[str, ...] = ()
    owed_since: datetime | None = None

    def facts(self) -> dict[str, object]:
        """What the log tells of it."""
        return {
            "compared": self.compared,
            "resynced": self.resynced,
            "enabled": self.enabled,
            "since": self.since.isoformat() if self.since else None,
            "problems": list(self.problems),
            "owing": len(self.owing),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What the first sweep of a day has seen: sentences of what ends `soon`, and rights in words.

    `held` are those of our account and of the key, `lost` what was held the day before.
    """

    at: datetime
    held: frozenset[str] = frozenset()
    lost: tuple[str, ...] = ()
    soon: tuple[str, ...] = ()

    @property
    def attentions(self) -> int:
        """For how much of it somebody should do something."""
        return len(self.lost) + len(self.soon)


Kept = TypeVar("Kept")


class Latest(Protocol[Kept]):
    """What the last one of a kind came to, for people to see."""

    def put(self, latest: Kept, /) -> None:
        """Keep in place of the one before. May be repeated."""

    def last(self) -> Kept | None:
        """As stored now; None before the first, and where it cannot be read."""


Days = Latest[Day]
"""What was seen on the last day."""

SweepResults = Latest[SweepResult]
"""What the last sweep came to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resync:
    """What a sweep has asked the worker for, and when: to look at an incident, or at its notes."""

    signal: Signal
    at: datetime

    def covers(self, other: Signal, *, now: datetime) -> bool:
        """Whether its answer will do for another one; it may be given up in the meantime."""
        mine, notes_since = self.signal.notes_since, other.notes_since
        if other.kind is SignalKind.RESYNC and self.signal.kind is not other.kind:
            return False
        if other.lacks_issue and not self.signal.lacks_issue:
            return False
        if notes_since is not None and (mine is None or mine > notes_since):
            return False
        return now - self.at < MESSAGE_PATIENCE


class Resyncs(Protocol):
    """The latest resync of each incident that a sweep has asked for, until it is answered."""

    def asked(self, resync: Resync) -> None:
        """Keep it in place of the one before. May be repeated."""

    def unanswered(self, incident_id: str) -> Resync | None:
        """As stored now; None also where it cannot be read."""

    def answered(self, incident_id: str, signal_id: str) -> None:
        """Forget it, unless another one was asked for since. May be repeated."""


class OurIssues(Protocol):
    """The issues that our own account created in Jira, their marks, and links between them."""

    def made(self, *, within_minutes: int, start: int = 0) -> OwnIssuePage:
        """A page of those that are not older than that, and not `IN_FLIGHT`.

        By one search, oldest first; Jira counts the minutes back by its own clock.
        """

    def mark_of(self, issue_id: str) -> Naming | None:
        """What the issue's property names, read past the index; None where it names no incident."""

    def show_duplicate(self, duplicate: IssueRef, *, of: IssueRef) -> None:
        """Show on both that one is a duplicate of the other. Idempotent.

        Raises `Refused` where we lack the right, `NotFound` where linking is switched off or Jira
        knows no such link.
        """


Join = Callable[[Link, IssueRef], Link | None]
"""Stores a link, and the way back from another issue than its own, both or neither.

On the link's version, as `Links.save`. None: there is a way back from that issue, or a claim on it,
and nothing was stored.
"""

OUR_PATH = "/webhooks/pagerduty"
"""The end of the URL to which PagerDuty has to deliver: the output `PagerDutyWebhookUrl`."""

EVERY_EVENT = "*"
"""Stands for all event types among those that a subscription names."""
