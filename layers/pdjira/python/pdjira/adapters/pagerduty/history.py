"""Reads what is open in an account of PagerDuty, and what happened there, page by page.

https://developer.pagerduty.com/api-reference (List incidents, List log entries; Pagination).
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

from pdjira.adapters.http.messages import Call
from pdjira.adapters.pagerduty import incidents
from pdjira.adapters.pagerduty.rights import Ask
from pdjira.domain.incident import Incident, IncidentStatus
from pdjira.domain.sweeping import LogEntry, LogPage
from pdjira.domain.times import read_time
from pdjira.errors import Refused, Temporary

PAGE = 100
SHOWN = 10_000
"""PagerDuty refuses whatever lies beyond so many rows of a list."""

_OPEN = (IncidentStatus.TRIGGERED, IncidentStatus.ACKNOWLEDGED)
_ENTRY = "_log_entry"
_NOTED = "annotate"

_Object = Mapping[str, object]


class PagerDutyHistory:
    """`Incidents`; `ask` sends a call with our key."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def open_incidents(self) -> Iterator[Sequence[Incident]]:
        """As the port says, oldest first: what opens meanwhile moves nothing.

        What is resolved meanwhile moves those behind it up: one of them may then be passed over.
        """
        query = (
            *(("statuses[]", status.value) for status in _OPEN),
            ("date_range", "all"),
            ("sort_by", "created_at:asc"),
        )
        start = 0
        while start + PAGE <= SHOWN:
            rows, has_more = self._page("incidents", start, *query)
            yield tuple(map(_incident, rows))
            start += len(rows)
            if not has_more:
                return
        raise too_many()

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
        rows = [row if isinstance(row, Mapping) else {} for row in found]
        return rows, bool(rows) and said.get("more") is True


def whole_seconds(since: datetime, until: datetime) -> tuple[datetime, datetime]:
    """Both times without fractions of a second, and nothing between them lost."""
    up = until if until.microsecond == 0 else until + timedelta(seconds=1)
    return since.replace(microsecond=0), up.replace(microsecond=0)


def too_many() -> Refused:
    """There are more open incidents than PagerDuty shows."""
    return Refused(
        f"PagerDuty has more than {SHOWN:,} open incidents and shows no further ones, so that the "
        "newest could not be compared with their issues.",
        cure="Resolve incidents that are done with in PagerDuty; the next sweep looks again.",
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
    """A line of the log, None for one of no incident. A note's text is its channel's summary."""
    incident_id = _id_in(row.get("incident"))
    if incident_id is None:
        return None
    at = read_time(row.get("created_at"))
    if at is None:
        raise Temporary("PagerDuty's answer does not tell when a log entry was written.")
    kind = str(row.get("type")).removesuffix(_ENTRY)
    return LogEntry(
        incident_id=incident_id,
        service_id=_id_in(row.get("service")),
        kind=kind,
        at=at,
        note=_summary_of(row.get("channel")) if kind == _NOTED else None,
    )


def _id_in(reference: object) -> str | None:
    found = reference.get("id") if isinstance(reference, Mapping) else None
    return found if isinstance(found, str) and found else None


def _summary_of(channel: object) -> str | None:
    found = channel.get("summary") if isinstance(channel, Mapping) else None
    return found if isinstance(found, str) else None


def _incident(row: _Object) -> Incident:
    try:
        return incidents.incident(row)
    except ValueError as error:
        raise Temporary(f"PagerDuty's answer cannot be understood: {error}.") from error


def _written(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
