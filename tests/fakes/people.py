"""Who is who on both sides, over the sandbox's models: `JiraPeople` and `Users` in process."""

from pdjira.adapters.jira.people import accounts_of, may_browse
from pdjira.model.incident import Accounts
from pdjira.model.issue import IssueRef
from tests.fakes.jira import FakeJira
from tests.fakes.pagerduty import FakePagerDuty


class FakeJiraPeople:
    """The accounts of the fake's Jira. Nothing is remembered between calls."""

    def __init__(self, jira: FakeJira) -> None:
        self._jira = jira

    def accounts(self, email: str, *, issue: IssueRef) -> Accounts:
        """The accounts with that e-mail address, as far as they are shown to us."""
        model, account = self._jira.model, self._jira.account

        def look() -> Accounts:
            found = accounts_of([*model.search_users(account, email)], email)
            if found:
                return Accounts(found=found)
            project = model.project_for_assignment(account, issue.key)
            found = accounts_of([*model.assignable_users(account, project, email)], email)
            told = model.my_permissions(account)
            return Accounts(found=found, all_shown=bool(found) or may_browse(told))

        return self._jira._call("accounts", look)

    def assign(self, issue_id: str, account: str) -> None:
        """Make the account the assignee."""
        self._jira.write_for_person(
            "assign",
            lambda: self._jira.model.assign(self._jira.account, issue_id, {"name": account}),
        )

    def watch(self, issue_id: str, account: str) -> None:
        """Let the account watch the issue."""
        self._jira.write_for_person(
            "watch", lambda: self._jira.model.watch(self._jira.account, issue_id, account)
        )


class FakeUsers:
    """The users of the fake's PagerDuty."""

    def __init__(self, pagerduty: FakePagerDuty) -> None:
        self._pagerduty = pagerduty

    def email_of(self, user_id: str) -> str | None:
        """The e-mail address of a user; None where there is no such user."""

        def look() -> str | None:
            users = self._pagerduty.model.users
            return users[user_id].email if user_id in users else None

        return self._pagerduty._call("email_of", look)
