"""Whether our account has the rights that it needs in Jira, project by project."""

from collections.abc import Iterator, Sequence
from functools import partial

from pdjira.errors import NotFound
from pdjira.health.checks import Check, Inspection, Status
from pdjira.model.incident import Reference
from pdjira.model.mapping import Mapping
from pdjira.model.ports import Rights
from pdjira.model.rights import GLOBAL, TABLE, Right

_BROWSE = TABLE[0]

_BY_APPLICATION = (
    " Where the scheme gives them already, the account lacks application access (Jira "
    "administration, Applications)."
)

_UNSEEN = "Jira shows us no such project. It is gone, its id in the mapping is wrong, or: "


def project_steps(rights: Rights, mappings: Sequence[Mapping]) -> Sequence[Inspection]:
    """One step for each project that a mapping names, by its key."""
    projects = {mapping.project.id: mapping.project for mapping in mappings}
    return [
        Inspection(
            area="jira",
            name=f"rights {project.name}",
            look=partial(
                _project_checks,
                rights,
                project,
                [mapping for mapping in mappings if mapping.project.id == project.id],
            ),
        )
        for project in projects.values()
    ]


def _project_checks(
    rights: Rights, project: Reference, mappings: Sequence[Mapping]
) -> Iterator[Check]:
    try:
        found = rights.in_project(project.id)
    except NotFound:
        yield _missing(project, [_BROWSE], begin=_UNSEEN)
        return
    lacking = [
        right
        for right in TABLE
        if right.key in found.missing and any(map(right.needed_by, mappings))
    ]
    if lacking:
        yield _missing(project, lacking)
    else:
        yield _check(project, Status.OK, f"Our account has every right in {project.name}.")
    if found.is_service_desk and AGENT in found.missing:
        yield no_agent(project, mappings)


def _missing(project: Reference, lacking: Sequence[Right], *, begin: str = "") -> Check:
    broken = any(right.required for right in lacking)
    says = "; ".join(
        f"{right.name}, for {right.used_for} (without it {right.without})" for right in lacking
    )
    names = ", ".join(right.name for right in lacking)
    elsewhere = " and in Jira's global permissions" if GLOBAL in names else ""
    return _check(
        project,
        Status.BROKEN if broken else Status.ATTENTION,
        f"{begin}Our account lacks in {project.name}: {says}."
        + ("" if broken else " The work goes on without it."),
        cure=f"Give our account in the permission scheme of {project.name}{elsewhere}: {names}."
        + (_BY_APPLICATION if broken else ""),
    )


def _check(project: Reference, status: Status, says: str, *, cure: str | None = None) -> Check:
    return Check(area="jira", name=f"rights {project.name}", status=status, says=says, cure=cure)


AGENT = "SERVICEDESK_AGENT"
"""The right of those who work on requests; Jira names it where Service Management is installed."""


def no_agent(project: Reference, mappings: Sequence[Mapping]) -> Check:
    """The check of a service desk whose agent we are not: what fails, and what customers see.

    Who has no agent licence adds internal comments only, who is a mere customer public ones only:
    https://developer.atlassian.com/server/jira-servicedesk/rest/ (Customer Request, comments).
    """
    about = (
        f"{project.name} is a project of Jira Service Management, and our account is no agent "
        "there. The scheme that such projects come with gives Edit, Transition and Resolve Issues "
        "to agents alone, and request types and organizations may not be told to others"
    )
    parts = [about, *_about_comments(mappings)]
    return Check(
        area="jira",
        name=f"agent {project.name}",
        status=Status.ATTENTION,
        says=". ".join(parts) + ".",
        cure="In Jira's user management, add our account to the group jira-servicedesk-users, "
        f"which gives an agent licence. Then, in {project.name}, Project settings, Users and "
        "roles, add it to the role Service Desk Team.",
    )


def _about_comments(mappings: Sequence[Mapping]) -> list[str]:
    writing = [mapping for mapping in mappings if mapping.notes_to_jira]
    public = ", ".join(one.id for one in writing if not one.internal_comments)
    internal = ", ".join(one.id for one in writing if one.internal_comments)
    parts = []
    if public:
        parts.append(
            "Jira keeps comments of others than agents internal, so customers do not see those of "
            f"{public}"
        )
    if internal:
        parts.append(
            f"{internal} has internal_comments: where our account counts as a mere customer, Jira "
            "refuses such comments or shows them to customers"
        )
    return parts
