"""The mappings as those need them who look at such as are not in force as well."""

from typing import Protocol

from pdjira.application.ports.core import Mappings
from pdjira.domain.mapping import Mapping


class AllMappings(Mappings, Protocol):
    """The mappings, those that are not in force as well."""

    def find(self, mapping_id: str) -> Mapping | None:
        """The mapping, enabled or not; None where there is none.

        Raises `Misconfigured` where the stored item cannot be read.
        """
