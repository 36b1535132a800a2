"""What PagerDuty offers to a mapping: services, fields, users, subscriptions, and our rights."""

from collections import abc
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from http import HTTPStatus

from pdjira.adapters.connection_secret import PagerDutyConnection
from pdjira.adapters.http.messages import Call, segment
from pdjira.adapters.memory import Memory
from pdjira.adapters.pagerduty import incidents
from pdjira.adapters.pagerduty.incidents import Ask, email_of
from pdjira.errors import NotFound, Refused, Temporary
from pdjira.mappings.offers import FieldOffer
from pdjira.model.incident import IncidentField, Reference
from pdjira.sweep.ports import Subscription
from pdjira.sync.fields.values import text_of

_PAGE = 100

_BASE_TYPE = "incident_default"

_MOST_TYPES = 30


class RestPagerDutyCatalogue:
    """`PagerDutyCatalogue` of the account that `connection` names; `ask` sends a call there."""

    def __init__(self, ask: Ask, connection: Callable[[], PagerDutyConnection]) -> None:
        self._ask = ask
        self._connection = connection

    def service(self, service_id: str) -> Reference:
        """As the port says."""
        found = self._one(f"/services/{segment(service_id)}", "service")
        return Reference(id=str(found.get("id")), name=str(found.get("name") or found.get("id")))

    def services_like(self, text: str) -> Sequence[Reference]:
        """As the port says."""
        return self._alike("services", text)

    def users_like(self, text: str) -> Sequence[Reference]:
        """As the port says; `query` finds addresses as well, though documented for names alone."""
        return self._alike("users", text, key="email")

    def first_users(self) -> Sequence[tuple[str, str]]:
        """E-mail address and name of the first page of users."""
        rows = self._ask(_read("/users", ("limit", str(_PAGE)))).get("users")
        found = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
        return tuple((str(row["email"]), str(row.get("name"))) for row in found if row.get("email"))

    def workflows_like(self, text: str) -> Sequence[Reference]:
        """As the port says (PagerDuty's OpenAPI document, List Incident Workflows)."""
        return self._alike("incident_workflows", text)

    def _alike(self, what: str, text: str, *, key: str = "name") -> Sequence[Reference]:
        """Of a user PagerDuty searches the name as well as the address."""
        query = (("query", text),) if text else ()
        rows = all_rows(self._ask, f"/{what}", what, *query)
        return tuple(
            Reference(id=str(row.get("id")), name=str(row.get(key)))
            for row in rows
            if text.casefold() in str(row.get(key)).casefold()
        )

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

    def jira_extensions(self) -> Sequence[abc.Mapping[str, object]]:
        """As the port says (PagerDuty's OpenAPI document, List extensions)."""
        rows = all_rows(self._ask, "/extensions", "extensions", ("include[]", "extension_schemas"))
        return jira_rules_among(rows)

    def has_action_token(self) -> bool:
        """As the port says."""
        return self._connection().action_token is not None

    def _one(self, path: str, name: str) -> abc.Mapping[str, object]:
        call = Call(method="GET", path=path, repeatable=True)
        found = self._ask(call).get(name)
        if not isinstance(found, abc.Mapping):
            raise Temporary(f"PagerDuty's answer to {call.where} names no {name}.")
        return found


def jira_rules_among(
    extensions: Sequence[abc.Mapping[str, object]],
) -> tuple[abc.Mapping[str, object], ...]:
    """Those whose configuration holds a rule for Jira, or whose schema is one of Jira."""
    return tuple(
        one
        for one in extensions
        if _object(_object(one, "config"), "jira") or _is_of_jira(_object(one, "extension_schema"))
    )


def _is_of_jira(schema: abc.Mapping[str, object]) -> bool:
    names = (schema.get(key) for key in ("key", "label", "summary"))
    return any("jira" in str(name).casefold() for name in names)


NO_INCIDENT = "PDJIRA0NO0INCIDENT"
"""In the place of an incident's id; PagerDuty's own have 7 or 14 characters."""


class PagerDutyRights:
    """`KeyRights`; `ask` sends a call with the key of `connection`."""

    def __init__(self, ask: Ask, connection: Callable[[], PagerDutyConnection]) -> None:
        self._ask = ask
        self._connection = connection

    def read_incidents(self) -> None:
        """As the port says."""
        self._ask(_read("/incidents", ("limit", "1")))

    def read_log_entries(self) -> None:
        """As the port says."""
        self._ask(_read("/log_entries", ("limit", "1")))

    def write_notes(self) -> None:
        """As the port says, by a note for an incident that cannot exist.

        PagerDuty refuses it in any case: a key that may only read with 403, any other with "not
        found". That it judges the key first is assumed, since no document says so; if it is the
        other way round, a read-only key looks fine here, as it would without this call.
        """
        body = {"note": {"content": "pdjira asks whether it may add notes."}}
        self._try("POST", f"/incidents/{NO_INCIDENT}/notes", body)

    def change_incidents(self) -> None:
        """As the port says, by a title for an incident that cannot exist; see `write_notes`."""
        body = {"incident": {"type": "incident_reference", "title": "May pdjira change incidents?"}}
        self._try("PUT", f"/incidents/{NO_INCIDENT}", body)

    def find_user(self) -> str | None:
        """As the port says; the address is compared without regard to case."""
        email = self._connection().from_email
        found = self._ask(_read("/users", ("query", email), ("limit", "100")))
        return email if email.casefold() in incidents.emails(found.get("users")) else None

    def _try(self, method: str, path: str, body: abc.Mapping[str, object]) -> None:
        with suppress(NotFound):
            self._ask(Call(method=method, path=path, repeatable=True, body=dict(body)))


def _read(path: str, *query: tuple[str, str]) -> Call:
    return Call(method="GET", path=path, repeatable=True, query=query)


_Object = abc.Mapping[str, object]


def custom_fields(said: _Object) -> dict[str, IncidentField]:
    """The fields of an incident by name. Raises `Temporary` where the answer names none at all."""
    rows = said.get("custom_fields")
    if not isinstance(rows, list):
        raise Temporary("PagerDuty's answer names no custom fields.")
    return {field.name: field for field in map(incident_field, _named(rows))}


def incident_field(row: _Object) -> IncidentField:
    """A field with its value."""
    value = row.get("value")
    texts = tuple(map(text_of, value)) if isinstance(value, list) else text_of(value)
    return IncidentField(
        name=str(row.get("name")),
        data_type=str(row.get("data_type") or "string"),
        several=_holds_several(row),
        value=texts or None,
    )


def field_offers(said: _Object) -> dict[str, FieldOffer]:
    """The fields of an incident type by name; those that are switched off are left out."""
    rows = said.get("fields")
    found = _named(rows if isinstance(rows, list) else [])
    return {str(row["name"]): _offer(row) for row in found if row.get("enabled") is not False}


def _offer(row: _Object) -> FieldOffer:
    return FieldOffer(
        name=str(row["name"]),
        data_type=str(row.get("data_type") or "string"),
        several=_holds_several(row),
        options=_options(row),
    )


def _options(row: _Object) -> tuple[str, ...] | None:
    """What a field with fixed values takes; None where it takes any."""
    if not str(row.get("field_type") or "").endswith("_fixed"):
        return None
    found = row.get("field_options")
    listed = found if isinstance(found, list) else []
    data = [one.get("data") for one in listed if isinstance(one, abc.Mapping)]
    return tuple(str(one.get("value")) for one in data if isinstance(one, abc.Mapping))


def _named(rows: list[object]) -> Iterator[dict[str, object]]:
    for row in rows:
        if isinstance(row, dict) and isinstance(row.get("name"), str):
            yield row


def _holds_several(row: _Object) -> bool:
    return str(row.get("field_type") or "").startswith("multi_value")


REMEMBERED_SECONDS = 600.0


class RestUsers:
    """`EmailOf` for the account that `account` names; what was found is kept ten minutes."""

    def __init__(
        self,
        ask: Ask,
        *,
        account: Callable[[], str],
        monotonic: Callable[[], float],
    ) -> None:
        self._ask = ask
        self._account = account
        self._emails = Memory[str | None](seconds=REMEMBERED_SECONDS, clock=monotonic)

    def email_of(self, user_id: str) -> str | None:
        """As the port says."""
        return self._emails.get((self._account(), user_id), lambda: self._read(user_id))

    def _read(self, user_id: str) -> str | None:
        call = Call(method="GET", path=f"/users/{segment(user_id)}", repeatable=True)
        try:
            return email_of(self._ask(call).get("user"))
        except NotFound:
            return None


_MOST = 10_000
"""PagerDuty shows no more rows than this (developer documents, Pagination)."""


class PagerDutySubscriptions:
    """`Subscriptions`; `ask` and `tell` send a call with our key.

    PagerDuty's OpenAPI document, Webhook Subscriptions. What only succeeds is told: its answer has
    no body.
    """

    def __init__(self, ask: Ask, tell: Callable[[Call], None]) -> None:
        self._ask = ask
        self._tell = tell

    def list_subscriptions(self) -> Sequence[Subscription]:
        """As the port says, page by page."""
        rows = all_rows(self._ask, "/webhook_subscriptions", "webhook_subscriptions")
        return tuple(map(subscription, rows))

    def create(self, draft: Subscription) -> tuple[Subscription, str]:
        """As the port says: the answer alone ever holds the secret."""
        scope = {"type": "account_reference"}
        if draft.service_id is not None:
            scope = {"type": "service_reference", "id": draft.service_id}
        body = {
            "type": "webhook_subscription",
            "delivery_method": {"type": "http_delivery_method", "url": draft.url},
            "description": draft.description,
            "events": sorted(draft.events),
            "filter": scope,
        }
        call = Call(
            method="POST",
            path="/webhook_subscriptions",
            repeatable=False,
            body={"webhook_subscription": body},
        )
        row = _object(self._ask(call), "webhook_subscription")
        secret = _object(row, "delivery_method").get("secret")
        if not isinstance(secret, str) or not secret or not row.get("id"):
            raise call.lost("PagerDuty took the webhook, but its answer names no secret.")
        return subscription(row), secret

    def describe(self, subscription_id: str, description: str) -> None:
        """As the port says."""
        self._change(subscription_id, {"description": description})

    def activate(self, subscription_id: str) -> None:
        """As the port says."""
        self._change(subscription_id, {"active": True})

    def ping(self, subscription_id: str) -> None:
        """As the port says."""
        self._post(subscription_id, "ping")

    def enable(self, subscription_id: str) -> None:
        """As the port says."""
        self._post(subscription_id, "enable")

    def delete(self, subscription_id: str) -> None:
        """As the port says."""
        path = f"/webhook_subscriptions/{segment(subscription_id)}"
        with suppress(NotFound):
            self._tell(Call(method="DELETE", path=path, repeatable=True))

    def _change(self, subscription_id: str, keys: abc.Mapping[str, object]) -> None:
        path = f"/webhook_subscriptions/{segment(subscription_id)}"
        body = {"webhook_subscription": {"type": "webhook_subscription", **keys}}
        self._tell(Call(method="PUT", path=path, repeatable=True, body=body))

    def _post(self, subscription_id: str, what: str) -> None:
        path = f"/webhook_subscriptions/{segment(subscription_id)}/{what}"
        self._tell(Call(method="POST", path=path, repeatable=True))


def all_rows(
    ask: Ask, path: str, what: str, *query: tuple[str, str]
) -> list[abc.Mapping[str, object]]:
    """Every row of a list, page by page. Raises `Temporary` where the answer holds no such list."""
    found: list[object] = []
    while len(found) < _MOST:
        page = ask(_read(path, *query, ("limit", str(_PAGE)), ("offset", str(len(found)))))
        rows = page.get(what)
        if not isinstance(rows, list):
            raise Temporary(f"PagerDuty's answer names no {what.replace('_', ' ')}.")
        found += rows
        if not rows or page.get("more") is not True:
            break
    return [row for row in found if isinstance(row, abc.Mapping)]


def subscription(row: abc.Mapping[str, object]) -> Subscription:
    """One row of PagerDuty's list; the keys that it lacks count as well."""
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
        description=str(row.get("description") or ""),
    )


def _object(row: abc.Mapping[str, object], key: str) -> abc.Mapping[str, object]:
    value = row.get(key)
    return value if isinstance(value, abc.Mapping) else {}
