"""What hangs on an issue: comments, remote links, entity properties."""

from collections.abc import Collection
from dataclasses import replace

from tests.sandbox.jira.core import locked
from tests.sandbox.jira.desks import Desks
from tests.sandbox.jira.errors import JiraError
from tests.sandbox.jira.issues import Bean, Comment, Issue, RemoteLink, in_order
from tests.sandbox.jira.properties import checked_properties, checked_value
from tests.sandbox.jira.values import TEXT_LIMIT, kept

LONGEST_GLOBAL_ID = 255


class Attached(Desks):
    """Everything about an issue that is not one of its fields."""

    # Comments

    @locked
    def comments(
        self,
        user: str | None,
        reference: str,
        *,
        start: int = 0,
        limit: int = 50,
        newest_first: bool = False,
        expand: Collection[str] = (),
    ) -> Bean:
        """A page of comments, oldest first unless told otherwise."""
        issue = self.issue(user, reference)
        ordered = in_order(issue.comments)
        ordered = ordered[::-1] if newest_first else ordered
        return {
            "startAt": start,
            "maxResults": limit,
            "total": len(ordered),
            "comments": [
                self.comment_bean(issue, one, properties="properties" in expand)
                for one in ordered[start : start + limit]
            ],
        }

    @locked
    def comment(self, user: str | None, reference: str, comment_id: str) -> Bean:
        """One comment."""
        issue = self.issue(user, reference)
        return self.comment_bean(issue, self._comment(issue, comment_id))

    @locked
    def add_comment(self, user: str | None, reference: str, body: object) -> Bean:
        """Comment on an issue, with properties in the same step."""
        issue = self.issue(user, reference)
        given = body if isinstance(body, dict) else {}
        if user is None or not self.may(user, "ADD_COMMENTS", issue):
            who = "You" if user is None else f"{self.world.users[user].display_name}, you"
            raise JiraError(400, f"{who} do not have the permission to comment on this issue.")
        now, marks = self.now(), self._marks(given)
        comment = Comment(
            id=self.fresh_id(),
            author=user,
            body=self._comment_text(given),
            created=now,
            updated=now,
            update_author=user,
            visibility=given.get("visibility"),
            properties=self.marks_of_comment(user, self.project_of(issue), marks),
        )
        issue.comments.append(comment)
        self.written(issue, user)
        self.tell_commented(issue, user, comment)
        return self.comment_bean(issue, comment)

    @locked
    def edit_comment(self, user: str | None, reference: str, comment_id: str, body: object) -> Bean:
        """Change the text of one's own comment."""
        issue = self.issue(user, reference)
        before = self._comment(issue, comment_id)
        given = body if isinstance(body, dict) else {}
        if user is None or (user != before.author and not self._administers(user, issue)):
            raise JiraError(400, f"You do not have the permission to edit comment {comment_id}.")
        after = replace(
            before,
            body=self._comment_text(given),
            updated=self.now(),
            update_author=user,
            properties={**before.properties, **self._marks(given)},
        )
        issue.comments[issue.comments.index(before)] = after
        self.written(issue, user)
        self.tell_commented(issue, user, after, edited=True)
        return self.comment_bean(issue, after)

    @locked
    def comment_property(self, user: str | None, comment_id: str, key: str) -> Bean:
        """A property of a comment, found by the comment's id alone."""
        held = self._comment(self._commented(user, comment_id), comment_id).properties
        if key not in held:
            raise _no_property(key)
        return {"key": key, "value": held[key]}

    def _marks(self, given: Bean) -> Bean:
        """The properties of a comment, where this Jira keeps them."""
        marks = checked_properties(given.get("properties") or [])
        return marks if self.world.keeps_comment_properties else {}

    def _comment_text(self, given: Bean) -> str:
        return str(kept(_comment_text(given), self.world))

    def _comment(self, issue: Issue, comment_id: str) -> Comment:
        for comment in issue.comments:
            if str(comment.id) == comment_id:
                return comment
        raise JiraError(404, f"Can not find a comment for the id: {comment_id}.")

    def _commented(self, user: str | None, comment_id: str) -> Issue:
        for issue in self.issues.values():
            if any(str(comment.id) == comment_id for comment in issue.comments):
                return self.issue(user, str(issue.id))
        raise JiraError(404, f"Can not find a comment for the id: {comment_id}.")

    def _administers(self, user: str, issue: Issue) -> bool:
        return self.may(user, "ADMINISTER_PROJECTS", issue)

    # Watchers

    @locked
    def watchers(self, user: str | None, reference: str) -> Bean:
        """Who watches an issue."""
        issue = self.issue(user, reference)
        return {
            "self": self.url(f"issue/{issue.key}/watchers"),
            "isWatching": user in issue.watchers,
            "watchCount": len(issue.watchers),
            "watchers": [self.user_bean(name) for name in issue.watchers],
        }

    @locked
    def watch(self, user: str | None, reference: str, name: object) -> None:
        """Let somebody watch, oneself unless somebody is named. `updated` does not move."""
        issue, wanted = self.issue(user, reference), str(name or user)
        if wanted != user and not self.may(user, "MANAGE_WATCHERS", issue):
            raise JiraError(
                401, f"User '{user}' is not allowed to add watchers to issue '{issue.key}'"
            )
        watcher = self.world.user(wanted)
        if watcher is None:
            raise JiraError(404, f"The user named '{wanted}' does not exist")
        if not self.may(watcher.name, "BROWSE_PROJECTS", issue):
            raise JiraError(
                401,
                f'The user "{watcher.name}" does not have permission to view this issue. This user '
                "will not be added to the watch list.",
            )
        if watcher.name not in issue.watchers:
            issue.watchers.append(watcher.name)

    @locked
    def unwatch(self, user: str | None, reference: str, name: str) -> None:
        """Let somebody watch no longer."""
        issue = self.issue(user, reference)
        if name != user and not self.may(user, "MANAGE_WATCHERS", issue):
            raise JiraError(
                401, f"User '{user}' is not allowed to remove watchers from issue '{issue.key}'"
            )
        issue.watchers = [one for one in issue.watchers if one != name]

    # Remote links

    @locked
    def remote_links(self, user: str | None, reference: str) -> list[Bean]:
        """The remote links of an issue."""
        issue = self.issue(user, reference)
        return [self._link_bean(issue, link) for link in issue.links]

    @locked
    def remote_link(self, user: str | None, reference: str, global_id: str) -> Bean:
        """The remote link of a global id."""
        issue = self.issue(user, reference)
        for link in issue.links:
            if link.body.get("globalId") == global_id:
                return self._link_bean(issue, link)
        raise JiraError(404, "The remote link does not exist.")

    @locked
    def put_remote_link(self, user: str | None, reference: str, body: object) -> Bean:
        """Add a remote link, or replace that of the same global id. `updated` does not move."""
        issue = self.issue(user, reference)
        if not self.may(user, "LINK_ISSUES", issue):
            raise JiraError(403, f"No Link Issue Permission for issue '{issue.key}'")
        checked = _checked_link(body)
        link = RemoteLink(id=self._link_id(issue, checked.get("globalId")), body=checked)
        issue.links = [one for one in issue.links if one.id != link.id] + [link]
        self.index.learn(issue, self.indexed_at())
        return {"id": link.id, "self": self.url(f"issue/{issue.key}/remotelink/{link.id}")}

    @locked
    def delete_remote_link(self, user: str | None, reference: str, global_id: str) -> None:
        """Take the remote link of a global id away."""
        issue = self.issue(user, reference)
        if not self.may(user, "LINK_ISSUES", issue):
            raise JiraError(403, f"No Link Issue Permission for issue '{issue.key}'")
        self.remote_link(user, reference, global_id)
        issue.links = [one for one in issue.links if one.body.get("globalId") != global_id]

    def _link_id(self, issue: Issue, global_id: object) -> int:
        same = [
            one.id
            for one in issue.links
            if global_id is not None and one.body.get("globalId") == global_id
        ]
        return same[0] if same else self.fresh_id()

    def _link_bean(self, issue: Issue, link: RemoteLink) -> Bean:
        return {
            "id": link.id,
            "self": self.url(f"issue/{issue.key}/remotelink/{link.id}"),
            **link.body,
        }

    # Entity properties

    @locked
    def property_keys(self, user: str | None, reference: str) -> Bean:
        """The keys of an issue's properties."""
        issue = self.issue(user, reference)
        return {
            "keys": [
                {"self": self.url(f"issue/{issue.key}/properties/{key}"), "key": key}
                for key in issue.properties
            ]
        }

    @locked
    def get_property(self, user: str | None, reference: str, key: str) -> Bean:
        """One property. It needs no index."""
        held = self.issue(user, reference).properties
        if key not in held:
            raise _no_property(key)
        return {"key": key, "value": held[key]}

    @locked
    def put_property(self, user: str | None, reference: str, key: str, value: object) -> bool:
        """Set one property; whether it is new. `updated` does not move."""
        issue = self._to_edit(user, reference)
        new = key not in issue.properties
        issue.properties[key] = checked_value(key, value)
        self.index.learn(issue, self.indexed_at())
        return new

    @locked
    def delete_property(self, user: str | None, reference: str, key: str) -> None:
        """Take one property away."""
        issue = self._to_edit(user, reference)
        if key not in issue.properties:
            raise _no_property(key)
        del issue.properties[key]

    def _to_edit(self, user: str | None, reference: str) -> Issue:
        issue = self.issue(user, reference)
        if not self.may(user, "EDIT_ISSUES", issue):
            raise JiraError(403, "You do not have permission to edit issues in this project.")
        return issue


def _comment_text(given: Bean) -> str:
    text = given.get("body")
    if not isinstance(text, str) or not text.strip():
        raise JiraError(400, errors={"comment": "Comment body can not be empty!"})
    if len(text) > TEXT_LIMIT:
        raise JiraError(
            400,
            errors={
                "comment": "The entered text is too long. It exceeds the allowed limit of "
                f"{TEXT_LIMIT:,} characters."
            },
        )
    return text


def _checked_link(body: object) -> Bean:
    given = body if isinstance(body, dict) else {}
    shown = given.get("object") if isinstance(given.get("object"), dict) else {}
    errors = {
        name: f"'{name}' is required."
        for name in ("url", "title")
        if not isinstance(shown, dict) or not shown.get(name)
    }
    if len(str(given.get("globalId") or "")) > LONGEST_GLOBAL_ID:
        errors["globalId"] = f"'globalId' must be no more than {LONGEST_GLOBAL_ID} characters."
    if errors:
        raise JiraError(400, errors=errors)
    keys = ("globalId", "application", "relationship", "object")
    return {key: given[key] for key in keys if key in given}


def _no_property(key: str) -> JiraError:
    return JiraError(404, f"The property '{key}' does not exist.")
