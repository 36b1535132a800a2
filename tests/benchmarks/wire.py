"""AWS answered right below its clients, where the bytes would leave for the network."""

import io
import json
from collections import abc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore import handlers
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders


class CannedAws:
    """Answers each operation of a JSON protocol with the same body, and keeps what was asked.

    An operation without an answer raises `KeyError`.
    """

    def __init__(self, **answers: abc.Mapping[str, Any]) -> None:
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
        headers = HTTPHeaders()
        headers["Content-Type"] = "application/x-amz-json-1.0"
        return AWSResponse(request.url, 200, headers, raw)


class _Raw(io.BytesIO):
    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield self.read()


def _bytes(body: object) -> bytes:
    return body if isinstance(body, bytes) else str(body).encode()


@contextmanager
def before_send(handler: Any) -> Iterator[None]:
    """Clients of sessions made inside ask `handler` alone before anything is sent.

    botocore calls every handler of this event and takes the first answer, so another one that
    answers as well, as that of moto does, would let each call take effect twice.
    """
    known = [*handlers.BUILTIN_HANDLERS]
    others = [each for each in known if each[0] != "before-send"]
    handlers.BUILTIN_HANDLERS[:] = [("before-send", handler), *others]
    try:
        yield
    finally:
        handlers.BUILTIN_HANDLERS[:] = known
