"""The Jira that every test and the demo begin with."""

from tests.sandbox.jira.world import (
    PERMISSIONS,
    Field,
    Named,
    Project,
    Screen,
    Status,
    Transition,
    User,
    Workflow,
    World,
)

OUR_ACCOUNT = "pagerduty"
OUR_PASSWORD = "sandbox-password"
OUR_TOKEN = "sandbox-personal-access-token"
MINIMUM_RIGHTS = (
    "BROWSE_PROJECTS",
    "CREATE_ISSUES",
    "EDIT_ISSUES",
    "TRANSITION_ISSUES",
    "RESOLVE_ISSUES",
    "ADD_COMMENTS",
)
"""What the guide says that our account must have; it also has Link Issues here."""

_EVERYTHING = tuple(PERMISSIONS)
_CREATE_SCREEN = (
    "summary",
    "issuetype",
    "project",
    "reporter",
    "assignee",
    "priority",
    "labels",
    "description",
    "environment",
    "duedate",
    "components",
    "versions",
    "fixVersions",
    *(f"customfield_{number}" for number in range(10001, 10012)),
)


def seed() -> World:
    """A fresh world: nothing in it is shared with another one."""
    return World(
        users={user.name: user for user in _users()},
        projects={project.id: project for project in (_ops(), _web())},
        issue_types={one.id: one for one in _named(("10001", "Bug"), ("10002", "Task"))},
        statuses={status.id: status for status in _statuses()},
        priorities={one.id: one for one in _priorities()},
        resolutions={one.id: one for one in _resolutions()},
        fields={one.id: one for one in (*_system_fields(), *_custom_fields())},
    )


def _named(*pairs: tuple[str, str]) -> tuple[Named, ...]:
    return tuple(Named(id=identity, name=name) for identity, name in pairs)


def _priorities() -> tuple[Named, ...]:
    return _named(("1", "Highest"), ("2", "High"), ("3", "Medium"), ("4", "Low"), ("5", "Lowest"))


def _resolutions() -> tuple[Named, ...]:
    return _named(("10000", "Done"), ("10001", "Won't Fix"), ("10002", "Duplicate"))


def _statuses() -> tuple[Status, ...]:
    return (
        Status(id="1", name="Open", category="new"),
        Status(id="3", name="In Progress", category="indeterminate"),
        Status(id="5", name="Resolved", category="done"),
        Status(id="6", name="Closed", category="done"),
        Status(id="10000", name="To Do", category="new"),
        Status(id="10001", name="Done", category="done"),
    )


def _users() -> tuple[User, ...]:
    return (
        User(
            name=OUR_ACCOUNT,
            key="JIRAUSER10100",
            display_name="PagerDuty",
            email="pagerduty@example.com",
            password=OUR_PASSWORD,
            tokens=[OUR_TOKEN],
        ),
        User(
            name="alice",
            key="alice",
            display_name="Alice Example",
            email="alice@example.com",
            password="alice-password",
            time_zone="America/New_York",
            permissions={"USER_PICKER"},
        ),
        User(
            name="bob",
            key="JIRAUSER10102",
            display_name="Bob Example",
            email="bob@example.com",
            password="bob-password",
            permissions={"USER_PICKER"},
        ),
        User(
            name="admin",
            key="admin",
            display_name="Administrator",
            email="admin@example.com",
            password="admin-password",
            permissions={"ADMINISTER"},
        ),
    )


def _rights() -> dict[str, set[str]]:
    return {
        OUR_ACCOUNT: {*MINIMUM_RIGHTS, "LINK_ISSUES"},
        "alice": set(_EVERYTHING) - {"ADMINISTER_PROJECTS"},
        "bob": set(_EVERYTHING) - {"ADMINISTER_PROJECTS"},
    }


def _screens() -> dict[str, Screen]:
    required = {"summary", "issuetype", "project", "reporter"}
    return {
        kind: Screen(fields=list(_CREATE_SCREEN), required=set(required))
        for kind in ("10001", "10002")
    }


def _ops() -> Project:
    return Project(
        id="10100",
        key="OPS",
        name="Operations",
        lead="alice",
        screens=_screens(),
        workflow=_three_steps(),
        components=_named(("10400", "Checkout"), ("10401", "Payment")),
        versions=_named(("10500", "1.0"), ("10501", "2.0")),
        permissions=_rights(),
    )


def _web() -> Project:
    return Project(
        id="10200",
        key="WEB",
        name="Website",
        lead="bob",
        screens=_screens(),
        workflow=_any_to_any(),
        permissions=_rights(),
    )


def _three_steps() -> Workflow:
    resolve = Screen(fields=["resolution", "assignee", "fixVersions"], required={"resolution"})
    return Workflow(
        statuses=("1", "3", "5", "6"),
        transitions=(
            Transition(id="11", name="Start Progress", sources=("1",), target="3"),
            Transition(id="21", name="Stop Progress", sources=("3",), target="1"),
            Transition(
                id="31",
                name="Resolve Issue",
                sources=("3",),
                target="5",
                screen=resolve,
                permission="RESOLVE_ISSUES",
            ),
            Transition(id="41", name="Close Issue", sources=("5",), target="6"),
            Transition(
                id="51",
                name="Reopen Issue",
                sources=("5", "6"),
                target="1",
                clears=("resolution",),
            ),
        ),
    )


def _any_to_any() -> Workflow:
    statuses = ("10000", "3", "10001")
    return Workflow(
        statuses=statuses,
        transitions=(
            Transition(
                id="11", name="To Do", sources=statuses, target="10000", clears=("resolution",)
            ),
            Transition(
                id="21", name="In Progress", sources=statuses, target="3", clears=("resolution",)
            ),
            Transition(
                id="31",
                name="Done",
                sources=statuses,
                target="10001",
                sets=(("resolution", "10000"),),
            ),
        ),
    )


def _system_fields() -> tuple[Field, ...]:
    lists = ("add", "set", "remove")
    return (
        Field(id="summary", name="Summary", type="string"),
        Field(id="issuetype", name="Issue Type", type="issuetype", operations=()),
        Field(id="project", name="Project", type="project"),
        Field(id="reporter", name="Reporter", type="user", has_default=True),
        Field(id="assignee", name="Assignee", type="user", has_default=True),
        Field(
            id="priority",
            name="Priority",
            type="priority",
            options=_priorities(),
            has_default=True,
        ),
        Field(id="labels", name="Labels", type="array", items="string", operations=lists),
        Field(id="description", name="Description", type="string"),
        Field(id="environment", name="Environment", type="string"),
        Field(id="duedate", name="Due Date", type="date"),
        Field(
            id="components", name="Component/s", type="array", items="component", operations=lists
        ),
        Field(
            id="versions", name="Affects Version/s", type="array", items="version", operations=lists
        ),
        Field(
            id="fixVersions", name="Fix Version/s", type="array", items="version", operations=lists
        ),
        Field(id="resolution", name="Resolution", type="resolution", options=_resolutions()),
        Field(id="comment", name="Comment", type="comments-page", operations=("add",)),
        Field(id="worklog", name="Log Work", type="array", items="worklog", operations=("add",)),
        Field(id="attachment", name="Attachment", type="array", items="attachment", operations=()),
    )


def _custom_fields() -> tuple[Field, ...]:
    teams = _named(("10300", "Platform"), ("10301", "Payments"), ("10302", "Search"))
    return (
        _custom(1, "Incident number", "string", "textfield"),
        _custom(2, "Runbook", "string", "textarea"),
        _custom(3, "Teams", "array", "labels", items="string"),
        _custom(4, "Team", "option", "select", options=teams),
        _custom(5, "Cost", "number", "float"),
        _custom(6, "Dashboard", "string", "url"),
        _custom(
            7,
            "Regions",
            "array",
            "multiselect",
            items="option",
            options=_named(("10310", "Europe"), ("10311", "America"), ("10312", "Asia")),
        ),
        _custom(8, "Due", "date", "datepicker"),
        _custom(9, "Started", "datetime", "datetime"),
        _custom(10, "On call", "user", "userpicker"),
        _custom(11, "Place", "option-with-child", "cascadingselect", options=_places()),
    )


def _places() -> tuple[Named, ...]:
    return (
        Named(id="10320", name="North", children=_named(("10321", "Hall 1"), ("10322", "Hall 2"))),
        Named(id="10330", name="South", children=_named(("10331", "Hall 3"))),
    )


def _custom(
    number: int,
    name: str,
    kind: str,
    custom: str,
    *,
    items: str | None = None,
    options: tuple[Named, ...] = (),
) -> Field:
    return Field(
        id=f"customfield_{10000 + number}",
        name=name,
        type=kind,
        items=items,
        custom=custom,
        options=options,
        operations=("add", "set", "remove") if kind == "array" else ("set",),
    )
