"""Clients that ask AWS for each thing once, however many parts of a page show it."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice
from threading import Lock
from typing import Any, TypeVar, cast

_READS = frozenset({"get_item", "get_queue_attributes", "get_secret_value", "query", "scan"})

Client = TypeVar("Client")


def read_once(client: Client) -> Client:
    """The client, which keeps what it read until it is asked for anything but reads.

    For one request: what others write meanwhile is not seen. Threads may share it.
    """
    return cast("Client", _ReadOnce(client))


class _ReadOnce:
    def __init__(self, client: Any) -> None:  # noqa: ANN401 - of any service
        self._client = client
        self._kept: dict[str, object] = {}

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - what boto3's client has
        found = getattr(self._client, name)
        if name == "get_paginator":
            return lambda operation: _Paginator(partial(self._pages, operation))
        if name in _READS:
            return partial(self._read, name)
        self._kept.clear()
        return found

    def _read(self, name: str, **asked: object) -> Any:  # noqa: ANN401 - an answer of AWS
        return self._once(f"{name} {asked}", lambda: getattr(self._client, name)(**asked))

    def _pages(self, operation: str, **asked: object) -> Any:  # noqa: ANN401 - answers of AWS
        paginate = self._client.get_paginator(operation).paginate
        return self._once(f"pages of {operation} {asked}", lambda: _Pages(paginate(**asked)))

    def _once(self, what: str, read: Callable[[], object]) -> object:
        """Another thread may make us forget at any time."""
        found = self._kept.get(what)
        if found is None:
            found = self._kept[what] = read()
        return found


class _Paginator:
    def __init__(self, paginate: Callable[..., "_Pages"]) -> None:
        self.paginate = paginate


class _Pages:
    """Each page is read once, and only when somebody wants it."""

    def __init__(self, pages: Iterable[object]) -> None:
        self._coming, self._read, self._lock = iter(pages), list[object](), Lock()

    def __iter__(self) -> Iterator[object]:
        at = 0
        while self._is_there(at):
            yield self._read[at]
            at += 1

    def _is_there(self, at: int) -> bool:
        with self._lock:
            if at == len(self._read):
                self._read += islice(self._coming, 1)
            return at < len(self._read)
