"""Reads which Jira answers: its version, its title, and where people find it."""

from collections import abc

from pdjira.adapters.http.messages import Call, Site
from pdjira.adapters.jira.capabilities import OLDEST, Capabilities, written
from pdjira.domain.issue import ServerInfo
from pdjira.errors import Misconfigured, Temporary

SERVER_INFO = Call(method="GET", path="/rest/api/2/serverInfo", repeatable=True)
"""Jira answers it to anybody, signed in or not."""

MYSELF = Call(method="GET", path="/rest/api/2/myself", repeatable=True)
"""Jira answers it to nobody who is not signed in."""


def version_of(said: abc.Mapping[str, object]) -> tuple[int, ...]:
    """The version that an answer of serverInfo tells; empty where it tells none."""
    numbers = said.get("versionNumbers")
    parts = numbers if isinstance(numbers, list) else ()
    return tuple(part for part in parts if isinstance(part, int))


def server_info_of(said: abc.Mapping[str, object], site: Site) -> ServerInfo:
    """The server that an answer of serverInfo describes.

    Raises `Temporary` where it tells no version, `Misconfigured` where it is too old for us.
    """
    version = version_of(said)
    if not version:
        raise Temporary(f"{site.label} did not tell its version.")
    if not Capabilities(version=version).supported:
        raise Misconfigured(
            f"{site.label} is a Jira {written(version)}; pdjira works with {written(OLDEST)} and "
            "later.",
            cure=f"Update Jira to {written(OLDEST)} or later.",
        )
    return ServerInfo(
        base_url=str(said.get("baseUrl") or site.url).rstrip("/"),
        version=version,
        title=str(said.get("serverTitle") or "Jira"),
    )
