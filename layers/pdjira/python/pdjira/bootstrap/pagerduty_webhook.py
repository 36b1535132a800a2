"""Puts together what `PagerDutyWebhookFunction` runs. Its imports are on a budget (R1)."""

import time
from collections.abc import Mapping

import boto3

from pdjira.adapters.aws.clients import CONFIG
from pdjira.adapters.aws.queue import SqsSignalQueue
from pdjira.adapters.aws.secrets import CachedSecret
from pdjira.adapters.aws.webhook_secrets import StoredWebhookSecrets
from pdjira.application.intake import PagerDutyIntake
from pdjira.settings import PagerDutyWebhookSettings, load


def pagerduty_intake(environment: Mapping[str, str]) -> PagerDutyIntake:
    """Raises `Misconfigured` where the environment lacks a variable."""
    settings = load(PagerDutyWebhookSettings, environment)
    session = boto3.session.Session()
    secret = CachedSecret(
        session.client("secretsmanager", config=CONFIG),
        secret_id=settings.connection_secret_arn,
        monotonic=time.monotonic,
    )
    return PagerDutyIntake(
        secrets=StoredWebhookSecrets(secret),
        queue=SqsSignalQueue(session.client("sqs", config=CONFIG), settings.sync_queue_url),
    )
