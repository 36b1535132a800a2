"""What people do with whole issues in Jira's pages, and no REST resource of a Server can do."""

from collections.abc import Collection

from tests.sandbox.jira.core import locked
from tests.sandbox.jira.editing import Editing
from tests.sandbox.jira.issues import Bean, Issue
from tests.sandbox.jira.world import Project

_OF_THE_PROJECT = ("components", "versions", "fixVersions")


class Relocating(Editing):
    """Moving issues, and hiding them."""

    @locked
    def move_issue(
        self, user: str, reference: str, project: str, *, type_id: str | None = None
    ) -> str:
        """Move an issue to a project, or to another type; answers its new key.

        Its id stays, and its old keys go on to find it. A status that the workflow there lacks
        becomes the first one of it.
        """
        issue = self.issue(user, reference)
        target = self.world.project_named(project)
        items = self._changed_place(issue, target, type_id or issue.type_id)
        issue.type_id = type_id or issue.type_id
        if target.id != issue.project_id:
            issue.key = f"{target.key}-{target.next_number}"
            issue.project_id = target.id
            target.next_number += 1
            self.keys[issue.key] = issue.id
            issue.values.update({name: [] for name in _OF_THE_PROJECT})
        if issue.status_id not in target.workflow.statuses:
            issue.status_id = target.workflow.statuses[0]
        self.written(issue, user, items)
        return issue.key

    @locked
    def set_security(self, user: str, reference: str, shown_to: Collection[str] | None) -> None:
        """Give an issue a security level that shows it to some; None takes it away."""
        issue = self.issue(user, reference)
        issue.shown_to = None if shown_to is None else frozenset(shown_to)
        self.written(issue, user)

    def _changed_place(self, issue: Issue, target: Project, type_id: str) -> list[Bean]:
        """What the history says of a move."""
        before, kinds = self.project_of(issue), self.world.issue_types
        key = f"{target.key}-{target.next_number}"
        items = []
        if target.id != before.id:
            items.append(_item("project", before.id, before.name, target.id, target.name))
            items.append(_item("Key", None, issue.key, None, key))
        if type_id != issue.type_id:
            old, new = kinds[issue.type_id], kinds[type_id]
            items.append(_item("issuetype", old.id, old.name, new.id, new.name))
        if issue.status_id not in target.workflow.statuses:
            was = self.world.statuses[issue.status_id]
            now = self.world.statuses[target.workflow.statuses[0]]
            items.append(_item("status", was.id, was.name, now.id, now.name))
        return items


def _item(field: str, before: str | None, shown: str, after: str | None, shown_after: str) -> Bean:
    return {
        "field": field,
        "fieldtype": "jira",
        "from": before,
        "fromString": shown,
        "to": after,
        "toString": shown_after,
    }
