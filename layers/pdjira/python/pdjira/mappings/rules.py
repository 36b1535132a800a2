"""What is wrong with a mapping, seen against what Jira and PagerDuty offer."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from pdjira.mappings.field_rules import field_problems
from pdjira.mappings.offers import Candidate, JiraOffer, PagerDutyOffer, type_meant
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
from pdjira.model.incident import NO_PRIORITY, Reference
from pdjira.model.mapping import CreateMode, Mapping
from pdjira.model.problem import Problem, error, hint
from pdjira.model.rights import CREATE_ISSUES, give_rights

_NAMED = 10


def problems_by_itself(candidate: Candidate) -> Iterator[Problem]:
    """What can be told without asking anybody."""
    if candidate.mapping.create_issue is CreateMode.NEVER and candidate.mapping.jql is None:
        yield hint(
            "create_issue",
            "The mapping makes no issue and, without a JQL, opens no incident either.",
            'Write "create_issue": "automatic" (or "manual"), or add "jql": "...".',
        )
    yield from _useless_rows(candidate)
    yield from _contradicting_statuses(candidate)


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
        f"{mapping.id} and {', '.join(others[:_NAMED])} make issues of one type in one project for "
        f"the service {mapping.service.name}"
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
            f"PagerDuty takes addresses in ASCII alone as that of who writes, and {user.email} has "
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
