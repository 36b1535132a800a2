"""Puts together what `AdminFunction` runs."""

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3

from pdjira.adapters.aws.clients import CONFIG
from pdjira.adapters.aws.links import DynamoLinks
from pdjira.adapters.aws.mappings import DynamoMappings
from pdjira.adapters.aws.queue import SqsSignalQueue
from pdjira.adapters.aws.secrets import CachedSecret
from pdjira.adapters.aws.webhook_secrets import StoredWebhookSecrets
from pdjira.application.administer import Administration
from pdjira.application.health import Health
from pdjira.bootstrap.connections import Connections
from pdjira.settings import AdminSettings, load

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stack:
    """What lasts from one invocation to the next."""

    settings: AdminSettings
    secrets: "SecretsManagerClient"
    queue: SqsSignalQueue
    links: DynamoLinks
    mappings: DynamoMappings

    def administration(self) -> Administration:
        """One that reads the secret afresh."""
        secret = CachedSecret(
            self.secrets, secret_id=self.settings.connection_secret_arn, monotonic=time.monotonic
        )
        connections = Connections(
            secret=secret, allow_insecure=self.settings.allow_insecure_endpoints
        )
        pagerduty = connections.pagerduty_client()
        health = Health(
            jira=connections.jira_client(),
            pagerduty=pagerduty,
            secrets=StoredWebhookSecrets(secret),
            queue=self.queue,
            mappings=self.mappings,
            links=self.links,
        )
        return Administration(
            health=health, pagerduty=pagerduty, queue=self.queue, new_id=lambda: uuid.uuid4().hex
        )


def administration(environment: Mapping[str, str]) -> Callable[[], Administration]:
    """Yields a fresh administration for each invocation, which reads the secret afresh.

    Raises `Misconfigured` where the environment lacks a variable.
    """
    settings = load(AdminSettings, environment)
    session = boto3.session.Session()
    dynamodb = session.client("dynamodb", config=CONFIG)
    queue = SqsSignalQueue(
        session.client("sqs", config=CONFIG),
        settings.sync_queue_url,
        dead_letter_url=settings.dead_letter_queue_url,
    )
    stack = _Stack(
        settings=settings,
        secrets=session.client("secretsmanager", config=CONFIG),
        queue=queue,
        links=DynamoLinks(dynamodb, settings.links_table, writer=uuid.uuid4().hex),
        mappings=DynamoMappings(dynamodb, settings.mappings_table),
    )
    return stack.administration
