"""What happened to a stored mapping, and whether a person or the stack itself did it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pdjira.domain.times import read_time

STACK_KEYS = frozenset({"check", "service_id", "enabled_since", "jql_paused"})
"""The keys that the stack writes; what a person puts there is put right."""

_WRITTEN_ALONE = frozenset({"check", "jql_paused"})

Item = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingChange:
    """An item of the mappings table, before and after; None where there was or is none.

    `at` is when it happened, in UTC, to the second and never later than it was.
    """

    mapping_id: str
    before: Item | None
    after: Item | None
    at: datetime

    @property
    def is_of_substance(self) -> bool:
        """Whether a key changed that people write."""
        return _own(self.before) != _own(self.after)

    @property
    def wants_verdict(self) -> bool:
        """Whether the item has to be judged: it is there, and a person changed it.

        The stack writes no key of its own without `check` or `jql_paused`, so what changes
        without them was typed by a person, and so was what has lost its verdict.
        """
        if self.after is None:
            return False
        before, after = self.before or {}, self.after
        by_stack = any(key in after and before.get(key) != after[key] for key in _WRITTEN_ALONE)
        return self.is_of_substance or (before != after and not by_stack)

    @property
    def enabled_since(self) -> datetime | None:
        """Since when the mapping is switched on, as the stack shall write it; None while it is off.

        Whatever a person typed there is ignored. An item that stays on keeps what the stack wrote
        before, which only an item with a verdict has.
        """
        if not _is_on(self.after):
            return None
        before = self.before or {}
        since = read_time(before.get("enabled_since")) if "check" in before else None
        return since if since and _is_on(self.before) else self.at


def _own(item: Item | None) -> dict[str, object] | None:
    if item is None:
        return None
    return {key: value for key, value in item.items() if key not in STACK_KEYS}


def _is_on(item: Item | None) -> bool:
    return item is not None and item.get("enabled") is not False
