"""Creating, changing, moving along and deleting issues."""

from collections import abc
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.sandbox.jira import values
from tests.sandbox.jira.catalogue import Catalogue
from tests.sandbox.jira.core import locked
from tests.sandbox.jira.errors import JiraError, UnreadableError
from tests.sandbox.jira.issues import Bean, Comment, Issue
from tests.sandbox.jira.properties import checked_properties, properties_of_issue
from tests.sandbox.jira.world import Project, Screen, Transition, World

_BODY_KEYS = {"fields", "update", "properties", "historyMetadata", "transition"}


@dataclass(slots=True, kw_only=True)
class _Form:
    """A filled screen: the values that were given, and what is wrong with them."""

    values: Bean = field(default_factory=dict)
    comments: list[tuple[str, Bean]] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)

    def refuse(self) -> None:
        if self.errors:
            raise JiraError(400, errors=self.errors)


class Editing(Catalogue):
    """Everything that writes the fields of an issue."""

    @locked
    def create_issue(self, user: str | None, body: object) -> Bean:
        """Create an issue, with its properties, in one step."""
        given = _read_body(body)
        project = self._project_to_create_in(user, given["fields"])
        kind = self._type_to_create(project, given["fields"])
        screen = project.screens[kind]
        form = self._form(user, project, screen, given, stored={})
        form.values.setdefault("reporter", user)
        form.values.setdefault("priority", self.world.default_priority)
        self._missing(screen, form, form.values)
        properties = properties_of_issue(given["properties"], self.world.properties)
        form.refuse()
        issue = self._new_issue(str(user), project, kind, form.values)
        issue.properties.update(properties)
        self._comment_all(issue, str(user), form.comments)
        self.index.learn(issue, self.indexed_at())
        self.tell_created(issue, str(user))
        self.on_created(issue)
        return {"id": str(issue.id), "key": issue.key, "self": self.url(f"issue/{issue.id}")}

    @locked
    def get_issue(
        self,
        user: str | None,
        reference: str,
        *,
        fields: Collection[str] = ("*all",),
        expand: Collection[str] = (),
        properties: Collection[str] = (),
    ) -> Bean:
        """An issue as it is now, with milliseconds."""
        issue = self.issue(user, reference)
        bean = self.issue_bean(issue, wanted=fields, expand=expand)
        if "editmeta" in expand:
            bean["editmeta"] = {"fields": self._edit_metadata(user, issue)}
        if properties:
            bean["properties"] = {
                key: value
                for key, value in issue.properties.items()
                if key in properties or "*all" in properties
            }
        return bean

    @locked
    def edit_issue(
        self, user: str | None, reference: str, body: object, *, notify: bool = True
    ) -> None:
        """Change fields of an issue."""
        issue = self.issue(user, reference)
        given = _read_body(body)
        if not any(given[part] for part in ("fields", "update", "properties")):
            raise JiraError(400, "one of 'fields' or 'update' required")
        self._may_edit(user, issue, notify=notify)
        project = self.project_of(issue)
        form = self._form(user, project, self._edit_screen(issue), given, stored=issue.values)
        self._missing(_only(self._edit_screen(issue), form.values), form, form.values)
        properties = properties_of_issue(given["properties"], self.world.properties)
        form.refuse()
        issue.properties.update(properties)
        self._apply(issue, str(user), form, [], given["historyMetadata"])

    @locked
    def assign(self, user: str | None, reference: str, body: object) -> None:
        """Make somebody the assignee: it takes Assign Issues alone, and no screen."""
        issue = self.issue(user, reference)
        if not self.may(user, "ASSIGN_ISSUES", issue):
            raise JiraError(401, "You do not have permission to assign issues.")
        given = body if isinstance(body, dict) else {}
        form, project = _Form(), self.project_of(issue)
        name = project.lead if given.get("name") == "-1" else given.get("name")
        value = _reading(self.world, project, "assignee", {"name": name})
        self._fill(form, {"assignee"}, "assignee", value)
        form.refuse()
        self._apply(issue, str(user), form, [], None)

    @locked
    def delete_issue(self, user: str | None, reference: str) -> None:
        """Delete an issue."""
        issue = self.issue(user, reference)
        if not self.may(user, "DELETE_ISSUES", issue):
            raise JiraError(403, "You do not have permission to delete issues in this project.")
        self.deleted.append(self.issues.pop(issue.id))
        self.index.forget(issue.id, self.indexed_at())
        self.tell_deleted(issue, user)

    @locked
    def transitions(
        self,
        user: str | None,
        reference: str,
        *,
        expand: Collection[str] = (),
        transition_id: str | None = None,
    ) -> Bean:
        """The steps that this user may take now."""
        issue = self.issue(user, reference)
        steps = [
            self._transition_bean(user, issue, step, with_fields="transitions.fields" in expand)
            for step in self._possible(user, issue)
            if transition_id in (None, step.id)
        ]
        return {"expand": "transitions", "transitions": steps}

    @locked
    def transition(self, user: str | None, reference: str, body: object) -> None:
        """Take a step of the workflow."""
        issue = self.issue(user, reference)
        given = _read_body(body)
        step = self._step(user, issue, given["transition"])
        project = self.project_of(issue)
        screen = step.screen or Screen(fields=[])
        form = self._form(user, project, screen, given, stored=issue.values)
        given_now = {**form.values, "comment": form.comments}
        kept = {name: one for name, one in issue.values.items() if self._is_settable(name)}
        self._missing(screen, form, {**kept, **given_now})
        self._validate(step, form, issue)
        properties = properties_of_issue(given["properties"], self.world.properties)
        form.refuse()
        issue.properties.update(properties)
        form.values.update({**dict.fromkeys(step.clears), **dict(step.sets)})
        self._apply(issue, str(user), form, self._move(issue, step), given["historyMetadata"])

    # Creating

    def on_created(self, issue: Issue) -> None:
        """What else happens once an issue was created."""

    def _project_to_create_in(self, user: str | None, fields: Bean) -> Project:
        wanted = fields.get("project")
        if not isinstance(wanted, dict) or not {"id", "key"} & wanted.keys():
            raise JiraError(400, errors={"project": "project is required"})
        if user is None:
            raise JiraError(
                400,
                errors={
                    "project": "Anonymous users do not have permission to create issues in this "
                    "project. Please try logging in first."
                },
            )
        project = self.visible_project(user, str(wanted.get("id", wanted.get("key"))))
        if project is None:
            raise JiraError(400, errors={"project": "valid project is required"})
        if not self.world.may(user, "CREATE_ISSUES", project):
            raise JiraError(400, "You do not have permission to create issues in this project.")
        return project

    def _type_to_create(self, project: Project, fields: Bean) -> str:
        wanted = fields.get("issuetype")
        if not isinstance(wanted, dict) or not {"id", "name"} & wanted.keys():
            raise JiraError(400, errors={"issuetype": "issue type is required"})
        for kind in project.screens:
            named = self.world.issue_types[kind]
            if wanted.get("id", named.id) == named.id and wanted.get("name", "") in (
                "",
                named.name,
            ):
                return kind
        raise JiraError(400, errors={"issuetype": "valid issue type is required"})

    def _new_issue(self, user: str, project: Project, kind: str, stored: Bean) -> Issue:
        now = self.now()
        issue = Issue(
            id=self.fresh_id(),
            key=f"{project.key}-{project.next_number}",
            project_id=project.id,
            type_id=kind,
            status_id=project.workflow.statuses[0],
            creator=user,
            created=now,
            updated=now,
            values=stored,
        )
        project.next_number += 1
        self.issues[issue.id] = issue
        self.keys[issue.key] = issue.id
        return issue

    # Forms

    def _form(
        self, user: str | None, project: Project, screen: Screen, given: Bean, *, stored: Bean
    ) -> _Form:
        form = _Form()
        shown = set(self.shown_fields(user, screen, project)) - {"project", "issuetype"}
        for name, value in given["fields"].items():
            if name not in ("project", "issuetype"):
                settable = shown if self._is_settable(name) else shown - {name}
                self._fill(form, settable, name, _reading(self.world, project, name, value))
        for name, verbs in given["update"].items():
            if name == "comment":
                form.comments.extend(_comments(verbs))
            else:
                before = form.values.get(name, stored.get(name))
                self._fill(form, shown, name, _changing(self.world, project, name, (before, verbs)))
        return form

    def _is_settable(self, name: str) -> bool:
        return name not in self.world.fields or "set" in self.world.fields[name].operations

    def _fill(
        self, form: _Form, shown: Collection[str], name: str, value: Callable[[], object]
    ) -> None:
        if name not in shown:
            form.errors[name] = (
                f"Field '{name}' cannot be set. It is not on the appropriate screen, or unknown."
            )
            return
        try:
            form.values[name] = value()
        except values.BadValueError as error:
            form.errors[name] = str(error)

    def _missing(self, screen: Screen, form: _Form, filled: abc.Mapping[str, object]) -> None:
        for name in screen.fields:
            if name in form.errors or name in ("project", "issuetype"):
                continue
            if name == "summary" and values.is_empty(filled.get(name)):
                form.errors[name] = "You must specify a summary of the issue."
            elif name in screen.required and values.is_empty(filled.get(name)):
                form.errors[name] = f"{self.world.fields[name].name} is required."

    # Editing

    def _may_edit(self, user: str | None, issue: Issue, *, notify: bool) -> None:
        if not self.may(user, "EDIT_ISSUES", issue):
            raise JiraError(403, "You do not have permission to edit issues in this project.")
        if not notify and not self.may(user, "ADMINISTER_PROJECTS", issue):
            raise JiraError(
                403, "To discard the user notification either admin or project admin is required."
            )

    def _edit_metadata(self, user: str | None, issue: Issue) -> Bean:
        """The fields that this user may edit; none without the right to."""
        if not self.may(user, "EDIT_ISSUES", issue):
            return {}
        screen, project = self._edit_screen(issue), self.project_of(issue)
        return {
            name: self._as_told(self.field_meta(self.world.fields[name], screen, project))
            for name in self.shown_fields(user, screen, project)
        }

    def _edit_screen(self, issue: Issue) -> Screen:
        screen = self.project_of(issue).screens[issue.type_id]
        names = [name for name in screen.fields if name not in ("project", "issuetype")]
        return Screen(fields=names, required=screen.required & set(names))

    def _apply(
        self, issue: Issue, user: str, form: _Form, items: list[Bean], metadata: object
    ) -> None:
        for name, value in form.values.items():
            if issue.values.get(name) != value:
                items.append(self._item(issue, name, value))
                issue.values[name] = value
                if name == "resolution":
                    issue.resolved = None if value is None else self.now()
        self._comment_all(issue, user, form.comments)
        self.written(issue, user, items, metadata)

    def _item(self, issue: Issue, name: str, value: object) -> Bean:
        """What the history says of one changed field."""
        known, project = self.world.fields[name], self.project_of(issue)
        before = issue.values.get(name)
        return {
            "field": name if known.custom is None else known.name,
            "fieldtype": "jira" if known.custom is None else "custom",
            "from": None if before is None or known.type == "string" else str(before),
            "fromString": self.text_of(known, before, project),
            "to": None if value is None or known.type == "string" else str(value),
            "toString": self.text_of(known, value, project),
        }

    def _comment_all(self, issue: Issue, user: str, comments: Sequence[tuple[str, Bean]]) -> None:
        now = self.now()
        for body, properties in comments:
            comment = Comment(
                id=self.fresh_id(),
                author=user,
                body=body,
                created=now,
                updated=now,
                update_author=user,
                properties=properties,
            )
            issue.comments.append(comment)
            self.tell_commented(issue, user, comment)

    # Transitions

    def _possible(self, user: str | None, issue: Issue) -> list[Transition]:
        if not self.may(user, "TRANSITION_ISSUES", issue):
            return []
        return [
            step
            for step in self.project_of(issue).workflow.transitions
            if issue.status_id in step.sources
            and (step.permission is None or self.may(user, step.permission, issue))
        ]

    def _transition_bean(
        self, user: str | None, issue: Issue, step: Transition, *, with_fields: bool
    ) -> Bean:
        bean: Bean = {
            "id": step.id,
            "name": step.name,
            "to": self.status_bean(self.world.statuses[step.target]),
        }
        if with_fields:
            project, screen = self.project_of(issue), step.screen or Screen(fields=[])
            bean["fields"] = {
                name: self.field_meta(self.world.fields[name], screen, project)
                for name in self.shown_fields(user, screen, project)
            }
        return bean

    def _step(self, user: str | None, issue: Issue, wanted: object) -> Transition:
        identity = wanted.get("id") if isinstance(wanted, dict) else None
        if identity is None:
            raise JiraError(400, "Missing 'transition' identifier")
        known = self.project_of(issue).workflow.transitions
        if str(identity) not in {step.id for step in known}:
            raise JiraError(500, "Internal server error")
        for step in self._possible(user, issue):
            if step.id == str(identity):
                return step
        raise JiraError(
            400,
            "It seems that you have tried to perform a workflow operation that is not valid for "
            f"the current state of this issue ({issue.key}). The likely cause is that somebody has "
            "changed the issue recently, please look at the issue history for details.",
        )

    def _validate(self, step: Transition, form: _Form, issue: Issue) -> None:
        for name in step.validated:
            if values.is_empty(form.values.get(name, issue.values.get(name))):
                form.errors[name] = f"{self.world.fields[name].name} is required."

    def _move(self, issue: Issue, step: Transition) -> list[Bean]:
        before, after = self.world.statuses[issue.status_id], self.world.statuses[step.target]
        issue.status_id = after.id
        if before.id == after.id:
            return []
        return [
            {
                "field": "status",
                "fieldtype": "jira",
                "from": before.id,
                "fromString": before.name,
                "to": after.id,
                "toString": after.name,
            }
        ]


def _only(screen: Screen, names: Collection[str]) -> Screen:
    """The part of a screen that was filled in: nobody asks for the rest of it in an edit."""
    return Screen(fields=[one for one in screen.fields if one in names], required=screen.required)


def _reading(world: World, project: Project, name: str, value: object) -> Callable[[], object]:
    return lambda: values.read(world.fields[name], value, world, project)


def _changing(
    world: World, project: Project, name: str, change: tuple[object, object]
) -> Callable[[], object]:
    stored, verbs = change
    return lambda: values.change(world.fields[name], stored, verbs, world, project)


def _comments(verbs: object) -> list[tuple[str, Bean]]:
    comments: list[tuple[str, Bean]] = []
    for verb in verbs if isinstance(verbs, list) else [verbs]:
        added: Any = verb.get("add") if isinstance(verb, dict) else None
        if not isinstance(added, dict) or not str(added.get("body") or "").strip():
            raise JiraError(400, errors={"comment": "Comment body can not be empty!"})
        properties = checked_properties(added.get("properties") or [])
        comments.append((str(added["body"]), properties))
    return comments


def _read_body(body: object) -> Bean:
    """The parts of an issue body; a part that was left out is empty."""
    if not isinstance(body, dict):
        raise UnreadableError("Can not deserialize instance of IssueUpdateBean")
    for name in body.keys() - _BODY_KEYS:
        raise UnreadableError(
            f'Unrecognized field "{name}" (Class IssueUpdateBean), not marked as ignorable'
        )
    fields, update = body.get("fields") or {}, body.get("update") or {}
    if not isinstance(fields, dict) or not isinstance(update, dict):
        raise UnreadableError("Can not deserialize instance of java.util.LinkedHashMap")
    for name in fields.keys() & update.keys():
        raise JiraError(
            400, errors={name: f"Field '{name}' cannot be in both 'fields' and 'update'"}
        )
    return {
        "fields": fields,
        "update": update,
        "properties": body.get("properties") or [],
        "historyMetadata": body.get("historyMetadata"),
        "transition": body.get("transition"),
    }
