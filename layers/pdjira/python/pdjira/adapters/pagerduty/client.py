"""Speaks with PagerDuty's REST API v2 for the use cases."""

import time
from collections import abc
from collections.abc import Callable, Sequence
from datetime import datetime
from http import HTTPStatus

from pdjira.adapters.connection_secret import PagerDutyConnection
from pdjira.adapters.http.messages import Answer, Call, Site, segment
from pdjira.adapters.http.transport import OpenTransport, Transport
from pdjira.adapters.pagerduty import incidents
from pdjira.adapters.pagerduty.catalogue import (
    PagerDutyRights,
    PagerDutySubscriptions,
    RestPagerDutyCatalogue,
    RestUsers,
    custom_fields,
)
from pdjira.adapters.pagerduty.incidents import PagerDutyHistory
from pdjira.errors import (
    Misconfigured,
    NotFound,
    PdjiraError,
    Refused,
    Side,
    Temporary,
    Unauthenticated,
)
from pdjira.jql.opening_rules import IncidentDraft
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


Send = Callable[[Call], tuple[Answer, Site]]
"""Sends one call with our key, and as our user: the answer as it came, and who gave it."""


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
            raise call.lost(
                "PagerDuty opened the incident, but its answer does not name it."
            ) from error

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
            raise call.lost("PagerDuty added the note, but its answer does not name it.")
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
        return transport.send(call, headers), transport.site

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


_UNKNOWN = frozenset({2100, 5001})

_SO_ALREADY = frozenset({1001, 1002})

_ARGUMENTS = 2002

_FROM = frozenset({1008, 1028})

_LONGEST_MESSAGE = 500


def is_pagerduty_error(answer: Answer) -> bool:
    """Whether the body is PagerDuty's own `{"error": {"message", "code"}}`."""
    error = answer.object().get("error")
    return isinstance(error, dict) and bool(error.keys() & {"message", "code"})


def is_so_already(answer: Answer) -> bool:
    """Whether PagerDuty refuses a status because the incident has it: codes 1001 and 1002."""
    _, code = _said(answer)
    return not answer.ok and code in _SO_ALREADY


def is_open_already(answer: Answer) -> bool:
    """Whether an open incident has that key: code 2002, which stands for other things as well."""
    messages, code = _said(answer)
    return code == _ARGUMENTS and any("matching dedup key" in one.lower() for one in messages)


def read_object(answer: Answer, *, site: Site, call: Call) -> dict[str, object]:
    """The JSON object of a successful answer; anything else is raised as an error of ours.

    `Unauthenticated` for a key that is not accepted, `NotFound` for what PagerDuty does not know,
    `Misconfigured` for a From user that it does not know, else `Refused`.
    """
    body = answer.result()
    if body is not None:
        return body
    if answer.redirects:
        raise Temporary(
            f"{site.label} sent {call.where} elsewhere; redirects are not followed.",
            cure="Check pagerduty.api_url in the connection secret.",
        )
    if not answer.ok:
        raise _refusal(answer, site, call)
    raise call.lost(
        f"{site.label} answered {call.where} with something that is no JSON object.",
        cure="Check pagerduty.api_url in the connection secret, and what stands between.",
    )


def _refusal(answer: Answer, site: Site, call: Call) -> PdjiraError:
    messages, code = _said(answer)
    reason = " ".join(messages).rstrip(".") or "it gives no reason"
    if answer.status == HTTPStatus.UNAUTHORIZED:
        return Unauthenticated(
            f"{site.label} does not accept our API key.",
            cure="Enter a valid key as pagerduty.api_token; a key of the EU service region needs "
            "https://api.eu.pagerduty.com as pagerduty.api_url.",
            side=Side.PAGERDUTY,
        )
    if _is_from_problem(messages, code):
        return Misconfigured(
            f"{site.label} does not know the user of pagerduty.from_email: {reason}.",
            cure="Enter the e-mail address of an active PagerDuty user as pagerduty.from_email.",
        )
    if answer.status == HTTPStatus.NOT_FOUND or code in _UNKNOWN:
        return _unknown(answer, site, f"{call.where}: {reason}")
    if answer.is_failure:
        return Temporary(f"{site.label} failed at {call.where}: {reason}.")
    return Refused(
        f"{site.label} refused {call.where}: {reason}.",
        cure=_cure(answer, call),
        status=answer.status,
        messages=messages,
    )


def _cure(answer: Answer, call: Call) -> str | None:
    if answer.status == HTTPStatus.PAYMENT_REQUIRED:
        return "Ask PagerDuty for the plan that contains this, or leave the feature out."
    if answer.status == HTTPStatus.FORBIDDEN:
        right = "read this" if call.method == "GET" else "write incidents"
        return f"Use an API key with full access, or give its user the right to {right}."
    return None


_LISTS = ("GET /incidents:", "GET /log_entries:")
"""What every account has."""


def _unknown(answer: Answer, site: Site, what: str) -> PdjiraError:
    url = (
        "Check pagerduty.api_url in the connection secret: nothing follows "
        "https://api.pagerduty.com or https://api.eu.pagerduty.com there."
    )
    if answer.is_html:
        return Misconfigured(
            f"Nothing at {site.label} knows {what}: that is not PagerDuty's REST API.", cure=url
        )
    gone = "Check that it was not deleted, and that the API key is of the same account."
    return NotFound(
        f"{site.label} knows nothing there for {what}.",
        cure=url if what.startswith(_LISTS) else gone,
    )


def _is_from_problem(messages: tuple[str, ...], code: object) -> bool:
    """Codes 1008 and 1028, or the text without a code that the header's absence gets."""
    return code in _FROM or any('"from" header' in message.lower() for message in messages)


def _said(answer: Answer) -> tuple[tuple[str, ...], object]:
    error = answer.object().get("error")
    if not isinstance(error, dict):
        return (), None
    errors = error.get("errors")
    parts = [error.get("message"), *(errors if isinstance(errors, list) else [])]
    messages = (" ".join(part.split())[:_LONGEST_MESSAGE] for part in parts if _is_text(part))
    return tuple(message for message in messages if message), error.get("code")


def _is_text(part: object) -> bool:
    return isinstance(part, str)


_PATH = "/incidents"

_PAGE = "100"
"""How many incidents PagerDuty lists at once: whoever may send alerts chooses their keys."""

_STATUSES = ("triggered", "acknowledged", "resolved")


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
