"""A site around any pages, all in memory; what a template would be given is there to look at."""

from collections import abc
from dataclasses import dataclass, field
from itertools import count
from math import inf
from typing import Any

from pdjira.admin.sign_in import SignInLinks
from pdjira.model.signing import Signer
from pdjira.page.forms import Forms, Pressing
from pdjira.page.http import Assets, Incoming, Outgoing
from pdjira.page.sessions import SigningIn
from pdjira.page.sign_in import HowToSignIn, SignInPages
from pdjira.page.site import Around, Site
from pdjira.page.web import HasRoutes, Route
from tests.builders import FakeClock
from tests.fakes.sign_ins import FakePresses, FakeSessions, FakeSignInTokens, fake_sign_in_links

PREFIX = "/live/admin"


class FakeRenderer:
    """Shows the name of the template; `given` are the names that it got."""

    def __init__(self) -> None:
        self.template = ""
        self.given: abc.Mapping[str, Any] = {}
        self.fails: Exception | None = None

    def render(self, template: str, names: abc.Mapping[str, object]) -> str:
        if self.fails is not None:
            raise self.fails
        self.template, self.given = template, names
        return f"<{template}>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Routes:
    """A page of these routes."""

    given: tuple[Route, ...] = ()

    def routes(self) -> tuple[Route, ...]:
        return self.given


@dataclass(slots=True, kw_only=True)
class Visitors:
    """A site, and whoever asks: `cookies` are those of the one browser."""

    pages: tuple[HasRoutes, ...] = ()
    clock: FakeClock = field(default_factory=FakeClock)
    tokens: FakeSignInTokens = field(default_factory=FakeSignInTokens)
    sessions: FakeSessions = field(default_factory=FakeSessions)
    presses: FakePresses = field(default_factory=FakePresses)
    renderer: FakeRenderer = field(default_factory=FakeRenderer)
    cookies: dict[str, str] = field(default_factory=dict)
    time_left: float = inf
    are_links_open: bool = True
    waited: list[float] = field(default_factory=list)
    answer: Outgoing = field(default_factory=lambda: Outgoing(status=0))
    links: SignInLinks = field(init=False)
    _numbers: Any = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.links = fake_sign_in_links(self.clock, kept=self.tokens)

    def site(self) -> Site:
        signer = Signer(secret=lambda: "secret")
        signing_in = SigningIn(tokens=self.tokens, sessions=self.sessions, signer=signer)
        how = HowToSignIn(console="https://console", event="{}", command="aws")
        return Site(
            routes=[route for page in self.pages for route in page.routes()],
            sign_in=SignInPages(signing_in=signing_in, how=how),
            forms=Forms(signer=signer, random=lambda: f"random-{next(self._numbers)}"),
            pressing=Pressing(presses=self.presses, wait=self.waited.append),
            render=self.renderer.render,
            assets=Assets(hash_="abc", files={"page.css": b"body {}"}),
            around=Around(
                frame=lambda _request: {"strip": "all well"},
                footer=lambda: ("pdjira",),
                log_of=lambda request_id: f"https://logs/{request_id}",
            ),
            clock=self.clock,
            are_links_open=self.are_links_open,
        )

    def get(self, path: str, /, *, is_script: bool = False, **query: str) -> Outgoing:
        """Open an address."""
        return self._ask(
            Incoming(
                method="GET",
                prefix=PREFIX,
                path=path,
                request_id=f"request-{next(self._numbers)}",
                query=query,
                cookies=dict(self.cookies),
                is_script=is_script,
                time_left=lambda: self.time_left,
            )
        )

    def post(
        self,
        path: str,
        /,
        keys: abc.Mapping[str, str],
        *,
        is_foreign: bool = False,
        **typed: str,
    ) -> Outgoing:
        """Send a form; `is_foreign`: from another site."""
        return self._ask(
            Incoming(
                method="POST",
                prefix=PREFIX,
                path=path,
                request_id=f"request-{next(self._numbers)}",
                form={name: [value] for name, value in {**keys, **typed}.items()},
                cookies=dict(self.cookies),
                is_foreign=is_foreign,
            )
        )

    def sign_in(self, name: str | None = "Ana") -> None:
        """Sign in by a new link."""
        url = str(self.links.link(name)["url"])
        self.get("/sign-in", token=url.rpartition("=")[2])
        assert self.post("/sign-in", self.keys(), token=url.rpartition("=")[2]).status == 303

    def keys(self) -> dict[str, str]:
        """The hidden inputs of a form of the page that is shown."""
        return dict(self.renderer.given["hidden_inputs"]())

    def _ask(self, asked: Incoming) -> Outgoing:
        self.answer = self.site().answer(asked)
        for cookie in self.answer.cookies:
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
            if not value:
                del self.cookies[name]
        return self.answer
