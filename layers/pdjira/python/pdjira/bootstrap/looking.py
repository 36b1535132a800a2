"""Puts together what looks at both sides and at our webhooks, for health and for the page."""

from pdjira.adapters.aws.webhooks import (
    StoredActionToken,
    StoredJiraWebhook,
    StoredWebhookSecrets,
)
from pdjira.bootstrap.connections import Connections
from pdjira.bootstrap.stack import Stack
from pdjira.health.jira import JiraHealth
from pdjira.health.pagerduty import PagerDutyHealth
from pdjira.health.webhooks import DeliveryLog, RefusedDeliveries, WebhookHealth
from pdjira.model.ports import Mappings


def jira_health(connections: Connections, mappings: Mappings) -> JiraHealth:
    """What looks at the Jira of these connections."""
    jira = connections.jira_client
    return JiraHealth(
        way=connections.jira_probe(),
        jira=jira,
        rights_in=jira.rights().in_project,
        mappings=mappings,
        endings=connections.endings(),
        misspelt=connections.misspelt,
        clock_told=jira.clock_told,
    )


def pagerduty_health(connections: Connections) -> PagerDutyHealth:
    """What looks at the PagerDuty of these connections."""
    return PagerDutyHealth(rights=connections.pagerduty_client.rights())


def webhook_health(stack: Stack, connections: Connections, log: DeliveryLog) -> WebhookHealth:
    """What looks at our webhooks, and at what was refused there."""
    secret = connections.secret
    secrets, action_token = StoredWebhookSecrets(secret), StoredActionToken(secret)
    return WebhookHealth(
        secrets=secrets,
        action_token=action_token,
        subscriptions=connections.pagerduty_client.subscriptions().list_subscriptions,
        mappings=stack.mappings,
        refused=RefusedDeliveries(
            secrets=secrets,
            action_token=action_token,
            jira=StoredJiraWebhook(secret),
            log=log,
            clock=stack.clock,
        ),
    )
