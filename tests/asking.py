"""Asks a page of the administrator's site for its answer, without HTTP and without HTML."""

from collections.abc import Iterable
from datetime import datetime

from pdjira.page.web import Method, Request, Response, Route, Visitor

ANA = Visitor(session="s", name="Ana")


def answer_of(
    routes: Iterable[Route], method: Method, path: str, now: datetime, /, **given: str
) -> Response:
    """What the one route there answers Ana; `given` is the query, or the form that she sends."""
    (route,) = [one for one in routes if (one.method, one.path) == (method, path)]
    is_get = method is Method.GET
    return route.answer(
        Request(
            method=method,
            path=path,
            now=now,
            request_id="r",
            query=given if is_get else {},
            form={} if is_get else {name: [value] for name, value in given.items()},
            visitor=ANA,
        )
    )
