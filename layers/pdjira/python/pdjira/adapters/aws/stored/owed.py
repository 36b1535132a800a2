"""What a link owes, by extra: `{"comments": "hangs since 2026-11-24T03:00:02Z"}`.

After `tried` stands when it was refused last, after `under` the digest of the secrets and the
mapping of then, and `told` says that people know.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from pdjira.adapters.aws.reading import Attributes
from pdjira.domain.extras import Extra, Failing, Owed

OWED = "owed"

_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
_OWED = re.compile(f"([a-z]+) since ({_TIME})(?: tried ({_TIME}))?(?: under ([0-9a-f]+))?( told)?")


def owed_item(owed: Mapping[Extra, Owed]) -> dict[str, str] | None:
    """The attribute; None where nothing is owed."""
    return {extra.value: _text(one) for extra, one in owed.items()} or None


def read_owed(item: Attributes) -> dict[Extra, Owed]:
    """What is owed; extras of a later version are passed over. Raises `ValueError`."""
    names = [extra for extra in Extra if item.maybe_text(extra.value) is not None]
    return {extra: item.parsed(extra.value, _read) for extra in names}


def _text(owed: Owed) -> str:
    tried = f" tried {_stamp(owed.tried)}" if owed.tried else ""
    under = f" under {owed.under}" if owed.under else ""
    told = " told" if owed.is_told else ""
    return f"{owed.how.value} since {_stamp(owed.since)}{tried}{under}{told}"


def _read(text: str) -> Owed:
    found = _OWED.fullmatch(text)
    if found is None:
        raise ValueError(text)
    how, since, tried, under, told = found.groups()
    return Owed(
        since=datetime.fromisoformat(since),
        how=Failing(how),
        tried=datetime.fromisoformat(tried) if tried else None,
        is_told=told is not None,
        under=under or "",
    )


def _stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
