"""The gateway before the sandbox's Jira, and before a server that keeps what reaches it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
import trustme

from tests.gateway.client import NEXT_TOKEN, TOKEN, Client
from tests.gateway.recorder import Recorder
from tests.gateway.running import Gateway, a_site
from tests.sandbox.jira.seed import OUR_TOKEN
from tests.sandbox.jira.server import JiraServer

Site = Callable[..., str]
Start = Callable[..., tuple[Gateway, Client]]

_LONGEST_WORD = 10


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def certificates(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the gateway's certificate and the authority that signed it."""
    folder = tmp_path_factory.mktemp("certificates")
    made = authority.issue_cert("127.0.0.1")
    made.private_key_and_cert_chain_pem.write_to_path(str(folder / "gateway.pem"))
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))
    return folder


@pytest.fixture(scope="session")
def jira() -> Iterator[JiraServer]:
    with JiraServer() as server:
        yield server


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    with Recorder() as server:
        yield server


@pytest.fixture
def site(certificates: Path, jira: JiraServer) -> Site:
    """The site file of the tests, before the sandbox's Jira; settings as in `a_site`."""

    def make(**settings: Any) -> str:
        defaults = {
            "certificate": str(certificates / "gateway.pem"),
            "token": TOKEN,
            "jira": jira.url.removeprefix("http://"),
            "jira_authorization": f"Bearer {OUR_TOKEN}",
        }
        return a_site(**(defaults | settings))

    return make


@pytest.fixture
def start(site: Site, certificates: Path, tmp_path: Path) -> Iterator[Start]:
    """Starts a gateway; P23: when the test is over, no secret stands in what it wrote."""
    with ExitStack() as opened:

        def begin(gateway: str | None = None, **settings: Any) -> tuple[Gateway, Client]:
            running = Gateway(tmp_path, site(**settings), gateway)
            opened.enter_context(_kept_secret(running))
            session = opened.enter_context(requests.Session())
            session.trust_env = False
            client = Client(running, certificates / "authority.pem", session)
            opened.callback(lambda: _assert_unseen(client.sent, running))
            return running, client

        yield begin


@pytest.fixture
def client(start: Start) -> Client:
    """A client of a gateway with the settings of the example."""
    return start()[1]


@contextmanager
def _kept_secret(running: Gateway) -> Iterator[None]:
    with running:
        yield
    _assert_unseen([TOKEN, NEXT_TOKEN, OUR_TOKEN], running)


def _assert_unseen(secrets: list[str], running: Gateway) -> None:
    written = "\n".join(running.lines)
    parts = {part for secret in secrets for part in secret.split(".")}
    assert [part for part in parts if len(part) > _LONGEST_WORD and part in written] == []
