"""Opens incidents by REST: POST /incidents, with a key that PagerDuty keeps to one open incident.

https://developer.pagerduty.com/api-reference (Create an Incident, List incidents).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from pdjira.adapters.http.messages import Answer, Call, Site, segment
from pdjira.adapters.pagerduty import incidents
from pdjira.adapters.pagerduty.answers import is_open_already, read_object
from pdjira.errors import NotFound, Temporary
from pdjira.jql.opening_rules import IncidentDraft
from pdjira.model.incident import Incident, IncidentStatus

_PATH = "/incidents"
_PAGE = "100"
"""How many incidents PagerDuty lists at once: whoever may send alerts chooses their keys."""
_STATUSES = ("triggered", "acknowledged", "resolved")


class Send(Protocol):
    """Sends one call with our key, and as our user."""

    def __call__(self, call: Call) -> tuple[Answer, Site]:
        """The answer as it came, and who gave it."""
        ...


class RestPager:
    """`Pager` over PagerDuty's REST API."""

    def __init__(self, send: Send) -> None:
        self._send = send

    def open_incident(self, draft: IncidentDraft) -> Incident | None:
        """As the port says."""
        call = Call(method="POST", path=_PATH, repeatable=False, body={"incident": _body(draft)})
        answer, site = self._send(call)
        if is_open_already(answer):
            return None
        row = read_object(answer, site=site, call=call).get("incident")
        try:
            return incidents.incident(row if isinstance(row, dict) else {})
        except ValueError as error:
            raise call.lost("PagerDuty took the incident, but its answer names none.") from error

    def find_by_key(self, incident_key: str, *, since: datetime | None = None) -> Incident | None:
        """As the port says: without `date_range` PagerDuty looks back one month only.

        It also finds incidents by the keys of their alerts (PagerDuty's OpenAPI, List incidents).
        """
        query = (
            ("incident_key", incident_key),
            ("date_range", "all"),
            ("sort_by", "created_at:desc"),
            ("limit", _PAGE),
            *(("statuses[]", status) for status in _STATUSES),
        )
        call = Call(method="GET", path=_PATH, repeatable=True, query=query)
        answer, site = self._send(call)
        rows = read_object(answer, site=site, call=call).get("incidents")
        if not isinstance(rows, list):
            raise Temporary("PagerDuty's answer names no incidents.")
        try:
            found = [incidents.incident(row) for row in rows if isinstance(row, dict)]
        except ValueError as error:
            raise Temporary(f"PagerDuty's answer cannot be understood: {error}.") from error
        return first_of([one for one in found if one.incident_key == incident_key], since=since)

    def is_by_user(self, incident: Incident) -> bool:
        """As the port says: the agent of its first trigger log entry is a user, or an integration.

        https://developer.pagerduty.com/api-reference (Get a log entry).
        """
        if incident.first_log_entry_id is None:
            return False
        path = f"/log_entries/{segment(incident.first_log_entry_id)}"
        call = Call(method="GET", path=path, repeatable=True)
        answer, site = self._send(call)
        try:
            return incidents.is_by_user(read_object(answer, site=site, call=call).get("log_entry"))
        except NotFound:
            return False


def first_of(found: Sequence[Incident], *, since: datetime | None) -> Incident | None:
    """The oldest of those created at that time or later; an open one goes first."""
    young = [one for one in found if since is None or one.created_at >= since]
    return min(
        young,
        key=lambda one: (one.status is IncidentStatus.RESOLVED, one.created_at),
        default=None,
    )


def _body(draft: IncidentDraft) -> dict[str, object]:
    body: dict[str, object] = {
        "type": "incident",
        "title": draft.title,
        "service": {"id": draft.service_id, "type": "service_reference"},
        "incident_key": draft.incident_key,
        "body": {"type": "incident_body", "details": draft.details},
    }
    if draft.urgency:
        body["urgency"] = draft.urgency
    if draft.priority_id:
        body["priority"] = {"id": draft.priority_id, "type": "priority_reference"}
    return body
