"""Finds out what an API key of PagerDuty may do, without changing anything there."""

from collections import abc
from collections.abc import Callable
from contextlib import suppress

from pdjira.adapters.connection_secret import PagerDutyConnection
from pdjira.adapters.http.messages import Call
from pdjira.adapters.pagerduty import incidents
from pdjira.errors import NotFound

NO_INCIDENT = "PDJIRA0NO0INCIDENT"
"""In the place of an incident's id; PagerDuty's own have 7 or 14 characters."""

Ask = Callable[[Call], dict[str, object]]


class PagerDutyRights:
    """`KeyRights`; `ask` sends a call with the key of `connection`."""

    def __init__(self, ask: Ask, connection: Callable[[], PagerDutyConnection]) -> None:
        self._ask = ask
        self._connection = connection

    def read_incidents(self) -> None:
        """As the port says."""
        self._ask(_read("/incidents", ("limit", "1")))

    def read_log_entries(self) -> None:
        """As the port says."""
        self._ask(_read("/log_entries", ("limit", "1")))

    def write_notes(self) -> None:
        """As the port says, by a note for an incident that cannot exist.

        PagerDuty refuses it in any case: a key that may only read with 403, any other with "not
        found". That it judges the key first is assumed, since no document says so; were it the
        other way round, a read-only key would look well here, as it would without this call.
        """
        body = {"note": {"content": "pdjira asks whether it may add notes."}}
        self._try("POST", f"/incidents/{NO_INCIDENT}/notes", body)

    def change_incidents(self) -> None:
        """As the port says, by a title for an incident that cannot exist; see `write_notes`."""
        body = {"incident": {"type": "incident_reference", "title": "May pdjira change incidents?"}}
        self._try("PUT", f"/incidents/{NO_INCIDENT}", body)

    def find_user(self) -> str | None:
        """As the port says; the address is compared without regard to case."""
        email = self._connection().from_email
        found = self._ask(_read("/users", ("query", email), ("limit", "100")))
        return email if email.casefold() in incidents.emails(found.get("users")) else None

    def _try(self, method: str, path: str, body: abc.Mapping[str, object]) -> None:
        with suppress(NotFound):
            self._ask(Call(method=method, path=path, repeatable=True, body=dict(body)))


def _read(path: str, *query: tuple[str, str]) -> Call:
    return Call(method="GET", path=path, repeatable=True, query=query)
