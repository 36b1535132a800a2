"""Items of DynamoDB: clients, keys, typed attributes and errors, translated once."""

import hashlib
from collections import abc
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
)

from pdjira.errors import Conflict, Misconfigured, PdjiraError, Temporary

_SERIALIZER = TypeSerializer()

_DESERIALIZER = TypeDeserializer()


def typed(item: abc.Mapping[str, object]) -> dict[str, Any]:
    """The attributes as DynamoDB takes them."""
    return {name: _SERIALIZER.serialize(value) for name, value in item.items()}


def untyped(item: abc.Mapping[str, Any]) -> dict[str, Any]:
    """The attributes as plain values; numbers as Decimal."""
    return {name: _DESERIALIZER.deserialize(value) for name, value in item.items()}


CONFIG = Config(
    connect_timeout=2,
    read_timeout=5,
    retries={"mode": "standard", "total_max_attempts": 3},
    parameter_validation=False,
)
"""Seconds for each of three attempts: a table that does not answer fails after 21 s at the most.

mypy checks what is sent, and so does AWS: botocore's own check only costs CPU time.
"""

KEY_ID_BYTES = 100

_HASHED = "sha256:"


def key_id(text: str) -> str:
    """`text` itself, or its hash where it is long, not UTF-8 or looks like such a hash."""
    raw = text.encode("utf-8", "surrogatepass")
    if len(raw) <= KEY_ID_BYTES and not text.startswith(_HASHED) and clean(text) == text:
        return text
    return _HASHED + hashlib.sha256(raw).hexdigest()


def is_hash(part: str) -> bool:
    """Whether a part of a key is the hash of an id."""
    return part.startswith(_HASHED)


def clean(text: str) -> str:
    r"""`text` with lone surrogates spelled out (`\ud800`), so that UTF-8 can encode it."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def cut(text: str, limit: int) -> str:
    """`text` within `limit` bytes of UTF-8; an ellipsis shows that something is missing."""
    raw = clean(text).encode("utf-8")
    if len(raw) <= limit:
        return raw.decode("utf-8")
    return raw[: limit - 3].decode("utf-8", "ignore").rstrip() + "…"


LOST_CONDITION = "ConditionalCheckFailedException"

CANCELLED = "TransactionCanceledException"

_TEMPORARY_PARTS = ("throttl", "timeout", "internal", "unavailable", "expiredtoken", "slowdown")

_TEMPORARY = frozenset(
    {
        "OverLimit",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceeded",
        "ProvisionedThroughputExceededException",
        "ReplicatedWriteConflictException",
        "RequestExpired",
        "RequestLimitExceeded",
        "TooManyRequestsException",
        "TransactionConflict",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)

_REDEPLOY = "Deploy the stack again; if that does not help, compare it with the template."


@contextmanager
def translated(action: str, resource: str) -> Iterator[None]:
    """Raise what botocore raises inside as ours.

    `action` is named as IAM names it (`dynamodb:Query`), `resource` as the AWS console does.
    """
    try:
        yield
    except ClientError as error:
        raise _of_answer(error, action, resource) from error
    except ParamValidationError:
        says = f"The call {action} on {resource} was not sent: a parameter is not valid."
        raise Misconfigured(says, cure=_REDEPLOY) from None  # its text holds what was to be sent
    except (NoCredentialsError, NoRegionError) as error:
        says = f"The call {action} on {resource} was not sent: {type(error).__name__}."
        cure = "Run the function with its role and region."
        raise Misconfigured(says, cure=cure) from error
    except BotoCoreError as error:
        raise Temporary(_not_now(action, resource, type(error).__name__)) from error


def code_of(error: ClientError) -> str:
    """The error code without the service's prefix (`AWS.SimpleQueueService.`)."""
    return error.response.get("Error", {}).get("Code", "").rpartition(".")[2]


def _reasons_of(error: ClientError) -> list[str]:
    """Why each part of a transaction was cancelled; `None` for a part that was not at fault."""
    reasons = error.response.get("CancellationReasons", [])
    return [reason.get("Code", "None") for reason in reasons]


def _of_answer(error: ClientError, action: str, resource: str) -> PdjiraError:
    code = code_of(error)
    if code == CANCELLED:
        return _of_codes([each for each in _reasons_of(error) if each != "None"], action, resource)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Temporary(_not_now(action, resource, code))
    return _of_codes([code], action, resource)


def _of_codes(codes: list[str], action: str, resource: str) -> PdjiraError:
    named = ", ".join(codes) or CANCELLED
    if any(code.startswith("ConditionalCheckFailed") for code in codes):
        return Conflict(f"Somebody else wrote to {resource} first.")
    if not codes or any(_is_temporary(code) for code in codes):
        return Temporary(_not_now(action, resource, named))
    if any("AccessDenied" in code for code in codes):
        return Misconfigured(
            f"The function's role may not call {action} on {resource} ({named}).",
            cure=f"Allow {action} on {resource} in the role, or deploy the stack again.",
        )
    if any("NotFound" in code or code.endswith("NonExistentQueue") for code in codes):
        return Misconfigured(f"{resource} does not exist ({action}: {named}).", cure=_REDEPLOY)
    return Misconfigured(f"AWS refuses {action} on {resource} ({named}).", cure=_REDEPLOY)


def _is_temporary(code: str) -> bool:
    return code in _TEMPORARY or any(part in code.lower() for part in _TEMPORARY_PARTS)


def _not_now(action: str, resource: str, why: str) -> str:
    return f"{action} on {resource} does not work at the moment ({why})."
