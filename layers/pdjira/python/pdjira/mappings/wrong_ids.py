"""Ids of a mapping that name nothing: each an error, with the value that was probably meant."""

from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches

from pdjira.mappings.offers import (
    Candidate,
    IssueTypeOffer,
    JiraOffer,
    PagerDutyOffer,
    ProjectOffer,
    meant_among,
)
from pdjira.model.incident import NO_PRIORITY, Reference
from pdjira.model.issue import CreateScreen
from pdjira.model.mapping import Problem, error, hint
from pdjira.sync.fields.rules import ON_TRANSITIONS_ONLY

_NAMED = 10

_CUSTOM = "customfield_"

_ALIKE = 0.75
"""How much alike two numbers of custom fields must be for one to be a slip for the other."""

NOT_BY_RULE = frozenset({"project", "issuetype"})
"""What the mapping itself gives."""


def unless_among(
    field: str, wanted: Reference, offered: Iterable[Reference], what: str
) -> Iterator[Problem]:
    """An error where the id is none of what is offered; a hint where the name is of another one.

    A name that nothing bears says little: it may have changed, or be in another language.
    """
    listed = list(offered)
    found = next((one for one in listed if one.id == wanted.id), None)
    if found is None:
        cure = probably_meant(wanted, listed) or _choice(listed)
        yield error(field, f"There is no {what} with the id {wanted.id}.", cure)
        return
    names = {one.name.casefold(): one for one in listed}
    named = names.get(wanted.name.casefold(), found)
    if named.name.casefold() != found.name.casefold():
        yield hint(
            field,
            f"The {what} with the id {found.id} is {found.name}, not {named.name}: the id counts.",
            f'Write "{named.id}" ({named.name}), if that is meant; else correct the name.',
        )


def probably_meant(wanted: Reference, offered: Sequence[Reference]) -> str | None:
    """What to write in the place of an id that names nothing; None where nothing is alike.

    People write names for ids, and ids of another Jira beside the right name.
    """
    same = meant_among(wanted, offered)
    if same is not None:
        return f'Write "{same.id}" ({same.name}).'
    for text in (wanted.id, wanted.name):
        alike = get_close_matches(text, [one.name for one in offered], n=1)
        if alike:
            found = next(one for one in offered if one.name == alike[0])
            return f'Did you mean "{found.id}" ({found.name})?'
    return None


def _choice(offered: Sequence[Reference]) -> str:
    names = [f"{one.id} ({one.name})" for one in offered[:_NAMED]]
    more = " and others" if len(offered) > _NAMED else ""
    return f"Choose one of {', '.join(names)}{more}." if names else "There is none to choose from."


# ---- PagerDuty


def wrong_service(mapping_service: Reference, offer: PagerDutyOffer) -> Iterator[Problem]:
    """A service that PagerDuty does not know."""
    if offer.service is None:
        yield error(
            "service.id",
            f"PagerDuty knows no service {mapping_service.id}.",
            probably_meant(mapping_service, offer.services_alike)
            or "Take the id from the end of the service's URL in PagerDuty.",
        )


def wrong_workflows(candidate: Candidate, offer: PagerDutyOffer) -> Iterator[Problem]:
    """Names of incident workflows where their ids must stand."""
    for place, name in enumerate(candidate.mapping.manual_workflow_ids):
        meant = meant_among(Reference(id=name, name=name), offer.workflows_alike)
        if meant is not None and meant.id != name:
            yield error(
                f"manual_workflow_ids[{place}]",
                f'"{name}" is the name of an incident workflow, not its id.',
                f'Write "{meant.id}" ({meant.name}).',
            )


def wrong_user(user: Reference, alike: Sequence[Reference]) -> Problem:
    """The error of a user whom PagerDuty does not know; those alike have their address as name."""
    return error(
        "sync_notes_user.id",
        f"PagerDuty knows no user {user.id}.",
        probably_meant(user, alike) or "Take the id from the end of the user's URL in PagerDuty.",
    )


def wrong_priorities(candidate: Candidate, offered: Sequence[Reference]) -> Iterator[Problem]:
    """Priorities that PagerDuty does not have."""
    what = "priority in PagerDuty"
    for place, row in candidate.rows:
        if row.pagerduty_id is not None:
            field = f"priorities[{place}].pagerduty_id"
            yield from unless_among(field, _unnamed(row.pagerduty_id), offered, what)
    for place, priority_id in enumerate(candidate.mapping.conditions.priority_ids):
        if priority_id != NO_PRIORITY:
            field = f"conditions.priority_ids[{place}]"
            yield from unless_among(field, _unnamed(priority_id), offered, what)


def _unnamed(identity: str) -> Reference:
    return Reference(id=identity, name=identity)


# ---- Jira


def wrong_project(wanted: Reference, offer: JiraOffer) -> Iterator[Problem]:
    """A project that there is not, or whose id and key are not of one project."""
    found, named = offer.project, offer.project_of_key
    if found is None:
        yield error(
            "project.id",
            f"Jira knows no project {wanted.id}, or does not show it to our account.",
            f'Write "{named.id}", the id of {named.key}.'
            if named
            else "Correct the id, or give our account in Jira the right Browse Projects there.",
        )
    elif found.id != wanted.id:
        yield error(
            "project.id",
            f"{wanted.id} is not the id of the project {found.key}.",
            f'Write "{found.id}".',
        )
    elif wanted.name not in (wanted.id, found.key):
        yield from _other_key(wanted, found, named)


def _other_key(
    wanted: Reference, found: ProjectOffer, named: ProjectOffer | None
) -> Iterator[Problem]:
    """A key that is not the project's; one that it had before still leads to it."""
    if named is None:
        yield hint(
            "project.key",
            f"The project {found.id} has the key {found.key}, not {wanted.name}.",
            f'Write "{found.key}".',
        )
    elif named.id != found.id:
        yield error(
            "project.key",
            f"{found.id} is the id of the project {found.key}, and {named.key} another project. "
            f"The id counts: issues go to {found.key}.",
            f"Write {_project(found)} or {_project(named)}.",
        )


def _project(offer: ProjectOffer) -> str:
    return f'"project": {{"id": "{offer.id}", "key": "{offer.key}"}}'


def wrong_issue_type(wanted: Reference, project: ProjectOffer) -> Iterator[Problem]:
    """An issue type that the project does not have."""
    offered = [Reference(id=one.id, name=one.name) for one in project.issue_types]
    yield from unless_among("issue_type.id", wanted, offered, "issue type")


def wrong_statuses(
    candidate: Candidate, project: ProjectOffer, issue_type: IssueTypeOffer | None
) -> Iterator[Problem]:
    """Statuses that the workflow does not have; without a type, that no workflow there has."""
    mapping = candidate.mapping
    types = (issue_type,) if issue_type else project.issue_types
    offered = {status.id: status for one in types for status in one.statuses}.values()
    what = f"status in the workflow of {issue_type.name if issue_type else project.key}"
    for state, status in mapping.statuses.items():
        yield from unless_among(f"status_mapping.{state.value}.id", status, offered, what)
    for place, status in enumerate(mapping.resolved_statuses):
        yield from unless_among(f"resolved_statuses[{place}].id", status, offered, what)


def wrong_jira_priorities(candidate: Candidate, offered: Sequence[Reference]) -> Iterator[Problem]:
    """Priorities that Jira does not have, or not in this project."""
    for place, row in candidate.rows:
        if row.jira_id:
            field = f"priorities[{place}].jira_id"
            yield from unless_among(
                field, _unnamed(row.jira_id), offered, "priority of this project"
            )


def wrong_resolutions(candidate: Candidate, offered: Sequence[Reference]) -> Iterator[Problem]:
    """Resolutions that Jira does not have."""
    for place, resolution in enumerate(candidate.kept_resolutions):
        field = f"reopen.not_with_resolutions[{place}].id"
        yield from unless_among(field, resolution, offered, "resolution")


def off_screen(candidate: Candidate, screen: CreateScreen | str) -> tuple[str, ...]:
    """The fields that rules name and that are not on the create screen, whether or not there are.

    What is on transitions only, and what the mapping itself gives, is left out.
    """
    targets = (rule.target for _, rule in (*candidate.rules, *candidate.rules_to_pagerduty))
    there = () if isinstance(screen, str) else screen.fields
    known = {*there, *ON_TRANSITIONS_ONLY, *NOT_BY_RULE}
    return tuple(dict.fromkeys(one for one in targets if one not in known))


def wrong_fields(candidate: Candidate, offer: JiraOffer) -> Iterator[Problem]:
    """Fields that Jira does not have at all."""
    for place, rule in sorted(
        (*candidate.rules, *candidate.rules_to_pagerduty), key=lambda one: one[0]
    ):
        if rule.target in offer.missing_fields:
            yield error(
                f"custom_fields[{place}].target_issue_field",
                f"Jira has no field {rule.target}.",
                _field_meant(rule.target, offer),
            )


def _field_meant(target: str, offer: JiraOffer) -> str:
    wanted = Reference(id=target, name=target)
    slip = _slip(target, offer.fields)
    meant = probably_meant(wanted, offer.fields) if slip is None else f"Did you mean {slip}?"
    if meant:
        return meant
    screen = offer.shown.fields.values()
    listed = [Reference(id=one.id, name=one.name) for one in screen] or offer.fields
    return _choice([one for one in listed if one.id.startswith(_CUSTOM)] or listed)


def _slip(target: str, fields: Sequence[Reference]) -> str | None:
    """The custom field whose number is much like that of the target."""
    if not target.startswith(_CUSTOM):
        return None
    ids = {one.id.removeprefix(_CUSTOM): one for one in fields if one.id.startswith(_CUSTOM)}
    alike = get_close_matches(target.removeprefix(_CUSTOM), ids, n=1, cutoff=_ALIKE)
    return f'"{ids[alike[0]].id}" ({ids[alike[0]].name})' if alike else None
