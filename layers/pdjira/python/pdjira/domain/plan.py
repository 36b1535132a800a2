"""The heart: from what is known of an incident under one mapping to what is to be done next.

The planner is asked again after each action, with what the action has learned, until it rests.
So a signal that comes twice, late or out of order changes nothing, and whatever a crash left
half done is taken up by the next signal of any kind.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from pdjira.domain.actions import (
    Action,
    CreateIssue,
    FindIssue,
    Rest,
    ShowIncident,
    TellPeople,
    Wait,
)
from pdjira.domain.conditions import unmet
from pdjira.domain.model import (
    CreateMode,
    Incident,
    IncidentStatus,
    Link,
    LinkState,
    Mapping,
    Notice,
    NoticeState,
)
from pdjira.domain.signals import Signal, SignalKind

BELIEVED_AFTER = timedelta(minutes=5)
"""How old an attempt whose answer was lost must be before an empty search is believed.

It covers a commit that comes a minute late together with an index that lags two minutes behind.
"""

_OPENED_BY_ISSUE = re.compile(r"jira:[^:/\s]+(:\d+)?:\d+")
_TRIGGERED = "incident.triggered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """All that the planner looks at.

    `searched`: the mark was looked for in this round and not found. `listed`: the notices that
    were looked for among the incident's notes in this round and not found. `fresh`: the notices
    that fell due in this round, so that no earlier attempt can have told them. `unheard`: the
    notices that PagerDuty refused in this round. `refused`: Jira refused the issue, or the search
    for it, in this round, and `link_refused` the remote link.
    """

    signal: Signal
    now: datetime
    incident: Incident
    mapping: Mapping | None
    link: Link | None
    searched: bool = False
    listed: frozenset[str] = frozenset()
    fresh: frozenset[str] = frozenset()
    unheard: frozenset[str] = frozenset()
    refused: bool = False
    link_refused: bool = False


def plan(situation: Situation) -> Action:
    """What is to be done next."""
    link = situation.link
    if link is None:
        return _begin(situation)
    match link.state:
        case LinkState.CREATING:
            return _finish_creating(situation, link)
        case LinkState.FAILED:
            return _tell(situation, link) or _begin(situation)
        case LinkState.LINKED:
            return _complete(situation, link)
        case _:
            assert_never(link.state)


def why_no_issue(situation: Situation) -> str | None:
    """Why the mapping makes no issue for the incident now; None where it makes one."""
    mapping, incident = situation.mapping, situation.incident
    if mapping is None:
        return "The mapping is not in force."
    if mapping.create_issue is not CreateMode.AUTOMATIC:
        return f"The mapping's create_issue is {mapping.create_issue.value}."
    if incident.incident_key and _OPENED_BY_ISSUE.fullmatch(incident.incident_key):
        return "The incident was opened by a Jira issue."
    if mapping.enabled_since and incident.created_at < mapping.enabled_since:
        return "The incident is older than the mapping's being switched on."
    if incident.status is IncidentStatus.RESOLVED and not _is_about_the_beginning(situation.signal):
        return "The incident is resolved and had no issue."
    clause = unmet(mapping.conditions, incident)
    return f"The mapping's conditions do not hold: {clause}." if clause else None


def _is_about_the_beginning(signal: Signal) -> bool:
    """Whether a signal stands for the incident's start, however late it comes."""
    return signal.kind is SignalKind.RESYNC or signal.event_type == _TRIGGERED


def _begin(situation: Situation) -> Action:
    """No issue is known: make one, unless it was refused in this very round."""
    if situation.refused:
        return Rest(why="Jira refused the issue.")
    why = why_no_issue(situation)
    return Rest(why=why) if why else CreateIssue()


def _finish_creating(situation: Situation, link: Link) -> Action:
    if situation.mapping is None:
        return Rest(why="The mapping is not in force.")
    if situation.refused:
        return _tell(situation, link) or Rest(why="Jira refused the search.")
    if link.attempt_at is None:
        return CreateIssue()
    if not situation.searched:
        return FindIssue()
    believed = link.attempt_at + BELIEVED_AFTER
    if situation.now >= believed:
        return CreateIssue()
    return Wait(
        until=believed,
        why="An earlier attempt to create the issue had no answer, and Jira's search does not "
        "show the issue yet.",
    )


def _complete(situation: Situation, link: Link) -> Action:
    if not (link.remote_linked or situation.link_refused):
        return ShowIncident()
    return _tell(situation, link) or Rest(why="The incident and its issue agree.")


def _tell(situation: Situation, link: Link) -> Action | None:
    for key, notice in link.notices.items():
        if notice.state is not NoticeState.TOLD and key not in situation.unheard:
            return _tell_one(situation, key, notice)
    return None


def _tell_one(situation: Situation, key: str, notice: Notice) -> Action:
    if key in situation.fresh:
        return TellPeople(notice=key, look_first=False)
    if key not in situation.listed:
        return TellPeople(notice=key, look_first=True)
    if notice.sent_at and situation.now < notice.sent_at + BELIEVED_AFTER:
        return Wait(
            until=notice.sent_at + BELIEVED_AFTER,
            why="An earlier attempt to add a note had no answer, and PagerDuty does not show it.",
        )
    return TellPeople(notice=key, look_first=False)
