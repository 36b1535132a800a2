"""Copies of a mapping for other services: a job, one service at a time."""

import re
from collections import abc
from collections.abc import Sequence
from dataclasses import dataclass

from pdjira.admin.jobs import Job, Reached
from pdjira.admin.mapping_edits import NEW, Blocked, MappingEdits, Saved
from pdjira.errors import NotThere
from pdjira.mappings.changes import Item, StoredItem
from pdjira.model.incident import Reference
from pdjira.model.times import TimeLeft

COPY = "copy-mapping"
"""The kind of these jobs."""

_OF_ITS_OWN = frozenset({"id", "name", "service", "enabled"})
"""The keys in which a mapping and its copy differ."""

_LONGEST_ID = 80

Row = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyPlan:
    """For which services a mapping can be copied, and which have one like it."""

    can: tuple[Reference, ...]
    has: tuple[Reference, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingCopies:
    """Copies mappings. What has an error for another service is not written, and said."""

    edits: MappingEdits

    def plan(self, mapping_id: str, services: Sequence[Reference]) -> CopyPlan:
        """What copying to these services comes to. Raises `Misconfigured` without the mapping."""
        items = self.edits.items.stored_items()
        like = _services_of_like(_original(mapping_id, items), items)
        return CopyPlan(
            can=tuple(one for one in services if one.id not in like),
            has=tuple(one for one in services if one.id in like),
        )

    def work(self, job: Job, time_left: TimeLeft) -> Reached:
        """As `Work` says: the next service."""
        del time_left
        rows = _rows(job.reached.data)
        wanted = _services_in(job.asked)
        if len(rows) < len(wanted):
            rows.append(self._copied(str(job.asked.get("mapping_id")), wanted[len(rows)], job.by))
        return Reached(
            data={"rows": rows},
            done=len(rows),
            total=len(wanted),
            says=_says(rows, len(wanted)),
            is_over=len(rows) >= len(wanted),
        )

    def _copied(self, mapping_id: str, service: Reference, by: str | None) -> Row:
        items = self.edits.items.stored_items()
        original = _original(mapping_id, items)
        if service.id in _services_of_like(original, items):
            return _row(service, "has", "It has this mapping already.")
        copy = _copy(original, service, taken={one.id for one in items})
        outcome = self.edits.save(copy, seen=NEW, by=by)
        match outcome:
            case Saved():
                return _row(service, "made", "It has the mapping.", mapping_id=str(copy["id"]))
            case Blocked(blocking=blocking):
                cure = " ".join(dict.fromkeys(one.cure for one in blocking))
                says = " ".join(dict.fromkeys(one.says for one in blocking))
                return _row(service, "refused", says, cure=cure)
        return _row(service, "refused", "Somebody made a mapping of that id.", cure="Copy again.")


def asked_of(mapping_id: str, services: Sequence[Reference]) -> dict[str, object]:
    """What such a job is given."""
    rows = [{"id": one.id, "name": one.name} for one in services]
    return {"mapping_id": mapping_id, "services": rows}


def _services_in(asked: abc.Mapping[str, object]) -> Sequence[Reference]:
    listed = asked.get("services")
    return [
        Reference(id=str(one.get("id")), name=str(one.get("name")))
        for one in (listed if isinstance(listed, list) else [])
        if isinstance(one, abc.Mapping)
    ]


def _rows(data: abc.Mapping[str, object]) -> list[object]:
    rows = data.get("rows")
    return list(rows) if isinstance(rows, list) else []


def _row(
    service: Reference, outcome: str, says: str, *, mapping_id: str = "", cure: str = ""
) -> Row:
    return {
        "service": service.name,
        "outcome": outcome,
        "says": says,
        "mapping_id": mapping_id,
        "cure": cure,
    }


def _says(rows: Sequence[object], total: int) -> str:
    found = [row.get("outcome") for row in rows if isinstance(row, abc.Mapping)]
    parts = [f"{found.count('made')} of {total} copied"]
    for outcome, words in (("has", "had it already"), ("refused", "refused")):
        if outcome in found:
            parts.append(f"{found.count(outcome)} {words}")
    return ", ".join(parts) + "."


def _original(mapping_id: str, items: Sequence[StoredItem]) -> Item:
    found = next((one.written for one in items if one.id == mapping_id), None)
    if found is None:
        raise NotThere(
            f"There is no mapping {mapping_id}.",
            cure="Look at the list of mappings: it may have been deleted.",
        )
    return found


def _services_of_like(original: Item, items: Sequence[StoredItem]) -> frozenset[str]:
    wanted = _rest(original)
    return frozenset(
        str(service.get("id"))
        for one in items
        if _rest(one.written) == wanted
        and isinstance(service := one.written.get("service"), abc.Mapping)
    )


def _rest(item: Item) -> dict[str, object]:
    return {key: value for key, value in item.items() if key not in _OF_ITS_OWN}


def _copy(original: Item, service: Reference, *, taken: abc.Set[str]) -> dict[str, object]:
    named = original.get("service")
    own = str(named.get("name") or "") if isinstance(named, abc.Mapping) else ""
    name = str(original.get("name") or original["id"])
    is_in_name = bool(own) and own.casefold() in name.casefold()
    base = str(original["id"]).removesuffix(f"-{_slug(own)}") if own else str(original["id"])
    ids = (f"{base}-{_slug(service.name)}"[:_LONGEST_ID], f"{base}-{service.id.lower()}")
    return {
        **original,
        "id": next((one for one in ids if one not in taken), ids[-1]),
        "name": (
            re.sub(re.escape(own), lambda _: service.name, name, flags=re.IGNORECASE)
            if is_in_name
            else f"{name}, {service.name}"
        ),
        "service": {"id": service.id, "name": service.name},
    }


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.casefold()).strip("-") or "copy"
