"""What a connection is tried and judged by before it is in force."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from pydantic import SecretStr, ValidationError

from pdjira.adapters.connection_secret import JiraConnection, PagerDutyConnection, problems_of
from pdjira.adapters.http.transport import OpenTransport, Transport
from pdjira.adapters.jira.client import JiraClient
from pdjira.adapters.jira.session import JiraAccess
from pdjira.adapters.pagerduty.client import PagerDutyClient
from pdjira.connection.form import FieldProblem
from pdjira.errors import PdjiraError, Refused, Temporary, Unauthenticated
from pdjira.model.ports import Clock

_FIRST_OF = {"jira": "jira.url", "pagerduty": "pagerduty.api_token", "jira.auth": "jira.auth.mode"}
"""The input at which people are told that a whole part is missing."""

_PORTS = {"http": 80, "https": 443}

_NOBODY = "nobody@example.com"
"""Reading needs no user of PagerDuty, but the header From an address."""


@dataclass(frozen=True, slots=True)
class ConnectionRules:
    """`SecretRules`; `allow_insecure` admits http and loopback addresses."""

    allow_insecure: bool

    def problems(self, text: str) -> Sequence[FieldProblem]:
        """As the port says."""
        found = problems_of(text, allow_insecure=self.allow_insecure)
        return tuple(
            FieldProblem(field=_FIRST_OF.get(name, name), says=says) for name, says in found
        )

    def origin(self, url: str) -> str:
        """As the port says; empty for what is no address."""
        try:
            parts = urlsplit(url.strip())
            port = parts.port or _PORTS.get(parts.scheme)
        except ValueError:
            return ""
        host = (parts.hostname or "").rstrip(".")
        return f"{parts.scheme}://{host}:{port}" if host else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PagerDutyAccounts:
    """`Accounts`. The region is found by a call that every key may make or is refused by name."""

    allow_insecure: bool
    open_transport: OpenTransport = Transport

    def find(self, key: str, *, among: Sequence[str]) -> str | None:
        """As the port says; what no header can hold is no key."""
        silent: PdjiraError | None = None
        for address in among:
            try:
                self._client(address, key).rights().read_incidents()
            except (Unauthenticated, ValidationError):
                continue
            except Refused:
                return address
            except Temporary as error:
                silent = error
            else:
                return address
        if silent:
            raise silent
        return None

    def users(self, key: str, *, among: Sequence[str]) -> Sequence[tuple[str, str]]:
        """As the port says."""
        address = self.find(key, among=among)
        return self._client(address, key).catalogue().first_users() if address else ()

    def _client(self, address: str, key: str) -> PagerDutyClient:
        connection = PagerDutyConnection.model_validate(
            {"api_url": address, "api_token": SecretStr(key), "from_email": _NOBODY},
            context={"allow_insecure": self.allow_insecure},
        )
        return PagerDutyClient(
            lambda: connection,
            allow_insecure=self.allow_insecure,
            open_transport=self.open_transport,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class JiraTokenTrial:
    """A sign-in to the Jira that `connection` names, signed as it says there."""

    connection: Callable[[], JiraConnection]
    allow_insecure: bool
    clock: Clock
    monotonic: Callable[[], float]

    def is_taken(self, token: str) -> bool:
        """As the port says."""
        access = JiraAccess(
            connection=self.connection,
            signing_key=_Fixed(token),
            allow_insecure=self.allow_insecure,
        )
        try:
            JiraClient(access, clock=self.clock, monotonic=self.monotonic).who_am_i()
        except Unauthenticated:
            return False
        return True


@dataclass(frozen=True, slots=True)
class _Fixed:
    """A signing key that stays as it is."""

    token: str

    def value(self) -> str:
        """The key."""
        return self.token

    def refresh(self) -> bool:
        """It never changes."""
        return False

    def __repr__(self) -> str:
        return type(self).__name__
