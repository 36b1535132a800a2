"""Puts together the sweep that `JqlPollerFunction` runs beside its polls."""

import uuid
from typing import TYPE_CHECKING

from pdjira.adapters.aws.links import DynamoLinks, DynamoOpenLinks
from pdjira.adapters.aws.mappings import DynamoMappings
from pdjira.adapters.aws.openings import DynamoCursors, DynamoMatchRows
from pdjira.adapters.aws.queue import SqsSignalQueue
from pdjira.adapters.aws.sweeps import DynamoResyncs, DynamoSweepResults
from pdjira.adapters.aws.versioned import VersionedItems
from pdjira.adapters.jira.client import JiraClient
from pdjira.bootstrap.connections import Connections, now
from pdjira.circuits.breaker import Breaker
from pdjira.settings import JqlPollerSettings
from pdjira.sweep.comparing import Absent, Comparing
from pdjira.sweep.joining import Duplicates
from pdjira.sweep.jql_sweep import JqlCleanup, JqlSweep
from pdjira.sweep.log_reading import LogReading
from pdjira.sweep.sweep import SubscriptionWatch, Sweep

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def sweep_of(
    settings: JqlPollerSettings,
    dynamodb: "DynamoDBClient",
    *,
    connections: Connections,
    queue: SqsSignalQueue,
    breaker: Breaker,
) -> Sweep:
    """A sweep of what the settings and the connections name."""
    cursors = DynamoCursors(VersionedItems(dynamodb, settings.links_table))
    jira, pagerduty = connections.jira_client(), connections.pagerduty_client()
    mappings = DynamoMappings(dynamodb, settings.mappings_table)
    rows = DynamoMatchRows(dynamodb, settings.links_table)
    history = pagerduty.history()
    return Sweep(
        mappings=mappings,
        incidents=history,
        log=LogReading(incidents=history, cursors=cursors, breaker=breaker),
        comparing=_comparing(settings, dynamodb, connections=connections, breaker=breaker),
        duplicates=_duplicates(settings, dynamodb, jira, breaker),
        jql=JqlSweep(searches=jira.searches(), rows=rows, cursors=cursors, breaker=breaker),
        jql_cleanup=JqlCleanup(mappings=mappings, rows=rows, cursors=cursors),
        subscriptions=SubscriptionWatch(switch=pagerduty.subscriptions(), breaker=breaker),
        cursors=cursors,
        resyncs=DynamoResyncs(dynamodb, settings.links_table),
        results=DynamoSweepResults(dynamodb, settings.links_table),
        queue=queue,
        breaker=breaker,
        clock=now,
    )


def _comparing(
    settings: JqlPollerSettings,
    dynamodb: "DynamoDBClient",
    *,
    connections: Connections,
    breaker: Breaker,
) -> Comparing:
    table = settings.links_table
    return Comparing(
        links=DynamoLinks(dynamodb, table, writer=uuid.uuid4().hex),
        open_links=DynamoOpenLinks(dynamodb, table),
        issues=connections.jira_client().states(),
        absent=Absent(pagerduty=connections.pagerduty_client(), breaker=breaker),
        breaker=breaker,
        jira_url=lambda: connections.jira().url,
    )


def _duplicates(
    settings: JqlPollerSettings, dynamodb: "DynamoDBClient", jira: JiraClient, breaker: Breaker
) -> Duplicates:
    table = settings.links_table
    return Duplicates(
        issues=jira.own_issues(),
        links=DynamoLinks(dynamodb, table, writer=uuid.uuid4().hex),
        cursors=DynamoCursors(VersionedItems(dynamodb, table)),
        breaker=breaker,
        clock=now,
    )
