"""Puts together what several functions run: over AWS here, over fakes in the suites."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from pdjira.adapters.aws.comment_records import DynamoNoteRecords
from pdjira.adapters.aws.links import DynamoLinks
from pdjira.adapters.aws.mappings import DynamoMappings, DynamoPauses
from pdjira.adapters.aws.openings import DynamoBrakes, DynamoMatchRows
from pdjira.adapters.aws.queue import DynamoRequests, SqsSignalQueue
from pdjira.adapters.aws.sides import DynamoCircuits
from pdjira.adapters.aws.versioned import VersionedItems
from pdjira.bootstrap.connections import Aws, Connections, now
from pdjira.circuits.breaker import Breaker, Circuits, SecretVersions
from pdjira.jql.braking import Braking
from pdjira.jql.ports import Brakes, MatchRows, Pauses, Searches
from pdjira.model.ports import (
    Clock,
    Comments,
    Issues,
    Jira,
    Links,
    Mappings,
    NoteRecords,
    PagerDuty,
    RightsIn,
)
from pdjira.model.signal import Requests, SignalQueue
from pdjira.settings import AdminSettings, JqlPollerSettings, SyncWorkerSettings
from pdjira.sync.notices.steps import OwnNotes
from pdjira.sync.people.steps import EmailOf


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """The ports that the worker, the poller and the admin function need, and what all three run.

    A process has one. `jira_url` is where people find Jira now; `stack_limit` counts the incidents
    that the whole stack may open in an hour.
    """

    jira: Jira
    issues: Issues
    comments: Comments
    rights_in: RightsIn
    searches: Searches
    jira_url: Callable[[], str]
    pagerduty: PagerDuty
    email_of: EmailOf
    mappings: Mappings
    links: Links
    note_records: NoteRecords
    rows: MatchRows
    brakes: Brakes
    pauses: Pauses
    circuits: Circuits
    secrets: SecretVersions
    requests: Requests
    queue: SignalQueue
    clock: Clock
    stack_limit: int

    def breaker(self) -> Breaker:
        """What leaves a side alone for a while."""
        return Breaker(circuits=self.circuits, secrets=self.secrets, clock=self.clock)

    def own_notes(self) -> OwnNotes:
        """What adds our notes and knows them again."""
        return OwnNotes(
            pagerduty=self.pagerduty,
            email_of=self.email_of,
            records=self.note_records,
            clock=self.clock,
        )

    def braking(self) -> Braking:
        """The limits on opening incidents."""
        return Braking(
            brakes=self.brakes,
            rows=self.rows,
            pauses=self.pauses,
            links=self.links,
            own_notes=self.own_notes(),
            clock=self.clock,
            stack_limit=self.stack_limit,
        )


Settings = SyncWorkerSettings | JqlPollerSettings | AdminSettings


def over_aws(
    settings: Settings, aws: Aws, *, connections: Connections, queue: SqsSignalQueue
) -> Stack:
    """A stack on the tables of the settings."""
    dynamodb, table, jira = aws.dynamodb, settings.links_table, connections.jira_client
    return Stack(
        jira=jira,
        issues=jira.issues(),
        comments=jira.comments(),
        rights_in=jira.rights().in_project,
        searches=jira.searches(),
        jira_url=lambda: connections.jira().url,
        pagerduty=connections.pagerduty_client,
        email_of=connections.pagerduty_client.users().email_of,
        mappings=DynamoMappings(dynamodb, settings.mappings_table),
        links=DynamoLinks(dynamodb, table, writer=aws.writer),
        note_records=DynamoNoteRecords(dynamodb, table, clock=now),
        rows=DynamoMatchRows(dynamodb, table),
        brakes=DynamoBrakes(VersionedItems(dynamodb, table)),
        pauses=DynamoPauses(dynamodb, settings.mappings_table),
        circuits=DynamoCircuits(dynamodb, table, clock=now, monotonic=time.monotonic),
        secrets=connections.secret_versions(),
        requests=DynamoRequests(dynamodb, table),
        queue=queue,
        clock=now,
        stack_limit=settings.max_incidents_per_hour,
    )
