"""All that the planner looks at, for one incident under one mapping."""

from collections import abc
from dataclasses import dataclass, field
from datetime import datetime

from pdjira.model.comment import Comment, CommentRecord, Survivor
from pdjira.model.extra import Extra, PutOff
from pdjira.model.incident import Incident, Note
from pdjira.model.issue import Issue, Status
from pdjira.model.link import Link
from pdjira.model.mapping import Mapping
from pdjira.model.person import Accounts, Lack
from pdjira.model.signal import Signal
from pdjira.model.workflow import Workflow


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """All that the planner looks at.

    `searched`: the mark was looked for in this round and not found; `searched_everywhere`: nor in
    any other project. `listed`: the notices that
    were looked for among the incident's notes in this round and not found. `fresh`: the notices
    that only an attempt of this round can have told, which is on record. `unheard`: the notices
    that PagerDuty refused in this round. `refused`: Jira refused the issue, or the search
    for it, in this round, and `link_refused` the remote link. `issue` is the issue as read in this
    round, moved on by our own transitions, which set out from the status `origin`; `workflow` is
    what is known of its workflow, where it was looked up. `learned` are the statuses whose
    transitions were read in this round, `unseen` those for which no issue was found to read them
    from. `moves_refused` says why Jira refused transitions in this round, and `stuck` that no
    further one is tried in it; `fields_refused`, `comments_refused` (by id) and `incident_refused`
    (of what PagerDuty refused) likewise. `others_open` are the keys of the incident's other issues
    that are not resolved, and `base_url` is where people see issues, once one was read. `notes` are
    all of the incident, and `survivor` what goes on after a merge, where they were read. `ours` are
    the ids of those notes that we wrote ourselves. `records` tell how far comments have come, by
    id, as far as they were begun; `unlisted` are those that were looked for on the issue and not
    found. `emails` (by the id of a person) and `accounts` (by
    e-mail address) were looked up in this round; `people_refused` says what was refused in it, by
    what was tried for whom. `put_off` are the extras that failed in this round; the others go on.
    `under` is a digest of the secrets and of what extras go by in the mapping ("": not known).
    `kept` are the comments whose text is on record until they are added, by id; None: nobody
    looked. `tried_since`: since when the signal may have been worked on before, in a way of which
    only the two sides know; None: it is new. `is_late`: the signal is so old that the round looks
    at both sides whole, which makes other signals void. `was_written`: whether the incident had the
    status that the link intends in the meantime, as its log tells; None: nobody looked.
    `incident_fields_refused`:
    PagerDuty did not tell the custom fields in this round, and `carrying_refused` are the fields of
    the issue whose values it did not take in it.
    """

    signal: Signal
    now: datetime
    incident: Incident
    mapping: Mapping | None
    link: Link | None
    searched: bool = False
    searched_everywhere: bool = False
    listed: frozenset[str] = frozenset()
    fresh: frozenset[str] = frozenset()
    unheard: frozenset[str] = frozenset()
    refused: bool = False
    link_refused: bool = False
    issue: Issue | None = None
    workflow: Workflow | None = None
    learned: frozenset[str] = frozenset()
    unseen: frozenset[str] = frozenset()
    origin: Status | None = None
    moves_refused: tuple[str, ...] = ()
    stuck: bool = False
    incident_refused: bool = False
    incident_fields_refused: bool = False
    carrying_refused: frozenset[str] = frozenset()
    tried_since: datetime | None = None
    is_late: bool = False
    was_written: bool | None = None
    base_url: str = ""
    others_open: tuple[str, ...] = ()
    fields_refused: bool = False
    comments_refused: frozenset[str] = frozenset()
    notes_refused: frozenset[str] = frozenset()
    carried: int = 0
    notes: tuple[Note, ...] | None = None
    ours: frozenset[str] = frozenset()
    survivor: Survivor | None = None
    records: abc.Mapping[str, CommentRecord] = field(default_factory=dict)
    unlisted: frozenset[str] = frozenset()
    emails: abc.Mapping[str, str | None] = field(default_factory=dict)
    accounts: abc.Mapping[str, Accounts] = field(default_factory=dict)
    people_refused: abc.Mapping[str, Lack] = field(default_factory=dict)
    put_off: abc.Mapping[Extra, PutOff] = field(default_factory=dict)
    under: str = ""
    kept: abc.Mapping[str, Comment] | None = None


def project_of(situation: Situation) -> str | None:
    """The Jira project that a step is about: the issue's, else the mapping's."""
    link, mapping = situation.link, situation.mapping
    if link is not None and (link.issue is not None or mapping is None):
        return link.project_id
    return mapping.project.id if mapping else None
