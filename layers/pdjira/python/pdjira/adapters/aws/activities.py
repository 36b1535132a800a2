"""What happened last to incidents, in `LinksTable`: one item for each incident and day."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from pdjira.adapters.aws.items import (
    SCHEMA_VERSION,
    Attributes,
    ItemReader,
    clean,
    cut,
    items_under,
    key_id,
    put_item,
    stamp,
)
from pdjira.model.link import Activity

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEPT = timedelta(days=8)

MOST = 2_000
"""Incidents of a day that are read: half a megabyte."""

_TITLE_BYTES, _SAYS_BYTES, _NAME_BYTES, _URL_BYTES, _ISSUES_BYTES = 140, 180, 60, 100, 200
"""All together an item stays below 1 KB, so that a write costs one unit."""

_PREFIX = "INCIDENT#"


class DynamoActivities:
    """`Activities` on the table `table`; one write unit for each."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table
        self._reader = ItemReader(client, table)

    def put(self, activity: Activity) -> None:
        """As the port says."""
        put_item(self._client, self._table, activity_item(activity))

    def of_day(self, day: date) -> Sequence[Activity]:
        """As the port says; of a day with more incidents than `MOST` the first by their ids."""
        found = self._reader.readable(islice(self._items(day), MOST), read_activity)
        return sorted(found, key=lambda each: each.at, reverse=True)

    def _items(self, day: date) -> Iterator[dict[str, Any]]:
        yield from items_under(self._client, self._table, _partition(day), is_fresh=False)


def _partition(day: date) -> str:
    return f"DAY#{day.isoformat()}"


def activity_item(activity: Activity) -> dict[str, Any]:
    """The whole item; `expires_at` is in seconds since the epoch."""
    url = clean(activity.url)
    return {
        "pk": _partition(activity.at.astimezone(UTC).date()),
        "sk": f"{_PREFIX}{key_id(activity.incident_id)}",
        "schema_version": SCHEMA_VERSION,
        "incident": _beside_its_key(activity.incident_id),
        "number": activity.number,
        "title": cut(activity.title, _TITLE_BYTES),
        "service": cut(activity.service, _NAME_BYTES),
        "url": url if len(url) <= _URL_BYTES else "",
        "at": stamp(activity.at),
        "event": cut(activity.event, _NAME_BYTES),
        "says": cut(activity.says, _SAYS_BYTES),
        "issues": dict(_fitted(activity)),
        "expires_at": int((activity.at + KEPT).timestamp()),
    }


def _beside_its_key(incident_id: str) -> str | None:
    """The id where the key has only its hash."""
    return None if key_id(incident_id) == incident_id else clean(incident_id)


def _fitted(activity: Activity) -> Iterator[tuple[str, str]]:
    left = _ISSUES_BYTES
    for mapping_id, key in activity.issues.items():
        name, value = clean(mapping_id), clean(key)
        left -= len(f"{name}: {value}".encode())
        if left < 0:
            return
        yield name, value


def read_activity(item: Attributes) -> Activity:
    """The activity of a stored item."""
    return Activity(
        incident_id=item.maybe_text("incident") or item.text("sk").removeprefix(_PREFIX),
        number=item.number("number"),
        title=item.maybe_text("title") or "",
        service=item.maybe_text("service") or "",
        url=item.maybe_text("url") or "",
        at=item.time("at"),
        event=item.text("event"),
        says=item.maybe_text("says") or "",
        issues=item.part("issues").all_texts(),
    )
