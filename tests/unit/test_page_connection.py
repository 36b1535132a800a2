"""The page on which a connection is entered, tried and replaced."""

import json
from dataclasses import replace
from typing import Any

import pytest

from pdjira.admin.problem_jobs import LOOK
from pdjira.connection.form import FieldProblem
from pdjira.errors import Refused, Temporary
from pdjira.health.checks import Check, Status
from pdjira.health.standing import Seen
from pdjira.health.webhooks import Proof
from pdjira.page.strip import Kind
from pdjira.page.web import Fragment, Page, Redirect, Response
from tests.sandbox.jira.seed import OUR_ACCOUNT
from tests.scenes.connecting import JWT, TREE
from tests.scenes.connecting import ConnectionSite as Site


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
    assert values["undone"] is None
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
    assert (waiting["waits"], waiting["not_known"]) == (True, None)

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

    assert "Authentication failed" in values["not_known"]
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


# ---- what is said of it


def test_an_empty_form_is_told_by_the_labels_in_their_order_and_that_nothing_was_tried() -> None:
    site = Site(tree=None)
    said = {
        "pagerduty.from_email": "pagerduty.from_email is not an e-mail address.",
        "jira.auth.token": "The connection secret lacks jira.auth.token.",
        "jira.url": "jira.url must begin with https://.",
    }
    site.rules.found = [FieldProblem(field=name, says=says) for name, says in said.items()]

    values = shown(site.post(then="test", jira__url="", pagerduty__from_email="nobody"))

    assert [says for _, says in values["problems"]] == [
        "Address is missing.",
        "Access token is missing.",
        "From user is not an e-mail address.",
    ]
    assert values["so"] == "nothing was tried"
    assert shown(site.save(jira__url=""))["so"] == "nothing was saved"


def test_a_line_that_fails_tells_its_faults_alone_by_the_labels_of_the_form() -> None:
    site = Site()
    site.patient.way.fails["named"] = Temporary(
        "No such name.", cure="Check jira.url in the connection secret."
    )
    site.patient.misspelt = ["There is no key urll."]

    (line,) = [one for one in shown(site.post(then="test"))["tried"] if one.kind is Kind.BROKEN]

    assert line.says == "No such name."
    assert list(line.cures) == ['Check "Address" on the page Connection.']


@pytest.mark.parametrize("what", ["save", "webhook"])
def test_what_was_seen_before_is_not_believed_after_a_change_and_looked_at_again(what: str) -> None:
    site = Site()
    fault = Check(area="webhooks", name="deliveries", status=Status.BROKEN, says="All refused.")
    site.seen.put(Seen(at=site.clock(), checks=[fault, replace(fault, area="mappings")]))

    if what == "save":
        site.save(jira__auth__token="new-token")
    else:
        site.post("/connection/webhook", do="make")

    last = site.seen.last()
    assert last is not None
    assert [one.area for one in last.checks] == ["mappings"]
    assert site.desk.find("job-1").kind == LOOK


def test_a_look_that_cannot_be_started_keeps_nobody_from_saving() -> None:
    site = Site()
    site.patient.world.plan.fail_next("jobs.save", Temporary("No answer."))

    assert isinstance(site.save(jira__auth__token="new-token"), Redirect)


def test_p25_another_way_to_sign_in_voids_the_token_that_signed() -> None:
    site = Site(tree=JWT)
    before = site.signing.current().text

    site.save(jira__auth__mode="jwt")
    assert site.signing.current().text == before
    site.save(jira__auth__mode="pat", jira__auth__token="new-token")

    assert site.signing.current().text == "a-new-token-that-nobody-knows"


def test_p23_the_token_that_signs_is_typed_for_another_host_and_never_shown_or_stored() -> None:
    site = Site(tree=JWT)
    wrong = shown(site.post(then="test", jira__url="https://other.example.com"))
    assert wrong["errors"].keys() == {"jira.auth.signing_token"}
    assert site.tried == []

    values = shown(
        site.post(
            then="test",
            jira__url="https://other.example.com",
            jira__auth__signing_token=site.signing.current().text,
        )
    )

    assert site.signing.current().text not in repr((values, site.tried))
    assert len(site.tried) == 1
