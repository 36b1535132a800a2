"""The page on which a connection is entered, tried and replaced."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from pdjira.connection.lines import Trial
from pdjira.connection.saving import ConnectionDesk
from pdjira.connection.token import NewToken
from pdjira.connection.webhook import WebhookDesk
from pdjira.errors import Refused, Temporary
from pdjira.health.webhooks import Proof
from pdjira.page.connection import ConnectionPage
from pdjira.page.strip import Kind
from pdjira.page.web import Fragment, Method, Page, Redirect, Request, Response
from tests.builders import FakeClock, a_mapping
from tests.fakes.connecting import (
    WEBHOOK_URL,
    FakeAccounts,
    FakePendingTokens,
    FakeSecret,
    FakeSecretRules,
    FakeSubscriptionDesk,
    FakeTrial,
)
from tests.fakes.health import FakeDeliveryLog, Patient
from tests.fakes.pagerduty import FakePagerDuty
from tests.sandbox.jira.seed import OUR_ACCOUNT
from tests.world import World

US = "https://api.pagerduty.com"
TREE: dict[str, Any] = {
    "jira": {
        "url": "https://jira.example.com",
        "auth": {"mode": "pat", "token": "the-stored-token-k3Xa"},
    },
    "pagerduty": {"api_url": US, "api_token": "the-stored-key-Zz9q", "from_email": "a@example.com"},
}
JWT = {**TREE, "jira": {"url": "https://jira.example.com", "auth": {"mode": "jwt"}}}


@dataclass
class Site:
    """The page on fakes."""

    tree: dict[str, Any] | None = field(default_factory=lambda: TREE)
    patient: Patient = field(default_factory=lambda: Patient(World(a_mapping()), "secret"))
    clock: FakeClock = field(default_factory=FakeClock)
    time_left: float = 20.0

    def __post_init__(self) -> None:
        self.secret = FakeSecret(None if self.tree is None else json.dumps(self.tree))
        self.signing = FakeSecret("the-signing-token-in-force")
        self.rules = FakeSecretRules()
        self.accounts = FakeAccounts(keys={US: "new-key"})
        self.pagerduty = FakeSubscriptionDesk(FakePagerDuty())
        self.log = FakeDeliveryLog()
        self.jira = FakeTrial()
        self.tried: list[str | None] = []
        self.rereads = 0
        desk = ConnectionDesk(secret=self.secret, rules=self.rules, regions=self.accounts)
        self.token = NewToken(
            secret=self.signing,
            pending=FakePendingTokens(),
            trial=self.jira,
            clock=self.clock,
            generate=lambda: "a-new-token-that-nobody-knows",
        )
        self.page = ConnectionPage(
            desk=desk,
            trial=self._trial,
            token=self.token,
            webhook=WebhookDesk(
                desk=self.pagerduty,
                connection=desk,
                log=self.log,
                url=lambda: WEBHOOK_URL,
                clock=self.clock,
            ),
            accounts=self.accounts,
            mappings=self.patient.world.mappings,
            reread=self._reread,
            url=lambda: "https://x.example.com/live/admin",
        )

    def get(self, path: str = "/connection", **query: str) -> Response:
        return self._ask(Method.GET, path, query=query)

    def post(self, path: str = "/connection", **typed: str) -> Response:
        named = {name.replace("__", "."): [value] for name, value in typed.items()}
        return self._ask(Method.POST, path, form=named, time_left=lambda: self.time_left)

    def filled(self, **typed: str) -> Response:
        named = {name.replace("__", "."): [value] for name, value in typed.items()}
        (route,) = [one for one in self.page.routes() if one.filled]
        assert route.filled
        return route.filled(self._request(Method.POST, "/connection", form=named))

    def save(self, **typed: str) -> Response:
        return self.post(version=self.secret.current().id, then="save", **typed)

    def stored(self) -> Any:
        return json.loads(self.secret.current().text)

    def _trial(self, typed: str | None) -> Trial:
        self.tried.append(typed)
        return Trial(jira=self.patient.health.jira, pagerduty=self.patient.health.pagerduty)

    def _reread(self) -> None:
        self.rereads += 1

    def _ask(self, method: Method, path: str, **given: Any) -> Response:
        (route,) = [one for one in self.page.routes() if (one.method, one.path) == (method, path)]
        return route.answer(self._request(method, path, **given))

    def _request(self, method: Method, path: str, **given: Any) -> Request:
        return Request(method=method, path=path, now=self.clock(), request_id="r", **given)


def shown(response: Response) -> Any:
    assert isinstance(response, Page | Fragment)
    return response.values


# ---- the form


def test_p23_the_form_shows_what_is_stored_and_of_secrets_how_they_end() -> None:
    values = shown(Site().get())

    assert values["values"]["jira.url"] == "https://jira.example.com"
    assert values["ends"]["jira.auth.token"] == "k3Xa"
    assert "the-stored" not in repr(values)
    assert (values["is_entered"], values["is_signed"], values["undone"]) == (True, False, None)


def test_a_fresh_stack_has_an_empty_form() -> None:
    values = shown(Site(tree=None).get())

    assert (values["is_entered"], values["changed_at"], values["stored"]) == (False, None, set())


def test_a_secret_that_cannot_be_read_is_said_above_the_form() -> None:
    site = Site()
    site.secret.write("{ no json")

    assert "Correct it in AWS" in shown(site.get())["undone"]


def test_what_was_typed_is_saved_pinged_and_tested() -> None:
    site = Site()

    response = site.save(jira__auth__token="new-token")

    assert response == Redirect(to="/connection/test?saved=1")
    assert site.stored()["jira"]["auth"] == {"mode": "pat", "token": "new-token"}
    assert site.rereads == 1
    assert len(site.pagerduty.pinged) == 1


def test_a_webhook_that_cannot_be_made_keeps_nobody_from_saving() -> None:
    site = Site()
    site.pagerduty._pagerduty.authenticated = False

    assert isinstance(site.save(jira__auth__token="new-token"), Redirect)
    assert site.pagerduty.stored == {}


def test_without_time_for_it_no_webhook_is_made() -> None:
    site = Site(time_left=7.0)

    assert isinstance(site.save(), Redirect)
    assert site.pagerduty.stored == {}


def test_what_is_wrong_comes_back_at_its_field_without_secrets() -> None:
    site = Site()

    response = site.save(jira__url="https://other.example.com", pagerduty__api_token="typed-key")
    values = shown(response)

    assert set(values["errors"]) == {"jira.auth.token"}
    assert values["values"]["jira.url"] == "https://other.example.com"
    assert values["has_errors"]
    assert "typed-key" not in repr(values)
    assert site.stored() == TREE


def test_two_tabs_the_second_is_told_and_nothing_of_it_is_saved() -> None:
    site = Site()
    known = site.secret.current().id
    site.secret.write(json.dumps({**TREE, "by": "Ana"}))

    response = site.post(version=known, then="save", jira__url="https://jira.example.com/b")
    values = shown(response)

    assert "was changed in AWS or by another page at 14:02 UTC" in values["undone"]
    assert values["values"]["jira.url"] == "https://jira.example.com/b"
    assert site.stored()["by"] == "Ana"


def test_what_was_typed_is_tried_without_being_saved() -> None:
    site = Site()

    response = site.post(then="test", jira__auth__token="only-typed")
    values = shown(response)

    assert json.loads(site.tried[-1] or "")["jira"]["auth"]["token"] == "only-typed"
    assert [one.title for one in values["tried"]][:3] == ["Name", "Connection", "Certificate"]
    assert {one.kind for one in values["tried"]} == {Kind.OK}
    assert "Nothing was saved" in values["undone"]
    assert site.stored() == TREE


def test_what_cannot_be_tried_is_told_at_its_field() -> None:
    site = Site()

    response = site.post(then="test", jira__url="https://other.example.com")

    assert set(shown(response)["errors"]) == {"jira.auth.token"}
    assert site.tried == []


def test_after_a_session_has_ended_the_form_comes_back_filled_and_nothing_is_saved() -> None:
    site = Site()

    values = shown(site.filled(jira__url="https://typed.example.com", jira__auth__qsh="true"))

    assert values["values"]["jira.url"] == "https://typed.example.com"
    assert "nothing was saved" in values["undone"]
    assert site.stored() == TREE


def test_the_users_of_the_key_are_offered() -> None:
    site = Site()

    typed = site.post("/connection/users", pagerduty__api_token="new-key")
    assert shown(typed)["users"] == [("ada@example.com", "Ada")]
    assert shown(site.post("/connection/users"))["users"] == ()
    other = site.post(
        "/connection/users",
        pagerduty__api_token="new-key",
        pagerduty__api_url="https://proxy.example.com",
    )
    assert shown(other)["users"] == ()
    assert shown(Site(tree=None).post("/connection/users"))["users"] == ()


def test_a_key_that_may_not_read_users_offers_none() -> None:
    site = Site()
    site.accounts.refused = Refused("No.", status=403)

    assert shown(site.post("/connection/users", pagerduty__api_token="new-key"))["users"] == ()


# ---- its lines


def test_m8_each_line_leads_to_the_next_one() -> None:
    site = Site()
    seen, at = [], ("jira", "name")
    while True:
        values = shown(site.get("/connection/test", side=at[0], line=at[1]))
        seen += [line.title for line in values["lines"]]
        if values["next"] is None:
            break
        at = (values["next"].side, values["next"].name)

    assert seen[:2] == ["Name", "Connection"]
    assert seen[-1] == "Changing incidents"
    assert len(seen) == 11


def test_m8_after_a_line_that_fails_the_other_side_comes_next() -> None:
    site = Site()
    site.patient.way.fails["connect"] = Temporary("Refused.", cure="Check the port.")

    values = shown(site.get("/connection/test", side="jira", line="connection"))
    first, second, *_ = values["lines"]

    assert (first.kind, first.word, first.cures) == (Kind.BROKEN, "Fails", ["Check the port."])
    assert (second.kind, second.says) == (Kind.OFF, "Needs the line Connection.")
    assert values["next"].side == "pagerduty"


def test_m5_missing_rights_can_be_copied_for_the_jira_administrator() -> None:
    site = Site()
    site.patient.world.jira.model.world.revoke(OUR_ACCOUNT, "CREATE_ISSUES", project="OPS")

    (line,) = shown(site.get("/connection/test", side="jira", line="rights"))["lines"]

    assert "Create Issues" in line.to_copy


def test_without_a_script_all_lines_are_shown_at_once() -> None:
    site = Site()

    at_once = shown(site.get("/connection/test", look="1"))
    later = shown(site.get("/connection/test", saved="1"))

    assert len(at_once["tried"]) == 11
    assert (later["tried"], later["is_saved"], later["has_mapping"]) == ([], True, True)


# ---- the token that signs


def test_m2_a_token_is_shown_once_and_pending_until_jira_takes_it() -> None:
    site = Site(tree=JWT)
    assert shown(site.get())["is_signed"]

    made = site.post("/connection/token", do="make")
    assert isinstance(made, Page)
    assert made.is_outcome
    assert made.values["token"] == "a-new-token-that-nobody-knows"

    pending = shown(site.get(part="token"))
    assert (pending["kind"], pending["is_pending"]) == (Kind.WAITING, True)
    assert (pending["current"], pending["look"].ending) == ("orce", "nows")
    site.jira.taken.add("a-new-token-that-nobody-knows")
    taken = shown(site.get(part="token"))
    assert (taken["kind"], taken["is_pending"], taken["current"]) == (Kind.OK, False, "nows")


def test_m2_a_pending_token_can_be_cancelled() -> None:
    site = Site(tree=JWT)
    site.post("/connection/token", do="make")

    assert site.post("/connection/token", do="cancel") == Redirect(
        to="/connection?done=cancel#token"
    )
    assert not shown(site.get(part="token"))["is_pending"]
    assert "stays in force" in shown(site.get(done="cancel"))["done"]


# ---- webhooks


def test_the_webhook_is_made_pinged_replaced_and_switched_on() -> None:
    site = Site()
    for do in ("make", "ping", "on", "rotate"):
        id_ = next(iter(site.pagerduty.stored), "")
        answer = site.post("/connection/webhook", do=do, id=id_)
        assert answer == Redirect(to=f"/connection?done={do}#webhook")
    waiting = shown(site.get(part="webhook"))
    assert (waiting["waits"], waiting["problem"]) == (True, None)

    refused = site.post("/connection/webhook", do="finish")
    assert "No delivery of the new webhook" in shown(refused)["undone"]
    for id_ in site.pagerduty.stored:
        site.log.prove(Proof.SIGNATURE, site.clock(), of=id_)
    assert isinstance(site.post("/connection/webhook", do="finish"), Redirect)
    assert not shown(site.get(part="webhook"))["waits"]


def test_what_pagerduty_does_not_tell_is_said() -> None:
    site = Site()
    site.pagerduty._pagerduty.authenticated = False

    values = shown(site.get(part="webhook"))

    assert "Authentication failed" in values["problem"]
    assert values["look"] is None


def test_what_there_is_not_to_do_is_said() -> None:
    assert "no such thing" in shown(Site().post("/connection/webhook", do="dance"))["undone"]


@pytest.mark.parametrize(("version", "has_secret"), [("10.3", True), ("9.12", False)])
def test_the_webhook_of_jira_gets_an_address_and_a_secret_where_jira_signs(
    version: str, has_secret: bool
) -> None:
    site = Site()
    site.patient.world.jira.model.install(version)

    made = site.post("/connection/jira-webhook")
    stored = site.stored()["jira"]

    assert isinstance(made, Page)
    assert made.is_outcome
    assert made.values["address"] == (
        f"https://x.example.com/live/webhooks/jira/{stored['webhook_token']}"
    )
    assert made.values["secret"] == stored["webhook_secret"]
    assert (stored["webhook_secret"] is not None) is has_secret


def test_a_jira_that_does_not_answer_is_asked_for_no_signature() -> None:
    site = Site()
    site.patient.world.plan.fail(1, Temporary("No answer."), method="jira.server_info")

    site.post("/connection/jira-webhook")

    assert site.stored()["jira"]["webhook_secret"] is None
