"""The pages, each over what an invocation works with, and what stands around every one.

Only a request of the gateway imports this: a direct invocation pays for none of it.
"""

import json
import time
from collections import abc
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pdjira.adapters.aws.delivery_log import briefly
from pdjira.adapters.aws.lists import DynamoLists
from pdjira.adapters.aws.mappings import DynamoMappings
from pdjira.adapters.aws.stored_mapping import read_item, read_problems
from pdjira.adapters.memory import Memory
from pdjira.admin.administer import Administration
from pdjira.admin.mapping_edits import MappingCopies
from pdjira.admin.requests import Answer
from pdjira.bootstrap.admin import AdminRun
from pdjira.bootstrap.connecting import Connecting
from pdjira.bootstrap.looking import webhook_health
from pdjira.errors import Side
from pdjira.health.checks import Check
from pdjira.health.webhooks import RefusedDeliveries
from pdjira.mappings.changes import Item
from pdjira.mappings.lists import Lists
from pdjira.model.mapping import Problem
from pdjira.model.signing import Signer
from pdjira.page import addresses
from pdjira.page.front import FrontPage
from pdjira.page.health import HealthPage
from pdjira.page.jobs import JobPage
from pdjira.page.mapping_list import MappingsPage
from pdjira.page.mapping_page import MappingPage
from pdjira.page.mapping_versions import VersionPages
from pdjira.page.moving import MovingPage
from pdjira.page.overview import Overview
from pdjira.page.problems import ProblemPages
from pdjira.page.sign_in import HowToSignIn
from pdjira.page.trials import TrialPages
from pdjira.page.web import HasRoutes, Request
from pdjira.page.why import WhyPage


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """What Lambda tells a function of itself."""

    function: str
    region: str
    log_group: str
    stack: str

    def how_to_sign_in(self) -> HowToSignIn:
        """Where one gets a link to the page."""
        event = json.dumps({"action": "sign-in-link"})
        return HowToSignIn(
            console=addresses.console(self.region, f"lambda/home?region={self.region}#/functions/")
            + f"{self.function}?tab=testing",
            event=event,
            command=f"aws lambda invoke --function-name {self.function} --region {self.region} "
            f"--cli-binary-format raw-in-base64-out --payload '{event}' /dev/stdout",
        )

    def log_of(self, request_id: str) -> str:
        """What the log of this function tells of a request."""
        return addresses.log(self.region, self.log_group, request_id)

    def log_of_incident(self, incident_id: str) -> str:
        """What the log of the worker tells of an incident."""
        group = f"{self.log_group.rpartition('/')[0]}/sync-worker"
        return addresses.log(self.region, group, incident_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lasting:
    """What pages need beyond one request: the signer, and answers that are kept for a moment."""

    signer: Signer
    explained: Memory[Answer]
    refused: Memory[Check | None]


def pages(
    run: AdminRun, runtime: Runtime, lasting: Lasting, overview: Overview
) -> Sequence[HasRoutes]:
    """Every page, one line each."""
    actions = run.administration()
    return (
        _front(run, overview),
        JobPage(desk=run.job_desk()),
        _problems(run, overview),
        _health(run, actions, overview),
        *Connecting(run=run).pages(),
        MovingPage(over=run.moving_over(), export=actions.export, desk=run.job_desk()),
        *_mappings(run),
        TrialPages(desk=run.job_desk(), items=run.items, drafts=run.drafts),
        _why(actions, runtime, lasting),
    )


def _front(run: AdminRun, overview: Overview) -> FrontPage:
    return FrontPage(
        activities=run.admin.activities,
        jira_url=lambda: run.connections.jira().url,
        names=overview.names,
        problems=overview.found,
        begins=Connecting(run=run).begins,
    )


def _health(run: AdminRun, actions: Administration, overview: Overview) -> HealthPage:
    return HealthPage(
        overview=lambda: overview,
        sweeps=run.admin.sweep_results,
        requests=actions.requests,
        repair=Connecting(run=run).webhook().repair,
        look_again=run.look_again(),
    )


def _why(actions: Administration, runtime: Runtime, lasting: Lasting) -> WhyPage:
    return WhyPage(
        explain=actions.explain,
        requests=actions.requests,
        log_of=runtime.log_of_incident,
        wait=time.sleep,
        signer=lasting.signer,
        kept=lasting.explained.get,
    )


def _mappings(run: AdminRun) -> Sequence[HasRoutes]:
    edits, lists = run.edits(), _lists(run)
    return (
        MappingsPage(
            copies=MappingCopies(edits=edits),
            lists=lists,
            activities=run.admin.activities,
            desk=run.job_desk(),
            judge=_judged,
        ),
        MappingPage(
            edits=edits,
            lists=lists,
            searches=run.admin.stack.searches,
            past=run.admin.past,
            problems_in=read_problems,
        ),
        VersionPages(edits=edits),
    )


def _lists(run: AdminRun) -> Lists:
    """What both sides offer to forms, at the hosts where they are now."""
    connections, process = run.connections, run.process
    check = connections.mapping_check(run.admin.stack.mappings)
    return Lists(
        jira=check.jira,
        pagerduty=check.pagerduty,
        host=lambda side: (
            connections.jira().url if side is Side.JIRA else connections.pagerduty().api_url
        ),
        kept=DynamoLists(process.aws.dynamodb, process.settings.links_table),
        clock=run.admin.stack.clock,
    )


def _problems(run: AdminRun, overview: Overview) -> ProblemPages:
    admin = run.admin
    return ProblemPages(
        overview=lambda: overview,
        links=admin.stack.links,
        sweeps=admin.sweep_results,
        states=run.connections.jira_client.states().states,
        given_up=admin.given_up,
        requests=run.requests(),
        desk=run.job_desk(),
        jira_url=lambda: run.connections.jira().url,
    )


LATELY_SECONDS = 20.0
"""How long it is believed whether deliveries are refused."""

_PAGES, _SECONDS = 2, 1.0
"""What is read of their log for each page that is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lately:
    """Whether deliveries are refused now, asked of their log no more often than that."""

    deliveries: RefusedDeliveries
    kept: Memory[Check | None]

    def lately(self) -> Check | None:
        return self.kept.get("lately", self.deliveries.lately)

    def is_proven_since(self, since: datetime) -> bool:
        return self.deliveries.is_proven_since(since)


def _lately(run: AdminRun, kept: Memory[Check | None]) -> _Lately:
    log = briefly(run.process.log, pages=_PAGES, seconds=_SECONDS)
    webhooks = webhook_health(run.admin.stack, run.connections, log)
    return _Lately(deliveries=webhooks.refused, kept=kept)


def overview_of(run: AdminRun, lasting: Lasting) -> Overview:
    """What needs somebody, read once for a request."""
    aws, table = run.process.aws, run.process.settings.mappings_table
    mappings = DynamoMappings(aws.dynamodb, table, is_kept=True)
    admin = replace(run.admin, stack=replace(run.admin.stack, mappings=mappings))
    return Overview(
        standing=replace(admin.standing(), refused=_lately(run, lasting.refused)),
        rounds=admin.latest_rounds,
        activities=admin.activities,
        mappings=admin.stack.mappings,
    )


def _judged(item: Item) -> tuple[bool, Sequence[Problem]]:
    """Whether a stored item can be read, and what its verdict says."""
    return read_item(item).candidate is not None, read_problems(item.get("check"))


def frame(run: AdminRun, overview: Overview, request: Request) -> abc.Mapping[str, object]:
    """What stands around every page of somebody who is signed in; base.html names it."""
    reached = Connecting(run=run).record().reached()
    strip = overview.strip(request.now)
    return {
        "strip": strip,
        "problems_count": strip.needing,
        "is_setup_done": reached.incident is not None,
    }
