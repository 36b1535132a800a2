"""What the planner can ask for next about the people of an incident."""

from dataclasses import dataclass

from pdjira.domain.incident import Person
from pdjira.domain.link import Agreement
from pdjira.domain.people import Account


@dataclass(frozen=True, slots=True, kw_only=True)
class FindEmail:
    """Ask PagerDuty for a person's e-mail address."""

    person: Person


@dataclass(frozen=True, slots=True, kw_only=True)
class FindAccounts:
    """Ask Jira for the accounts with an e-mail address."""

    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignIssue:
    """Make a person's account the issue's assignee."""

    person: Person
    account: Account
    agreed: Agreement


@dataclass(frozen=True, slots=True, kw_only=True)
class AddWatcher:
    """Let a person's account watch the issue."""

    person: Person
    account: Account
    agreed: Agreement


PeopleStep = FindEmail | FindAccounts | AssignIssue | AddWatcher
"""What carries the incident's people to its issue."""
