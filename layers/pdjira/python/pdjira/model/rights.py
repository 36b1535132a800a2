"""The rights in Jira: what each is for, which a mapping needs, and how people give them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pdjira.model.mapping import Mapping


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


def named(rights: Sequence[Right]) -> str:
    """The rights, by their names, within a sentence."""
    names = " and ".join(right.name for right in rights)
    return f"the {'right' if len(rights) == 1 else 'rights'} {names}"


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


GLOBAL = "(global)"


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
        name=f"Browse Users {GLOBAL}",
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

TRANSITION_ISSUES, RESOLVE_ISSUES, CREATE_ISSUES = (
    next(right for right in TABLE if right.key == key)
    for key in ("TRANSITION_ISSUES", "RESOLVE_ISSUES", "CREATE_ISSUES")
)

_TO_FILL = {
    "assignee": "ASSIGN_ISSUES",
    "reporter": "MODIFY_REPORTER",
    "duedate": "SCHEDULE_ISSUES",
    "security": "SET_ISSUE_SECURITY",
}


def right_to_fill(field_id: str) -> Right | None:
    """The right without which Jira hides a field from its screens; None where none is needed."""
    key = _TO_FILL.get(field_id)
    return next((right for right in TABLE if right.key == key), None)


def give_rights(rights: Sequence[Right], project: str) -> str:
    """What to do about rights that our account lacks in a project."""
    return f"Give our account {named(rights)} in the permission scheme of {project}."
