"""The files that pages load: styles, scripts and pictures, under a hash of what they hold."""

from collections import abc
from dataclasses import dataclass

_TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml; charset=utf-8",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """A file as it is sent."""

    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Assets:
    """Files by name. An address holds `hash_`, so that browsers may keep each file for ever."""

    hash_: str
    files: abc.Mapping[str, bytes]

    def find(self, path: str) -> Asset | None:
        """The file at a path; None for any other path, as for that of an earlier version."""
        before, _, name = path.rpartition("/")
        if before != f"/static/{self.hash_}" or name not in self.files:
            return None
        return Asset(content_type=_TYPES[name.rpartition(".")[2]], body=self.files[name])
