"""Reads what is open in an account of PagerDuty, and what happened there, page by page.

https://developer.pagerduty.com/api-reference (List incidents, List log entries; Pagination).
"""

from collections import abc
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

from pdjira.adapters.http.messages import Call
from pdjira.adapters.pagerduty import incidents
from pdjira.adapters.pagerduty.catalogue import AskRights
from pdjira.errors import Refused, Temporary
from pdjira.model.incident import Incident, IncidentPage, IncidentStatus
from pdjira.model.times import read_time
from pdjira.sweep.differences import LogEntry, LogPage

PAGE = 100
SHOWN = 10_000
"""PagerDuty refuses whatever lies beyond so many rows of a list."""

SERVICES = 100
"""How many services are asked for at once: their ids are in the URL, which stays below 4 KB."""

_OPEN = (IncidentStatus.TRIGGERED, IncidentStatus.ACKNOWLEDGED)
_ENTRY = "_log_entry"

_Object = abc.Mapping[str, object]

OpenPage = Callable[[Sequence[str], int], tuple[Sequence[Incident], bool]]
"""Open incidents of some services from a row on, and whether there are more."""


class PagerDutyHistory:
    """`Incidents` and `PastIncidents`; `ask` sends a call with our key."""

    def __init__(self, ask: AskRights) -> None:
        self._ask = ask

    def open_incidents(self, service_ids: Collection[str]) -> Iterator[Sequence[Incident]]:
        """As the port says, oldest first: what opens meanwhile moves nothing.

        An incident that is resolved meanwhile moves those behind it up, so one of them may be
        missed.
        """
        for services in groups(service_ids):
            yield from listed(services, self._open)

    def _open(self, services: Sequence[str], start: int) -> tuple[Sequence[Incident], bool]:
        rows, has_more = self._page(
            "incidents",
            start,
            *(("service_ids[]", service) for service in services),
            *(("statuses[]", status.value) for status in _OPEN),
            ("date_range", "all"),
            ("sort_by", "created_at:asc"),
        )
        return tuple(map(_incident, rows)), has_more

    def created(
        self, service_id: str, *, since: datetime, until: datetime, start: int = 0
    ) -> IncidentPage:
        """As the port says (PagerDuty's OpenAPI document, List incidents)."""
        rows, has_more = self._page(
            "incidents",
            start,
            ("service_ids[]", service_id),
            ("since", _written(since)),
            ("until", _written(until)),
            ("sort_by", "created_at:desc"),
        )
        return past_page(tuple(map(_incident, rows)), end=start + len(rows), has_more=has_more)

    def log(self, *, since: datetime, until: datetime, start: int = 0) -> LogPage:
        """As the port says, to the second; lines of no incident are left out."""
        first, last = whole_seconds(since, until)
        asked = (("since", _written(first)), ("until", _written(last)))
        rows, has_more = self._page("log_entries", start, *asked)
        entries = (entry for row in rows if (entry := log_entry(row)))
        return page_of(entries, end=start + len(rows), has_more=has_more)

    def _page(
        self, name: str, start: int, *asked: tuple[str, str]
    ) -> tuple[Sequence[_Object], bool]:
        """The rows from `start` on, and whether there are more."""
        query = (*asked, ("limit", str(PAGE)), ("offset", str(start)))
        said = self._ask(Call(method="GET", path=f"/{name}", repeatable=True, query=query))
        found = said.get(name)
        if not isinstance(found, list):
            raise Temporary(f"PagerDuty's answer names no {name.replace('_', ' ')}.")
        rows = [row if isinstance(row, abc.Mapping) else {} for row in found]
        return rows, bool(rows) and said.get("more") is True


def past_page(incidents: tuple[Incident, ...], *, end: int, has_more: bool) -> IncidentPage:
    """The page that ends before the row `end`; what PagerDuty does not show ends the list."""
    is_shown = has_more and end + PAGE <= SHOWN
    return IncidentPage(incidents=incidents, next_start=end if is_shown else None)


def whole_seconds(since: datetime, until: datetime) -> tuple[datetime, datetime]:
    """Both times without fractions of a second, and nothing between them lost."""
    up = until if until.microsecond == 0 else until + timedelta(seconds=1)
    return since.replace(microsecond=0), up.replace(microsecond=0)


def groups(service_ids: Collection[str]) -> Iterator[Sequence[str]]:
    """The services, so many together as one URL holds."""
    ordered = sorted(service_ids)
    for start in range(0, len(ordered), SERVICES):
        yield ordered[start : start + SERVICES]


def listed(services: Sequence[str], page: OpenPage) -> Iterator[Sequence[Incident]]:
    """Every page of the services; where they have more than PagerDuty shows, half of them each."""
    start = 0
    while start + PAGE <= SHOWN:
        incidents, has_more = page(services, start)
        yield incidents
        start += len(incidents)
        if not has_more:
            return
    if len(services) == 1:
        raise too_many(services[0])
    middle = len(services) // 2
    yield from listed(services[:middle], page)
    yield from listed(services[middle:], page)


def too_many(service_id: str) -> Refused:
    """A service has more open incidents than PagerDuty shows."""
    return Refused(
        f"The service {service_id} in PagerDuty has more than {SHOWN:,} open incidents, and no "
        "further ones are shown, so that open incidents could not be compared with their issues.",
        cure="Resolve its incidents that are done with; the next sweep looks again.",
        status=HTTPStatus.BAD_REQUEST,
    )


def page_of(entries: Iterator[LogEntry], *, end: int, has_more: bool) -> LogPage:
    """The page that ends before the row `end`."""
    is_shown = end + PAGE <= SHOWN
    return LogPage(
        entries=tuple(entries),
        next_start=end if has_more and is_shown else None,
        is_cut=has_more and not is_shown,
    )


def log_entry(row: _Object) -> LogEntry | None:
    """A line of the log, None for one of no incident."""
    incident_id = _id_in(row.get("incident"))
    if incident_id is None:
        return None
    at = read_time(row.get("created_at"))
    if at is None:
        raise Temporary("PagerDuty's answer does not tell when a log entry was written.")
    return LogEntry(
        incident_id=incident_id,
        service_id=_id_in(row.get("service")),
        kind=str(row.get("type")).removesuffix(_ENTRY),
        at=at,
    )


def _id_in(reference: object) -> str | None:
    found = reference.get("id") if isinstance(reference, abc.Mapping) else None
    return found if isinstance(found, str) and found else None


def _incident(row: _Object) -> Incident:
    try:
        return incidents.incident(row)
    except ValueError as error:
        raise Temporary(f"PagerDuty's answer cannot be understood: {error}.") from error


def _written(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
