"""The page's requests as API Gateway hands them over, and its answers as the gateway takes them.

https://docs.aws.amazon.com/apigateway (Lambda proxy integrations of a REST API).
"""

import base64
from collections import abc
from collections.abc import Callable, Sequence
from http.cookies import CookieError, SimpleCookie
from math import inf
from typing import Any, Protocol
from urllib.parse import parse_qs

from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.event_handler import Response as GatewayResponse
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from pdjira.page.http import Incoming, Outgoing

LONGEST_SECONDS = 20.0
"""Every request of the page ends within them; the gateway itself gives up after 29."""

_ADMIN = "/admin"

_MOST_INPUTS = 5_000


def page_resolver(answer: Callable[[Incoming], Outgoing]) -> APIGatewayRestResolver:
    """What takes an event of the gateway and has `answer` answer it."""
    gateway = APIGatewayRestResolver()

    @gateway.route(".+", method=["GET", "POST"])
    def _any() -> GatewayResponse[Any]:
        return _given(answer(_taken(gateway.current_event, gateway.lambda_context)))

    return gateway


class _Context(Protocol):
    def get_remaining_time_in_millis(self) -> int: ...


def _taken(event: APIGatewayProxyEvent, context: _Context | None) -> Incoming:
    headers = event.headers
    prefix, path = _split(event)
    return Incoming(
        method=event.http_method,
        prefix=prefix,
        path=path,
        request_id=(event.get("requestContext") or {}).get("requestId", ""),
        query=event.query_string_parameters,
        form=_form(event) if event.http_method == "POST" else {},
        cookies=_cookies(headers.get("cookie", "")),
        is_script=headers.get("sec-fetch-dest") == "empty",
        is_foreign=headers.get("sec-fetch-site") in {"cross-site", "same-site"},
        time_left=_within(context),
    )


def _split(event: APIGatewayProxyEvent) -> tuple[str, str]:
    """What stands before the page's own path, the stage or a domain's base path, and this path."""
    whole: str = (event.get("requestContext") or {}).get("path") or event.path
    below = event.path_parameters.get("proxy", "").rstrip("/")
    whole = whole.rstrip("/")
    if below and whole.endswith(f"/{below}"):
        return whole.removesuffix(f"/{below}"), f"/{below}"
    before, _, _ = whole.partition(_ADMIN)
    return before + _ADMIN, f"/{below}" if below else ""


def _within(context: _Context | None) -> Callable[[], float]:
    """Seconds left of those that a request may take; without a context as many as one likes."""
    if context is None:
        return lambda: inf
    spare = context.get_remaining_time_in_millis() / 1000 - LONGEST_SECONDS
    return lambda: context.get_remaining_time_in_millis() / 1000 - max(spare, 0)


def _cookies(header: str) -> abc.Mapping[str, str]:
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(header).items()}
    except CookieError:
        return {}


def _form(event: APIGatewayProxyEvent) -> abc.Mapping[str, Sequence[str]]:
    """Every input by its name; a body of a kind that no form of the page sends has none.

    Anybody may send one: reading it must cost no more than its length.
    """
    if not event.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return {}
    text = _body(event).decode("utf-8", "replace")
    try:
        return parse_qs(text, keep_blank_values=True, max_num_fields=_MOST_INPUTS)
    except ValueError:
        return {}


def _body(event: APIGatewayProxyEvent) -> bytes:
    if event.is_base64_encoded:
        return base64.b64decode(event.body or "")
    return (event.body or "").encode("utf-8", "surrogatepass")


def _given(answer: Outgoing) -> GatewayResponse[Any]:
    """Text goes as text: some gateways decode base64 only for an Accept that names the type.

    JSON is text by its type; of bytes Powertools would make JSON once more, and fail.
    """
    is_text = "charset=utf-8" in answer.content_type or answer.content_type == "application/json"
    headers: dict[str, str | list[str]] = dict(answer.headers)
    if answer.cookies:
        headers["Set-Cookie"] = list(answer.cookies)
    return GatewayResponse(
        status_code=int(answer.status),
        content_type=answer.content_type,
        body=answer.body.decode() if is_text else answer.body,
        headers=headers,
    )
