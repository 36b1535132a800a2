"""What a form bears: the token of its session, and a key of its own that is used up once.

The second press of a form gets the outcome of the first.
"""

import hmac
from collections import abc
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from pdjira.errors import Temporary
from pdjira.model.signing import Signer
from pdjira.page.sessions import csrf_of
from pdjira.page.web import Page, Redirect, Request, Response

CSRF, KEY = "csrf", "form_key"

_SECRETS = ("token", "secret", "password")

_WAITS_SECONDS, _LOOKS_AFTER = 8.0, 0.25

_CRASHED = timedelta(seconds=45)
"""A press that has no end after this long has none: the function ends each request before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormKeys:
    """What a form bears in hidden inputs."""

    csrf: str
    key: str

    def inputs(self) -> Sequence[tuple[str, str]]:
        """The names of the inputs, and their values."""
        return ((CSRF, self.csrf), (KEY, self.key))


@dataclass(frozen=True, slots=True, kw_only=True)
class Forms:
    """Makes the keys of forms and knows its own. `random` yields what nobody can guess."""

    signer: Signer
    random: Callable[[], str]

    def keys(self, session_id: str) -> FormKeys:
        """New keys for a form of that session; for visitors without one, "" is theirs."""
        csrf, fresh = csrf_of(session_id), self.random()
        return FormKeys(csrf=csrf, key=f"{fresh}.{self.signer.sign('form', csrf, fresh)}")

    def is_ours(self, keys: FormKeys) -> bool:
        """Whether the stack has made these keys, for whatever session."""
        fresh, _, signature = keys.key.partition(".")
        return self.signer.has_signed(signature, "form", keys.csrf, fresh)

    def is_of(self, keys: FormKeys, session_id: str) -> bool:
        """Whether the stack has made these keys for this session."""
        is_same = hmac.compare_digest(keys.csrf.encode(), csrf_of(session_id).encode())
        return self.is_ours(keys) and is_same


def keys_in(form: abc.Mapping[str, Sequence[str]]) -> FormKeys:
    """The keys that a form bears, "" for those that it lacks."""
    return FormKeys(csrf=_last(form, CSRF), key=_last(form, KEY))


def typed_in(form: abc.Mapping[str, Sequence[str]]) -> abc.Mapping[str, Sequence[str]]:
    """What may be sent back of a form: neither its keys nor what was typed as a secret."""
    return {name: values for name, values in form.items() if not _is_kept_back(name)}


def _is_kept_back(name: str) -> bool:
    return name in {CSRF, KEY} or any(part in name.lower() for part in _SECRETS)


def _last(form: abc.Mapping[str, Sequence[str]], name: str) -> str:
    return (form.get(name) or ("",))[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """An earlier press of the same form: when, and where it led; None while it is at work."""

    at: datetime
    outcome: str | None


class Presses(Protocol):
    """Presses by the key of their form; only what a key hashes to is stored, for a day."""

    def begin(self, key: str, *, by: str, at: datetime, void: datetime) -> Press | None:
        """Begin the first press of a form, and answer None; or tell of the one before it.

        One without an outcome that began before `void` counts as never begun. `by` names the
        request: begun by the same one, it is the first. May be repeated.
        """

    def end(self, key: str, *, outcome: str) -> None:
        """Store where the press led. May be repeated."""

    def forget(self, key: str) -> None:
        """Let the form be pressed again, as nothing was done. May be repeated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressing:
    """Runs what a form asks for, once. `wait` sleeps for that many seconds."""

    presses: Presses
    wait: Callable[[float], None]

    def run(self, request: Request, key: str, answer: Callable[[Request], Response]) -> Response:
        """The answer, or the outcome of the first press."""
        waited = 0.0
        while True:
            earlier = self.presses.begin(
                key, by=request.request_id, at=request.now, void=request.now - _CRASHED
            )
            if earlier is None:
                return self._first(request, key, answer)
            if earlier.outcome is not None:
                return _again(earlier.outcome)
            if waited >= min(_WAITS_SECONDS, request.time_left() - 2):
                return _STILL_AT_WORK
            self.wait(_LOOKS_AFTER)
            waited += _LOOKS_AFTER

    def _first(self, request: Request, key: str, answer: Callable[[Request], Response]) -> Response:
        try:
            response = answer(request)
        except BaseException:
            self.presses.forget(key)
            raise
        match response:
            case Redirect(to=to):
                self._end(key, f"{_TO}{to}")
            case Page(is_outcome=True):
                self._end(key, _SHOWN)
            case _:
                self.presses.forget(key)
        return response

    def _end(self, key: str, outcome: str) -> None:
        """What was done stays done, though a second press will not know."""
        with suppress(Temporary):
            self.presses.end(key, outcome=outcome)


def _again(outcome: str) -> Response:
    return Redirect(to=outcome.removeprefix(_TO)) if outcome.startswith(_TO) else _SHOWN_ALREADY


_TO, _SHOWN = "to ", "shown"

_STILL_AT_WORK = Page(
    template="told.html",
    title="Still at work",
    values={
        "says": "The first press of this button is still being worked on.",
        "cure": "Look again in a moment. Nothing is done twice.",
    },
)

_SHOWN_ALREADY = Page(
    template="told.html",
    title="Done already",
    values={
        "says": "The first press of this button has done it, and its answer is shown only once.",
        "cure": "Go back to see how things are now.",
    },
)
