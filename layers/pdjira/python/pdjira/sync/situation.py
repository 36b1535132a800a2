"""All that the planner looks at, for one incident under one mapping."""

from collections import abc
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any

from pdjira.model.comment import Comment, CommentRecord, Survivor
from pdjira.model.incident import Accounts, Incident, Lack, Note
from pdjira.model.issue import Issue, IssueStatus
from pdjira.model.link import Extra, Link, PutOff
from pdjira.model.mapping import Mapping
from pdjira.model.signal import Signal
from pdjira.model.workflow import Workflow


class Facts:
    """What a round knows of one aspect."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CreationFacts(Facts):
    """What this round knows of making the issue.

    `searched`: the mark was looked for and not found; `searched_everywhere`: nor in any other
    project. `refused`: Jira refused the issue, or the search for it. `is_one_of_several`: other
    mappings make issues for incidents of this service as well.
    """

    searched: bool = False
    searched_everywhere: bool = False
    refused: bool = False
    is_one_of_several: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusFacts(Facts):
    """What this round knows of the way to a status.

    `workflow` is what is known of the issue's workflow, where it was looked up, and `origin` the
    status from which our own transitions set out. `names` are those of statuses that it knew before
    it forgot the workflow. `learned` are the statuses whose transitions were read, `unseen` those
    in which no issue was found. `moves_refused` says why Jira refused transitions.
    `rights_missing`: the keys of the rights that our account lacks where the issue is; None: nobody
    asked. `stuck`: no further step on the issue is tried. `incident_refused`: PagerDuty refused to
    change the incident. `was_written`: whether the incident had the status that the link intends,
    as its log tells; None: nobody looked. `others_open` are the keys of the incident's other issues
    that are not resolved.
    """

    workflow: Workflow | None = None
    origin: IssueStatus | None = None
    names: abc.Mapping[str, str] = field(default_factory=dict)
    learned: frozenset[str] = frozenset()
    unseen: frozenset[str] = frozenset()
    moves_refused: tuple[str, ...] = ()
    rights_missing: frozenset[str] | None = None
    stuck: bool = False
    incident_refused: bool = False
    was_written: bool | None = None
    others_open: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldFacts(Facts):
    """What was refused of fields in this round.

    `refused`: Jira did not take fields of the issue. `incident_refused`: PagerDuty did not tell the
    custom fields. `carrying_refused`: the issue's fields whose values PagerDuty did not take.
    """

    refused: bool = False
    incident_refused: bool = False
    carrying_refused: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteLinkFacts(Facts):
    """Whether Jira refused the remote link in this round."""

    refused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteFacts(Facts):
    """What this round knows of notes and comments.

    `all` are all notes of the incident, and `survivor` what goes on after a merge, where they were
    read. `ours` are the ids of the notes that we wrote ourselves. `records` tell by id how far
    comments and notes have come; `unlisted` are those that were looked for on the issue and not
    found. `kept` are the comments whose text is on record until they are added, by id; None: nobody
    looked. `comments_refused` (by id) and `refused` (notes, by id) were refused. `carried` counts
    what was carried. `base_url` is where people see issues, once one was read.
    """

    all: tuple[Note, ...] | None = None
    survivor: Survivor | None = None
    ours: frozenset[str] = frozenset()
    records: abc.Mapping[str, CommentRecord] = field(default_factory=dict)
    unlisted: frozenset[str] = frozenset()
    kept: abc.Mapping[str, Comment] | None = None
    comments_refused: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()
    carried: int = 0
    base_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleFacts(Facts):
    """Who was looked up in this round.

    `emails` by the id of a person, `accounts` by e-mail address; `refused` says what was refused,
    by what was tried for whom.
    """

    emails: abc.Mapping[str, str | None] = field(default_factory=dict)
    accounts: abc.Mapping[str, Accounts] = field(default_factory=dict)
    refused: abc.Mapping[str, Lack] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeFacts(Facts):
    """What this round knows of notices, by their keys.

    `listed` were looked for among the incident's notes and not found. `fresh` ones can only have
    been told by an attempt of this round, which is on record. `unheard` ones were refused by
    PagerDuty.
    """

    listed: frozenset[str] = frozenset()
    fresh: frozenset[str] = frozenset()
    unheard: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtraFacts(Facts):
    """Which extras failed in this round (`put_off`); the others go on.

    `under` is a digest of the secrets and of what extras go by in the mapping ("": not known).
    """

    put_off: abc.Mapping[Extra, PutOff] = field(default_factory=dict)
    under: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """All that the planner looks at: what every aspect needs, and what the round knows of each.

    `issue` is the issue as read in this round, moved on by our own transitions. `tried_since`:
    since when the signal may have been worked on before, with an effect that only the two sides
    know; None: it is new. `is_late`: the signal is so old that the round looks at both sides whole,
    which makes other signals void.
    """

    signal: Signal
    now: datetime
    incident: Incident
    mapping: Mapping | None
    link: Link | None
    issue: Issue | None = None
    tried_since: datetime | None = None
    is_late: bool = False
    creation: CreationFacts = CreationFacts()
    status: StatusFacts = StatusFacts()
    fields: FieldFacts = FieldFacts()
    remote_link: RemoteLinkFacts = RemoteLinkFacts()
    notes: NoteFacts = field(default_factory=NoteFacts)
    people: PeopleFacts = field(default_factory=PeopleFacts)
    notices: NoticeFacts = NoticeFacts()
    extras: ExtraFacts = field(default_factory=ExtraFacts)

    def knowing(self, facts: Facts) -> "Situation":
        """The situation with these facts of their aspect."""
        aspects = (each.name for each in fields(self) if each.type is type(facts))
        known: dict[str, Any] = {next(aspects): facts}
        return replace(self, **known)


def project_of(situation: Situation) -> str | None:
    """The Jira project that a step is about: the issue's, else the mapping's."""
    link, mapping = situation.link, situation.mapping
    if link is not None and (link.issue is not None or mapping is None):
        return link.project_id
    return mapping.project.id if mapping else None
