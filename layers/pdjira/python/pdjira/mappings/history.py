"""Earlier versions of mappings, and drafts: what stands beside the mappings, never among them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from pdjira.mappings.changes import IN_AWS, Changed, Item, MappingChange, written_by_people

KEPT = 50
"""How many versions of a mapping are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """What people had written of a mapping after a change; `written` None: it was deleted.

    `id` names it among those of its mapping; a later one has a greater id.
    """

    id: str
    mapping_id: str
    changed: Changed
    written: Item | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a person has begun to write; it is not in force. `version` is 0 before it is stored."""

    mapping_id: str
    written: Item
    changed: Changed
    version: int = 0

    @property
    def name(self) -> str:
        """As people call it."""
        return str(self.written.get("name") or self.mapping_id)


class Versions(Protocol):
    """The versions of mappings."""

    def has_any(self, mapping_id: str) -> bool:
        """Whether there is a version of the mapping."""

    def keep(self, version: Version) -> None:
        """Keep a version, and of the mapping's no more than `KEPT`. May be repeated."""

    def of_mapping(self, mapping_id: str) -> Sequence[Version]:
        """Those of a mapping, the latest first; those that cannot be read are left out."""

    def deleted(self) -> Sequence[Version]:
        """The last version of each mapping that is deleted and can be had back, by id."""


class Drafts(Protocol):
    """The drafts: one for each mapping, also for one that is not there yet."""

    def find(self, mapping_id: str) -> Draft | None:
        """The draft of a mapping."""

    def all_drafts(self) -> Sequence[Draft]:
        """All of them, by id. From an index: what was written a moment ago may be missing."""

    def save(self, draft: Draft) -> Draft:
        """Store in place of the version that it has, and return it with the new one.

        Raises `Conflict` where somebody else wrote meanwhile.
        """

    def drop(self, mapping_id: str) -> None:
        """Forget the draft, if there is one. May be repeated."""


def versions_of(change: MappingChange, *, is_first: bool) -> Sequence[Version]:
    """What a change of substance leaves to be kept; the first, also what was there before it."""
    after = None if change.after is None else written_by_people(change.after)
    changed = change.changed or Changed(at=change.at, by=IN_AWS)
    version = Version(
        id=_id(change.at, change.id), mapping_id=change.mapping_id, changed=changed, written=after
    )
    if change.before is None or not is_first:
        return (version,)
    before = replace(
        version,
        id=_id(change.at, ""),
        changed=change.changed_before or Changed(at=change.at, by=IN_AWS),
        written=written_by_people(change.before),
    )
    return (before, version)


def _id(at: datetime, change_id: str) -> str:
    """Changes within a second differ in their own ids, which are numbers that grow."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}#{change_id:0>40}"
