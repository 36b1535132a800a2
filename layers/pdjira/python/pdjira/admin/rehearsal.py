"""A test issue, made and moved by the worker's own code, that tells what each step did."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import TypeVar, assert_never

from pdjira.admin.rehearsal_steps import (
    COMMENT,
    CREATE,
    FIELDS,
    LINK,
    Made,
    Making,
    Walk,
    begun,
    in_time,
)
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
from pdjira.errors import Misconfigured, NotFound, PdjiraError, Refused, naming
from pdjira.model.incident import Incident, IncidentStatus
from pdjira.model.issue import IssueRef
from pdjira.model.mapping import Mapping
from pdjira.model.ports import AllMappings, Clock, Comments, Issues, Jira, Rights, Workflows
from pdjira.model.time_budget import STEP_SECONDS, TimeLeft, unlimited
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

_NOT_TRIED = "Not tried: an earlier step failed."

_Act = Callable[[], StepReport]

T = TypeVar("T")


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
        }


@dataclass(slots=True, kw_only=True)
class _Story:
    """The steps so far; after a failed one, only those that end the issue are taken."""

    time_left: TimeLeft
    steps: list[StepReport] = field(default_factory=list)

    def take(self, name: str, act: Callable[[], tuple[StepReport, T | None]]) -> T | None:
        """Take a step, note what it tells, and return what it made: None where it failed."""
        try:
            in_time(self.time_left)
            report, made = act()
        except PdjiraError as error:
            report, made = failed(name, error.says, error.cure or "Test again later."), None
        self.steps.append(report)
        return made

    def go_on(self, name: str, act: _Act) -> None:
        """Take a step with the issue that was made, unless one before it failed.

        Those that end the issue are taken even then, while there is time, so that it does not stay
        open.
        """
        is_worth_it = name in _ENDING and self.time_left() >= STEP_SECONDS
        if is_worth_it or not has_failed(self.steps):
            self.take(name, lambda: (act(), None))
        else:
            self.steps.append(skipped(name, _NOT_TRIED))

    def all_of(self, names: Sequence[str]) -> tuple[StepReport, ...]:
        """The steps by these names; those that were not taken are skipped."""
        rest = names[len(self.steps) :]
        return (*self.steps, *(skipped(name, _NOT_TRIED) for name in rest))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """Makes a test issue of a mapping. No link and no timeline is kept of it.

    What is learned of the workflow on the way is remembered: it is true for incidents as well.
    """

    jira: Jira
    issues: Issues
    comments: Comments
    rights: Rights
    workflows: Workflows
    mappings: AllMappings
    clock: Clock

    def run(
        self, mapping_id: object, afterwards: object, time_left: TimeLeft = unlimited
    ) -> Rehearsed:
        """Make the issue and let it follow a made-up incident, as far as `afterwards` wants.

        Raises an error of ours where there is nothing to test; what a step meets stands in the
        result.
        """
        wanted, mapping = _afterwards(afterwards), self._mapping(mapping_id)
        incident = sample_incident(mapping, now=self.clock())
        story = _Story(time_left=time_left, steps=[ok(MAPPING, _about(mapping))])
        making = Making(jira=self.jira, incident=incident, mapping=mapping)
        filled = story.take(FIELDS, making.fill)
        made = story.take(CREATE, partial(making.create, filled)) if filled else None
        if made and wanted is not Afterwards.KEEP:
            walk = self._walk(made.ref, incident, mapping, time_left)
            acts: list[_Act] = [*_acts(walk), partial(self._delete, made.ref, mapping)]
            for name, act in zip(_names(wanted)[len(story.steps) :], acts, strict=False):
                story.go_on(name, act)
        steps = story.all_of(_names(wanted))
        if made and wanted is not Afterwards.KEEP:
            steps = _with_what_is_left(steps, made.ref)
        return Rehearsed(issue=made, steps=_named(steps, self.jira.known_as()))

    def _mapping(self, mapping_id: object) -> Mapping:
        if not isinstance(mapping_id, str) or not mapping_id.strip():
            raise Misconfigured(
                "test-issue needs a mapping_id.",
                cure="Give the id of an item of the mappings table.",
            )
        mapping = self.mappings.find(mapping_id.strip())
        if mapping is None:
            raise Misconfigured(
                f"There is no mapping {mapping_id.strip()}.",
                cure="Give the id of an item of the mappings table, spelt as it is there.",
            )
        return mapping

    def _walk(
        self, issue: IssueRef, incident: Incident, mapping: Mapping, time_left: TimeLeft
    ) -> Walk:
        notes = CollectedNotes()
        sides = Sides(
            jira=self.jira,
            issues=self.issues,
            comments=self.comments,
            people=(nobody := Nobody()),
            rights=self.rights,
            pagerduty=notes,
            users=nobody,
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

    def _delete(self, issue: IssueRef, mapping: Mapping) -> StepReport:
        """Delete the issue; where we may not, it stays, closed."""
        try:
            self.issues.delete_issue(issue.id)
        except NotFound:
            return ok(DELETE, f"{issue.key} is gone already.")
        except Refused as error:
            cure = (
                f"Delete {issue.key} by hand, or give our account in Jira the right "
                f"Delete Issues in the project {mapping.project.name}."
            )
            says = f"{error.says} {issue.key} stays in the status that it was moved to."
            return skipped(DELETE, says, cure)
        return ok(DELETE, f"Deleted {issue.key}.")


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


def _acts(walk: Walk) -> list[_Act]:
    """What becomes of an incident, in the order in which it does; as `_WALK` names it."""
    return [
        walk.show_incident,
        partial(walk.follow, IncidentStatus.TRIGGERED),
        walk.comment,
        partial(walk.follow, IncidentStatus.ACKNOWLEDGED),
        partial(walk.follow, IncidentStatus.RESOLVED),
    ]


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


def _named(steps: Sequence[StepReport], account: str) -> tuple[StepReport, ...]:
    """The steps, which name our account."""
    return tuple(
        replace(one, says=naming(one.says, account), cure=naming(one.cure, account))
        for one in steps
    )
