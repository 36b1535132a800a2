"""Why a mapping does what it does for an incident or an issue: every reason, in one place.

The worker's log, notes on incidents, `explain` and docs/reference/reasons.md take their words
from here.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum


class Outlook(StrEnum):
    """What becomes of it under a mapping, as things are.

    `WAITS`: it goes on by itself, or after a `release`. `REFUSED`: a person has to mend something.
    """

    LINKED = "linked"
    WILL_CREATE = "will create"
    WAITS = "waits"
    REFUSED = "refused"
    NOTHING = "nothing"


_BY_HAND = (
    'To get an issue all the same, invoke the admin function with {{"action": "create-issue", '
    '"incident": "{incident}", "mapping_id": "{mapping}"}}.'
)

_RESYNC = 'invoke the admin function with {{"action": "resync", "incident_id": "{incident}"}}.'

_AS_IT_SAYS = "{cure}"


class Why(Enum):
    """A reason: its outlook, its sentence and its cure (None: there is nothing to do).

    What stands in braces is filled in by `of`.
    """

    # of an incident that has no issue
    WILL_CREATE = (
        Outlook.WILL_CREATE,
        (
            "Nothing keeps this mapping from making an issue: the next event of the incident "
            "does, or the sweep that finds it."
        ),
        (
            'To have it at once, invoke the admin function with {{"action": "create-issue", '
            '"incident": "{incident}", "mapping_id": "{mapping}"}}.'
        ),
    )
    NOT_IN_FORCE = (
        Outlook.NOTHING,
        "The mapping is not in force.",
        "Look whether {mapping} is switched off, cannot be read, or was deleted.",
    )
    OFF = (
        Outlook.NOTHING,
        "The mapping is switched off.",
        "Set enabled of the mapping {mapping} to true.",
    )
    UNREADABLE = (
        Outlook.NOTHING,
        "The mapping cannot be read, so it is not in force: {what}",
        "Correct that key of the item {mapping} in the mappings table.",
    )
    GONE = (
        Outlook.NOTHING,
        "The mapping was deleted; its issue is left alone.",
        "Write a mapping of the id {mapping} again, if the two are to be kept in step.",
    )
    OTHER_SERVICE = (
        Outlook.NOTHING,
        "The incident belongs to the service {theirs}, and this mapping is for {ours}.",
        "Give {theirs} a mapping of its own, or move the incident to {ours}.",
    )
    MANUAL = (
        Outlook.NOTHING,
        "The mapping's create_issue is manual: it makes an issue only when somebody asks.",
        "Press the button in PagerDuty or start a workflow of manual_workflow_ids. " + _BY_HAND,
    )
    NEVER = (
        Outlook.NOTHING,
        "The mapping's create_issue is never.",
        "Set create_issue to manual or automatic if the mapping is to make issues.",
    )
    OPENED_BY_ISSUE = (
        Outlook.NOTHING,
        "The incident was opened by a Jira issue.",
        "Go on with that issue.",
    )
    RESOLVED = (Outlook.NOTHING, "The incident is resolved and had no issue.", _BY_HAND)
    OLDER = (
        Outlook.NOTHING,
        "The incident was created at {created}, before this mapping was switched on at {since}.",
        _BY_HAND,
    )
    CONDITIONS = (
        Outlook.NOTHING,
        "The mapping's conditions do not hold: {clause}.",
        "Change the incident, or the conditions of the mapping {mapping}: while the incident is "
        "open they are judged at every event. " + _BY_HAND,
    )

    # of an issue that could not be made yet
    REFUSED = (Outlook.REFUSED, "Jira refused the issue. {what}", _AS_IT_SAYS)
    SEARCH_REFUSED = (
        Outlook.REFUSED,
        "Jira refused the search for an issue that an earlier attempt may have made. {what}",
        _AS_IT_SAYS,
    )
    NO_ANSWER = (
        Outlook.WAITS,
        (
            "An earlier attempt to create the issue had no answer, and Jira's search does not show "
            "the issue yet."
        ),
        "Nothing: it is looked for again by itself.",
    )
    BEGUN = (
        Outlook.WAITS,
        "An attempt to create the issue was begun and created nothing; the next one is under way.",
        "Nothing: it is tried again by itself.",
    )

    # of an incident that has its issue
    LINKED = (Outlook.LINKED, "The incident and its issue {key} are kept in step.", None)
    UNMAPPED = (
        Outlook.LINKED,
        (
            "The incident and its issue {key} are kept in step, but the mapping has no status for "
            "{status}, so {key} stays where it is."
        ),
        "If it is to move, add {status} to status_mapping of the mapping {mapping}.",
    )
    AGREE = (Outlook.LINKED, "The incident and its issue agree.", None)
    HELD_OPEN = (
        Outlook.LINKED,
        "{key} is resolved; the incident resolves as soon as its other issues are.",
        "Resolve the incident's other issues.",
    )
    OWED = (
        Outlook.LINKED,
        "The incident and its issue {key} are kept in step, but this is owed: {what}.",
        "Nothing: every sweep tries it.",
    )
    BEHIND = (
        Outlook.WAITS,
        "{key} does not stand where its incident is. {what}",
        "Nothing: it is tried again by itself.",
    )
    TO_AND_FRO = (
        Outlook.REFUSED,
        (
            "{key} is not kept in step for now: its status and the incident's went to and fro, "
            "each because of the other."
        ),
        "Stop the automation that undoes them, then " + _RESYNC,
    )
    ISSUE_STUCK = (
        Outlook.REFUSED,
        "The issue cannot follow its incident; people were told. {what}",
        _AS_IT_SAYS,
    )
    INCIDENT_STUCK = (
        Outlook.REFUSED,
        "The incident cannot follow its issue; people were told. {what}",
        _AS_IT_SAYS,
    )
    MISSING = (
        Outlook.REFUSED,
        "{key} was deleted, or is hidden from our account.",
        "If it was deleted, nothing: no other issue is made. If it is hidden, let our account see "
        "it, then " + _RESYNC,
    )
    MERGED = (
        Outlook.NOTHING,
        "The incident was merged into another.",
        "Go on with the incident that lives on.",
    )
    UNKNOWN = (
        Outlook.NOTHING,
        "PagerDuty no longer knows the incident.",
        "If it was deleted, nothing. Otherwise check that the API key may see it.",
    )
    UNREADABLE_LINK = (
        Outlook.REFUSED,
        "The link cannot be read: `health` names the item and its cure.",
        'Do what {{"action": "health"}} says of it.',
    )

    # of either, while a side is not there
    CIRCUIT = (
        Outlook.WAITS,
        "{circuit} has not been called since {since}: {what}",
        _AS_IT_SAYS,
    )
    SILENT = (
        Outlook.WAITS,
        "What {side} would tell is not known, so it is not known what becomes of it: {what}",
        _AS_IT_SAYS,
    )

    # of an issue that could page
    WILL_OPEN = (
        Outlook.WILL_CREATE,
        "{key} matches the JQL and opens an incident within minutes.",
        None,
    )
    NO_JQL = (
        Outlook.NOTHING,
        "The mapping has no JQL, so no issue opens an incident by it.",
        "Give the mapping {mapping} a jql that {key} matches.",
    )
    ELSEWHERE = (
        Outlook.NOTHING,
        (
            "The JQL is asked only in the project {project} and for the type {type}; {key} is "
            "elsewhere or of another type."
        ),
        "Move {key} there, or write a mapping for where it is.",
    )
    OUR_ISSUE = (
        Outlook.NOTHING,
        "{key} is an issue of our own account: it never pages.",
        None,
    )
    BASELINE = (
        Outlook.NOTHING,
        (
            "{key} matched the JQL already when it was first asked, and jql_applies_to is new: it "
            "never pages, unless a sweep finds that it has left the JQL meanwhile."
        ),
        "Open an incident by hand, or set jql_applies_to of the mapping {mapping} to existing.",
    )
    NO_MATCH = (
        Outlook.NOTHING,
        "{key} does not match the JQL: {what}",
        "Change the issue, or the jql of the mapping {mapping}.",
    )
    JQL_REFUSED = (Outlook.REFUSED, "The JQL is not run: {what}", _AS_IT_SAYS)
    UNOPENED = (
        Outlook.REFUSED,
        "{key} matches the JQL and opened no incident: {what}",
        _AS_IT_SAYS,
    )
    JQL_PAUSED = (
        Outlook.WAITS,
        "{key} matches the JQL, which pauses: {what}.",
        (
            "Narrow the JQL, or let through what waits: invoke the admin function with "
            '{{"action": "release", "mapping_id": "{mapping}"}}.'
        ),
    )
    SETTLES = (
        Outlook.WAITS,
        "{key} matches the JQL and opens an incident once it has matched for {seconds} seconds.",
        "Nothing: it opens by itself.",
    )
    HAS_OPENED = (
        Outlook.NOTHING,
        "{key} has opened an incident that is no longer linked to it.",
        "Look at the timeline of that incident.",
    )

    # of a signal alone, which says nothing of the next one
    FROM_JIRA = (Outlook.NOTHING, "A change in Jira makes no issue.", None)
    IGNORED = (
        Outlook.LINKED,
        "The incident and its issue agree. {event} changes nothing that is kept in step.",
        None,
    )

    def __init__(self, outlook: Outlook, says: str, cure: str | None) -> None:
        self.outlook = outlook
        self.says = says
        self.cured_by = cure

    def of(self, **values: object) -> "Reason":
        """The reason with what it is about."""
        cure = (self.cured_by or "").format(**values).strip()
        return Reason(why=self, says=self.says.format(**values).strip(), cure=cure or None)


SAID_OF_A_SIGNAL = frozenset({Why.FROM_JIRA, Why.IGNORED, Why.NOT_IN_FORCE, Why.AGREE})
"""Reasons that only the log gives: `explain` asks how things are, whatever has come last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A reason as people read it; `at` is when it is tried again, where that is known."""

    why: Why
    says: str
    cure: str | None = None
    at: datetime | None = None

    @property
    def outlook(self) -> Outlook:
        """What becomes of it."""
        return self.why.outlook
