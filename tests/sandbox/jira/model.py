"""The sandbox's Jira without HTTP: one object, one clock, everything in memory."""

from collections.abc import Collection
from datetime import datetime

from tests.sandbox.jira.core import locked
from tests.sandbox.jira.errors import JiraError
from tests.sandbox.jira.issues import Bean
from tests.sandbox.jira.jql import parse
from tests.sandbox.jira.linking import Linking
from tests.sandbox.jira.search import Search

SEARCH_DEFAULT = 50
SEARCH_CAP = 1000


class JiraModel(Linking):
    """A Jira as its users and its administrator meet it.

    Operations take the name of the user who calls first (None: anonymous), return Jira's JSON and
    raise `JiraError`. `lag` is how many seconds searches are behind.
    """

    @locked
    def search(
        self,
        user: str | None,
        jql: str = "",
        *,
        start: int = 0,
        limit: int = SEARCH_DEFAULT,
        fields: Collection[str] = ("*navigable",),
        expand: Collection[str] = (),
        validate: bool = True,
    ) -> Bean:
        """What the index knows, with times in whole seconds; at most 1,000 issues at once."""
        asked = Search(self, user, validate=validate)
        found = asked.run(parse(jql))
        limit = max(0, min(limit, SEARCH_CAP))
        if self.version.result_window is not None and start + limit > self.version.result_window:
            raise JiraError(500, f"Search limit exceeded: {self.version.result_window} issues.")
        page = found[start : start + limit]
        answer: Bean = {
            "expand": "schema,names",
            "startAt": start,
            "maxResults": limit,
            "total": len(found),
            "issues": [
                self.issue_bean(issue, wanted=fields, expand=expand, indexed=True) for issue in page
            ],
        }
        return {**answer, "warningMessages": asked.warnings} if asked.warnings else answer

    # What an administrator does

    def set_required(self, project: str, type_id: str, field: str, *, required: bool) -> None:
        """Make a field of a create screen required, or no longer so."""
        with self.lock:
            screen = self.world.project_named(project).screens[type_id]
            known = self.world.fields[field]
            (screen.required.add if required else screen.required.discard)(known.id)

    def set_on_screen(self, project: str, type_id: str, field: str, *, shown: bool) -> None:
        """Put a field on a create screen, or take it off."""
        with self.lock:
            screen = self.world.project_named(project).screens[type_id]
            known = self.world.fields[field]
            screen.fields = [name for name in screen.fields if name != known.id]
            if shown:
                screen.fields.append(known.id)
            else:
                screen.required.discard(known.id)

    @locked
    def restore(self, moment: datetime) -> None:
        """Become the backup of that time: ids and keys given out since are given out again.

        Older issues stay as they are.
        """
        newer = [issue for issue in self.issues.values() if issue.created > moment]
        for issue in newer:
            project = self.project_of(issue)
            project.next_number = min(project.next_number, int(issue.key.rpartition("-")[2]))
            del self.issues[issue.id]
            self.index.forget(issue.id, self.indexed_at())
        self.keys = {key: number for key, number in self.keys.items() if number in self.issues}
        self._next_id = min([self._next_id, *(issue.id - 1 for issue in newer)])

    @locked
    def state(self) -> Bean:
        """Everything that a checker may want to know, whoever may see it."""
        return {
            "issues": [self._everything(issue.id) for issue in self.issues.values()],
            "lag": self.lag,
            "permissions": {
                project.key: {user: sorted(held) for user, held in project.permissions.items()}
                for project in self.world.projects.values()
            },
        }

    def _everything(self, issue_id: int) -> Bean:
        issue = self.issues[issue_id]
        bean = self.issue_bean(issue, wanted=("*all",), expand=("changelog",))
        bean["properties"] = issue.properties
        bean["watchers"] = list(issue.watchers)
        bean["remotelinks"] = [self._link_bean(issue, link) for link in issue.links]
        bean["fields"]["comment"]["comments"] = [
            self.comment_bean(issue, comment, properties=True) for comment in issue.comments
        ]
        return bean
