"""What both sides last agreed on, of fields and people too, as a link keeps it."""

import re
from collections import abc
from collections.abc import Iterable
from urllib.parse import quote, unquote

from pdjira.adapters.aws.items import clean
from pdjira.adapters.aws.reading import Attributes
from pdjira.model.incident import IncidentStatus
from pdjira.model.link import Agreement, FieldAgreement
from pdjira.model.person import PeopleAgreement

_WAITS = "yes"


def agreed_item(agreed: Agreement) -> dict[str, str] | None:
    """The agreement as it is stored; None where nothing was agreed on yet."""
    values = {
        "status": agreed.status.value if agreed.status else None,
        "priority": agreed.priority_id,
        "title": agreed.title,
        "issue_status": agreed.issue_status_id,
        "issue_priority": agreed.issue_priority_id,
        "issue_title": agreed.issue_title,
        "waits": _WAITS if agreed.waits else None,
        "people": people_item(agreed.people),
        "fields": fields_item(agreed.fields),
    }
    return {name: clean(value) for name, value in values.items() if value is not None} or None


def read_agreed(item: Attributes) -> Agreement:
    """The stored agreement."""
    return Agreement(
        status=item.maybe_one_of("status", IncidentStatus),
        priority_id=item.maybe_text("priority"),
        title=item.maybe_text("title"),
        issue_status_id=item.maybe_text("issue_status"),
        issue_priority_id=item.maybe_text("issue_priority"),
        issue_title=item.maybe_text("issue_title"),
        waits=item.maybe_text("waits") is not None,
        people=item.parsed("people", read_people, default="//"),
        fields=read_fields(item.maybe_text("fields")),
    )


_MARK = 4


def people_item(people: PeopleAgreement) -> str | None:
    """The marks of the assignee, of the watchers and of what is lacking; None where none is."""
    parts = (people.assignee or "", _joined(people.watchers), _joined(people.lacking))
    return "/".join(parts) if any(parts) else None


def read_people(text: str | None) -> PeopleAgreement:
    """What `people_item` wrote. Raises `ValueError` for anything else."""
    if text is None:
        return PeopleAgreement()
    assignee, watchers, lacking = text.split("/")
    return PeopleAgreement(
        assignee=assignee or None, watchers=_parted(watchers), lacking=_parted(lacking)
    )


def _joined(marks: Iterable[str]) -> str:
    return "".join(sorted(marks))


def _parted(text: str) -> frozenset[str]:
    return frozenset(text[at : at + _MARK] for at in range(0, len(text), _MARK))


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
