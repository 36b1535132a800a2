"""Issues that match a mapping's JQL and the incidents they open, in `LinksTable`."""

from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from pdjira.adapters.aws.items import (
    SCHEMA_VERSION,
    SWEEP_INDEX,
    Attributes,
    ItemReader,
    clean,
    cut,
    get_item,
    issue_pk,
    items_under,
    key_id,
    stamp,
    translated,
    typed,
    untyped,
)
from pdjira.adapters.aws.links import OPENING
from pdjira.adapters.aws.versioned import VersionedItems
from pdjira.errors import Conflict, UnreadableItem
from pdjira.jql.matches import MatchRefusal, MatchRow, MatchState
from pdjira.jql.opening_rules import Brake, Opening, PauseNoteAttempt
from pdjira.model.comment import EarlierComments

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_ISSUE = "ISSUE#"

_WAITING = "waiting"

_FEW = 25

_LONGEST_TEXT = 1000

_NAMES = {"#state": "state", "#reads": "reads"}

_IS_THAT = "#state = :state AND #reads = :reads"

_GIVES_WAY = (
    "attribute_not_exists(pk) OR (#reads <> :reads AND #state <> :opened AND seen_at <= :seen_at)"
)

_OR_HAS_OPENED_FOR_ANOTHER = (
    " OR (attribute_exists(issue_created_at) AND issue_created_at <> :created"
    " AND #state = :opened AND seen_at <= :seen_at)"
)


class DynamoMatchRows:
    """`MatchRows` on the table `table`."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table
        self._reader = ItemReader(client, table)

    def add(self, row: MatchRow) -> bool:
        """As the port says."""
        given = {
            ":reads": row.reads,
            ":opened": MatchState.OPENED.value,
            ":seen_at": stamp(row.seen_at),
        }
        condition = _GIVES_WAY
        if row.issue_created_at:
            condition += _OR_HAS_OPENED_FOR_ANOTHER
            given[":created"] = stamp(row.issue_created_at)
        try:
            self._put(row, condition, given)
        except Conflict:
            return False
        return True

    def add_new(self, rows: Sequence[MatchRow]) -> Sequence[MatchRow]:
        """As the port says: a write that is refused costs as much as one that is not."""
        known = {}
        if len(rows) > _FEW:
            known = {row.issue_id: row for row in self.all(rows[0].mapping_id)}
        return [row for row in rows if not _stays(known.get(row.issue_id), row) and self.add(row)]

    def find(self, mapping_id: str, issue_id: str) -> MatchRow | None:
        """As the port says; strongly consistent."""
        item = get_item(self._client, self._table, _key(mapping_id, issue_id))
        read = partial(read_row, mapping_id=mapping_id)
        return self._reader.maybe(item, read) if item else None

    def put(self, row: MatchRow, *, after: MatchState) -> None:
        """As the port says."""
        with suppress(Conflict):
            self._put(row, _IS_THAT, {":state": after.value, ":reads": row.reads})

    def refuse(self, row: MatchRow, refusal: MatchRefusal) -> None:
        """As the port says."""
        waiting = replace(row, state=MatchState.WAITING)
        self._update(waiting, "SET refusal = :new", {":new": _written_refusal(refusal)})

    def miss(self, row: MatchRow, *, since: datetime | None) -> None:
        """As the port says."""
        if since:
            self._update(row, "SET missed_at = :new", {":new": stamp(since)})
        else:
            self._update(row, "REMOVE missed_at", {})

    def forget(self, row: MatchRow) -> None:
        """As the port says."""
        with suppress(Conflict), translated("dynamodb:DeleteItem", self._table):
            self._client.delete_item(
                TableName=self._table,
                Key=typed(_key(row.mapping_id, row.issue_id)),
                ConditionExpression=_IS_THAT,
                ExpressionAttributeNames=_NAMES,
                ExpressionAttributeValues=typed({":state": row.state.value, ":reads": row.reads}),
            )

    def all(self, mapping_id: str) -> Sequence[MatchRow]:
        """As the port says; strongly consistent."""
        items = items_under(self._client, self._table, _pk(mapping_id))
        return [*self._reader.readable(items, partial(read_row, mapping_id=mapping_id))]

    def waiting(self, mapping_id: str) -> Sequence[MatchRow]:
        """As the port says: the index tells which, the table how they are now.

        Few are read one by one, many by reading all rows of the mapping: 20 of them cost what one
        does.
        """
        with translated("dynamodb:Query", f"{self._table}/index/{SWEEP_INDEX}"):
            pages = self._client.get_paginator("query").paginate(
                TableName=self._table,
                IndexName=SWEEP_INDEX,
                KeyConditionExpression="sweep = :sweep AND pk = :pk",
                ExpressionAttributeValues=typed({":sweep": _WAITING, ":pk": _pk(mapping_id)}),
            )
            keys = [untyped(item)["sk"] for page in pages for item in page["Items"]]
        if len(keys) > _FEW:
            found: Iterable[MatchRow | None] = self.all(mapping_id)
        else:
            found = [self.find(mapping_id, str(key).removeprefix(_ISSUE)) for key in sorted(keys)]
        return [row for row in found if row and row.state is MatchState.WAITING]

    def count_waiting(self, mapping_id: str, *, reads: str) -> int:
        """As the port says; strongly consistent."""
        values = {":pk": _pk(mapping_id), ":state": MatchState.WAITING.value, ":reads": reads}
        with translated("dynamodb:Query", self._table):
            pages = self._client.get_paginator("query").paginate(
                TableName=self._table,
                KeyConditionExpression="pk = :pk",
                FilterExpression=_IS_THAT,
                ExpressionAttributeNames=_NAMES,
                ExpressionAttributeValues=typed(values),
                Select="COUNT",
                ConsistentRead=True,
            )
            return sum(page["Count"] for page in pages)

    def waiting_among(self, mapping_ids: Collection[str]) -> Collection[str]:
        """As the port says; half a read unit where nothing waits."""
        found = VersionedItems(self._client, self._table).swept(_WAITING)
        return {one for one in mapping_ids if _pk(one) in found}

    def _update(self, row: MatchRow, change: str, values: dict[str, object]) -> None:
        """Change a row that is in this state and reads this; any other stays."""
        given = {":state": row.state.value, ":reads": row.reads, **values}
        with suppress(Conflict), translated("dynamodb:UpdateItem", self._table):
            self._client.update_item(
                TableName=self._table,
                Key=typed(_key(row.mapping_id, row.issue_id)),
                UpdateExpression=change,
                ConditionExpression=_IS_THAT,
                ExpressionAttributeNames=_NAMES,
                ExpressionAttributeValues=typed(given),
            )

    def _put(self, row: MatchRow, condition: str, values: dict[str, str]) -> None:
        with translated("dynamodb:PutItem", self._table):
            self._client.put_item(
                TableName=self._table,
                Item=typed(_written(row)),
                ConditionExpression=condition,
                ExpressionAttributeNames=_NAMES,
                ExpressionAttributeValues=typed(values),
            )


def _key(mapping_id: str, issue_id: str) -> dict[str, str]:
    return {"pk": _pk(mapping_id), "sk": f"{_ISSUE}{key_id(issue_id)}"}


def _pk(mapping_id: str) -> str:
    return f"MATCH#{key_id(mapping_id)}"


def _stays(stored: MatchRow | None, row: MatchRow) -> bool:
    """Whether the stored row surely does not give way."""
    if stored is None or stored.has_opened_for_another(row.issue_created_at):
        return False
    return stored.reads == row.reads or stored.state is MatchState.OPENED


def _written_refusal(refusal: MatchRefusal) -> dict[str, object]:
    return {
        "at": stamp(refusal.at),
        "says": cut(refusal.says, _LONGEST_TEXT),
        "cure": cut(refusal.cure, _LONGEST_TEXT) if refusal.cure else None,
    }


def _read_refusal(stored: Attributes | None) -> MatchRefusal | None:
    if stored is None:
        return None
    return MatchRefusal(
        at=stored.time("at"), says=stored.text("says"), cure=stored.maybe_text("cure")
    )


def _written(row: MatchRow) -> dict[str, object]:
    item: dict[str, object] = {
        **_key(row.mapping_id, row.issue_id),
        "schema_version": SCHEMA_VERSION,
        "issue": row.issue_id,
        "state": row.state.value,
        "seen_at": stamp(row.seen_at),
        "reads": row.reads,
        "released": row.released,
    }
    if row.state is MatchState.WAITING:
        item["sweep"] = _WAITING
    if row.missed_at:
        item["missed_at"] = stamp(row.missed_at)
    if row.issue_created_at:
        item["issue_created_at"] = stamp(row.issue_created_at)
    if row.refusal:
        item["refusal"] = _written_refusal(row.refusal)
    return item


def read_row(item: Attributes, *, mapping_id: str) -> MatchRow:
    """The row of a stored item; `mapping_id` as the caller knows it."""
    return MatchRow(
        mapping_id=mapping_id,
        issue_id=item.text("issue"),
        state=item.one_of("state", MatchState),
        seen_at=item.time("seen_at"),
        reads=item.text("reads"),
        released=item.flag("released"),
        missed_at=item.maybe_time("missed_at"),
        issue_created_at=item.maybe_time("issue_created_at"),
        refusal=_read_refusal(item.maybe_part("refusal")),
    )


_PAUSED = "paused"


class DynamoOpenings:
    """`Openings`: a claim is where the way back of its issue will be."""

    def __init__(self, items: VersionedItems) -> None:
        self._items = items

    def find(self, issue_id: str) -> Opening | None:
        """As the port says."""
        return self._items.find(issue_pk(issue_id), "LINK", partial(read_claim, issue_id=issue_id))

    def put(self, opening: Opening) -> Opening:
        """As the port says; the way back has no version, so it stays."""
        attributes = {
            "state": OPENING,
            "opening_mapping": clean(opening.mapping_id),
            "service": clean(opening.service_id),
            "incident_key": clean(opening.incident_key),
            "attempt_at": stamp(opening.attempt_at) if opening.attempt_at else None,
            "issue_status": opening.issue_status_id,
            "earlier_comments": _earlier_item(opening.earlier_comments),
        }
        pk = issue_pk(opening.issue_id)
        return replace(
            opening, version=self._items.put(pk, "LINK", attributes, known=opening.version)
        )


class DynamoBrakes:
    """`Brakes`: one item for each mapping, and one for the stack."""

    def __init__(self, items: VersionedItems) -> None:
        self._items = items

    def find(self, mapping_id: str | None) -> Brake:
        """As the port says."""
        key, fresh = _brake_key(mapping_id), Brake(mapping_id=mapping_id)
        try:
            return self._items.find(*key, partial(read_brake, mapping_id=mapping_id)) or fresh
        except UnreadableItem:
            if mapping_id is not None:
                raise
        return replace(fresh, version=self._items.begin_anew(*key, _brake_attributes(fresh)))

    def put(self, brake: Brake) -> Brake:
        """As the port says."""
        key, attributes = _brake_key(brake.mapping_id), _brake_attributes(brake)
        return replace(brake, version=self._items.put(*key, attributes, known=brake.version))

    def paused_among(self, mapping_ids: Collection[str]) -> Collection[str]:
        """As the port says; half a read unit where none is."""
        found = self._items.swept(_PAUSED)
        return {one for one in mapping_ids if _brake_key(one)[0] in found}


def _brake_key(mapping_id: str | None) -> tuple[str, str]:
    return ("BRAKE#", "STACK") if mapping_id is None else (f"BRAKE#{key_id(mapping_id)}", "MAPPING")


def read_claim(item: Attributes, *, issue_id: str) -> Opening | None:
    """The claim of a stored item; None for the way back that is there later."""
    if item.maybe_text("state") != OPENING:
        return None
    return Opening(
        issue_id=issue_id,
        mapping_id=item.text("opening_mapping"),
        service_id=item.text("service"),
        incident_key=item.text("incident_key"),
        attempt_at=item.maybe_time("attempt_at"),
        issue_status_id=item.maybe_text("issue_status"),
        earlier_comments=_earlier(item.maybe_part("earlier_comments")),
        version=item.number("version"),
    )


def _earlier_item(earlier: EarlierComments | None) -> dict[str, Any] | None:
    if earlier is None:
        return None
    ids = [clean(one) for one in earlier.ids]
    return {"ids": ids, **({"seen": stamp(earlier.seen)} if earlier.seen else {})}


def _earlier(stored: Attributes | None) -> EarlierComments | None:
    if stored is None:
        return None
    return EarlierComments(seen=stored.maybe_time("seen"), ids=tuple(stored.texts("ids")))


def read_brake(item: Attributes, *, mapping_id: str | None) -> Brake:
    """The brake of a stored item."""
    return Brake(
        mapping_id=mapping_id,
        openings=tuple((one.text("issue"), one.time("at")) for one in item.parts("openings")),
        paused_at=item.maybe_time("paused_at"),
        limit=item.maybe_text("limit") or "",
        is_announced=item.flag("told"),
        telling=_telling(item.maybe_part("telling")),
        version=item.number("version"),
    )


def _brake_attributes(brake: Brake) -> dict[str, object]:
    return {
        "openings": [{"issue": issue, "at": stamp(at)} for issue, at in brake.openings],
        "paused_at": stamp(brake.paused_at) if brake.paused_at else None,
        "limit": brake.limit or None,
        "told": brake.is_announced,
        "telling": _told_by(brake.telling) if brake.telling else None,
        "sweep": _PAUSED if brake.paused_at and brake.mapping_id is not None else None,
    }


def _told_by(telling: PauseNoteAttempt) -> dict[str, str]:
    told = {
        "issue": clean(telling.issue_id),
        "incident": clean(telling.incident_id),
        "at": stamp(telling.at),
    }
    return told if telling.text is None else told | {"text": telling.text}


def _telling(stored: Attributes | None) -> PauseNoteAttempt | None:
    if stored is None:
        return None
    return PauseNoteAttempt(
        issue_id=stored.text("issue"),
        incident_id=stored.text("incident"),
        at=stored.time("at"),
        text=stored.maybe_text("text"),
    )
