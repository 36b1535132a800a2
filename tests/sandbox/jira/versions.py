"""How one version of Jira differs from another: the sandbox's only place for that."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """What a version does. `numbers` and `build` are what serverInfo says."""

    numbers: tuple[int, int, int]
    build: int
    old_createmeta: bool
    new_createmeta: bool
    access_tokens: bool
    basic: bool

    @property
    def text(self) -> str:
        """The version as people write it."""
        return ".".join(str(number) for number in self.numbers)


JIRA_9_12 = Version(
    numbers=(9, 12, 2),
    build=9120002,
    old_createmeta=False,
    new_createmeta=True,
    access_tokens=True,
    basic=True,
)
VERSIONS = {"9.12": JIRA_9_12}
