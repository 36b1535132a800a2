"""Mappings in memory, with the promises of the `Mappings` port."""

from collections.abc import Mapping as MappingABC
from collections.abc import Sequence
from typing import Any

from pdjira.adapters.aws.stored_mapping import Unreadable, read_mapping
from pdjira.domain.mapping import Mapping
from tests.fakes.faults import FaultPlan


class FakeMappings:
    """Takes mappings as the domain has them (`put`), or items as people type them (`put_item`)."""

    def __init__(self, *mappings: Mapping, faults: FaultPlan | None = None) -> None:
        self.faults = faults or FaultPlan()
        self._stored: dict[str, Mapping | str] = {mapping.id: mapping for mapping in mappings}

    def put(self, mapping: Mapping) -> None:
        self._stored[mapping.id] = mapping

    def put_item(self, item: MappingABC[str, Any]) -> None:
        try:
            self._stored[str(item["id"])] = read_mapping(item).to_domain()
        except Unreadable as error:
            self._stored[str(item["id"])] = error.says

    def remove(self, mapping_id: str) -> None:
        del self._stored[mapping_id]

    def in_force(self) -> Sequence[Mapping]:
        with self.faults.call("mappings.in_force"):
            return [
                mapping
                for _, mapping in sorted(self._stored.items())
                if isinstance(mapping, Mapping) and mapping.enabled
            ]

    def problems(self) -> Sequence[tuple[str, str]]:
        with self.faults.call("mappings.problems"):
            return [
                (id_, says) for id_, says in sorted(self._stored.items()) if isinstance(says, str)
            ]
