"""What happened to a stored mapping, and whether a person or the stack itself did it.

The stack's own writes come back in the stream. They are passed over, or every verdict would be
followed by another one.
"""

from collections import abc
from dataclasses import dataclass
from datetime import datetime

from pdjira.model.times import read_time

LEDGER = "written_by_stack"
"""Holds once more what the stack wrote to the keys of `NOTED`, to tell it from what people type."""

NOTED = ("service_id", "enabled_since")

STACK_KEYS = frozenset({"check", "jql_paused", LEDGER, *NOTED})
"""The keys that the stack writes; what a person puts there is corrected."""

_WRITTEN_ALONE = frozenset({"check", "jql_paused"})

Item = abc.Mapping[str, object]


def written_by_people(item: Item) -> dict[str, object]:
    """The item without the keys that the stack writes."""
    return {key: value for key, value in item.items() if key not in STACK_KEYS}


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
    def enabled_since(self) -> datetime | None:
        """Since when the mapping is on, as the stack is to write it; None while it is off.

        It is the time of the change, not of the verdict: an incident that comes in between is not
        older than its mapping. What a person typed there is ignored. An item that stays on keeps
        what the stack wrote before, as its ledger has it.
        """
        if not _is_on(self.after):
            return None
        since = read_time(_ledger(self.before or {}).get("enabled_since"))
        return since if since and _is_on(self.before) else self.at


def _ledger(item: Item) -> Item:
    ledger = item.get(LEDGER)
    return ledger if isinstance(ledger, abc.Mapping) else {}


def _agrees(item: Item) -> bool:
    """Whether the stack's keys hold what the stack wrote there."""
    noted = {key: item[key] for key in NOTED if key in item}
    return item.get(LEDGER) == noted


def _is_on(item: Item | None) -> bool:
    return item is not None and item.get("enabled") is not False
