"""Links between the issues of the sandbox's Jira."""

from tests.sandbox.jira.attached import Attached
from tests.sandbox.jira.core import locked
from tests.sandbox.jira.errors import JiraError
from tests.sandbox.jira.issues import Bean, Issue, IssueLink
from tests.sandbox.jira.world import LinkType


class Linking(Attached):
    """A link starts from the issue that the request calls the inward one, as Jira has it."""

    @locked
    def link_issues(self, user: str | None, body: object) -> None:
        """Link two issues; the same link once more is one link. Both histories tell of it."""
        given = body if isinstance(body, dict) else {}
        source = self._end(user, given.get("inwardIssue"))
        target = self._end(user, given.get("outwardIssue"))
        link_type = self._link_type(given.get("type"))
        if not self.may(user, "LINK_ISSUES", source):
            raise JiraError(401, f"No Link Issue Permission for issue '{source.key}'")
        if source.id == target.id:
            raise JiraError(400, "You cannot link an issue to itself.")
        if any(one.is_like(link_type.id, target.id) for one in source.issue_links):
            return
        link_id = self.fresh_id()
        ends = ((source, target, True), (target, source, False))
        for issue, other, is_outward in ends:
            issue.issue_links.append(
                IssueLink(
                    id=link_id, type_id=link_type.id, other_id=other.id, is_outward=is_outward
                )
            )
            words = link_type.outward if is_outward else link_type.inward
            self.written(issue, str(user), [_change(other, words)])

    def _end(self, user: str | None, given: object) -> Issue:
        named = given if isinstance(given, dict) else {}
        return self.issue(user, str(named.get("id") or named.get("key") or ""))

    def _link_type(self, given: object) -> LinkType:
        named = given if isinstance(given, dict) else {}
        for known in self.world.link_types:
            if known.id == named.get("id") or known.name == named.get("name"):
                return known
        raise JiraError(404, f"No issue link type with name '{named.get('name')}' found.")


def _change(other: Issue, words: str) -> Bean:
    return {
        "field": "Link",
        "fieldtype": "jira",
        "from": None,
        "fromString": None,
        "to": other.key,
        "toString": f"This issue {words} {other.key}",
    }
