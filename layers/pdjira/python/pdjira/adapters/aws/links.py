"""Links and their timelines in `LinksTable`. Nothing is scanned: each read is a key or query."""

from collections import abc
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, timedelta
from functools import partial
from heapq import merge
from itertools import islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Literal

from botocore.exceptions import ClientError

from pdjira.adapters.aws.items import (
    CANCELLED,
    LINK_PREFIX,
    LOST_CONDITION,
    SCHEMA_VERSION,
    SWEEP_INDEX,
    Attributes,
    ItemReader,
    clean,
    code_of,
    cut,
    get_item,
    incident_pk,
    issue_pk,
    items_under,
    key_id,
    link_key,
    put_item,
    read_item,
    stamp,
    translated,
    typed,
    untyped,
)
from pdjira.adapters.aws.stored_link import (
    FAILED,
    NUMBER,
    OPEN,
    OPTIONAL_ATTRIBUTES,
    fitted,
    link_attributes,
    read_link,
    unreadable_link,
)
from pdjira.errors import Conflict, Temporary, UnreadableItem, split_cure, with_cure
from pdjira.jql.ports import BATCH
from pdjira.model.issue import IssueRef
from pdjira.model.link import Link, LinkCounts, TimelineEntry
from pdjira.model.times import TimeLeft

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import PutTypeDef, QueryOutputTypeDef


OPENING = "opening"
"""The state of a claim in the place of the way back: the issue is to open an incident."""

_NAMED = 10


class DynamoLinks:
    """`Links` on the table `table`.

    `writer` names this process, at most 32 characters. A write whose answer was lost, and which
    botocore sent again, is recognised by it; the same words of another process are a conflict.
    """

    def __init__(self, client: "DynamoDBClient", table: str, *, writer: str) -> None:
        self._client = client
        self._table = table
        self._writer = writer
        self._reader = ItemReader(client, table)

    def of_incident(self, incident_id: str) -> Sequence[Link]:
        """As the port says; strongly consistent."""
        read = partial(read_link, incident_id=incident_id)
        links = [
            self._reader.maybe(item, read) or unreadable_link(item, incident_id=incident_id)
            for item in self._query(incident_pk(incident_id), LINK_PREFIX)
        ]
        return sorted(links, key=lambda link: link.mapping_id)

    def save(self, link: Link) -> Link:
        """Store a link on the condition of its version, and return it as stored."""
        wanted = fitted(replace(link, version=link.version + 1))
        with translated("dynamodb:UpdateItem", self._table):
            try:
                self._client.update_item(**self._update_of(wanted))
            except ClientError as error:
                if code_of(error) != LOST_CONDITION:
                    raise
                if not self._is_ours(error.response.get("Item"), wanted):
                    raise self._lost(wanted) from error
        return wanted

    def complete(self, link: Link) -> Link:
        """Store a link and the way back from its issue in one transaction.

        Raises `ValueError` for a link that names no issue.
        """
        if link.issue is None:
            raise ValueError("a link without an issue is not complete")
        wanted = fitted(replace(link, version=link.version + 1))
        self._write_both(wanted, self._way_back(link.issue, wanted))
        return wanted

    def join(self, link: Link, issue: IssueRef) -> Link | None:
        """Store a link and the way back from another issue, unless that issue has one, or a claim.

        Both in one transaction; None: nothing was stored.
        """
        wanted = fitted(replace(link, version=link.version + 1))
        way_back = self._way_back(issue, wanted)
        way_back["ConditionExpression"] = "attribute_not_exists(pk)"
        return wanted if self._write_both(wanted, way_back) else None

    def incident_of(self, issue_id: str) -> str | None:
        """As the port says; strongly consistent."""
        item = get_item(self._client, self._table, {"pk": issue_pk(issue_id), "sk": "LINK"})
        return self._reader.read(item, read_way_back) if item else None

    def record(self, entry: TimelineEntry) -> None:
        """Add to the incident's timeline, for 90 days."""
        put_item(self._client, self._table, entry_item(entry))

    def timeline(self, incident_id: str) -> Sequence[TimelineEntry]:
        """The incident's timeline, oldest first."""
        items = self._query(incident_pk(incident_id), EVENT_PREFIX)
        return [*self._reader.readable(items, partial(read_entry, incident_id=incident_id))]

    def counts(self) -> LinkCounts:
        """How many links the sparse index has as open, and the incidents of failed ones."""
        found = (untyped(key) for page in self._swept(FAILED) for key in page["Items"])
        failed = {str(key["pk"]).removeprefix(incident_pk("")) for key in found}
        ids = sorted(one for one in failed if key_id(one) == one)
        return LinkCounts(
            open=sum(page["Count"] for page in self._swept(OPEN, select="COUNT")),
            failed=len(failed),
            failed_incidents=tuple(ids[:_NAMED]),
        )

    def _swept(
        self,
        sweep: str,
        *,
        select: Literal["COUNT", "ALL_PROJECTED_ATTRIBUTES"] = "ALL_PROJECTED_ATTRIBUTES",
    ) -> Iterator["QueryOutputTypeDef"]:
        """The keys of the links that the sparse index has under that value, page by page."""
        with translated("dynamodb:Query", f"{self._table}/index/{SWEEP_INDEX}"):
            yield from self._client.get_paginator("query").paginate(
                TableName=self._table,
                IndexName=SWEEP_INDEX,
                KeyConditionExpression="sweep = :sweep",
                ExpressionAttributeValues=typed({":sweep": sweep}),
                Select=select,
            )

    def _query(self, partition: str, prefix: str) -> Iterator[dict[str, Any]]:
        yield from items_under(self._client, self._table, partition, prefix)

    def _update_of(self, link: Link) -> Any:  # noqa: ANN401 - fits two calls of the client
        attributes = link_attributes(link, writer=self._writer)
        values = {f":{name}": value for name, value in attributes.items()}
        removed = [name for name in OPTIONAL_ATTRIBUTES if name not in attributes]
        expression = "SET " + ", ".join(f"#{name} = :{name}" for name in attributes)
        if removed:
            expression += " REMOVE " + ", ".join(f"#{name}" for name in removed)
        condition = "attribute_not_exists(pk)"
        if link.version > 1:
            condition = "#version = :read_version"
            values[":read_version"] = link.version - 1
        return {
            "TableName": self._table,
            "Key": typed(link_key(link.incident_id, link.mapping_id)),
            "UpdateExpression": expression,
            "ConditionExpression": condition,
            "ExpressionAttributeNames": {f"#{name}": name for name in (*attributes, *removed)},
            "ExpressionAttributeValues": typed(values),
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }

    def _write_both(self, wanted: Link, way_back: "PutTypeDef") -> bool:
        """Write both in one transaction; False where only the way back's condition failed."""
        with translated("dynamodb:TransactWriteItems", self._table):
            try:
                self._client.transact_write_items(
                    TransactItems=[{"Update": self._update_of(wanted)}, {"Put": way_back}]
                )
            except ClientError as error:
                if code_of(error) != CANCELLED:
                    raise
                reasons = error.response.get("CancellationReasons") or [{}]
                codes = [reason.get("Code", "None") for reason in reasons]
                if codes == ["None", "ConditionalCheckFailed"]:
                    return False
                if not self._is_ours(reasons[0].get("Item"), wanted):
                    raise
        return True

    def _way_back(self, issue: IssueRef, link: Link) -> "PutTypeDef":
        item = {
            "pk": issue_pk(issue.id),
            "sk": "LINK",
            "schema_version": SCHEMA_VERSION,
            "incident": clean(link.incident_id),
            "mapping": clean(link.mapping_id),
        }
        return {"TableName": self._table, "Item": typed(item)}

    def _is_ours(self, item: object, wanted: Link) -> bool:
        """Whether the write in question had taken effect: its answer was lost below us."""
        if not isinstance(item, abc.Mapping):
            return False
        stored = untyped(item)
        if stored.get("writer") != self._writer:
            return False
        read = partial(read_link, incident_id=wanted.incident_id)
        try:
            return read_item(stored, read, table=self._table) == wanted
        except UnreadableItem:
            return False

    def _lost(self, link: Link) -> Conflict:
        return Conflict(
            f"The link of incident {clean(link.incident_id)} under mapping "
            f"{clean(link.mapping_id)} was changed by somebody else."
        )


def read_way_back(item: Attributes) -> str | None:
    """The incident of a way back; None for the claim that is there before."""
    return None if item.maybe_text("state") == OPENING else item.text("incident")


_INCIDENT = "INCIDENT#"


class DynamoFailedLinks:
    """The links whose issue Jira refused, on the index of the table `table`."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def incidents_of(self, mapping_id: str) -> Sequence[str]:
        """As the port says; a link that is gone by now is passed over."""
        found = [self._incident_of(key) for key in self._keys(f"{LINK_PREFIX}{key_id(mapping_id)}")]
        return [incident_id for incident_id in found if incident_id is not None]

    def _keys(self, sort_key: str) -> Iterator[dict[str, Any]]:
        with translated("dynamodb:Query", f"{self._table}/index/{SWEEP_INDEX}"):
            pages = self._client.get_paginator("query").paginate(
                TableName=self._table,
                IndexName=SWEEP_INDEX,
                KeyConditionExpression="sweep = :sweep",
                FilterExpression="sk = :sk",
                ExpressionAttributeValues=typed({":sweep": FAILED, ":sk": sort_key}),
            )
            for page in pages:
                yield from map(untyped, page["Items"])

    def _incident_of(self, key: dict[str, Any]) -> str | None:
        """The id within the key; where the key has only its hash, the link itself has the id."""
        incident_id = str(key["pk"]).removeprefix(_INCIDENT)
        if key_id(incident_id) == incident_id:
            return incident_id
        item = get_item(
            self._client, self._table, {"pk": key["pk"], "sk": key["sk"]}, is_fresh=False
        )
        if item is None:
            return None
        with suppress(UnreadableItem):  # the sweep reads it as well, and records it
            return read_item(item, _incident, table=self._table)
        return None


def _incident(item: Attributes) -> str:
    return item.text("incident")


_DIGITS, _NO_NUMBER = 18, -1


class DynamoIncidentNames:
    """`IncidentNamed` on the table `table`: a scan, since a name is asked for once in a while."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def incident_named(self, name: str, time_left: TimeLeft) -> str | None:
        """As the port says."""
        number = int(name) if name.isdecimal() and len(name) <= _DIGITS else _NO_NUMBER
        with translated("dynamodb:Scan", self._table):
            pages = self._client.get_paginator("scan").paginate(
                TableName=self._table,
                FilterExpression="begins_with(sk, :link) AND (issue.#key = :key OR #no = :no)",
                ProjectionExpression="incident",
                ExpressionAttributeNames={"#key": "key", "#no": NUMBER},
                ExpressionAttributeValues=typed(
                    {":link": LINK_PREFIX, ":key": name, ":no": number}
                ),
            )
            for page in pages:
                found = [untyped(item).get("incident") for item in page["Items"]]
                if found or time_left() <= 0:
                    return next((one for one in found if isinstance(one, str)), None)
        return None


EVENT_PREFIX = "EVENT#"

_KEPT = timedelta(days=90)

_SENTENCES = 20

_SENTENCE_BYTES = 500

_CURE_BYTES = 200


def entry_key(entry: TimelineEntry) -> dict[str, str]:
    """The key of an entry: by time in milliseconds, then by signal."""
    at = entry.at.astimezone(UTC).isoformat(timespec="milliseconds")
    return {
        "pk": incident_pk(entry.incident_id),
        "sk": f"{EVENT_PREFIX}{at}#{key_id(entry.signal_id)}",
    }


def fitted_entry(entry: TimelineEntry) -> TimelineEntry:
    """The entry as it is stored: the first 20 sentences, 500 bytes of each, the cure among them."""
    says = tuple(_fitted(sentence) for sentence in entry.says[:_SENTENCES])
    return replace(entry, signal=clean(entry.signal), signal_id=clean(entry.signal_id), says=says)


def _fitted(sentence: str) -> str:
    says, cure = split_cure(sentence)
    its_cure = with_cure("", cut(cure, _CURE_BYTES) if cure else None)
    return cut(says, _SENTENCE_BYTES - len(its_cure.encode())) + its_cure


def entry_item(entry: TimelineEntry) -> dict[str, Any]:
    """The whole item; `expires_at` is in seconds since the epoch."""
    kept = fitted_entry(entry)
    return {
        **entry_key(entry),
        "schema_version": SCHEMA_VERSION,
        "at": stamp(kept.at),
        "signal": kept.signal,
        "signal_id": kept.signal_id,
        "says": list(kept.says),
        "expires_at": int((kept.at + _KEPT).timestamp()),
    }


def read_entry(item: Attributes, *, incident_id: str) -> TimelineEntry:
    """The entry of a stored item; `incident_id` as the caller knows it."""
    return TimelineEntry(
        incident_id=incident_id,
        at=item.time("at"),
        signal=item.text("signal"),
        signal_id=item.text("signal_id"),
        says=tuple(item.texts("says")),
    )


_Key = tuple[str, str]


class DynamoOpenLinks:
    """`OpenLinks` on the table `table` and its index.

    A batch is one BatchGetItem, which takes up to 100 keys:
    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
    """

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table
        self._reader = ItemReader(client, table)

    def batches(self, *, start: str = "") -> Iterator[Sequence[Link]]:
        """As the port says: strongly consistent once the index, in its order, tells of a link."""
        keys = merge(*(self._keys(sweep, start) for sweep in (OPEN, FAILED)), key=itemgetter(0))
        while batch := list(dict.fromkeys(islice(keys, BATCH))):
            items = self._items(batch)
            links = [items[key] for key in batch if key in items and key[1].startswith(LINK_PREFIX)]
            yield tuple(self._reader.readable(links, read_link))

    def refused(self, most: int) -> tuple[Sequence[Link], int]:
        """As the port says, a batch for each hundred."""
        keys = list(self._keys(FAILED, ""))
        wanted, links = keys[:most], list[Link]()
        for start in range(0, len(wanted), BATCH):
            items = self._items(wanted[start : start + BATCH])
            links += self._reader.readable(items.values(), read_link)
        return links, len({pk for pk, _ in keys})

    def _keys(self, sweep: str, start: str) -> Iterator[_Key]:
        condition, values = "sweep = :sweep", {":sweep": sweep}
        if start:
            condition, values = f"{condition} AND pk >= :pk", values | {":pk": incident_pk(start)}
        with translated("dynamodb:Query", f"{self._table}/index/{SWEEP_INDEX}"):
            pages = self._client.get_paginator("query").paginate(
                TableName=self._table,
                IndexName=SWEEP_INDEX,
                KeyConditionExpression=condition,
                ExpressionAttributeValues=typed(values),
            )
            for page in pages:
                yield from map(_key, map(untyped, page["Items"]))

    def _items(self, keys: Sequence[_Key]) -> dict[_Key, dict[str, Any]]:
        """The items of these keys; what AWS leaves out is asked for again, as long as some come."""
        found: dict[_Key, dict[str, Any]] = {}
        wanted: Any = [typed({"pk": pk, "sk": sk}) for pk, sk in keys]
        while wanted:
            asked = len(wanted)
            with translated("dynamodb:BatchGetItem", self._table):
                answer = self._client.batch_get_item(
                    RequestItems={self._table: {"Keys": wanted, "ConsistentRead": True}}
                )
            items = map(untyped, answer["Responses"].get(self._table, []))
            found |= {_key(item): item for item in items}
            left = answer.get("UnprocessedKeys", {}).get(self._table)
            wanted = left["Keys"] if left else []
            if len(wanted) == asked:
                raise Temporary(
                    f"dynamodb:BatchGetItem on {self._table} does not work at the moment "
                    "(UnprocessedKeys)."
                )
        return found


def _key(item: dict[str, Any]) -> _Key:
    return str(item["pk"]), str(item["sk"])
