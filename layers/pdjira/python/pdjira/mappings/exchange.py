"""Takes all mappings out of the table as people wrote them, and writes such files into it."""

from collections import Counter, abc
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from pdjira.errors import PdjiraError
from pdjira.mappings.changes import Item, StoredItem, written_by_people
from pdjira.mappings.check import MappingCheck
from pdjira.mappings.lookups import Offers, Resolved, resolved, with_email
from pdjira.mappings.outcomes import Difference, Imported, Outcome, differences
from pdjira.mappings.ports import JiraCatalogue, MappingItems, PagerDutyCatalogue
from pdjira.mappings.vendor_rules import is_vendor_rule, mappings_of
from pdjira.model.problem import Problem, Verdict, error, errors_of, unchecked
from pdjira.model.time_budget import RESERVE, TimeLeft, unlimited

SCHEMA_VERSION = 1
"""Of the file that an export is."""

_STAYS = {Outcome.UNCHANGED, Outcome.KEPT}

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
        left = sum(1 for each in done if each.outcome is Outcome.NOT_DONE)
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
            return self._untouched(given, Outcome.NOT_DONE, one)
        problem = entry.problem or _misplaced(given, one.ids)
        if problem is not None or not isinstance(given, abc.Mapping):
            found = (problem,) if problem else ()
            return replace(self._untouched(given, Outcome.INVALID, one), verdict=self._says(*found))
        identity = _id_in(given)
        item = {**written_by_people(given), "id": identity}
        names = resolved(with_email(item, one.offers) if entry.is_rule else item, one.offers)
        before = one.stored.get(identity)
        changed = differences(before.written if before else {}, names.item)
        if before is not None and (entry.is_rule or not changed):
            outcome = Outcome.KEPT if changed else Outcome.UNCHANGED
            return replace(self._untouched(item, outcome, one), differences=changed)
        return self._compared(names, before, changed, one)

    def _compared(
        self,
        names: Resolved,
        before: StoredItem | None,
        changed: tuple[Difference, ...],
        one: "_OneImport",
    ) -> Imported:
        verdict = self._verdict(names)
        made = Outcome.NEW if before is None else Outcome.CHANGED
        row = Imported(
            id=str(names.item["id"]),
            outcome=Outcome.INVALID if errors_of(verdict.problems) else made,
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
            return replace(row, outcome=Outcome.FAILED, verdict=says)
        return row if is_written else replace(row, outcome=Outcome.OVERTAKEN)

    def _judged(self, row: Imported, one: "_OneImport") -> Imported:
        """With the verdict on the item that stays as it is, where there is time for one."""
        if row.outcome not in _STAYS or one.time_left() < RESERVE:
            return row
        return replace(row, verdict=self.check.verdict(one.stored[row.id or ""].written))

    def _verdict(self, names: Resolved) -> Verdict:
        verdict = self.check.verdict(names.item)
        others = (each for each in verdict.problems if each.field not in names.covered)
        return replace(verdict, problems=(*names.problems, *others))

    def _untouched(self, given: object, outcome: Outcome, one: "_OneImport") -> Imported:
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
