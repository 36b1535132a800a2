"""The claim protocol: exactly one issue for an incident under a mapping, whatever breaks.

1. Claim the link with a conditional write. 2. Create the issue with a mark in the create call
itself. 3. Complete the link and the way back from the issue, both or neither. Whoever finds a claim
without an end looks for the mark before creating again; a refusal, or a request that surely never
took effect, ends its own attempt at once, and none before it.
"""

from collections import abc
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pdjira.errors import (
    Misconfigured,
    NotFound,
    PdjiraError,
    Refused,
    Temporary,
    sentence_of,
    with_cure,
)
from pdjira.model import notices
from pdjira.model.incident import Incident, IncidentStatus
from pdjira.model.issue import CreateScreen, IssueDraft, IssueRef, Place
from pdjira.model.link import Agreement, Link, LinkState, mark_of
from pdjira.model.mapping import Conditions
from pdjira.model.ports import Clock, Jira, Links, PagerDuty
from pdjira.model.refusal import explain
from pdjira.sync.creation.rules import TRIGGERED, CreateIssue, FindIssue, GiveUpClaim, asks_for
from pdjira.sync.fields.rules import as_created, at_first_sight, issue_fields
from pdjira.sync.fields.steps import with_offered, write_or_replace_emoji
from pdjira.sync.fields.title_and_priority import at_creation
from pdjira.sync.round import Performs, Round, fall_due


@dataclass(frozen=True, slots=True, kw_only=True)
class _Attempt:
    draft: IssueDraft
    screen: CreateScreen
    unused: tuple[str, ...]

    def agreed(self, before: Agreement, current: Round) -> Agreement:
        return as_created(before, current.mapping, self.draft.fields, self.screen)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimSteps:
    """Creates an issue, or finds the one that an earlier attempt created."""

    jira: Jira
    pagerduty: PagerDuty
    links: Links
    clock: Clock

    def performs(self) -> Performs:
        """What performs each of these steps."""
        return {CreateIssue: self.create, FindIssue: self.find, GiveUpClaim: self.give_up}

    def create(self, current: Round, _step: CreateIssue) -> None:
        """Claim, create, complete.

        Raises `Temporary` when nothing was created and `Ambiguous` when that is unknown; the link
        then tells which.
        """
        attempt: _Attempt | None = None
        before = current.situation.link.attempt_at if current.situation.link else None
        try:
            self.jira.server_info()
            attempt = self._attempt(current)
            self._claim(current, attempt)
            issue, attempt = self._create_or_learn(current, attempt)
        except (Refused, NotFound) as error:
            self._refuse(current, error, attempt, before)
        except (Temporary, Misconfigured):
            self._release(current, before)
            raise
        else:
            agreed = attempt.agreed(current.link.agreed, current)
            current.keep(replace(current.link, agreed=agreed))
            self._complete(current, issue)
            current.says += [
                f"Created {issue.key} ({_under(current)}).",
                *attempt.unused,
            ]

    def find(self, current: Round, step: FindIssue) -> None:
        """Look for the mark, and complete the link with the issue that has it.

        Where Jira refuses the search, the claim stays, people are told, and the link is refused.
        """
        if step.everywhere:
            self._find_moved(current)
            return
        try:
            issue = self.jira.find_issue(_sought(current), since=current.link.claimed_at)
        except (Refused, NotFound) as error:
            self._search_refused(current, error)
            return
        if issue is None:
            self._not_found(current)
            return
        self._complete(current, issue)
        current.says.append(
            f"Found {issue.key}, created by an earlier attempt ({_under(current)})."
        )

    def _find_moved(self, current: Round) -> None:
        """Look for the mark in every project: a rule in Jira may have moved the new issue."""
        sought, since = _sought(current), current.link.claimed_at
        taken = {
            Place(project_id=one.project_id, issue_type_id=one.issue_type_id)
            for one in self.links.of_incident(current.incident.id)
            if one.mapping_id != current.mapping.id
        }
        try:
            found = self.jira.find_moved_issue(sought, since=since, taken=taken)
        except (Refused, NotFound) as error:
            self._search_refused(current, error)
            return
        if found is None:
            self._not_found(current, everywhere=True)
            return
        issue, place = found
        current.keep(
            replace(current.link, project_id=place.project_id, issue_type_id=place.issue_type_id)
        )
        self._complete(current, issue)
        current.says.append(
            f"Found {issue.key}, created by an earlier attempt and moved since ({_under(current)})."
        )

    def give_up(self, current: Round, step: GiveUpClaim) -> None:
        """End the claim; whoever wants an issue later looks for a lost attempt first."""
        current.keep(replace(current.link, state=LinkState.CLOSED))
        says = (
            f"Jira shows no issue of an earlier attempt ({_under(current)}). None is created now: "
        )
        current.says.append(with_cure(f"{says}{step.why}", notices.ASK_FOR_IT))

    def _not_found(self, current: Round, *, everywhere: bool = False) -> None:
        if current.link.refused:
            current.keep(replace(current.link, refused=False))
        current.learn(
            replace(current.situation.creation, searched=True, searched_everywhere=everywhere)
        )

    def _search_refused(self, current: Round, error: Refused | NotFound) -> None:
        refusal = explain(error, mapping=current.mapping)
        key = notices.search_key(refusal)
        text = notices.search_text(refusal, mapping_id=current.mapping.id)
        fall_due(self.links, current, replace(current.link, refused=True), key, text)
        current.learn(replace(current.situation.creation, refused=True))

    def _create_or_learn(self, current: Round, attempt: _Attempt) -> tuple[IssueRef, _Attempt]:
        """Create; where a fresh look at the create screen changes what is sent, try once more."""
        try:
            return self._send(current, attempt.draft), attempt
        except Refused:
            self.jira.forget_screens()
            again = self._attempt(current)
            if again.draft == attempt.draft:
                raise
            return self._send(current, again.draft), again

    def _send(self, current: Round, draft: IssueDraft) -> IssueRef:
        return write_or_replace_emoji(
            current,
            lambda given: self.jira.create_issue(replace(draft, fields=given)),
            draft.fields,
            look=lambda: self.jira.find_issue(draft, since=current.link.claimed_at),
        )

    def _attempt(self, current: Round) -> _Attempt:
        screen = self._screen(current)
        current.set_incident(self._described(current))
        screen = with_offered(screen, current.mapping, self.jira.offered)
        fields = issue_fields(current.incident, current.mapping, screen)
        draft = _draft(current, fields.values)
        return _Attempt(draft=draft, screen=screen, unused=fields.unused)

    def _screen(self, current: Round) -> CreateScreen:
        mapping = current.mapping
        return self.jira.create_screen(
            project_id=mapping.project.id, issue_type_id=mapping.issue_type.id
        )

    def _described(self, current: Round) -> Incident:
        """The incident with the description that its first trigger log entry may hold."""
        incident = current.incident
        if incident.description is not None or incident.first_log_entry_id is None:
            return incident
        try:
            details = self.pagerduty.trigger_details(incident.first_log_entry_id)
        except (Refused, NotFound) as error:
            current.says.append(f"PagerDuty did not give the description: {sentence_of(error)}")
            details = None
        return replace(incident, description=details or "")

    def _claim(self, current: Round, attempt: _Attempt) -> None:
        now, mapping = self.clock(), current.mapping
        agreed = at_first_sight(current.incident, at_creation(current.incident), mapping)
        link = wanted(current, now)
        is_begun = link.state is LinkState.CREATING or link.attempt_at is not None
        since = link.claimed_at if is_begun else now
        claim = replace(
            link,
            state=LinkState.CREATING,
            claimed_at=since,
            attempt_at=now,
            project_id=mapping.project.id,
            issue_type_id=mapping.issue_type.id,
            agreed=attempt.agreed(agreed, current),
            notes_since=notes_since(current, now),
        )
        current.saved(self.links.save(claim))

    def _release(self, current: Round, before: datetime | None) -> None:
        """Say that nothing more is in flight; where that fails, the claim's age decides later."""
        link = current.situation.link
        if link and link.attempt_at != before:
            with suppress(PdjiraError):
                current.saved(self.links.save(replace(link, attempt_at=before)))

    def _complete(self, current: Round, issue: IssueRef) -> None:
        is_one = current.situation.creation.is_one_of_several
        text = notices.issue_text(
            issue,
            base_url=self.jira.server_info().base_url,
            mapping_id=current.link.mapping_id if is_one else None,
        )
        left = notices.without_refusals(current.link.notices)
        link = replace(
            current.link,
            state=LinkState.LINKED,
            issue=issue,
            issue_read_at=self.clock(),
            refused=False,
            attempt_at=None,
            notices=notices.with_due(left, notices.ISSUE, text, at=self.clock()),
        )
        current.saved(self.links.complete(link), fresh=notices.ISSUE)

    def _refuse(
        self,
        current: Round,
        error: Refused | NotFound,
        attempt: _Attempt | None,
        before: datetime | None,
    ) -> None:
        """Tell people; an attempt `before` whose end is unknown is looked for at the next try."""
        screen, given = None, None
        if attempt:
            given = attempt.draft.fields
            with suppress(PdjiraError):
                screen = self._screen(current)
        refusal = explain(error, mapping=current.mapping, screen=screen, given=given)
        link = wanted(current, self.clock())
        failed = replace(link, state=LinkState.FAILED, attempt_at=before)
        text = notices.refusal_text(refusal, mapping_id=link.mapping_id)
        fall_due(self.links, current, failed, notices.refusal_key(refusal), text)
        current.learn(replace(current.situation.creation, refused=True))


def _draft(current: Round, values: abc.Mapping[str, object]) -> IssueDraft:
    mapping = current.mapping
    return IssueDraft(
        project_id=mapping.project.id,
        issue_type_id=mapping.issue_type.id,
        fields=values,
        mark=mark_of(current.incident, mapping),
    )


def _sought(current: Round) -> IssueDraft:
    """What the attempt on record would have created: the mapping may say otherwise by now."""
    return IssueDraft(
        project_id=current.link.project_id,
        issue_type_id=current.link.issue_type_id,
        fields={},
        mark=mark_of(current.incident, current.mapping),
    )


def _under(current: Round) -> str:
    return f"mapping {current.mapping.id}"


_FRESH = timedelta(minutes=1)


def wanted(current: Round, now: datetime) -> Link:
    """The link, or a fresh one, which remembers that somebody asked for the issue."""
    link = current.situation.link or _unclaimed(current, now)
    asked = link.asked or asks_for(current.situation.signal, current.mapping)
    return replace(link, asked=asked)


def _unclaimed(current: Round, now: datetime) -> Link:
    return Link(
        incident_id=current.incident.id,
        mapping_id=current.mapping.id,
        state=LinkState.CREATING,
        claimed_at=now,
        project_id=current.mapping.project.id,
        issue_type_id=current.mapping.issue_type.id,
        comments_on_record=True,
        incident_number=current.incident.number,
    )


def notes_since(current: Round, now: datetime) -> datetime | None:
    """Notes that were written before there was an issue come onto it.

    When an incident has just been triggered, the signal of each note is still to come, unless one
    overtook it while the incident was to have no issue.
    """
    signal, created = current.situation.signal, current.incident.created_at
    is_first = signal.event_type == TRIGGERED and current.situation.link is None
    is_resolved = current.incident.status is IncidentStatus.RESOLVED
    is_beginning = is_first and not is_resolved and current.mapping.conditions == Conditions()
    return None if is_beginning and now - created < _FRESH else created
