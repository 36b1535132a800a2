"""Which of an incident's people its issue still lacks: the assignee, then the watchers.

Only what changed on the incident since both sides last agreed is carried, so whom a person assigned
in Jira stays assigned, and who stopped watching is left alone. A resolved incident has no
assignees, and an incident without assignees unassigns nobody. An e-mail address that the incident
does not tell is asked of PagerDuty, then Jira is asked for its accounts.
"""

from dataclasses import dataclass, replace

from pdjira.errors import Side, with_cure
from pdjira.model.incident import (
    ASSIGN,
    BROWSE,
    MOST_WATCHERS,
    USERS,
    WATCH,
    Account,
    Accounts,
    Lack,
    Person,
    assigned,
    lacks,
    short_digest,
    watching,
    with_lack,
)
from pdjira.model.link import Agreement, Extra, Link
from pdjira.model.mapping import Mapping
from pdjira.model.signal import SignalKind
from pdjira.sync.extras import is_refused_long_ago
from pdjira.sync.situation import Situation
from pdjira.sync.step import Agree, ReadIssue, Step

_ONE_ACCOUNT = "Leave one active account with this address in Jira, then invoke resync."

_AN_ACCOUNT = "Make the e-mail addresses in PagerDuty and Jira the same, then invoke resync."

_BROWSE_USERS = "Give our account in Jira the global right Browse Users, then invoke resync."


def next_person(situation: Situation, link: Link, mapping: Mapping | None) -> Step | None:
    """What brings the next of the incident's people onto the issue; None where nobody is due."""
    if mapping is None or situation.incident.merged_into:
        return None
    step = _assignee_step(situation, link) if mapping.sync_people.assignee else None
    if step is None and mapping.sync_people.watchers:
        step = _watcher_step(situation, link)
    return step


def _assignee_step(situation: Situation, link: Link) -> Step | None:
    person = next(iter(situation.incident.assigned), None)
    if person is None or not _is_assignee_due(situation, link, person):
        return None
    who = _account(situation, person, task=ASSIGN)
    if isinstance(who, Lack):
        return _say(situation, link, who, task=ASSIGN, person=person)
    if not isinstance(who, Account):
        return who
    if situation.issue is None:
        return None if situation.status.stuck else ReadIssue()
    agreed = replace(link.agreed, people=assigned(link.agreed.people, person))
    if situation.issue.assignee == who.name:
        return Agree(agreed=agreed)
    return AssignIssue(person=person, account=who, agreed=agreed)


def _is_assignee_due(situation: Situation, link: Link, person: Person) -> bool:
    """Whether the assignee changed, or somebody asks and nobody has decided otherwise since."""
    people = link.agreed.people
    if people.assignee != short_digest(person.id):
        return True
    is_open = situation.issue is not None and situation.issue.assignee is None
    return is_open and _is_asked_again(situation, link) and lacks(people, ASSIGN, person)


def _watcher_step(situation: Situation, link: Link) -> Step | None:
    people = situation.incident.involved[:MOST_WATCHERS]
    steps = (_watch(situation, link, person) for person in people)
    return next((step for step in steps if step), None)


def _watch(situation: Situation, link: Link, person: Person) -> Step | None:
    people = link.agreed.people
    is_said = lacks(people, WATCH, person) and not _is_asked_again(situation, link)
    if (
        is_said
        or short_digest(person.id) in people.watchers
        or len(people.watchers) >= MOST_WATCHERS
    ):
        return None
    who = _account(situation, person, task=WATCH)
    if isinstance(who, Lack):
        return _say(situation, link, who, task=WATCH, person=person)
    if not isinstance(who, Account):
        return who
    agreed = replace(link.agreed, people=watching(people, person))
    return AddWatcher(person=person, account=who, agreed=agreed)


def _is_asked_again(situation: Situation, link: Link) -> bool:
    """Whether to try again what could not be done: somebody asks, or an hour has passed."""
    is_look = situation.signal.kind is SignalKind.RESYNC
    return is_look and is_refused_long_ago(situation, link, Extra.PEOPLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class FindAccounts(Step):
    """Ask Jira for the accounts with an e-mail address."""

    side = Side.JIRA
    most_calls = 3
    extra = Extra.PEOPLE

    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FindEmail(Step):
    """Ask PagerDuty for a person's e-mail address."""

    side = Side.PAGERDUTY
    extra = Extra.PEOPLE

    person: Person


def _account(
    situation: Situation, person: Person, *, task: str
) -> Account | Lack | FindEmail | FindAccounts:
    """The one account with the person's e-mail address, what tells it, or why there is none."""
    refused = situation.people.refused.get(f"{task}:{person.id}")
    email = person.email or situation.people.emails.get(person.id)
    if refused:
        return refused
    if email is None:
        return _address(situation, person)
    accounts = situation.people.accounts.get(email)
    if accounts is None:
        return FindAccounts(email=email)
    if len(accounts.found) == 1:
        return accounts.found[0]
    return _not_one(accounts, person)


def _address(situation: Situation, person: Person) -> Lack | FindEmail:
    if person.id not in situation.people.emails:
        return FindEmail(person=person)
    refused = situation.people.refused.get(f"{USERS}:{person.id}")
    says = f"PagerDuty tells no e-mail address of {person.name}"
    cure = "Look whether this user still exists in PagerDuty, with an address."
    return refused or Lack(cause=f"address:{person.id}", says=says, cure=cure)


def _not_one(accounts: Accounts, person: Person) -> Lack:
    number, whose = len(accounts.found), f"with the e-mail address of {person.name}"
    if number:
        says = f"Jira has {number} accounts {whose}"
        return Lack(cause=f"several:{person.id}", says=says, cure=_ONE_ACCOUNT)
    if accounts.all_shown:
        says = f"Jira has no account {whose}"
        return Lack(cause=f"none:{person.id}", says=says, cure=_AN_ACCOUNT)
    says = f"Jira shows no account {whose}, and ours lacks the right Browse Users"
    return Lack(cause=BROWSE, says=says, cure=_BROWSE_USERS)


def _say(
    situation: Situation, link: Link, lack: Lack, *, task: str, person: Person
) -> Agree | None:
    """Agree that it cannot be done, and say so unless that was said; None where both are known."""
    people, incident = link.agreed.people, situation.incident
    around = (*incident.assigned, *incident.involved)
    after = with_lack(people, lack, task=task, person=person, around=around)
    if after == people:
        return None
    key = link.issue.key if link.issue else "The issue"
    start = {
        ASSIGN: f"{key} was not assigned to {person.name}",
        WATCH: f"{person.name} does not watch {key}",
    }[task]
    is_said = short_digest(lack.cause) in people.lacking
    says = with_cure(f"{start}: {lack.says.rstrip('.')}.", lack.cure)
    agreed = replace(link.agreed, people=after)
    return Agree(agreed=agreed, says=None if is_said else says)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddWatcher(Step):
    """Let a person's account watch the issue."""

    side = Side.JIRA
    extra = Extra.PEOPLE
    is_repair = writes = True

    person: Person
    account: Account
    agreed: Agreement


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignIssue(Step):
    """Make a person's account the issue's assignee."""

    side = Side.JIRA
    extra = Extra.PEOPLE
    is_repair = writes = True

    person: Person
    account: Account
    agreed: Agreement
