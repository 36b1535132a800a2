"""Puts the worker's use case together from its ports."""

from pdjira.application.claims import Claims
from pdjira.application.perform import Performer
from pdjira.application.ports import Clock, Jira, Links, Mappings, PagerDuty
from pdjira.application.synchronise import Synchroniser
from pdjira.application.telling import Telling


def synchroniser(
    *, jira: Jira, pagerduty: PagerDuty, links: Links, mappings: Mappings, clock: Clock
) -> Synchroniser:
    """The worker's use case over these ports."""
    return Synchroniser(
        performer=Performer(
            jira=jira,
            claims=Claims(jira=jira, pagerduty=pagerduty, links=links, clock=clock),
            telling=Telling(pagerduty=pagerduty, clock=clock),
        ),
        pagerduty=pagerduty,
        links=links,
        mappings=mappings,
        clock=clock,
    )
