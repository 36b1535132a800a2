"""Lists the webhook subscriptions of a PagerDuty account, and switches them on again."""

from collections import abc
from collections.abc import Iterator, Sequence

from pdjira.adapters.http.messages import Call, segment
from pdjira.adapters.pagerduty.rights import Ask
from pdjira.application.ports.subscriptions import Subscription
from pdjira.errors import Temporary

_PAGE = 100
_MOST = 10_000
"""PagerDuty shows no more rows than this (developer documents, Pagination)."""


class PagerDutySubscriptions:
    """`Subscriptions` and `Switch`; `ask` sends a call with our key."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def list_subscriptions(self) -> Sequence[Subscription]:
        """As the port says, page by page."""
        found: list[object] = []
        while len(found) < _MOST:
            query = (("limit", str(_PAGE)), ("offset", str(len(found))))
            page = self._ask(
                Call(method="GET", path="/webhook_subscriptions", repeatable=True, query=query)
            )
            rows = page.get("webhook_subscriptions")
            if not isinstance(rows, list):
                raise Temporary("PagerDuty's answer names no webhook subscriptions.")
            found += rows
            if not rows or page.get("more") is not True:
                break
        return tuple(_subscriptions(found))

    def enable(self, subscription_id: str) -> None:
        """As the port says (PagerDuty's OpenAPI document, Enable a webhook subscription)."""
        path = f"/webhook_subscriptions/{segment(subscription_id)}/enable"
        self._ask(Call(method="POST", path=path, repeatable=True))


def _subscriptions(rows: Sequence[object]) -> Iterator[Subscription]:
    for row in rows:
        if isinstance(row, abc.Mapping):
            yield subscription(row)


def subscription(row: abc.Mapping[str, object]) -> Subscription:
    """One row of PagerDuty's list; what it lacks counts as well."""
    method, scope, events = (
        _object(row, "delivery_method"),
        _object(row, "filter"),
        row.get("events"),
    )
    is_of_a_service = scope.get("type") == "service_reference"
    return Subscription(
        id=str(row.get("id")),
        url=str(method.get("url") or ""),
        events=frozenset(map(str, events)) if isinstance(events, list) else frozenset(),
        service_id=str(scope.get("id")) if is_of_a_service else None,
        is_active=row.get("active") is not False,
        is_disabled=method.get("temporarily_disabled") is True,
    )


def _object(row: abc.Mapping[str, object], key: str) -> abc.Mapping[str, object]:
    value = row.get(key)
    return value if isinstance(value, abc.Mapping) else {}
