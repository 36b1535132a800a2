"""The one place for how one Jira differs from another, by the version that `serverInfo` names."""

from dataclasses import dataclass

OLDEST = (7, 2)
"""The oldest version that is supported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What the Jira of a version can do; `version` is as `versionNumbers` of serverInfo."""

    version: tuple[int, ...]

    @property
    def supported(self) -> bool:
        """Whether pdjira works with it."""
        return self.version >= OLDEST

    @property
    def create_metadata_by_type(self) -> bool:
        """Create metadata has a resource per project and type.

        Since 8.4; the older resource is gone in 9.0 (JRASERVER-69898, JRASERVER-74965).
        """
        return self.version >= (8, 4)

    @property
    def access_tokens(self) -> bool:
        """It knows personal access tokens: since 8.14. Older ones pass over a Bearer token."""
        return self.version >= (8, 14)

    @property
    def passwords_by_default(self) -> bool:
        """It takes user name and password unless an administrator forbids it: up to 10.x."""
        return self.version < (11,)


def written(version: tuple[int, ...]) -> str:
    """The version as people write it."""
    return ".".join(map(str, version))
