"""What `health` saw last, in `LinksTable`. Imported by the admin function alone."""

from typing import TYPE_CHECKING

from pdjira.adapters.aws.items import (
    SCHEMA_VERSION,
    Attributes,
    cut,
    find_item,
    put_item,
    stamp,
)
from pdjira.adapters.aws.sweeps import ID_BYTES, PROBLEM_BYTES
from pdjira.health.checks import Check, Status
from pdjira.health.standing import Seen

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_SEEN = {"pk": "SWEEP#", "sk": "HEALTH"}

MOST_CHECKS = 150


class DynamoHealthResults:
    """`HealthResults` on the table `table`: one item, overwritten by each look."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def put(self, seen: Seen) -> None:
        """As the port says; of very many checks the first."""
        put_item(self._client, self._table, _SEEN | written_seen(seen))

    def last(self) -> Seen | None:
        """As the port says."""
        return find_item(self._client, self._table, _SEEN, read_seen, is_fresh=False)


def written_seen(seen: Seen) -> dict[str, object]:
    """The attributes of what was seen."""
    return {
        "schema_version": SCHEMA_VERSION,
        "at": stamp(seen.at),
        "checks": [
            {
                "area": check.area,
                "name": cut(check.name, ID_BYTES),
                "status": check.status.value,
                "says": cut(check.says, PROBLEM_BYTES),
                "cure": cut(check.cure, PROBLEM_BYTES) if check.cure else None,
            }
            for check in seen.checks[:MOST_CHECKS]
        ],
    }


def read_seen(item: Attributes) -> Seen:
    """What was seen, of a stored item."""
    return Seen(
        at=item.time("at"),
        checks=[
            Check(
                area=check.text("area"),
                name=check.text("name"),
                status=check.one_of("status", Status),
                says=check.text("says"),
                cure=check.maybe_text("cure"),
            )
            for check in item.parts("checks")
        ],
    )
