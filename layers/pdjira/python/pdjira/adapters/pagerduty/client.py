"""Speaks with PagerDuty's REST API v2 for the use cases."""

import time
from collections import abc
from collections.abc import Callable, Sequence
from datetime import datetime

from pdjira.adapters.connection_secret import PagerDutyConnection
from pdjira.adapters.http.messages import Answer, Call, Site, segment
from pdjira.adapters.http.transport import OpenTransport, Transport
from pdjira.adapters.pagerduty import incidents
from pdjira.adapters.pagerduty.answers import is_pagerduty_error, is_so_already, read_object
from pdjira.adapters.pagerduty.catalogue import (
    PagerDutyRights,
    PagerDutySubscriptions,
    RestPagerDutyCatalogue,
    RestUsers,
    custom_fields,
)
from pdjira.adapters.pagerduty.history import PagerDutyHistory
from pdjira.adapters.pagerduty.pager import RestPager
from pdjira.errors import Misconfigured, NotFound, Side, Temporary
from pdjira.model.incident import Incident, IncidentChange, IncidentField, IncidentStatus, Note

_INCLUDED = (
    "body",
    "first_trigger_log_entries",
    "services",
    "priorities",
    "users",
    "assignees",
    "acknowledgers",
)


class PagerDutyClient:
    """The PagerDuty account that `connection` names at the time of each call.

    `allow_insecure` admits http and loopback addresses.
    """

    def __init__(
        self,
        connection: Callable[[], PagerDutyConnection],
        *,
        allow_insecure: bool,
        open_transport: OpenTransport = Transport,
    ) -> None:
        self._connection = connection
        self._allow_insecure = allow_insecure
        self._open_transport = open_transport
        self._transport: Transport | None = None

    def catalogue(self) -> RestPagerDutyCatalogue:
        """What the same account offers to those who set up a mapping."""
        return RestPagerDutyCatalogue(self._ask, self._connection)

    def users(self, *, monotonic: Callable[[], float] = time.monotonic) -> RestUsers:
        """Who is a user there; `monotonic` is in seconds and ages what is remembered."""
        return RestUsers(self._ask, account=lambda: self._connection().api_url, monotonic=monotonic)

    def pager(self) -> RestPager:
        """What opens incidents there."""
        return RestPager(self._send)

    def rights(self) -> PagerDutyRights:
        """What our key may do there."""
        return PagerDutyRights(self._ask, self._connection)

    def history(self) -> PagerDutyHistory:
        """What is open there, and what happened."""
        return PagerDutyHistory(self._ask)

    def subscriptions(self) -> PagerDutySubscriptions:
        """What that account delivers."""
        return PagerDutySubscriptions(self._ask, self._tell)

    def get_incident(self, incident_id: str) -> Incident:
        """As the port says. `include[]=body` is undocumented, but in wide use."""
        query = tuple(("include[]", name) for name in _INCLUDED)
        answer = self._ask(_read(f"/incidents/{segment(incident_id)}", query))
        row = answer.get("incident")
        try:
            return incidents.incident(row if isinstance(row, dict) else {})
        except ValueError as error:
            raise Temporary(f"PagerDuty's answer cannot be understood: {error}.") from error

    def trigger_details(self, log_entry_id: str) -> str | None:
        """As the port says; an entry that is gone has none."""
        path = f"/log_entries/{segment(log_entry_id)}"
        try:
            answer = self._ask(_read(path, (("include[]", "channels"),)))
        except NotFound:
            return None
        return incidents.trigger_details(answer.get("log_entry"))

    def writes_as(self) -> str:
        """As the port says."""
        return self._connection().from_email

    def list_notes(self, incident_id: str) -> Sequence[Note]:
        """As the port says; PagerDuty gives them in one page."""
        rows = self._ask(_read(f"/incidents/{segment(incident_id)}/notes")).get("notes")
        if not isinstance(rows, list):
            raise Temporary("PagerDuty's answer names no notes.")
        notes = map(incidents.note, rows)
        return tuple(note for note in notes if note is not None)

    def add_note(self, incident_id: str, content: str, *, by: str | None = None) -> Note:
        """As the port says. PagerDuty takes at most 65,535 single-byte characters."""
        call = Call(
            method="POST",
            path=f"/incidents/{segment(incident_id)}/notes",
            repeatable=False,
            body={"note": {"content": content}},
        )
        note = incidents.note(self._ask(call, by=by).get("note"))
        if note is None:
            raise call.lost("PagerDuty took the note, but its answer names none.")
        return note

    def change_incident(self, incident_id: str, change: IncidentChange) -> None:
        """As the port says; what is so already is no refusal (codes 1001 and 1002)."""
        path = f"/incidents/{segment(incident_id)}"
        body = {"incident": incidents.change_body(change)}
        call = Call(method="PUT", path=path, repeatable=True, body=body)
        answer, site = self._send(call, by=change.by)
        if not is_so_already(answer):
            read_object(answer, site=site, call=call)

    def incident_fields(self, incident_id: str) -> abc.Mapping[str, IncidentField]:
        """As the port says."""
        return custom_fields(self._ask(_read(_values_path(incident_id))))

    def set_incident_field(
        self, incident_id: str, name: str, value: object
    ) -> abc.Mapping[str, IncidentField]:
        """As the port says. PagerDuty takes a field by its name, and answers with all of them."""
        body = {"custom_fields": [{"name": name, "value": value}]}
        path = _values_path(incident_id)
        return custom_fields(self._ask(Call(method="PUT", path=path, repeatable=True, body=body)))

    def has_been(self, incident_id: str, status: IncidentStatus, *, since: datetime) -> bool:
        """As the port says, by the newest 100 entries of the log's overview."""
        query = (("since", since.isoformat()), ("is_overview", "true"), ("limit", "100"))
        said = self._ask(_read(f"/incidents/{segment(incident_id)}/log_entries", query))
        return incidents.tells_of(said.get("log_entries"), status)

    def _ask(self, call: Call, *, by: str | None = None) -> dict[str, object]:
        answer, site = self._send(call, by=by)
        return read_object(answer, site=site, call=call)

    def _tell(self, call: Call) -> None:
        """Send what is answered without a body where it succeeds."""
        answer, site = self._send(call)
        if not answer.ok or answer.body.strip():
            read_object(answer, site=site, call=call)

    def _send(self, call: Call, *, by: str | None = None) -> tuple[Answer, Site]:
        """The answer as it came; `by` is the e-mail address of the user who does it."""
        connection = self._connection()
        transport = self._transport_to(connection.api_url)
        headers = {
            "Accept": "application/vnd.pagerduty+json;version=2",
            "Authorization": f"Token token={connection.api_token.get_secret_value()}",
            "From": _sender(by or connection.from_email),
        }
        return transport.send(call.with_headers(headers)), transport.site

    def _transport_to(self, url: str) -> Transport:
        if self._transport is not None and self._transport.site.url == url:
            return self._transport
        site = Site(
            name="PagerDuty", url=url, allow_insecure=self._allow_insecure, side=Side.PAGERDUTY
        )
        opened = self._open_transport(site, own_error=is_pagerduty_error)
        if self._transport is not None:
            self._transport.close()
        self._transport = opened
        return opened


def _sender(email: str) -> str:
    """The address as a header holds it. Raises `Misconfigured` for what none can hold."""
    if email.isascii() and email.isprintable():
        return email
    raise Misconfigured(
        f"Nothing can be written to PagerDuty in the name of {email}: the address holds characters "
        "that no header can (RFC 9110 allows ASCII).",
        cure="Correct `sync_notes_user.email` of the mapping, as PagerDuty shows it for that user.",
    )


def _values_path(incident_id: str) -> str:
    return f"/incidents/{segment(incident_id)}/custom_fields/values"


def _read(path: str, query: Sequence[tuple[str, str]] = ()) -> Call:
    return Call(method="GET", path=path, repeatable=True, query=query)
