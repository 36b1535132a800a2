"""The extras of a link: which are tried in a round, what is owed after it, and what is said.

The plan asks for them after the core, each on its own: one that fails is put off for the round, and
the others go on.
"""

from dataclasses import dataclass
from datetime import timedelta

from pdjira.model.comment import MOST_AT_ONCE
from pdjira.model.link import REFUSED_AGAIN, TOLD_AFTER, Extra, Failing, Link, Owed
from pdjira.model.mapping import Mapping
from pdjira.model.signal import SWEEP, SignalKind
from pdjira.sync.situation import Situation
from pdjira.sync.step import Step
from pdjira.text.plain_text import text_digest

_ON_THE_INCIDENT = frozenset({Extra.NOTES, Extra.NOTICES})
"""What fails at adding notes cannot be told by a note."""

_LACKS = {
    Extra.REMOTE_LINK: "{issue} has lacked its link to this incident",
    Extra.COMMENTS: "{issue} has lacked comments",
    Extra.NOTES: "This incident has lacked notes with comments of {issue}",
    Extra.PEOPLE: "{issue} has lacked people of this incident",
    Extra.NOTICES: "This incident has lacked notes of ours",
}


def is_turn(situation: Situation, link: Link, extra: Extra) -> bool:
    """Whether an extra is tried in this round.

    One that hangs is left to the sweep, so that no event waits for it. Of what was refused only the
    remote link is left alone as a whole: a comment or a person does not hold up another.
    """
    if extra in situation.extras.put_off:
        return False
    if is_hanging(link, extra):
        return situation.signal.kind is SignalKind.RESYNC
    return extra is not Extra.REMOTE_LINK or not is_refused_lately(situation, link, extra)


def is_hanging(link: Link, extra: Extra) -> bool:
    """Whether each try has cost the time of a whole call."""
    owed = link.owed.get(extra)
    return owed is not None and owed.how is Failing.HANGS


def is_refused_lately(situation: Situation, link: Link, extra: Extra) -> bool:
    """Whether what was refused of an extra is not tried again yet."""
    owed = link.owed.get(extra)
    is_refused = owed is not None and owed.is_refused
    return is_refused and not is_refused_long_ago(situation, link, extra)


def is_refused_long_ago(situation: Situation, link: Link, extra: Extra) -> bool:
    """Whether what was refused is tried again.

    After an hour, where somebody asks for it, or once a secret or the mapping has changed.
    """
    signal, owed = situation.signal, link.owed.get(extra)
    if owed and owed.under and situation.extras.under and owed.under != situation.extras.under:
        return True
    if signal.kind is SignalKind.RESYNC and signal.event_type != SWEEP:
        return True
    tried = owed.tried if owed else None
    return tried is not None and situation.now - tried >= REFUSED_AGAIN


def going_by(mapping: Mapping, secrets: str) -> str:
    """A digest of the secrets' versions and of the keys of a mapping that extras go by."""
    people = mapping.sync_people
    keys = (
        mapping.sync_notes.value,
        mapping.sync_notes_email,
        mapping.internal_comments,
        people.assignee,
        people.watchers,
    )
    return text_digest(f"{secrets} {keys}")


def comes_again(situation: Situation, extra: Extra) -> bool:
    """Whether the message will be delivered again because of what failed of an extra."""
    put_off = situation.extras.put_off.get(extra)
    return put_off is not None and put_off.owed is None


def owed_after(situation: Situation, link: Link) -> dict[Extra, Owed]:
    """What is owed once the round has come to rest."""
    found = ((extra, _owed(situation, link, extra)) for extra in Extra)
    return {extra: owed for extra, owed in found if owed}


def _owed(situation: Situation, link: Link, extra: Extra) -> Owed | None:
    before, put_off = link.owed.get(extra), situation.extras.put_off.get(extra)
    if put_off is not None:
        return put_off.owed or before
    if _is_refused(situation, extra):
        now = situation.now.replace(microsecond=0)
        since = before.since if before else now
        under = situation.extras.under
        return Owed(since=since, how=Failing.REFUSED, tried=now, is_known=True, under=under)
    return None if _was_looked_at(situation, link, extra) else before


def _is_refused(situation: Situation, extra: Extra) -> bool:
    """Whether a side refused it in this round."""
    refused = {
        Extra.REMOTE_LINK: situation.remote_link.refused,
        Extra.COMMENTS: situation.notes.comments_refused,
        Extra.NOTES: situation.notes.refused,
        Extra.PEOPLE: situation.people.refused,
        Extra.NOTICES: situation.notices.unheard,
    }
    return bool(refused[extra])


def _was_looked_at(situation: Situation, link: Link, extra: Extra) -> bool:
    """Whether this round would have found what is still lacking."""
    if not is_turn(situation, link, extra) or is_refused_lately(situation, link, extra):
        return False
    if extra is Extra.NOTICES:
        return True
    owed, issue = link.owed.get(extra), situation.issue
    was_refused = owed is not None and owed.is_refused
    seen = {
        Extra.NOTES: issue is not None and issue.comments is not None,
        Extra.COMMENTS: situation.notes.kept is not None,
        Extra.PEOPLE: issue is not None or not was_refused,
    }
    is_whole = situation.mapping is not None and situation.notes.carried < MOST_AT_ONCE
    return is_whole and seen.get(extra, True)


@dataclass(frozen=True, slots=True, kw_only=True)
class TellOwed(Step):
    """Tell people that an extra is owed: by a note, or on the timeline alone."""

    owed: Extra
    text: str
    by_note: bool


def tell_owed(situation: Situation, link: Link) -> TellOwed | None:
    """What people are told of an extra that has been owed for an hour: once.

    Only where its side is known to have taken another call in this round.
    """
    for extra, put_off in situation.extras.put_off.items():
        owed = put_off.owed
        is_by_note = extra not in _ON_THE_INCIDENT
        is_reached = situation.issue is not None or not is_by_note
        if owed is None or owed.is_known or link.issue is None or not is_reached:
            continue
        if situation.now - owed.since >= TOLD_AFTER - timedelta(seconds=1):
            start = _LACKS[extra].format(issue=link.issue.key)
            text = (
                f"{start} since {owed.since:%Y-%m-%d %H:%M} UTC; each sweep tries again. "
                f"{put_off.why}"
            )
            return TellOwed(owed=extra, text=text, by_note=is_by_note)
    return None


MOST_REFUSALS = 3
"""How many comments and notes may be refused in one round: more would be refused as well."""
