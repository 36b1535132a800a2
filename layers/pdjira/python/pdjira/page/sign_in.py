"""The pages for signing in and out."""

from collections.abc import Sequence
from dataclasses import dataclass

from pdjira.page.forms import KEY
from pdjira.page.http import return_cookie, session_cookie
from pdjira.page.sessions import SigningIn
from pdjira.page.web import Access, Method, Page, Redirect, Request, Response, Route


@dataclass(frozen=True, slots=True, kw_only=True)
class HowToSignIn:
    """How one gets a link: where in the AWS console, with what event, or by what command."""

    console: str
    event: str
    command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInPages:
    """GET shows a button, and only its POST uses the link up: previews of links must not."""

    signing_in: SigningIn
    how: HowToSignIn

    def routes(self) -> Sequence[Route]:
        """What it answers."""
        return (
            Route(method=Method.GET, path="/sign-in", answer=self._ask, access=Access.OPEN),
            Route(
                method=Method.POST,
                path="/sign-in",
                answer=self._sign_in,
                access=Access.OPEN,
                runs_once=False,
            ),
            Route(
                method=Method.POST,
                path="/sign-out",
                answer=self._sign_out,
                access=Access.OPEN,
                runs_once=False,
            ),
        )

    def page(self, *, token: str = "", is_used: bool = False, status: int = 200) -> Page:
        """With a token the button, else how to get a link; `is_used`: this one is of no use."""
        values = {"token": token, "is_used": is_used, "how": self.how}
        return Page(template="sign_in.html", title="Sign in", values=values, status=status)

    def _ask(self, request: Request) -> Response:
        return self.page(token=request.query.get("token", ""))

    def _sign_in(self, request: Request) -> Response:
        key = request.value(KEY)
        session_id = self.signing_in.sign_in(request.value("token"), key=key, now=request.now)
        if session_id is None:
            return self.page(is_used=True, status=403)
        cookies = (session_cookie(session_id), return_cookie(""))
        return Redirect(to=request.came_from, cookies=cookies)

    def _sign_out(self, request: Request) -> Response:
        visitor = request.visitor
        self.signing_in.sign_out(visitor.session if visitor else "")
        return Redirect(to="/sign-in", cookies=(session_cookie(""),))
