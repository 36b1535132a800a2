"""What a sweep needs, in memory: each fake keeps the promises of its port."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from pdjira.adapters.aws.health_results import read_seen, written_seen
from pdjira.adapters.aws.items import Attributes, incident_pk
from pdjira.adapters.aws.stored_link import FAILED, OPEN, link_attributes
from pdjira.adapters.jira.searches import STATE_FIELDS, issue_state, of_ids
from pdjira.adapters.pagerduty import incidents
from pdjira.health.standing import Seen
from pdjira.jql.ports import BATCH
from pdjira.model.incident import Incident, IncidentPage
from pdjira.model.link import Link
from pdjira.sweep.differences import IssueState, LogPage
from pdjira.sweep.ports import Day, Resync, SweepResult
from tests.fakes.faults import FaultPlan
from tests.fakes.jira import FakeJira
from tests.fakes.links import FakeLinks
from tests.fakes.pagerduty import FakePagerDuty, _incident
from tests.sandbox.jira.model import SEARCH_CAP
from tests.sandbox.pagerduty import rest
from tests.sandbox.pagerduty.records import ApiError, Json


class FakeOpenLinks:
    """The links of a fake table that are open or lack something, in the order of the index.

    `hidden` are the incidents whose links the index does not show yet.
    """

    def __init__(self, links: FakeLinks) -> None:
        self.hidden: set[str] = set()
        self._links = links

    def batches(self, *, start: str = "") -> Iterator[Sequence[Link]]:
        first = incident_pk(start) if start else ""
        keys = sorted(_key(link) for link in self._links.links if self._is_shown(link))
        keys = [key for key in keys if key[0] >= first]
        for number in range(0, len(keys), BATCH):
            with self._links.faults.call("open_links.batches"):
                now = {_key(link): link for link in self._links.links}
            yield tuple(now[key] for key in keys[number : number + BATCH])

    def refused(self, most: int) -> tuple[Sequence[Link], int]:
        with self._links.faults.call("open_links.refused"):
            found = {_key(link): link for link in self._links.links if self._is_refused(link)}
            links = [found[key] for key in sorted(found)]
            return links[:most], len({link.incident_id for link in links})

    def _is_refused(self, link: Link) -> bool:
        stands = link_attributes(link, writer="").get("sweep")
        return stands == FAILED and link.incident_id not in self.hidden

    def _is_shown(self, link: Link) -> bool:
        stands = link_attributes(link, writer="").get("sweep")
        return stands in (OPEN, FAILED) and link.incident_id not in self.hidden


class FakeIncidents:
    """The incidents and the log of the PagerDuty that a fake stands for."""

    def __init__(self, pagerduty: FakePagerDuty) -> None:
        self._pagerduty = pagerduty

    def open_incidents(self, service_ids: Collection[str]) -> Iterator[Sequence[Incident]]:
        def read(services: Sequence[str], start: int) -> tuple[Sequence[Incident], bool]:
            page = partial(self._open, services, start)
            return self._pagerduty._call("open_incidents", page)

        for services in incidents.groups(service_ids):
            yield from incidents.listed(services, read)

    def created(
        self, service_id: str, *, since: datetime, until: datetime, start: int = 0
    ) -> IncidentPage:
        def read() -> IncidentPage:
            model = self._pagerduty.model
            with model.lock:
                found = sorted(
                    (it for it in model.incidents.values() if it.service_id == service_id),
                    key=lambda it: it.created_at,
                    reverse=True,
                )
                found = [it for it in found if since <= it.created_at <= until]
                page = found[start : start + incidents.PAGE]
                shown = tuple(_as_listed(_incident(model, it.id)) for it in page)
            end = start + len(page)
            return incidents.past_page(shown, end=end, has_more=len(found) > end)

        return self._pagerduty._call("created", read)

    def log(self, *, since: datetime, until: datetime, start: int = 0) -> LogPage:
        def read() -> LogPage:
            if start + incidents.PAGE > incidents.SHOWN:
                raise ApiError(400, 2002, "Arguments Caused Error")
            rows = self._happened(since, until)
            page = rows[start : start + incidents.PAGE]
            entries = (entry for row in page if (entry := incidents.log_entry(row)))
            end = start + len(page)
            return incidents.page_of(entries, end=end, has_more=len(rows) > end)

        return self._pagerduty._call("log", read)

    def _open(self, services: Sequence[str], start: int) -> tuple[Sequence[Incident], bool]:
        model = self._pagerduty.model
        with model.lock:
            found = sorted(
                (it for it in model.incidents.values() if it.is_open and it.service_id in services),
                key=lambda it: it.created_at,
            )
            page = found[start : start + incidents.PAGE]
            shown = tuple(_as_listed(_incident(model, it.id)) for it in page)
            return shown, len(found) > start + len(page)

    def _happened(self, since: datetime, until: datetime) -> list[Json]:
        first, last = incidents.whole_seconds(since, until)
        model = self._pagerduty.model
        with model.lock:
            return [
                rest.log_entry(model, entry)
                for entry in model.log_entries()
                if first <= entry.created_at <= last
            ]


class FakeIssueStates:
    """What the index of the Jira shows that a fake stands for, as late as its searches."""

    def __init__(self, jira: FakeJira) -> None:
        self._jira = jira

    def states(self, issue_ids: Sequence[str]) -> Sequence[IssueState]:
        def search() -> Sequence[IssueState]:
            said = self._jira.model.search(
                self._jira.account,
                of_ids(issue_ids),
                limit=SEARCH_CAP,
                fields=STATE_FIELDS,
                validate=False,
            )
            return [issue_state(row) for row in said["issues"]]

        return self._jira._call("states", search) if issue_ids else []


class FakeResyncs:
    """Resyncs that were asked for and not answered yet."""

    def __init__(self, faults: FaultPlan | None = None) -> None:
        self.faults = faults or FaultPlan()
        self.stored: dict[str, Resync] = {}

    def asked(self, resync: Resync) -> None:
        with self.faults.call("resyncs.asked"):
            self.stored[resync.signal.incident_id or ""] = resync

    def unanswered(self, incident_id: str) -> Resync | None:
        with self.faults.call("resyncs.unanswered"):
            return self.stored.get(incident_id)

    def answered(self, incident_id: str, signal_id: str) -> None:
        with self.faults.call("resyncs.answered"):
            known = self.stored.get(incident_id)
            if known is not None and known.signal.id == signal_id:
                del self.stored[incident_id]


class FakeSweepResults:
    """`stored` shows what is kept, past the faults."""

    def __init__(self, faults: FaultPlan | None = None) -> None:
        self.faults = faults or FaultPlan()
        self.stored: SweepResult | None = None

    def put(self, result: SweepResult) -> None:
        with self.faults.call("sweep_results.put"):
            self.stored = result

    def last(self) -> SweepResult | None:
        with self.faults.call("sweep_results.last"):
            return self.stored


class FakeHealthResults:
    """`stored` is what health saw last."""

    def __init__(self, faults: FaultPlan | None = None) -> None:
        self.faults = faults or FaultPlan()
        self.stored: Seen | None = None

    def put(self, seen: Seen) -> None:
        with self.faults.call("seen.put"):
            self.stored = read_seen(Attributes(written_seen(seen)))

    def last(self) -> Seen | None:
        with self.faults.call("seen.last"):
            return self.stored


class FakeDays:
    """`stored` shows what is kept, past the faults."""

    def __init__(self, faults: FaultPlan | None = None) -> None:
        self.faults = faults or FaultPlan()
        self.stored: Day | None = None

    def put(self, day: Day) -> None:
        with self.faults.call("days.put"):
            self.stored = day

    def last(self) -> Day | None:
        with self.faults.call("days.last"):
            return self.stored


class FakeStarter:
    """`started` counts the sweeps that were asked for."""

    def __init__(self, faults: FaultPlan | None = None) -> None:
        self.faults = faults or FaultPlan()
        self.started = 0

    def start(self) -> None:
        with self.faults.call("starter.start"):
            self.started += 1


def _key(link: Link) -> tuple[str, str]:
    return incident_pk(link.incident_id), link.mapping_id


def _as_listed(incident: Incident) -> Incident:
    """A list has no descriptions."""
    return replace(incident, description=None)
