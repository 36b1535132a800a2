"""What Jira's webhooks tell of what happens to issues, in the words of each version."""

from datetime import datetime

from tests.sandbox.jira.beans import Beans
from tests.sandbox.jira.issues import Bean, Comment, Issue


class Telling(Beans):
    """Tells whoever has a webhook; where nobody has, nothing is made up."""

    def written(
        self,
        issue: Issue,
        user: str,
        items: list[Bean] | None = None,
        metadata: object = None,
    ) -> None:
        """Note that an issue was changed, and tell of it where its fields were."""
        super().written(issue, user, items, metadata)
        if items:
            kind = _kind({item["field"] for item in items})
            changelog = {"id": str(issue.history[-1].id), "items": items}
            self._tell_of_issue("jira:issue_updated", kind, issue, user, changelog=changelog)

    def tell_created(self, issue: Issue, user: str) -> None:
        """An issue was created."""
        self._tell_of_issue("jira:issue_created", "issue_created", issue, user)

    def tell_deleted(self, issue: Issue, user: str | None) -> None:
        """An issue was deleted; its last state is told."""
        self._tell_of_issue("jira:issue_deleted", None, issue, user)

    def tell_commented(
        self, issue: Issue, user: str, comment: Comment, *, edited: bool = False
    ) -> None:
        """A comment was written: told as a change of its issue, and as an event of its own."""
        kind = "issue_comment_edited" if edited else "issue_commented"
        bean = self.comment_bean(issue, comment)
        self._tell_of_issue("jira:issue_updated", kind, issue, user, comment=bean)
        body: Bean = {"comment": bean}
        if self.version.comment_events_tell_the_issue:
            body["issue"] = self._issue(issue)
        if edited:
            body["user"] = self.user_bean(user)
        self._tell("comment_updated" if edited else "comment_created", body)

    def _tell_of_issue(
        self, event: str, kind: str | None, issue: Issue, user: str | None, **more: Bean
    ) -> None:
        if self.webhooks.wanted(event):
            named = {"issue_event_type_name": kind} if kind else {}
            who = self.user_bean(user)
            self._tell(event, {**named, "user": who, "issue": self._issue(issue), **more})

    def _tell(self, event: str, body: Bean) -> None:
        if self.webhooks.wanted(event):
            begun = {"timestamp": _milliseconds(self.now()), "webhookEvent": event}
            self.webhooks.accept({**begun, **body}, signs=self.version.signs_webhooks)

    def _issue(self, issue: Issue) -> Bean:
        return self.issue_bean(issue, wanted=("*all",))


def _kind(changed: set[str]) -> str:
    if changed & {"Key", "issuetype"}:
        return "issue_moved"
    return "issue_generic" if "status" in changed else "issue_updated"


def _milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1_000)
