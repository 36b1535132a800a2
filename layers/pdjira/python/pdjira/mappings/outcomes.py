"""What became of each mapping of an import, and how it is told."""

from collections import abc
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum

from pdjira.mappings.changes import Item
from pdjira.model.mapping import Verdict


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
