"""The JSON of Jira's answers."""

from collections import abc
from collections.abc import Callable, Collection
from datetime import datetime

from tests.sandbox.jira.clock import whole_seconds, written
from tests.sandbox.jira.core import Core
from tests.sandbox.jira.issues import Bean, Change, Comment, Issue, IssueLink, in_order
from tests.sandbox.jira.world import Desk, Field, Named, Project, Status, User

Maker = Callable[[], object]

CATEGORIES = {
    "new": (2, "To Do", "blue-gray"),
    "indeterminate": (4, "In Progress", "yellow"),
    "done": (3, "Done", "green"),
}


class Beans(Core):
    """Makes JSON of everything that Jira shows."""

    def user_bean(self, name: str | None) -> Bean | None:
        """A user, as others see it."""
        if name is None:
            return None
        user = self.world.users[name]
        return {
            "self": self.url(f"user?username={user.name}"),
            "name": user.name,
            "key": self.key_of(user),
            "emailAddress": user.email,
            "avatarUrls": {"48x48": f"{self.base_url}/secure/useravatar?avatarId=10122"},
            "displayName": user.display_name,
            "active": user.active,
            "timeZone": user.time_zone,
        }

    def key_of(self, user: User) -> str:
        """What identifies an account whatever its name becomes."""
        return user.key if self.version.opaque_user_keys else user.name

    def own_bean(self, user: User) -> Bean:
        """A user, as oneself sees it."""
        return {**(self.user_bean(user.name) or {}), "locale": "en_US"}

    def status_bean(self, status: Status) -> Bean:
        """A status with its category."""
        number, name, color = CATEGORIES[status.category]
        category = {
            "self": self.url(f"statuscategory/{number}"),
            "id": number,
            "key": status.category,
            "colorName": color,
            "name": name,
        }
        return {
            "self": self.url(f"status/{status.id}"),
            "description": "",
            "iconUrl": f"{self.base_url}/images/icons/statuses/generic.png",
            "name": status.name,
            "id": status.id,
            "statusCategory": category,
        }

    def priority_bean(self, priority: Named) -> Bean:
        """A priority."""
        return {
            "self": self.url(f"priority/{priority.id}"),
            "iconUrl": f"{self.base_url}/images/icons/priorities/{priority.name.lower()}.svg",
            "name": priority.name,
            "id": priority.id,
        }

    def resolution_bean(self, resolution: Named) -> Bean:
        """A resolution."""
        return {
            "self": self.url(f"resolution/{resolution.id}"),
            "id": resolution.id,
            "description": "",
            "name": resolution.name,
        }

    def type_bean(self, kind: Named) -> Bean:
        """An issue type."""
        return {
            "self": self.url(f"issuetype/{kind.id}"),
            "id": kind.id,
            "description": "",
            "iconUrl": f"{self.base_url}/secure/viewavatar?avatarType=issuetype",
            "name": kind.name,
            "subtask": False,
        }

    def project_bean(self, project: Project) -> Bean:
        """A project in short."""
        return {
            "self": self.url(f"project/{project.id}"),
            "id": project.id,
            "key": project.key,
            "name": project.name,
            "projectTypeKey": project.type_key,
            "avatarUrls": {"48x48": f"{self.base_url}/secure/projectavatar?avatarId=10324"},
        }

    def part_bean(self, what: str, part: Named) -> Bean:
        """A component or a version."""
        return {"self": self.url(f"{what}/{part.id}"), "id": part.id, "name": part.name}

    def option_bean(self, option: Named) -> Bean:
        """An option of a custom field."""
        return {
            "self": self.url(f"customFieldOption/{option.id}"),
            "value": option.name,
            "id": option.id,
        }

    def value_bean(self, field: Field, stored: object, project: Project) -> object:
        """A field's value as an issue shows it."""
        if field.type == "array":
            held = stored if isinstance(stored, list) else []
            shown = [self._one(field, str(field.items), one, project) for one in held]
            return shown if shown or field.custom is None else None
        return None if stored is None else self._one(field, field.type, stored, project)

    def _one(self, field: Field, kind: str, stored: object, project: Project) -> object:
        world = self.world
        makers: dict[str, Callable[[], object]] = {
            "user": lambda: self.user_bean(str(stored)),
            "option": lambda: self.option_bean(_find(field.options, stored)),
            "option-with-child": lambda: self._cascade(field, stored),
            "priority": lambda: self.priority_bean(world.priorities[str(stored)]),
            "resolution": lambda: self.resolution_bean(world.resolutions[str(stored)]),
            "component": lambda: self.part_bean("component", _find(project.components, stored)),
            "version": lambda: self.part_bean("version", _find(project.versions, stored)),
            "sd-customerrequesttype": lambda: self._request_bean(project, stored),
            "sd-customerorganization": lambda: self._organization_bean(project, stored),
        }
        return makers[kind]() if kind in makers else stored

    def desk_url(self, desk: Desk) -> str:
        """The `self` of a service desk."""
        return f"{self.base_url}/rest/servicedeskapi/servicedesk/{desk.id}"

    def request_type_bean(self, desk: Desk, identity: str) -> Bean:
        """A request type. Atlassian documents no key of it; `tells_keys` makes one up."""
        kind = _find(desk.request_types, identity)
        bean: Bean = {
            "id": kind.id,
            "_links": {"self": f"{self.desk_url(desk)}/requesttype/{kind.id}"},
            "name": kind.name,
            "description": "",
            "helpText": "",
            "serviceDeskId": desk.id,
            "groupIds": [],
        }
        return {**bean, "key": desk.type_keys[kind.id]} if desk.tells_keys else bean

    def _request_bean(self, project: Project, stored: object) -> Bean | None:
        desk = self.world.desks.get(project.id)
        kind = desk.type_of(stored) if desk else None
        if desk is None or kind is None:
            return None
        return {"requestType": self.request_type_bean(desk, kind.id), "currentStatus": {}}

    def _organization_bean(self, project: Project, stored: object) -> Bean:
        desk = self.world.desks[project.id]
        return {"id": str(stored), "name": _find(desk.organizations, str(stored)).name}

    def _cascade(self, field: Field, stored: object) -> Bean:
        ids = list(stored) if isinstance(stored, list) else []
        parent = _find(field.options, ids[0])
        bean = self.option_bean(parent)
        if len(ids) > 1:
            bean["child"] = self.option_bean(_find(parent.children, ids[1]))
        return bean

    def text_of(self, field: Field, stored: object, project: Project) -> str | None:
        """A field's value in words, as the history shows it."""
        bean = self.value_bean(field, stored, project)
        parts = bean if isinstance(bean, list) else [] if bean is None else [bean]
        return " ".join(_words(part) for part in parts) or None

    def comment_bean(self, issue: Issue, comment: Comment, *, properties: bool = False) -> Bean:
        """A comment."""
        bean: Bean = {
            "self": self.url(f"issue/{issue.id}/comment/{comment.id}"),
            "id": str(comment.id),
            "author": self.user_bean(comment.author),
            "body": comment.body,
            "updateAuthor": self.user_bean(comment.update_author),
            "created": written(comment.created),
            "updated": written(comment.updated),
        }
        if comment.visibility is not None:
            bean["visibility"] = comment.visibility
        if properties:
            bean["properties"] = [
                {"key": key, "value": value} for key, value in comment.properties.items()
            ]
        return bean

    def change_bean(self, change: Change) -> Bean:
        """An entry of the history."""
        bean: Bean = {
            "id": str(change.id),
            "author": self.user_bean(change.author),
            "created": written(change.created),
            "items": list(change.items),
        }
        if change.metadata is not None:
            bean["historyMetadata"] = change.metadata
        return bean

    def issue_bean(
        self,
        issue: Issue,
        *,
        wanted: Collection[str],
        expand: Collection[str] = (),
        indexed: bool = False,
    ) -> Bean:
        """An issue with the wanted fields; `indexed`: as a search shows it."""
        makers = self._makers(issue, indexed=indexed)
        bean: Bean = {
            "expand": "renderedFields,names,schema,operations,editmeta,changelog",
            "id": str(issue.id),
            "self": self.url(f"issue/{issue.id}"),
            "key": issue.key,
            "fields": {name: makers[name]() for name in _chosen(makers, wanted)},
        }
        if "schema" in expand:
            known = self.world.fields
            bean["schema"] = {
                name: known[name].schema() for name in bean["fields"] if name in known
            }
        if "changelog" in expand:
            histories = [self.change_bean(change) for change in issue.history]
            bean["changelog"] = {
                "startAt": 0,
                "maxResults": len(histories),
                "total": len(histories),
                "histories": histories,
            }
        return bean

    def _makers(self, issue: Issue, *, indexed: bool) -> dict[str, Maker]:
        """For each field what makes its value: most are never asked for."""
        project = self.project_of(issue)

        def shown(field: Field) -> Maker:
            return lambda: self.value_bean(field, issue.values.get(field.id), project)

        made = {field.id: shown(field) for field in self.world.fields.values()}
        return {**made, **self._facts(issue, project, indexed=indexed)}

    def _facts(self, issue: Issue, project: Project, *, indexed: bool) -> dict[str, Maker]:
        """What an issue shows that nobody sets by hand."""

        def when(at: datetime | None) -> str | None:
            return None if at is None else written(whole_seconds(at) if indexed else at)

        return {
            "project": lambda: self.project_bean(project),
            "issuetype": lambda: self.type_bean(self.world.issue_types[issue.type_id]),
            "status": lambda: self.status_bean(self.world.statuses[issue.status_id]),
            "creator": lambda: self.user_bean(issue.creator),
            "created": lambda: when(issue.created),
            "updated": lambda: when(issue.updated),
            "resolutiondate": lambda: when(issue.resolved),
            "issuelinks": lambda: [self._issue_link_bean(one) for one in issue.issue_links],
            "subtasks": list,
            "attachment": list,
            "comment": lambda: self._comments_bean(issue),
        }

    def _issue_link_bean(self, link: IssueLink) -> Bean:
        kind = next(one for one in self.world.link_types if one.id == link.type_id)
        other = self.issues[link.other_id]
        shown = ("summary", "status", "priority", "issuetype")
        return {
            "id": str(link.id),
            "self": self.url(f"issueLink/{link.id}"),
            "type": {
                "id": kind.id,
                "name": kind.name,
                "inward": kind.inward,
                "outward": kind.outward,
                "self": self.url(f"issueLinkType/{kind.id}"),
            },
            "outwardIssue" if link.is_outward else "inwardIssue": {
                "id": str(other.id),
                "key": other.key,
                "self": self.url(f"issue/{other.id}"),
                "fields": self.issue_bean(other, wanted=shown)["fields"],
            },
        }

    def _comments_bean(self, issue: Issue) -> Bean:
        comments = [self.comment_bean(issue, comment) for comment in in_order(issue.comments)]
        count = len(comments)
        return {"comments": comments, "maxResults": count, "total": count, "startAt": 0}


NOT_NAVIGABLE = ("comment", "attachment")


def _chosen(fields: abc.Mapping[str, object], wanted: Collection[str]) -> list[str]:
    """The names that a `fields` parameter means, minus signs included."""
    plus = {name for name in wanted if not name.startswith("-")} or {"*all"}
    minus = {name[1:] for name in wanted if name.startswith("-")}
    if "*all" in plus:
        plus |= fields.keys()
    if "*navigable" in plus:
        plus |= fields.keys() - set(NOT_NAVIGABLE)
    return [name for name in fields if name in plus and name not in minus]


def _find(known: Collection[Named], identity: object) -> Named:
    return next(one for one in known if one.id == identity)


def _words(part: object) -> str:
    if isinstance(part, dict):
        return str(part.get("displayName") or part.get("value") or part.get("name"))
    return str(part)
