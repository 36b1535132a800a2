"""AWS answered right below its clients, where the bytes would leave for the network."""

import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from botocore import handlers
from botocore.awsrequest import AWSPreparedRequest, AWSResponse

Handler = tuple[str, Any]


class CannedAws:
    """Answers each operation of a JSON protocol with the same body, and keeps what was asked.

    An operation without an answer raises `KeyError`.
    """

    def __init__(self, **answers: Mapping[str, Any]) -> None:
        self._answers = {name: json.dumps(body).encode() for name, body in answers.items()}
        self.operations: list[str] = []
        self.last_request: bytes = b""

    def __call__(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        """The answer to a request: what botocore asks its `before-send` handlers for."""
        target = request.headers["X-Amz-Target"]
        operation = (target if isinstance(target, str) else target.decode()).rpartition(".")[2]
        self.operations.append(operation)
        self.last_request = _bytes(request.body)
        raw = _Raw(self._answers[operation])
        return AWSResponse(request.url, 200, {"Content-Type": "application/x-amz-json-1.0"}, raw)


class _Raw(io.BytesIO):
    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield self.read()


def _bytes(body: object) -> bytes:
    return body if isinstance(body, bytes) else str(body).encode()


@contextmanager
def before_send(handler: Any) -> Iterator[None]:
    """Clients of sessions made inside ask `handler` first, before anything is sent."""
    registered: Handler = ("before-send", handler)
    handlers.BUILTIN_HANDLERS.insert(0, registered)
    try:
        yield
    finally:
        handlers.BUILTIN_HANDLERS.remove(registered)
