"""Every form of the site takes whatever is posted to it: what is wrong is said, nothing crashes.

The routes are the site's own, so a new one is among them by itself.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Any

import pytest

from pdjira.adapters.aws.jobs import LambdaRounds
from pdjira.page import site
from pdjira.page.forms import Forms
from pdjira.page.http import SESSION_COOKIE, Incoming
from pdjira.page.web import Method, Route
from tests.functional.browsing import Browser
from tests.functional.whole_stack import WholeStack, whole_stack

DEEP = 900
VALUES = {
    "empty": "",
    "unknown": "unknown-1",
    "long": "x" * 100_000,
    "deep object": '{"a":' * DEEP + "1" + "}" * DEEP,
    "a number": "7" * 400,
}

BY_ITSELF = {"unknown", "deep object"}

LEFT_OUT = {"/sign-out"}
"""It ends the session that the others need, and takes no value."""


class Recording(dict[str, Sequence[str]]):
    """A form that records the names by which a page asks for inputs."""

    asked: set[str]

    def get(self, name: Any, default: Any = None) -> Any:
        self.asked.add(name)
        return super().get(name, default)

    def __getitem__(self, name: str) -> Sequence[str]:
        self.asked.add(name)
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self.asked.add(str(name))
        return super().__contains__(name)


class Presser:
    """Somebody who is signed in and posts what no form of the page would."""

    def __init__(self, stack: WholeStack) -> None:
        self.routes: Sequence[Route] = ()
        self.asked: set[str] = set()
        self.error: BaseException | None = None
        self.forms: Forms | None = None
        self._patch()
        self.browser: Browser = stack.browser().open("")

    def _patch(self) -> None:
        presser, original = self, site.Site.answer

        def answer(self: site.Site, asked: Incoming) -> Any:
            own = (*self.sign_in.routes(), *self.routes)
            presser.routes = [one for one in own if one.method is Method.POST]
            form = Recording(asked.form)
            form.asked = presser.asked
            answered = original(self, replace(asked, form=form))
            presser.error, presser.forms = answered.error, self.forms
            return answered

        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(site.Site, "answer", answer)
        self.patch.setattr(LambdaRounds, "begin", lambda *_: None)
        self.patch.setattr("pdjira.page.why._WAITS_SECONDS", 0.0)

    @property
    def paths(self) -> Sequence[str]:
        return [route.path for route in self.routes if route.path not in LEFT_OUT]

    def keys(self) -> dict[str, str]:
        assert self.forms is not None
        return dict(self.forms.keys(self.browser.cookies[SESSION_COOKIE]).inputs())

    def press(self, path: str, **typed: str) -> int:
        self.browser.post(path, {**typed, **self.keys()})
        return self.browser.status

    def names(self, path: str) -> set[str]:
        """What the page at this address asks the form for, and the version of a secret."""
        self.asked.clear()
        self.press(path)
        return self.asked - {"csrf", "form_key"}


@pytest.fixture
def presser(socket_enabled: None) -> Iterator[Presser]:  # noqa: ARG001 - both sides listen on loopback
    logging.getLogger().setLevel(logging.CRITICAL)
    with whole_stack() as stack:
        stack.save()
        presser = Presser(stack)
        yield presser
        presser.patch.undo()


def test_every_route_that_takes_a_form_is_known(presser: Presser) -> None:
    assert len(presser.paths) > 25
    assert {"/mapping", "/connection", "/health/check"} <= set(presser.paths)


@pytest.mark.parametrize("value", VALUES)
def test_whatever_is_posted_to_any_form_is_answered_in_words(presser: Presser, value: str) -> None:
    """Of every route: all that it asks for at once; of some values, each by itself as well."""
    failed: dict[str, list[object]] = {}
    for path in presser.paths:
        names = presser.names(path)
        single = [name for name in names if value in BY_ITSELF and "." not in name]
        for typed in (
            {},
            dict.fromkeys(names, VALUES[value]),
            *({n: VALUES[value]} for n in single),
        ):
            if presser.press(path, **typed) >= HTTPStatus.INTERNAL_SERVER_ERROR:
                failed.setdefault(f"{path}: {presser.error!r}"[:300], []).append(list(typed)[:3])

    assert failed == {}
