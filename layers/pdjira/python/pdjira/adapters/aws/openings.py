"""Claims, brakes and cursors of those who open incidents, in `LinksTable`."""

from collections import abc
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from pdjira.adapters.aws.keys import clean, cut, is_hash, key_id
from pdjira.adapters.aws.links import OPENING
from pdjira.adapters.aws.reading import Attributes
from pdjira.adapters.aws.stored.link import issue_pk, stamp
from pdjira.adapters.aws.versioned import VersionedItems
from pdjira.domain.comments import EarlierComments
from pdjira.domain.jql.brake import Brake, Telling
from pdjira.domain.jql.cursors import Cursor
from pdjira.domain.jql.opening import Opening
from pdjira.errors import UnreadableItem

_PAUSED = "paused"
_CURSORS = "CURSOR#"
_LONGEST_TEXT = 1000


class DynamoOpenings:
    """`Openings`: a claim lies where the way back of its issue will lie."""

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


class DynamoCursors:
    """`Cursors`: one item for each search, all in one partition, so that one query reads them."""

    def __init__(self, items: VersionedItems) -> None:
        self._items = items

    def find(self, cursor_id: str) -> Cursor | None:
        """As the port says."""
        return self._items.find(_CURSORS, key_id(cursor_id), read_cursor)

    def known(self) -> abc.Mapping[str, Cursor]:
        """As the port says."""
        read = self._items.reader.maybe
        cursors = (
            read(item, read_cursor) or _unreadable(item) for item in self._items.under(_CURSORS)
        )
        return {cursor.id: cursor for cursor in cursors}

    def put(self, cursor: Cursor) -> None:
        """As the port says."""
        attributes = {
            "id": clean(cursor.id),
            "until": stamp(cursor.until),
            "reads": clean(cursor.reads),
            "told": sorted(cursor.told) or None,
            "is_cut": cursor.is_cut or None,
            "problem": cut(cursor.problem, _LONGEST_TEXT) if cursor.problem else None,
            "cure": cut(cursor.cure, _LONGEST_TEXT) if cursor.cure else None,
        }
        self._items.put(_CURSORS, key_id(cursor.id), attributes, known=cursor.version)

    def forget(self, cursor: Cursor) -> None:
        """As the port says."""
        self._items.forget(_CURSORS, key_id(cursor.id), known=cursor.version)

    def drop(self, cursor_id: str) -> None:
        """As the port says."""
        self._items.drop(_CURSORS, key_id(cursor_id))


def _brake_key(mapping_id: str | None) -> tuple[str, str]:
    return ("BRAKE#", "STACK") if mapping_id is None else (f"BRAKE#{key_id(mapping_id)}", "MAPPING")


def read_claim(item: Attributes, *, issue_id: str) -> Opening | None:
    """The claim of a stored item; None for the way back that lies there later."""
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
        told=item.flag("told"),
        telling=_telling(item.maybe_part("telling")),
        version=item.number("version"),
    )


def _brake_attributes(brake: Brake) -> dict[str, object]:
    return {
        "openings": [{"issue": issue, "at": stamp(at)} for issue, at in brake.openings],
        "paused_at": stamp(brake.paused_at) if brake.paused_at else None,
        "limit": brake.limit or None,
        "told": brake.told,
        "telling": _told_by(brake.telling) if brake.telling else None,
        "sweep": _PAUSED if brake.paused_at and brake.mapping_id is not None else None,
    }


def read_cursor(item: Attributes) -> Cursor:
    """The cursor of a stored item."""
    cursor_id, key = item.text("id"), item.text("sk")
    if key != cursor_id and not is_hash(key):
        raise ValueError("`id` is not the one of its key")
    return Cursor(
        id=cursor_id,
        until=item.time("until"),
        reads=item.text("reads"),
        told=frozenset(item.texts("told")),
        is_cut=item.flag("is_cut"),
        problem=item.maybe_text("problem"),
        cure=item.maybe_text("cure"),
        version=item.number("version"),
    )


def _unreadable(item: dict[str, Any]) -> Cursor:
    """What stands for a cursor that cannot be read."""
    key, stored = str(item["sk"]), item.get("id")
    cursor_id = stored if is_hash(key) and isinstance(stored, str) else key
    until = datetime.min.replace(tzinfo=UTC)
    return Cursor(id=cursor_id, until=until, reads="", is_readable=False)


def _told_by(telling: Telling) -> dict[str, str]:
    told = {
        "issue": clean(telling.issue_id),
        "incident": clean(telling.incident_id),
        "at": stamp(telling.at),
    }
    return told if telling.text is None else told | {"text": telling.text}


def _telling(stored: Attributes | None) -> Telling | None:
    if stored is None:
        return None
    return Telling(
        issue_id=stored.text("issue"),
        incident_id=stored.text("incident"),
        at=stored.time("at"),
        text=stored.maybe_text("text"),
    )
