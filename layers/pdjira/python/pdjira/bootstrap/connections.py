"""One client of each AWS service, and one of each vendor over both secrets, for a process."""

import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, lru_cache, partial
from typing import TYPE_CHECKING

import boto3

from pdjira.adapters.aws.items import CONFIG
from pdjira.adapters.aws.secrets import CachedSecret, StoredSecretVersions
from pdjira.adapters.aws.stored_mapping import read_item
from pdjira.adapters.connection_secret import (
    Connection,
    JiraConnection,
    JwtAuth,
    PagerDutyConnection,
    PatAuth,
    misspelt,
    parse_connection,
)
from pdjira.adapters.http.messages import Site
from pdjira.adapters.http.transport import Probe
from pdjira.adapters.jira.client import JiraClient
from pdjira.adapters.jira.session import JiraAccess
from pdjira.adapters.pagerduty.client import PagerDutyClient
from pdjira.errors import Misconfigured
from pdjira.health.endings import Endings
from pdjira.mappings.check import MappingCheck
from pdjira.model.ports import Clock, Mappings
from pdjira.settings import (
    AdminSettings,
    JqlPollerSettings,
    MappingCheckSettings,
    SyncWorkerSettings,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient


now: Clock = partial(datetime.now, UTC)
"""The time now, in UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Aws:
    """The clients that last as long as the process; `session` makes further ones.

    `writer` names this process in what it stores, as 32 hexadecimal digits.
    """

    session: boto3.session.Session
    dynamodb: "DynamoDBClient"
    secrets: "SecretsManagerClient"
    sqs: "SQSClient"
    writer: str


def open_aws() -> Aws:
    """The clients for the account and region of the environment."""
    session = boto3.session.Session()
    return Aws(
        session=session,
        dynamodb=session.client("dynamodb", config=CONFIG),
        secrets=session.client("secretsmanager", config=CONFIG),
        sqs=session.client("sqs", config=CONFIG),
        writer=uuid.uuid4().hex,
    )


@dataclass(frozen=True, kw_only=True)
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

    @cached_property
    def jira_client(self) -> JiraClient:
        """The one client of Jira; it follows the secret."""
        access = JiraAccess(
            connection=self.jira, signing_key=self.auth_token, allow_insecure=self.allow_insecure
        )
        return JiraClient(access, clock=now, monotonic=time.monotonic)

    def is_filled(self) -> bool:
        """Whether the connection secret holds anything yet."""
        raw = self.secret.value()
        return parse_connection(raw, allow_insecure=self.allow_insecure) is not None

    def misspelt(self) -> Sequence[str]:
        """What is no key of the connection secret, each in a sentence. Raises as `jira` does."""
        return misspelt(self.secret.value())

    def jira_probe(self) -> Probe:
        """Tries the way to the Jira of the secret."""
        return Probe(self._jira_site)

    def endings(self) -> Endings:
        """What ends some day."""
        tokens = self.jira_client.access_tokens(
            is_token=lambda: isinstance(self.jira().auth, PatAuth)
        )
        return Endings(way=self.jira_probe(), tokens=tokens.listed, clock=now)

    @cached_property
    def pagerduty_client(self) -> PagerDutyClient:
        """The one client of PagerDuty; it follows the secret."""
        return PagerDutyClient(self.pagerduty, allow_insecure=self.allow_insecure)

    def secret_versions(self) -> StoredSecretVersions:
        """Names the credentials that are in force."""
        return StoredSecretVersions(self.secret, self.auth_token, signs=self.signs)

    def mapping_check(self, mappings: Mappings) -> MappingCheck:
        """What judges mappings by what both sides offer now, and by the other mappings."""
        jira = self.jira_client
        return MappingCheck(
            read=read_item,
            jira=jira.catalogue(),
            issues=jira.issues(),
            rights_in=jira.rights().in_project,
            searches=jira.searches(),
            pagerduty=self.pagerduty_client.catalogue(),
            mappings=mappings,
            account=jira.known_as,
            clock=now,
        )

    def signs(self) -> bool:
        """Whether Jira is signed in to by tokens that we sign."""
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


def connected(
    settings: SyncWorkerSettings | JqlPollerSettings | AdminSettings | MappingCheckSettings,
    aws: Aws,
) -> Connections:
    """New connections, which have read nothing yet."""

    def secret(secret_id: str) -> CachedSecret:
        return CachedSecret(aws.secrets, secret_id=secret_id, monotonic=time.monotonic)

    return Connections(
        secret=secret(settings.connection_secret_arn),
        auth_token=secret(settings.auth_token_secret_arn),
        allow_insecure=settings.allow_insecure_endpoints,
    )


@lru_cache(maxsize=1)
def _parsed(raw: str, *, allow_insecure: bool) -> Connection:
    connection = parse_connection(raw, allow_insecure=allow_insecure)
    if connection is None:
        raise Misconfigured(
            "The connection secret is still empty, so neither Jira nor PagerDuty can be reached.",
            cure="Fill the connection secret in Secrets Manager; "
            "docs/reference/connection-secret.md shows it.",
        )
    return connection
