"""Puts together the two vendors' clients over both secrets, whatever they say by then."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from pdjira.adapters.aws.secrets import CachedSecret, StoredSecretVersions
from pdjira.adapters.aws.stored_mapping import read_item
from pdjira.adapters.connection_secret import (
    Connection,
    JiraConnection,
    JwtAuth,
    PagerDutyConnection,
    parse_connection,
)
from pdjira.adapters.http.messages import Site
from pdjira.adapters.http.probe import Probe
from pdjira.adapters.jira.client import JiraClient
from pdjira.adapters.jira.session import Access
from pdjira.adapters.pagerduty.client import PagerDutyClient
from pdjira.errors import Misconfigured
from pdjira.mappings.check import MappingCheck
from pdjira.model.ports import Mappings


def now() -> datetime:
    """The time now, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Connections:
    """Both secrets as they stand, read again as often as their caches allow.

    `auth_token` is what signs requests to Jira in the mode `jwt`; it is read in no other.
    """

    secret: CachedSecret
    auth_token: CachedSecret
    allow_insecure: bool

    def jira(self) -> JiraConnection:
        """Raises `Misconfigured` where the secret is empty or not as it must be."""
        return self._current().jira

    def pagerduty(self) -> PagerDutyConnection:
        """Raises `Misconfigured` where the secret is empty or not as it must be."""
        return self._current().pagerduty

    def jira_client(self) -> JiraClient:
        """A client that follows the secret."""
        access = Access(
            connection=self.jira, signing_key=self.auth_token, allow_insecure=self.allow_insecure
        )
        return JiraClient(access, clock=now, monotonic=time.monotonic)

    def jira_probe(self) -> Probe:
        """Tries the way to the Jira of the secret."""
        return Probe(self._jira_site)

    def pagerduty_client(self) -> PagerDutyClient:
        """A client that follows the secret."""
        return PagerDutyClient(self.pagerduty, allow_insecure=self.allow_insecure)

    def secret_versions(self) -> StoredSecretVersions:
        """Names the credentials that are in force."""
        return StoredSecretVersions(self.secret, self.auth_token, signs=self._signs)

    def mapping_check(self, mappings: Mappings) -> MappingCheck:
        """What judges mappings by what both sides offer now, and by the other mappings."""
        jira = self.jira_client()
        return MappingCheck(
            read=read_item,
            jira=jira.catalogue(),
            searches=jira.searches(),
            pagerduty=self.pagerduty_client().catalogue(),
            mappings=mappings,
            clock=now,
        )

    def _signs(self) -> bool:
        try:
            return isinstance(self.jira().auth, JwtAuth)
        except Misconfigured:
            return False

    def _jira_site(self) -> Site:
        jira = self.jira()
        return Site(
            name="Jira", url=jira.url, ca_pem=jira.ca_pem, allow_insecure=self.allow_insecure
        )

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
