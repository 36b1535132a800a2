"""Puts together what `SyncWorkerFunction` runs."""

import random
import time
import uuid
from collections import abc
from typing import TYPE_CHECKING

import boto3

from pdjira.adapters.aws.circuits import DynamoCircuits
from pdjira.adapters.aws.comment_records import (
    DynamoCommentRecords,
    DynamoKeptComments,
    DynamoNoteRecords,
)
from pdjira.adapters.aws.items import CONFIG
from pdjira.adapters.aws.leases import DynamoAttempts
from pdjira.adapters.aws.links import DynamoLinks
from pdjira.adapters.aws.mappings import DynamoMappings, DynamoPauses
from pdjira.adapters.aws.openings import DynamoBrakes, DynamoMatchRows, DynamoOpenings
from pdjira.adapters.aws.queue import SqsSignalQueue, decode, decode_record
from pdjira.adapters.aws.secrets import CachedSecret
from pdjira.adapters.aws.sweeps import DynamoResyncs
from pdjira.adapters.aws.versioned import VersionedItems
from pdjira.adapters.aws.workflows import DynamoWorkflows
from pdjira.bootstrap.connections import Connections, now
from pdjira.circuits.breaker import Breaker
from pdjira.jql.braking import Braking
from pdjira.jql.opening import Opener
from pdjira.settings import SyncWorkerSettings, load
from pdjira.sweep.joining import IncidentJoiner, Joiner, Telling
from pdjira.sync.assemble import Sides, Stores, synchroniser
from pdjira.sync.notes.steps import KeepingBack
from pdjira.sync.notices.steps import OwnNotes
from pdjira.sync.synchronise import Synchroniser
from pdjira.worker.consume import Consumer

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

__all__ = ["consumer", "decode_record"]


def consumer(environment: abc.Mapping[str, str]) -> Consumer:
    """Raises `Misconfigured` where the environment lacks a variable."""
    settings = load(SyncWorkerSettings, environment)
    session = boto3.session.Session()
    dynamodb = session.client("dynamodb", config=CONFIG)
    connections = _connections(settings, session)
    queue = SqsSignalQueue(
        session.client("sqs", config=CONFIG),
        settings.sync_queue_url,
        dead_letter_url=settings.dead_letter_queue_url,
    )
    return Consumer(
        synchroniser=_synchroniser(settings, connections, dynamodb),
        opener=_opener(settings, connections, dynamodb, queue),
        joiner=_joiner(settings, connections, dynamodb, queue),
        queue=queue,
        attempts=DynamoAttempts(dynamodb, settings.links_table, clock=now),
        resyncs=DynamoResyncs(dynamodb, settings.links_table),
        decode=decode,
        clock=now,
        jitter=random.random,
    )


def _breaker(
    settings: SyncWorkerSettings, connections: Connections, dynamodb: "DynamoDBClient"
) -> Breaker:
    circuits = DynamoCircuits(dynamodb, settings.links_table, clock=now, monotonic=time.monotonic)
    return Breaker(circuits=circuits, secrets=connections.secret_versions(), clock=now)


def _connections(settings: SyncWorkerSettings, session: boto3.session.Session) -> Connections:
    client = session.client("secretsmanager", config=CONFIG)

    def secret(secret_id: str) -> CachedSecret:
        return CachedSecret(client, secret_id=secret_id, monotonic=time.monotonic)

    return Connections(
        secret=secret(settings.connection_secret_arn),
        auth_token=secret(settings.auth_token_secret_arn),
        allow_insecure=settings.allow_insecure_endpoints,
    )


def _synchroniser(
    settings: SyncWorkerSettings, connections: Connections, dynamodb: "DynamoDBClient"
) -> Synchroniser:
    jira, pagerduty = connections.jira_client(), connections.pagerduty_client()
    writer = uuid.uuid4().hex
    return synchroniser(
        sides=Sides(
            jira=jira,
            issues=jira.issues(),
            comments=jira.comments(),
            people=jira.people(),
            pagerduty=pagerduty,
            users=pagerduty.users(),
        ),
        stores=Stores(
            mappings=DynamoMappings(dynamodb, settings.mappings_table),
            links=DynamoLinks(dynamodb, settings.links_table, writer=writer),
            workflows=DynamoWorkflows(dynamodb, settings.links_table),
            comment_records=DynamoCommentRecords(dynamodb, settings.links_table, writer=writer),
            kept_comments=DynamoKeptComments(dynamodb, settings.links_table, clock=now),
            note_records=DynamoNoteRecords(dynamodb, settings.links_table, clock=now),
        ),
        breaker=_breaker(settings, connections, dynamodb),
        clock=now,
    )


def _opener(
    settings: SyncWorkerSettings,
    connections: Connections,
    dynamodb: "DynamoDBClient",
    queue: SqsSignalQueue,
) -> Opener:
    jira, pagerduty = connections.jira_client(), connections.pagerduty_client()
    writer = uuid.uuid4().hex
    return Opener(
        jira=jira,
        issues=jira.paging(),
        keeping_back=KeepingBack(
            comments=jira.comments(),
            records=DynamoCommentRecords(dynamodb, settings.links_table, writer=writer),
            clock=now,
        ),
        searches=jira.searches(),
        pager=pagerduty.pager(),
        mappings=DynamoMappings(dynamodb, settings.mappings_table),
        links=DynamoLinks(dynamodb, settings.links_table, writer=writer),
        openings=DynamoOpenings(VersionedItems(dynamodb, settings.links_table)),
        rows=DynamoMatchRows(dynamodb, settings.links_table),
        braking=_braking(settings, connections, dynamodb),
        breaker=_breaker(settings, connections, dynamodb),
        queue=queue,
        clock=now,
        jira_url=lambda: connections.jira().url,
    )


def _joiner(
    settings: SyncWorkerSettings,
    connections: Connections,
    dynamodb: "DynamoDBClient",
    queue: SqsSignalQueue,
) -> Joiner:
    jira, pagerduty = connections.jira_client(), connections.pagerduty_client()
    links = DynamoLinks(dynamodb, settings.links_table, writer=uuid.uuid4().hex)
    breaker = _breaker(settings, connections, dynamodb)
    telling = Telling(links=links, queue=queue, clock=now)
    opener = _opener(settings, connections, dynamodb, queue)
    return Joiner(
        jira=jira,
        paging=jira.paging(),
        ours=jira.own_issues(),
        issue_links=jira.issue_links(),
        pagerduty=pagerduty,
        links=links,
        joins=links,
        incidents=IncidentJoiner(opener=opener, pagerduty=pagerduty, telling=telling),
        telling=telling,
        breaker=breaker,
    )


def _braking(
    settings: SyncWorkerSettings, connections: Connections, dynamodb: "DynamoDBClient"
) -> Braking:
    pagerduty = connections.pagerduty_client()
    return Braking(
        brakes=DynamoBrakes(VersionedItems(dynamodb, settings.links_table)),
        rows=DynamoMatchRows(dynamodb, settings.links_table),
        pauses=DynamoPauses(dynamodb, settings.mappings_table),
        links=DynamoLinks(dynamodb, settings.links_table, writer=uuid.uuid4().hex),
        own_notes=OwnNotes(
            pagerduty=pagerduty,
            users=pagerduty.users(),
            records=DynamoNoteRecords(dynamodb, settings.links_table, clock=now),
            clock=now,
        ),
        clock=now,
        stack_limit=settings.max_incidents_per_hour,
    )
