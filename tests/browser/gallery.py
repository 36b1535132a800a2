"""A site of every component in every state, rendered as the product renders its pages."""

import mimetypes
from collections import abc
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from pdjira.page.http import SECURITY
from pdjira.page.rendering import Renderer
from pdjira.page.web import Visitor
from tests.browser.looks import ROOT
from tests.browser.serving import ROOT as PREFIX
from tests.browser.site import ADMIN, FOOTER, NOW, QUIET_FRAME, TROUBLED_FRAME

HERE = ROOT / "tests" / "browser" / "templates"
LONG_NAME = "1039 Queue age above 10 min on <b>a host</b> with-a-very-long-name." + "internal" * 14

_renderer = Renderer([ADMIN / "templates", HERE], ADMIN / "static")


def url(path: str, **query: str) -> str:
    """An address of the page."""
    return f"{PREFIX}{path}" + (f"?{urlencode(query)}" if query else "")


def frame(**changes: Any) -> dict[str, Any]:
    """What the site gives to every template."""
    names: dict[str, Any] = {
        "url": url,
        "now": NOW,
        "title": "Gallery",
        "here": "/mappings",
        "visitor": Visitor(session="s", name="Ana"),
        **TROUBLED_FRAME,
        "hidden_inputs": lambda: [("csrf", "token"), ("form_key", "key")],
        "footer": FOOTER,
        "earlier": NOW - timedelta(days=17, hours=3),
        "soon": NOW + timedelta(minutes=50),
        "long_name": LONG_NAME,
        "services": [(f"S{number}", f"Checkout {number}") for number in range(9)],
        "users": [(f"U{number}", f"Person {number}") for number in range(214)],
    }
    return names | changes


PAGES: abc.Mapping[str, abc.Mapping[str, Any]] = {
    "gallery.html": {},
    "quiet.html": QUIET_FRAME,
    "open.html": {"visitor": None, "strip": None},
}


def answer(event: dict[str, Any]) -> dict[str, Any]:
    """Answer as the site does: a page, a part of one, or a static file."""
    below = event["path"].removeprefix("/admin")
    if below.startswith("/static/"):
        return _static(below.rpartition("/")[2])
    template = {"": "gallery.html", "/part": "part.html", "/lists/users": "users.html"}.get(
        below, f"{below.strip('/')}.html"
    )
    body = _renderer.render(template, frame(**PAGES.get(template, {})))
    return _answer(body, "text/html; charset=utf-8")


def _static(name: str) -> dict[str, Any]:
    kind = mimetypes.guess_type(name)[0] or "text/plain"
    return _answer((ADMIN / "static" / name).read_text("utf-8"), kind)


def _answer(body: str, kind: str) -> dict[str, Any]:
    headers = {"Content-Type": kind, **SECURITY}
    return {"statusCode": 200, "headers": headers, "body": body}
