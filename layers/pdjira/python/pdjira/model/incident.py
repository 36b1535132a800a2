"""What PagerDuty tells of an incident and of its people."""

import base64
import hashlib
from collections import abc
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

NO_PRIORITY = "none"
"""Stands for the priority of an incident that has none."""

STATUS_UPDATE = "status_update:"
"""How the id of a status update begins, where notes have their bare id."""


class IncidentStatus(StrEnum):
    """The three states that PagerDuty knows."""

    TRIGGERED = "triggered"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """Something of either side by its id, with the name that people know it by."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A user of PagerDuty; `email` is None where PagerDuty did not send it along."""

    id: str
    name: str
    email: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentField:
    """A custom field of an incident, and its value as text; None where it is empty.

    `data_type` is PagerDuty's word (`string`, `integer`, `float`, `boolean`, `datetime`, `url`);
    `several`: it holds a list.
    """

    name: str
    data_type: str = "string"
    several: bool = False
    value: str | tuple[str, ...] | None = None


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


def assigned(people: PeopleAgreement, person: Person) -> PeopleAgreement:
    """The agreement once a person is the assignee."""
    lacking = _without(people.lacking, ASSIGN, person)
    return replace(people, assignee=short_digest(person.id), lacking=lacking)


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """An incident as PagerDuty's REST API tells it now.

    `description` is None where the incident has no body; its first trigger log entry
    (`first_log_entry_id`) may then hold one. `merged_into` is the id of the incident that goes on
    in place of this one: the merge resolved this one, and nothing was fixed. Lists hold names, in
    PagerDuty's order, but for `assigned` (the assignees once more) and `involved` (assignees,
    acknowledgers, and responders who did not decline, each once). `fields` are its custom fields,
    by name; None where nobody has asked for them.
    """

    id: str
    number: int
    title: str
    status: IncidentStatus
    urgency: str
    html_url: str
    service: Reference
    created_at: datetime
    incident_key: str | None = None
    priority: Reference | None = None
    description: str | None = None
    first_log_entry_id: str | None = None
    escalation_policy: str | None = None
    impacted_services: tuple[str, ...] = ()
    assignees: tuple[str, ...] = ()
    acknowledgers: tuple[str, ...] = ()
    assigned: tuple[Person, ...] = ()
    involved: tuple[Person, ...] = ()
    last_status_change_at: datetime | None = None
    last_status_change_by: str | None = None
    merged_into: str | None = None
    fields: abc.Mapping[str, IncidentField] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentPage:
    """Incidents, newest first; `next_start` is where the next page starts, None after the last."""

    incidents: tuple[Incident, ...]
    next_start: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentChange:
    """What is to be written onto an incident; None leaves it as it is.

    `urgency`: `high` or `low`. `priority`: one of PagerDuty's ids, or `NO_PRIORITY` to take it
    away. `by`: the e-mail address of the user who does it; None: the user that the secret names.
    """

    status: IncidentStatus | None = None
    title: str | None = None
    urgency: str | None = None
    priority: str | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A note of an incident, or a status update, whose id then begins with `STATUS_UPDATE`.

    `content` is plain text, and only its beginning where PagerDuty has `trimmed` it. `author` is
    the name that people know and `author_id` their id, None where PagerDuty does not tell.
    """

    id: str
    content: str
    author: str | None = None
    author_id: str | None = None
    created_at: datetime | None = None
    trimmed: bool = False


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


def short_digest(text: str) -> str:
    """Four characters that tell one text from another among a handful."""
    digest = hashlib.sha256(text.encode("utf-8", "replace")).digest()
    return base64.urlsafe_b64encode(digest[:3]).decode("ascii")


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
