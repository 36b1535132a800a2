"""Puts together what `JqlPollerFunction` runs."""

import time
import uuid
from collections import abc
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3

from pdjira.adapters.aws.circuits import DynamoCircuits
from pdjira.adapters.aws.comment_records import DynamoNoteRecords
from pdjira.adapters.aws.items import CONFIG
from pdjira.adapters.aws.leases import DynamoLeases
from pdjira.adapters.aws.links import DynamoLinks
from pdjira.adapters.aws.mappings import DynamoMappings, DynamoPauses
from pdjira.adapters.aws.openings import DynamoBrakes, DynamoCursors, DynamoMatchRows
from pdjira.adapters.aws.queue import SqsSignalQueue
from pdjira.adapters.aws.secrets import CachedSecret
from pdjira.adapters.aws.versioned import VersionedItems
from pdjira.adapters.connection_secret import parse_connection
from pdjira.adapters.jira.client import JiraClient
from pdjira.adapters.memory import SideBySide
from pdjira.bootstrap.connections import Connections, now
from pdjira.bootstrap.invocation import Context, seconds_left
from pdjira.bootstrap.sweeping import sweep_of
from pdjira.circuits.breaker import Breaker
from pdjira.jql.braking import Braking, Waiting
from pdjira.jql.poll import Poll
from pdjira.model.time_budget import TimeLeft
from pdjira.settings import JqlPollerSettings, load
from pdjira.sweep.sweep import Sweep
from pdjira.sweep.work import Rounds
from pdjira.sync.notices.steps import OwnNotes

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient

LEASE_SECONDS = {"poll": 300.0, "sweep": 900.0}
"""How long a round of a mode keeps the next one out, should it die. It begins nothing more a minute
before that; only the first round of a mapping may take longer. Rounds that overlap do no harm."""

SEARCHES_AT_ONCE = 8
"""500 searches of 100 ms take seven seconds; Jira has hardly more to bear than by the worker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Poller:
    """What lasts from one invocation to the next; threads share it."""

    settings: JqlPollerSettings
    dynamodb: "DynamoDBClient"
    queue: SqsSignalQueue
    connections: Connections
    jira: JiraClient

    def poll(self) -> Poll | None:
        """A round of searches; None while the connection secret is empty."""
        if not self._is_connected():
            return None
        settings = self.settings
        items = VersionedItems(self.dynamodb, settings.links_table)
        return Poll(
            mappings=DynamoMappings(self.dynamodb, settings.mappings_table),
            searches=self.jira.searches(),
            rows=DynamoMatchRows(self.dynamodb, settings.links_table),
            cursors=DynamoCursors(items),
            waiting=self._waiting(items),
            links=self._links(),
            queue=self.queue,
            breaker=self._breaker(),
            clock=now,
            each=SideBySide(SEARCHES_AT_ONCE),
        )

    def sweep(self) -> Sweep | None:
        """A sweep; None while the connection secret is empty."""
        if not self._is_connected():
            return None
        return sweep_of(
            self.settings,
            self.dynamodb,
            connections=self.connections,
            queue=self.queue,
            breaker=self._breaker(),
        )

    def _is_connected(self) -> bool:
        raw = self.connections.secret.value()
        allow_insecure = self.settings.allow_insecure_endpoints
        return parse_connection(raw, allow_insecure=allow_insecure) is not None

    def time_of(self, mode: str, context: Context | None) -> TimeLeft:
        """The time that a round which begins now has: that of its lease, and of the function."""
        end = time.monotonic() + LEASE_SECONDS[mode]
        return lambda: min(seconds_left(context), end - time.monotonic())

    def rounds(self) -> Rounds:
        """What lets one round of a mode run at a time."""
        leases = DynamoLeases(self.dynamodb, self.settings.links_table)
        return Rounds(leases=leases, clock=now, new_owner=lambda: uuid.uuid4().hex)

    def _waiting(self, items: VersionedItems) -> Waiting:
        return Waiting(
            rows=DynamoMatchRows(self.dynamodb, self.settings.links_table),
            braking=self._braking(items),
            queue=self.queue,
            clock=now,
        )

    def _braking(self, items: VersionedItems) -> Braking:
        pagerduty = self.connections.pagerduty_client()
        return Braking(
            brakes=DynamoBrakes(items),
            rows=DynamoMatchRows(self.dynamodb, self.settings.links_table),
            pauses=DynamoPauses(self.dynamodb, self.settings.mappings_table),
            links=self._links(),
            own_notes=OwnNotes(
                pagerduty=pagerduty,
                users=pagerduty.users(),
                records=DynamoNoteRecords(self.dynamodb, self.settings.links_table, clock=now),
                clock=now,
            ),
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


def poller(environment: abc.Mapping[str, str]) -> Poller:
    """Yields a round for each invocation.

    Raises `Misconfigured` where the environment lacks a variable.
    """
    settings = load(JqlPollerSettings, environment)
    session = boto3.session.Session()
    secrets: SecretsManagerClient = session.client("secretsmanager", config=CONFIG)

    def secret(secret_id: str) -> CachedSecret:
        return CachedSecret(secrets, secret_id=secret_id, monotonic=time.monotonic)

    connections = Connections(
        secret=secret(settings.connection_secret_arn),
        auth_token=secret(settings.auth_token_secret_arn),
        allow_insecure=settings.allow_insecure_endpoints,
    )
    return Poller(
        settings=settings,
        dynamodb=session.client("dynamodb", config=CONFIG),
        queue=SqsSignalQueue(session.client("sqs", config=CONFIG), settings.sync_queue_url),
        connections=connections,
        jira=connections.jira_client(),
    )
