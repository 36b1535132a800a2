"""What a link keeps of status writes: the one that is intended, and when the last ones were made.

These are kept in few bytes: the side, and the epoch's second.

`status_writes` holds those of the last ten minutes, each as `jira@1795484400`, and `day_writes` the
earlier ones in one text, as `j6b04e2f0p6b04f100`, seconds in hexadecimal: a link has 1 KB, and
earlier versions know only the former, which is all that they need.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from pdjira.adapters.aws.reading import Attributes
from pdjira.domain.flapping import SHORT_WINDOW, StatusWrite
from pdjira.domain.incident import IncidentStatus
from pdjira.domain.link import Intent
from pdjira.errors import Side

WRITES, EARLIER = "status_writes", "day_writes"
_LETTERS = {side: side.value[0] for side in Side}
_SIDES = {letter: side for side, letter in _LETTERS.items()}
_EARLIER = re.compile(f"([{''.join(_SIDES)}])([0-9a-f]+)")


def write_items(writes: Sequence[StatusWrite]) -> dict[str, Any]:
    """The two attributes that hold the writes, in their order; None for one that holds none."""
    recent = [one for one in writes if writes[-1].at - one.at < SHORT_WINDOW]
    earlier = writes[: len(writes) - len(recent)]
    return {
        WRITES: [f"{one.side.value}@{_second(one)}" for one in recent] or None,
        EARLIER: "".join(f"{_LETTERS[one.side]}{_second(one):x}" for one in earlier) or None,
    }


def read_writes(item: Attributes) -> tuple[StatusWrite, ...]:
    """The status writes of a stored link. Raises `ValueError`."""
    return *item.parsed(EARLIER, _earlier, default=""), *item.parsed_texts(WRITES, _recent)


def intent_item(intent: Intent, *, version: int) -> dict[str, Any]:
    """The intent as it is stored with that version of its link."""
    values = {
        "version": version,
        "side": intent.side.value,
        "status": intent.status.value,
        "since": intent.changed_at.astimezone(UTC).isoformat(),
        "entry": intent.entry_id,
        "before": intent.before.value if intent.before else None,
        "issue": intent.issue_status_id,
    }
    return {name: value for name, value in values.items() if value is not None}


def read_intent(item: Attributes | None, *, version: int) -> Intent | None:
    """The stored intent; None where its link was written since by a worker that knows of none."""
    if item is None or item.number("version") != version:
        return None
    return Intent(
        side=item.one_of("side", Side),
        status=item.one_of("status", IncidentStatus),
        changed_at=item.time("since"),
        entry_id=item.maybe_text("entry"),
        before=item.maybe_one_of("before", IncidentStatus),
        issue_status_id=item.maybe_text("issue"),
    )


def _earlier(text: str) -> tuple[StatusWrite, ...]:
    found = _EARLIER.findall(text)
    return tuple(_write(_SIDES[letter], int(second, 16)) for letter, second in found)


def _recent(text: str) -> StatusWrite:
    side, _, at = text.partition("@")
    return _write(Side(side), int(at))


def _write(side: Side, second: int) -> StatusWrite:
    return StatusWrite(side=side, at=datetime.fromtimestamp(second, UTC))


def _second(write: StatusWrite) -> int:
    return int(write.at.timestamp())
