"""Puts together the two vendors' clients over the connection secret, whatever it says by then."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from pdjira.adapters.aws.secrets import CachedSecret
from pdjira.adapters.connection_secret import (
    Connection,
    JiraConnection,
    PagerDutyConnection,
    parse_connection,
)
from pdjira.adapters.jira.client import JiraClient
from pdjira.adapters.pagerduty.client import PagerDutyClient
from pdjira.errors import Misconfigured


def now() -> datetime:
    """The time now, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Connections:
    """The connection secret as it stands, read again as often as its cache allows."""

    secret: CachedSecret
    allow_insecure: bool

    def jira(self) -> JiraConnection:
        """Raises `Misconfigured` where the secret is empty or not as it must be."""
        return self._current().jira

    def pagerduty(self) -> PagerDutyConnection:
        """Raises `Misconfigured` where the secret is empty or not as it must be."""
        return self._current().pagerduty

    def jira_client(self) -> JiraClient:
        """A client that follows the secret."""
        return JiraClient(
            self.jira, allow_insecure=self.allow_insecure, clock=now, monotonic=time.monotonic
        )

    def pagerduty_client(self) -> PagerDutyClient:
        """A client that follows the secret."""
        return PagerDutyClient(self.pagerduty, allow_insecure=self.allow_insecure)

    def _current(self) -> Connection:
        return _parsed(self.secret.value(), allow_insecure=self.allow_insecure)


@lru_cache(maxsize=1)
def _parsed(raw: str, *, allow_insecure: bool) -> Connection:
    connection = parse_connection(raw, allow_insecure=allow_insecure)
    if connection is None:
        raise Misconfigured(
            "The connection secret is still empty, so neither Jira nor PagerDuty can be reached.",
            cure="Fill the connection secret in Secrets Manager; docs/configuration.md shows it.",
        )
    return connection
