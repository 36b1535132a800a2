"""A site of every component in every state, rendered as the product renders its pages."""

import mimetypes
from collections import abc
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from pdjira.page.rendering import Renderer
from pdjira.page.strip import Attention, Kind, Strip
from pdjira.page.web import Visitor
from tests.browser.looks import ROOT
from tests.browser.serving import ROOT as ADMIN

NOW = datetime(2026, 11, 29, 3, 10, 5, tzinfo=UTC)
ADMIN_FOLDER = ROOT / "functions" / "admin"
HERE = ROOT / "tests" / "browser" / "templates"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
LONG_NAME = "1039 Queue age above 10 min on <b>a host</b> with-a-very-long-name." + "internal" * 14

_renderer = Renderer([ADMIN_FOLDER / "templates", HERE], ADMIN_FOLDER / "static")


def url(path: str, **query: str) -> str:
    """An address of the page."""
    return f"{ADMIN}{path}" + (f"?{urlencode(query)}" if query else "")


def frame(**changes: Any) -> dict[str, Any]:
    """What the site gives to every template."""
    attentions = (
        Attention(
            kind=Kind.BROKEN,
            says="Jira: project OPS does not answer",
            to="/health",
            until=NOW + timedelta(minutes=12),
        ),
        Attention(kind=Kind.ATTENTION, says="Jira token ends in 12 days", to="/connection"),
        Attention(kind=Kind.WAITING, says="353 issues wait to page somebody", to="/paused"),
    )
    strip = Strip(
        attentions=attentions,
        last_webhook=NOW - timedelta(seconds=14),
        last_poll=NOW - timedelta(seconds=40),
        waiting=3,
    )
    names: dict[str, Any] = {
        "url": url,
        "now": NOW,
        "title": "Gallery",
        "here": "/mappings",
        "visitor": Visitor(session="s", name="Ana"),
        "strip": strip,
        "problems_count": 2,
        "is_setup_done": True,
        "hidden_inputs": lambda: [("csrf", "token"), ("form_key", "key")],
        "footer": ["pdjira 0.1.0", "stack pdjira", "us-east-1", "jira.example.com"],
        "earlier": NOW - timedelta(days=17, hours=3),
        "soon": NOW + timedelta(minutes=50),
        "long_name": LONG_NAME,
        "services": [(f"S{number}", f"Checkout {number}") for number in range(9)],
        "users": [(f"U{number}", f"Person {number}") for number in range(214)],
    }
    return names | changes


PAGES: abc.Mapping[str, abc.Mapping[str, Any]] = {
    "gallery.html": {},
    "quiet.html": {"strip": Strip(last_webhook=NOW, last_poll=NOW), "problems_count": 0},
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
    return _answer((ADMIN_FOLDER / "static" / name).read_text("utf-8"), kind)


def _answer(body: str, kind: str) -> dict[str, Any]:
    headers = {"Content-Type": kind, "Content-Security-Policy": POLICY}
    return {"statusCode": 200, "headers": headers, "body": body}
