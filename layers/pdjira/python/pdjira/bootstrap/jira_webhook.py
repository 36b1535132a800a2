"""Puts together what `JiraWebhookFunction` runs. Its imports are on a budget (R1)."""

import time
from collections import abc

import boto3

from pdjira.adapters.aws.gateway import (
    body_of,
    header_of,
    parameter_of,
    request_id_of,
    response_of,
)
from pdjira.adapters.aws.items import CONFIG
from pdjira.adapters.aws.queue import SqsSignalQueue
from pdjira.adapters.aws.secrets import CachedSecret
from pdjira.adapters.aws.webhook_secrets import StoredJiraWebhook
from pdjira.settings import JiraWebhookSettings, load
from pdjira.webhooks.jira_intake import JiraIntake

__all__ = [
    "body_of",
    "header_of",
    "jira_intake",
    "parameter_of",
    "request_id_of",
    "response_of",
]


def jira_intake(environment: abc.Mapping[str, str]) -> JiraIntake:
    """Who takes the webhooks of Jira.

    Raises `Misconfigured` where the environment lacks a variable.
    """
    settings = load(JiraWebhookSettings, environment)
    session = boto3.session.Session()
    secret = CachedSecret(
        session.client("secretsmanager", config=CONFIG),
        secret_id=settings.connection_secret_arn,
        monotonic=time.monotonic,
    )
    queue = SqsSignalQueue(session.client("sqs", config=CONFIG), settings.sync_queue_url)
    return JiraIntake(webhooks=StoredJiraWebhook(secret), queue=queue)
