"""Claims, brakes and cursors of those who open incidents, in `LinksTable`."""

from dataclasses import replace
from datetime import datetime

from pdjira.adapters.aws.keys import clean, key_id
from pdjira.adapters.aws.links import OPENING
from pdjira.adapters.aws.stored_link import issue_pk, stamp
from pdjira.adapters.aws.versioned import VersionedItems
from pdjira.domain.brake import Brake
from pdjira.domain.matches import Cursor
from pdjira.domain.opening import Opening


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
            told=bool(item.get("told")),
            version=int(item["version"]),
        )

    def put(self, brake: Brake) -> Brake:
        """As the port says."""
        attributes = {
            "openings": [{"issue": issue, "at": stamp(at)} for issue, at in brake.openings],
            "paused_at": stamp(brake.paused_at) if brake.paused_at else None,
            "told": brake.told,
        }
        version = self._items.put(*_brake_key(brake.mapping_id), attributes, known=brake.version)
        return replace(brake, version=version)


class DynamoCursors:
    """`Cursors`: one item for each search."""

    def __init__(self, items: VersionedItems) -> None:
        self._items = items

    def find(self, cursor_id: str) -> Cursor | None:
        """As the port says."""
        item = self._items.find(_cursor_pk(cursor_id), "CURSOR")
        if item is None:
            return None
        return Cursor(
            id=cursor_id,
            until=datetime.fromisoformat(item["until"]),
            reads=item["reads"],
            version=int(item["version"]),
        )

    def put(self, cursor: Cursor) -> None:
        """As the port says."""
        attributes = {"until": stamp(cursor.until), "reads": clean(cursor.reads)}
        self._items.put(_cursor_pk(cursor.id), "CURSOR", attributes, known=cursor.version)


def _brake_key(mapping_id: str | None) -> tuple[str, str]:
    return ("BRAKE#", "STACK") if mapping_id is None else (f"BRAKE#{key_id(mapping_id)}", "MAPPING")


def _cursor_pk(cursor_id: str) -> str:
    return f"CURSOR#{key_id(cursor_id)}"


def _time(stored: str | None) -> datetime | None:
    return datetime.fromisoformat(stored) if stored else None
