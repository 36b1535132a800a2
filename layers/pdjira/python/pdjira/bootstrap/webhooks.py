"""Puts together what the functions behind webhooks run. Its imports are on a budget (R1)."""

import time
from collections import abc

import boto3

from pdjira.adapters.aws.items import CONFIG
from pdjira.adapters.aws.queue import SqsSignalQueue
from pdjira.adapters.aws.secrets import CachedSecret
from pdjira.adapters.aws.webhooks import (
    StoredActionToken,
    StoredJiraWebhook,
    StoredWebhookSecrets,
    body_of,
    header_of,
    parameter_of,
    request_id_of,
    response_of,
)
from pdjira.settings import JiraWebhookSettings, PagerDutyWebhookSettings, load
from pdjira.webhooks.intake import ActionIntake, JiraIntake, PagerDutyIntake

__all__ = [
    "body_of",
    "header_of",
    "jira_intake",
    "pagerduty_intakes",
    "parameter_of",
    "request_id_of",
    "response_of",
]


def pagerduty_intakes(environment: abc.Mapping[str, str]) -> tuple[PagerDutyIntake, ActionIntake]:
    """Who takes webhooks, and who takes actions, over one queue and one reading of the secret.

    Raises `Misconfigured` where the environment lacks a variable.
    """
    secret, queue = _opened(load(PagerDutyWebhookSettings, environment))
    return (
        PagerDutyIntake(secrets=StoredWebhookSecrets(secret), queue=queue),
        ActionIntake(tokens=StoredActionToken(secret), queue=queue),
    )


def jira_intake(environment: abc.Mapping[str, str]) -> JiraIntake:
    """Who takes the webhooks of Jira.

    Raises `Misconfigured` where the environment lacks a variable.
    """
    secret, queue = _opened(load(JiraWebhookSettings, environment))
    return JiraIntake(webhooks=StoredJiraWebhook(secret), queue=queue)


def _opened(
    settings: PagerDutyWebhookSettings | JiraWebhookSettings,
) -> tuple[CachedSecret, SqsSignalQueue]:
    session = boto3.session.Session()
    secret = CachedSecret(
        session.client("secretsmanager", config=CONFIG),
        secret_id=settings.connection_secret_arn,
        monotonic=time.monotonic,
    )
    return secret, SqsSignalQueue(session.client("sqs", config=CONFIG), settings.sync_queue_url)
