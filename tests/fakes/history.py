"""`Versions` and `Drafts` in memory, with the promises of their ports."""

from collections.abc import Sequence
from dataclasses import replace

from pdjira.errors import Conflict
from pdjira.mappings.history import KEPT, Draft, Version
from tests.fakes.faults import FaultPlan


class FakeVersions:
    """Versions by mapping and id."""

    def __init__(self, faults: FaultPlan | None = None) -> None:
        self.faults = faults or FaultPlan()
        self._kept: dict[str, dict[str, Version]] = {}

    def has_any(self, mapping_id: str) -> bool:
        with self.faults.call("versions.has_any"):
            return bool(self._kept.get(mapping_id))

    def keep(self, version: Version) -> None:
        with self.faults.call("versions.keep"):
            kept = self._kept.setdefault(version.mapping_id, {})
            kept[version.id] = version
            for old in sorted(kept)[:-KEPT]:
                del kept[old]

    def of_mapping(self, mapping_id: str) -> Sequence[Version]:
        with self.faults.call("versions.of_mapping"):
            kept = self._kept.get(mapping_id, {})
            return [kept[id_] for id_ in sorted(kept, reverse=True)]

    def deleted(self) -> Sequence[Version]:
        with self.faults.call("versions.deleted"):
            found = []
            for mapping_id in sorted(self._kept):
                latest, *earlier = self.of_mapping(mapping_id)
                last = next((one for one in earlier if one.written is not None), None)
                if last is not None and latest.written is None:
                    found.append(replace(last, changed=latest.changed))
            return found


class FakeDrafts:
    """Drafts by mapping."""

    def __init__(self, faults: FaultPlan | None = None) -> None:
        self.faults = faults or FaultPlan()
        self._stored: dict[str, Draft] = {}

    def find(self, mapping_id: str) -> Draft | None:
        with self.faults.call("drafts.find"):
            return self._stored.get(mapping_id)

    def all_drafts(self) -> Sequence[Draft]:
        with self.faults.call("drafts.all_drafts"):
            return [self._stored[id_] for id_ in sorted(self._stored)]

    def save(self, draft: Draft) -> Draft:
        with self.faults.call("drafts.save"):
            before = self._stored.get(draft.mapping_id)
            if before is not None and before.version != draft.version:
                raise Conflict("Somebody else wrote to links first.")
            self._stored[draft.mapping_id] = replace(draft, version=draft.version + 1)
            return self._stored[draft.mapping_id]

    def drop(self, mapping_id: str) -> None:
        with self.faults.call("drafts.drop"):
            self._stored.pop(mapping_id, None)
