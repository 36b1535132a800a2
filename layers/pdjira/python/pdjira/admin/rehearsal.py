"""A test issue, made and moved by the worker's own code, that tells what each step did."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import assert_never

from pdjira.admin.rehearsal_steps import (
    COMMENT,
    CREATE,
    FIELDS,
    LINK,
    Filled,
    Made,
    Making,
    Walk,
    begun,
    in_time,
    lost_cure,
)
from pdjira.admin.requests import mapping_meant
from pdjira.admin.stand_ins import (
    CollectedNotes,
    HeldComments,
    HeldLinks,
    HeldNotes,
    HeldRecords,
    Nobody,
)
from pdjira.admin.test_issue import (
    Afterwards,
    StepReport,
    StepStatus,
    failed,
    ok,
    sample_incident,
    skipped,
)
from pdjira.errors import Misconfigured, NotFound, NotThere, PdjiraError, Refused, naming
from pdjira.model.incident import Incident, IncidentStatus
from pdjira.model.issue import IssueRef
from pdjira.model.link import last_line, mark_of_test
from pdjira.model.mapping import Mapping
from pdjira.model.notices import issue_url
from pdjira.model.ports import Clock, Comments, Issues, Jira, Mappings, RightsIn, Workflows
from pdjira.model.times import STEP_SECONDS, TimeLeft, unlimited
from pdjira.sync.assemble import Sides, Stores, performer

MAPPING, DELETE = "mapping", "delete"

_WALK = (
    LINK,
    IncidentStatus.TRIGGERED.value,
    COMMENT,
    IncidentStatus.ACKNOWLEDGED.value,
    IncidentStatus.RESOLVED.value,
)

_ENDING = frozenset({IncidentStatus.RESOLVED.value, DELETE})

_ENDS = {Afterwards.CLOSE: (IncidentStatus.RESOLVED.value,), Afterwards.DELETE: (DELETE,)}
"""How a test issue ends that was kept."""

_NOT_TRIED = "Not tried: an earlier step failed."

_BROKEN_OFF = "The test was broken off while its issue was made: it may be there."

_Act = Callable[[], StepReport]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsed:
    """How a test went: the issue, if one was made, and every step."""

    issue: Made | None
    steps: tuple[StepReport, ...]

    def answer(self) -> dict[str, object]:
        """The answer for a person."""
        made = self.issue
        return {
            "status": "failed" if has_failed(self.steps) else "ok",
            "issue": made and {"id": made.ref.id, "key": made.ref.key, "url": made.url},
            "steps": [asdict(step) for step in self.steps],
            "left": self._left(),
        }

    def _left(self) -> str | None:
        """What is left of the issue: `open`, `closed` or nothing (None)."""
        done = {step.name for step in self.steps if step.status is StepStatus.OK}
        if self.issue is None or DELETE in done:
            return None
        return "closed" if IncidentStatus.RESOLVED.value in done else "open"


@dataclass(slots=True, kw_only=True)
class Play:
    """A test on its way: each call of `advance` takes the next step.

    After a failed step only those that end the issue are taken, while there is time, so that it
    does not stay open.
    """

    stage: "Rehearsal"
    mapping: Mapping
    names: tuple[str, ...]
    incident: Incident
    time_left: TimeLeft
    issue: Made | None = None
    steps: list[StepReport] = field(default_factory=list)
    _filled: Filled | None = None
    _walk: Walk | None = None

    @property
    def is_over(self) -> bool:
        """Whether no step is left."""
        return len(self.steps) >= len(self.names)

    def told(self) -> Rehearsed:
        """What it has come to by now."""
        account = self.stage.jira.known_as()
        steps = (
            replace(one, says=naming(one.says, account), cure=naming(one.cure, account))
            for one in self.steps
        )
        return Rehearsed(issue=self.issue, steps=tuple(steps))

    def advance(self) -> None:
        """Take the next step and note what it tells."""
        name = self.names[len(self.steps)]
        self.steps.append(self._step(name) if self._is_due(name) else skipped(name, _NOT_TRIED))
        if self.is_over and self.issue and not _ENDING.isdisjoint(self.names):
            self.steps = [*_with_what_is_left(tuple(self.steps), self.issue.ref)]

    def go_on(self, told: Rehearsed) -> None:
        """Go on from what somebody else has come to.

        Where that was to make the issue next, it may be there: no second one is made.
        """
        self.issue, self.steps = told.issue, [*told.steps]
        is_lost = told.issue is None and self.names[len(told.steps)] == CREATE
        if is_lost and not has_failed(told.steps):
            self.steps.append(failed(CREATE, _BROKEN_OFF, lost_cure(self.mapping)))

    def _is_due(self, name: str) -> bool:
        if not has_failed(self.steps):
            return True
        return name in _ENDING and self.issue is not None and self.time_left() >= STEP_SECONDS

    def _step(self, name: str) -> StepReport:
        if name == MAPPING:
            return ok(MAPPING, _about(self.mapping))
        try:
            in_time(self.time_left)
            return self._acts()[name]()
        except PdjiraError as error:
            return failed(name, error.says, error.cure or "Test again later.")

    def _acts(self) -> dict[str, _Act]:
        """What becomes of an incident, by the names of the steps."""
        return {
            FIELDS: self._fill,
            CREATE: self._create,
            LINK: lambda: self._walking().show_incident(),
            COMMENT: lambda: self._walking().comment(),
            **{status.value: partial(self._follow, status) for status in IncidentStatus},
            DELETE: self._delete,
        }

    def _making(self) -> Making:
        return Making(jira=self.stage.jira, incident=self.incident, mapping=self.mapping)

    def _fill(self) -> StepReport:
        report, self._filled = self._making().fill()
        return report

    def _create(self) -> StepReport:
        if self._filled is None:
            raise LookupError(CREATE)
        report, self.issue = self._making().create(self._filled)
        return report

    def _follow(self, status: IncidentStatus) -> StepReport:
        return self._walking().follow(status)

    def _made(self) -> IssueRef:
        if self.issue is None:
            raise LookupError(CREATE)
        return self.issue.ref

    def _walking(self) -> Walk:
        if self._walk is None:
            made = self._made()
            self._walk = self.stage.walk(made, self.incident, self.mapping, self.time_left)
        return self._walk

    def _delete(self) -> StepReport:
        """Delete the issue; where we may not, it stays, closed."""
        issue = self._made()
        try:
            self.stage.issues.delete_issue(issue.id)
        except NotFound:
            return ok(DELETE, f"{issue.key} is gone already.")
        except Refused as error:
            cure = (
                f"Delete {issue.key} by hand, or give our account in Jira the right "
                f"Delete Issues in the project {self.mapping.project.name}."
            )
            says = f"{error.says} {issue.key} stays in the status that it was moved to."
            return skipped(DELETE, says, cure)
        return ok(DELETE, f"Deleted {issue.key}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """Makes a test issue of a mapping. No link and no timeline is kept of it.

    What is learned of the workflow on the way is remembered: it is true for incidents as well.
    """

    jira: Jira
    issues: Issues
    comments: Comments
    rights_in: RightsIn
    workflows: Workflows
    mappings: Mappings
    clock: Clock

    def run(
        self, mapping_id: object, afterwards: object, time_left: TimeLeft = unlimited
    ) -> Rehearsed:
        """Make the issue and let it follow a made-up incident, as far as `afterwards` wants.

        Raises an error of ours where there is nothing to test; what a step meets stands in the
        result.
        """
        return _played(self.begin(mapping_id, afterwards, time_left))

    def begin(
        self, mapping_id: object, afterwards: object, time_left: TimeLeft = unlimited
    ) -> Play:
        """The same, to be taken step by step."""
        return self._play(mapping_id, _names(_afterwards(afterwards)), time_left)

    def end(
        self, mapping_id: object, issue: object, afterwards: object, time_left: TimeLeft = unlimited
    ) -> Rehearsed:
        """Close or delete a test issue that was kept. Raises an error of ours for any other."""
        names = _ENDS.get(_afterwards(afterwards))
        if names is None:
            raise Misconfigured(
                "A test issue can be closed or deleted.", cure="Give close or delete."
            )
        play = self._play(mapping_id, names, time_left)
        play.issue = self._kept(issue, play.mapping)
        return _played(play)

    def _play(self, mapping_id: object, names: tuple[str, ...], time_left: TimeLeft) -> Play:
        mapping = self._mapping(mapping_id)
        return Play(
            stage=self,
            mapping=mapping,
            names=names,
            incident=sample_incident(mapping, now=self.clock()),
            time_left=time_left,
        )

    def _kept(self, key: object, mapping: Mapping) -> Made:
        """The test issue of the mapping that has this key."""
        if not isinstance(key, str) or not key.strip():
            raise Misconfigured("end-test-issue needs an issue.", cure="Give its key.")
        found = self.issues.find_key(key.strip())
        issue = self.issues.read_issue(found.id, fields=("description",))
        text = issue.fields.get("description")
        if last_line(text if isinstance(text, str) else "") != mark_of_test(mapping).line:
            raise Misconfigured(
                f"{issue.ref.key} is no test issue of the mapping {mapping.id}: the last line of "
                "its description does not say so.",
                cure=f"Close or delete {issue.ref.key} in Jira.",
            )
        base_url = self.jira.server_info().base_url
        return Made(ref=issue.ref, url=issue_url(issue.ref, base_url=base_url))

    def _mapping(self, mapping_id: object) -> Mapping:
        if not isinstance(mapping_id, str) or not mapping_id.strip():
            raise Misconfigured(
                "test-issue needs a mapping_id.",
                cure="Give the id of an item of the mappings table.",
            )
        mapping = self.mappings.find(mapping_id.strip())
        if mapping is None:
            raise NotThere(
                f"There is no mapping {mapping_id.strip()}.",
                cure=mapping_meant(mapping_id, self.mappings.all_listed())
                or "Give the id of an item of the mappings table, spelt as it is there.",
            )
        return mapping

    def walk(
        self, issue: IssueRef, incident: Incident, mapping: Mapping, time_left: TimeLeft
    ) -> Walk:
        """What lets the issue follow the made-up incident."""
        notes = CollectedNotes()
        sides = Sides(
            jira=self.jira,
            issues=self.issues,
            comments=self.comments,
            people=(nobody := Nobody()),
            rights_in=self.rights_in,
            pagerduty=notes,
            email_of=nobody.email_of,
        )
        stores = Stores(
            mappings=self.mappings,
            links=HeldLinks(),
            workflows=self.workflows,
            comment_records=HeldRecords(),
            kept_comments=HeldComments(),
            note_records=HeldNotes(),
        )
        return Walk(
            performer=performer(sides=sides, stores=stores, clock=self.clock),
            notes=notes,
            incident=incident,
            mapping=mapping,
            link=begun(issue, incident=incident, mapping=mapping),
            time_left=time_left,
        )


def _played(play: Play) -> Rehearsed:
    while not play.is_over:
        play.advance()
    return play.told()


def has_failed(steps: Sequence[StepReport]) -> bool:
    """Whether a step failed."""
    return any(step.status is StepStatus.FAILED for step in steps)


def _with_what_is_left(steps: tuple[StepReport, ...], issue: IssueRef) -> tuple[StepReport, ...]:
    """The steps; the last one says so where none of them has ended the issue."""
    if any(step.name in _ENDING and step.status is StepStatus.OK for step in steps):
        return steps
    *others, last = steps
    says = f"{last.says} {issue.key} was left open."
    cure = " ".join(filter(None, [last.cure, f"Close or delete {issue.key} in Jira."]))
    return (*others, replace(last, says=says, cure=cure))


def _afterwards(value: object) -> Afterwards:
    if value is None:
        return Afterwards.CLOSE
    try:
        return Afterwards(str(value))
    except ValueError:
        raise Misconfigured(
            f"afterwards cannot be {value!r}.",
            cure="Give keep, close or delete; left out, it is close.",
        ) from None


def _names(wanted: Afterwards) -> tuple[str, ...]:
    made = (MAPPING, FIELDS, CREATE)
    match wanted:
        case Afterwards.KEEP:
            return made
        case Afterwards.CLOSE:
            return (*made, *_WALK)
        case Afterwards.DELETE:
            return (*made, *_WALK, DELETE)
        case _:
            assert_never(wanted)


def _about(mapping: Mapping) -> str:
    says = (
        f"{mapping.name}: incidents of {mapping.service.name} become issues of the type "
        f"{mapping.issue_type.name} in {mapping.project.name}."
    )
    return says if mapping.enabled else f"{says} It is off, and is tested all the same."
