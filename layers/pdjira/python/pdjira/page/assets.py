"""The files that pages load: styles, scripts and pictures, each under a hash of what it holds."""

import hashlib
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


class Assets:
    """Files by name. An address holds the hash, so that browsers may keep each for ever."""

    def __init__(self, files: abc.Mapping[str, bytes]) -> None:
        self._paths = {name: _path(name, body) for name, body in files.items()}
        self._by_path = {
            self._paths[name]: Asset(content_type=_TYPES[name.rpartition(".")[2]], body=body)
            for name, body in files.items()
        }

    def path(self, name: str) -> str:
        """Where a file is, below the page's own address."""
        return self._paths[name]

    def find(self, path: str) -> Asset | None:
        """The file at a path; None for any other path, as for that of an earlier version."""
        return self._by_path.get(path)


def _path(name: str, body: bytes) -> str:
    return f"/static/{hashlib.sha256(body).hexdigest()[:16]}/{name}"
