"""What the readers of both vendors' webhooks share: JSON that may hold anything, read totally."""

import base64
import hashlib
import json
from typing import Any

from pdjira.domain.signals import Signal, SignalKind

LONGEST_ID = 1_000
"""Characters: whatever is longer is no id, and might not fit into the queue."""


def get(value: object, key: str) -> Any:  # noqa: ANN401 - JSON of a vendor, any value may be there
    """The value of a key; None where there is none, or nothing that has keys."""
    return value.get(key) if isinstance(value, dict) else None


def text(value: object) -> str | None:
    """A text that is not empty; None for anything else."""
    return value if isinstance(value, str) and value else None


def digest(body: bytes) -> str:
    """What names a delivery that has no id of its own: the same bytes, the same name."""
    return hashlib.sha256(body).hexdigest()


def unreadable(body: bytes, reason: str) -> Signal:
    """The signal of a delivery that cannot be read; it is kept whole."""
    return Signal(
        kind=SignalKind.UNREADABLE,
        id=digest(body),
        body=base64.b64encode(body).decode("ascii"),
        reason=reason,
    )


def what_is_wrong(error: Exception) -> str:
    """What an error while reading a delivery says of it, as the end of a sentence."""
    match error:
        case json.JSONDecodeError() | UnicodeDecodeError():
            return "it is not JSON"
        case RecursionError():
            return "it is nested too deeply"
        case _:
            return str(error)
