"""Puts together what `JqlPollerFunction` runs."""

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3

from pdjira.adapters.aws.circuits import DynamoCircuits
from pdjira.adapters.aws.clients import CONFIG
from pdjira.adapters.aws.jql_pauses import DynamoPauses
from pdjira.adapters.aws.links import DynamoLinks
from pdjira.adapters.aws.mappings import DynamoMappings
from pdjira.adapters.aws.match_rows import DynamoMatchRows
from pdjira.adapters.aws.openings import DynamoBrakes, DynamoCursors
from pdjira.adapters.aws.queue import SqsSignalQueue
from pdjira.adapters.aws.secrets import CachedSecret
from pdjira.adapters.aws.versioned import VersionedItems
from pdjira.adapters.connection_secret import parse_connection
from pdjira.application.braking import Braking
from pdjira.application.circuits import Breaker
from pdjira.application.poll import Poll
from pdjira.bootstrap.connections import Connections, now
from pdjira.settings import JqlPollerSettings, load

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stack:
    """What lasts from one invocation to the next."""

    settings: JqlPollerSettings
    dynamodb: "DynamoDBClient"
    queue: SqsSignalQueue
    connections: Connections

    def poll(self) -> Poll | None:
        """A round of searches; None while the connection secret is empty."""
        connections, settings = self.connections, self.settings
        raw = connections.secret.value()
        if parse_connection(raw, allow_insecure=settings.allow_insecure_endpoints) is None:
            return None
        items = VersionedItems(self.dynamodb, settings.links_table)
        return Poll(
            mappings=DynamoMappings(self.dynamodb, settings.mappings_table),
            searches=connections.jira_client().searches(),
            rows=DynamoMatchRows(self.dynamodb, settings.links_table),
            cursors=DynamoCursors(items),
            braking=self._braking(items),
            links=self._links(),
            queue=self.queue,
            breaker=self._breaker(),
            clock=now,
        )

    def _braking(self, items: VersionedItems) -> Braking:
        return Braking(
            brakes=DynamoBrakes(items),
            rows=DynamoMatchRows(self.dynamodb, self.settings.links_table),
            pauses=DynamoPauses(self.dynamodb, self.settings.mappings_table),
            links=self._links(),
            pagerduty=self.connections.pagerduty_client(),
            clock=now,
            stack_limit=self.settings.max_incidents_per_hour,
        )

    def _breaker(self) -> Breaker:
        circuits = DynamoCircuits(
            self.dynamodb, self.settings.links_table, clock=now, monotonic=time.monotonic
        )
        return Breaker(circuits=circuits, secrets=self.connections.secret_versions(), clock=now)

    def _links(self) -> DynamoLinks:
        return DynamoLinks(self.dynamodb, self.settings.links_table, writer=uuid.uuid4().hex)


def poller(environment: Mapping[str, str]) -> Callable[[], Poll | None]:
    """Yields a round for each invocation; None while the connection secret is empty.

    Raises `Misconfigured` where the environment lacks a variable.
    """
    settings = load(JqlPollerSettings, environment)
    session = boto3.session.Session()
    secrets: SecretsManagerClient = session.client("secretsmanager", config=CONFIG)

    def secret(secret_id: str) -> CachedSecret:
        return CachedSecret(secrets, secret_id=secret_id, monotonic=time.monotonic)

    stack = _Stack(
        settings=settings,
        dynamodb=session.client("dynamodb", config=CONFIG),
        queue=SqsSignalQueue(session.client("sqs", config=CONFIG), settings.sync_queue_url),
        connections=Connections(
            secret=secret(settings.connection_secret_arn),
            auth_token=secret(settings.auth_token_secret_arn),
            allow_insecure=settings.allow_insecure_endpoints,
        ),
    )
    return stack.poll
