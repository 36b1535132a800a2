"""What finding and joining second issues needs, over the sandbox's Jira in process."""

from pdjira.adapters.jira.searches import (
    MADE_FIELDS,
    MADE_PAGE,
    PROPERTY,
    duplicate_body,
    made_by_us,
    naming_of,
    own_page,
)
from pdjira.model.issue import IssueRef, Naming
from pdjira.sweep.differences import OwnIssuePage
from tests.fakes.jira import FakeJira
from tests.sandbox.jira.errors import JiraError


class FakeOurIssues:
    """The issues that our account created in the Jira that a fake stands for."""

    def __init__(self, jira: FakeJira, *, page: int = MADE_PAGE) -> None:
        self._jira = jira
        self._page = page

    def made(self, *, within_minutes: int, start: int = 0) -> OwnIssuePage:
        """A page of what a search shows."""
        jql = made_by_us(within_minutes=within_minutes)

        def search() -> OwnIssuePage:
            said = self._jira.model.search(
                self._jira.account,
                jql,
                start=start,
                limit=self._page,
                fields=MADE_FIELDS,
            )
            return own_page(said, start=start)

        return self._jira._call("made", search)

    def mark_of(self, issue_id: str) -> Naming | None:
        """What the issue's property names."""

        def read() -> Naming | None:
            try:
                said = self._jira.model.get_property(self._jira.account, issue_id, PROPERTY)
            except JiraError as error:
                if error.status == 404:
                    return None
                raise
            return naming_of(said["value"])

        return self._jira._call("mark_of", read)

    def show_duplicate(self, duplicate: IssueRef, *, of: IssueRef) -> None:
        """Link them as Jira does."""
        body = duplicate_body(duplicate, of=of)
        self._jira.write_for_person(
            "show_duplicate", lambda: self._jira.model.link_issues(self._jira.account, body)
        )
