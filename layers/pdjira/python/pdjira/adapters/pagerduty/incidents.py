"""Reads PagerDuty's objects into values: incidents, notes, and the log of what happened."""

import json
from collections import abc
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

from pdjira.adapters.http.messages import Call
from pdjira.errors import Refused, Temporary
from pdjira.model.incident import (
    NO_PRIORITY,
    Incident,
    IncidentChange,
    IncidentPage,
    IncidentStatus,
    Note,
    Person,
    Reference,
)
from pdjira.model.times import read_time
from pdjira.sweep.differences import LogEntry, LogPage

_Object = abc.Mapping[str, object]

_LOGGED_AS = {
    IncidentStatus.ACKNOWLEDGED: "acknowledge_log_entry",
    IncidentStatus.RESOLVED: "resolve_log_entry",
}


def incident(row: _Object) -> Incident:
    """The incident. Raises `ValueError` where id, status, URL or time of creation is missing."""
    return Incident(
        id=_needed(row, "id"),
        number=_number(row),
        title=_text(row.get("title")) or _text(row.get("summary")) or "",
        status=IncidentStatus(_needed(row, "status")),
        urgency=_text(row.get("urgency")) or "high",
        html_url=_needed(row, "html_url"),
        service=_reference(row.get("service")) or Reference(id="", name=""),
        created_at=_needed_time(row, "created_at"),
        incident_key=_text(row.get("incident_key")),
        priority=_reference(row.get("priority")),
        description=details_text(_object(row.get("body")).get("details")),
        first_log_entry_id=_text(_object(row.get("first_trigger_log_entry")).get("id")),
        escalation_policy=_name(row.get("escalation_policy")),
        impacted_services=_names(row.get("impacted_services")),
        assignees=_names(row.get("assignments"), "assignee"),
        acknowledgers=_names(row.get("acknowledgements"), "acknowledger"),
        assigned=_people(row.get("assignments"), "assignee"),
        involved=_involved(row),
        last_status_change_at=read_time(row.get("last_status_change_at")),
        last_status_change_by=_name(row.get("last_status_change_by")),
        merged_into=_merged_into(row),
    )


def _merged_into(row: _Object) -> str | None:
    """The incident that this one was merged into; None where this one is open again."""
    goes_on = _object(_object(row.get("resolve_reason")).get("incident"))
    is_over = row.get("status") == IncidentStatus.RESOLVED.value
    return _text(goes_on.get("id")) if is_over else None


def note(row: object) -> Note | None:
    """The note, None where it has no id."""
    found = _object(row)
    note_id = _text(found.get("id"))
    if note_id is None:
        return None
    return Note(
        id=note_id,
        content=_text(found.get("content")) or "",
        author=_name(found.get("user")),
        author_id=_text(_object(found.get("user")).get("id")),
        created_at=read_time(found.get("created_at")),
    )


def change_body(change: IncidentChange) -> dict[str, object]:
    """What PagerDuty takes as a change of an incident."""
    body: dict[str, object] = {"type": "incident_reference"}
    if change.status:
        body["status"] = change.status.value
    if change.title:
        body["title"] = change.title
    if change.urgency:
        body["urgency"] = change.urgency
    if change.priority:
        has_one = change.priority != NO_PRIORITY
        body["priority"] = (
            {"id": change.priority, "type": "priority_reference"} if has_one else None
        )
    return body


def tells_of(entries: object, status: IncidentStatus) -> bool:
    """Whether log entries tell that somebody acknowledged the incident, or resolved it."""
    rows = entries if isinstance(entries, list) else []
    return any(_object(row).get("type") == _LOGGED_AS.get(status) for row in rows)


def email_of(user: object) -> str | None:
    """A user's e-mail address; None for a mere reference."""
    return (_text(_object(user).get("email")) or "").strip() or None


def emails(users: object) -> frozenset[str]:
    """The e-mail addresses of a list of users, without regard to case."""
    rows = users if isinstance(users, list) else []
    found = (_text(_object(row).get("email")) for row in rows)
    return frozenset(email.casefold() for email in found if email)


def is_by_user(entry: object) -> bool:
    """Whether a log entry tells of what a user did, and not an integration or PagerDuty itself."""
    agent = _object(_object(entry).get("agent"))
    return _text(agent.get("type")) in {"user", "user_reference"}


def trigger_details(entry: object) -> str | None:
    """What a trigger log entry's channel says: of REST, e-mail, web and Events API alike.

    The channel's form "may change" (PagerDuty's developer docs), so several places are looked at.
    """
    channel = _object(_object(entry).get("channel"))
    cef = _object(channel.get("cef_details"))
    places = (
        channel.get("details"),
        cef.get("details"),
        cef.get("description"),
        channel.get("description"),
        channel.get("body"),
    )
    return next((text for text in map(details_text, places) if text), None)


def details_text(details: object) -> str | None:
    """Details as text: an object as `key: value` lines, a list as lines, None where empty."""
    if isinstance(details, abc.Mapping):
        lines = [f"{key}: {_plain(value)}" for key, value in details.items()]
    elif isinstance(details, list):
        lines = [_plain(value) for value in details]
    else:
        lines = [] if details is None else [_plain(details)]
    return "\n".join(lines).strip() or None


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _object(value: object) -> _Object:
    return value if isinstance(value, abc.Mapping) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _needed(row: _Object, key: str) -> str:
    text = _text(row.get(key))
    if text is None:
        raise ValueError(f"an incident without {key}")
    return text


def _number(row: _Object) -> int:
    number = row.get("incident_number")
    return number if isinstance(number, int) else 0


def _needed_time(row: _Object, key: str) -> datetime:
    time = read_time(row.get(key))
    if time is None:
        raise ValueError(f"an incident without {key}")
    return time


def _name(value: object) -> str | None:
    row = _object(value)
    return _text(row.get("summary")) or _text(row.get("name"))


def _reference(value: object) -> Reference | None:
    reference_id = _text(_object(value).get("id"))
    if reference_id is None:
        return None
    return Reference(id=reference_id, name=_name(value) or reference_id)


def _names(values: object, key: str | None = None) -> tuple[str, ...]:
    rows = values if isinstance(values, list) else []
    names = (_name(row if key is None else _object(row).get(key)) for row in rows)
    return tuple(name for name in names if name)


def _people(values: object, key: str) -> tuple[Person, ...]:
    rows = values if isinstance(values, list) else []
    return tuple(one for row in rows if (one := _person(_object(row).get(key))))


def _person(user: object) -> Person | None:
    user_id = _text(_object(user).get("id"))
    if user_id is None:
        return None
    return Person(id=user_id, name=_name(user) or user_id, email=email_of(user))


def _involved(row: _Object) -> tuple[Person, ...]:
    """Who works on the incident, each once; responders are told as references."""
    found = row.get("incidents_responders")
    responders = [one for one in found if _takes_part(one)] if isinstance(found, list) else []
    people: dict[str, Person] = {}
    for person in (
        *_people(row.get("assignments"), "assignee"),
        *_people(row.get("acknowledgements"), "acknowledger"),
        *_people(responders, "user"),
    ):
        people.setdefault(person.id, person)
    return tuple(people.values())


def _takes_part(responder: object) -> bool:
    """Whether somebody who was asked did not say no; the states stand in PagerDuty's OpenAPI."""
    return _object(responder).get("state") not in ("declined", "user_cancelled")


PAGE = 100

SHOWN = 10_000
"""PagerDuty refuses whatever lies beyond so many rows of a list."""

SERVICES = 100
"""How many services are asked for at once: their ids are in the URL, which stays below 4 KB."""

_OPEN = (IncidentStatus.TRIGGERED, IncidentStatus.ACKNOWLEDGED)

_ENTRY = "_log_entry"

OpenPage = Callable[[Sequence[str], int], tuple[Sequence[Incident], bool]]
"""Open incidents of some services from a row on, and whether there are more."""

Ask = Callable[[Call], abc.Mapping[str, object]]
"""Sends a call, and reads the JSON object of its answer."""


class PagerDutyHistory:
    """`Incidents`; `ask` sends a call with our key."""

    def __init__(self, ask: Ask) -> None:
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
        """As the port says, to the second (PagerDuty's OpenAPI document, List incidents)."""
        first, last = whole_seconds(since, until)
        rows, has_more = self._page(
            "incidents",
            start,
            ("service_ids[]", service_id),
            ("since", _written(first)),
            ("until", _written(last)),
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
        return incident(row)
    except ValueError as error:
        raise Temporary(f"PagerDuty's answer cannot be understood: {error}.") from error


def _written(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
