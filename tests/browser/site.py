"""The real site around pages on fakes, served to a browser that is signed in."""

from collections import abc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from pdjira.adapters.aws.page_gateway import page_resolver
from pdjira.model.signing import Signer
from pdjira.page.forms import Forms, Pressing
from pdjira.page.http import SESSION_COOKIE, Assets
from pdjira.page.rendering import Renderer
from pdjira.page.sessions import Session, SigningIn
from pdjira.page.sign_in import HowToSignIn, SignInPages
from pdjira.page.site import Around, Site
from pdjira.page.strip import Attention, Kind, Strip
from pdjira.page.web import HasRoutes, Request
from tests.browser.looks import DESK, ROOT, Failures, Looks, Open, Way
from tests.browser.serving import Server
from tests.builders import FakeClock
from tests.fakes.sign_ins import FakePresses, FakeSessions, FakeSignInTokens

NOW = datetime(2026, 11, 29, 3, 10, 5, tzinfo=UTC)
"""What the clock shows in every picture: 04:10:05 in Berlin."""

ADMIN = ROOT / "functions" / "admin"
SESSION = "session-1"
FOOTER = ("pdjira 0.1.0", "stack pdjira", "eu-central-1", "jira.example.com")

QUIET = Strip(
    last_webhook=NOW - timedelta(seconds=14),
    last_poll=NOW - timedelta(seconds=40),
)
TROUBLED = Strip(
    attentions=(
        Attention(
            kind=Kind.BROKEN,
            says="Jira: project OPS does not answer",
            to="/health",
            until=NOW + timedelta(minutes=12),
        ),
        Attention(kind=Kind.ATTENTION, says="Jira token ends in 12 days", to="/connection"),
        Attention(kind=Kind.WAITING, says="353 issues wait to page somebody", to="/paused"),
    ),
    last_webhook=NOW - timedelta(seconds=14),
    last_poll=NOW - timedelta(seconds=40),
    waiting=3,
)

Frame = abc.Mapping[str, object]
QUIET_FRAME: Frame = {"strip": QUIET, "problems_count": 0, "is_setup_done": True}
TROUBLED_FRAME: Frame = {"strip": TROUBLED, "problems_count": 2, "is_setup_done": True}


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A site that is served; `looks` is signed in, `stranger` is not."""

    server: Server
    looks: Looks
    stranger: Looks
    sessions: FakeSessions

    def url(self, path: str = "") -> str:
        """The address of a path below `/admin`."""
        return self.server.url(path)

    def hold(self, name: str, opened: str | Open, *, is_pictured: bool = False) -> None:
        """As `Looks.hold`, by a path of the page."""
        where = self.url(opened) if isinstance(opened, str) else opened
        self.looks.hold(name, where, is_pictured=is_pictured)

    @contextmanager
    def page(
        self, path: str = "", way: Way = DESK, failures: Failures | None = None
    ) -> Iterator[Page]:
        """That page, opened by who is signed in."""
        with self.looks.page(way, failures) as page:
            page.goto(self.url(path))
            yield page


Serve = Callable[..., Served]


@contextmanager
def served(
    browser: Browser,
    *pages: HasRoutes,
    clock: FakeClock | None = None,
    frame: Frame = QUIET_FRAME,
) -> Iterator[Served]:
    """These pages in the real site; `frame` is what it says around each."""
    clock = clock or FakeClock(NOW)
    sessions = FakeSessions()
    sessions.put(SESSION, Session(name="Ana", begun_at=clock.now, used_at=clock.now))
    with Server(answering(_site(pages, clock, frame, sessions))) as server:
        cookie = {
            "name": SESSION_COOKIE,
            "value": SESSION,
            "url": server.origin.replace("http://", "https://"),
            "secure": True,
            "httpOnly": True,
            "sameSite": "Strict",
        }
        yield Served(
            server=server,
            looks=Looks(browser=browser, cookies=(cookie,)),
            stranger=Looks(browser=browser),
            sessions=sessions,
        )


def answering(site: Site) -> Callable[[dict[str, Any]], abc.Mapping[str, Any]]:
    """What answers the gateway's events with that site."""
    resolver = page_resolver(site.answer)
    return lambda event: resolver(event, None)


def _site(
    pages: abc.Sequence[HasRoutes], clock: FakeClock, frame: Frame, sessions: FakeSessions
) -> Site:
    renderer = Renderer(ADMIN / "templates", ADMIN / "static")
    signer = Signer(secret=lambda: "the secret of links")
    keys = count(1)
    how = HowToSignIn(
        console="https://eu-central-1.console.aws.amazon.com/lambda/home?region=eu-central-1"
        "#/functions/pdjira-admin?tab=testing",
        event='{"action": "sign-in-link"}',
        command="aws lambda invoke --function-name pdjira-admin --region eu-central-1 "
        '--cli-binary-format raw-in-base64-out --payload \'{"action": "sign-in-link"}\' '
        "/dev/stdout",
    )
    signing_in = SigningIn(tokens=FakeSignInTokens(), sessions=sessions, signer=signer)
    return Site(
        routes=[route for page in pages for route in page.routes()],
        sign_in=SignInPages(signing_in=signing_in, how=how),
        forms=Forms(signer=signer, random=lambda: f"random-{next(keys)}"),
        pressing=Pressing(presses=FakePresses(), wait=lambda _seconds: None),
        render=renderer.render,
        assets=Assets(hash_=renderer.static_hash, files=_files(ADMIN / "static")),
        around=Around(
            frame=lambda _request: frame,
            footer=lambda: FOOTER,
            log_of=lambda request_id: f"https://console.aws.amazon.com/logs?q={request_id}",
        ),
        clock=clock,
    )


def _files(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def failing(error: Exception) -> Callable[[Request], Any]:
    """What answers a route by failing."""

    def answer(_request: Request) -> Any:
        raise error

    return answer
