"""What the planner can ask for next."""

from collections import abc
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from pdjira.errors import Side
from pdjira.model.comment import Comment, CommentRecord, NoteDraft
from pdjira.model.extra import Extra
from pdjira.model.incident import IncidentChange, IncidentStatus, Person
from pdjira.model.issue import Status
from pdjira.model.link import Agreement, Intent, Link
from pdjira.model.mapping import FieldRule
from pdjira.model.person import Account
from pdjira.model.workflow import Transition


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What is performed; the planner is asked again afterwards.

    `side` is whom it calls in any case, None where it may call nobody. `most_calls` is how many
    calls it makes there in the worst case, each of which may take its whole deadline. `extra` is
    what it is for, where that may fail without holding the core up. `is_repair`: it brings one side
    to where the other is, which a sweep counts as drift.
    """

    side: ClassVar[Side | None] = None
    most_calls: ClassVar[int] = 1
    extra: ClassVar[Extra | None] = None
    is_repair: ClassVar[bool] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateIssue(Step):
    """Claim the link, create the issue with its mark, complete the link.

    It may ask for the version, the screen, the description and what a service desk offers, and
    after a refusal for the screen once more.
    """

    side = Side.JIRA
    most_calls = 10
    is_repair = True


@dataclass(frozen=True, slots=True, kw_only=True)
class FindIssue(Step):
    """Look for an issue that an earlier attempt, whose end is unknown, may have created.

    `everywhere`: a rule in Jira may have moved it to another project or type.
    """

    side = Side.JIRA
    most_calls = 4

    everywhere: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveUpClaim(Step):
    """End a claim under which no issue is made any more, and say why."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowIncident(Step):
    """Put the remote link to the incident onto the issue."""

    side = Side.JIRA
    extra = Extra.REMOTE_LINK


@dataclass(frozen=True, slots=True, kw_only=True)
class TellPeople(Step):
    """Put a notice onto the incident as a note.

    `look_first`: an earlier attempt may have put it there already.
    """

    side = Side.PAGERDUTY
    most_calls = 2
    extra = Extra.NOTICES

    notice: str
    look_first: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadIssue(Step):
    """Read the issue and what is remembered of its workflow.

    `with_comments`: also what was written on it; `with_history`: also who moved it, and what it
    was created with. Both as far as they come along.
    """

    side = Side.JIRA
    most_calls = 3

    with_comments: bool = False
    with_history: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadHistory(Step):
    """Read who moved the issue last, and the status in which it was created."""

    side = Side.JIRA
    most_calls = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnStatus(Step):
    """Read which transitions a status has: of the issue itself, or of another one that is there."""

    side = Side.JIRA
    most_calls = 4

    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetWorkflow(Step):
    """Forget what is remembered of the workflow: it may have been changed since."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveIssue(Step):
    """Take one transition."""

    side = Side.JIRA
    most_calls = 2
    is_repair = True

    transition: Transition


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateIssue(Step):
    """Write fields of the issue, field id to JSON value."""

    side = Side.JIRA
    most_calls = 4
    is_repair = True

    fields: abc.Mapping[str, object]
    agreed: Agreement


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeIncident(Step):
    """Write onto the incident what was changed on its issue."""

    side = Side.PAGERDUTY
    most_calls = 2
    is_repair = True

    change: IncidentChange
    agreed: Agreement


@dataclass(frozen=True, slots=True, kw_only=True)
class Intend(Step):
    """Store on the link that a status is about to be written."""

    intent: Intent


@dataclass(frozen=True, slots=True, kw_only=True)
class LookBack(Step):
    """See in the incident's log whether it was put into a status at or after a time."""

    side = Side.PAGERDUTY

    status: IncidentStatus
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause(Step):
    """Carry no status any more until somebody asks: it goes to and fro."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume(Step):
    """Carry statuses again: after a pause, or once a merged incident was reopened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TellOnce(Step):
    """Let people be told, once for each `key`, and go on with what both sides agree on."""

    key: str
    text: str
    agreed: Agreement


@dataclass(frozen=True, slots=True, kw_only=True)
class Agree(Step):
    """Remember what both sides agree on now; `says` is what people want to know of it."""

    agreed: Agreement
    says: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explain(Step):
    """The issue stays where it is: tell people why, once for each `cause`."""

    cause: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadNotes(Step):
    """Read all notes of the incident."""

    side = Side.PAGERDUTY
    most_calls = 3
    extra = Extra.COMMENTS


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSurvivor(Step):
    """Read the incident that goes on after a merge, and which issue it has."""

    side = Side.PAGERDUTY
    extra = Extra.COMMENTS


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepComment(Step):
    """Put a comment that cannot be read again on record, with its text, until it is added."""

    comment: Comment


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadKept(Step):
    """Read the comments that are on record with their text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TellOwed(Step):
    """Tell people that an extra is owed: by a note, or on the timeline alone."""

    owed: Extra
    text: str
    by_note: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AddComment(Step):
    """Add a comment to the issue; `known` is the record on which that is decided."""

    side = Side.JIRA
    most_calls = 4
    extra = Extra.COMMENTS
    is_repair = True

    comment: Comment
    known: CommentRecord | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FindComment(Step):
    """Look for a comment that an earlier attempt, whose end is unknown, may have added."""

    side = Side.JIRA
    most_calls = 4
    extra = Extra.COMMENTS

    comment: Comment


@dataclass(frozen=True, slots=True, kw_only=True)
class Settle(Step):
    """Remember how the link stands, before coming to rest."""

    link: Link


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Nothing can be done yet, and why. `seconds` until it can, where that is known.

    `extra`: only that one waits.
    """

    why: str
    seconds: float | None = None
    extra: Extra | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """There is nothing to do, and why."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadComments(Step):
    """Read the newest comments of the issue, with their marks, or those before so many."""

    side = Side.JIRA
    most_calls = 4
    extra = Extra.NOTES

    before: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddNote(Step):
    """Add a note to the incident; `known` is the record on which that is decided."""

    side = Side.PAGERDUTY
    most_calls = 4
    extra = Extra.NOTES
    is_repair = True

    note: NoteDraft
    known: CommentRecord | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FindNote(Step):
    """Look for a note that an earlier attempt, whose end is unknown, may have added."""

    side = Side.PAGERDUTY
    most_calls = 2
    extra = Extra.NOTES

    note: NoteDraft


@dataclass(frozen=True, slots=True, kw_only=True)
class Skip(Step):
    """Record that a comment or a note is never carried, and say so once where people miss it."""

    item_id: str
    says: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeField(Step):
    """Write onto the incident what a field of its issue holds now, as a rule says.

    `change` is of the incident itself; else its custom field of the name `field` gets `value`.
    """

    side = Side.PAGERDUTY
    is_repair = True

    rule: FieldRule
    change: IncidentChange
    field: str | None
    value: object
    agreed: Agreement


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadIncidentFields(Step):
    """Read the custom fields of the incident."""

    side = Side.PAGERDUTY


@dataclass(frozen=True, slots=True, kw_only=True)
class AddWatcher(Step):
    """Let a person's account watch the issue."""

    side = Side.JIRA
    extra = Extra.PEOPLE
    is_repair = True

    person: Person
    account: Account
    agreed: Agreement


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignIssue(Step):
    """Make a person's account the issue's assignee."""

    side = Side.JIRA
    extra = Extra.PEOPLE
    is_repair = True

    person: Person
    account: Account
    agreed: Agreement


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


Action = Step | Wait | Rest
"""What the planner answers."""
