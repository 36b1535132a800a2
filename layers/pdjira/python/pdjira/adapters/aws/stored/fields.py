"""What both sides agree on for each field, on a link, in few bytes: `10001=c2Rm.a1Bz,labels=Qm9v`.

Per field its id (of custom fields the number alone), then the incident's digest and the issue's.
"""

import re
from collections import abc
from urllib.parse import quote, unquote

from pdjira.domain.link import FieldAgreement

_CUSTOM = "customfield_"
_NUMBER = re.compile(r"[0-9]+")


def fields_item(fields: abc.Mapping[str, FieldAgreement]) -> str | None:
    """The fields as they are stored; None where there are none."""
    return ",".join(f"{_short(name)}={_digests(known)}" for name, known in fields.items()) or None


def read_fields(text: str | None) -> dict[str, FieldAgreement]:
    """The stored fields."""
    parts = (part.partition("=") for part in text.split(",")) if text else ()
    return {_whole(name): _known(digests) for name, _, digests in parts}


def _short(name: str) -> str:
    number = name.removeprefix(_CUSTOM)
    return number if _NUMBER.fullmatch(number) else quote(name, safe="", errors="replace")


def _whole(short: str) -> str:
    return f"{_CUSTOM}{short}" if _NUMBER.fullmatch(short) else unquote(short)


def _digests(known: FieldAgreement) -> str:
    return f"{known.incident or ''}.{known.issue or ''}".rstrip(".")


def _known(digests: str) -> FieldAgreement:
    incident, _, issue = digests.partition(".")
    return FieldAgreement(incident=incident or None, issue=issue or None)
