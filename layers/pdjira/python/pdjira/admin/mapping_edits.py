"""What a person does to a mapping: saved, drafted, switched off, undone, deleted, copied.

Each is written on the condition of every key that people write, so that nobody's change is lost:
the AWS console is another tab.
"""

import json
import re
from collections import abc
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from pdjira.admin.jobs import Job, Reached
from pdjira.errors import Conflict, Misconfigured, NotThere
from pdjira.mappings.changes import (
    Changed,
    Difference,
    Item,
    StoredItem,
    differences,
    read_changed,
    too_large,
    written_by_people,
)
from pdjira.mappings.check import MappingCheck
from pdjira.mappings.exchange import Offers, judged, resolved
from pdjira.mappings.history import Draft, Drafts, Version, Versions
from pdjira.mappings.ports import MappingItems
from pdjira.model.incident import Reference
from pdjira.model.mapping import Problem, Verdict, errors_of
from pdjira.model.ports import Clock
from pdjira.model.times import TimeLeft

AT_THE_PAGE = "at the page"
"""Who changed what is changed there by a person who gave no name."""

NEW = ""
"""What was seen of a mapping that was not there."""

_ATTEMPTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A mapping as it is now: the item, and the draft; None where there is none."""

    mapping_id: str
    stored: StoredItem | None = None
    draft: Draft | None = None

    @property
    def seen(self) -> str:
        """Names what the stored item holds, to tell whether it was changed since."""
        return NEW if self.stored is None else named(self.stored.written)

    @property
    def seen_draft(self) -> int:
        """Names what the draft holds."""
        return self.draft.version if self.draft else 0

    @property
    def changed(self) -> Changed | None:
        """Who changed the stored item last, as far as that is known."""
        return read_changed(self.stored.as_read.get("changed")) if self.stored else None


def named(written: Item) -> str:
    """A short name of everything that people have written of a mapping."""
    text = json.dumps(written, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:20]


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """It was written; `item` as it stands now. `is_draft`: beside the mapping, not in force."""

    item: Item
    verdict: Verdict | None = None
    is_draft: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """Nothing was written, because of the errors `blocking`; `item` is what was to be."""

    item: Item
    verdict: Verdict
    blocking: Sequence[Problem]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overtaken:
    """Nothing was written: somebody else changed it since it was read.

    `now` is what stands there (None: it was deleted), and `differences` are the keys in which this
    and what was to be written differ.
    """

    now: Item | None
    changed: Changed | None
    differences: Sequence[Difference] = ()


Outcome = Saved | Blocked | Overtaken


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingEdits:
    """Changes mappings. `by` is the name of who does it; None: the person gave none.

    Methods raise what the table raises, and `Misconfigured` where there is no such thing.
    """

    items: MappingItems
    versions: Versions
    drafts: Drafts
    check: MappingCheck
    clock: Clock

    def look(self, mapping_id: str) -> Standing:
        """The mapping as it is now."""
        stored = next((one for one in self.items.stored_items() if one.id == mapping_id), None)
        return Standing(mapping_id=mapping_id, stored=stored, draft=self.drafts.find(mapping_id))

    def judge(self, item: Item) -> tuple[Item, Verdict]:
        """What people write of the item, with ids for names, and what is wrong with it."""
        given = written_by_people(item)
        names = resolved(given, Offers(jira=self.check.jira, pagerduty=self.check.pagerduty))
        return names.item, judged(self.check, names)

    def save(
        self, item: Item, *, seen: str, by: str | None, since: datetime | None = None
    ) -> Outcome:
        """Put it in force, unless it has an error that the stored item has not already.

        `seen` names what its author has seen there; `since`: from when on it is in force anew.
        """
        standing = self.look(str(item["id"]))
        wanted: Item = written_by_people(item)
        if standing.seen != seen:
            return _overtaken(standing, wanted)
        wanted, verdict = self.judge(item)
        blocking = self._blocking(verdict, standing)
        if blocking:
            return Blocked(item=wanted, verdict=verdict, blocking=blocking)
        if not self._replaced(wanted, standing, by, since=since):
            return _overtaken(self.look(standing.mapping_id), wanted)
        if standing.draft is not None:
            self.drafts.drop(standing.mapping_id)
        return Saved(item=wanted, verdict=verdict)

    def keep_draft(self, item: Item, *, seen_draft: int, by: str | None) -> Outcome:
        """Keep it beside the mapping, whatever is wrong with it but its size."""
        mapping_id, written = str(item["id"]), written_by_people(item)
        if large := too_large(written):
            verdict = Verdict(at=self.clock(), problems=large, in_force=False)
            return Blocked(item=written, verdict=verdict, blocking=large)
        draft = Draft(
            mapping_id=mapping_id, written=written, changed=self._changed(by), version=seen_draft
        )
        try:
            self.drafts.save(draft)
        except Conflict:
            found = self.drafts.find(mapping_id)
            if found is None:  # it was put in force or discarded; this one is another
                return self.keep_draft(item, seen_draft=0, by=by)
            return Overtaken(
                now=found.written,
                changed=found.changed,
                differences=differences(found.written, written),
            )
        return Saved(item=written, is_draft=True)

    def discard_draft(self, mapping_id: str) -> None:
        """Forget the draft."""
        self.drafts.drop(mapping_id)

    def switch_off(self, mapping_id: str, *, by: str | None) -> None:
        """Take it out of force, whatever is wrong with it and whoever changes it meanwhile."""
        for _ in range(_ATTEMPTS):
            standing = self.look(mapping_id)
            stored = _there(standing).written
            if stored.get("enabled") is False:
                return
            if self._replaced({**stored, "enabled": False}, standing, by):
                return
        raise Conflict("The mapping changes too fast to be switched off.", cure="Try once more.")

    def delete(self, mapping_id: str, *, seen: str, by: str | None) -> Overtaken | None:
        """Delete it with its draft; its versions are kept, and links keep their history."""
        standing = self.look(mapping_id)
        if standing.stored is not None:
            is_same = standing.seen == seen
            if not is_same or not self.items.delete_item(
                standing.stored, changed=self._changed(by)
            ):
                standing = self.look(mapping_id)
                written = standing.stored.written if standing.stored else None
                return Overtaken(now=written, changed=standing.changed)
        self.drafts.drop(mapping_id)
        return None

    def bring_back(self, mapping_id: str, version_id: str, *, seen: str, by: str | None) -> Outcome:
        """Write what an earlier version holds; it is in force anew, and makes nothing older."""
        version = self.version(mapping_id, version_id)
        if version.written is None:
            raise Misconfigured(
                "That version tells that the mapping was deleted.",
                cure="Choose one that holds something.",
            )
        return self.save(
            {**version.written, "id": mapping_id}, seen=seen, by=by, since=self.clock()
        )

    def version(self, mapping_id: str, version_id: str) -> Version:
        """One of the versions of a mapping."""
        versions = self.versions.of_mapping(mapping_id)
        found = next((one for one in versions if one.id == version_id), None)
        if found is None:
            raise NotThere(
                f"The mapping {mapping_id} has no such version.",
                cure="Choose one of the list: fifty are kept.",
            )
        return found

    def _replaced(
        self, wanted: Item, standing: Standing, by: str | None, *, since: datetime | None = None
    ) -> bool:
        if standing.stored is not None and standing.stored.written == wanted:
            return True
        return self.items.replace_item(
            wanted, before=standing.stored, changed=self._changed(by), since=since
        )

    def _blocking(self, verdict: Verdict, standing: Standing) -> Sequence[Problem]:
        """The errors that the stored item has not already; each is known by its sentence."""
        errors = errors_of(verdict.problems)
        if not errors or standing.stored is None:
            return errors
        _, now = self.judge(standing.stored.written)
        known = {one.says for one in errors_of(now.problems)}
        return tuple(one for one in errors if one.says not in known)

    def _changed(self, by: str | None) -> Changed:
        return Changed(at=self.clock().replace(microsecond=0), by=by or AT_THE_PAGE)


def _there(standing: Standing) -> StoredItem:
    if standing.stored is None:
        raise NotThere(
            f"There is no mapping {standing.mapping_id}.",
            cure="Look at the list of mappings: it may have been deleted.",
        )
    return standing.stored


def _overtaken(standing: Standing, wanted: Item) -> Overtaken:
    now = standing.stored.written if standing.stored else None
    return Overtaken(now=now, changed=standing.changed, differences=differences(now or {}, wanted))


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
