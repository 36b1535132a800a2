"""The heart: from what is known of an incident under one mapping to what is to be done next.

The planner is asked again after each action, with what the action has learned, until it rests.
So a signal that comes twice, late or out of order changes nothing, and whatever a crash left
half done is taken up by the next signal of any kind.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import assert_never

from pdjira.model.comment import MOST_AT_ONCE
from pdjira.model.incident import IncidentStatus
from pdjira.model.link import Extra, Link, LinkState
from pdjira.model.mapping import Mapping
from pdjira.model.reason import Reason, Why
from pdjira.model.signal import ABOUT_PEOPLE, SignalKind
from pdjira.sync.creation.rules import begin, begin_again, finish_creating, not_in_force
from pdjira.sync.extras import is_hanging, is_turn, owed_after, tell_owed
from pdjira.sync.fields.mapped_fields import (
    mapped_fields_to_jira,
    mapped_fields_to_pagerduty,
    missing_fields,
)
from pdjira.sync.fields.title_and_priority import fields_to_jira, fields_to_pagerduty, read_back
from pdjira.sync.issue.rules import (
    ShowIncident,
    baseline_step,
    is_stale,
    look,
    look_again,
    reading,
    show_incident,
    without_issue,
)
from pdjira.sync.notes.comments_to_notes import are_on_record, lacking_notes, next_note, seen_after
from pdjira.sync.notes.notes_to_comments import (
    AddComment,
    FindComment,
    keep_notice,
    keep_overwritten,
    keep_update,
    lacking_comments,
    next_comment,
    notes_due_since,
)
from pdjira.sync.notices.rules import name_issue, tell
from pdjira.sync.people.rules import AddWatcher, FindAccounts, next_person
from pdjira.sync.situation import Situation
from pdjira.sync.status.rules import status_to_jira, status_to_pagerduty, what_became
from pdjira.sync.step import Action, ReadIssue, Remember, Rest, ResumeStatuses, Step, Wait


def plan(situation: Situation) -> Action:
    """What is to be done next."""
    link = situation.link
    if link is None:
        return begin(situation)
    match link.state:
        case LinkState.CREATING:
            return finish_creating(situation, link)
        case LinkState.FAILED:
            return begin_again(situation, link)
        case LinkState.LINKED:
            return _complete(situation, link)
        case LinkState.MISSING:
            return look_again(situation) or tell(situation, link) or without_issue(situation, link)
        case LinkState.CLOSED | LinkState.UNREADABLE:
            return _over(situation, link)
        case _:
            assert_never(link.state)


def _over(situation: Situation, link: Link) -> Action:
    """A merged incident may be reopened, and resolved again before anybody looked.

    A sweep finds one whose webhook was lost. A claim that was given up begins like a refused one.
    """
    if link.state is LinkState.UNREADABLE:
        return Rest(why=Why.UNREADABLE_LINK.of())
    if link.issue is None:
        return begin_again(situation, link)
    if situation.mapping is None or situation.incident.merged_into:
        return tell(situation, link) or Rest(why=Why.MERGED.of())
    if situation.issue is None and not situation.status.stuck:
        return ReadIssue(with_comments=situation.tried_since is None)
    return ResumeStatuses()


def _complete(situation: Situation, link: Link) -> Action:
    """The core first, then the extras, each on its own; finally how the link is stored."""
    mapping = None if _is_own_echo(situation, link) else situation.mapping
    action: Action | None = next_step(situation, link, mapping) if mapping else None
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

    Also where an earlier try failed, so that the core tells whether Jira answers at all.
    """
    is_looked_at = situation.issue is not None or situation.status.stuck
    is_in_doubt = situation.mapping is not None and situation.tried_since is not None
    if is_looked_at or not (is_in_doubt or is_stale(link, now=situation.now)):
        return None
    if situation.mapping is None:
        return Rest(why=not_in_force(situation))
    return reading(situation, link)


def _is_own_echo(situation: Situation, link: Link) -> bool:
    """Whether the signal is our own note. Trying what was refused then would write the next one."""
    note = situation.signal.note
    return link.refused and note is not None and note.id in situation.notes.ours


def next_step(situation: Situation, link: Link, mapping: Mapping) -> Step | None:
    """What brings status and fields together; after a merge the issue stays where it is."""
    if situation.incident.merged_into:
        return None
    steps = (rule(situation, link, mapping) for rule in CORE)
    return next((step for step in steps if step), None)


def _next_extra(situation: Situation, link: Link, mapping: Mapping | None) -> Action | None:
    """What the first extra needs that is tried in this round; what hangs has its turn last."""
    due = [(extra, rule) for extra, rule in EXTRAS if is_turn(situation, link, extra)]
    due.sort(key=lambda one: is_hanging(link, one[0]))
    found = (rule(situation, link, mapping) for _, rule in due)
    return next((action for action in found if action), None)


def _resume(situation: Situation, link: Link, _mapping: Mapping) -> ResumeStatuses | None:
    """Somebody asks for what was paused."""
    return ResumeStatuses() if link.paused and situation.signal.is_asked_by_person else None


CORE: tuple[Callable[[Situation, Link, Mapping], Step | None], ...] = (
    missing_fields,
    baseline_step,
    what_became,
    keep_overwritten,
    _resume,
    look,
    read_back,
    status_to_jira,
    fields_to_jira,
    mapped_fields_to_jira,
    status_to_pagerduty,
    fields_to_pagerduty,
    mapped_fields_to_pagerduty,
    keep_notice,
)
"""What keeps both sides in step: the first that has something to do decides."""

EXTRAS: tuple[tuple[Extra, Callable[[Situation, Link, Mapping | None], Action | None]], ...] = (
    (Extra.NOTICES, name_issue),
    (Extra.REMOTE_LINK, show_incident),
    (Extra.COMMENTS, next_comment),
    (Extra.NOTES, next_note),
    (Extra.PEOPLE, next_person),
    (Extra.NOTICES, tell),
)
"""What decorates them; the note that names the issue comes first."""


def _end(situation: Situation, link: Link, mapping: Mapping) -> Action | None:
    """Keep what cannot be read again, tell what was owed for long, store how the link is."""
    return (
        keep_update(situation, mapping)
        or tell_owed(situation, link)
        or remember(situation, link, mapping)
        or go_on(situation, link, mapping)
    )


def remember(situation: Situation, link: Link, mapping: Mapping) -> Remember | None:
    """What the link looks like at rest; None where it is stored like that already."""
    owed = owed_after(situation, link)
    has_all = Extra.COMMENTS not in {*owed, *situation.extras.put_off}
    is_over = situation.incident.merged_into and has_all and situation.notes.carried < MOST_AT_ONCE
    refused = (
        situation.status.stuck or situation.fields.refused or situation.status.incident_refused
    )
    refused = (
        refused or situation.fields.incident_refused or bool(situation.fields.carrying_refused)
    )
    refused = refused or any(
        owed[extra].is_refused for extra in (Extra.COMMENTS, Extra.NOTES) if extra in owed
    )
    at_rest = replace(
        link,
        state=LinkState.CLOSED if is_over else LinkState.LINKED,
        refused=refused,
        notes_since=notes_due_since(situation, link, mapping),
        comments_seen=seen_after(situation, link),
        comments_on_record=are_on_record(situation, link),
        ended_at=_ended_at(situation, link) if refused else None,
        held_since=None,
        intent=link.intent if situation.status.stuck else None,
    )
    return None if at_rest == link else Remember(link=at_rest)


def owe(situation: Situation, link: Link) -> Remember | None:
    """Have a sweep look again once the mapping is on: what came while it was off was not carried.

    None where that is stored already, or where the signal changes nothing that is kept in step.
    """
    if situation.signal.is_ignored or link.held_since is not None:
        return None
    return Remember(link=replace(link, held_since=situation.now))


def _ended_at(situation: Situation, link: Link) -> datetime | None:
    """Since when the incident is resolved, and its issue could not follow it there."""
    resolved = IncidentStatus.RESOLVED
    if situation.incident.status is not resolved or link.agreed.status is resolved:
        return None
    return link.ended_at or situation.now


def go_on(situation: Situation, link: Link, mapping: Mapping) -> Wait | None:
    """Whether the next delivery has to go on, since one carries only so much and there is more."""
    if situation.notes.carried < MOST_AT_ONCE:
        return None
    is_merged = situation.incident.merged_into is not None
    left = {
        Extra.COMMENTS: is_merged or bool(lacking_comments(situation, link, mapping)),
        Extra.NOTES: bool(lacking_notes(situation, link)),
    }
    due = (extra for extra, more in left.items() if more and extra not in situation.extras.put_off)
    waits = (Wait(why="There are more notes to carry.", seconds=1, extra=one) for one in due)
    return next(waits, None)


def is_whole_look(situation: Situation) -> bool:
    """Whether the round has seen all that any signal without content can tell of.

    It has read the issue and what the planner asked of it for a late signal, or could not because
    something was refused; a sweep's or a person's `resync` reads what there is.
    """
    link, mapping = situation.link, situation.mapping
    if link is None or mapping is None or link.state is LinkState.UNREADABLE:
        return False
    is_resync = situation.signal.kind is SignalKind.RESYNC
    has_read = situation.is_late and situation.issue is not None
    return is_resync or has_read or situation.creation.refused or situation.status.stuck


def why_at_rest(situation: Situation) -> Reason:
    """Why nothing is left to do."""
    if situation.mapping is None:
        return not_in_force(situation)
    if situation.status.stuck:
        return Why.ISSUE_STUCK.of(what="", cure="")
    if situation.status.incident_refused:
        return Why.INCIDENT_STUCK.of(what="", cure="")
    signal = situation.signal
    is_followed = situation.mapping.sync_people.any and signal.event_type in ABOUT_PEOPLE
    if signal.is_ignored and not is_followed:
        return Why.IGNORED.of(event=signal.event_type)
    return Why.AGREE.of()
