"""An incident's people in Jira: their accounts, and what both sides last agreed on about them."""

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace

from pdjira.model.incident import Person

MOST_WATCHERS = 8
"""How many people of an incident become watchers; a link remembers each of them."""

BROWSE, ASSIGN, WATCH, USERS = "browse", "assign", "watch", "users"
"""Rights that may be missing: each is reported once, whoever is affected."""

_PERSONAL = ("address", "none", "several", f"not-{ASSIGN}", f"not-{WATCH}", ASSIGN, WATCH)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account of Jira: `name` is what Jira's calls take, `shown` the name that people know."""

    name: str
    shown: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """The accounts with an e-mail address, as far as Jira shows them to our account.

    `all_shown`: our account may browse users, so that there are no others.
    """

    found: tuple[Account, ...] = ()
    all_shown: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Lack:
    """Why something could not be done for a person: `cause` is said once as long as it holds."""

    cause: str
    says: str
    cure: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleAgreement:
    """Which of an incident's people were carried to its issue.

    `assignee` is the one who was assigned last, `watchers` are those who became watchers, whatever
    people changed in Jira since. `lacking` are what could not be done, and the causes that the
    timeline has told. All of them are kept as marks (`short_digest`), so that a link stays small.
    """

    assignee: str | None = None
    watchers: frozenset[str] = frozenset()
    lacking: frozenset[str] = frozenset()


def short_digest(text: str) -> str:
    """Four characters that tell one text from another among a handful."""
    digest = hashlib.sha256(text.encode("utf-8", "replace")).digest()
    return base64.urlsafe_b64encode(digest[:3]).decode("ascii")


def assigned(people: PeopleAgreement, person: Person) -> PeopleAgreement:
    """The agreement once a person is the assignee."""
    lacking = _without(people.lacking, ASSIGN, person)
    return replace(people, assignee=short_digest(person.id), lacking=lacking)


def watching(people: PeopleAgreement, person: Person) -> PeopleAgreement:
    """The agreement once a person watches the issue."""
    lacking = _without(people.lacking, WATCH, person)
    return replace(people, watchers=people.watchers | {short_digest(person.id)}, lacking=lacking)


def lacks(people: PeopleAgreement, task: str, person: Person) -> bool:
    """Whether a person could not be assigned (`ASSIGN`) or become a watcher (`WATCH`) before."""
    return short_digest(f"{task}:{person.id}") in people.lacking


def with_lack(
    people: PeopleAgreement, lack: Lack, *, task: str, person: Person, around: Iterable[Person]
) -> PeopleAgreement:
    """The agreement once it was said what a person lacks.

    What was said of people who no longer have to do with the incident is forgotten (`around`: those
    who have).
    """
    general = {short_digest(cause) for cause in (BROWSE, ASSIGN, WATCH, USERS)}
    kept = people.lacking & (general | _marks([*around, person], *_PERSONAL))
    now = {short_digest(f"{task}:{person.id}"), short_digest(lack.cause)}
    assignee = short_digest(person.id) if task == ASSIGN else people.assignee
    return replace(people, assignee=assignee, lacking=kept | now)


def _without(lacking: frozenset[str], task: str, person: Person) -> frozenset[str]:
    """What is still lacking once a task is done for a person, who has an account after all."""
    done = _marks([person], task, f"not-{task}", "address", "none", "several")
    return lacking - done - {short_digest(task)}


def _marks(people: Iterable[Person], *kinds: str) -> frozenset[str]:
    return frozenset(short_digest(f"{kind}:{person.id}") for person in people for kind in kinds)
