"""Puts the worker's use case together from its ports."""

from dataclasses import dataclass

from pdjira.application.asking import Asking
from pdjira.application.claims import Claims
from pdjira.application.following import Following
from pdjira.application.perform import Performer
from pdjira.application.ports import (
    Clock,
    Issues,
    Jira,
    Links,
    Mappings,
    PagerDuty,
    Workflows,
)
from pdjira.application.synchronise import Synchroniser
from pdjira.application.telling import Telling


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """The two sides that are kept in step."""

    jira: Jira
    issues: Issues
    pagerduty: PagerDuty


def synchroniser(
    *, sides: Sides, links: Links, workflows: Workflows, mappings: Mappings, clock: Clock
) -> Synchroniser:
    """The worker's use case over these ports."""
    jira, pagerduty = sides.jira, sides.pagerduty
    return Synchroniser(
        performer=Performer(
            jira=jira,
            claims=Claims(jira=jira, pagerduty=pagerduty, links=links, clock=clock),
            telling=Telling(pagerduty=pagerduty, clock=clock),
            following=Following(issues=sides.issues, links=links, workflows=workflows),
        ),
        asking=Asking(pagerduty=pagerduty, links=links),
        pagerduty=pagerduty,
        links=links,
        mappings=mappings,
        clock=clock,
    )
