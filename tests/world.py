"""Both sides, the queue and the clock in one process: a whole stack without AWS and HTTP.

What a function runs is put together by its own bootstrap; only the ports are fakes.
"""

import random
from collections import abc
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from pdjira.admin.dry_run import DryRuns
from pdjira.admin.explain import Explain
from pdjira.admin.incident_of import Resolver
from pdjira.admin.rehearsal import Rehearsal
from pdjira.admin.requests import PeoplesRequests
from pdjira.bootstrap.admin import AdminStack
from pdjira.bootstrap.jql_poller import PollerStack
from pdjira.bootstrap.stack import Stack
from pdjira.bootstrap.sync_worker import WorkerStack
from pdjira.circuits.breaker import Breaker
from pdjira.jql.braking import Braking, PauseAddress, Release, no_page
from pdjira.jql.opening import Opener
from pdjira.jql.poll import Poll, in_turn
from pdjira.model.incident import Note
from pdjira.model.mapping import Mapping
from pdjira.model.signal import Signal
from pdjira.sweep.joining import Joiner
from pdjira.sweep.sweep import Sweep
from pdjira.sweep.work import Recovery
from pdjira.sync.notices.steps import AddressOf, OwnNotes, nowhere
from pdjira.worker.consume import Consumer, Deferred, Outcome
from tests.builders import FakeClock, a_mapping, a_signal
from tests.fakes.activities import FakeActivities
from tests.fakes.attempts import FakeAttempts
from tests.fakes.catalogue import FakePagerDutyCatalogue, FakeRights, fake_mapping_check
from tests.fakes.circuits import FakeCircuits, FakeSecretVersions
from tests.fakes.comment_records import FakeCommentRecords, FakeKeptComments
from tests.fakes.connecting import FakeSubscriptions
from tests.fakes.duplicates import FakeOurIssues
from tests.fakes.faults import Crash, FaultPlan
from tests.fakes.given_up import FakeDeadLetters, FakeGivenUps
from tests.fakes.jira import FakeJira
from tests.fakes.jobs import FakeJobs, FakeRounds
from tests.fakes.leases import FakeLeases
from tests.fakes.links import FakeIncidentNames, FakeLinks, FakeUnreadableItems
from tests.fakes.mappings import FakeMappingItems, FakeMappings
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
from tests.fakes.requests import FakeRequests
from tests.fakes.searches import FakeSearches
from tests.fakes.sweeps import (
    FakeDays,
    FakeHealthResults,
    FakeIncidents,
    FakeIssueStates,
    FakeOpenLinks,
    FakeResyncs,
    FakeStarter,
    FakeSweepResults,
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
        self,
        *mappings: Mapping,
        plan: FaultPlan | None = None,
        clock: FakeClock | None = None,
        address_of: AddressOf = nowhere,
        pause_address_of: PauseAddress = no_page,
    ) -> None:
        self.address_of = address_of
        self.pause_address_of = pause_address_of
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
        self.subscriptions = FakeSubscriptions(self.pagerduty)
        self.starter = FakeStarter(self.plan)
        self.open_links = FakeOpenLinks(self.links)
        self.sweep_results = FakeSweepResults(self.plan)
        self.days = FakeDays(self.plan)
        self.seen = FakeHealthResults(self.plan)
        self.resyncs = FakeResyncs(self.plan)
        self.requests = FakeRequests(self.plan)
        self.activities = FakeActivities(self.plan)
        self.given_up = FakeGivenUps(self.plan)
        self.letters = FakeDeadLetters(self.queue, self.plan)
        self.leases = FakeLeases(self.plan)
        self.unreadable = FakeUnreadableItems(self.plan)
        self.jobs = FakeJobs(self.plan)
        self.rounds = FakeRounds(self.plan)
        self.stack_limit = 50
        self.outcomes: list[Outcome] = []
        self.consumer = self.worker("first")

    def stack(self, links: FakeLinks) -> Stack:
        """What AWS has adapters for, in a process that stores by these links."""
        return Stack(
            jira=self.jira,
            issues=self.jira,
            comments=self.jira,
            rights_in=FakeRights(self.jira).in_project,
            searches=FakeSearches(self.jira),
            jira_url=lambda: JIRA_URL,
            pagerduty=self.pagerduty,
            email_of=FakeUsers(self.pagerduty).email_of,
            mappings=self.mappings,
            links=links,
            note_records=self.note_records,
            rows=self.rows,
            brakes=self.brakes,
            pauses=self.pauses,
            circuits=self.circuits,
            secrets=self.secrets,
            requests=self.requests,
            queue=self.queue,
            clock=self.clock,
            stack_limit=self.stack_limit,
        )

    def worker_stack(self, name: str = "first") -> WorkerStack:
        """What a worker process of that name is put together from."""
        links = self.links.as_writer(name)
        return WorkerStack(
            stack=self.stack(links),
            people=FakeJiraPeople(self.jira),
            paging=FakePagingIssues(self.jira),
            ours=FakeOurIssues(self.jira),
            pager=FakePager(self.pagerduty),
            join=links.join,
            workflows=self.workflows,
            comment_records=self.comment_records,
            kept_comments=self.kept_comments,
            openings=self.openings,
            attempts=self.attempts,
            resyncs=self.resyncs,
            activities=self.activities,
            given_up=self.given_up,
            jitter=lambda: 0.5,
            address_of=self.address_of,
            pause_address_of=self.pause_address_of,
        )

    def _poller_stack(self) -> PollerStack:
        return PollerStack(
            stack=self.stack(self.links),
            states=FakeIssueStates(self.jira).states,
            ours=FakeOurIssues(self.jira),
            incidents=self.incidents,
            subscriptions=self.subscriptions,
            cursors=self.cursors,
            open_links=self.open_links,
            resyncs=self.resyncs,
            results=self.sweep_results,
            each=in_turn,
        )

    def admin_stack(self) -> AdminStack:
        """What a person's request is answered with."""
        return AdminStack(
            stack=self.stack(self.links),
            workflows=self.workflows,
            cursors=self.cursors,
            sweep_results=self.sweep_results,
            days=self.days,
            unreadable=self.unreadable.found,
            start_sweep=self.starter.start,
            paging=FakePagingIssues(self.jira),
            incident_named=FakeIncidentNames(self.links).incident_named,
            refused=self.open_links,
            seen=self.seen,
            activities=self.activities,
            latest_rounds=self.leases,
            given_up=self.given_up,
            letters=self.letters,
            jobs=self.jobs,
            begin_round=self.rounds.begin,
            past=self.incidents,
            extensions=FakePagerDutyCatalogue(self.pagerduty).jira_extensions,
        )

    def worker(self, name: str) -> Consumer:
        """A worker process of its own, on the same stack."""
        return self.worker_stack(name).consumer()

    def opener(self) -> Opener:
        """What opens incidents for matches."""
        return self.worker_stack().opener()

    def joiner(self) -> Joiner:
        """What joins second issues to their incidents."""
        return self.worker_stack().joiner()

    def braking(self) -> Braking:
        """The limits on opening incidents."""
        return self.stack(self.links).braking()

    def own_notes(self) -> OwnNotes:
        """What knows our notes."""
        return self.stack(self.links).own_notes()

    def breaker(self) -> Breaker:
        """The circuits of this stack."""
        return self.stack(self.links).breaker()

    def poller(self) -> Poll:
        """What follows Jira by JQL."""
        return self._poller_stack().poll()

    def sweeper(self) -> Sweep:
        """What compares both sides with what was agreed on."""
        return self._poller_stack().sweep()

    def recovery(self) -> Recovery:
        """What has PagerDuty's log read once more."""
        return self.admin_stack().recovery()

    def release(self) -> Release:
        """What lets matches through."""
        return self.admin_stack().release()

    def resolver(self) -> Resolver:
        """What finds the incident or the issue that a person names."""
        return self.admin_stack().resolver()

    def explain(self) -> Explain:
        """What says why nothing happened."""
        return self.admin_stack().explain()

    def requests_of_people(self, new_id: Callable[[], str]) -> PeoplesRequests:
        """What takes the requests of people."""
        return self.admin_stack().requests(new_id)

    def rehearsal(self) -> Rehearsal:
        """What makes test issues on this stack."""
        return self.admin_stack().rehearsal()

    def dry_runs(self, *items: abc.Mapping[str, Any]) -> DryRuns:
        """What tries mappings on this stack, of which these are stored."""
        check = fake_mapping_check(
            self.jira, self.pagerduty, clock=self.clock, mappings=self.mappings
        )
        return self.admin_stack().dry_runs(items=FakeMappingItems(*items), check=check)

    def issue(self, **fields: Any) -> dict[str, Any]:
        """Create an issue as a person does."""
        given = {
            "project": {"id": "10100"},
            "issuetype": {"id": "10001"},
            "summary": "Database down",
            **fields,
        }
        return dict(self.jira.model.create_issue("alice", {"fields": given}))

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
