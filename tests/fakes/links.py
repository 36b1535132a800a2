"""Links and timelines in memory, with the promises of the `Links` port."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from pdjira.adapters.aws.items import key_id
from pdjira.adapters.aws.links import entry_key, fitted_entry
from pdjira.adapters.aws.stored_link import FAILED, OPEN, fitted, link_attributes
from pdjira.errors import Conflict, UnreadableItem
from pdjira.model.issue import IssueRef
from pdjira.model.link import Link, LinkCounts, LinkState, TimelineEntry
from pdjira.model.times import TimeLeft
from tests.fakes.faults import FaultPlan


def unreadable(pk: str, sk: str) -> UnreadableItem:
    """What a store raises for an item that is not as we write it."""
    return UnreadableItem(table="links", key=(pk, sk), why="`until` is missing")


class FakeUnreadableItems:
    """`stored` are those that somebody met."""

    def __init__(self, faults: FaultPlan | None = None) -> None:
        self.faults = faults or FaultPlan()
        self.stored: list[UnreadableItem] = []

    def found(self) -> Sequence[UnreadableItem]:
        with self.faults.call("unreadable.found"):
            return list(self.stored)


@dataclass
class _Table:
    links: dict[tuple[str, str], tuple[Link, str]] = field(default_factory=dict)
    issues: dict[str, tuple[str, str]] = field(default_factory=dict)
    claimed: set[str] = field(default_factory=set)
    unreadable: set[str] = field(default_factory=set)
    events: dict[tuple[str, str], TimelineEntry] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


class FakeIncidentNames:
    """What the links of a fake tell of incidents."""

    def __init__(self, links: "FakeLinks") -> None:
        self._links = links

    def incident_named(self, name: str, time_left: TimeLeft) -> str | None:
        with self._links.faults.call("links.incident_named"):
            known = [one for one in self._links.links if time_left() > 0 and _names(one, name)]
            return known[0].incident_id if known else None


def _names(link: Link, name: str) -> bool:
    key = link.issue.key if link.issue else None
    return name in {key, str(link.incident_number)}


class FakeLinks:
    """`links`, `issues` and `entries` show what is stored, past the faults."""

    def __init__(self, faults: FaultPlan | None = None, *, writer: str = "first") -> None:
        self.faults = faults or FaultPlan()
        self._writer = writer
        self._table = _Table()

    def break_link(self, link: Link) -> None:
        """Somebody edits the item of the link so that it cannot be read."""
        broken = Link(
            incident_id=link.incident_id,
            mapping_id=link.mapping_id,
            state=LinkState.UNREADABLE,
            claimed_at=link.claimed_at,
            project_id="",
            issue_type_id="",
        )
        self._table.links[link.incident_id, link.mapping_id] = (broken, "")

    def break_way_back(self, issue_id: str) -> None:
        """Somebody edits the way back of the issue so that it cannot be read."""
        self._table.unreadable.add(issue_id)

    def as_writer(self, writer: str) -> "FakeLinks":
        """The same table, written by another process."""
        other = FakeLinks(self.faults, writer=writer)
        other._table = self._table
        return other

    @property
    def links(self) -> list[Link]:
        return [link for link, _ in self._table.links.values()]

    @property
    def issues(self) -> dict[str, tuple[str, str]]:
        """(incident id, mapping id) by issue id."""
        return dict(self._table.issues)

    @property
    def entries(self) -> list[TimelineEntry]:
        return [entry for _, entry in sorted(self._table.events.items())]

    def of_incident(self, incident_id: str) -> Sequence[Link]:
        with self.faults.call("links.of_incident"), self._table.lock:
            keys = sorted(key for key in self._table.links if key[0] == incident_id)
            return [self._table.links[key][0] for key in keys]

    def save(self, link: Link) -> Link:
        with self.faults.call("links.save"), self._table.lock:
            return self._write(link)

    def complete(self, link: Link) -> Link:
        if link.issue is None:
            raise ValueError("a link without an issue is not complete")
        with self.faults.call("links.complete"), self._table.lock:
            stored = self._write(link)
            self._table.issues[link.issue.id] = (link.incident_id, link.mapping_id)
            return stored

    def join(self, link: Link, issue: IssueRef) -> Link | None:
        with self.faults.call("links.join"), self._table.lock:
            is_taken = issue.id in self._table.issues.keys() | self._table.claimed
            if is_taken and self._is_as_read(link):
                return None
            stored = self._write(link)
            self._table.issues[issue.id] = (link.incident_id, link.mapping_id)
            return stored

    def delete_way_back(self, issue_id: str) -> None:
        """A person deletes the item, and a claim that lies in its place."""
        self._table.issues.pop(issue_id, None)
        self._table.claimed.discard(issue_id)

    def claimed(self, issue_id: str) -> None:
        """A claim lies in the place of the issue's way back, unless that is there."""
        self._table.claimed.add(issue_id)

    def incident_of(self, issue_id: str) -> str | None:
        with self.faults.call("links.incident_of"), self._table.lock:
            if issue_id in self._table.unreadable:
                raise unreadable(f"ISSUE#{issue_id}", "LINK")
            back = self._table.issues.get(issue_id)
            return back[0] if back else None

    def record(self, entry: TimelineEntry) -> None:
        with self.faults.call("links.record"), self._table.lock:
            key = entry_key(entry)
            self._table.events[key["pk"], key["sk"]] = fitted_entry(entry)

    def timeline(self, incident_id: str) -> Sequence[TimelineEntry]:
        with self.faults.call("links.timeline"), self._table.lock:
            return [entry for entry in self.entries if entry.incident_id == incident_id]

    def counts(self) -> LinkCounts:
        with self.faults.call("links.counts"), self._table.lock:
            swept = [(link.incident_id, link_attributes(link, writer="")) for link in self.links]
            failed = sorted({one for one, stored in swept if stored.get("sweep") == FAILED})
            return LinkCounts(
                open=sum(stored.get("sweep") == OPEN for _, stored in swept),
                failed=len(failed),
                failed_incidents=tuple(one for one in failed if key_id(one) == one)[:10],
            )

    def _is_as_read(self, link: Link) -> bool:
        stored, _ = self._table.links.get((link.incident_id, link.mapping_id), (None, ""))
        return (stored.version if stored else 0) == link.version

    def _write(self, link: Link) -> Link:
        key = (link.incident_id, link.mapping_id)
        wanted = fitted(replace(link, version=link.version + 1))
        stored, writer = self._table.links.get(key, (None, ""))
        if (stored, writer) == (wanted, self._writer):
            return wanted
        if (stored.version if stored else 0) != link.version:
            raise Conflict("The link was changed by somebody else.")
        self._table.links[key] = (wanted, self._writer)
        return wanted
