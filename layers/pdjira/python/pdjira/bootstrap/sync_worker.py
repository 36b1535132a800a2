"""Puts together what `SyncWorkerFunction` runs."""

import random
import time
from collections import abc
from collections.abc import Callable
from dataclasses import dataclass, replace

from pdjira.adapters.aws.activities import DynamoActivities
from pdjira.adapters.aws.comment_records import DynamoCommentRecords, DynamoKeptComments
from pdjira.adapters.aws.given_up import DynamoGivenUps
from pdjira.adapters.aws.links import DynamoLinks
from pdjira.adapters.aws.openings import DynamoOpenings
from pdjira.adapters.aws.queue import DynamoAttempts, SqsSignalQueue, decode, decode_record
from pdjira.adapters.aws.secrets import CachedSecret
from pdjira.adapters.aws.sides import DynamoWorkflows
from pdjira.adapters.aws.sweeps import DynamoResyncs
from pdjira.adapters.aws.versioned import VersionedItems
from pdjira.bootstrap.connections import Aws, connected, now, open_aws
from pdjira.bootstrap.stack import Stack, over_aws
from pdjira.jql.braking import PauseAddress, no_page
from pdjira.jql.opening import Opener
from pdjira.jql.ports import Openings, Pager, PagingIssues
from pdjira.model.link import Activities
from pdjira.model.ports import CommentRecords, KeptComments, Workflows
from pdjira.model.signal import GivenUps
from pdjira.model.signing import PageAddress, Signer
from pdjira.settings import SyncWorkerSettings, load
from pdjira.sweep.joining import IncidentJoiner, Joiner, JoinNews
from pdjira.sweep.ports import Join, OurIssues, Resyncs
from pdjira.sync.assemble import Sides, Stores, synchroniser
from pdjira.sync.notes.steps import KeepingBack
from pdjira.sync.notices.steps import AddressOf, nowhere
from pdjira.sync.people.steps import JiraPeople
from pdjira.sync.synchronise import Synchroniser
from pdjira.worker.consume import Attempts, Consumer

__all__ = ["WorkerStack", "consumer", "decode_record"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerStack:
    """The stack of a worker process, and the ports that only the worker needs."""

    stack: Stack
    people: JiraPeople
    paging: PagingIssues
    ours: OurIssues
    pager: Pager
    join: Join
    workflows: Workflows
    comment_records: CommentRecords
    kept_comments: KeptComments
    openings: Openings
    attempts: Attempts
    resyncs: Resyncs
    activities: Activities
    given_up: GivenUps
    jitter: Callable[[], float]
    address_of: AddressOf = nowhere
    pause_address_of: PauseAddress = no_page

    def consumer(self) -> Consumer:
        """What works on the queue's messages."""
        stack = self.stack
        return Consumer(
            synchroniser=self._synchroniser(),
            opener=self.opener(),
            joiner=self.joiner(),
            queue=stack.queue,
            attempts=self.attempts,
            resyncs=self.resyncs,
            requests=stack.requests,
            given_up=self.given_up,
            decode=decode,
            clock=stack.clock,
            jitter=self.jitter,
        )

    def opener(self) -> Opener:
        """What opens incidents for matches."""
        stack = self.stack
        return Opener(
            jira=stack.jira,
            issues=self.paging,
            keeping_back=KeepingBack(
                comments=stack.comments, records=self.comment_records, clock=stack.clock
            ),
            searches=stack.searches,
            pager=self.pager,
            mappings=stack.mappings,
            links=stack.links,
            openings=self.openings,
            rows=stack.rows,
            braking=replace(stack.braking(), address_of=self.pause_address_of),
            breaker=stack.breaker(),
            queue=stack.queue,
            clock=stack.clock,
            jira_url=stack.jira_url,
        )

    def joiner(self) -> Joiner:
        """What joins second issues to their incidents."""
        stack = self.stack
        telling = JoinNews(links=stack.links, queue=stack.queue, clock=stack.clock)
        return Joiner(
            jira=stack.jira,
            paging=self.paging,
            ours=self.ours,
            pagerduty=stack.pagerduty,
            links=stack.links,
            store=self.join,
            incidents=IncidentJoiner(
                opener=self.opener(), pagerduty=stack.pagerduty, telling=telling
            ),
            telling=telling,
            breaker=stack.breaker(),
        )

    def _synchroniser(self) -> Synchroniser:
        stack = self.stack
        return synchroniser(
            sides=Sides(
                jira=stack.jira,
                issues=stack.issues,
                comments=stack.comments,
                people=self.people,
                rights_in=stack.rights_in,
                pagerduty=stack.pagerduty,
                email_of=stack.email_of,
                address_of=self.address_of,
            ),
            stores=Stores(
                mappings=stack.mappings,
                links=stack.links,
                workflows=self.workflows,
                comment_records=self.comment_records,
                kept_comments=self.kept_comments,
                note_records=stack.note_records,
            ),
            activities=self.activities,
            breaker=stack.breaker(),
            clock=stack.clock,
        )


def consumer(environment: abc.Mapping[str, str]) -> Consumer:
    """Raises `Misconfigured` where the environment lacks a variable."""
    settings = load(SyncWorkerSettings, environment)
    aws = open_aws()
    dynamodb, table = aws.dynamodb, settings.links_table
    connections = connected(settings, aws)
    jira = connections.jira_client
    queue = SqsSignalQueue(
        aws.sqs, settings.sync_queue_url, dead_letter_url=settings.dead_letter_queue_url
    )
    page = _page(settings, aws)
    return WorkerStack(
        stack=over_aws(settings, aws, connections=connections, queue=queue),
        people=jira.people(),
        paging=jira.paging(),
        ours=jira.own_issues(),
        pager=connections.pagerduty_client.pager(),
        join=DynamoLinks(dynamodb, table, writer=aws.writer).join,
        workflows=DynamoWorkflows(dynamodb, table),
        comment_records=DynamoCommentRecords(dynamodb, table, writer=aws.writer),
        kept_comments=DynamoKeptComments(dynamodb, table, clock=now),
        openings=DynamoOpenings(VersionedItems(dynamodb, table)),
        attempts=DynamoAttempts(dynamodb, table, clock=now),
        resyncs=DynamoResyncs(dynamodb, table),
        activities=DynamoActivities(dynamodb, table),
        given_up=DynamoGivenUps(dynamodb, table),
        jitter=random.random,
        address_of=page.of_incident,
        pause_address_of=page.of_pause,
    ).consumer()


def _page(settings: SyncWorkerSettings, aws: Aws) -> PageAddress:
    """What names the page in notes; the secret is read when the first is told."""
    secret = CachedSecret(aws.secrets, secret_id=settings.link_secret_arn, monotonic=time.monotonic)
    return PageAddress(
        signer=Signer(secret=secret.value),
        admin_url=settings.admin_url,
        is_open=settings.incident_links,
    )
