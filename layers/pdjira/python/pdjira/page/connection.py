"""Where both sides are and how we sign in there: entered, tried line by line, and replaced."""

import secrets
from collections import abc
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from pdjira.admin.problem_jobs import LookAgain
from pdjira.connection import form
from pdjira.connection.form import FieldProblem, Tree, put
from pdjira.connection.lines import JIRA, LINES, PAGERDUTY, Line, Trial, Tried, line_of
from pdjira.connection.ports import Accounts
from pdjira.connection.saving import ConnectionDesk, Overtaken, Stored, Wrong
from pdjira.connection.token import NewToken, TokenState
from pdjira.connection.webhook import WebhookDesk
from pdjira.errors import PdjiraError, sentence_of
from pdjira.health.checks import Check, Status
from pdjira.model.ports import Mappings
from pdjira.page import addresses
from pdjira.page.cures import by_label, on_page, told_by_label
from pdjira.page.strip import Kind
from pdjira.page.web import Fragment, Method, Page, Redirect, Request, Response, Route

MAKING_SECONDS = 8.0
"""What it may take to make a webhook; with less time left, a person presses for it."""

_SIGNS_SINCE = (10,)
"""Jira signs webhooks since then, and takes a secret for them."""

_SIDES = {JIRA: "Jira", PAGERDUTY: "PagerDuty"}

_KINDS = {
    Status.OK: (Kind.OK, "Fine"),
    Status.UNCHECKED: (Kind.OFF, "Not checked"),
    Status.ATTENTION: (Kind.ATTENTION, "Look at this"),
    Status.BROKEN: (Kind.BROKEN, "Fails"),
}

_TOKEN_STATES = {
    TokenState.NONE: (Kind.OFF, "None is pending: one ends 15 minutes after somebody last looked"),
    TokenState.PENDING: (Kind.WAITING, "Pending: Jira does not take it yet"),
    TokenState.SILENT: (Kind.WAITING, "Pending: Jira did not answer"),
    TokenState.TAKEN: (Kind.OK, "Jira takes it: it is in force"),
    TokenState.ENDED: (Kind.OFF, "It ended: nobody looked for 15 minutes"),
}

_DONE = {
    "make": "The webhook is made, and a ping is on its way.",
    "ping": "A ping is on its way.",
    "on": "The webhook is switched on.",
    "rotate": "A second webhook with another secret is made. Both deliver until you delete the old "
    "one.",
    "finish": "The old webhook and its secret are gone.",
    "cancel": "The pending token is gone. The former one stays in force.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the form says besides what is stored: what was typed, and what came of it."""

    typed: abc.Mapping[str, str] | None = None
    problems: Sequence[FieldProblem] = ()
    so: str = "nothing was saved"
    undone: str | None = None
    word: str = "Not saved."
    done: str | None = None
    tried: Sequence[Tried] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionPage:
    """`/connection`.

    `trial` tries what was typed, or what is stored where nothing is given. `reread` has the secret
    read again after it was saved. `url` is the address of the page, beside which webhooks arrive.
    """

    desk: ConnectionDesk
    trial: Callable[[str | None], Trial]
    token: NewToken
    webhook: WebhookDesk
    accounts: Accounts
    mappings: Mappings
    reread: Callable[[], object]
    url: Callable[[], str]
    look_again: LookAgain

    def routes(self) -> Sequence[Route]:
        """As every page has them."""
        get, post = Method.GET, Method.POST
        return (
            Route(method=get, path="/connection", answer=self._show),
            Route(method=post, path="/connection", answer=self._enter, filled=self._filled),
            Route(method=get, path="/connection/test", answer=self._test),
            Route(method=post, path="/connection/users", answer=self._users, runs_once=False),
            Route(method=post, path="/connection/token", answer=self._token),
            Route(method=post, path="/connection/webhook", answer=self._webhook),
            Route(method=post, path="/connection/jira-webhook", answer=self._jira_webhook),
        )

    # ---- The form

    def _show(self, request: Request) -> Response:
        part = request.query.get("part")
        if part == "token":
            return Fragment(template="connection_token.html", values=self._token_values())
        if part == "webhook":
            return Fragment(template="connection_webhook.html", values=self._webhook_values())
        return _form(self.desk.stored(), Told(done=_DONE.get(request.query.get("done", ""))))

    def _filled(self, request: Request) -> Response:
        """What was typed comes back, but for secrets; nothing was saved."""
        says = "Your session had ended, so nothing was saved. Enter secrets again, then press."
        return _form(self.desk.stored(), Told(typed=_typed(request), undone=says))

    def _enter(self, request: Request) -> Response:
        typed = _typed(request)
        if request.value("then") == "test":
            return self._tried(typed)
        outcome = self.desk.save(typed, known=request.value("version"))
        if isinstance(outcome, Wrong):
            return _form(self.desk.stored(), Told(typed=typed, problems=outcome.problems))
        if isinstance(outcome, Overtaken):
            return _form(self.desk.stored(), Told(typed=typed, undone=outcome.says))
        if outcome.left_signing:
            self.token.renew()
        self.reread()
        self._look_again("jira", "pagerduty", "webhooks")
        if request.time_left() > MAKING_SECONDS:
            with suppress(PdjiraError):  # the part about webhooks says what is wrong
                self.webhook.make()
        return Redirect(to=addresses.address("/connection/test", saved="1"))

    def _look_again(self, *areas: str) -> None:
        """What was seen before is over; who is not told of that loses nothing."""
        with suppress(PdjiraError):
            self.look_again.after(*areas)

    def _tried(self, typed: abc.Mapping[str, str]) -> Response:
        """What was typed, tried and not saved."""
        stored = self.desk.stored()
        text, problems = self.desk.entered(stored, typed)
        if problems:
            told = Told(typed=typed, problems=problems, so="nothing was tried")
            return _form(stored, told)
        trial = self.trial(text)
        tried = [*trial.all(JIRA), *trial.all(PAGERDUTY)]
        return _form(stored, Told(typed=typed, tried=tried))

    # ---- Its lines

    def _test(self, request: Request) -> Response:
        side, name = request.query.get("side", ""), request.query.get("line", "")
        line = line_of(side, name)
        if line is not None:
            return self._one_line(line)
        is_whole = bool(request.query.get("look"))
        trial = self.trial(None)
        tried = [*trial.all(JIRA), *trial.all(PAGERDUTY)] if is_whole else []
        return Page(
            template="connection_test.html",
            title="Test of the connection",
            values={
                "is_saved": bool(request.query.get("saved")),
                "first": LINES[0],
                "tried": [_line_shown(one) for one in tried],
                "has_mapping": bool(self.mappings.in_force()),
            },
        )

    def _one_line(self, line: Line) -> Response:
        """A line, and where the next one is; after one that fails the others say what they need."""
        found = self.trial(None).tried(line)
        after = LINES[LINES.index(line) + 1 :]
        skipped: list[Tried] = []
        if found.is_broken:
            same = [one for one in after if one.side == line.side]
            skipped = [
                Tried(line=one, needs=found.title) for one in same if one.title != found.title
            ]
            after = after[len(same) :]
        return Fragment(
            template="connection_line.html",
            values={
                "lines": [_line_shown(one) for one in (found, *skipped)],
                "next": after[0] if after else None,
            },
        )

    def _users(self, request: Request) -> Response:
        """The users whom the key shows, for the list of the input; none where it shows none."""
        stored = self.desk.stored()
        typed = request.value("pagerduty.api_token")
        key = typed or str(form.get(stored.tree, "pagerduty.api_token") or "")
        kept = str(form.get(stored.tree, "pagerduty.api_url") or form.PAGERDUTY)
        entered = request.value("pagerduty.api_url")
        address = (entered or kept) if typed else kept
        users: Sequence[tuple[str, str]] = ()
        with suppress(PdjiraError):
            users = self.accounts.users(key, among=_addresses(address)) if key else ()
        return Fragment(template="connection_users.html", values={"users": users})

    # ---- The token that signs

    def _token(self, request: Request) -> Response:
        if request.value("do") == "cancel":
            self.token.cancel()
            return Redirect(to=addresses.address("/connection", done="cancel") + "#token")
        return Page(
            template="connection_token_made.html",
            title="New token for Jira",
            values={"token": self.token.make()},
            is_outcome=True,
        )

    def _token_values(self) -> dict[str, object]:
        look = self.token.look()
        current = self.token.secret.current()
        kind, word = _TOKEN_STATES[look.state]
        return {
            "kind": kind,
            "word": word,
            "look": look,
            "is_pending": look.state in {TokenState.PENDING, TokenState.SILENT},
            "current": form.ending(current.text),
            "current_at": current.at,
        }

    # ---- Webhooks

    def _webhook(self, request: Request) -> Response:
        do, id_ = request.value("do"), request.value("id")
        acts: abc.Mapping[str, Callable[[], object]] = {
            "make": self.webhook.make,
            "ping": lambda: self.webhook.ping(id_),
            "on": lambda: self.webhook.switch_on(id_),
            "rotate": lambda: self.webhook.rotate(id_),
            "finish": self.webhook.finish,
        }
        if do not in acts:
            says = "There is no such thing to do."
            return _form(self.desk.stored(), Told(undone=says, word="Nothing was done."))
        try:
            acts[do]()
        except PdjiraError as error:
            told = Told(undone=sentence_of(error), word="Not done.")
            return _form(self.desk.stored(), told)
        self._look_again("webhooks")
        return Redirect(to=addresses.address("/connection", done=do) + "#webhook")

    def _webhook_values(self) -> dict[str, object]:
        """What PagerDuty says of our webhooks; what it does not say is told."""
        try:
            look = self.webhook.look()
        except PdjiraError as error:
            return {"not_known": sentence_of(error), "look": None, "waits": False}
        waits = any(one.is_known and not one.is_proven for one in look.ours)
        return {"not_known": None, "look": look, "waits": waits}

    def _signs_webhooks(self) -> bool:
        """Whether this Jira signs what it delivers; where it does not say, nothing is demanded."""
        try:
            return self.trial(None).jira.jira.server_info().version >= _SIGNS_SINCE
        except PdjiraError:
            return False

    def _jira_webhook(self, _request: Request) -> Response:
        """Another token for its address, and another secret; both are shown this once."""
        token = secrets.token_hex(16)
        secret = secrets.token_hex(32) if self._signs_webhooks() else None

        def edit(tree: Tree) -> None:
            put(tree, "jira.webhook_token", value=token)
            put(tree, "jira.webhook_secret", value=secret)

        self.desk.change(edit)
        base = self.url().removesuffix("/admin")
        return Page(
            template="connection_jira_webhook.html",
            title="Webhook for Jira",
            values={"address": f"{base}/webhooks/jira/{token}", "secret": secret},
            is_outcome=True,
        )


def _form(stored: Stored, told: Told) -> Page:
    shown = form.shown(stored.tree)
    values = {**shown, **_without_secrets(told.typed or {})}
    undone = told.undone
    if stored.problem and not undone:
        undone = f"{stored.problem} Correct it in AWS: until then nothing can be saved here."
    problems = told_by_label(told.problems, values)
    return Page(
        template="connection.html",
        title="Connection",
        values={
            "values": values,
            "ends": {name: shown[name] for name in form.SECRETS},
            "stored": {name for name in form.SECRETS if form.get(stored.tree, name)},
            "version": stored.version.id,
            "changed_at": stored.version.at if stored.tree else None,
            "problems": [(name, says) for name, says in problems.items()],
            "errors": problems,
            "so": told.so,
            "has_errors": bool(problems),
            "done": told.done,
            "undone": undone,
            "word": told.word,
            "is_signed": values["jira.auth.mode"] == "jwt",
            "has_signed": form.get(stored.tree, "jira.auth.mode") == "jwt",
            "is_entered": bool(form.get(stored.tree, "jira.url")),
            "has_jira_webhook": bool(form.get(stored.tree, "jira.webhook_token")),
            "tried": [_line_shown(one) for one in told.tried],
        },
    )


def _typed(request: Request) -> abc.Mapping[str, str]:
    """The inputs that are keys of the secret; secrets as they stand, but for blanks around them."""
    names = (*form.TEXTS, *form.SECRETS, form.SIGNING, "jira.auth.mode")
    typed = {name: request.value(name) for name in names if name in request.form}
    return {**typed, "jira.auth.qsh": request.value("jira.auth.qsh")}


def _without_secrets(typed: abc.Mapping[str, str]) -> dict[str, str]:
    secret = {*form.SECRETS, form.SIGNING}
    return {name: value for name, value in typed.items() if name not in secret}


def _addresses(address: str) -> Sequence[str]:
    return tuple(form.REGIONS) if address in form.REGIONS else (address,)


@dataclass(frozen=True, slots=True, kw_only=True)
class LineShown:
    """A line as it is drawn: the worst of its checks gives shape and word."""

    side: str
    title: str
    kind: Kind
    word: str
    says: str
    cures: Sequence[str]
    to_copy: str = ""


def _line_shown(tried: Tried) -> LineShown:
    side, title = _SIDES[tried.line.side], tried.title
    if tried.needs:
        says = f"Needs the line {tried.needs}."
        return LineShown(
            side=side, title=title, kind=Kind.OFF, word="Not checked", says=says, cures=()
        )
    order = list(Status)
    worst = max((one.status for one in tried.checks), key=order.index, default=Status.OK)
    kind, word = _KINDS[worst]
    cures = [one.cure for one in tried.checks if one.cure and _is_told(one)]
    return LineShown(
        side=side,
        title=title,
        kind=kind,
        word=word,
        says=by_label(" ".join(one.says for one in _telling(tried))),
        cures=[on_page(one) for one in cures],
        to_copy=" ".join(cures) if tried.line.name == "rights" else "",
    )


def _telling(tried: Tried) -> Sequence[Check]:
    """Its faults, where it has some: what else was found would only be in their way."""
    return [one for one in tried.checks if _is_told(one)] or tried.checks


def _is_told(check: Check) -> bool:
    """Whether what to do is worth a line of its own."""
    return check.status in {Status.ATTENTION, Status.BROKEN}
