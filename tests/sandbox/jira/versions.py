"""How one version of Jira differs from another: the sandbox's only place for that."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A version, told apart by its numbers. `build` and `built` are what serverInfo says too."""

    numbers: tuple[int, int, int]
    build: int
    built: str

    @property
    def text(self) -> str:
        """The version as people write it."""
        return ".".join(str(number) for number in self.numbers)

    @property
    def name(self) -> str:
        """The version as it is chosen: `9.12`."""
        return ".".join(str(number) for number in self.numbers[:2])

    @property
    def old_createmeta(self) -> bool:
        """Whether one resource tells the create screens of all projects."""
        return self.numbers < (9, 0)

    @property
    def new_createmeta(self) -> bool:
        """Whether each project and type has a resource of its own."""
        return self.numbers >= (8, 4)

    @property
    def fields_tell_their_id(self) -> bool:
        """Whether create metadata repeat a field's id in the field."""
        return self.numbers >= (8, 4)

    @property
    def access_tokens(self) -> bool:
        """Whether there are personal access tokens."""
        return self.numbers >= (8, 14)

    @property
    def basic(self) -> bool:
        """Whether Basic is on unless an administrator switches it off."""
        return self.numbers < (11, 0)

    @property
    def rate_limit(self) -> bool:
        """Whether there is a limiter."""
        return self.numbers >= (8, 6)

    @property
    def signs_webhooks(self) -> bool:
        """Whether deliveries can be signed."""
        return self.numbers >= (10, 0)

    @property
    def comment_events_tell_the_issue(self) -> bool:
        """Whether `comment_created` brings the issue along, or only the comment's address."""
        return self.numbers >= (10, 0)

    @property
    def readonly_mode(self) -> bool:
        """Whether writes can be switched off for everybody."""
        return self.numbers >= (10, 3)

    @property
    def result_window(self) -> int | None:
        """How deep searches may page; the newest one here has OpenSearch, the others Lucene."""
        return 10_000 if self.numbers >= (11, 2) else None

    @property
    def experimental_desks(self) -> bool:
        """Whether one must opt in to Service Desk's REST API, which is its version 3 there."""
        return self.numbers < (8, 0)

    @property
    def opaque_user_keys(self) -> bool:
        """Whether a user's key is `JIRAUSER` and a number; before, it is the name."""
        return self.numbers >= (8, 4)

    @property
    def comments_in_pages(self) -> bool:
        """Whether the list of comments is cut where no `maxResults` is asked for."""
        return self.numbers >= (8, 4)


VERSIONS = {
    version.name: version
    for version in (
        Version(numbers=(7, 2, 15), build=72020, built="2017-08-09"),
        Version(numbers=(7, 6, 17), build=76018, built="2019-09-11"),
        Version(numbers=(8, 4, 3), build=804003, built="2019-10-09"),
        Version(numbers=(8, 20, 30), build=820030, built="2023-12-05"),
        Version(numbers=(9, 12, 2), build=9120002, built="2024-01-09"),
        Version(numbers=(10, 3, 24), build=10030024, built="2026-09-01"),
        Version(numbers=(11, 3, 0), build=11030000, built="2025-12-01"),
    )
}
"""Oldest first. Builds and dates are made up where the numbers do not tell them."""
OLDEST, *_, NEWEST = VERSIONS
JIRA_9_12 = VERSIONS["9.12"]


def version_named(name: str) -> Version:
    """The version of a name such as `9.12`. Raises `ValueError`."""
    if name not in VERSIONS:
        raise ValueError(f"no such version: {name}; there are {', '.join(VERSIONS)}")
    return VERSIONS[name]
