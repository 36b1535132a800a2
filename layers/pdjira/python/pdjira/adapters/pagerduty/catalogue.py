"""What PagerDuty offers to those who set up a mapping."""

from collections import abc
from collections.abc import Callable, Collection, Sequence
from http import HTTPStatus

from pdjira.adapters.connection_secret import PagerDutyConnection
from pdjira.adapters.http.messages import Call, segment
from pdjira.adapters.pagerduty.custom_fields import field_offers
from pdjira.domain.fields.offers import FieldOffer
from pdjira.domain.incident import Reference
from pdjira.errors import Refused, Temporary

_PAGE = 100
_BASE_TYPE = "incident_default"
_MOST_TYPES = 30

Ask = Callable[[Call], abc.Mapping[str, object]]


class RestPagerDutyCatalogue:
    """`PagerDutyCatalogue` of the account that `connection` names; `ask` sends a call there."""

    def __init__(self, ask: Ask, connection: Callable[[], PagerDutyConnection]) -> None:
        self._ask = ask
        self._connection = connection

    def service(self, service_id: str) -> Reference:
        """As the port says."""
        found = self._one(f"/services/{segment(service_id)}", "service")
        return Reference(id=str(found.get("id")), name=str(found.get("name") or found.get("id")))

    def priorities(self) -> Sequence[Reference] | None:
        """As the port says. PagerDuty answers 402 where the account has none (REST reference)."""
        query = (("limit", str(_PAGE)),)
        call = Call(method="GET", path="/priorities", repeatable=True, query=query)
        try:
            rows = self._ask(call).get("priorities")
        except Refused as error:
            if error.status == HTTPStatus.PAYMENT_REQUIRED:
                return None
            raise
        found = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
        return tuple(Reference(id=str(row.get("id")), name=str(row.get("name"))) for row in found)

    def custom_fields(self, names: Collection[str]) -> abc.Mapping[str, FieldOffer] | None:
        """As the port says: those of the base type, and of the others where that has not all."""
        try:
            found = self._fields_of(_BASE_TYPE)
        except Refused as error:
            if error.status == HTTPStatus.PAYMENT_REQUIRED:
                return None
            raise
        for type_id in [] if found.keys() >= set(names) else self._incident_types():
            found |= self._fields_of(type_id)
        return found

    def _fields_of(self, type_id: str) -> dict[str, FieldOffer]:
        path = f"/incidents/types/{segment(type_id)}/custom_fields"
        query = (("include[]", "field_options"),)
        return field_offers(self._ask(Call(method="GET", path=path, repeatable=True, query=query)))

    def _incident_types(self) -> list[str]:
        call = Call(method="GET", path="/incidents/types", repeatable=True)
        rows = self._ask(call).get("incident_types")
        listed = rows if isinstance(rows, list) else []
        found = [str(row.get("id")) for row in listed if isinstance(row, abc.Mapping)]
        return found[:_MOST_TYPES]

    def email_of(self, user_id: str) -> str:
        """As the port says."""
        return str(self._one(f"/users/{segment(user_id)}", "user").get("email") or "")

    def has_action_token(self) -> bool:
        """As the port says."""
        return self._connection().action_token is not None

    def _one(self, path: str, name: str) -> abc.Mapping[str, object]:
        call = Call(method="GET", path=path, repeatable=True)
        found = self._ask(call).get(name)
        if not isinstance(found, abc.Mapping):
            raise Temporary(f"PagerDuty's answer to {call.where} names no {name}.")
        return found
