"""What both sides last agreed on, as a link keeps it."""

from pdjira.adapters.aws.keys import clean
from pdjira.adapters.aws.reading import Attributes
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
