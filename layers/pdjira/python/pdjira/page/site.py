"""The site around the pages: who may ask, what a form must bear, and what failures look like."""

from collections import abc
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import assert_never
from urllib.parse import quote, unquote

from pdjira.errors import NotThere, PdjiraError, Temporary
from pdjira.model.ports import Clock
from pdjira.model.signing import IncidentLink, read_incident_token
from pdjira.model.times import answered_within
from pdjira.page import addresses
from pdjira.page.forms import Forms, Pressing, keys_in, typed_in
from pdjira.page.http import (
    NOT_STORED,
    RETURN_COOKIE,
    SECURITY,
    SESSION_COOKIE,
    STORED,
    Asset,
    Assets,
    Incoming,
    Outgoing,
    return_cookie,
)
from pdjira.page.sign_in import SignInPages
from pdjira.page.web import (
    Access,
    Download,
    Fragment,
    Method,
    Page,
    Redirect,
    Request,
    Response,
    Route,
    Visitor,
)

AGAIN = "again"
"""Marks an address that the browser was sent to once more.

A cookie with SameSite=Strict does not come with the first click from another site.
"""

INCIDENT = "t"
"""Names what a link to one incident bears."""

_LONGEST_RETURN = 1_000

_LONGEST_SAID = 300
"""Characters: a sentence may repeat what somebody gave."""

_SPARE_SECONDS = 2.0
"""What an answer may need once both sides have told what they were asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What stands around a page.

    `frame` yields further names for the templates, read for those who are signed in; `footer` says
    what runs where; `log_of` is where the log tells of a request, by its id.
    """

    frame: Callable[[Request], abc.Mapping[str, object]]
    footer: Callable[[], Sequence[str]]
    log_of: Callable[[str], str]


_BARE: abc.Mapping[str, object] = {"strip": None, "problems_count": 0, "is_setup_done": True}
"""The frame where nobody is signed in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Answers every request of the page."""

    routes: Sequence[Route]
    sign_in: SignInPages
    forms: Forms
    pressing: Pressing
    render: Callable[[str, abc.Mapping[str, object]], str]
    assets: Assets
    around: Around
    clock: Clock
    are_links_open: bool = True
    """Whether the links in notes show anything to who is not signed in."""

    def answer(self, asked: Incoming) -> Outgoing:
        """Answer it, whatever happens."""
        asset = self.assets.find(asked.path)
        if asset is not None:
            return _static(asset)
        try:
            visit = self._visit(asked)
            route = self._route(asked)
            if route is None:
                return visit.show(_NO_SUCH_PAGE)
            return replace(self._within_time(visit, route), route=route.path or "/")
        except Exception as error:  # noqa: BLE001 - a person gets a page, and the log the error
            return self._failed(asked, error)

    def _visit(self, asked: Incoming) -> "_Visit":
        cookie, now = asked.cookies.get(SESSION_COOKIE, ""), self.clock()
        session = self.sign_in.signing_in.session(cookie, now=now)
        visitor = Visitor(session=cookie, name=session.name) if session else None
        return self._visit_of(asked, visitor)

    def _visit_of(self, asked: Incoming, visitor: Visitor | None) -> "_Visit":
        request = Request(
            method=Method(asked.method),
            path=asked.path,
            now=self.clock(),
            request_id=asked.request_id,
            query={name: value for name, value in asked.query.items() if name != AGAIN},
            form=asked.form,
            visitor=visitor,
            time_left=asked.time_left,
            came_from=_path_in(asked.cookies.get(RETURN_COOKIE, "")),
        )
        return _Visit(site=self, asked=asked, request=request)

    def _route(self, asked: Incoming) -> Route | None:
        own = (*self.sign_in.routes(), *self.routes)
        wanted = (asked.method, asked.path)
        return next((route for route in own if (route.method, route.path) == wanted), None)

    def _within_time(self, visit: "_Visit", route: Route) -> Outgoing:
        """As `_routed`; no call to a side is waited for longer than the request may take."""
        with answered_within(lambda: visit.asked.time_left() - _SPARE_SECONDS):
            return self._told_or_routed(visit, route)

    def _told_or_routed(self, visit: "_Visit", route: Route) -> Outgoing:
        """As `_routed`; whoever names what there is not is told so, and nothing has failed."""
        try:
            return self._routed(visit, route)
        except NotThere as error:
            return visit.show(_not_there(error))

    def _routed(self, visit: "_Visit", route: Route) -> Outgoing:
        if route.method is Method.POST:
            return visit.show(self._pressed(visit, route))
        if route.access is Access.OPEN or visit.request.visitor:
            return visit.show(route.answer(visit.request))
        if route.access is Access.INCIDENT_LINK and INCIDENT in visit.request.query:
            return self._by_link(visit, route)
        return self._not_signed_in(visit)

    def _by_link(self, visit: "_Visit", route: Route) -> Outgoing:
        """What the token in a note shows: that incident alone, whatever else is asked for."""
        link = read_incident_token(self.forms.signer, visit.request.query[INCIDENT])
        if link is None:
            return visit.show(_NO_LINK)
        if not self.are_links_open:
            return visit.show(_link_ended("Links in notes are switched off.", link))
        if link.is_over(visit.request.now):
            return visit.show(_link_ended("This link has ended.", link))
        request = replace(visit.request, incident=link, query={})
        return visit.show(route.answer(request))

    def _not_signed_in(self, visit: "_Visit") -> Outgoing:
        """Send the browser here once more, where it may have kept a cookie back; then sign in."""
        asked = visit.asked
        if asked.is_script:
            return Outgoing(status=HTTPStatus.FORBIDDEN, headers=SECURITY | NOT_STORED)
        if SESSION_COOKIE not in asked.cookies and AGAIN not in asked.query:
            to = addresses.address(asked.path, **asked.query, **{AGAIN: "1"})
            return visit.show(Page(template="again.html", title="One moment", values={"to": to}))
        query = visit.request.query
        to = addresses.address(asked.path, **query)
        shown = visit.show(self.sign_in.page(status=HTTPStatus.FORBIDDEN))
        return replace(shown, cookies=(return_cookie(quote(to)[:_LONGEST_RETURN]),))

    def _pressed(self, visit: "_Visit", route: Route) -> Response:
        request = visit.request
        keys, is_open = keys_in(request.form), route.access is Access.OPEN
        is_ours = self.forms.is_ours(keys) and bool(is_open or keys.csrf)
        if visit.asked.is_foreign or not is_ours:  # keys of no session are there for anybody
            return _NOT_OURS
        if is_open:
            return route.answer(request)
        if request.visitor is None:
            return _session_ended(request)
        if not self.forms.is_of(keys, request.visitor.session):
            return route.filled(request) if route.filled else _press_again(request)
        if not route.runs_once:
            return route.answer(request)
        return self.pressing.run(request, keys.key, route.answer)

    def _failed(self, asked: Incoming, error: Exception) -> Outgoing:
        """A page that asks nobody for anything, so that it can be shown whatever failed."""
        page = _failure(error, asked.request_id, self.around.log_of(asked.request_id))
        try:
            return replace(self._visit_of(asked, None).show(page), error=error)
        except Exception:  # noqa: BLE001 - whatever it is, the first error is the one to tell of
            return Outgoing(
                status=HTTPStatus.INTERNAL_SERVER_ERROR,
                body=f"{page.title} Request {asked.request_id}".encode(),
                content_type="text/plain; charset=utf-8",
                headers=SECURITY | NOT_STORED,
                error=error,
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Visit:
    """A request on its way to an answer."""

    site: Site
    asked: Incoming
    request: Request

    def show(self, response: Response) -> Outgoing:
        """The answer as HTTP has it."""
        match response:
            case Page(template=template, values=values, title=title, status=status):
                names = {**values, **self._frame(), "title": title}
                return self._of(status, self._rendered(template, names))
            case Fragment(template=template, values=values):
                return self._of(HTTPStatus.OK, self._rendered(template, values))
            case Redirect(to=to, cookies=cookies):
                shown = self._of(HTTPStatus.SEE_OTHER, Location=self.url(to))
                return replace(shown, cookies=cookies)
            case Download(name=name, content_type=content_type, body=body):
                disposition = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
                shown = self._of(HTTPStatus.OK, body, **{"Content-Disposition": disposition})
                return replace(shown, content_type=content_type)
        assert_never(response)

    def url(self, path: str, /, **query: str | None) -> str:
        """A path of the page with its query, as links and forms have it."""
        return self.asked.prefix + addresses.address(path, **query)

    def _of(self, status: int, body: bytes = b"", **headers: str) -> Outgoing:
        return Outgoing(status=status, body=body, headers=SECURITY | NOT_STORED | headers)

    def _frame(self) -> abc.Mapping[str, object]:
        return self.site.around.frame(self.request) if self.request.visitor else _BARE

    def _rendered(self, template: str, values: abc.Mapping[str, object]) -> bytes:
        names = {
            "url": self.url,
            "hidden_inputs": self._hidden_inputs,
            "visitor": self.request.visitor,
            "now": self.request.now,
            "here": self.request.path,
            "footer": self.site.around.footer() if self.request.visitor else (),
        }
        text = self.site.render(template, {**values, **names})
        return text.encode("utf-8", "backslashreplace")  # JSON may spell half of a character

    def _hidden_inputs(self) -> Sequence[tuple[str, str]]:
        visitor = self.request.visitor
        return self.site.forms.keys(visitor.session if visitor else "").inputs()


def _static(asset: Asset) -> Outgoing:
    return Outgoing(
        status=HTTPStatus.OK,
        body=asset.body,
        content_type=asset.content_type,
        headers=SECURITY | STORED,
        route="/static",
    )


def _path_in(cookie: str) -> str:
    """The path of the page that a cookie remembers; no other page can be meant by it."""
    path = unquote(cookie)
    return path if path.startswith("/") else ""


def _told(title: str, says: str, cure: str, *, status: int) -> Page:
    values = {"says": says, "cure": cure}
    return Page(template="told.html", title=title, values=values, status=status)


_NO_SUCH_PAGE = _told(
    "There is no such page.",
    "The address names nothing that this page has.",
    "Look for an incident or an issue, or begin at the front page.",
    status=HTTPStatus.NOT_FOUND,
)

_NOT_OURS = _told(
    "Nothing was saved.",
    "This form was not made by this page, or its keys have been replaced since.",
    "Open the page again, and fill in the form there.",
    status=HTTPStatus.FORBIDDEN,
)


_NO_LINK = _told(
    "This link shows nothing.",
    "It was not made by this stack, or what signs such links was replaced since.",
    "Sign in to see why.",
    status=HTTPStatus.FORBIDDEN,
)


def _not_there(error: NotThere) -> Page:
    says = error.says if len(error.says) <= _LONGEST_SAID else f"{error.says[:_LONGEST_SAID]}…"
    values, status = {"says": says, "cure": error.cure or ""}, HTTPStatus.NOT_FOUND
    return Page(template="told.html", title="There is no such thing", values=values, status=status)


def _link_ended(title: str, link: IncidentLink) -> Page:
    values = {"until": link.until, "incident": link.incident_id}
    return Page(template="link_ended.html", title=title, values=values, status=HTTPStatus.FORBIDDEN)


def _session_ended(request: Request) -> Page:
    """Hidden inputs carry what was typed, under the keys that prove the form as ours."""
    keys = keys_in(request.form)
    values = {"typed": typed_in(request.form), "keys": keys, "action": request.path}
    title = "Your session ended, so nothing was saved."
    return Page(
        template="session_ended.html", title=title, values=values, status=HTTPStatus.FORBIDDEN
    )


def _press_again(request: Request) -> Page:
    values = {"typed": typed_in(request.form), "action": request.path}
    return Page(template="press_again.html", title="Nothing was saved yet.", values=values)


def _failure(error: Exception, request_id: str, log: str) -> Page:
    values = {"request_id": request_id, "log": log}
    if not isinstance(error, PdjiraError):
        title = "This page failed. The sync does not depend on it."
        return Page(template="failed.html", title=title, values=values, status=500)
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    title = "This page cannot be shown."
    if isinstance(error, Temporary):
        status, title = HTTPStatus.SERVICE_UNAVAILABLE, "This page cannot be shown at the moment."
    told = {"says": error.says, "cure": error.cure or "Try again in a minute."}
    return Page(template="failed.html", title=title, values=values | told, status=status)
