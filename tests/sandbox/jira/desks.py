"""Jira Service Management in the sandbox: a project becomes a service desk, with its own REST API.

What it tells is what Atlassian documents of `servicedeskapi` for Server and Data Center: a request
type has an id and a name there, and no key, although a key is what its field is set by.
"""

from functools import partial

from tests.sandbox.jira.core import locked
from tests.sandbox.jira.errors import JiraError
from tests.sandbox.jira.issues import Bean, Issue
from tests.sandbox.jira.relocating import Relocating
from tests.sandbox.jira.world import Desk, Field, Named, Project, World

REQUEST_TYPE, ORGANIZATIONS = "customfield_10150", "customfield_10151"
AGENT = "SERVICEDESK_AGENT"
INTERNAL = "sd.public.comment"
OPTED_IN = "opt-in"

_CUSTOM = "com.atlassian.servicedesk:"


def open_desk(world: World, project: str = "OPS", *, tells_keys: bool = False) -> Desk:
    """Make a project a service desk with two request types and two organizations.

    `tells_keys`: its REST API tells the keys of request types, which none is known to do.
    """
    found = world.project_named(project)
    found.type_key = "service_desk"
    desk = Desk(
        id=str(len(world.desks) + 1),
        portal=found.key.lower(),
        request_types=(
            Named(id="25", name="Report an outage"),
            Named(id="26", name="Get IT help"),
        ),
        type_keys={"25": "outage", "26": "getithelp"},
        organizations=(Named(id="1", name="Acme"), Named(id="2", name="Globex")),
        tells_keys=tells_keys,
    )
    world.desks[found.id] = desk
    for field in _fields():
        world.fields[field.id] = field
        for screen in found.screens.values():
            screen.fields.append(field.id)
    return desk


def _fields() -> tuple[Field, ...]:
    return (
        Field(
            id=REQUEST_TYPE,
            name="Customer Request Type",
            type="sd-customerrequesttype",
            custom=f"{_CUSTOM}vp-origin",
        ),
        Field(
            id=ORGANIZATIONS,
            name="Organizations",
            type="array",
            items="sd-customerorganization",
            custom=f"{_CUSTOM}sd-customer-organizations",
            operations=("add", "set", "remove"),
        ),
    )


class Desks(Relocating):
    """What `servicedeskapi` tells."""

    @locked
    def desks(self, user: str | None, *, opted_in: bool = True) -> list[Bean]:
        """The service desks that one may see. Without Service Management there is no resource."""
        if not self.world.desks:
            raise JiraError(404, "null for uri: servicedeskapi/servicedesk")
        self._experimental(opted_in)
        return [
            {
                "id": desk.id,
                "projectId": project_id,
                "projectName": self.world.projects[project_id].name,
                "projectKey": self.world.projects[project_id].key,
                "_links": {"self": self.desk_url(desk)},
            }
            for project_id, desk in self.world.desks.items()
            if self.visible_project(user, project_id)
        ]

    @locked
    def request_types(self, user: str | None, desk_id: str, *, opted_in: bool = True) -> list[Bean]:
        """The request types of a service desk."""
        self._experimental(opted_in)
        desk = self._desk(user, desk_id)
        return [self.request_type_bean(desk, one.id) for one in desk.request_types]

    @locked
    def organizations(self, user: str | None, desk_id: str, *, opted_in: bool = True) -> list[Bean]:
        """The organizations of a service desk."""
        self._experimental(opted_in)
        desk = self._desk(user, desk_id)
        return [{"id": one.id, "name": one.name, "_links": {}} for one in desk.organizations]

    def on_created(self, issue: Issue) -> None:
        """Let the automation rules of the issue's project run, each when it is due."""
        desk = self.world.desks.get(issue.project_id)
        for rule in desk.rules if desk else ():
            body = {"fields": dict(rule.fields)}
            self.defer(rule.after, partial(self.edit_issue, "admin", str(issue.id), body))

    def marks_of_comment(self, user: str, project: Project, given: Bean) -> Bean:
        """The properties of a comment: who is no agent of a service desk comments internally."""
        is_agent = self.world.may(user, AGENT, project)
        forced = {} if is_agent or project.id not in self.world.desks else {"internal": True}
        return {**given, INTERNAL: forced} if forced else given

    def _experimental(self, opted_in: bool) -> None:
        if not opted_in and self.version.experimental_desks:
            raise JiraError(412, "This API is experimental. X-ExperimentalApi: opt-in is missing.")

    def _desk(self, user: str | None, desk_id: str) -> Desk:
        for project_id, desk in self.world.desks.items():
            if desk.id == desk_id and self.visible_project(user, project_id):
                return desk
        raise JiraError(404, "The service desk does not exist.")
