"""One signal's work on one link: what is known, who performs a step, what is yet to be stored."""

from collections import abc
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from pdjira.model.incident import Incident
from pdjira.model.issue import Issue, IssueRef
from pdjira.model.link import Agreement, Extra, Link, Owed, with_agreed
from pdjira.model.mapping import Mapping
from pdjira.sync.situation import Facts, Situation
from pdjira.sync.status.rules import without_explanations
from pdjira.sync.step import Step


@dataclass(slots=True, kw_only=True)
class Round:
    """One signal's work on one link: what is known so far, and what is yet to be stored.

    `unsaved` is the link with what can wait for the round's end; what must not be lost (a claim, an
    issue, a refusal) is stored at once. `says` tells what was done; `refusals` counts those that
    people were told, `repairs` how often one side was brought to where the other is. `error` held
    up nothing else and is raised in the end. `has_called` says whether the latest step has called
    the side that it is for. `hung` are the extras that hung in this delivery, of whatever link.
    `account` tells the name of our account in Jira, "" where nobody knows it yet.
    """

    situation: Situation
    unsaved: Link | None = None
    refusals: int = 0
    repairs: int = 0
    has_called: bool = True
    says: list[str] = field(default_factory=list)
    error: Exception | None = None
    owed_before: abc.Mapping[Extra, Owed] = field(default_factory=dict)
    hung: set[Extra] = field(default_factory=set)
    account: Callable[[], str] = str

    def __post_init__(self) -> None:
        """Keep what the link owed when the round began."""
        if self.situation.link is not None:
            self.owed_before = self.situation.link.owed

    @property
    def link(self) -> Link:
        """The link, which every action but the first claim has."""
        if self.situation.link is None:
            raise LookupError("The planner asked for an action that needs a link.")
        return self.situation.link

    @property
    def issue(self) -> IssueRef:
        """The issue of a link that is complete."""
        if self.link.issue is None:
            raise LookupError("The planner asked for an action that needs an issue.")
        return self.link.issue

    @property
    def read_issue(self) -> Issue:
        """The issue as it was read in this round."""
        if self.situation.issue is None:
            raise LookupError("The planner asked for a step that needs the issue.")
        return self.situation.issue

    @property
    def mapping(self) -> Mapping:
        """The mapping, without which the planner makes no issue."""
        if self.situation.mapping is None:
            raise LookupError("The planner asked for an action that needs a mapping.")
        return self.situation.mapping

    @property
    def incident(self) -> Incident:
        """The incident as it is now, as far as this round knows."""
        return self.situation.incident

    def keep(self, link: Link) -> None:
        """Go on with a changed link, to be stored when the round ends."""
        self.situation = replace(self.situation, link=link)
        self.unsaved = link

    def saved(self, link: Link, *, fresh: str | None = None) -> None:
        """Go on with a link as it was just stored; `fresh` is a notice that fell due by it."""
        self.situation = replace(self.situation, link=link)
        if fresh:
            known = self.situation.notices
            self.learn(replace(known, fresh=known.fresh | {fresh}))
        self.unsaved = None

    def learn(self, facts: Facts) -> None:
        """Go on with what is known of an aspect now."""
        self.situation = self.situation.knowing(facts)

    def set_issue(self, issue: Issue | None) -> None:
        """Go on with the issue as it is now; None where it cannot be read."""
        self.situation = replace(self.situation, issue=issue)

    def set_incident(self, incident: Incident) -> None:
        """Go on with the incident as it is now."""
        self.situation = replace(self.situation, incident=incident)

    def agree(self, agreed: Agreement, says: str | None = None) -> None:
        """Remember what both sides agree on; explanations of why they did not are dropped."""
        left = without_explanations(self.link, agreed)
        self.keep(replace(with_agreed(self.link, agreed), notices=left))
        if says:
            self.says.append(says)


Performs = abc.Mapping[type[Step], Callable[[Round, Any], None]]
"""What performs the steps of an aspect, by their types.

Each puts what it learned into the round, and raises `Temporary` or `Ambiguous` when the signal must
be delivered again.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Performer:
    """Performs steps on Jira, PagerDuty and the links, by what each aspect has for them."""

    performs: Performs

    def perform(self, step: Step, current: Round) -> None:
        """Do one step and put what it taught into `current`."""
        self.performs[type(step)](current, step)
