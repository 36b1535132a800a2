"""What both sides last agreed on, as a link keeps it."""

from collections.abc import Mapping as MappingABC
from typing import Any

from pdjira.adapters.aws.keys import clean
from pdjira.adapters.aws.stored.fields import fields_item, read_fields
from pdjira.adapters.aws.stored.people import people_item, read_people
from pdjira.domain.incident import IncidentStatus
from pdjira.domain.link import Agreement

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


def read_agreed(item: MappingABC[str, Any]) -> Agreement:
    """The stored agreement."""
    status = item.get("status")
    return Agreement(
        status=IncidentStatus(status) if status else None,
        priority_id=item.get("priority"),
        title=item.get("title"),
        issue_status_id=item.get("issue_status"),
        issue_priority_id=item.get("issue_priority"),
        issue_title=item.get("issue_title"),
        waits="waits" in item,
        people=read_people(item.get("people")),
        fields=read_fields(item.get("fields")),
    )
