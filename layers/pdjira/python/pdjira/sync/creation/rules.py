"""Whether an incident gets an issue under a mapping, by itself or as people ask, and how."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from fnmatch import fnmatchcase

from pdjira.errors import Side
from pdjira.model.incident import NO_PRIORITY, Incident, IncidentStatus
from pdjira.model.link import Link, LinkState, is_opened_by_issue
from pdjira.model.mapping import Conditions, CreateMode, Listed, Mapping
from pdjira.model.notices import no_issue_text
from pdjira.model.reason import Reason, Why
from pdjira.model.signal import Signal, SignalKind
from pdjira.model.times import BELIEVED_AFTER, in_utc
from pdjira.sync.fields.mapped_fields import ReadIncidentFields, missing_fields
from pdjira.sync.notices.rules import tell
from pdjira.sync.situation import Situation
from pdjira.sync.step import Action, Rest, Step, Wait
from pdjira.text.markup import one_line


def unmet(conditions: Conditions, incident: Incident) -> str | None:
    """Which condition the incident does not meet, as a clause for people; None where it meets all.

    An empty condition admits any; an incident without a priority has the priority id `none`.
    """
    if conditions.urgency and incident.urgency not in conditions.urgency:
        asked = _any_of(conditions.urgency)
        return f"its urgency is {incident.urgency}, and conditions.urgency asks for {asked}"
    priority = incident.priority.id if incident.priority else NO_PRIORITY
    if conditions.priority_ids and priority not in conditions.priority_ids:
        has = f"{incident.priority.name} ({priority})" if incident.priority else "not set"
        asked = _any_of(conditions.priority_ids)
        return f"its priority is {has}, and conditions.priority_ids asks for {asked}"
    pattern = conditions.title_matches
    if pattern and not fnmatchcase(incident.title.casefold(), pattern.casefold()):
        return f'its title "{incident.title}" does not match title_matches, {pattern}'
    return None


def _any_of(values: Sequence[str]) -> str:
    return " or ".join(values)


LATEST = timedelta(days=16)
"""How late an event can be that nobody replays."""

TRIGGERED = "incident.triggered"

_ANNOTATED = "incident.annotated"


def why_no_issue(situation: Situation) -> Reason | None:
    """Why the mapping makes no issue for the incident now; None where it makes one."""
    mapping, incident = situation.mapping, situation.incident
    if mapping is None:
        return not_in_force(situation)
    if situation.signal.kind is SignalKind.ISSUE_CHANGED:
        return Why.FROM_JIRA.of()
    if mapping.service.id != incident.service.id:
        theirs, ours = incident.service.name, mapping.service.name
        return Why.OTHER_SERVICE.of(theirs=theirs, ours=ours)
    return _why_no_issue_under(mapping, situation)


def why_not_in_force(found: Listed | None, mapping_id: str) -> Reason | None:
    """Why a mapping, as it is listed, does nothing at all; None where it is in force."""
    if found is None:
        return Why.GONE.of(mapping=mapping_id)
    if found.mapping is None:
        return Why.UNREADABLE.of(what=found.says, mapping=mapping_id)
    return None if found.in_force else Why.OFF.of(mapping=mapping_id)


def not_in_force(situation: Situation) -> Reason:
    """Why nothing is done under a mapping that is off, deleted or cannot be read."""
    link = situation.link
    return Why.NOT_IN_FORCE.of(mapping=link.mapping_id if link else "")


def _why_no_issue_under(mapping: Mapping, situation: Situation) -> Reason | None:
    incident = situation.incident
    if asks_for(situation.signal, mapping) or (situation.link and situation.link.asked):
        return obstacle(mapping, incident)
    about = {"incident": incident.id, "mapping": mapping.id}
    if mapping.create_issue is not CreateMode.AUTOMATIC:
        is_manual = mapping.create_issue is CreateMode.MANUAL
        return Why.MANUAL.of(**about) if is_manual else Why.NEVER.of()
    if incident.status is IncidentStatus.RESOLVED and not _is_about_the_beginning(situation):
        return Why.RESOLVED.of(**about)
    return _why_not_for(mapping, incident)


def _why_not_for(mapping: Mapping, incident: Incident) -> Reason | None:
    about = {"incident": incident.id, "mapping": mapping.id}
    if is_opened_by_issue(incident):
        return Why.OPENED_BY_ISSUE.of()
    since = mapping.enabled_since
    if since and incident.created_at < since:
        created = in_utc(incident.created_at)
        return Why.OLDER.of(created=created, since=in_utc(since), **about)
    clause = unmet(mapping.conditions, incident)
    return Why.CONDITIONS.of(clause=clause, **about) if clause else None


def _is_about_the_beginning(situation: Situation) -> bool:
    """Whether a signal stands for the incident's start, however late it comes.

    PagerDuty delivers for two days and the queue keeps for fourteen: what is older is a replay.
    What the stack looks at again for another reason stands for it where an issue was begun before.
    """
    signal, link = situation.signal, situation.link
    if signal.kind is SignalKind.RESYNC:
        was_begun = link is not None and link.state is not LinkState.CLOSED
        return signal.is_asked_by_person or signal.lacks_issue or was_begun
    is_recent = signal.occurred_at is None or signal.is_younger(LATEST, now=situation.now)
    return signal.event_type == TRIGGERED and is_recent


def begin(situation: Situation) -> Action:
    """There is no issue: make one if it is wanted."""
    why, mapping = why_no_issue(situation), situation.mapping
    if why or mapping is None:
        return Rest(why=why or not_in_force(situation))
    return missing_fields(situation, None, mapping) or CreateIssue()


def begin_again(situation: Situation, link: Link) -> Action:
    """Jira refused the issue: try again, then tell people; look for a lost attempt first.

    Our own note comes back as `incident.annotated`: no reason to try, or notes would go round.
    """
    if situation.creation.refused or situation.signal.event_type == _ANNOTATED:
        return tell(situation, link) or Rest(why=Why.REFUSED.of(what="", cure=""))
    action = begin(situation)
    is_try = isinstance(action, CreateIssue | ReadIncidentFields)
    if not is_try:
        return tell(situation, link) or action
    has_lost = link.attempt_at is not None
    return (_find(situation) if has_lost else None) or action


def finish_creating(situation: Situation, link: Link) -> Action:
    """Look for the issue of a claim without an answer, and make it where it is surely not there."""
    if situation.mapping is None:
        return Rest(why=not_in_force(situation))
    if situation.creation.refused:
        return tell(situation, link) or Rest(why=Why.SEARCH_REFUSED.of(what="", cure=""))
    if not situation.creation.searched:
        return FindIssue()
    if link.attempt_at is None:
        return _begin_or_give_up(situation)
    if situation.now >= link.attempt_at + BELIEVED_AFTER:
        return _find(situation) or _begin_or_give_up(situation)
    return Wait(why=Why.NO_ANSWER.of().says)


def _begin_or_give_up(situation: Situation) -> Action:
    """Make the issue; or end the claim, where a look at the whole incident wants none."""
    action = begin(situation)
    is_whole = situation.signal.kind is SignalKind.RESYNC
    return GiveUpClaim(why=action.why.says) if is_whole and isinstance(action, Rest) else action


@dataclass(frozen=True, slots=True, kw_only=True)
class FindIssue(Step):
    """Look for an issue that an earlier attempt, whose end is unknown, may have created.

    `everywhere`: a rule in Jira may have moved it to another project or type.
    """

    side = Side.JIRA
    most_calls = 4

    everywhere: bool = False


def _find(situation: Situation) -> FindIssue | None:
    """What is still looked for before an issue whose answer was lost counts as missing."""
    if not situation.creation.searched:
        return FindIssue()
    return None if situation.creation.searched_everywhere else FindIssue(everywhere=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateIssue(Step):
    """Claim the link, create the issue with its mark, complete the link.

    It may ask for the version, the screen, the description and what a service desk offers, and
    after a refusal for the screen once more.
    """

    side = Side.JIRA
    most_calls = 10
    is_repair = writes = True


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveUpClaim(Step):
    """End a claim under which no issue is made any more, and say why."""

    why: str


_NAME_LIMIT = 100


def asks_for(signal: Signal, mapping: Mapping) -> bool:
    """Whether the signal asks for an issue under the mapping."""
    if signal.kind is SignalKind.CREATE_REQUESTED:
        return signal.mapping_id == mapping.id
    return signal.workflow_id in mapping.manual_workflow_ids


def obstacle(mapping: Mapping, incident: Incident) -> Reason | None:
    """Why a mapping of the incident's service makes no issue even for somebody who asks."""
    if mapping.create_issue is CreateMode.NEVER:
        return Why.NEVER.of()
    return Why.OPENED_BY_ISSUE.of() if is_opened_by_issue(incident) else None


def who_asked(signal: Signal) -> str:
    """The sentence of the timeline that says who asked."""
    name = one_line(signal.agent or "", limit=_NAME_LIMIT)
    return f"Asked by {name or 'somebody whom PagerDuty does not name'}."


@dataclass(frozen=True, slots=True, kw_only=True)
class ManualRequest:
    """A signal that may ask for issues, and all that decides what comes of it.

    `mappings` are those in force, `linked` the ids of those under which the incident has an issue.
    """

    signal: Signal
    incident: Incident
    mappings: Iterable[Mapping]
    linked: Collection[str]

    def is_one(self) -> bool:
        """Whether the signal asks for an issue at all."""
        return self.signal.kind is SignalKind.CREATE_REQUESTED or bool(self._asked())

    def denials(self) -> tuple[str, ...]:
        """What the incident is told where it gets no issue: each a note, the same at every try."""
        asked = self._asked()
        if any(each in self.linked for each in (self.signal.mapping_id, *_ids(asked))):
            return ()
        if not asked:
            return (self._not_in_force(),) if self.is_one() else ()
        here = [each for each in asked if each.service.id == self.incident.service.id]
        if not here:
            return (self._elsewhere(asked[0]),)
        reasons = ((each, obstacle(each, self.incident)) for each in here)
        return tuple(_obstructed(mapping, reason) for mapping, reason in reasons if reason)

    def _asked(self) -> list[Mapping]:
        return [mapping for mapping in self.mappings if asks_for(self.signal, mapping)]

    def _not_in_force(self) -> str:
        mapping_id = one_line(self.signal.mapping_id or "", limit=_NAME_LIMIT)
        return no_issue_text(
            mapping_id,
            "Somebody asked for one, but no mapping of this id is in force: it is switched off, "
            "cannot be read, or does not exist.",
            "Switch the mapping on or mend it, or correct the URL of the button in PagerDuty.",
        )

    def _elsewhere(self, mapping: Mapping) -> str:
        theirs, ours = mapping.service.name, self.incident.service.name
        return no_issue_text(
            mapping.id,
            f"Somebody asked for one, but this mapping is for incidents of the service {theirs}, "
            f"not of {ours}.",
            f"Give {ours} a mapping of its own, or offer this button or workflow at {theirs} only.",
        )


def _obstructed(mapping: Mapping, reason: Reason) -> str:
    says = f"Somebody asked for one, but there will be none. {reason.says}"
    return no_issue_text(mapping.id, says, reason.cure or "")


def _ids(mappings: Iterable[Mapping]) -> list[str]:
    return [mapping.id for mapping in mappings]
