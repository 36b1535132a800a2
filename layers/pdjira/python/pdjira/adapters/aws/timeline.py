"""How the timeline of an incident lies in `LinksTable`: one item per signal, for 90 days."""

from dataclasses import replace
from datetime import UTC, timedelta
from typing import Any

from pdjira.adapters.aws.keys import clean, cut, key_id
from pdjira.adapters.aws.reading import SCHEMA_VERSION, Attributes
from pdjira.adapters.aws.stored.link import incident_pk, stamp
from pdjira.domain.link import TimelineEntry
from pdjira.domain.text.cures import split_cure, with_cure

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
    told = with_cure("", cut(cure, _CURE_BYTES) if cure else None)
    return cut(says, _SENTENCE_BYTES - len(told.encode())) + told


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
