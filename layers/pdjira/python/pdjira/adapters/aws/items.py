"""Items of DynamoDB: clients, keys, typed attributes and errors; an item that cannot be read."""

import hashlib
from collections import abc
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar

from boto3.dynamodb.types import Binary, TypeDeserializer, TypeSerializer
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
)

from pdjira.errors import Conflict, Misconfigured, PdjiraError, Temporary, UnreadableItem
from pdjira.model.times import YEARS

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_SERIALIZER = TypeSerializer()

_DESERIALIZER = TypeDeserializer()


def typed(item: abc.Mapping[str, object]) -> dict[str, Any]:
    """The attributes as DynamoDB takes them."""
    return {
        name: {"S": value} if isinstance(value, str) else _SERIALIZER.serialize(value)
        for name, value in item.items()
    }


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


T = TypeVar("T")

Kind = TypeVar("Kind", bound=StrEnum)

SCHEMA_VERSION = 1

UNREADABLE_PK = "UNREADABLE#"

_MOST_RECORDED = 10
"""How many of those that are read together are recorded; once they are corrected, the next are."""

_LONGEST_TEXT = 500

_BEGINNING = datetime.min.replace(tzinfo=UTC)
"""The one time of another year that is ours."""


class Attributes:
    """The attributes of an item, or of a map within it: each is read as the kind that it must be.

    Raises `ValueError`, which names the attribute. What is NULL counts as left out.
    """

    def __init__(self, values: object, *, within: str = "") -> None:
        if not isinstance(values, abc.Mapping):
            raise ValueError(f"`{within.rstrip('.')}` is not a map")  # noqa: TRY004 - one kind for all
        self._values: abc.Mapping[str, Any] = values
        self._within = within

    def of_version(self, version: int) -> None:
        """Raise where another version of the stack wrote it."""
        if self._values.get("schema_version") != version:
            raise ValueError(f"`schema_version` is not {version}")

    def text(self, name: str) -> str:
        """A text that has to be there."""
        return self._needed(name, self.maybe_text(name))

    def maybe_text(self, name: str) -> str | None:
        """A text; None where it is left out."""
        found: str | None = self._maybe(name, str, "a text")
        return found

    def time(self, name: str) -> datetime:
        """A time that has to be there, aware."""
        return self._needed(name, self.maybe_time(name))

    def maybe_time(self, name: str) -> datetime | None:
        """A time, aware; None where it is left out."""
        return self.parsed(name, _time) if self.maybe_text(name) else None

    def number(self, name: str) -> int:
        """A whole number that has to be there."""
        found = self._needed(name, self._maybe(name, (Decimal, int), "a number"))
        if isinstance(found, bool) or int(found) != found:
            raise ValueError(f"`{self._within}{name}` is not a whole number")
        return int(found)

    def maybe_number(self, name: str) -> int | None:
        """A whole number, or None where it is left out."""
        found = self._maybe(name, (Decimal, int), "a number")
        return None if found is None else self.number(name)

    def binary(self, name: str) -> object:
        """A binary value that has to be there; it turns into bytes."""
        return self._needed(name, self._maybe(name, (Binary, bytes), "binary"))

    def flag(self, name: str) -> bool:
        """A boolean; false where it is left out."""
        return bool(self._maybe(name, bool, "true or false"))

    def one_of(self, name: str, kind: type[Kind]) -> Kind:
        """One of the values of an enumeration; it has to be there."""
        return self._needed(name, self.maybe_one_of(name, kind))

    def maybe_one_of(self, name: str, kind: type[Kind]) -> Kind | None:
        """One of the values of an enumeration; None where it is left out."""
        return self.parsed(name, kind) if self.maybe_text(name) else None

    def parsed(self, name: str, parse: Callable[[str], T], *, default: str | None = None) -> T:
        """What a text says, or the default; one of the two has to be there."""
        text = self._needed(name, self.maybe_text(name) or default)
        try:
            return parse(text)
        except (ArithmeticError, OSError, ValueError) as error:
            raise ValueError(f"`{self._within}{name}` is not written as it should be") from error

    def parsed_texts(self, name: str, parse: Callable[[str], T]) -> tuple[T, ...]:
        """What each text of a list says; nothing where it is left out."""
        return tuple(
            Attributes({name: text}, within=self._within).parsed(name, parse)
            for text in self.texts(name)
        )

    def part(self, name: str) -> "Attributes":
        """A map within; an empty one where it is left out."""
        found = self._values.get(name)
        return Attributes({} if found is None else found, within=f"{self._within}{name}.")

    def maybe_part(self, name: str) -> "Attributes | None":
        """A map within; None where it is left out."""
        return None if self._values.get(name) is None else self.part(name)

    def parts(self, name: str) -> Sequence["Attributes"]:
        """The maps of a list; none where it is left out."""
        found = self._maybe(name, list, "a list") or []
        return [
            Attributes(each, within=f"{self._within}{name}[{number}].")
            for number, each in enumerate(found)
        ]

    def texts(self, name: str) -> Sequence[str]:
        """The texts of a list; none where it is left out."""
        found = self._maybe(name, list, "a list") or []
        if not all(isinstance(each, str) for each in found):
            raise ValueError(f"`{self._within}{name}` is not a list of texts")
        return found

    def all_texts(self) -> dict[str, str]:
        """Every text by its name; what is of another kind is left out."""
        return {name: each for name, each in self._values.items() if isinstance(each, str)}

    def _maybe(self, name: str, kind: Any, named: str) -> Any:  # noqa: ANN401 - by `kind`
        found = self._values.get(name)
        if found is not None and not isinstance(found, kind):
            raise ValueError(f"`{self._within}{name}` is not {named}")
        return found

    def _needed(self, name: str, found: T | None) -> T:
        if found is None:
            raise ValueError(f"`{self._within}{name}` is missing")
        return found


def _time(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(text)
    if found != _BEGINNING and found.year not in YEARS:
        raise ValueError(text)
    return found


def read_item(item: abc.Mapping[str, Any], read: Callable[[Attributes], T], *, table: str) -> T:
    """What `read` makes of a stored item. Raises `UnreadableItem`, which names table and key."""
    try:
        attributes = Attributes(item)
        attributes.of_version(SCHEMA_VERSION)
        return read(attributes)
    except ValueError as error:
        key = (str(item["pk"]), str(item["sk"]))
        raise UnreadableItem(table=table, key=key, why=str(error)) from error


def put_item(client: "DynamoDBClient", table: str, item: abc.Mapping[str, object]) -> None:
    """Store an item in place of any other with its key."""
    with translated("dynamodb:PutItem", table):
        client.put_item(TableName=table, Item=typed(item))


def get_item(
    client: "DynamoDBClient", table: str, key: abc.Mapping[str, object], *, is_fresh: bool = True
) -> dict[str, Any] | None:
    """The item with that key; None where there is none. `is_fresh`: strongly consistent."""
    with translated("dynamodb:GetItem", table):
        answer = client.get_item(TableName=table, Key=typed(key), ConsistentRead=is_fresh)
    return untyped(answer["Item"]) if "Item" in answer else None


def find_item(
    client: "DynamoDBClient",
    table: str,
    key: abc.Mapping[str, object],
    read: Callable[[Attributes], T],
    *,
    is_fresh: bool = True,
) -> T | None:
    """What `read` makes of the item with that key; None also where it cannot be read."""
    item = get_item(client, table, key, is_fresh=is_fresh)
    with suppress(UnreadableItem):
        return read_item(item, read, table=table) if item else None
    return None


def items_under(
    client: "DynamoDBClient", table: str, pk: str, prefix: str = "", *, is_fresh: bool = True
) -> Iterator[dict[str, Any]]:
    """The items of a partition whose sort key begins so, page by page."""
    condition, values = "pk = :pk", {":pk": pk}
    if prefix:
        condition, values = (
            f"{condition} AND begins_with(sk, :prefix)",
            {**values, ":prefix": prefix},
        )
    with translated("dynamodb:Query", table):
        pages = client.get_paginator("query").paginate(
            TableName=table,
            KeyConditionExpression=condition,
            ExpressionAttributeValues=typed(values),
            ConsistentRead=is_fresh,
        )
        for page in pages:
            yield from map(untyped, page["Items"])


class ItemReader:
    """Reads items of the table `table` by the one rule, and records those that cannot be read."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def read(self, item: abc.Mapping[str, Any], read: Callable[[Attributes], T]) -> T:
        """What `read` makes of the item. Raises `UnreadableItem` once that is recorded."""
        try:
            return read_item(item, read, table=self._table)
        except UnreadableItem as error:
            self._record(error)
            raise

    def maybe(self, item: abc.Mapping[str, Any], read: Callable[[Attributes], T]) -> T | None:
        """What `read` makes of the item; None where it cannot be read, which is recorded."""
        return next(self.readable([item], read), None)

    def readable(
        self, items: Iterable[abc.Mapping[str, Any]], read: Callable[[Attributes], T]
    ) -> Iterator[T]:
        """What `read` makes of each; those that cannot be read are recorded and left out."""
        unreadable = 0
        for item in items:
            try:
                yield read_item(item, read, table=self._table)
            except UnreadableItem as error:
                unreadable += 1
                if unreadable <= _MOST_RECORDED:
                    self._record(error)

    def _record(self, error: UnreadableItem) -> None:
        """Where even that fails, somebody will meet the item again."""
        pk, sk = error.key
        record = {
            "pk": UNREADABLE_PK,
            "sk": key_id(f"{pk} {sk}"),
            "schema_version": SCHEMA_VERSION,
            "item_pk": pk,
            "item_sk": sk,
            "why": cut(error.why, _LONGEST_TEXT),
        }
        with suppress(PdjiraError):
            put_item(self._client, self._table, record)


LINK_PREFIX = "LINK#"

SWEEP_INDEX = "open-links"


def incident_pk(incident_id: str) -> str:
    """The partition of an incident: its links and its timeline."""
    return f"INCIDENT#{key_id(incident_id)}"


def issue_pk(issue_id: str) -> str:
    """The partition of an issue: the way back to its incident."""
    return f"ISSUE#{key_id(issue_id)}"


def link_key(incident_id: str, mapping_id: str) -> dict[str, str]:
    """The key of a link."""
    return {"pk": incident_pk(incident_id), "sk": f"{LINK_PREFIX}{key_id(mapping_id)}"}


def stamp(at: datetime) -> str:
    """A time as it is stored, to the microsecond: two claims are told apart by it."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")
