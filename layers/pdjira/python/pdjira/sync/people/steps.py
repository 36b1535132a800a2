"""The incident's people come onto its issue: who they are in Jira, and what they become there."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from pdjira.errors import NotFound, Refused
from pdjira.model.incident import ASSIGN, USERS, WATCH, Accounts, Lack, Person
from pdjira.model.issue import IssueRef
from pdjira.sync.people.rules import AddWatcher, AssignIssue, FindAccounts, FindEmail
from pdjira.sync.round import Performs, Round

_RIGHTS = {ASSIGN: "Assign Issues", WATCH: "Manage Watchers"}

_DENIED = frozenset({401, 403})


EmailOf = Callable[[str], str | None]
"""The e-mail address of a user of the PagerDuty account, by their id; None where it has none."""


class JiraPeople(Protocol):
    """The user accounts of that Jira, and what they are to an issue."""

    def accounts(self, email: str, *, issue: IssueRef) -> Accounts:
        """The active accounts with exactly that e-mail address, its case aside.

        Whoever may be assigned to the issue is shown to us, anybody else only with the right
        Browse Users. May be remembered for some minutes, also that there is none.
        """

    def assign(self, issue_id: str, account: str) -> None:
        """Make the account the assignee. Idempotent. Raises `Refused`, `NotFound`.

        The status of a `Refused` is 401 or 403 where we lack the right to do so.
        """

    def watch(self, issue_id: str, account: str) -> None:
        """Let the account watch the issue. Idempotent. Raises as `assign` does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleSteps:
    """Looks people up, assigns issues to them and lets them watch."""

    jira: JiraPeople
    email_of: EmailOf

    def performs(self) -> Performs:
        """What performs each of these steps; the planner says what is refused."""
        return {
            FindEmail: self.find_email,
            FindAccounts: self.find_accounts,
            AssignIssue: self.assign,
            AddWatcher: self.watch,
        }

    def assign(self, current: Round, step: AssignIssue) -> None:
        """Make the account the assignee."""
        says = f"Assigned {current.issue.key} to {step.person.name}."
        _write(current, step, task=ASSIGN, write=self.jira.assign, says=says)

    def watch(self, current: Round, step: AddWatcher) -> None:
        """Let the account watch the issue."""
        says = f"{step.person.name} watches {current.issue.key}."
        _write(current, step, task=WATCH, write=self.jira.watch, says=says)

    def find_email(self, current: Round, step: FindEmail) -> None:
        """Ask PagerDuty for the person's address."""
        person, email = step.person, None
        try:
            email = self.email_of(person.id)
        except (Refused, NotFound) as error:
            _refuse(current, person, USERS, Lack(cause=USERS, says=error.says, cure=error.cure))
        situation = current.situation
        current.learn(
            replace(situation.people, emails={**situation.people.emails, person.id: email})
        )

    def find_accounts(self, current: Round, step: FindAccounts) -> None:
        """Ask Jira for the accounts with the address."""
        situation, email = current.situation, step.email
        accounts = self.jira.accounts(email, issue=current.issue)
        current.learn(
            replace(situation.people, accounts={**situation.people.accounts, email: accounts})
        )


def _write(
    current: Round,
    step: AssignIssue | AddWatcher,
    *,
    task: str,
    write: Callable[[str, str], None],
    says: str,
) -> None:
    try:
        write(current.issue.id, step.account.name)
    except (Refused, NotFound) as error:
        _refuse(current, step.person, task, _lack(task, step.person, error))
    else:
        current.keep(replace(current.link, agreed=step.agreed))
        current.says.append(says)


def _lack(task: str, person: Person, error: Refused | NotFound) -> Lack:
    """What a refusal is about: our account, said once for everybody, or the person."""
    if isinstance(error, Refused) and error.status in _DENIED:
        says = f"{error.says.rstrip('.')} (it takes {_RIGHTS[task]})"
        cure = error.cure or f"Give our account in Jira the right {_RIGHTS[task]}."
        return Lack(cause=task, says=says, cure=cure)
    return Lack(cause=f"not-{task}:{person.id}", says=error.says, cure=error.cure)


def _refuse(current: Round, person: Person, task: str, lack: Lack) -> None:
    situation = current.situation
    refused = {**situation.people.refused, f"{task}:{person.id}": lack}
    current.learn(replace(situation.people, refused=refused))
