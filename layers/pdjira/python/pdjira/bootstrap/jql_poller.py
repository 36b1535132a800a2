"""Puts together what `JqlPollerFunction` runs: its polls and its sweeps."""

import time
import uuid
from collections import abc
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from pdjira.adapters.aws.links import DynamoOpenLinks
from pdjira.adapters.aws.queue import SqsSignalQueue
from pdjira.adapters.aws.sweeps import (
    DynamoCursors,
    DynamoDays,
    DynamoLeases,
    DynamoResyncs,
    DynamoSweepResults,
)
from pdjira.adapters.aws.versioned import VersionedItems
from pdjira.adapters.memory import SideBySide
from pdjira.bootstrap.connections import Aws, Connections, connected, now, open_aws
from pdjira.bootstrap.log import Context, seconds_left
from pdjira.bootstrap.new_token import new_token
from pdjira.bootstrap.stack import Stack, over_aws
from pdjira.connection.token import NewToken
from pdjira.errors import PdjiraError
from pdjira.health.sweep import DailyLook
from pdjira.jql.braking import Waiting
from pdjira.jql.poll import Each, Poll
from pdjira.jql.ports import Cursors
from pdjira.model.times import TimeLeft
from pdjira.settings import JqlPollerSettings, load
from pdjira.sweep.comparing import Absent, Comparing
from pdjira.sweep.differences import IssueState
from pdjira.sweep.joining import Duplicates
from pdjira.sweep.ports import (
    Incidents,
    OpenLinks,
    OurIssues,
    Resyncs,
    Subscriptions,
    SweepResults,
)
from pdjira.sweep.sweep import JqlCleanup, JqlSweep, SubscriptionWatch, Sweep
from pdjira.sweep.work import LogReading, Recoveries, Rounds

LEASE_SECONDS = {"poll": 300.0, "sweep": 900.0}
"""How long a round that died keeps the next one of its mode out. A round begins nothing more a
minute before that; only the first round of a mapping may take longer. Rounds that overlap do no
harm."""

LOOK_SECONDS = 120.0
"""More than a daily look takes where both sides are slow."""

SEARCHES_AT_ONCE = 8
"""500 searches of 100 ms take seven seconds; the worker alone puts hardly less load on Jira."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PollerStack:
    """The stack of a poller's process, and the ports that only polls and sweeps need.

    Threads share it where `each` runs the searches side by side.
    """

    stack: Stack
    states: Callable[[Sequence[str]], Sequence[IssueState]]
    ours: OurIssues
    incidents: Incidents
    subscriptions: Subscriptions
    cursors: Cursors
    open_links: OpenLinks
    resyncs: Resyncs
    results: SweepResults
    each: Each

    def poll(self) -> Poll:
        """What follows Jira by JQL."""
        stack = self.stack
        return Poll(
            mappings=stack.mappings,
            searches=stack.searches,
            rows=stack.rows,
            cursors=self.cursors,
            waiting=Waiting(
                rows=stack.rows, braking=stack.braking(), queue=stack.queue, clock=stack.clock
            ),
            links=stack.links,
            queue=stack.queue,
            breaker=stack.breaker(),
            clock=stack.clock,
            ask_pagerduty=self._ask_pagerduty,
            each=self.each,
        )

    def _ask_pagerduty(self) -> object:
        now = self.stack.clock()
        return self.incidents.log(since=now, until=now)

    def sweep(self) -> Sweep:
        """What compares both sides with what was agreed on."""
        stack, breaker, cursors = self.stack, self.stack.breaker(), self.cursors
        return Sweep(
            mappings=stack.mappings,
            incidents=self.incidents,
            log=LogReading(incidents=self.incidents, cursors=cursors, breaker=breaker),
            comparing=self._comparing(),
            duplicates=self._duplicates(),
            jql=JqlSweep(
                searches=stack.searches, rows=stack.rows, cursors=cursors, breaker=breaker
            ),
            jql_cleanup=JqlCleanup(mappings=stack.mappings, rows=stack.rows, cursors=cursors),
            subscriptions=SubscriptionWatch(subscriptions=self.subscriptions, breaker=breaker),
            recoveries=Recoveries(cursors=cursors, requests=stack.requests, clock=stack.clock),
            cursors=cursors,
            resyncs=self.resyncs,
            results=self.results,
            queue=self.stack.queue,
            breaker=breaker,
            clock=stack.clock,
        )

    def _comparing(self) -> Comparing:
        stack, breaker = self.stack, self.stack.breaker()
        return Comparing(
            links=stack.links,
            open_links=self.open_links,
            states=self.states,
            absent=Absent(pagerduty=stack.pagerduty, breaker=breaker),
            breaker=breaker,
            jira_url=stack.jira_url,
        )

    def _duplicates(self) -> Duplicates:
        stack = self.stack
        return Duplicates(
            issues=self.ours,
            links=stack.links,
            cursors=self.cursors,
            breaker=stack.breaker(),
            clock=stack.clock,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Poller:
    """What lasts from one invocation to the next."""

    aws: Aws
    connections: Connections
    stack: PollerStack
    leases: DynamoLeases
    daily: DailyLook
    token: NewToken

    def poll(self) -> Poll | None:
        """A round of searches; None while the connection secret is empty.

        Before it, a token that waits for Jira is tried.
        """
        if not self.connections.is_filled():
            return None
        if self.connections.signs():
            with suppress(PdjiraError):
                self.token.attempt()
        return self.stack.poll()

    def sweep(self) -> Sweep | None:
        """A sweep; None while the connection secret is empty."""
        return self.stack.sweep() if self.connections.is_filled() else None

    def swept(self, sweep: Sweep, context: Context | None) -> dict[str, object]:
        """What the log tells of a sweep, and of the first look of the day after it."""
        time_left = self.time_of("sweep", context)
        return {**sweep.run(time_left).facts(), "attentions": self._attentions(time_left)}

    def _attentions(self, time_left: TimeLeft) -> int:
        """How many things the day's first look found; where it fails, the next sweep looks."""
        with suppress(PdjiraError):
            if time_left() > LOOK_SECONDS:
                return self.daily.run().attentions
        return 0

    def time_of(self, mode: str, context: Context | None) -> TimeLeft:
        """How much time a round has that begins now: that of its lease, and of the function."""
        end = time.monotonic() + LEASE_SECONDS[mode]
        return lambda: min(seconds_left(context), end - time.monotonic())

    def rounds(self) -> Rounds:
        """What lets one round of a mode run at a time."""
        return Rounds(leases=self.leases, clock=now, new_owner=lambda: uuid.uuid4().hex)


def poller(environment: abc.Mapping[str, str]) -> Poller:
    """Yields a round for each invocation.

    Raises `Misconfigured` where the environment lacks a variable.
    """
    settings = load(JqlPollerSettings, environment)
    aws = open_aws()
    connections = connected(settings, aws)
    stack = _stack(settings, aws, connections)
    return Poller(
        aws=aws,
        connections=connections,
        stack=stack,
        leases=DynamoLeases(aws.dynamodb, settings.links_table),
        daily=_daily(settings, aws, connections, stack.stack),
        token=new_token(
            aws,
            connections,
            secret_id=settings.auth_token_secret_arn,
            table=settings.links_table,
        ),
    )


def _daily(
    settings: JqlPollerSettings, aws: Aws, connections: Connections, stack: Stack
) -> DailyLook:
    return DailyLook(
        rights_in=stack.rights_in,
        key_rights=connections.pagerduty_client.rights(),
        endings=connections.endings(),
        mappings=stack.mappings,
        days=DynamoDays(aws.dynamodb, settings.links_table),
        breaker=stack.breaker(),
        clock=stack.clock,
    )


def _stack(settings: JqlPollerSettings, aws: Aws, connections: Connections) -> PollerStack:
    dynamodb, table = aws.dynamodb, settings.links_table
    jira, pagerduty = connections.jira_client, connections.pagerduty_client
    queue = SqsSignalQueue(aws.sqs, settings.sync_queue_url)
    return PollerStack(
        stack=over_aws(settings, aws, connections=connections, queue=queue),
        states=jira.states().states,
        ours=jira.own_issues(),
        incidents=pagerduty.history(),
        subscriptions=pagerduty.subscriptions(),
        cursors=DynamoCursors(VersionedItems(dynamodb, table)),
        open_links=DynamoOpenLinks(dynamodb, table),
        resyncs=DynamoResyncs(dynamodb, table),
        results=DynamoSweepResults(dynamodb, table),
        each=SideBySide(SEARCHES_AT_ONCE),
    )
