"""A mapping and its verdict as they are in `MappingsTable`, made to be typed by a person."""

from collections import abc
from typing import Any, Literal

from pydantic import ValidationError

from pdjira.adapters.aws.mapping_form import form_problem, unknown_keys
from pdjira.adapters.aws.stored_parts import (
    Count,
    Several,
    StackTime,
    Stored,
    StoredConditions,
    StoredFieldRule,
    StoredNamed,
    StoredPeople,
    StoredPriority,
    StoredProject,
    StoredReopen,
    StoredStatuses,
    StoredUser,
    Text,
    Urgency,
    plain,
)
from pdjira.mappings.offers import Candidate, NotesUser, Reading
from pdjira.model.mapping import CreateMode, FieldRule, JqlAppliesTo, Mapping, SyncNotes
from pdjira.model.problem import Problem, Severity, VerdictStatus, unchecked


class Unreadable(Exception):  # noqa: N818 - never leaves the adapter
    """An item that is no mapping: `says` names each key, what it must be, and what to write."""

    def __init__(self, says: str) -> None:
        super().__init__(says)
        self.says = says


class StoredMapping(Stored):
    """Every key of a mapping. What the stack writes itself is taken as it is."""

    id: Text
    """Names the mapping in links, marks, notes and logs. Never change it: a mapping of another
    id is another mapping, and its incidents get issues of their own.
    """
    name: Text = ""
    """For people; the id where it is left out."""
    enabled: bool = True
    """false switches the mapping off; links that exist are left alone."""
    service: StoredNamed
    """The PagerDuty service: id, and name for people."""
    service_id: Any = None
    project: StoredProject
    """The Jira project: id, and key for people."""
    issue_type: StoredNamed
    """The issue type: id, and name for people."""
    create_issue: Literal["automatic", "manual", "never"]
    """automatic: an issue for each incident that meets the conditions, and for any that
    somebody asks for. manual: only for those that somebody asks for. never: none.
    """
    manual_workflow_ids: Several[Text] = ()
    """Ids of incident workflows in PagerDuty whose start asks for an issue."""
    conditions: StoredConditions = StoredConditions()
    """Which incidents the mapping is for; without any, all of the service."""
    jql: Text | None = None
    """Which issues open incidents; without it none do."""
    jql_applies_to: Literal["new", "existing"] = "new"
    """new: issues that come to match from now on. existing: those that match already as well."""
    jql_settle_seconds: Count = 0
    """How long an issue has to match before it opens an incident."""
    max_incidents_per_hour: Count = 10
    """How many incidents the jql may open within an hour; then it pauses."""
    incident_urgency: Urgency | None = None
    """The urgency of these incidents; otherwise as the service has it."""
    status_mapping: StoredStatuses = StoredStatuses()
    """To which Jira status the issue moves when the incident becomes triggered, acknowledged or
    resolved; what is left out stays where it is.
    """
    resolved_statuses: Several[StoredNamed] = ()
    """Jira statuses beside the mapped one that count as resolved."""
    acknowledge_on_status: bool = False
    """true: an issue that moves to the status of acknowledged acknowledges its incident, as its
    assignee.
    """
    reopen: StoredReopen = StoredReopen()
    """What the other side may open again: issue, incident, not_after_days,
    not_with_resolutions.
    """
    priorities: Several[StoredPriority] = ()
    """Which Jira priority (jira_id) belongs to which of PagerDuty (pagerduty_id; null: none)."""
    sync_notes: Literal["both", "to_jira", "to_pagerduty", "off"] = "both"
    """Which way notes and comments go."""
    sync_notes_user: StoredUser | None = None
    """The PagerDuty user (id, email) in whose name comments become notes where the author is no
    user of PagerDuty; otherwise pagerduty.from_email.
    """
    internal_comments: bool = False
    """true: comments that the stack writes are internal, so that customers of a service desk do
    not see them.
    """
    sync_people: StoredPeople = StoredPeople()
    """Whose incident it is (assignee), and who works on it (watchers), on the issue as well."""
    custom_fields: Several[StoredFieldRule] = ()
    """Rules that fill fields of the issue."""
    enabled_since: StackTime = None
    """Written by the stack: since when the mapping is switched on."""
    jql_paused: Any = None
    check: Any = None
    written_by_stack: Any = None

    def to_domain(self) -> Mapping:
        """The part of the mapping that the rules use so far."""
        return Mapping(
            id=self.id,
            name=self.name or self.id,
            enabled=self.enabled,
            service=self.service.to_domain(),
            project=self.project.to_domain(),
            issue_type=self.issue_type.to_domain(),
            create_issue=CreateMode(self.create_issue),
            manual_workflow_ids=self.manual_workflow_ids,
            conditions=self.conditions.to_domain(),
            field_rules=_unplaced(_rules(self.custom_fields, to_jira=True)),
            rules_to_pagerduty=_unplaced(_rules(self.custom_fields, to_jira=False)),
            enabled_since=self.enabled_since,
            statuses=self.status_mapping.to_domain(),
            resolved_statuses=tuple(status.to_domain() for status in self.resolved_statuses),
            priorities=tuple(row.to_domain() for row in self.priorities if row.jira_id),
            sync_notes=SyncNotes(self.sync_notes),
            sync_notes_email=self.sync_notes_user.email if self.sync_notes_user else None,
            internal_comments=self.internal_comments,
            sync_people=self.sync_people.to_domain(),
            jql=self.jql,
            jql_applies_to=JqlAppliesTo(self.jql_applies_to),
            jql_settle_seconds=self.jql_settle_seconds,
            max_incidents_per_hour=self.max_incidents_per_hour,
            incident_urgency=self.incident_urgency,
            reopen=self.reopen.to_domain(),
            acknowledge_on_status=self.acknowledge_on_status,
        )

    def to_candidate(self) -> Candidate:
        """The mapping with everything that its judge looks at."""
        user = self.sync_notes_user
        return Candidate(
            mapping=self.to_domain(),
            rules=_rules(self.custom_fields, to_jira=True),
            rules_to_pagerduty=_rules(self.custom_fields, to_jira=False),
            rows=tuple((place, row.to_domain()) for place, row in enumerate(self.priorities)),
            kept_resolutions=tuple(one.to_domain() for one in self.reopen.not_with_resolutions),
            notes_user=NotesUser(id=user.id, email=user.email) if user else None,
        )


def _rules(
    stored: tuple[StoredFieldRule, ...], *, to_jira: bool
) -> tuple[tuple[int, FieldRule], ...]:
    """The field rules that fill fields of the issue, or those that never do, by their place."""
    return tuple(
        (place, rule.to_domain())
        for place, rule in enumerate(stored)
        if (rule.direction != "to_pagerduty") is to_jira
    )


def _unplaced(rules: tuple[tuple[int, FieldRule], ...]) -> tuple[FieldRule, ...]:
    return tuple(rule for _, rule in rules)


def read_item(item: abc.Mapping[str, Any]) -> Reading:
    """What an item says, and everything that is wrong with its form."""
    values = plain(item)
    unknown = tuple(unknown_keys(values, StoredMapping))
    try:
        stored = StoredMapping.model_validate(values)
    except ValidationError as error:
        found = map(form_problem, error.errors(include_url=False))
        return Reading(candidate=None, problems=(*found, *unknown))
    return Reading(candidate=stored.to_candidate(), problems=unknown)


def read_mapping(item: abc.Mapping[str, Any]) -> StoredMapping:
    """The mapping of a stored item. Raises `Unreadable`."""
    try:
        return StoredMapping.model_validate(plain(item))
    except ValidationError as error:
        found = map(form_problem, error.errors(include_url=False))
        says = " ".join(f"{problem.says} {problem.cure}" for problem in found)
        raise Unreadable(says) from None


def read_problems(check: object) -> tuple[Problem, ...]:
    """The problems of a stored `check`; what is no problem of ours is left out.

    The hints of a verdict of which a part is missing count as what was not checked.
    """
    if not isinstance(check, abc.Mapping):
        return ()
    listed = check.get("problems")
    rows = listed if isinstance(listed, list) else []
    is_whole = check.get("status") != VerdictStatus.UNCHECKED
    found = (_problem(row, is_whole=is_whole) for row in rows if isinstance(row, abc.Mapping))
    return tuple(problem for problem in found if problem is not None)


def _problem(row: abc.Mapping[str, object], *, is_whole: bool) -> Problem | None:
    texts = {name: row.get(name) for name in ("severity", "field", "says", "cure")}
    if texts.pop("severity") not in set(Severity):
        return None
    severity = Severity(str(row["severity"]))
    field, says, cure = (str(text or "") for text in texts.values())
    if severity is Severity.HINT and not is_whole:
        return unchecked(field, says, cure)
    return Problem(severity=severity, field=field, says=says, cure=cure)
