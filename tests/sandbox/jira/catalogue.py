"""What a Jira tells about itself: server, people, projects, fields, create screens."""

from collections.abc import Collection, Sequence

from tests.sandbox.jira.clock import written
from tests.sandbox.jira.core import locked
from tests.sandbox.jira.errors import JiraError
from tests.sandbox.jira.issues import Bean
from tests.sandbox.jira.telling import Telling
from tests.sandbox.jira.world import (
    GLOBAL_PERMISSIONS,
    PERMISSIONS,
    RIGHT_TO_SET,
    Field,
    Project,
    Screen,
)


class Catalogue(Telling):
    """Everything that can be read without an issue."""

    @locked
    def server_info(self, user: str | None) -> Bean:
        """Open to all; the time only to those signed in."""
        info: Bean = {
            "baseUrl": self.base_url,
            "version": self.version.text,
            "versionNumbers": list(self.version.numbers),
            "deploymentType": "Server",
            "buildNumber": self.version.build,
            "buildDate": f"{self.version.built}T00:00:00.000+0000",
            "scmInfo": "0123456789abcdef",
            "serverTitle": "Sandbox Jira",
        }
        return info if user is None else {**info, "serverTime": written(self.now())}

    @locked
    def myself(self, user: str | None) -> Bean:
        """The account that one is signed in as."""
        return self.own_bean(self.signed_in(user))

    @locked
    def access_tokens(self, user: str | None) -> list[Bean]:
        """One's own personal access tokens, without their secrets."""
        if not self.version.access_tokens:
            raise JiraError(404, "null for uri")
        account = self.signed_in(user)
        return [
            {
                "id": number,
                "name": f"token {number}",
                "createdAt": "2026-01-01T00:00:00.000+00:00",
                "lastAccessedAt": None,
                "expiringAt": account.token_ends and account.token_ends.isoformat(),
            }
            for number, _ in enumerate(account.tokens, start=1)
        ]

    @locked
    def my_permissions(self, user: str | None, project: str | None = None) -> Bean:
        """All rights, and whether one has them: in a project, or in any."""
        scope = list(self.world.projects.values())
        if project is not None:
            scope = [self._seen_project(user, project)]
        held = {key for key in PERMISSIONS for one in scope if self.world.may(user, key, one)}
        held |= {key for key in GLOBAL_PERMISSIONS if self.world.may_globally(user, key)}
        known = [("PROJECT", PERMISSIONS), ("GLOBAL", GLOBAL_PERMISSIONS)]
        return {
            "permissions": {
                key: {
                    "id": identity,
                    "key": key,
                    "name": name,
                    "type": kind,
                    "description": name,
                    "havePermission": key in held,
                }
                for kind, rights in known
                for key, (identity, name) in rights.items()
            }
        }

    @locked
    def priorities(self) -> list[Bean]:
        """All priorities, in order."""
        return [self.priority_bean(one) for one in self.world.priorities.values()]

    @locked
    def statuses(self) -> list[Bean]:
        """All statuses."""
        return [self.status_bean(one) for one in self.world.statuses.values()]

    @locked
    def resolutions(self) -> list[Bean]:
        """All resolutions."""
        return [self.resolution_bean(one) for one in self.world.resolutions.values()]

    @locked
    def issue_types(self) -> list[Bean]:
        """All issue types."""
        return [self.type_bean(one) for one in self.world.issue_types.values()]

    @locked
    def fields(self) -> list[Bean]:
        """All fields."""
        return [
            {
                "id": field.id,
                "name": field.name,
                "custom": field.custom is not None,
                "orderable": True,
                "navigable": True,
                "searchable": True,
                "clauseNames": list(field.clause_names),
                "schema": field.schema(),
            }
            for field in self.world.fields.values()
        ]

    @locked
    def projects(self, user: str | None) -> list[Bean]:
        """The projects that one may see: none at all to an anonymous user here."""
        return [self.project_bean(one) for one in self._seen(user)]

    @locked
    def project(self, user: str | None, reference: str) -> Bean:
        """A project with its issue types."""
        project = self._seen_project(user, reference)
        return {
            **self.project_bean(project),
            "description": "",
            "lead": self.user_bean(project.lead),
            "issueTypes": self._types(project),
            "components": [self.part_bean("component", one) for one in project.components],
            "versions": [self.part_bean("version", one) for one in project.versions],
            "roles": {},
        }

    @locked
    def project_statuses(self, user: str | None, reference: str) -> list[Bean]:
        """The statuses of each issue type of a project."""
        project = self._seen_project(user, reference)
        statuses = [self.status_bean(self.world.statuses[one]) for one in project.workflow.statuses]
        keys = ("self", "id", "name", "subtask")
        return [
            {**{key: kind[key] for key in keys}, "statuses": statuses}
            for kind in self._types(project)
        ]

    @locked
    def user(self, user: str | None, *, name: str | None = None, key: str | None = None) -> Bean:
        """An account by name or key."""
        self.signed_in(user)
        for one in self.world.users.values():
            if one.name == (name or "").lower() or (key is not None and self.key_of(one) == key):
                return self.own_bean(one)
        raise JiraError(404, f"The user named '{name or key}' does not exist")

    @locked
    def search_users(self, user: str | None, text: str) -> list[Bean]:
        """The accounts that a text is part of; none to those who may not browse users."""
        self.signed_in(user)
        if not self.world.may_globally(user, "USER_PICKER"):
            return []
        return self._users_like(text)

    @locked
    def assignable_users(self, user: str | None, project: str, text: str) -> list[Bean]:
        """The accounts that issues of a project may be assigned to."""
        self.signed_in(user)
        found = self._seen_project(user, project)
        return [
            bean
            for bean in self._users_like(text)
            if self.world.may(bean["name"], "ASSIGNABLE_USER", found)
        ]

    def project_for_assignment(self, user: str | None, issue: str) -> str:
        """The project in which users for an issue are looked for."""
        return self.issue(user, issue).project_id

    @locked
    def create_types(self, user: str | None, project: str) -> list[Bean]:
        """The issue types that one may create in a project: the new create metadata."""
        return self._types(self._creatable(user, project))

    @locked
    def create_fields(self, user: str | None, project: str, type_id: str) -> list[Bean]:
        """The create screen of an issue type: the new create metadata."""
        found = self._creatable(user, project)
        if type_id not in found.screens:
            raise JiraError(400, f"Issue type with id {type_id} does not exist in this project.")
        screen = found.screens[type_id]
        names = self.shown_fields(user, screen, found)
        fields = [self.field_meta(self.world.fields[name], screen, found) for name in names]
        for meta in fields:
            if meta["fieldId"] == "issuetype":
                meta["allowedValues"] = [self.type_bean(self.world.issue_types[type_id])]
        return fields

    @locked
    def create_metadata(
        self,
        user: str | None,
        *,
        projects: Collection[str] = (),
        types: Collection[str] = (),
        with_fields: bool = False,
    ) -> Bean:
        """All create screens at once, or those of some projects and types: the old metadata.

        Projects are named by id or key. What does not exist, or is not allowed, is left out.
        """
        return {
            "expand": "projects",
            "projects": [
                {
                    **self.project_bean(project),
                    "expand": "issuetypes",
                    "issuetypes": [
                        self._type_with_fields(user, project, kind, with_fields=with_fields)
                        for kind in project.screens
                        if not types or kind in types
                    ],
                }
                for project in self._seen(user)
                if not projects or {project.id, project.key} & set(projects)
                if self.world.may(user, "CREATE_ISSUES", project)
            ],
        }

    def _type_with_fields(
        self, user: str | None, project: Project, kind: str, *, with_fields: bool
    ) -> Bean:
        bean: Bean = {**self.type_bean(self.world.issue_types[kind]), "expand": "fields"}
        if with_fields:
            rows = self.create_fields(user, project.id, kind)
            bean["fields"] = {str(row["fieldId"]): self._as_told(row) for row in rows}
        return bean

    def _as_told(self, row: Bean) -> Bean:
        if self.version.fields_tell_their_id:
            return row
        return {name: value for name, value in row.items() if name != "fieldId"}

    def shown_fields(self, user: str | None, screen: Screen, project: Project) -> Sequence[str]:
        """The fields of a screen that this user may set."""
        return [
            name
            for name in screen.fields
            if name not in RIGHT_TO_SET or self.world.may(user, RIGHT_TO_SET[name], project)
        ]

    def field_meta(self, field: Field, screen: Screen, project: Project) -> Bean:
        """A field of a screen as the metadata describe it."""
        meta: Bean = {
            "required": field.id in screen.required,
            "schema": field.schema(),
            "name": field.name,
            "fieldId": field.id,
            "hasDefaultValue": field.has_default,
            "operations": list(field.operations),
        }
        allowed = self._allowed(field, project)
        if allowed is not None:
            meta["allowedValues"] = allowed
        if field.type == "user" or field.items == "string":
            meta["autoCompleteUrl"] = self.url("user/search?username=")
        return meta

    def _allowed(self, field: Field, project: Project) -> list[Bean] | None:
        kind = field.items or field.type
        match kind:
            case "project":
                return [self.project_bean(project)]
            case "priority":
                return [self.priority_bean(one) for one in field.options]
            case "resolution":
                return [self.resolution_bean(one) for one in field.options]
            case "component":
                return [self.part_bean("component", one) for one in project.components]
            case "version":
                return [self.part_bean("version", one) for one in project.versions]
            case _:
                return self._offered(field)

    def _offered(self, field: Field) -> list[Bean] | None:
        if not field.options:
            return None
        return [
            {
                **self.option_bean(option),
                "disabled": False,
                **(
                    {"children": [self.option_bean(child) for child in option.children]}
                    if option.children
                    else {}
                ),
            }
            for option in field.options
        ]

    def _seen(self, user: str | None) -> list[Project]:
        return [
            one
            for one in self.world.projects.values()
            if self.world.may(user, "BROWSE_PROJECTS", one)
        ]

    def _seen_project(self, user: str | None, reference: str) -> Project:
        project = self.visible_project(user, reference)
        if project is None:
            raise JiraError(404, f"No project could be found with key '{reference}'.")
        return project

    def _creatable(self, user: str | None, reference: str) -> Project:
        project = self.visible_project(user, reference)
        if project is None or not self.world.may(user, "CREATE_ISSUES", project):
            raise JiraError(
                400,
                "The project does not exist, or you do not have permission to create issues in it.",
            )
        return project

    def _types(self, project: Project) -> list[Bean]:
        return [self.type_bean(self.world.issue_types[one]) for one in project.screens]

    def _users_like(self, text: str) -> list[Bean]:
        wanted = text.lower()
        return [
            bean
            for bean in map(self.own_bean, self.world.users.values())
            if wanted in f"{bean['name']} {bean['displayName']} {bean['emailAddress']}".lower()
        ]
