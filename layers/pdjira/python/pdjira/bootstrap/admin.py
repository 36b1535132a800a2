"""Puts together what `AdminFunction` runs."""

import time
import uuid
from collections import abc
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3

from pdjira.adapters.aws.circuits import DynamoCircuits
from pdjira.adapters.aws.comment_records import DynamoNoteRecords
from pdjira.adapters.aws.gateway import LambdaStarter
from pdjira.adapters.aws.items import CONFIG
from pdjira.adapters.aws.links import DynamoLinks
from pdjira.adapters.aws.mappings import DynamoMappingItems, DynamoMappings, DynamoPauses
from pdjira.adapters.aws.openings import DynamoBrakes, DynamoCursors, DynamoMatchRows
from pdjira.adapters.aws.queue import SqsSignalQueue
from pdjira.adapters.aws.secrets import CachedSecret
from pdjira.adapters.aws.sweeps import DynamoSweepResults
from pdjira.adapters.aws.unreadable import DynamoUnreadableItems
from pdjira.adapters.aws.versioned import VersionedItems
from pdjira.adapters.aws.webhook_secrets import StoredActionToken, StoredWebhookSecrets
from pdjira.adapters.aws.workflows import DynamoWorkflows
from pdjira.adapters.pagerduty.client import PagerDutyClient
from pdjira.admin.administer import Administration
from pdjira.admin.rehearsal import Rehearsal
from pdjira.bootstrap.connections import Connections, now
from pdjira.health.checks import CircuitHealth
from pdjira.health.health import Health
from pdjira.health.jira import JiraHealth
from pdjira.health.jql import JqlHealth
from pdjira.health.pagerduty import PagerDutyHealth
from pdjira.health.sweep import SweepHealth
from pdjira.health.webhooks import WebhookHealth
from pdjira.jql.braking import Braking, Release
from pdjira.mappings.exchange import Export, Import
from pdjira.settings import AdminSettings, load
from pdjira.sweep.sweep import Recovery
from pdjira.sync.notices.steps import OwnNotes

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stack:
    """What lasts from one invocation to the next."""

    settings: AdminSettings
    secrets: "SecretsManagerClient"
    queue: SqsSignalQueue
    links: DynamoLinks
    unreadable: DynamoUnreadableItems
    mappings: DynamoMappings
    mapping_items: DynamoMappingItems
    workflows: DynamoWorkflows
    circuits: DynamoCircuits
    rows: DynamoMatchRows
    brakes: DynamoBrakes
    note_records: DynamoNoteRecords
    pauses: DynamoPauses
    cursors: DynamoCursors
    sweep_results: DynamoSweepResults
    starter: LambdaStarter

    def administration(self) -> Administration:
        """One that reads the secrets afresh."""
        secret = self._secret(self.settings.connection_secret_arn)
        connections = Connections(
            secret=secret,
            auth_token=self._secret(self.settings.auth_token_secret_arn),
            allow_insecure=self.settings.allow_insecure_endpoints,
        )
        pagerduty = connections.pagerduty_client()
        check = connections.mapping_check(self.mappings)
        return Administration(
            health=self._health(connections, pagerduty),
            pagerduty=pagerduty,
            queue=self.queue,
            mapping_check=check,
            export=Export(items=self.mapping_items),
            import_=Import(
                items=self.mapping_items, check=check, jira=check.jira, pagerduty=check.pagerduty
            ),
            rehearsal=self._rehearsal(connections),
            release=self._release(connections, pagerduty),
            recovery=Recovery(cursors=self.cursors, starter=self.starter, clock=now),
            new_id=lambda: uuid.uuid4().hex,
        )

    def _health(self, connections: Connections, pagerduty: PagerDutyClient) -> Health:
        jira = connections.jira_client()
        return Health(
            jira=JiraHealth(
                way=connections.jira_probe(),
                jira=jira,
                rights=jira.rights(),
                mappings=self.mappings,
                clock=now,
                clock_told=jira.clock_told,
            ),
            pagerduty=PagerDutyHealth(rights=pagerduty.rights()),
            webhooks=WebhookHealth(
                secrets=StoredWebhookSecrets(connections.secret),
                action_token=StoredActionToken(connections.secret),
                subscriptions=pagerduty.subscriptions(),
                mappings=self.mappings,
            ),
            circuits=CircuitHealth(circuits=self.circuits, secrets=connections.secret_versions()),
            jql=self._jql_health(),
            queue=self.queue,
            mappings=self.mappings,
            links=self.links,
            unreadable=self.unreadable,
            sweep=SweepHealth(
                results=self.sweep_results, mappings=self.mappings, cursors=self.cursors, clock=now
            ),
        )

    def _jql_health(self) -> JqlHealth:
        return JqlHealth(
            mappings=self.mappings,
            cursors=self.cursors,
            brakes=self.brakes,
            rows=self.rows,
            clock=now,
        )

    def _rehearsal(self, connections: Connections) -> Rehearsal:
        jira = connections.jira_client()
        return Rehearsal(
            jira=jira,
            issues=jira.issues(),
            comments=jira.comments(),
            workflows=self.workflows,
            mappings=self.mappings,
            clock=now,
        )

    def _release(self, connections: Connections, pagerduty: PagerDutyClient) -> Release:
        braking = Braking(
            brakes=self.brakes,
            rows=self.rows,
            pauses=self.pauses,
            links=self.links,
            own_notes=OwnNotes(
                pagerduty=pagerduty,
                users=pagerduty.users(),
                records=self.note_records,
                clock=now,
            ),
            clock=now,
            stack_limit=self.settings.max_incidents_per_hour,
        )
        return Release(
            mappings=self.mappings,
            searches=connections.jira_client().searches(),
            rows=self.rows,
            braking=braking,
            queue=self.queue,
            clock=now,
        )

    def _secret(self, secret_id: str) -> CachedSecret:
        return CachedSecret(self.secrets, secret_id=secret_id, monotonic=time.monotonic)


def administration(environment: abc.Mapping[str, str]) -> Callable[[], Administration]:
    """Yields a fresh administration for each invocation, which reads the secret afresh.

    Raises `Misconfigured` where the environment lacks a variable.
    """
    settings = load(AdminSettings, environment)
    session = boto3.session.Session()
    dynamodb = session.client("dynamodb", config=CONFIG)
    stack = _Stack(
        settings=settings,
        secrets=session.client("secretsmanager", config=CONFIG),
        queue=_queue(session, settings),
        links=DynamoLinks(dynamodb, settings.links_table, writer=uuid.uuid4().hex),
        unreadable=DynamoUnreadableItems(dynamodb, settings.links_table),
        mappings=DynamoMappings(dynamodb, settings.mappings_table),
        mapping_items=DynamoMappingItems(dynamodb, settings.mappings_table),
        workflows=DynamoWorkflows(dynamodb, settings.links_table),
        circuits=DynamoCircuits(
            dynamodb, settings.links_table, clock=now, monotonic=time.monotonic
        ),
        rows=DynamoMatchRows(dynamodb, settings.links_table),
        brakes=DynamoBrakes(VersionedItems(dynamodb, settings.links_table)),
        note_records=DynamoNoteRecords(dynamodb, settings.links_table, clock=now),
        pauses=DynamoPauses(dynamodb, settings.mappings_table),
        cursors=DynamoCursors(VersionedItems(dynamodb, settings.links_table)),
        sweep_results=DynamoSweepResults(dynamodb, settings.links_table),
        starter=_starter(session, settings),
    )
    return stack.administration


def _queue(session: boto3.session.Session, settings: AdminSettings) -> SqsSignalQueue:
    return SqsSignalQueue(
        session.client("sqs", config=CONFIG),
        settings.sync_queue_url,
        dead_letter_url=settings.dead_letter_queue_url,
    )


def _starter(session: boto3.session.Session, settings: AdminSettings) -> LambdaStarter:
    return LambdaStarter(session.client("lambda", config=CONFIG), settings.jql_poller_function)
