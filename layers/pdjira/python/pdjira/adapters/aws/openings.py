"""Claims, brakes and cursors of those who open incidents, in `LinksTable`."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from pdjira.adapters.aws.keys import clean, cut, key_id
from pdjira.adapters.aws.links import OPENING
from pdjira.adapters.aws.stored.link import issue_pk, stamp
from pdjira.adapters.aws.versioned import VersionedItems
from pdjira.domain.comments import EarlierComments
from pdjira.domain.jql.brake import Brake, Telling
from pdjira.domain.jql.cursors import Cursor
from pdjira.domain.jql.opening import Opening

_PAUSED = "paused"
_CURSORS = "CURSOR#"
_LONGEST_TEXT = 1000


class DynamoOpenings:
    """`Openings`: a claim lies where the way back of its issue will lie."""

    def __init__(self, items: VersionedItems) -> None:
        self._items = items

    def find(self, issue_id: str) -> Opening | None:
        """As the port says."""
        item = self._items.find(issue_pk(issue_id), "LINK")
        if item is None or item.get("state") != OPENING:
            return None
        return Opening(
            issue_id=issue_id,
            mapping_id=item["opening_mapping"],
            service_id=item["service"],
            incident_key=item["incident_key"],
            attempt_at=_time(item.get("attempt_at")),
            issue_status_id=item.get("issue_status"),
            earlier_comments=_earlier(item.get("earlier_comments")),
            version=int(item["version"]),
        )

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
        item = self._items.find(*_brake_key(mapping_id))
        if item is None:
            return Brake(mapping_id=mapping_id)
        openings = ((one["issue"], datetime.fromisoformat(one["at"])) for one in item["openings"])
        return Brake(
            mapping_id=mapping_id,
            openings=tuple(openings),
            paused_at=_time(item.get("paused_at")),
            limit=item.get("limit") or "",
            told=bool(item.get("told")),
            telling=_telling(item.get("telling")),
            version=int(item["version"]),
        )

    def put(self, brake: Brake) -> Brake:
        """As the port says."""
        attributes = {
            "openings": [{"issue": issue, "at": stamp(at)} for issue, at in brake.openings],
            "paused_at": stamp(brake.paused_at) if brake.paused_at else None,
            "limit": brake.limit or None,
            "told": brake.told,
            "telling": _told_by(brake.telling) if brake.telling else None,
            "sweep": _PAUSED if brake.paused_at and brake.mapping_id is not None else None,
        }
        version = self._items.put(*_brake_key(brake.mapping_id), attributes, known=brake.version)
        return replace(brake, version=version)

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
        item = self._items.find(_CURSORS, key_id(cursor_id))
        return _cursor(item) if item else None

    def known(self) -> Mapping[str, Cursor]:
        """As the port says."""
        cursors = map(_cursor, self._items.under(_CURSORS))
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


def _brake_key(mapping_id: str | None) -> tuple[str, str]:
    return ("BRAKE#", "STACK") if mapping_id is None else (f"BRAKE#{key_id(mapping_id)}", "MAPPING")


def _cursor(item: dict[str, Any]) -> Cursor:
    return Cursor(
        id=item["id"],
        until=datetime.fromisoformat(item["until"]),
        reads=item["reads"],
        told=frozenset(item.get("told", ())),
        is_cut=bool(item.get("is_cut")),
        problem=item.get("problem"),
        cure=item.get("cure"),
        version=int(item["version"]),
    )


def _earlier_item(earlier: EarlierComments | None) -> dict[str, Any] | None:
    if earlier is None:
        return None
    ids = [clean(one) for one in earlier.ids]
    return {"ids": ids, **({"seen": stamp(earlier.seen)} if earlier.seen else {})}


def _earlier(stored: dict[str, Any] | None) -> EarlierComments | None:
    if stored is None:
        return None
    return EarlierComments(seen=_time(stored.get("seen")), ids=tuple(stored["ids"]))


def _told_by(telling: Telling) -> dict[str, str]:
    told = {
        "issue": clean(telling.issue_id),
        "incident": clean(telling.incident_id),
        "at": stamp(telling.at),
    }
    return told if telling.text is None else told | {"text": telling.text}


def _telling(stored: dict[str, Any] | None) -> Telling | None:
    if stored is None:
        return None
    return Telling(
        issue_id=stored["issue"],
        incident_id=stored["incident"],
        at=datetime.fromisoformat(stored["at"]),
        text=stored.get("text"),
    )


def _time(stored: str | None) -> datetime | None:
    return datetime.fromisoformat(stored) if stored else None
