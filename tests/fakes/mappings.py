"""Mappings in memory, with the promises of the `Mappings` port."""

import json
from collections import abc
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from pdjira.adapters.aws.stored_mapping import Unreadable, plain, read_mapping, read_problems
from pdjira.errors import Misconfigured
from pdjira.mappings.changes import LEDGER, Changed, Item, StoredItem, written_by_people
from pdjira.model.mapping import Listed, Mapping, Problem, listed
from tests.fakes.faults import FaultPlan


class FakeMappings:
    """Takes mappings as the domain has them (`put`), or items as people type them (`put_item`)."""

    def __init__(self, *mappings: Mapping, faults: FaultPlan | None = None) -> None:
        self.faults = faults or FaultPlan()
        self.checks: dict[str, abc.Mapping[str, Any]] = {}
        self._problems: dict[str, Sequence[Problem]] = {}
        self._items: dict[str, abc.Mapping[str, Any]] = {}
        self._stored: dict[str, Mapping | str] = {mapping.id: mapping for mapping in mappings}

    def put(self, mapping: Mapping) -> None:
        self._stored[mapping.id] = mapping

    def put_item(self, item: abc.Mapping[str, Any]) -> None:
        self._items[str(item["id"])] = item
        self._problems[str(item["id"])] = read_problems(plain(item.get("check")))
        if item.get("check"):
            self.checks[str(item["id"])] = item["check"]
        try:
            self._stored[str(item["id"])] = read_mapping(item).to_domain()
        except Unreadable as error:
            self._stored[str(item["id"])] = error.says

    def stored(self) -> Sequence[Mapping]:
        """All that can be read, past the faults: also those that are switched off."""
        return [one for _, one in sorted(self._stored.items()) if isinstance(one, Mapping)]

    def remove(self, mapping_id: str) -> None:
        del self._stored[mapping_id]

    def in_force(self) -> Sequence[Mapping]:
        with self.faults.call("mappings.in_force"):
            return [
                mapping
                for _, mapping in sorted(self._stored.items())
                if isinstance(mapping, Mapping) and mapping.enabled
            ]

    def all_listed(self) -> Sequence[Listed]:
        with self.faults.call("mappings.in_force"):
            return [
                listed(stored) if isinstance(stored, Mapping) else self._unread(id_, stored)
                for id_, stored in sorted(self._stored.items())
            ]

    def _unread(self, mapping_id: str, says: str) -> Listed:
        item = self._items.get(mapping_id, {})
        name, service = item.get("name"), item.get("service")
        service_id = service.get("id") if isinstance(service, dict) else None
        return Listed(
            id=mapping_id,
            name=name if isinstance(name, str) else mapping_id,
            service_id=service_id if isinstance(service_id, str) else None,
            mapping=None,
            says=says,
        )

    def find(self, mapping_id: str) -> Mapping | None:
        with self.faults.call("mappings.find"):
            found = self._stored.get(mapping_id)
            if isinstance(found, str):
                raise Misconfigured(
                    f"The mapping {mapping_id} cannot be read. {found}", cure="Correct the item."
                )
            return found

    def problems(self) -> Sequence[tuple[str, str]]:
        with self.faults.call("mappings.problems"):
            return [
                (id_, says) for id_, says in sorted(self._stored.items()) if isinstance(says, str)
            ]

    def check_unchecked_again(self) -> None:
        with self.faults.call("mappings.check_unchecked_again"):
            unchecked = [id_ for id_, one in self.checks.items() if one["status"] == "unchecked"]
            for id_ in unchecked:
                del self.checks[id_]

    def verdicts(self) -> Sequence[tuple[str, Sequence[Problem]]]:
        in_force = {mapping.id for mapping in self.in_force()}
        return [
            (id_, found)
            for id_, found in sorted(self._problems.items())
            if found and id_ in in_force
        ]


class FakeMappingItems:
    """`MappingItems` in memory. `store` holds whole items, by id; `meanwhile` acts before a write.

    What is read and written passes through JSON, as it does on its way to the real table.
    """

    def __init__(self, *items: Item, faults: FaultPlan | None = None) -> None:
        self.faults = faults or FaultPlan()
        self.store: dict[str, dict[str, Any]] = {str(item["id"]): dict(item) for item in items}
        self.meanwhile: list[Callable[[], object]] = []

    def stored_items(self) -> Sequence[StoredItem]:
        with self.faults.call("items.stored_items"):
            return [
                StoredItem(id=id_, written=_copied(written_by_people(item)), as_read=_copied(item))
                for id_, item in sorted(self.store.items())
            ]

    def replace_item(
        self,
        item: Item,
        *,
        before: StoredItem | None,
        changed: Changed | None = None,
        since: datetime | None = None,
    ) -> bool:
        with self.faults.call("items.replace_item"):
            if self.meanwhile:
                self.meanwhile.pop()()
            identity = str(item["id"])
            stored = self.store.get(identity)
            now = None if stored is None else written_by_people(stored)
            wanted = _copied(written_by_people(item))
            if now != (None if before is None else written_by_people(before.as_read)):
                return now == wanted
            kept = {key: value for key, value in (stored or {}).items() if key not in (now or {})}
            self.store[identity] = wanted | kept | _noted(stored or {}, changed, since)
            return True

    def delete_item(self, before: StoredItem, *, changed: Changed) -> bool:
        del changed
        with self.faults.call("items.delete_item"):
            if self.meanwhile:
                self.meanwhile.pop()()
            stored = self.store.get(before.id)
            if stored is None:
                return True
            if written_by_people(stored) != written_by_people(before.as_read):
                return False
            del self.store[before.id]
            return True


def _noted(stored: Item, changed: Changed | None, since: datetime | None) -> dict[str, Any]:
    if changed is None:
        return {}
    noted: dict[str, Any] = {"changed": changed.shown()}
    if since:
        noted["enabled_since"] = f"{since:%Y-%m-%dT%H:%M:%SZ}"
    ledger: Any = stored.get(LEDGER) or {}
    return {**noted, LEDGER: {**ledger, **noted}}


def _copied(item: Item) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(item))
    return found
