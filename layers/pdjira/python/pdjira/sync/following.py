"""The issue follows its incident: what is read, learned, moved and written on the way."""

from collections import abc
from dataclasses import dataclass, replace

from pdjira.errors import NotFound, Refused, Side, Temporary, TooLarge, sentence_of
from pdjira.model import notices
from pdjira.model.comment import Comment, of_transition
from pdjira.model.issue import NO_HISTORY, UNKNOWN_HISTORY, Issue, Status
from pdjira.model.link import Agreement, with_agreed
from pdjira.model.ports import Clock, Issues, Links, Workflows
from pdjira.model.refusal import explain_change
from pdjira.model.workflow import Filling, Transition
from pdjira.sync.agreement import (
    history_unknown,
    unread,
    with_baseline,
    with_fields,
    without_explanations,
    without_refused,
)
from pdjira.sync.creation.location import is_the_links
from pdjira.sync.fields.filling import COMMENT, rule_value
from pdjira.sync.fields.following import changed, watched
from pdjira.sync.fields.steps import stored
from pdjira.sync.notices.steps import fall_due
from pdjira.sync.round import Round
from pdjira.sync.status.rules import is_explained, status_notice
from pdjira.sync.status.steps import with_status_write
from pdjira.sync.steps import Explain, ReadIssue, UpdateIssue
from pdjira.sync.visibility import Visibility, keep_location


@dataclass(frozen=True, slots=True, kw_only=True)
class Following:
    """Brings an issue to where its incident is, step by step."""

    issues: Issues
    links: Links
    workflows: Workflows
    visibility: Visibility
    clock: Clock

    def read(self, current: Round, step: ReadIssue) -> None:
        """Read the issue and what is remembered of its workflow."""
        due = changed(current.incident, current.link.agreed, current.situation.mapping)
        try:
            issue = self.issues.read_issue(
                current.issue.id,
                with_comments=step.with_comments,
                with_history=step.with_history,
                fields={*watched(current.situation.mapping), *unread(current.link.agreed), *due},
                with_screen=bool(due),
            )
        except (Refused, NotFound) as error:
            current.set_issue(None)
            self._cannot_follow(current, error)
            return
        if not is_the_links(current.link, issue, now=current.situation.now):
            self.visibility.lose_to(current, issue)
            return
        if issue.is_untouched:
            issue = replace(issue, history=NO_HISTORY)
        workflow = current.situation.status.workflow
        if workflow is None:
            workflow = self.workflows.of(issue.project_id, issue.issue_type_id)
        current.set_issue(issue)
        current.learn(replace(current.situation.status, workflow=workflow))
        keep_location(current, issue)
        _keep_baseline(current)

    def read_history(self, current: Round) -> None:
        """Read it; where it is too much, go on without it and say so.

        So it is where Jira does not tell it in time once more: that others wrote a long history
        must not keep the status back.
        """
        issue = _read(current)
        try:
            history = self.issues.read_history(issue.ref.id)
        except (Refused, NotFound) as error:
            current.set_issue(None)
            self._cannot_follow(current, error)
            return
        except Temporary as error:
            is_late = error.timed_out is not None and current.situation.tried_since is not None
            if not (is_late or isinstance(error, TooLarge)):
                raise
            current.says.append(history_unknown(issue.ref))
            history = UNKNOWN_HISTORY
        current.set_issue(replace(issue, history=history))
        _keep_baseline(current)

    def learn(self, current: Round, status: Status) -> None:
        """Read the transitions of a status, and remember them."""
        situation = current.situation
        issue_id = self._issue_in(current, status)
        if issue_id is None:
            current.learn(replace(situation.status, unseen=situation.status.unseen | {status.id}))
            return
        try:
            transitions = tuple(self.issues.transitions(issue_id))
        except (Refused, NotFound) as error:
            self._cannot_follow(current, error)
            return
        self.workflows.put(*_place(current), status_id=status.id, transitions=transitions)
        known = {**(situation.status.workflow or {}), status.id: transitions}
        learned = situation.status.learned | {status.id}
        current.learn(replace(situation.status, workflow=known, learned=learned))

    def forget(self, current: Round) -> None:
        """Go on as if nothing were known of the workflow; what is read next replaces it."""
        situation = current.situation
        current.learn(
            replace(situation.status, workflow={}, unseen=frozenset(), learned=frozenset())
        )

    def move(self, current: Round, transition: Transition) -> None:
        """Take a transition; where Jira refuses it, look at the issue and its workflow afresh."""
        situation = current.situation
        issue = _read(current)
        origin = situation.status.origin or issue.status
        filling = self._filled(current, transition)
        try:
            stored(
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

    def update(self, current: Round, step: UpdateIssue) -> None:
        """Write fields; what Jira refuses is told and not tried again until it changes."""
        key = current.issue.key
        try:
            stored(
                current,
                lambda fields: self.issues.update_issue(current.issue.id, fields),
                step.fields,
            )
        except (Refused, NotFound) as error:
            if self.visibility.is_lost(current, error):
                return
            refusal = explain_change(error, mapping=current.mapping)
            text = notices.fields_text(refusal, issue=current.issue)
            fall_due(self.links, current, current.link, notices.fields_key(refusal), text)
            current.learn(replace(current.situation.fields, refused=True))
            self._update_rest(current, step, error)
        else:
            current.says.append(f"Changed {' and '.join(sorted(step.fields))} of {key}.")
            written = with_fields(_read(current), step)
            current.set_issue(written)
            self.agree(current, step.agreed, None)

    def _update_rest(self, current: Round, step: UpdateIssue, error: Refused | NotFound) -> None:
        """Write what Jira did not complain of."""
        refused = error.fields if isinstance(error, Refused) else {}
        rest = without_refused(step, current.link.agreed, refused)
        if rest:
            self.update(current, rest)

    def agree(self, current: Round, agreed: Agreement, says: str | None) -> None:
        """Remember what both sides agree on; why they did not before is no news any more."""
        left = without_explanations(current.link, agreed)
        current.keep(replace(with_agreed(current.link, agreed), notices=left))
        if says:
            current.says.append(says)

    def explain(self, current: Round, step: Explain) -> None:
        """Tell people once why the issue stays where it is."""
        fall_due(self.links, current, current.link, status_notice(step), step.text)
        current.learn(replace(current.situation.status, stuck=True))

    def _cannot_follow(self, current: Round, error: Refused | NotFound) -> None:
        if self.visibility.lose(current, error):
            return
        refusal = explain_change(error, mapping=current.mapping)
        text = notices.unreadable_text(refusal, issue=current.issue)
        fall_due(self.links, current, current.link, notices.unreadable_key(refusal), text)
        current.learn(replace(current.situation.status, stuck=True))

    def _issue_in(self, current: Round, status: Status) -> str | None:
        """An issue that is in the status now: ours, or any other of its project and type."""
        issue = _read(current)
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


def _keep_baseline(current: Round) -> None:
    """Keep what the issue said when it was created, once its history tells."""
    history = _read(current).history
    if history and current.link.initial_status_id is None:
        current.keep(with_baseline(current.link, _read(current), history))


def _place(current: Round) -> tuple[str, str]:
    """Where the issue is now: it may have been moved."""
    issue = _read(current)
    return issue.project_id, issue.issue_type_id


def _commented(current: Round, value: object) -> Comment:
    """The comment of a rule: its text, or the JSON that it hands to Jira."""
    text = value.get("body") if isinstance(value, abc.Mapping) else value
    internal = current.mapping.internal_comments
    return of_transition(str(text or ""), current.incident, issue=current.issue, internal=internal)


def _read(current: Round) -> Issue:
    if current.situation.issue is None:
        raise LookupError("The planner asked for a step that needs the issue.")
    return current.situation.issue
