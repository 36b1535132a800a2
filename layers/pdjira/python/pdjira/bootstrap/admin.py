"""Puts together what `AdminFunction` runs."""

import secrets
import time
import uuid
from collections import abc
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from pdjira.adapters.aws.activities import DynamoActivities
from pdjira.adapters.aws.delivery_log import LogsDeliveryLog
from pdjira.adapters.aws.given_up import DynamoGivenUps, SqsDeadLetters
from pdjira.adapters.aws.health_results import DynamoHealthResults
from pdjira.adapters.aws.history import DynamoDrafts, DynamoVersions
from pdjira.adapters.aws.items import CONFIG
from pdjira.adapters.aws.jobs import DynamoJobs, LambdaRounds
from pdjira.adapters.aws.links import DynamoIncidentNames, DynamoOpenLinks
from pdjira.adapters.aws.mappings import DynamoMappingItems
from pdjira.adapters.aws.queue import SqsSignalQueue, decode
from pdjira.adapters.aws.setup import DynamoSetupRecord
from pdjira.adapters.aws.sides import DynamoWorkflows
from pdjira.adapters.aws.sign_ins import DynamoSignInTokens, stored_admin_url
from pdjira.adapters.aws.sweeps import DynamoCursors, DynamoDays, DynamoLeases, DynamoSweepResults
from pdjira.adapters.aws.unreadable import DynamoUnreadableItems
from pdjira.adapters.aws.versioned import VersionedItems
from pdjira.adapters.aws.webhooks import (
    LambdaStarter,
)
from pdjira.admin import problem_jobs
from pdjira.admin.administer import Administration
from pdjira.admin.dry_run import DryRuns
from pdjira.admin.explain import Explain, Stored
from pdjira.admin.incident_of import Resolver
from pdjira.admin.jobs import BeginRound, JobDesk, JobRunner, Jobs, Work
from pdjira.admin.mapping_edits import COPY, MappingCopies, MappingEdits
from pdjira.admin.moving_over import MovingOver
from pdjira.admin.problem_jobs import Redrive
from pdjira.admin.rehearsal import Rehearsal
from pdjira.admin.requests import PeoplesRequests
from pdjira.admin.sign_in import SignInLinks
from pdjira.admin.trials import (
    DRY_RUN,
    IMPORT,
    TEST_ISSUE,
    DryRunWork,
    ImportWork,
    RehearsalWork,
)
from pdjira.bootstrap.connections import Aws, Connections, connected, now, open_aws
from pdjira.bootstrap.looking import jira_health, pagerduty_health, webhook_health
from pdjira.bootstrap.stack import Stack, over_aws
from pdjira.errors import UnreadableItem
from pdjira.health.checks import CircuitHealth
from pdjira.health.health import Health, StoredHealth
from pdjira.health.jira import JiraHealth
from pdjira.health.jql import JqlHealth
from pdjira.health.pagerduty import OldRulesHealth, PagerDutyHealth
from pdjira.health.refused import RefusedHealth
from pdjira.health.standing import HealthResults, Looking, Standing
from pdjira.health.sweep import SweepHealth
from pdjira.health.webhooks import DeliveryLog, WebhookHealth
from pdjira.jql.braking import Release
from pdjira.jql.ports import Cursors, PagingIssues
from pdjira.mappings.changes import Item
from pdjira.mappings.check import MappingCheck
from pdjira.mappings.exchange import Export, Import
from pdjira.mappings.history import Drafts, Versions
from pdjira.mappings.moving import Moving
from pdjira.mappings.ports import MappingItems
from pdjira.model.link import Activities
from pdjira.model.ports import IncidentNamed, Workflows
from pdjira.model.signal import DeadLetters, GivenUps
from pdjira.settings import AdminSettings, load
from pdjira.sweep.ports import Days, Incidents, OpenLinks, SweepResults
from pdjira.sweep.work import Leases, Recovery


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminStack:
    """The stack of a person's request, and the ports that only the admin function needs."""

    stack: Stack
    workflows: Workflows
    cursors: Cursors
    sweep_results: SweepResults
    days: Days
    unreadable: Callable[[], Sequence[UnreadableItem]]
    start_sweep: Callable[[], None]
    paging: PagingIssues
    incident_named: IncidentNamed
    refused: OpenLinks
    seen: HealthResults
    activities: Activities
    latest_rounds: Leases
    given_up: GivenUps
    letters: DeadLetters
    jobs: Jobs
    begin_round: BeginRound
    past: Incidents
    extensions: Callable[[], Sequence[Item]]

    def dry_runs(self, *, items: MappingItems, check: MappingCheck) -> DryRuns:
        """What tells what a mapping would have done."""
        stack = self.stack
        return DryRuns(
            past=self.past,
            fields_of=stack.pagerduty.incident_fields,
            server_info=stack.jira.server_info,
            create_screen=stack.jira.create_screen,
            offered=stack.jira.offered,
            searches=stack.searches,
            links_of=stack.links.of_incident,
            rows_of=stack.rows.all,
            find_mapping=stack.mappings.find,
            stored_items=items.stored_items,
            read=check.read,
            verdict=check.verdict,
            clock=stack.clock,
        )

    def resolver(self) -> Resolver:
        """What finds the incident or the issue that a person names."""
        stack = self.stack
        return Resolver(
            pagerduty=stack.pagerduty,
            issues=stack.issues,
            links=stack.links,
            incident_named=self.incident_named,
        )

    def rehearsal(self) -> Rehearsal:
        """What makes test issues."""
        stack = self.stack
        return Rehearsal(
            jira=stack.jira,
            issues=stack.issues,
            comments=stack.comments,
            rights_in=stack.rights_in,
            workflows=self.workflows,
            mappings=stack.mappings,
            clock=stack.clock,
        )

    def explain(self) -> Explain:
        """What says why nothing happened, or what did."""
        stack = self.stack
        return Explain(
            resolver=self.resolver(),
            jira=stack.jira,
            issues=stack.issues,
            paging=self.paging,
            searches=stack.searches,
            stored=Stored(
                links=stack.links,
                mappings=stack.mappings,
                circuits=stack.circuits,
                rows=stack.rows,
                brakes=stack.brakes,
                cursors=self.cursors,
                incident_named=self.incident_named,
            ),
            clock=stack.clock,
        )

    def release(self) -> Release:
        """What lets matches through."""
        stack = self.stack
        return Release(
            mappings=stack.mappings,
            searches=stack.searches,
            rows=stack.rows,
            braking=stack.braking(),
            queue=stack.queue,
            clock=stack.clock,
        )

    def job_desk(self, new_id: Callable[[], str]) -> JobDesk:
        """Where people have jobs done; `new_id` yields an id that was never used before."""
        return JobDesk(
            jobs=self.jobs, begin_round=self.begin_round, clock=self.stack.clock, new_id=new_id
        )

    def job_runner(self, kinds: abc.Mapping[str, Work]) -> JobRunner:
        """What works on jobs of these kinds."""
        return JobRunner(
            jobs=self.jobs, begin_round=self.begin_round, kinds=kinds, clock=self.stack.clock
        )

    def recovery(self) -> Recovery:
        """What has PagerDuty's log read once more."""
        return Recovery(cursors=self.cursors, start_sweep=self.start_sweep, clock=self.stack.clock)

    def requests(self, new_id: Callable[[], str]) -> PeoplesRequests:
        """What takes the requests of people; `new_id` yields an id that was never used before."""
        stack = self.stack
        return PeoplesRequests(
            resolver=self.resolver(),
            jira=stack.jira,
            links=stack.links,
            mappings=stack.mappings,
            queue=stack.queue,
            requests=stack.requests,
            release=self.release(),
            recovery=self.recovery(),
            clock=stack.clock,
            new_id=new_id,
        )

    def health(
        self, *, jira: JiraHealth, pagerduty: PagerDutyHealth, webhooks: WebhookHealth
    ) -> Health:
        """What looks at everything, with these looks at both sides."""
        stack = self.stack
        return Health(
            jira=jira,
            pagerduty=pagerduty,
            webhooks=webhooks,
            old_rules=OldRulesHealth(extensions=self.extensions, mappings=stack.mappings),
            stored=self.stored_health(),
            days=self.days,
            account=stack.jira.known_as,
        )

    def standing(self) -> Standing:
        """What tells how things stand without asking either side."""
        return Standing(
            stored=self.stored_health(),
            seen=self.seen,
            days=self.days,
            cursors=self.cursors,
            sweeps=self.sweep_results,
            clock=self.stack.clock,
        )

    def stored_health(self) -> StoredHealth:
        """What looks at what is stored."""
        stack = self.stack
        return StoredHealth(
            circuits=CircuitHealth(circuits=stack.circuits, secrets=stack.secrets),
            jql=self._jql_health(),
            queue=stack.queue,
            mappings=stack.mappings,
            refused=RefusedHealth(links=self.refused),
            unreadable=self.unreadable,
            sweep=SweepHealth(
                results=self.sweep_results,
                mappings=stack.mappings,
                cursors=self.cursors,
                clock=stack.clock,
            ),
        )

    def _jql_health(self) -> JqlHealth:
        stack = self.stack
        return JqlHealth(
            mappings=stack.mappings,
            cursors=self.cursors,
            brakes=stack.brakes,
            rows=stack.rows,
            clock=stack.clock,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminRun:
    """What one invocation works with; it reads the secret afresh.

    `items` are the mappings as people write them.
    """

    process: "AdminProcess"
    admin: AdminStack
    connections: Connections
    items: DynamoMappingItems
    drafts: Drafts
    versions: Versions
    log: DeliveryLog
    sign_in_links: SignInLinks

    def administration(self) -> Administration:
        """What answers direct invocations."""
        admin, connections = self.admin, self.connections
        check = connections.mapping_check(admin.stack.mappings)
        return Administration(
            health=self.looking(),
            requests=self.requests(),
            explain=admin.explain(),
            mapping_check=check,
            export=Export(items=self.items),
            import_=self._import(check),
            rehearsal=admin.rehearsal(),
            jobs=self.job_desk(),
            runner=admin.job_runner(self.kinds()),
            dry_runs=admin.dry_runs(items=self.items, check=check),
            sign_in_links=self.sign_in_links,
        )

    def looking(self) -> Looking:
        """What looks at both sides, and keeps what it saw."""
        admin = self.admin
        health = _health(admin, self.connections, self.log)
        return Looking(health=health, seen=admin.seen, clock=admin.stack.clock)

    def requests(self) -> PeoplesRequests:
        """What takes the requests of people."""
        return self.admin.requests(lambda: uuid.uuid4().hex)

    def edits(self) -> MappingEdits:
        """What changes mappings."""
        return MappingEdits(
            items=self.items,
            versions=self.versions,
            drafts=self.drafts,
            check=self.connections.mapping_check(self.admin.stack.mappings),
            clock=self.admin.stack.clock,
        )

    def copies(self) -> MappingCopies:
        """What copies mappings to other services."""
        return MappingCopies(edits=self.edits())

    def moving_over(self) -> MovingOver:
        """What moves services over."""
        edits = self.edits()
        check = edits.check
        moving = Moving(items=self.items, jira=check.jira, pagerduty=check.pagerduty)
        return MovingOver(moving=moving, edits=edits)

    def _import(self, check: MappingCheck) -> Import:
        return Import(items=self.items, check=check, jira=check.jira, pagerduty=check.pagerduty)

    def job_desk(self) -> JobDesk:
        """Where people have jobs done."""
        return self.admin.job_desk(lambda: uuid.uuid4().hex)

    def look_again(self) -> problem_jobs.LookAgain:
        """What has both sides looked at once more."""
        return problem_jobs.LookAgain(desk=self.job_desk(), seen=self.admin.seen)

    def _test_passed(self) -> None:
        record = DynamoSetupRecord(self.process.aws.dynamodb, self.process.settings.links_table)
        record.reach(replace(record.reached(), test=now()))

    def kinds(self) -> abc.Mapping[str, Work]:
        """What the jobs of each kind do."""
        admin = self.admin
        check = self.connections.mapping_check(admin.stack.mappings)
        dry_runs = admin.dry_runs(items=self.items, check=check)
        return {
            COPY: self.copies().work,
            DRY_RUN: DryRunWork(dry_runs=dry_runs),
            TEST_ISSUE: RehearsalWork(rehearsal=admin.rehearsal(), passed=self._test_passed),
            IMPORT: ImportWork(import_=self._import(check)),
            **problem_jobs.works(
                requests=self.requests(),
                links=admin.stack.links,
                redrive=Redrive(letters=admin.letters, given_up=admin.given_up, decode=decode),
                looking=self.looking(),
                wait=time.sleep,
            ),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminProcess:
    """What lasts as long as the process of `AdminFunction`."""

    settings: AdminSettings
    aws: Aws
    start_sweep: Callable[[], None]
    begin_round: BeginRound
    log: LogsDeliveryLog

    def run(self) -> AdminRun:
        """What the next invocation works with."""
        connections = connected(self.settings, self.aws)
        kept = VersionedItems(self.aws.dynamodb, self.settings.links_table)
        return AdminRun(
            process=self,
            admin=_stack(self, connections),
            connections=connections,
            items=DynamoMappingItems(self.aws.dynamodb, self.settings.mappings_table),
            drafts=DynamoDrafts(kept),
            versions=DynamoVersions(self.aws.dynamodb, self.settings.links_table),
            log=self.log,
            sign_in_links=SignInLinks(
                tokens=DynamoSignInTokens(self.aws.dynamodb, self.settings.links_table),
                admin_url=self.admin_url,
                new_token=secrets.token_urlsafe,
                clock=now,
            ),
        )

    def admin_url(self) -> str:
        """Where the page is. Its client is made here: few invocations ask."""
        client = self.aws.session.client("ssm", config=CONFIG)
        return stored_admin_url(client, self.settings.admin_url_parameter)


def admin_process(environment: abc.Mapping[str, str]) -> AdminProcess:
    """Raises `Misconfigured` where the environment lacks a variable."""
    settings = load(AdminSettings, environment)
    aws = open_aws()
    functions = aws.session.client("lambda", config=CONFIG)
    return AdminProcess(
        settings=settings,
        aws=aws,
        start_sweep=LambdaStarter(functions, settings.jql_poller_function).start,
        begin_round=LambdaRounds(functions, environment.get("AWS_LAMBDA_FUNCTION_NAME", "")).begin,
        log=LogsDeliveryLog(
            aws.session.client("logs", config=CONFIG),
            pagerduty_group=settings.pagerduty_webhook_logs,
            jira_group=settings.jira_webhook_logs,
            clock=now,
            monotonic=time.monotonic,
        ),
    )


def _stack(process: AdminProcess, connections: Connections) -> AdminStack:
    settings, aws = process.settings, process.aws
    dynamodb, table = aws.dynamodb, settings.links_table
    queue = SqsSignalQueue(
        aws.sqs, settings.sync_queue_url, dead_letter_url=settings.dead_letter_queue_url
    )
    return AdminStack(
        stack=over_aws(settings, aws, connections=connections, queue=queue),
        workflows=DynamoWorkflows(dynamodb, table),
        cursors=DynamoCursors(VersionedItems(dynamodb, table)),
        sweep_results=DynamoSweepResults(dynamodb, table),
        days=DynamoDays(dynamodb, table),
        unreadable=DynamoUnreadableItems(dynamodb, table).found,
        start_sweep=process.start_sweep,
        paging=connections.jira_client.paging(),
        incident_named=DynamoIncidentNames(dynamodb, table).incident_named,
        refused=DynamoOpenLinks(dynamodb, table),
        seen=DynamoHealthResults(dynamodb, table),
        activities=DynamoActivities(dynamodb, table),
        latest_rounds=DynamoLeases(dynamodb, table),
        given_up=DynamoGivenUps(dynamodb, table),
        letters=SqsDeadLetters(
            aws.sqs, settings.dead_letter_queue_url, queue_url=settings.sync_queue_url
        ),
        jobs=DynamoJobs(VersionedItems(dynamodb, table)),
        begin_round=process.begin_round,
        past=connections.pagerduty_client.history(),
        extensions=connections.pagerduty_client.catalogue().jira_extensions,
    )


def _health(admin: AdminStack, connections: Connections, log: DeliveryLog) -> Health:
    return admin.health(
        jira=jira_health(connections, admin.stack.mappings),
        pagerduty=pagerduty_health(connections),
        webhooks=webhook_health(admin.stack, connections, log),
    )
