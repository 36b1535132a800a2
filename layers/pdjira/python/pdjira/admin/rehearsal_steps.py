"""Makes a test issue and walks it through its statuses, by what serves incidents."""

from dataclasses import dataclass, replace

from pdjira.admin.stand_ins import CollectedNotes
from pdjira.admin.test_issue import StepReport, failed, ok, sample_note, skipped
from pdjira.errors import Ambiguous, NotFound, Refused, Temporary, split_cure
from pdjira.model.incident import Incident, IncidentStatus, Note, Reference
from pdjira.model.issue import CreateScreen, IssueDraft, IssueRef
from pdjira.model.link import Link, LinkState, mark_of_test
from pdjira.model.mapping import Mapping
from pdjira.model.notices import ISSUE, issue_url
from pdjira.model.ports import Jira
from pdjira.model.refusal import explain
from pdjira.model.signal import Signal, SignalKind
from pdjira.model.times import STEP_SECONDS, TimeLeft, unlimited
from pdjira.sync.fields.rules import IssueFields, issue_fields
from pdjira.sync.fields.steps import with_offered
from pdjira.sync.fields.title_and_priority import at_creation
from pdjira.sync.issue.rules import ShowIncident
from pdjira.sync.round import Performer, Round, until_rest
from pdjira.sync.situation import NoticeFacts, RemoteLinkFacts, Situation
from pdjira.sync.step import Step

FIELDS, CREATE = "fields", "create"


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A test issue, and where a person sees it."""

    ref: IssueRef
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """An issue to be created, and the create screen that it was filled for."""

    draft: IssueDraft
    screen: CreateScreen


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    """Makes the issue of a made-up incident under one mapping, in two steps that tell of it."""

    jira: Jira
    incident: Incident
    mapping: Mapping

    def fill(self) -> tuple[StepReport, Filled | None]:
        """Fill the fields of the create screen as the mapping says."""
        mapping = self.mapping
        try:
            screen = self.jira.create_screen(
                project_id=mapping.project.id, issue_type_id=mapping.issue_type.id
            )
            screen = with_offered(screen, mapping, self.jira.offered)
        except (Refused, NotFound) as error:
            refusal = explain(error, mapping=mapping)
            return failed(FIELDS, refusal.says, refusal.cure), None
        mark = mark_of_test(mapping)
        fields = issue_fields(self.incident, mapping, screen, line=mark.line)
        draft = IssueDraft(
            project_id=mapping.project.id,
            issue_type_id=mapping.issue_type.id,
            fields=fields.values,
            mark=mark,
        )
        return ok(FIELDS, _about_fields(fields, screen)), Filled(draft=draft, screen=screen)

    def create(self, filled: Filled) -> tuple[StepReport, Made | None]:
        """Create the issue with its mark."""
        mapping = self.mapping
        draft, base_url = filled.draft, self.jira.server_info().base_url
        try:
            ref = self.jira.create_issue(draft)
        except (Refused, NotFound) as error:
            refusal = explain(error, mapping=mapping, screen=filled.screen, given=draft.fields)
            return failed(CREATE, refusal.says, refusal.cure), None
        except Ambiguous as error:
            return failed(CREATE, f"{error.says} The issue may be there.", lost_cure(mapping)), None
        return ok(CREATE, f"Created {ref.key}."), Made(
            ref=ref, url=issue_url(ref, base_url=base_url)
        )


def lost_cure(mapping: Mapping) -> str:
    """What to do where a test issue may have been made, and nobody knows its key."""
    return (
        f"Look into the project {mapping.project.name} for an issue that ends with "
        f'"{mark_of_test(mapping).line}", delete it, and test again.'
    )


def _about_fields(fields: IssueFields, screen: CreateScreen) -> str:
    shown = {name: schema.name for name, schema in screen.fields.items()}
    filled = ", ".join(shown.get(name, name) for name in fields.values)
    unused = f" Not used: {' '.join(fields.unused)}" if fields.unused else ""
    return f"Filled: {filled}.{unused}"


LINK, COMMENT = "remote link", "comment"

_MOVED = "Moved "


@dataclass(slots=True, kw_only=True)
class Walk:
    """A test issue, and what its incident would have been told so far.

    `performer` must have `notes` as its PagerDuty, and links that hold nothing.
    """

    performer: Performer
    notes: CollectedNotes
    incident: Incident
    mapping: Mapping
    link: Link
    time_left: TimeLeft
    link_refused: bool = False

    def show_incident(self) -> StepReport:
        """Put the remote link onto the issue; without it the work goes on."""
        current = self._round(IncidentStatus.TRIGGERED, fresh=frozenset({ISSUE}))
        self._perform(ShowIncident(), current)
        self.link, self.link_refused = current.link, current.situation.remote_link.refused
        if self.link_refused:
            cure = (
                "Give our account in Jira the right Link Issues in the project "
                f"{self.mapping.project.name}, or do without: everything else works."
            )
            return skipped(LINK, " ".join(current.says), cure)
        return ok(LINK, f"{current.issue.key} shows a link to its incident.")

    def follow(self, status: IncidentStatus) -> StepReport:
        """Bring the issue to where an incident in that status would bring it, and tell the way."""
        target = self.mapping.statuses.get(status)
        if target is None:
            return _unmapped(status, self.mapping)
        heard = len(self.notes.texts)
        current = self._round(status)
        way = self._until_rest(current)
        if len(self.notes.texts) > heard:
            return self._report_of(status.value)
        key, issue = current.issue.key, current.situation.issue
        others = [says for says in current.says if not says.startswith(_MOVED)]
        if issue is None or issue.status.id not in self._goals(status, target):
            cure = f"Look at {key} in Jira: who may see it, and who or what else moved it."
            return failed(status.value, " ".join(others), cure)
        path = " -> ".join(way) if len(way) > 1 else f"{key} is in {way[0]} already"
        return ok(status.value, ". ".join([path, *others]))

    def comment(self) -> StepReport:
        """Put onto the issue what a note of the incident becomes."""
        if not self.mapping.notes_to_jira:
            return skipped(COMMENT, f"sync_notes is {self.mapping.sync_notes.value}.")
        heard = len(self.notes.texts)
        note = sample_note(self.mapping, now=self.incident.created_at)
        current = self._round(IncidentStatus.TRIGGERED, note=note)
        self._until_rest(current)
        if len(self.notes.texts) > heard:
            return self._report_of(COMMENT)
        return ok(COMMENT, " ".join(current.says))

    def _round(
        self,
        status: IncidentStatus,
        *,
        note: Note | None = None,
        fresh: frozenset[str] = frozenset(),
    ) -> Round:
        now = self.incident.created_at
        signal = Signal(
            kind=SignalKind.INCIDENT_CHANGED,
            id=self.incident.id,
            incident_id=self.incident.id,
            occurred_at=now,
            note=note,
        )
        situation = Situation(
            signal=signal,
            now=now,
            incident=replace(self.incident, status=status),
            mapping=self.mapping,
            link=self.link,
            notices=NoticeFacts(fresh=fresh),
            remote_link=RemoteLinkFacts(refused=self.link_refused),
        )
        return Round(situation=situation)

    def _until_rest(self, current: Round) -> list[str]:
        """The names of the statuses in which the issue was on the way."""
        way: list[str] = []

        def perform(step: Step, current: Round) -> None:
            self._perform(step, current)
            issue = current.situation.issue
            if issue and way[-1:] != [issue.status.name]:
                way.append(issue.status.name)

        until_rest(current, perform, unlimited)
        self.link = replace(current.link, state=LinkState.LINKED)
        return way

    def _perform(self, step: Step, current: Round) -> None:
        in_time(self.time_left)
        self.performer.perform(step, current)

    def _goals(self, status: IncidentStatus, target: Reference) -> set[str]:
        others = self.mapping.resolved_statuses if status is IncidentStatus.RESOLVED else ()
        return {target.id, *(other.id for other in others)}

    def _report_of(self, name: str) -> StepReport:
        """The step failed, with the words that the incident would have got."""
        says, cure = split_cure(self.notes.texts[-1])
        return failed(name, says, cure or "Look at the issue in Jira.")


def begun(issue: IssueRef, *, incident: Incident, mapping: Mapping) -> Link:
    """The link of an issue that was just created; it is kept nowhere."""
    return Link(
        incident_id=incident.id,
        mapping_id=mapping.id,
        state=LinkState.LINKED,
        claimed_at=incident.created_at,
        project_id=mapping.project.id,
        issue_type_id=mapping.issue_type.id,
        issue=issue,
        agreed=at_creation(incident),
    )


def in_time(time_left: TimeLeft) -> None:
    """Raises `Temporary` where the time is up."""
    if time_left() < STEP_SECONDS:
        raise Temporary(
            "The time of this test is up: Jira answers slowly.",
            cure="Look at the issue in Jira, and test again when Jira is quick.",
        )


def _unmapped(status: IncidentStatus, mapping: Mapping) -> StepReport:
    says = (
        f"status_mapping of {mapping.id} has no status for {status.value}: the issue stays where "
        "it is."
    )
    is_last = status is IncidentStatus.RESOLVED
    add = 'Add to status_mapping "resolved": {"id": "...", "name": "..."}'
    cure = f"{add}, or close what is resolved by hand." if is_last else None
    return skipped(status.value, says, cure)
