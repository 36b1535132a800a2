"""How a link stands when a round comes to rest, and whether the next delivery has to go on."""

from dataclasses import replace
from datetime import datetime

from pdjira.domain.comments import MOST_AT_ONCE
from pdjira.domain.extras import Extra
from pdjira.domain.incident import IncidentStatus
from pdjira.domain.link import Link, LinkState
from pdjira.domain.mapping import Mapping
from pdjira.domain.planning.actions import Settle, Wait
from pdjira.domain.planning.commenting import lacking_comments, notes_due_since
from pdjira.domain.planning.extras import owed_after
from pdjira.domain.planning.noting import are_on_record, lacking_notes, seen_after
from pdjira.domain.planning.situation import Situation
from pdjira.domain.signals import ABOUT_PEOPLE, SignalKind


def settle(situation: Situation, link: Link, mapping: Mapping) -> Settle | None:
    """How the link stands at rest; None where that is on record already."""
    owed = owed_after(situation, link)
    has_all = Extra.COMMENTS not in {*owed, *situation.put_off}
    is_over = situation.incident.merged_into and has_all and situation.carried < MOST_AT_ONCE
    refused = situation.stuck or situation.fields_refused or situation.incident_refused
    refused = refused or situation.incident_fields_refused or bool(situation.carrying_refused)
    refused = refused or any(
        owed[extra].is_refused for extra in (Extra.COMMENTS, Extra.NOTES) if extra in owed
    )
    settled = replace(
        link,
        state=LinkState.CLOSED if is_over else LinkState.LINKED,
        refused=refused,
        notes_since=notes_due_since(situation, link, mapping),
        comments_seen=seen_after(situation, link),
        comments_on_record=are_on_record(situation, link),
        ended_at=_ended_at(situation, link) if refused else None,
        held_since=None,
        intent=link.intent if situation.stuck else None,
    )
    return None if settled == link else Settle(link=settled)


def owe(situation: Situation, link: Link) -> Settle | None:
    """Have a sweep look again once the mapping is on: what came while it was off was not carried.

    None where that is on record already, or where the signal changes nothing that is kept in step.
    """
    if situation.signal.is_ignored or link.held_since is not None:
        return None
    return Settle(link=replace(link, held_since=situation.now))


def _ended_at(situation: Situation, link: Link) -> datetime | None:
    """Since when the incident is resolved, and its issue could not follow it there."""
    resolved = IncidentStatus.RESOLVED
    if situation.incident.status is not resolved or link.agreed.status is resolved:
        return None
    return link.ended_at or situation.now


def go_on(situation: Situation, link: Link, mapping: Mapping) -> Wait | None:
    """Whether the next delivery has to go on: so much is carried in one, and there is more."""
    if situation.carried < MOST_AT_ONCE:
        return None
    is_merged = situation.incident.merged_into is not None
    left = {
        Extra.COMMENTS: is_merged or bool(lacking_comments(situation, link, mapping)),
        Extra.NOTES: bool(lacking_notes(situation, link)),
    }
    due = (extra for extra, more in left.items() if more and extra not in situation.put_off)
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
    return is_resync or has_read or situation.refused or situation.stuck


def why_at_rest(situation: Situation) -> str:
    """Why nothing is left to do, for the log."""
    if situation.mapping is None:
        return "The mapping is not in force."
    if situation.stuck:
        return "The issue cannot follow its incident; people were told."
    if situation.incident_refused:
        return "The incident cannot follow its issue; people were told."
    agree = "The incident and its issue agree."
    signal = situation.signal
    is_followed = situation.mapping.sync_people.any and signal.event_type in ABOUT_PEOPLE
    if signal.is_ignored and not is_followed:
        return f"{agree} {signal.event_type} changes nothing that is kept in step."
    return agree
