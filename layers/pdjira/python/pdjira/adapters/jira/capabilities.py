"""The one place for how one Jira differs from another, by the version that `serverInfo` names."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What the Jira of a version can do."""

    version: tuple[int, ...]

    @property
    def create_metadata_by_type(self) -> bool:
        """Create metadata has a resource per project and type.

        Since 8.4; the older resource is gone in 9.0 (JRASERVER-69898, JRASERVER-74965).
        """
        return self.version >= (8, 4)
