"""Statuses are carried both ways: by transitions of the issue, and by changes of the incident.

A change of an incident may be repeated, so it needs no claim. A transition is not repeated blindly:
before the first one the link says what is intended (`Intent`).
"""

from collections import abc
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from http import HTTPStatus

from pdjira.errors import Misconfigured, NotFound, Permanent, Refused, Side, sentence_of
from pdjira.model import notices
from pdjira.model.comment import Comment, of_transition
from pdjira.model.incident import NO_PRIORITY, Incident, IncidentChange, IncidentStatus, Reference
from pdjira.model.issue import IssueStatus
from pdjira.model.link import Link, LinkState, with_agreed, with_write
from pdjira.model.ports import Clock, Issues, Links, PagerDuty, RightsIn, Workflows
from pdjira.model.refusal import explain_incident_change
from pdjira.model.workflow import Filling, Transition
from pdjira.sync.fields.rules import COMMENT, rule_value
from pdjira.sync.fields.steps import write_or_replace_emoji
from pdjira.sync.issue.steps import Visibility
from pdjira.sync.round import Performs, Round, fall_due
from pdjira.sync.status.rules import Intend, LookBack
from pdjira.sync.status.way import (
    AskRights,
    ExplainStatus,
    ForgetWorkflow,
    LearnStatus,
    MoveIssue,
    RecallWorkflow,
    is_explained,
    status_notice,
)
from pdjira.sync.step import ChangeIncident, PauseStatuses, ResumeStatuses, TellOnce

_DENIED = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN})


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveSteps:
    """Moves an issue to where its incident is, transition by transition."""

    issues: Issues
    links: Links
    workflows: Workflows
    rights_in: RightsIn
    visibility: Visibility
    clock: Clock

    def performs(self) -> Performs:
        """What performs each of these steps."""
        return {
            RecallWorkflow: self.recall,
            LearnStatus: self.learn,
            ForgetWorkflow: self.forget,
            MoveIssue: self.move,
            AskRights: self.ask_rights,
            ExplainStatus: self.explain,
        }

    def recall(self, current: Round, _step: RecallWorkflow) -> None:
        """Read what is remembered of the issue's workflow."""
        workflow = self.workflows.of(*_place(current))
        current.learn(replace(current.situation.status, workflow=workflow))

    def learn(self, current: Round, step: LearnStatus) -> None:
        """Read the transitions of a status, and remember them."""
        situation, status = current.situation, step.status
        issue_id = self._issue_in(current, status)
        if issue_id is None:
            current.learn(replace(situation.status, unseen=situation.status.unseen | {status.id}))
            return
        try:
            transitions = tuple(self.issues.transitions(issue_id))
        except (Refused, NotFound) as error:
            self.visibility.cannot_follow(current, error)
            return
        self.workflows.put(*_place(current), status_id=status.id, transitions=transitions)
        known = {**(situation.status.workflow or {}), status.id: transitions}
        learned = situation.status.learned | {status.id}
        current.learn(replace(situation.status, workflow=known, learned=learned))

    def forget(self, current: Round, _step: ForgetWorkflow | None = None) -> None:
        """Forget the workflow; what is read next replaces it."""
        known = current.situation.status
        seen = {one.to.id: one.to.name for row in (known.workflow or {}).values() for one in row}
        forgotten = replace(known, workflow={}, unseen=frozenset(), learned=frozenset())
        current.learn(replace(forgotten, names={**known.names, **seen}))

    def move(self, current: Round, step: MoveIssue) -> None:
        """Take a transition; where Jira refuses it, look at the issue and its workflow afresh."""
        situation, transition = current.situation, step.transition
        issue = current.read_issue
        origin = situation.status.origin or issue.status
        filling = self._filled(current, transition)
        try:
            write_or_replace_emoji(
                current,
                lambda texts: self.issues.transition(
                    issue.ref.id, transition.id, filling.with_texts(texts)
                ),
                filling.texts(),
            )
        except (Refused, NotFound) as error:
            self._move_refused(current, error)
            return
        current.says.append(
            f"Moved {issue.ref.key} from {issue.status.name} to {transition.to.name}."
        )
        current.keep(with_status_write(current.link, side=Side.JIRA, at=self.clock()))
        moved = replace(issue, status=transition.to)
        current.set_issue(moved)
        current.learn(replace(current.situation.status, origin=origin))

    def ask_rights(self, current: Round, _step: AskRights) -> None:
        """Read which rights our account lacks; where Jira does not say, none."""
        missing: frozenset[str] = frozenset()
        with suppress(Refused, NotFound):
            missing = self.rights_in(current.read_issue.project_id).missing
        current.learn(replace(current.situation.status, rights_missing=missing))

    def explain(self, current: Round, step: ExplainStatus) -> None:
        """Tell people once why the issue stays where it is."""
        fall_due(self.links, current, current.link, status_notice(step), step.text)
        current.learn(replace(current.situation.status, stuck=True))

    def _issue_in(self, current: Round, status: IssueStatus) -> str | None:
        """An issue that is in the status now: ours, or any other of its project and type."""
        issue = current.read_issue
        if issue.status.id == status.id:
            return issue.ref.id
        project_id, issue_type_id = _place(current)
        try:
            found = self.issues.issue_in(
                project_id=project_id, issue_type_id=issue_type_id, status_id=status.id
            )
            is_there = found and self.issues.read_issue(found.id).status.id == status.id
        except (Refused, NotFound):
            return None
        return found.id if found and is_there else None

    def _filled(self, current: Round, transition: Transition) -> Filling:
        """What the transition's screen requires, as the mapping fills it."""
        required = {field.id: field for field in transition.fields if field.required}
        filling = Filling()
        for rule in current.mapping.field_rules:
            schema = required.get(rule.target)
            if schema is None:
                continue
            value, problem = rule_value(rule, current.incident, schema)
            if problem:
                current.says.append(problem)
            elif rule.target == COMMENT and value is not None:
                filling = replace(filling, comment=_commented(current, value))
            elif value is not None:
                filling = filling.with_value(schema, value)
        return filling

    def _move_refused(self, current: Round, error: Refused | NotFound) -> None:
        situation = current.situation
        if not is_explained(current.link, error.says) or situation.signal.is_asked_by_person:
            current.says.append(
                f"Jira refused a transition of {current.issue.key}: {sentence_of(error)}"
            )
        self.forget(current)
        reasons = (*situation.status.moves_refused, error.says)
        current.set_issue(None)
        current.learn(replace(current.situation.status, moves_refused=reasons))


def _place(current: Round) -> tuple[str, str]:
    """Where the issue is now: it may have been moved."""
    issue = current.read_issue
    return issue.project_id, issue.issue_type_id


def _commented(current: Round, value: object) -> Comment:
    """The comment of a rule: its text, or the JSON that it hands to Jira."""
    text = value.get("body") if isinstance(value, abc.Mapping) else value
    internal = current.mapping.internal_comments
    return of_transition(str(text or ""), current.incident, issue=current.issue, internal=internal)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSteps:
    """Writes onto incidents what was changed on their issues."""

    pagerduty: PagerDuty
    links: Links
    clock: Clock

    def performs(self) -> Performs:
        """What performs each of these steps."""
        return {
            ChangeIncident: self.change,
            Intend: self.intend,
            LookBack: self.look_back,
            TellOnce: self.tell_once,
            PauseStatuses: self.pause,
            ResumeStatuses: self.resume,
        }

    def change(self, current: Round, step: ChangeIncident) -> None:
        """Write onto the incident; what PagerDuty refuses is told and tried again later.

        A person whom PagerDuty does not know, or does not allow it, acknowledges nothing: the
        timeline says so, and everything else is carried.
        """
        try:
            self.pagerduty.change_incident(current.incident.id, step.change)
        except (Refused, NotFound, Misconfigured) as error:
            if _is_of_person(step.change, error):
                seen = replace(step.agreed, status=current.link.agreed.status)
                current.keep(with_agreed(current.link, seen))
                current.says.append(
                    f"The assignee did not acknowledge the incident: {sentence_of(error)}"
                )
            elif isinstance(error, Misconfigured):
                raise
            else:
                self._refuse(current, error)
        else:
            self._changed(current, step)

    def intend(self, current: Round, step: Intend) -> None:
        """Store what is about to be written."""
        current.saved(self.links.save(replace(current.link, intent=step.intent)))

    def pause(self, current: Round, _step: PauseStatuses) -> None:
        """Carry no status any more, and say so once."""
        text = notices.paused_text(current.issue)
        at = current.situation.now.strftime("%Y%m%d%H%M")
        link = replace(current.link, paused=True, status_writes=())
        fall_due(self.links, current, link, f"paused-{at}", text)

    def resume(self, current: Round, _step: ResumeStatuses) -> None:
        """Carry statuses again."""
        link = replace(current.link, paused=False, status_writes=())
        is_closed = link.state is LinkState.CLOSED
        current.keep(_reopened(link, current.incident) if is_closed else link)
        current.says.append(f"{current.issue.key} and the incident are kept in step again.")

    def tell_once(self, current: Round, step: TellOnce) -> None:
        """Let people be told, and go on with what both sides agree on."""
        link = with_agreed(current.link, step.agreed)
        fall_due(self.links, current, link, step.key, step.text)

    def look_back(self, current: Round, step: LookBack) -> None:
        """See in the log whether the incident had the status; an unread log counts as yes."""
        was_written = True
        with suppress(Refused, NotFound):
            was_written = self.pagerduty.has_been(
                current.incident.id, step.status, since=step.since
            )
        current.learn(replace(current.situation.status, was_written=was_written))

    def _changed(self, current: Round, step: ChangeIncident) -> None:
        change = step.change
        link = with_agreed(current.link, step.agreed)
        if change.status:
            link = with_status_write(link, side=Side.PAGERDUTY, at=self.clock())
        current.set_incident(_after(current.incident, change))
        current.keep(link)
        issue = current.situation.issue
        what = _what(change, jira_priority=issue.priority_name if issue else None)
        current.says.append(f"{what}, as {current.issue.key} says.")

    def _refuse(self, current: Round, error: Refused | NotFound) -> None:
        refusal = explain_incident_change(error)
        text = notices.incident_text(refusal, issue=current.issue)
        link = replace(current.link, intent=None)
        fall_due(self.links, current, link, notices.incident_key(refusal), text)
        current.learn(replace(current.situation.status, incident_refused=True))


def _reopened(link: Link, incident: Incident) -> Link:
    """The link after a merge, which had resolved the incident and kept notes and comments back.

    The issue stayed where it was; it has yet to follow an incident that is resolved again by now.
    """
    agreed = link.agreed
    if agreed.status and incident.status is not IncidentStatus.RESOLVED:
        agreed = replace(agreed, status=IncidentStatus.RESOLVED)
    linked = replace(link, state=LinkState.LINKED, notes_since=incident.created_at)
    return with_agreed(linked, agreed)


def _is_of_person(change: IncidentChange, error: Permanent) -> bool:
    """Whether it failed because of the person in whose name it was tried: unknown or denied."""
    is_denied = isinstance(error, Refused) and error.status in _DENIED
    return change.by is not None and (is_denied or isinstance(error, Misconfigured))


def with_status_write(link: Link, *, side: Side, at: datetime) -> Link:
    """The link with one more status that we have written to a side by that time."""
    writes = with_write(link.status_writes, side=side, at=at)
    return replace(link, status_writes=writes)


def _after(incident: Incident, change: IncidentChange) -> Incident:
    """The incident as it is now; the name of a new priority is known once it is read again."""
    priority = incident.priority
    if change.priority:
        name = priority.name if priority else ""
        has_one = change.priority != NO_PRIORITY
        priority = Reference(id=change.priority, name=name) if has_one else None
    return replace(
        incident,
        status=change.status or incident.status,
        title=change.title or incident.title,
        priority=priority,
    )


def _what(change: IncidentChange, *, jira_priority: str | None) -> str:
    """What was changed, as the beginning of a sentence, with Jira's names where they are known."""
    parts = [f"the status to {change.status.value}"] if change.status else []
    parts += [f'the title to "{change.title}"'] if change.title else []
    if change.priority == NO_PRIORITY:
        parts.append("the priority to none")
    elif change.priority:
        parts.append(f"the priority{f' to that of {jira_priority}' if jira_priority else ''}")
    return f"Changed {' and '.join(parts)}"
