"""Puts together what `SyncWorkerFunction` runs."""

import random
import time
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING

import boto3

from pdjira.adapters.aws.attempts import DynamoAttempts
from pdjira.adapters.aws.clients import CONFIG
from pdjira.adapters.aws.links import DynamoLinks
from pdjira.adapters.aws.mappings import DynamoMappings
from pdjira.adapters.aws.messages import decode
from pdjira.adapters.aws.queue import SqsSignalQueue, decode_record
from pdjira.adapters.aws.secrets import CachedSecret
from pdjira.adapters.aws.workflows import DynamoWorkflows
from pdjira.application.assemble import Sides, synchroniser
from pdjira.application.consume import Consumer
from pdjira.application.synchronise import Synchroniser
from pdjira.bootstrap.connections import Connections, now
from pdjira.settings import SyncWorkerSettings, load

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

__all__ = ["consumer", "decode_record"]


def consumer(environment: Mapping[str, str]) -> Consumer:
    """Raises `Misconfigured` where the environment lacks a variable."""
    settings = load(SyncWorkerSettings, environment)
    session = boto3.session.Session()
    dynamodb = session.client("dynamodb", config=CONFIG)
    return Consumer(
        synchroniser=_synchroniser(settings, _connections(settings, session), dynamodb),
        queue=SqsSignalQueue(
            session.client("sqs", config=CONFIG),
            settings.sync_queue_url,
            dead_letter_url=settings.dead_letter_queue_url,
        ),
        attempts=DynamoAttempts(dynamodb, settings.links_table, clock=now),
        decode=decode,
        clock=now,
        jitter=random.random,
    )


def _connections(settings: SyncWorkerSettings, session: boto3.session.Session) -> Connections:
    secret = CachedSecret(
        session.client("secretsmanager", config=CONFIG),
        secret_id=settings.connection_secret_arn,
        monotonic=time.monotonic,
    )
    return Connections(secret=secret, allow_insecure=settings.allow_insecure_endpoints)


def _synchroniser(
    settings: SyncWorkerSettings, connections: Connections, dynamodb: "DynamoDBClient"
) -> Synchroniser:
    jira = connections.jira_client()
    return synchroniser(
        sides=Sides(jira=jira, issues=jira.issues(), pagerduty=connections.pagerduty_client()),
        workflows=DynamoWorkflows(dynamodb, settings.links_table),
        links=DynamoLinks(dynamodb, settings.links_table, writer=uuid.uuid4().hex),
        mappings=DynamoMappings(dynamodb, settings.mappings_table),
        clock=now,
    )
