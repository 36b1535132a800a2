"""Which rights our account needs in Jira, what for, and what one sees without each."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from pdjira.errors import NotFound
from pdjira.health.checks import Check, Inspection, Status
from pdjira.model.incident import Reference
from pdjira.model.mapping import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectRights:
    """What Jira tells of our account in one project.

    `named` are the rights that this Jira knows, by their keys, `held` those that we have.
    """

    named: frozenset[str]
    held: frozenset[str]
    is_service_desk: bool

    @property
    def missing(self) -> frozenset[str]:
        """What this Jira knows and we do not have."""
        return self.named - self.held


class Rights(Protocol):
    """The rights of the account that we are signed in as."""

    def in_project(self, project_id: str) -> ProjectRights:
        """The rights in a project. Raises `NotFound` where Jira does not show it to us."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """A right by Jira's key and name: `without` says what one sees where it is missing.

    `needed_by` tells a mapping that needs it; a right of M6 (`required`) every mapping needs.
    """

    key: str
    name: str
    used_for: str
    without: str
    required: bool = False
    needed_by: Callable[[Mapping], bool]


_GLOBAL = "(global)"


def _always(_mapping: Mapping) -> bool:
    return True


def _never(_mapping: Mapping) -> bool:
    return False


def _fills(field: str) -> Callable[[Mapping], bool]:
    return lambda mapping: any(rule.target == field for rule in mapping.field_rules)


def _required(key: str, name: str, used_for: str, without: str) -> Right:
    return Right(
        key=key, name=name, used_for=used_for, without=without, required=True, needed_by=_always
    )


TABLE: Sequence[Right] = (
    _required(
        "BROWSE_PROJECTS",
        "Browse Projects",
        "reading the project and its issues",
        "Jira says that the project does not exist; no issue is made",
    ),
    _required(
        "CREATE_ISSUES",
        "Create Issues",
        "creating the issue of an incident",
        "no issue is made, and a note on the incident says so",
    ),
    _required(
        "EDIT_ISSUES",
        "Edit Issues",
        "carrying later changes of priority and title",
        "the issue keeps its first priority and summary, and a note on the incident says so",
    ),
    _required(
        "TRANSITION_ISSUES",
        "Transition Issues",
        "moving the issue to the status of its incident",
        "the issue stays in its status, and a note on the incident says so",
    ),
    _required(
        "RESOLVE_ISSUES",
        "Resolve Issues",
        "setting a resolution, and transitions that workflows reserve for those who may resolve",
        "the issue of a resolved incident stays open, and a note on the incident says so",
    ),
    _required(
        "ADD_COMMENTS",
        "Add Comments",
        "comments that carry notes of the incident",
        "no note becomes a comment, and the incident is told",
    ),
    Right(
        key="LINK_ISSUES",
        name="Link Issues",
        used_for="the link to the incident on the issue, and between an issue and its duplicate",
        without="the issue names its incident in its description alone",
        needed_by=_always,
    ),
    Right(
        key="ASSIGN_ISSUES",
        name="Assign Issues",
        used_for="a field rule for `assignee`, `sync_people.assignee`",
        without="the issue goes to whom Jira assigns it",
        needed_by=lambda mapping: mapping.sync_people.assignee or _fills("assignee")(mapping),
    ),
    Right(
        key="MANAGE_WATCHERS",
        name="Manage Watchers",
        used_for="`sync_people.watchers`",
        without="nobody becomes a watcher, and the timeline says so",
        needed_by=lambda mapping: mapping.sync_people.watchers,
    ),
    Right(
        key="USER_PICKER",
        name=f"Browse Users {_GLOBAL}",
        used_for="finding the accounts of `sync_people`",
        without="only those are found to whom issues can be assigned",
        needed_by=lambda mapping: mapping.sync_people.any,
    ),
    Right(
        key="MODIFY_REPORTER",
        name="Modify Reporter",
        used_for="a field rule for `reporter`",
        without="our own account is the reporter",
        needed_by=_fills("reporter"),
    ),
    Right(
        key="SCHEDULE_ISSUES",
        name="Schedule Issues",
        used_for="a field rule for `duedate`",
        without="the issue has no due date",
        needed_by=_fills("duedate"),
    ),
    Right(
        key="SET_ISSUE_SECURITY",
        name="Set Issue Security",
        used_for="a field rule for `security`",
        without="the issue has the project's default security level",
        needed_by=_fills("security"),
    ),
    Right(
        key="DELETE_ISSUES",
        name="Delete Issues",
        used_for="deleting a test issue",
        without="the test issue is closed instead",
        needed_by=_never,
    ),
)
"""Every right that is ever used. Those of M6 come first; the work goes on without the others."""

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
    elsewhere = " and in Jira's global permissions" if _GLOBAL in names else ""
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
