"""Both sides, the queue and the clock in one process: a whole stack without AWS and HTTP."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from pdjira.adapters.aws.queue import decode
from pdjira.admin.rehearsal import Rehearsal
from pdjira.circuits.breaker import Breaker
from pdjira.jql.braking import Braking, Release, Waiting
from pdjira.jql.opening import Opener
from pdjira.jql.poll import Poll
from pdjira.model.incident import Note
from pdjira.model.mapping import Mapping
from pdjira.model.signal import Signal
from pdjira.sweep.comparing import Absent, Comparing
from pdjira.sweep.joining import Duplicates, IncidentJoiner, Joiner, Telling
from pdjira.sweep.jql_sweep import JqlCleanup, JqlSweep
from pdjira.sweep.log_reading import LogReading
from pdjira.sweep.sweep import Recovery, SubscriptionWatch, Sweep
from pdjira.sync.assemble import Sides, Stores, synchroniser
from pdjira.sync.notes.steps import KeepingBack
from pdjira.sync.notices.steps import OwnNotes
from pdjira.worker.consume import Consumer, Deferred, Outcome
from tests.builders import FakeClock, a_mapping, a_signal
from tests.fakes.attempts import FakeAttempts
from tests.fakes.circuits import FakeCircuits, FakeSecretVersions
from tests.fakes.comment_records import FakeCommentRecords, FakeKeptComments
from tests.fakes.duplicates import FakeIssueLinks, FakeOurIssues
from tests.fakes.faults import Crash, FaultPlan
from tests.fakes.jira import FakeJira
from tests.fakes.links import FakeLinks, FakeUnreadableItems
from tests.fakes.mappings import FakeMappings
from tests.fakes.note_records import FakeNoteRecords
from tests.fakes.openings import (
    FakeBrakes,
    FakeCursors,
    FakeMatchRows,
    FakeOpenings,
    FakePager,
    FakePagingIssues,
    FakePauses,
)
from tests.fakes.pagerduty import FakePagerDuty
from tests.fakes.people import FakeJiraPeople, FakeUsers
from tests.fakes.queue import FakeSignalQueue
from tests.fakes.searches import FakeSearches
from tests.fakes.sweeps import (
    FakeIncidents,
    FakeIssueStates,
    FakeOpenLinks,
    FakeResyncs,
    FakeStarter,
    FakeSweepResults,
    FakeSwitch,
)
from tests.fakes.workflows import FakeWorkflows
from tests.sandbox.jira.model import JiraModel
from tests.sandbox.pagerduty.model import PagerDutyModel
from tests.sandbox.pagerduty.seed import CHECKOUT, RESPONDER

MOST_DELIVERIES = 2_000
JIRA_URL = "https://jira.example.com"


class World:
    """One plan of faults counts every outside call of the worker."""

    def __init__(
        self, *mappings: Mapping, plan: FaultPlan | None = None, clock: FakeClock | None = None
    ) -> None:
        self.clock = clock or FakeClock()
        self.plan = plan or FaultPlan()
        self.jira = FakeJira(JiraModel(clock=self.clock), clock=self.clock, plan=self.plan)
        self.pagerduty = FakePagerDuty(
            PagerDutyModel(clock=self.clock, rng=random.Random(0)),
            clock=self.clock,
            plan=self.plan,
        )
        self.links = FakeLinks(self.plan)
        self.mappings = FakeMappings(*(mappings or (a_mapping(),)), faults=self.plan)
        self.workflows = FakeWorkflows(self.plan)
        self.comment_records = FakeCommentRecords(self.plan)
        self.kept_comments = FakeKeptComments(self.plan)
        self.note_records = FakeNoteRecords(self.plan, clock=self.clock)
        self.note_records.since = self.clock.now - timedelta(days=1)
        self.queue = FakeSignalQueue(self.clock, faults=self.plan)
        self.attempts = FakeAttempts(self.plan)
        self.circuits = FakeCircuits(self.plan)
        self.secrets = FakeSecretVersions()
        self.openings = FakeOpenings(self.links, self.plan)
        self.rows = FakeMatchRows(self.plan)
        self.brakes = FakeBrakes(self.plan)
        self.cursors = FakeCursors(self.plan)
        self.pauses = FakePauses(self.plan)
        self.incidents = FakeIncidents(self.pagerduty)
        self.switch = FakeSwitch(self.pagerduty)
        self.starter = FakeStarter(self.plan)
        self.open_links = FakeOpenLinks(self.links)
        self.sweep_results = FakeSweepResults(self.plan)
        self.resyncs = FakeResyncs(self.plan)
        self.unreadable = FakeUnreadableItems(self.plan)
        self.stack_limit = 50
        self.outcomes: list[Outcome] = []
        self.consumer = self.worker("first")

    def worker(self, name: str) -> Consumer:
        """A worker process of its own, on the same stack."""
        return Consumer(
            synchroniser=synchroniser(
                sides=Sides(
                    jira=self.jira,
                    issues=self.jira,
                    comments=self.jira,
                    people=FakeJiraPeople(self.jira),
                    pagerduty=self.pagerduty,
                    users=FakeUsers(self.pagerduty),
                ),
                stores=Stores(
                    mappings=self.mappings,
                    links=self.links.as_writer(name),
                    workflows=self.workflows,
                    comment_records=self.comment_records,
                    kept_comments=self.kept_comments,
                    note_records=self.note_records,
                ),
                breaker=self.breaker(),
                clock=self.clock,
            ),
            opener=self.opener(name),
            joiner=self.joiner(name),
            queue=self.queue,
            attempts=self.attempts,
            resyncs=self.resyncs,
            decode=decode,
            clock=self.clock,
            jitter=lambda: 0.5,
        )

    def opener(self, name: str = "first") -> Opener:
        """What opens incidents for matches, in a worker process of that name."""
        return Opener(
            jira=self.jira,
            issues=FakePagingIssues(self.jira),
            keeping_back=KeepingBack(
                comments=self.jira, records=self.comment_records, clock=self.clock
            ),
            searches=FakeSearches(self.jira),
            pager=FakePager(self.pagerduty),
            mappings=self.mappings,
            links=self.links.as_writer(name),
            openings=self.openings,
            rows=self.rows,
            braking=self.braking(),
            breaker=self.breaker(),
            queue=self.queue,
            clock=self.clock,
            jira_url=lambda: JIRA_URL,
        )

    def joiner(self, name: str = "first") -> Joiner:
        """What joins second issues to their incidents, in a worker process of that name."""
        links = self.links.as_writer(name)
        telling = Telling(links=links, queue=self.queue, clock=self.clock)
        incidents = IncidentJoiner(
            opener=self.opener(name), pagerduty=self.pagerduty, telling=telling
        )
        return Joiner(
            jira=self.jira,
            paging=FakePagingIssues(self.jira),
            ours=FakeOurIssues(self.jira),
            issue_links=FakeIssueLinks(self.jira),
            pagerduty=self.pagerduty,
            links=links,
            joins=links,
            incidents=incidents,
            telling=telling,
            breaker=self.breaker(),
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

    def own_notes(self) -> OwnNotes:
        """What knows our notes."""
        return OwnNotes(
            pagerduty=self.pagerduty,
            users=FakeUsers(self.pagerduty),
            records=self.note_records,
            clock=self.clock,
        )

    def breaker(self) -> Breaker:
        """The circuits of this stack."""
        return Breaker(circuits=self.circuits, secrets=self.secrets, clock=self.clock)

    def poller(self) -> Poll:
        """What follows Jira by JQL."""
        return Poll(
            mappings=self.mappings,
            searches=FakeSearches(self.jira),
            rows=self.rows,
            cursors=self.cursors,
            waiting=Waiting(
                rows=self.rows, braking=self.braking(), queue=self.queue, clock=self.clock
            ),
            links=self.links,
            queue=self.queue,
            breaker=self.breaker(),
            clock=self.clock,
        )

    def sweeper(self) -> Sweep:
        """What compares both sides with what was agreed on."""
        return Sweep(
            mappings=self.mappings,
            incidents=self.incidents,
            log=LogReading(incidents=self.incidents, cursors=self.cursors, breaker=self.breaker()),
            comparing=Comparing(
                links=self.links,
                open_links=self.open_links,
                issues=FakeIssueStates(self.jira),
                absent=Absent(pagerduty=self.pagerduty, breaker=self.breaker()),
                breaker=self.breaker(),
                jira_url=lambda: JIRA_URL,
            ),
            duplicates=Duplicates(
                issues=FakeOurIssues(self.jira),
                links=self.links,
                cursors=self.cursors,
                breaker=self.breaker(),
                clock=self.clock,
            ),
            jql=JqlSweep(
                searches=FakeSearches(self.jira),
                rows=self.rows,
                cursors=self.cursors,
                breaker=self.breaker(),
            ),
            jql_cleanup=JqlCleanup(mappings=self.mappings, rows=self.rows, cursors=self.cursors),
            subscriptions=SubscriptionWatch(switch=self.switch, breaker=self.breaker()),
            cursors=self.cursors,
            resyncs=self.resyncs,
            results=self.sweep_results,
            queue=self.queue,
            breaker=self.breaker(),
            clock=self.clock,
        )

    def recovery(self) -> Recovery:
        """What has PagerDuty's log read once more."""
        return Recovery(cursors=self.cursors, starter=self.starter, clock=self.clock)

    def release(self) -> Release:
        """What lets matches through."""
        return Release(
            mappings=self.mappings,
            searches=FakeSearches(self.jira),
            rows=self.rows,
            braking=self.braking(),
            queue=self.queue,
            clock=self.clock,
        )

    def issue(self, **fields: Any) -> dict[str, Any]:
        """Create an issue as a person does."""
        given = {
            "project": {"id": "10100"},
            "issuetype": {"id": "10001"},
            "summary": "Database down",
            **fields,
        }
        return dict(self.jira.model.create_issue("alice", {"fields": given}))

    def rehearsal(self) -> Rehearsal:
        """What makes test issues on this stack."""
        return Rehearsal(
            jira=self.jira,
            issues=self.jira,
            comments=self.jira,
            workflows=self.workflows,
            mappings=self.mappings,
            clock=self.clock,
        )

    def trigger(self, title: str = "Checkout answers slowly", **details: Any) -> str:
        """Open an incident as a person does, and store its webhook; answers its id."""
        incident = self.pagerduty.model.trigger(
            details.pop("service_id", CHECKOUT), title, by=RESPONDER, **details
        )
        self.signal(incident.id)
        return incident.id

    def signal(self, incident_id: str, **changes: Any) -> Signal:
        """Store a signal about the incident; by default its `incident.triggered`."""
        values = {"id": f"event-of-{incident_id}", "incident_id": incident_id, **changes}
        signal = a_signal(**values)
        self.queue.send(signal)
        return signal

    def note(
        self, incident_id: str, content: str, *, hear: bool = True, by: str = RESPONDER
    ) -> str:
        """Write a note as a person does, and store its webhook; answers its id."""
        written = self.pagerduty.model.add_note(incident_id, content, by=by)
        if hear:
            self.hear(incident_id, written.id)
        return written.id

    def hear(self, incident_id: str, note_id: str) -> None:
        """Store the webhook of a note that is there."""
        notes = self.pagerduty.model.incident(incident_id).notes
        note = next(one for one in notes if one.id == note_id)
        self.signal(
            incident_id,
            id=f"note-{note_id}",
            event_type="incident.annotated",
            occurred_at=note.created_at,
            note=Note(
                id=note_id,
                content=note.content,
                author="Ada",
                author_id=note.user["id"],
            ),
        )

    def comments(self, number: int = 0) -> list[str]:
        """The texts of the comments on an issue, oldest first."""
        return [one["body"] for one in self.issues[number]["fields"]["comment"]["comments"]]

    def work(self, *, until: datetime | None = None) -> None:
        """Let the worker go on until the queue is empty, however long that takes, or `until` then.

        A crash leaves its message where it is; another process receives it when its visibility
        timeout ends.
        """
        for number in range(MOST_DELIVERIES):
            message = self.queue.receive()
            if message is None:
                due = self.queue.next_visible_at()
                if due is None:
                    return
                if until is not None and due > until:
                    self.clock.now = max(until, self.clock.now)
                    return
                self.clock.now = max(due, self.clock.now)
                continue
            try:
                outcome = self.consumer.consume(message)
            except Crash:
                self.consumer = self.worker(f"after crash {number}")
                continue
            self.outcomes.append(outcome)
            if not isinstance(outcome.verdict, Deferred):
                self.queue.delete(message)
        raise AssertionError("The queue does not come to rest.")

    def sweep(self, *, after: timedelta = timedelta(minutes=15), times: int = 1) -> None:
        """Let so much time go by, sweep, and work on what the sweep has found; so many times."""
        for _ in range(times):
            self.clock.now += after
            self.sweeper().run()
            self.work()

    def pay(self) -> None:
        """Sweep where a link owes something, until what could not be done for a moment is done."""
        if any(link.owed for link in self.links.links):
            self.sweep(times=2)

    @property
    def issues(self) -> list[dict[str, Any]]:
        """Every issue of Jira, with everything on it."""
        issues: list[dict[str, Any]] = self.jira.model.state()["issues"]
        return issues

    def notes(self, incident_id: str) -> Sequence[str]:
        """The texts of an incident's notes."""
        return [note.content for note in self.pagerduty.model.incident(incident_id).notes]

    def timeline(self, incident_id: str) -> list[str]:
        """Every sentence of the incident's timeline."""
        return [
            sentence
            for entry in self.links.entries
            if entry.incident_id == incident_id
            for sentence in entry.says
        ]
