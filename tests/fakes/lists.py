"""`KeptLists` in memory, with the promises of its port."""

from pdjira.mappings.lists import KeptList, ListKey
from tests.fakes.faults import FaultPlan


class FakeLists:
    """Lists by their keys."""

    def __init__(self, faults: FaultPlan | None = None) -> None:
        self.faults = faults or FaultPlan()
        self._kept: dict[ListKey, KeptList] = {}

    def find(self, key: ListKey) -> KeptList | None:
        with self.faults.call("lists.find"):
            return self._kept.get(key)

    def keep(self, key: ListKey, kept: KeptList) -> None:
        with self.faults.call("lists.keep"):
            self._kept[key] = kept
