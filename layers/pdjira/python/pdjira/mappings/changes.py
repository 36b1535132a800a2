"""What happened to a stored mapping, by a person or the stack itself; what became of an import.

The stack's own writes come back in the stream. They are passed over, or every verdict would be
followed by another one.
"""

import json
from collections import abc
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from pdjira.model.mapping import Problem, Verdict, error
from pdjira.model.times import read_time

LEDGER = "written_by_stack"
"""Holds once more what the stack wrote to the keys of `NOTED`, to tell it from what people type."""

NOTED = ("service_id", "enabled_since", "changed")

STACK_KEYS = frozenset({"check", "jql_paused", LEDGER, *NOTED})
"""The keys that the stack writes; what a person puts there is corrected."""

DELETED = "deleted"
"""The key of the ledger in which the page says who deletes the item, right before it does."""

IN_AWS = "in AWS"
"""Who changed what the page did not: a person at the console, an import, a script."""

_AT_ONCE = timedelta(minutes=5)
"""How soon a change of the page comes through the stream; a copied item bears an older name."""

_WRITTEN_ALONE = frozenset({"check", "jql_paused"})

Item = abc.Mapping[str, object]


def written_by_people(item: Item) -> dict[str, object]:
    """The item without the keys that the stack writes."""
    return {key: value for key, value in item.items() if key not in STACK_KEYS}


MOST_KB = 350
"""Of what people write of a mapping, as JSON: the table takes 400, and a verdict needs room."""


def too_large(item: Item) -> tuple[Problem, ...]:
    """What to say of an item that the table would not take: which text is too long."""
    written = written_by_people(item)
    size = _kilobytes(written)
    if size <= MOST_KB:
        return ()
    field, text = max(_texts(written), key=lambda one: len(one[1]), default=("id", ""))
    length = _kilobytes(text)
    fits = MOST_KB - (size - length)
    if fits <= 0:
        says = f"The mapping has {size} KB, and {MOST_KB} KB fit. Its longest text is {field}."
        return (error(field, says, "Shorten that text and others."),)
    return (
        error(
            field,
            f"{field} is too long: it has {length} KB, and {fits} KB fit beside the rest.",
            "Shorten that text, or take it out.",
        ),
    )


def _kilobytes(value: object) -> int:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return -(-len(text.encode("utf-8", "surrogatepass")) // 1_000)


def _texts(value: object, field: str = "") -> Iterator[tuple[str, str]]:
    """Every text with the path of its key."""
    match value:
        case str():
            yield field, value
        case abc.Mapping():
            for key, one in value.items():
                yield from _texts(one, f"{field}.{key}" if field else str(key))
        case list():
            for place, one in enumerate(value):
                yield from _texts(one, f"{field}[{place}]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """Who changed a mapping last, and when: the name that a person gave, or `IN_AWS`."""

    at: datetime
    by: str

    def shown(self) -> dict[str, object]:
        """The object that stands in the item as `changed`; exact to the second."""
        return {"at": self.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), "by": self.by}


def read_changed(value: object) -> Changed | None:
    """What stands there as `changed`; None where that is not as the stack writes it."""
    if not isinstance(value, abc.Mapping):
        return None
    at, by = read_time(value.get("at")), value.get("by")
    return Changed(at=at, by=by) if at and isinstance(by, str) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredItem:
    """An item of the mappings table: what people wrote there, in JSON's types.

    `as_read` is the whole item in the store's own types: what it compares at a later write.
    """

    id: str
    written: Item
    as_read: Item


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingChange:
    """An item of the mappings table, before and after; None where there was or is none.

    `id` stays the same however often the change is delivered. `at` is when it happened, in UTC, to
    the second and never later than it was.
    """

    id: str
    mapping_id: str
    before: Item | None
    after: Item | None
    at: datetime

    @property
    def is_of_substance(self) -> bool:
        """Whether a key changed that people write."""
        before = None if self.before is None else written_by_people(self.before)
        return before != (None if self.after is None else written_by_people(self.after))

    @property
    def wants_verdict(self) -> bool:
        """Whether the item has to be judged: it is there, and a person changed it.

        The stack writes `check` and `jql_paused` each alone, and its other keys together with
        their ledger: so a person has typed what the ledger does not say, and has taken off a
        verdict that is gone.
        """
        before, after = self.before or {}, self.after
        if after is None or self.is_of_substance:
            return after is not None
        if any(key in after and before.get(key) != after[key] for key in _WRITTEN_ALONE):
            return False
        return ("check" in before and "check" not in after) or not _agrees(after)

    @property
    def changed(self) -> Changed | None:
        """Who changed the item, as the stack is to write it; None where nobody is known to have.

        The page writes its visitor's name together with the ledger. What a person typed there is
        ignored.
        """
        if self._of_page:
            return self._of_page
        if self.is_of_substance:
            return Changed(at=self.at, by=IN_AWS)
        return self.changed_before

    @property
    def changed_before(self) -> Changed | None:
        """Who had changed the item before."""
        return read_changed(_ledger(self.before or {}).get("changed"))

    @property
    def _of_page(self) -> Changed | None:
        is_gone = self.after is None
        ledger = _ledger(self.before or {}) if is_gone else _ledger(self.after or {})
        found = read_changed(ledger.get(DELETED if is_gone else "changed"))
        if found is None or found == self.changed_before:
            return None
        return found if abs(found.at - self.at) <= _AT_ONCE else None

    @property
    def enabled_since(self) -> datetime | None:
        """Since when the mapping is on, as the stack is to write it; None while it is off.

        It is the time of the change, not of the verdict: an incident that comes in between is not
        older than its mapping. What a person typed there is ignored. An item that stays on keeps
        what the stack wrote before, as its ledger has it; the page may write a later time.
        """
        if not _is_on(self.after):
            return None
        since = read_time(_ledger(self.before or {}).get("enabled_since"))
        if since is None or not _is_on(self.before):
            return self.at
        anew = read_time(_ledger(self.after or {}).get("enabled_since"))
        return max(since, anew) if anew and self._of_page else since


def _ledger(item: Item) -> Item:
    ledger = item.get(LEDGER)
    return ledger if isinstance(ledger, abc.Mapping) else {}


def _agrees(item: Item) -> bool:
    """Whether the stack's keys hold what the stack wrote there."""
    noted = {key: item[key] for key in NOTED if key in item}
    return item.get(LEDGER) == noted


def _is_on(item: Item | None) -> bool:
    return item is not None and item.get("enabled") is not False


class ImportOutcome(StrEnum):
    """What became of a mapping that was imported."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    KEPT = "kept"
    INVALID = "invalid"
    OVERTAKEN = "overtaken"
    FAILED = "failed"
    NOT_DONE = "not done"


_SAYS = {
    ImportOutcome.NEW: "It is new, and was written.",
    ImportOutcome.CHANGED: "It was changed.",
    ImportOutcome.UNCHANGED: "Nothing to write: it is like this already.",
    ImportOutcome.KEPT: "It was left alone: the item, or the rule, was changed since it was "
    "imported. Delete the item to import the rule afresh.",
    ImportOutcome.INVALID: "It was not written, because it has errors.",
    ImportOutcome.OVERTAKEN: "It was not written: somebody changed the item meanwhile. Import "
    "again.",
    ImportOutcome.FAILED: "It was not written: the mappings table did not take it.",
    ImportOutcome.NOT_DONE: "There was no time left for it. Import again: that goes on from here.",
}

_WOULD = {
    ImportOutcome.NEW: "It is new, and would be written.",
    ImportOutcome.CHANGED: "It would be changed.",
    ImportOutcome.INVALID: "It would not be written, because it has errors.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A key of the item, as a path, with what stands there before and after; None: nothing."""

    field: str
    before: object
    after: object


def differences(before: Item, after: Item) -> tuple[Difference, ...]:
    """Every key in which the two differ; a null says as much as a key that is left out."""
    return tuple(_differences(before, after, ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """A mapping of an import; `id` None: it has none. `is_dry`: nothing was to be written."""

    id: str | None
    outcome: ImportOutcome
    verdict: Verdict
    differences: tuple[Difference, ...] = ()
    is_dry: bool = False

    @property
    def written(self) -> bool:
        """Whether this import wrote the item."""
        return self.outcome in {ImportOutcome.NEW, ImportOutcome.CHANGED} and not self.is_dry

    @property
    def says(self) -> str:
        """A sentence for people."""
        would = _WOULD.get(self.outcome) if self.is_dry else None
        return would or _SAYS[self.outcome]

    def shown(self) -> dict[str, object]:
        """The answer, in JSON's types."""
        return {
            "id": self.id,
            "written": self.written,
            "outcome": self.outcome.value,
            "says": self.says,
            "changes": [asdict(one) for one in self.differences],
            "check": self.verdict.shown(),
        }


def _differences(before: Item, after: Item, within: str) -> Iterator[Difference]:
    for key in (*before, *(key for key in after if key not in before)):
        old, new = before.get(key), after.get(key)
        field = f"{within}{key}"
        if isinstance(old, abc.Mapping) and isinstance(new, abc.Mapping):
            yield from _differences(old, new, f"{field}.")
        elif _without_nulls(old) != _without_nulls(new):
            yield Difference(field=field, before=old, after=new)


def _without_nulls(value: object) -> object:
    match value:
        case abc.Mapping():
            return {key: _without_nulls(each) for key, each in value.items() if each is not None}
        case list():
            return [_without_nulls(each) for each in value]
    return value
