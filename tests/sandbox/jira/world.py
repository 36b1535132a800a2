"""What an administrator sets up in a Jira: people, projects, fields, screens, workflows, rights."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

PERMISSIONS: dict[str, tuple[str, str]] = {
    "BROWSE_PROJECTS": ("10", "Browse Projects"),
    "CREATE_ISSUES": ("11", "Create Issues"),
    "EDIT_ISSUES": ("12", "Edit Issues"),
    "ASSIGN_ISSUES": ("13", "Assign Issues"),
    "RESOLVE_ISSUES": ("14", "Resolve Issues"),
    "ADD_COMMENTS": ("15", "Add Comments"),
    "DELETE_ISSUES": ("16", "Delete Issues"),
    "ASSIGNABLE_USER": ("17", "Assignable User"),
    "CLOSE_ISSUES": ("18", "Close Issues"),
    "LINK_ISSUES": ("21", "Link Issues"),
    "ADMINISTER_PROJECTS": ("23", "Administer Projects"),
    "SET_ISSUE_SECURITY": ("26", "Set Issue Security"),
    "SERVICEDESK_AGENT": ("-1", "Service Desk Agent"),
    "SCHEDULE_ISSUES": ("28", "Schedule Issues"),
    "MODIFY_REPORTER": ("30", "Modify Reporter"),
    "MANAGE_WATCHERS": ("32", "Manage Watchers"),
    "TRANSITION_ISSUES": ("46", "Transition Issues"),
}
"""The rights that one has in a project: key to id and name."""

GLOBAL_PERMISSIONS: dict[str, tuple[str, str]] = {
    "ADMINISTER": ("0", "Jira Administrators"),
    "USER_PICKER": ("27", "Browse Users"),
}
"""The rights that one has everywhere."""

RIGHT_TO_SET = {
    "reporter": "MODIFY_REPORTER",
    "assignee": "ASSIGN_ISSUES",
    "duedate": "SCHEDULE_ISSUES",
}
"""Fields that only those see on a screen who have the right."""

CUSTOM_TYPE = "com.atlassian.jira.plugin.system.customfieldtypes:"


@dataclass(slots=True, kw_only=True)
class User:
    """An account: `name` is what one signs in with, `key` never changes."""

    name: str
    key: str
    display_name: str
    email: str
    password: str
    tokens: list[str] = field(default_factory=list)
    token_ends: datetime | None = None
    time_zone: str = "UTC"
    permissions: set[str] = field(default_factory=set)
    failed_logins: int = 0
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Something with an id and a name: a priority, a resolution, a type, an option, a version."""

    id: str
    name: str
    children: tuple["Named", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """A status and its category: `new`, `indeterminate` or `done`."""

    id: str
    name: str
    category: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkType:
    """What one issue may be to another: it `outward` the other, which is `inward` it."""

    id: str
    name: str
    outward: str
    inward: str


LINK_TYPES = tuple(
    LinkType(id=number, name=name, outward=outward, inward=inward)
    for number, name, outward, inward in (
        ("10000", "Blocks", "blocks", "is blocked by"),
        ("10001", "Cloners", "clones", "is cloned by"),
        ("10002", "Duplicate", "duplicates", "is duplicated by"),
        ("10003", "Relates", "relates to", "relates to"),
    )
)
"""Those that a new Jira has."""


@dataclass(slots=True, kw_only=True)
class Field:
    """A field as the create metadata describes it."""

    id: str
    name: str
    type: str
    items: str | None = None
    custom: str | None = None
    operations: tuple[str, ...] = ("set",)
    options: tuple[Named, ...] = ()
    has_default: bool = False

    @property
    def clause_names(self) -> tuple[str, ...]:
        """What JQL calls it."""
        if self.custom is None:
            return (self.id,)
        return (f"cf[{self.id.removeprefix('customfield_')}]", self.name)

    def schema(self) -> dict[str, object]:
        """The `schema` of the metadata."""
        made: dict[str, object] = {"type": self.type}
        if self.items is not None:
            made["items"] = self.items
        if self.custom is None:
            return {**made, "system": self.id}
        number = int(self.id.removeprefix("customfield_"))
        key = self.custom if ":" in self.custom else CUSTOM_TYPE + self.custom
        return {**made, "custom": key, "customId": number}


@dataclass(slots=True, kw_only=True)
class Screen:
    """Which fields a screen shows, in order, and which of them must be filled."""

    fields: list[str]
    required: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """A step of a workflow. `permission` is its condition.

    Its post functions empty the fields of `clears` and fill those of `sets`. `validated` are
    fields that a validator asks for: no metadata tells of them.
    """

    id: str
    name: str
    sources: tuple[str, ...]
    target: str
    screen: Screen | None = None
    permission: str | None = None
    clears: tuple[str, ...] = ()
    sets: tuple[tuple[str, object], ...] = ()
    validated: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Workflow:
    """The statuses of an issue, the first being that of a new one, and the steps between them."""

    statuses: tuple[str, ...]
    transitions: tuple[Transition, ...]


@dataclass(slots=True, kw_only=True)
class Project:
    """A project. `screens` holds the create screen of each issue type, by its id.

    `type_key` is `software`, `business` or `service_desk`.
    """

    id: str
    key: str
    name: str
    lead: str
    screens: dict[str, Screen]
    workflow: Workflow
    components: tuple[Named, ...] = ()
    versions: tuple[Named, ...] = ()
    permissions: dict[str, set[str]] = field(default_factory=dict)
    type_key: str = "software"
    next_number: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class AutomationRule:
    """What Service Management does with each new issue: fields that it sets, seconds later."""

    after: float
    fields: tuple[tuple[str, object], ...]


@dataclass(slots=True, kw_only=True)
class Desk:
    """The service desk of a project: its portal, what can be asked for, and for whom.

    `type_keys` are the keys of request types by id; `tells_keys`: its REST API tells them.
    """

    id: str
    portal: str
    request_types: tuple[Named, ...]
    type_keys: dict[str, str]
    organizations: tuple[Named, ...] = ()
    rules: list[AutomationRule] = field(default_factory=list)
    tells_keys: bool = False

    def type_of(self, reference: object) -> Named | None:
        """The request type of a `portal/key`."""
        keys = {f"{self.portal}/{key}": number for number, key in self.type_keys.items()}
        identity = keys.get(str(reference))
        return next((one for one in self.request_types if one.id == identity), None)


class Beyond(StrEnum):
    """What the database makes of characters beyond U+FFFF."""

    HELD = "held"
    REPLACED = "replaced"  # by a question mark
    REFUSED = "refused"


class Properties(StrEnum):
    """What this Jira makes of the entity properties that come with an issue."""

    HELD = "held"
    DROPPED = "dropped"
    REFUSED = "refused"


@dataclass(slots=True, kw_only=True)
class World:
    """One Jira's configuration; users by name, service desks by project, all else by id."""

    users: dict[str, User]
    projects: dict[str, Project]
    issue_types: dict[str, Named]
    statuses: dict[str, Status]
    priorities: dict[str, Named]
    resolutions: dict[str, Named]
    fields: dict[str, Field]
    default_priority: str = "3"
    link_types: tuple[LinkType, ...] = LINK_TYPES
    desks: dict[str, Desk] = field(default_factory=dict)
    beyond: Beyond = Beyond.HELD
    properties: Properties = Properties.HELD
    keeps_comment_properties: bool = True

    def project(self, reference: str) -> Project | None:
        """The project of an id, or of a key in whatever case."""
        if reference in self.projects:
            return self.projects[reference]
        key = reference.upper()
        return next((one for one in self.projects.values() if one.key == key), None)

    def user(self, reference: str) -> User | None:
        """The account of a user name, in whatever case."""
        return self.users.get(reference.lower())

    def may(self, user: str | None, permission: str, project: Project) -> bool:
        """Whether somebody has a right in a project; administrators have all."""
        if user is not None and "ADMINISTER" in self.users[user].permissions:
            return True
        return permission in project.permissions.get(user or "", set())

    def may_globally(self, user: str | None, permission: str) -> bool:
        """Whether somebody has a right everywhere."""
        if user is None:
            return False
        return bool({permission, "ADMINISTER"} & self.users[user].permissions)

    def grant(self, user: str, *permissions: str, project: str | None = None) -> None:
        """Give rights, in one project, or, without one, the global ones."""
        known(permissions)
        if project is None:
            self.users[user].permissions.update(permissions)
        else:
            self.project_named(project).permissions.setdefault(user, set()).update(permissions)

    def revoke(self, user: str, *permissions: str, project: str | None = None) -> None:
        """Take rights away, in one project, or, without one, the global ones."""
        known(permissions)
        if project is None:
            self.users[user].permissions.difference_update(permissions)
        else:
            held = self.project_named(project).permissions.get(user, set())
            held.difference_update(permissions)

    def project_named(self, reference: str) -> Project:
        """The project of an id or key that must exist."""
        project = self.project(reference)
        if project is None:
            raise KeyError(reference)
        return project


def known(permissions: Iterable[str]) -> None:
    """Refuse a right that Jira does not have."""
    strange = set(permissions) - PERMISSIONS.keys() - GLOBAL_PERMISSIONS.keys()
    if strange:
        raise ValueError(f"no such permission: {', '.join(sorted(strange))}")
