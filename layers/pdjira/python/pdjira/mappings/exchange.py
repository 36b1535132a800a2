"""Takes all mappings out of the table as people wrote them."""

from dataclasses import dataclass

from pdjira.mappings.ports import MappingItems

SCHEMA_VERSION = 1
"""Of the file that an export is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """Yields every item of the table, readable or not, without what the stack writes there."""

    items: MappingItems

    def run(self) -> dict[str, object]:
        """The file, in JSON's types. Raises `Temporary` or `Permanent` where AWS fails."""
        written = [dict(item.written) for item in self.items.stored_items()]
        return {"schema_version": SCHEMA_VERSION, "mappings": written}
