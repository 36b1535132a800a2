"""A browser without script over the handler of the admin function: cookies, links and forms."""

import base64
from collections import abc
from html.parser import HTMLParser
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.functional.lambdas import Function

PREFIX = "/live/admin"

_NUMBERS = count(1)
"""Of requests: a gateway gives each an id of its own."""


class _Forms(HTMLParser):
    """Every form of a page: its action, and what its inputs hold as a browser would send it."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self._buttons: list[tuple[str, str]] = []
        self._select = self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name, value = given.get("name", ""), given.get("value", "")
        if tag == "form":
            self.found.append((given["action"], {}))
            self._buttons = []
        elif tag == "option" and self._select:
            if "selected" in given or self._select not in self._inputs:
                self._inputs[self._select] = value
        elif name and self.found:
            self._take(tag, name, value, given)

    def _take(self, tag: str, name: str, value: str, given: dict[str, str]) -> None:
        is_chosen = given.get("type") not in {"radio", "checkbox"} or "checked" in given
        if tag == "button":
            self._buttons.append((name, value))
        elif tag == "select":
            self._select = "" if "multiple" in given or "size" in given else name
        elif tag == "textarea":
            self._area, self._inputs[name] = name, ""
        elif tag == "input" and is_chosen:
            self._inputs[name] = value

    def handle_endtag(self, tag: str) -> None:
        if tag in {"select", "textarea"}:
            self._select = self._area = ""
        if tag == "form" and len(self._buttons) == 1:
            self._inputs.update(self._buttons)

    def handle_data(self, data: str) -> None:
        if self._area:
            self._inputs[self._area] += data

    @property
    def _inputs(self) -> dict[str, str]:
        return self.found[-1][1]


class Browser:
    """Keeps cookies as a browser does, and `answer`, what the function said last."""

    def __init__(self, function: Function) -> None:
        self._function = function
        self.cookies: dict[str, str] = {}
        self.answer: dict[str, Any] = {}

    @property
    def status(self) -> int:
        return int(self.answer["statusCode"])

    @property
    def text(self) -> str:
        """The body as text."""
        body = str(self.answer["body"])
        return base64.b64decode(body).decode() if self.answer["isBase64Encoded"] else body

    def header(self, name: str) -> str:
        """The last value of a header; empty where there is none."""
        values = self.answer["multiValueHeaders"].get(name, [""])
        return str(values[-1])

    def open(self, path: str, **headers: str) -> "Browser":
        """GET an address below the page's own, or a whole one, as a link leads to it."""
        return self._send("GET", path, "", headers)

    def click_from_elsewhere(self, path: str) -> "Browser":
        """The same from another site: cookies with SameSite=Strict are not sent."""
        kept, self.cookies = self.cookies, {}
        self.open(path)
        self.cookies = kept | self.cookies
        return self

    def follow(self) -> "Browser":
        """Go where a redirect leads."""
        assert self.status == 303, self.text
        return self.open(self.header("Location"))

    def form(self, path: str) -> dict[str, str]:
        """The inputs of the form of the shown page that goes to a path."""
        parser = _Forms()
        parser.feed(self.text)
        return next(inputs for action, inputs in parser.found if action == PREFIX + path)

    def press(self, path: str, **typed: str) -> "Browser":
        """Send the form that goes to a path, with what is typed in."""
        return self.post(path, {**self.form(path), **typed})

    def post(self, path: str, inputs: abc.Mapping[str, str]) -> "Browser":
        """Send these inputs."""
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._send("POST", path, urlencode(inputs), kind)

    def _send(self, method: str, address: str, body: str, headers: dict[str, str]) -> "Browser":
        parts = urlsplit(address)
        path = parts.path.removeprefix(PREFIX)
        event = a_page_event(method, path, dict(parse_qsl(parts.query)), body=body, headers=headers)
        return self.hand(event)

    def hand(self, event: dict[str, Any]) -> "Browser":
        """Hand the function an event, with the cookies that stand here."""
        if self.cookies:
            cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
            event["headers"]["Cookie"] = cookies
        self.answer = self._function.handler(event, None)
        for cookie in self.answer["multiValueHeaders"].get("Set-Cookie", []):
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
            if not value:
                del self.cookies[name]
        return self


def a_page_event(
    method: str,
    path: str,
    query: abc.Mapping[str, str] | None = None,
    *,
    body: str = "",
    headers: abc.Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """What API Gateway hands over for the page."""
    whole = f"/admin{path}"
    return {
        "resource": "/admin/{proxy+}" if path else "/admin",
        "path": whole,
        "httpMethod": method,
        "headers": dict(headers or {}),
        "multiValueHeaders": {name: [value] for name, value in (headers or {}).items()},
        "queryStringParameters": dict(query) if query else None,
        "multiValueQueryStringParameters": {k: [v] for k, v in query.items()} if query else None,
        "pathParameters": {"proxy": path.removeprefix("/")} if path else None,
        "requestContext": {
            "path": f"/live{whole}",
            "requestId": f"request-{next(_NUMBERS)}",
            "stage": "live",
        },
        "body": base64.b64encode(body.encode()).decode() if body else None,
        "isBase64Encoded": bool(body),
    }
