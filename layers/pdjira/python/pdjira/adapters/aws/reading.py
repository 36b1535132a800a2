"""How every stored item is read: by one rule, so that one that cannot be read costs itself alone.

Whoever meets such an item leaves a record of it in the same table, by which `health` tells of it.
"""

from collections import abc
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

from pdjira.adapters.aws.items import cut, key_id, translated, typed
from pdjira.errors import PdjiraError, UnreadableItem
from pdjira.model.times import YEARS

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

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
        with suppress(PdjiraError), translated("dynamodb:PutItem", self._table):
            self._client.put_item(TableName=self._table, Item=typed(record))
