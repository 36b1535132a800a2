"""The heart: from what is known of an incident under one mapping to what is to be done next.

The planner is asked again after each action, with what the action has learned, until it rests.
So a signal that comes twice, late or out of order changes nothing, and whatever a crash left
half done is taken up by the next signal of any kind.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import assert_never

from pdjira.domain.extras import Extra
from pdjira.domain.incident import Incident, IncidentStatus
from pdjira.domain.link import Link, LinkState, Notice, NoticeState
from pdjira.domain.mapping import CreateMode, Mapping
from pdjira.domain.marks import is_opened_by_issue
from pdjira.domain.notices import ISSUE
from pdjira.domain.planning.actions import (
    Action,
    AddComment,
    CreateIssue,
    FindComment,
    FindIssue,
    GiveUpClaim,
    ReadIssue,
    Rest,
    Resume,
    ShowIncident,
    TellPeople,
    Wait,
)
from pdjira.domain.planning.agreement import baseline_step, next_step, reading
from pdjira.domain.planning.asking import asks_for, obstacle
from pdjira.domain.planning.commenting import keep_update, keep_what_loses, next_comment
from pdjira.domain.planning.conditions import unmet
from pdjira.domain.planning.extras import is_held, is_turn, tell_owed
from pdjira.domain.planning.field_actions import ReadIncidentFields
from pdjira.domain.planning.fields_to_pagerduty import missing_fields
from pdjira.domain.planning.intents import what_became
from pdjira.domain.planning.location import is_stale, look_again, without_issue
from pdjira.domain.planning.noting import next_note
from pdjira.domain.planning.people import next_person
from pdjira.domain.planning.people_actions import AddWatcher, FindAccounts
from pdjira.domain.planning.settling import go_on, owe, settle, why_at_rest
from pdjira.domain.planning.situation import Situation
from pdjira.domain.retries import BELIEVED_AFTER
from pdjira.domain.signals import SignalKind

LATEST = timedelta(days=16)
"""How late an event can be that nobody replays."""

TRIGGERED = "incident.triggered"
_ANNOTATED = "incident.annotated"


def plan(situation: Situation) -> Action:
    """What is to be done next."""
    link = situation.link
    if link is None:
        return _begin(situation)
    match link.state:
        case LinkState.CREATING:
            return _finish_creating(situation, link)
        case LinkState.FAILED:
            return _begin_again(situation, link)
        case LinkState.LINKED:
            return _complete(situation, link)
        case LinkState.MISSING:
            return look_again(situation) or _tell(situation, link) or without_issue(situation, link)
        case LinkState.CLOSED | LinkState.UNREADABLE:
            return _over(situation, link)
        case _:
            assert_never(link.state)


def why_no_issue(situation: Situation) -> str | None:
    """Why the mapping makes no issue for the incident now; None where it makes one."""
    mapping, incident = situation.mapping, situation.incident
    if mapping is None:
        return "The mapping is not in force."
    if situation.signal.kind is SignalKind.ISSUE_CHANGED:
        return "A change in Jira makes no issue."
    if mapping.service.id != incident.service.id:
        return "The incident has moved to a service of another mapping."
    return _why_no_issue_under(mapping, situation)


def _why_no_issue_under(mapping: Mapping, situation: Situation) -> str | None:
    incident = situation.incident
    if asks_for(situation.signal, mapping) or (situation.link and situation.link.asked):
        return obstacle(mapping, incident)
    if mapping.create_issue is not CreateMode.AUTOMATIC:
        return f"The mapping's create_issue is {mapping.create_issue.value}."
    if incident.status is IncidentStatus.RESOLVED and not _is_about_the_beginning(situation):
        return "The incident is resolved and had no issue."
    return _why_not_for(mapping, incident)


def _why_not_for(mapping: Mapping, incident: Incident) -> str | None:
    if is_opened_by_issue(incident):
        return "The incident was opened by a Jira issue."
    if mapping.enabled_since and incident.created_at < mapping.enabled_since:
        return "The incident is older than the mapping's being switched on."
    clause = unmet(mapping.conditions, incident)
    return f"The mapping's conditions do not hold: {clause}." if clause else None


def _is_about_the_beginning(situation: Situation) -> bool:
    """Whether a signal stands for the incident's start, however late it comes.

    PagerDuty delivers for two days and the queue keeps for fourteen: what is older is a replay.
    """
    signal = situation.signal
    if signal.kind is SignalKind.RESYNC:
        return True
    is_recent = signal.occurred_at is None or signal.is_younger(LATEST, now=situation.now)
    return signal.event_type == TRIGGERED and is_recent


def _begin(situation: Situation) -> Action:
    """There is no issue: make one if it is wanted."""
    why, mapping = why_no_issue(situation), situation.mapping
    if why or mapping is None:
        return Rest(why=why or "The mapping is not in force.")
    return missing_fields(situation, mapping) or CreateIssue()


def _begin_again(situation: Situation, link: Link) -> Action:
    """Jira refused the issue: try again, then tell people; an attempt that was lost is looked for.

    Our own note comes back as `incident.annotated`: no reason to try, or notes would go round.
    """
    if situation.refused or situation.signal.event_type == _ANNOTATED:
        return _tell(situation, link) or Rest(why="Jira refused the issue.")
    action = _begin(situation)
    is_try = isinstance(action, CreateIssue | ReadIncidentFields)
    if not is_try:
        return _tell(situation, link) or action
    has_lost = link.attempt_at is not None
    return (_find(situation) if has_lost else None) or action


def _finish_creating(situation: Situation, link: Link) -> Action:
    if situation.mapping is None:
        return Rest(why="The mapping is not in force.")
    if situation.refused:
        return _tell(situation, link) or Rest(why="Jira refused the search.")
    if not situation.searched:
        return FindIssue()
    if link.attempt_at is None:
        return _begin_or_give_up(situation)
    if situation.now >= link.attempt_at + BELIEVED_AFTER:
        return _find(situation) or _begin_or_give_up(situation)
    return Wait(
        why="An earlier attempt to create the issue had no answer, and Jira's search does not "
        "show the issue yet.",
    )


def _begin_or_give_up(situation: Situation) -> Action:
    """Make the issue; or, where a look at the incident as a whole wants none, end the claim."""
    action = _begin(situation)
    is_whole = situation.signal.kind is SignalKind.RESYNC
    return GiveUpClaim(why=action.why) if is_whole and isinstance(action, Rest) else action


def _over(situation: Situation, link: Link) -> Action:
    """A merged incident may be reopened, and resolved again before anybody looked.

    A claim that was given up begins like a refused one.
    """
    if link.state is LinkState.UNREADABLE:
        return Rest(why="The link cannot be read: `health` names the item and its cure.")
    if link.issue is None:
        return _begin_again(situation, link)
    if situation.mapping is None or situation.incident.merged_into:
        return _tell(situation, link) or Rest(why="The incident was merged into another.")
    if situation.issue is None and not situation.stuck:
        return ReadIssue(with_comments=situation.tried_since is None)
    return Resume()


def _find(situation: Situation) -> FindIssue | None:
    """What is still asked before it is believed that the issue of a lost answer is not there."""
    if not situation.searched:
        return FindIssue()
    return None if situation.searched_everywhere else FindIssue(everywhere=True)


def _complete(situation: Situation, link: Link) -> Action:
    """The core first, then the extras, each on its own; at last how the link stands."""
    mapping = None if _is_own_echo(situation, link) else situation.mapping
    action = _core(situation, link, mapping) if mapping else None
    action = action or _next_extra(situation, link, mapping)
    if action is None and mapping is not None:
        action = _end(situation, link, mapping)
    if action is None and situation.mapping is None:
        action = owe(situation, link)
    if isinstance(action, ShowIncident | AddComment | FindComment | FindAccounts | AddWatcher):
        return _identify(situation, link) or action
    return action or Rest(why=why_at_rest(situation))


def _identify(situation: Situation, link: Link) -> ReadIssue | Rest | None:
    """Read the issue before it is written to, where Jira may have another one in its place.

    And where an earlier try came to nothing: so the core tells whether Jira answers at all.
    """
    is_looked_at = situation.issue is not None or situation.stuck
    is_in_doubt = situation.mapping is not None and situation.tried_since is not None
    if is_looked_at or not (is_in_doubt or is_stale(link, now=situation.now)):
        return None
    if situation.mapping is None:
        return Rest(why="The mapping is not in force.")
    return reading(situation, link)


def _is_own_echo(situation: Situation, link: Link) -> bool:
    """Whether the signal is our own note: no reason to try what was refused, or notes go round."""
    note = situation.signal.note
    return link.refused and note is not None and note.id in situation.ours


def _core(situation: Situation, link: Link, mapping: Mapping) -> Action | None:
    """Bring status and fields together; after a merge the issue stays where it is."""
    if situation.incident.merged_into:
        return None
    asked = missing_fields(situation, mapping)
    first = asked or baseline_step(situation, link)
    became = first or what_became(situation, link, mapping)
    kept = became or keep_what_loses(situation, link, mapping)
    return kept or next_step(situation, link, mapping)


def _next_extra(situation: Situation, link: Link, mapping: Mapping | None) -> Action | None:
    """What the first extra whose turn it is needs; the note that names the issue comes first."""
    found: tuple[tuple[Extra, Callable[[], Action | None]], ...] = (
        (Extra.NOTICES, lambda: _name_issue(situation, link)),
        (Extra.REMOTE_LINK, lambda: _show_incident(situation, link)),
        (Extra.COMMENTS, lambda: next_comment(situation, link, mapping) if mapping else None),
        (Extra.NOTES, lambda: next_note(situation, link, mapping) if mapping else None),
        (Extra.PEOPLE, lambda: _carry_person(situation, link, mapping) if mapping else None),
        (Extra.NOTICES, lambda: _tell(situation, link)),
    )
    due = (step() for extra, step in found if is_turn(situation, link, extra))
    return next((action for action in due if action), None)


def _end(situation: Situation, link: Link, mapping: Mapping) -> Action | None:
    """Keep what cannot be read again, tell what is owed for long, remember how the link stands."""
    return (
        keep_update(situation, mapping)
        or tell_owed(situation, link)
        or settle(situation, link, mapping)
        or go_on(situation, link, mapping)
    )


def _name_issue(situation: Situation, link: Link) -> Action | None:
    return _tell_if_untold(situation, link, ISSUE) if ISSUE in link.notices else None


def _show_incident(situation: Situation, link: Link) -> ShowIncident | None:
    is_shown = link.remote_linked or situation.link_refused
    return None if is_shown else ShowIncident()


def _carry_person(situation: Situation, link: Link, mapping: Mapping) -> Action | None:
    is_over = situation.incident.merged_into is not None
    return None if is_over else next_person(situation, link, mapping)


def _tell(situation: Situation, link: Link) -> Action | None:
    if Extra.NOTICES in situation.put_off:
        return None
    telling = (_tell_if_untold(situation, link, key) for key in link.notices)
    return next((action for action in telling if action), None)


def _tell_if_untold(situation: Situation, link: Link, key: str) -> Action | None:
    notice = link.notices[key]
    if notice.state is NoticeState.TOLD or key in situation.unheard:
        return None
    if key not in situation.fresh and is_held(situation, link, Extra.NOTICES):
        return None
    return _tell_one(situation, key, notice)


def _tell_one(situation: Situation, key: str, notice: Notice) -> Action:
    if key in situation.fresh:
        return TellPeople(notice=key, look_first=False)
    if key not in situation.listed:
        return TellPeople(notice=key, look_first=True)
    if notice.sent_at and situation.now < notice.sent_at + BELIEVED_AFTER:
        return Wait(
            why="An earlier attempt to add a note had no answer, and PagerDuty does not show it.",
            extra=Extra.NOTICES,
        )
    return TellPeople(notice=key, look_first=False)
