"""Takes all mappings out of the table as people wrote them, and writes such files into it."""

from collections import Counter, abc
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from pdjira.errors import NotFound, PdjiraError, Refused
from pdjira.mappings.changes import (
    Difference,
    Imported,
    ImportOutcome,
    Item,
    StoredItem,
    differences,
    written_by_people,
)
from pdjira.mappings.check import MappingCheck
from pdjira.mappings.names import (
    NamedPlace,
    NameKind,
    meant_by,
    named_places,
    unasked,
    with_id,
    without_project,
)
from pdjira.mappings.offers import ProjectOffer
from pdjira.mappings.ports import JiraCatalogue, MappingItems, PagerDutyCatalogue
from pdjira.mappings.vendor_rules import is_vendor_rule, mappings_of
from pdjira.model.incident import Reference
from pdjira.model.mapping import Problem, Verdict, error, errors_of, unchecked
from pdjira.model.times import RESERVE, TimeLeft, unlimited

SCHEMA_VERSION = 1
"""Of the file that an export is."""

_STAYS = {ImportOutcome.UNCHANGED, ImportOutcome.KEPT}

_NO_RULES = (
    "PagerDuty shows our key no extension of its Jira Server v3 integration. Rules of the other "
    "integrations can be given as mappings."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """Yields every item of the table, readable or not, without what the stack writes there."""

    items: MappingItems

    def run(self) -> dict[str, object]:
        """The file, in JSON's types. Raises `Temporary` or `Permanent` where AWS fails."""
        written = [dict(item.written) for item in self.items.stored_items()]
        return {"schema_version": SCHEMA_VERSION, "mappings": written}


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """An item with ids for names, as far as they were found, and an error for each other name.

    `covered`: the keys about which there is nothing more to say.
    """

    item: Item
    problems: tuple[Problem, ...] = ()
    covered: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """Writes mappings as people write them; those that are not given are left alone.

    Each is written as soon as it is checked, and nothing that has an error. What needs no change is
    checked last, as far as time allows, so that an import that is called again gets further. Rules
    of PagerDuty's own integrations are taken as well: they become mappings that are switched off,
    and never overwrite an item.
    """

    items: MappingItems
    check: MappingCheck
    jira: JiraCatalogue
    pagerduty: PagerDutyCatalogue

    def run(
        self,
        given: Sequence[object],
        *,
        is_dry: bool,
        time_left: TimeLeft = unlimited,
        only: Collection[str] | None = None,
    ) -> dict[str, object]:
        """What became of each, in the order given; `left`: how many were not reached in time.

        `is_dry`: writes nothing, and tells what would be written. `only`: of these ids alone.
        Raises `Temporary` or `Permanent` where the table cannot be read.
        """
        entries = [entry for each in given for entry in _entries(each)]
        one = _OneImport(
            stored={item.id: item for item in self.items.stored_items()},
            offers=Offers(jira=self.jira, pagerduty=self.pagerduty),
            ids=Counter(_id_in(each.given) for each in entries),
            is_dry=is_dry,
            time_left=time_left,
        )
        entries = [each for each in entries if only is None or _id_in(each.given) in only]
        done = [self._take(each, one) for each in entries]
        done = [self._judged(each, one) for each in done]
        done = [_with_remarks(each, entry) for each, entry in zip(done, entries, strict=True)]
        left = sum(1 for each in done if each.outcome is ImportOutcome.NOT_DONE)
        return {"mappings": [each.shown() for each in done], "left": left}

    def from_pagerduty(self, *, is_dry: bool, time_left: TimeLeft = unlimited) -> dict[str, object]:
        """The same with every rule of Jira Server v3 that PagerDuty tells.

        Raises what PagerDuty's catalogue raises as well.
        """
        rules = self.pagerduty.jira_extensions()
        answer = self.run(rules, is_dry=is_dry, time_left=time_left)
        return answer if rules else {**answer, "says": _NO_RULES}

    def _take(self, entry: "_Entry", one: "_OneImport") -> Imported:
        given = entry.given
        if one.time_left() < RESERVE:
            return self._untouched(given, ImportOutcome.NOT_DONE, one)
        problem = entry.problem or _misplaced(given, one.ids)
        if problem is not None or not isinstance(given, abc.Mapping):
            found = (problem,) if problem else ()
            return replace(
                self._untouched(given, ImportOutcome.INVALID, one), verdict=self._says(*found)
            )
        identity = _id_in(given)
        item = {**written_by_people(given), "id": identity}
        names = resolved(with_email(item, one.offers) if entry.is_rule else item, one.offers)
        before = one.stored.get(identity)
        changed = differences(before.written if before else {}, names.item)
        if before is not None and (entry.is_rule or not changed):
            outcome = ImportOutcome.KEPT if changed else ImportOutcome.UNCHANGED
            return replace(self._untouched(item, outcome, one), differences=changed)
        return self._compared(names, before, changed, one)

    def _compared(
        self,
        names: Resolved,
        before: StoredItem | None,
        changed: tuple[Difference, ...],
        one: "_OneImport",
    ) -> Imported:
        verdict = judged(self.check, names)
        made = ImportOutcome.NEW if before is None else ImportOutcome.CHANGED
        row = Imported(
            id=str(names.item["id"]),
            outcome=ImportOutcome.INVALID if errors_of(verdict.problems) else made,
            verdict=verdict,
            differences=changed,
            is_dry=one.is_dry,
        )
        return self._written(row, names.item, before) if row.written else row

    def _written(self, row: Imported, item: Item, before: StoredItem | None) -> Imported:
        try:
            is_written = self.items.replace_item(item, before=before)
        except PdjiraError as failure:
            says = self._says(error("id", failure.says, failure.cure or "Import again."))
            return replace(row, outcome=ImportOutcome.FAILED, verdict=says)
        return row if is_written else replace(row, outcome=ImportOutcome.OVERTAKEN)

    def _judged(self, row: Imported, one: "_OneImport") -> Imported:
        """With the verdict on the item that stays as it is, where there is time for one."""
        if row.outcome not in _STAYS or one.time_left() < RESERVE:
            return row
        return replace(row, verdict=self.check.verdict(one.stored[row.id or ""].written))

    def _untouched(self, given: object, outcome: ImportOutcome, one: "_OneImport") -> Imported:
        left = unchecked("id", "It was not checked in the time of this import.", "Import again.")
        return Imported(
            id=_id_in(given) or None,
            outcome=outcome,
            verdict=replace(self._says(left), in_force=self._in_force(given)),
            is_dry=one.is_dry,
        )

    def _in_force(self, given: object) -> bool:
        return isinstance(given, abc.Mapping) and self.check.read(given).in_force

    def _says(self, *problems: Problem) -> Verdict:
        return Verdict(at=self.check.clock(), problems=problems)


def ids_in(given: Sequence[object]) -> Sequence[str]:
    """The ids of all that would be imported, each once; "" for what has none."""
    entries = (entry for each in given for entry in _entries(each))
    return [*dict.fromkeys(_id_in(entry.given) for entry in entries)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """Something that was given: a mapping, or what a rule of PagerDuty's becomes (`is_rule`)."""

    given: object
    is_rule: bool = False
    remarks: tuple[Problem, ...] = ()
    problem: Problem | None = None


def _entries(given: object) -> Iterator[_Entry]:
    if not isinstance(given, abc.Mapping) or not is_vendor_rule(given):
        yield _Entry(given=given)
        return
    found = mappings_of(given)
    for each in found:
        yield _Entry(given=each.item, is_rule=True, remarks=each.remarks)
    if not found:
        problem = error("service", "The rule names no service.", "Write the mapping by hand.")
        yield _Entry(given={}, is_rule=True, problem=problem)


def _with_remarks(row: Imported, entry: _Entry) -> Imported:
    problems = (*row.verdict.problems, *entry.remarks)
    return replace(row, verdict=replace(row.verdict, problems=problems))


T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Offers:
    """What both sides offer under a name. Each thing is asked for once, also where that fails."""

    jira: JiraCatalogue
    pagerduty: PagerDutyCatalogue
    _known: dict[tuple[str, ...], object] = field(default_factory=dict)

    def of(self, place: NamedPlace, item: Item) -> Sequence[Reference] | None:
        """What the name may mean; None where there is no list of it, or not before the project is.

        Raises what the side raises.
        """
        match place.kind:
            case NameKind.SERVICE:
                return self._like(place, self.pagerduty.services_like)
            case NameKind.USER:
                return self._like(place, self.pagerduty.users_like)
            case NameKind.WORKFLOW:
                return self._like(place, self.pagerduty.workflows_like)
            case NameKind.PAGERDUTY_PRIORITY:
                return self._once(("pagerduty priorities",), self.pagerduty.priorities)
            case _:
                return self._in_jira(place, item)

    def _in_jira(self, place: NamedPlace, item: Item) -> Sequence[Reference] | None:
        match place.kind:
            case NameKind.PRIORITY:
                return self._once(("priorities",), self.jira.priorities)
            case NameKind.RESOLUTION:
                return self._once(("resolutions",), self.jira.resolutions)
            case NameKind.PROJECT:
                project = self._project(place.name)
                return [Reference(id=project.id, name=project.key)] if project else []
            case _:
                return self._in_project(place, item)

    def _in_project(self, place: NamedPlace, item: Item) -> Sequence[Reference] | None:
        project = self._project(_id_of(item, "project"))
        if project is None:
            return None
        if place.kind is NameKind.ISSUE_TYPE:
            return [Reference(id=one.id, name=one.name) for one in project.issue_types]
        type_id = _id_of(item, "issue_type")
        if place.kind is NameKind.OPTION:
            return self._options(place, project.id, type_id)
        return next((one.statuses for one in project.issue_types if one.id == type_id), None)

    def _options(
        self, place: NamedPlace, project_id: str, type_id: str
    ) -> Sequence[Reference] | None:
        """The values of a field on the create screen that Jira lists."""

        def read() -> abc.Mapping[str, Sequence[Reference]]:
            try:
                screen = self.jira.create_screen(project_id=project_id, issue_type_id=type_id)
            except (NotFound, Refused):
                return {}
            return {
                schema.id: [Reference(id=one.id, name=one.name) for one in schema.allowed]
                for schema in screen.fields.values()
                if schema.allowed is not None and all(one.id for one in schema.allowed)
            }

        return self._once(("screen", project_id, type_id), read).get(place.target)

    def _project(self, project_id: str) -> ProjectOffer | None:
        def read() -> ProjectOffer | None:
            try:
                return self.jira.project(project_id)
            except NotFound:
                return None

        return self._once(("project", project_id), read) if project_id else None

    def _like(
        self, place: NamedPlace, ask: Callable[[str], Sequence[Reference]]
    ) -> Sequence[Reference]:
        return self._once((place.kind.value, place.name), lambda: ask(place.name))

    def _once(self, key: tuple[str, ...], ask: Callable[[], T]) -> T:
        if key not in self._known:
            try:
                self._known[key] = ask()
            except PdjiraError as failure:
                self._known[key] = failure
        found = self._known[key]
        if isinstance(found, PdjiraError):
            raise found
        return found  # type: ignore[return-value]  # each key is of one question


@dataclass(frozen=True, slots=True, kw_only=True)
class _OneImport:
    """What one import knows: the items as stored when it began, and how often each id is given."""

    stored: abc.Mapping[str, StoredItem]
    offers: Offers
    ids: Counter[str]
    is_dry: bool
    time_left: TimeLeft


def _id_in(given: object) -> str:
    identity = given.get("id") if isinstance(given, abc.Mapping) else None
    if isinstance(identity, int) and not isinstance(identity, bool):
        return str(identity)
    return identity if isinstance(identity, str) and identity.strip() else ""


def _misplaced(given: object, ids: Counter[str]) -> Problem | None:
    """What keeps it from being a mapping of this file at all."""
    if not isinstance(given, abc.Mapping):
        return error("", "This is no mapping.", "Give each mapping as a JSON object.")
    identity = _id_in(given)
    if not identity:
        return error("id", "id is missing: it must be text.", "Add id to the item.")
    if ids[identity] > 1:
        says = f"{identity} stands in the file {ids[identity]} times."
        return error("id", says, "Leave one of them, or give them different ids.")
    return None


def _id_of(item: Item, key: str) -> str:
    found = item.get(key)
    identity = found.get("id") if isinstance(found, abc.Mapping) else None
    return "" if identity is None else str(identity)


def resolved(item: Item, offers: Offers) -> Resolved:
    """Look every name of the item up. Raises nothing of ours."""
    problems: list[Problem] = []
    covered: set[str] = set()
    for place in named_places(item):
        meant = _meant(place, item, offers)
        if isinstance(meant, Problem):
            problems.append(meant)
            covered |= place.covered
        elif meant is not None:
            item = with_id(item, place, meant)
    return Resolved(item=item, problems=tuple(problems), covered=frozenset(covered))


def judged(check: MappingCheck, names: Resolved) -> Verdict:
    """The verdict on the item, with what is wrong with its names."""
    verdict = check.verdict(names.item)
    others = (each for each in verdict.problems if each.field not in names.covered)
    return replace(verdict, problems=(*names.problems, *others))


def with_email(item: Item, offers: Offers) -> Item:
    """The item with the e-mail address of `sync_notes_user`, where it lacks that and has the id."""
    user = item.get("sync_notes_user")
    if not isinstance(user, abc.Mapping) or user.get("email") or not user.get("id"):
        return item
    try:
        email = offers.pagerduty.email_of(str(user["id"]))
    except PdjiraError:
        return item
    return {**item, "sync_notes_user": {**user, "email": email}} if email else item


def _meant(place: NamedPlace, item: Item, offers: Offers) -> Reference | Problem | None:
    """None: what stands there may stay."""
    may_stay = place.key is None or place.kind is NameKind.OPTION
    try:
        offered = offers.of(place, item)
    except PdjiraError as failure:
        return None if may_stay else unasked(place, failure.says, failure.cure)
    if offered is None:
        return None if may_stay else without_project(place)
    return meant_by(place, offered)
