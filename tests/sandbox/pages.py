"""What the pages of both sides share: the frame, its script, and whom one acts as."""

from collections.abc import Container

from flask import Blueprint, make_response, redirect, request, url_for
from werkzeug.wrappers import Response

_COOKIE = "acting_as"


def frame() -> Blueprint:
    """The template `frame.html` and the script `live.js`."""
    return Blueprint(
        "frame",
        __name__,
        template_folder="templates",
        static_folder="static",
        static_url_path="/web/static/frame",
    )


def acting_as(users: Container[str], *, first: str) -> str:
    """The user whom the browser acts as: `first`, until it chose another."""
    asked = request.cookies.get(_COOKIE, first)
    return asked if asked in users else first


def act_as(user: str) -> Response:
    """Act as another user from now on."""
    response = make_response(redirect(url_for("page.overview"), code=303))
    response.set_cookie(_COOKIE, user, samesite="Strict")
    return response
