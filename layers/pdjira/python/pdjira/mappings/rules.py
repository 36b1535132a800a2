"""What is wrong with a mapping, seen against what Jira and PagerDuty offer."""

import json
import re
from collections import Counter, abc
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from difflib import get_close_matches

from pdjira.mappings.field_rules import ANY_INCIDENT, field_problems
from pdjira.mappings.offers import Candidate, FieldOffer, JiraOffer, PagerDutyOffer, type_meant
from pdjira.mappings.wrong_ids import (
    wrong_fields,
    wrong_issue_type,
    wrong_jira_priorities,
    wrong_priorities,
    wrong_project,
    wrong_resolutions,
    wrong_service,
    wrong_statuses,
    wrong_user,
    wrong_workflows,
)
from pdjira.model.incident import NO_PRIORITY, Incident, IncidentField, Reference
from pdjira.model.issue import CreateScreen, FieldSchema
from pdjira.model.mapping import (
    CreateMode,
    Direction,
    FieldRule,
    Mapping,
    Problem,
    RuleType,
    error,
    hint,
)
from pdjira.model.rights import CREATE_ISSUES, give_rights
from pdjira.sync.fields.mapped_fields import wanted
from pdjira.sync.fields.rules import (
    ATTRIBUTE_NAMES,
    ON_CREATE_ONLY,
    PREFIX,
    TITLE,
    custom_name,
    is_written_by_people,
    names_in,
    rule_value,
)

_NAMED = 10


def problems_by_itself(candidate: Candidate) -> Iterator[Problem]:
    """What can be told without asking anybody."""
    if candidate.mapping.create_issue is CreateMode.NEVER and candidate.mapping.jql is None:
        yield hint(
            "create_issue",
            "The mapping makes no issue and, without a JQL, opens no incident either.",
            'Write "create_issue": "automatic" (or "manual"), or add "jql": "...".',
        )
    if candidate.mapping.jql and not candidate.mapping.max_incidents_per_hour:
        yield hint(
            "max_incidents_per_hour",
            "The JQL opens no incident by itself: each issue that matches waits to be released.",
            'Write "max_incidents_per_hour": 10, unless that is meant.',
        )
    yield from _title_problems(candidate.mapping.conditions.title_matches)
    yield from _useless_rows(candidate)
    yield from _contradicting_statuses(candidate)


_REGULAR = re.compile(r"^(?:\.[*+]|\^|%)|(?:\$|%)$|\(.*\|.*\)|\\\w")
"""What has a meaning in other kinds of patterns, and hardly ever stands in a title."""

_ANY, _ANCHORS = re.compile(r"\.[*+]|%"), re.compile(r"^\^|\$$|\\\w")


def _title_problems(pattern: str | None) -> Iterator[Problem]:
    """A pattern that is a word, or one of another kind, matches hardly any title."""
    if not pattern or not (_REGULAR.search(pattern) or not set("*?[") & set(pattern)):
        return
    first = _ANY.sub("*", _ANCHORS.sub("", pattern)).partition("|")[0]
    word = first.strip("()*") or "database"
    is_regular = _REGULAR.search(pattern)
    says = (
        f"title_matches is no regular expression: in it, * stands for any text, and {pattern} "
        "matches hardly any title."
        if is_regular
        else f'title_matches has no *, so only the title "{pattern}" itself matches.'
    )
    others = " For each other word make another mapping." if "|" in pattern else ""
    yield hint(
        "conditions.title_matches",
        says,
        f'Write "title_matches": {json.dumps(f"*{word}*", ensure_ascii=False)}.{others}',
    )


def _useless_rows(candidate: Candidate) -> Iterator[Problem]:
    counted = Counter(row.pagerduty_id for _, row in candidate.rows)
    seen: set[str | None] = set()
    for place, row in candidate.rows:
        if not row.jira_id:
            yield hint(
                f"priorities[{place}].jira_id",
                "This row names no priority of Jira, so it does nothing.",
                'Add "jira_id": "..." to the row, or delete the row.',
            )
        elif counted[row.pagerduty_id] > 1 and row.pagerduty_id in seen:
            yield hint(
                f"priorities[{place}].pagerduty_id",
                f"An earlier row is for {row.pagerduty_id or 'no priority'} already, and only the "
                "first one counts.",
                "Delete one of the rows.",
            )
        seen.add(row.pagerduty_id)


def alike(mapping: Mapping, others: Iterable[Mapping]) -> tuple[str, ...]:
    """The mappings in force that make issues for the same incidents in the same place."""
    if not (mapping.enabled and _place(mapping)):
        return ()
    return tuple(
        one.id for one in others if one.id != mapping.id and _place(one) == _place(mapping)
    )


def beside_others(
    mapping: Mapping, others: Sequence[str], *, keeps_properties: bool | None
) -> Problem:
    """What to say of mappings that are alike; None: whether Jira keeps properties is not known."""
    both = (
        f"The mapping {mapping.id} and the mapping {', the mapping '.join(others[:_NAMED])} make "
        f"issues of one type in one project for the service {mapping.service.name}"
    )
    number = "two" if len(others) == 1 else str(len(others) + 1)
    says = f"{both}: each incident will get {number} issues"
    cure = "Choose another project or issue type, or keep one of the mappings."
    if keeps_properties is False:
        says = f"{says}, and one may be taken for the other: Jira keeps no entity properties there."
        return error("issue_type.id", says, cure)
    return hint("issue_type.id", f"{says}.", cure)


def doubled(mappings: Sequence[Mapping]) -> Iterator[Problem]:
    """Of mappings that are alike, one problem for all."""
    told: set[str] = set()
    for mapping in mappings:
        others = alike(mapping, mappings)
        if others and mapping.id not in told:
            told |= {mapping.id, *others}
            yield beside_others(mapping, others, keeps_properties=None)


def paging_beside(mapping: Mapping, others: Iterable[Mapping]) -> tuple[Mapping, ...]:
    """The mappings in force whose JQL looks at issues of the same type in the same project."""
    if not mapping.enabled or mapping.jql is None:
        return ()
    ours = mapping.project.id, mapping.issue_type.id
    return tuple(
        one
        for one in others
        if one.id != mapping.id
        and one.jql is not None
        and (one.project.id, one.issue_type.id) == ours
    )


def stands(mapping: Mapping | None) -> tuple[object, ...]:
    """What a mapping's verdict on others beside it depends on; empty where it is not in force."""
    if mapping is None or not mapping.enabled:
        return ()
    return mapping.project.id, mapping.issue_type.id, mapping.jql, _place(mapping)


def _place(mapping: Mapping) -> tuple[str, ...]:
    """Whose incidents the mapping makes issues for, and where; empty where it makes none."""
    if mapping.create_issue is CreateMode.NEVER:
        return ()
    return mapping.service.id, mapping.project.id, mapping.issue_type.id


def problems_in_pagerduty(candidate: Candidate, offer: PagerDutyOffer) -> Iterator[Problem]:
    """Ids that name nothing in PagerDuty, and issues that nobody could ask for."""
    mapping = candidate.mapping
    yield from wrong_service(mapping.service, offer)
    yield from wrong_workflows(candidate, offer)
    if offer.priorities is None:
        yield from _without_priorities(candidate)
    else:
        yield from wrong_priorities(candidate, offer.priorities)
    yield from _notes_user(candidate, offer)
    by_workflow = bool(mapping.manual_workflow_ids)
    if mapping.create_issue is CreateMode.MANUAL and not by_workflow and not offer.has_action_token:
        yield hint(
            "create_issue",
            "Nobody can ask for an issue: no workflow is named and no button is accepted.",
            'Add "manual_workflow_ids": ["..."], or set pagerduty.action_token in the connection '
            "secret.",
        )


def problems_in_jira(candidate: Candidate, offer: JiraOffer) -> Iterator[Problem]:
    """Ids that name nothing in Jira, and what its create screen does not take.

    What hangs on a wrong id is judged by what was probably meant.
    """
    mapping, project = candidate.mapping, offer.project or offer.project_of_key
    yield from wrong_resolutions(candidate, offer.resolutions)
    yield from wrong_fields(candidate, offer)
    yield from wrong_project(mapping.project, offer)
    issue_type = type_meant(mapping.issue_type, project) if project else None
    if project is not None:
        yield from wrong_issue_type(mapping.issue_type, project)
        yield from wrong_statuses(candidate, project, issue_type)
    if issue_type is None:
        yield from wrong_jira_priorities(candidate, offer.priorities)
    else:
        yield from _on_the_screen(candidate, offer)


def _on_the_screen(candidate: Candidate, offer: JiraOffer) -> Iterator[Problem]:
    if isinstance(offer.screen, str):
        yield _not_to_be_created(candidate, offer, offer.screen)
        yield from wrong_jira_priorities(candidate, offer.priorities)
        return
    priority = offer.screen.fields.get("priority")
    scheme = offer.priorities
    if priority and priority.allowed is not None:
        scheme = tuple(Reference(id=one.id, name=one.name) for one in priority.allowed)
    yield from wrong_jira_priorities(candidate, scheme)
    if candidate.mapping.priorities and priority is None:
        yield hint(
            "priorities",
            "Priority is not on the create screen, so a new issue gets Jira's own.",
            "Put the field Priority on the create screen in Jira.",
        )
    yield from field_problems(candidate, offer)


def _not_to_be_created(candidate: Candidate, offer: JiraOffer, why: str) -> Problem:
    mapping = candidate.mapping
    if CREATE_ISSUES.key in offer.rights_missing:
        says = f"Our account may not create issues in {mapping.project.name}."
        return error("issue_type.id", says, give_rights([CREATE_ISSUES], mapping.project.name))
    return error(
        "issue_type.id",
        f"No such issue can be created: {why}",
        f"Give our account application access, and see that {mapping.issue_type.name} is in the "
        f"issue type scheme of {mapping.project.name}.",
    )


def _contradicting_statuses(candidate: Candidate) -> Iterator[Problem]:
    mapping = candidate.mapping
    resolved = {status.id for status in mapping.resolved_statuses}
    for state, status in mapping.statuses.items():
        if state.value != "resolved" and status.id in resolved:
            yield hint(
                f"status_mapping.{state.value}.id",
                f"{status.name} stands for {state.value} and counts as resolved as well.",
                "Take it out of resolved_statuses, or map another status.",
            )


def _without_priorities(candidate: Candidate) -> Iterator[Problem]:
    if candidate.mapping.priorities:
        yield hint(
            "priorities",
            "This PagerDuty account has no priorities, so incidents come without one.",
            "Switch priorities on in PagerDuty, or leave the rows out.",
        )
    wanted = candidate.mapping.conditions.priority_ids
    if wanted and NO_PRIORITY not in wanted:
        yield hint(
            "conditions.priority_ids",
            "This PagerDuty account has no priorities, so no incident meets this condition.",
            f'Switch priorities on in PagerDuty, or add "{NO_PRIORITY}".',
        )


def _notes_user(candidate: Candidate, offer: PagerDutyOffer) -> Iterator[Problem]:
    user = candidate.notes_user
    if user is None:
        return
    if user.email and not user.email.isascii():
        yield error(
            "sync_notes_user.email",
            f"PagerDuty takes only ASCII in the address of whoever writes, and {user.email} has "
            "other characters.",
            "Write the address as PagerDuty shows it for that user.",
        )
    email = offer.users.get(user.id)
    if email is None:
        yield wrong_user(Reference(id=user.id, name=user.email or user.id), offer.users_alike)
    elif user.email and user.email.casefold() != email.casefold():
        yield hint(
            "sync_notes_user.email",
            f"The user {user.id} has another e-mail address in PagerDuty: {email}.",
            f"Write {email}, or name another user.",
        )


Place = tuple[int, FieldRule]

_CHOICE = f"incident_title, incident_urgency or {PREFIX}<name>"

_ELSEWHERE = {
    "incident_priority": "Give rows of priorities instead, and set direction to to_jira.",
    "incident_status": "Give status_mapping instead, and set direction to to_jira.",
    "incident_assignees": "Set sync_people instead, and direction to to_jira.",
}

_VALUES: dict[str, str | tuple[str, ...]] = {
    "boolean": "true",
    "integer": "42",
    "float": "42.5",
    "datetime": "2026-11-24T03:00:00Z",
    "url": "https://example.com/",
}
"""A value of each kind of custom field, as PagerDuty tells it."""

_HELD: dict[str, object] = {
    "number": 42,
    "date": "2026-11-24",
    "datetime": "2026-11-24T03:00:00.000+0000",
}
"""What fields of Jira hold whose type tells it."""


def direction_problems(candidate: Candidate) -> Iterator[Problem]:
    """Rules whose direction leads nowhere."""
    writers: set[str] = set()
    filled = {rule.target for _, rule in candidate.rules}
    for place, rule in _rules(candidate):
        field = f"custom_fields[{place}]"
        if rule.direction is Direction.TO_JIRA:
            continue
        yield from _leading_nowhere(field, rule)
        if rule.direction is Direction.TO_PAGERDUTY and rule.target in filled:
            yield hint(
                f"{field}.target_issue_field",
                f"Another rule fills {rule.target} on creation; after that, only this one counts.",
                "Delete one of the rules, or make one of them with the direction both.",
            )
        if rule.source in writers:
            yield hint(
                f"{field}.source_incident_field",
                f"An earlier rule writes {rule.source} as well, so two fields of Jira change it.",
                "Delete one of the rules, or set its direction to to_jira.",
            )
        writers.add(rule.source or "")


def custom_field_names(candidate: Candidate) -> tuple[str, ...]:
    """The custom fields of PagerDuty that the rules name."""
    names = (name for _, rule in _rules(candidate) for name in names_in(rule))
    return tuple(dict.fromkeys(name for name in map(custom_name, names) if name is not None))


def custom_field_problems(
    candidate: Candidate, offers: abc.Mapping[str, FieldOffer] | None
) -> Iterator[Problem]:
    """Custom fields that PagerDuty does not have; `offers` None: the account has none at all."""
    for place, rule in _rules(candidate):
        key = "source_incident_field" if rule.type is RuleType.ATTRIBUTE else "value"
        for source in names_in(rule):
            name = custom_name(source)
            if name is not None and name not in (offers or {}):
                yield _unknown_field(f"custom_fields[{place}].{key}", name, offers)


def fit_problems(
    candidate: Candidate, screen: CreateScreen, offers: abc.Mapping[str, FieldOffer]
) -> Iterator[Problem]:
    """Fields of Jira whose type does not go together with what they follow, or what follows."""
    sample = _sample(offers)
    for place, rule in _rules(candidate):
        schema, name = screen.fields.get(rule.target), custom_name(rule.source or "")
        is_known = name is None or name in offers
        if schema is None or not is_known or not is_written_by_people(rule):
            continue
        field = f"custom_fields[{place}].source_incident_field"
        if name is not None and rule.direction is not Direction.TO_PAGERDUTY:
            _, unfit = rule_value(rule, sample, schema)
            if unfit:
                cure = "Choose a custom field that fits, or another field of Jira."
                yield error(field, unfit, cure)
        if rule.direction is not Direction.TO_JIRA:
            yield from _toward_pagerduty(field, rule, sample, schema, offer=offers.get(name or ""))


def _rules(candidate: Candidate) -> list[Place]:
    """All rules in the order in which they stand."""
    return sorted((*candidate.rules, *candidate.rules_to_pagerduty), key=lambda one: one[0])


def _leading_nowhere(field: str, rule: FieldRule) -> Iterator[Problem]:
    direction = f"{field}.direction"
    if rule.type is not RuleType.ATTRIBUTE:
        yield error(
            direction,
            f"A rule of type {rule.type.value} names nothing in PagerDuty that could follow Jira.",
            f"Set direction to to_jira, or use the type attribute with {_CHOICE}.",
        )
    elif rule.target in ON_CREATE_ONLY:
        yield error(
            direction,
            f"{rule.target} is filled on creation alone; later changes of it are not carried.",
            "Set direction to to_jira, or choose another field.",
        )
    elif rule.source in ATTRIBUTE_NAMES and not is_written_by_people(rule):
        yield error(
            direction,
            f"Nobody can write {rule.source} in PagerDuty, so it cannot follow {rule.target}.",
            _ELSEWHERE.get(
                rule.source, f"Set direction to to_jira, or choose {_CHOICE} as the source."
            ),
        )
    elif (rule.target, rule.source) == ("summary", TITLE):
        yield hint(
            direction, "Title and summary follow each other without a rule.", "Delete the rule."
        )


def _unknown_field(field: str, name: str, offers: abc.Mapping[str, FieldOffer] | None) -> Problem:
    if offers is None:
        return error(
            field,
            f"This PagerDuty account has no custom fields, so {PREFIX}{name} has no value.",
            "Ask PagerDuty for a plan that has them, or delete the rule.",
        )
    alike = get_close_matches(name, offers, n=1)
    named = ", ".join(sorted(offers)[:_NAMED])
    cure = f"Choose one of {named}." if named else "Create the field in PagerDuty first."
    return error(
        field,
        f'PagerDuty has no custom field named "{name}".',
        f"Did you mean {alike[0]}?" if alike else cure,
    )


def _sample(offers: abc.Mapping[str, FieldOffer]) -> Incident:
    """An incident whose custom fields all have a value of their kind."""
    fields = {
        name: IncidentField(
            name=name,
            data_type=offer.data_type,
            several=offer.several,
            value=(offer.options or (None,))[0] or _VALUES.get(offer.data_type, "text"),
        )
        for name, offer in offers.items()
    }
    return replace(ANY_INCIDENT, fields=fields)


def _toward_pagerduty(
    field: str,
    rule: FieldRule,
    sample: Incident,
    schema: FieldSchema,
    *,
    offer: FieldOffer | None,
) -> Iterator[Problem]:
    """What the field of Jira may hold, tried against what PagerDuty takes."""
    held, is_all = _held(schema)
    problems = {str(one): _refusal(rule, sample, one, offer) for one in held}
    refused = {one: says for one, says in problems.items() if says}
    if not refused:
        return
    says = f"{schema.name} ({schema.id}) does not fit there: {next(iter(refused.values()))}."
    if len(refused) == len(problems) and is_all:
        yield error(field, says, "Choose a field of Jira that holds such values.")
        return
    listed = ", ".join(list(refused)[:_NAMED])
    which = f"What PagerDuty does not take ({listed})" if is_all else "What does not fit"
    yield hint(field, says, f"{which} is not carried, and the timeline says so.")


def _held(schema: FieldSchema) -> tuple[list[object], bool]:
    """Values that a field may hold, and whether these are all that it may hold."""
    kind = (schema.items if schema.type == "array" else schema.type) or ""
    if schema.allowed:
        return [one.name for one in schema.allowed], True
    if kind in _HELD:
        return [_HELD[kind]], True
    return ["text"], False


def _refusal(
    rule: FieldRule, sample: Incident, held: object, offer: FieldOffer | None
) -> str | None:
    """Why PagerDuty would not take a value; None where it would."""
    found = wanted(rule, sample, held)
    if found.problem:
        return found.problem
    values = found.value if isinstance(found.value, list) else [found.value]
    options = offer.options if offer else None
    if options is None or found.field is None or all(value in options for value in values):
        return None
    return f"{rule.source} takes {', '.join(options[:_NAMED])}"
