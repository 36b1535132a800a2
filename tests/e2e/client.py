"""Calls the deployed webhook as any client on this machine can."""

import re
from html import unescape
from urllib.parse import urlsplit

import requests

from tests.builders import a_signature
from tests.sandbox.environment import MAPPING, Sandbox


def post(sandbox: Sandbox, body: bytes, *, below: str = "", **headers: str) -> int:
    """Post a body to the webhook, or to a path below it; the status of the answer."""
    with requests.Session() as session:
        session.trust_env = False
        answer = session.post(
            sandbox.stack.webhook_url + below,
            data=body,
            headers={"Content-Type": "application/json", **headers},
            timeout=30,
        )
    return answer.status_code


def post_signed(sandbox: Sandbox, body: bytes) -> int:
    """Post a body signed with the subscription's secret."""
    signature = a_signature(body, sandbox.subscription.secrets[0])
    return post(sandbox, body, **{"X-PagerDuty-Signature": signature})


def post_action(sandbox: Sandbox, body: bytes, **headers: str) -> int:
    """Post a body as the button of the first mapping does."""
    return post(sandbox, body, below=f"/actions/{MAPPING['id']}", **headers)


class Page:
    """The administrator's page, as a browser on this machine reaches it; it keeps its cookies."""

    def __init__(self, sandbox: Sandbox) -> None:
        url = urlsplit(sandbox.stack.browser_url(sandbox.stack.outputs["AdminUrl"]))
        self._origin = f"http://127.0.0.1:{url.port}"
        self._host, self._prefix = url.netloc, url.path
        self.cookies: dict[str, str] = {}

    def get(self, path: str, **query: str) -> requests.Response:
        """Open an address below the page's own."""
        return self._ask("GET", path, params=query)

    def sign_in(self, url: str) -> None:
        """Open a link and press its button."""
        link = urlsplit(url)
        shown = self._ask("GET", f"{link.path.removeprefix(self._prefix)}?{link.query}")
        assert self.press("/sign-in", shown.text).status_code == 303

    def press(self, path: str, shown: str, **typed: str) -> requests.Response:
        """Send the first form of a page that goes to a path, with what is typed in."""
        _, _, form = shown.partition(f'action="{self._prefix}{path}"')
        inputs = re.findall(r'name="([^"]+)" value="([^"]*)"', form.partition("</form>")[0])
        given = {name: unescape(value) for name, value in inputs}
        return self._ask("POST", path, data={**given, **typed})

    def follow(self, answer: requests.Response) -> requests.Response:
        """Go where a redirect leads."""
        assert answer.status_code == 303, answer.text
        return self._ask("GET", answer.headers["Location"].removeprefix(self._prefix))

    def _ask(self, method: str, path: str, **given: dict[str, str]) -> requests.Response:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        with requests.Session() as session:
            session.trust_env = False
            answer = session.request(
                method,
                f"{self._origin}{self._prefix}{path}",
                headers={"Host": self._host, "Cookie": cookies},
                allow_redirects=False,
                timeout=30,
                **given,  # type: ignore[arg-type]  # params or data
            )
            for name, value in session.cookies.items():
                self.cookies[name] = value or ""
        return answer
