"""The promises of what is kept of sign-ins and forms, by the table and by the fakes."""

from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple

import pytest

from pdjira.adapters.aws.sessions import DynamoPresses, DynamoSessions
from pdjira.adapters.aws.sign_ins import DynamoSignInTokens, stored_admin_url
from pdjira.admin.sign_in import SignInOffer, SignInTokens
from pdjira.errors import Misconfigured, Temporary
from pdjira.page.forms import Press, Presses
from pdjira.page.sessions import Session, Sessions
from tests.aws import LINKS_TABLE, Aws, Wire
from tests.builders import NOW
from tests.fakes.sign_ins import FakePresses, FakeSessions, FakeSignInTokens

OFFER = SignInOffer(name="Ana", until=NOW + timedelta(minutes=15))
SESSION = Session(name="Ana", begun_at=NOW, used_at=NOW)
LATER = NOW + timedelta(minutes=3)


class Kept(NamedTuple):
    tokens: SignInTokens
    sessions: Sessions
    presses: Presses


@pytest.fixture(params=["table", "fake"])
def kept(request: pytest.FixtureRequest) -> Kept:
    if request.param == "fake":
        return Kept(FakeSignInTokens(), FakeSessions(), FakePresses())
    client = request.getfixturevalue("aws").dynamodb
    return Kept(
        DynamoSignInTokens(client, LINKS_TABLE),
        DynamoSessions(client, LINKS_TABLE),
        DynamoPresses(client, LINKS_TABLE),
    )


# ---- tokens


@pytest.mark.parametrize("offer", [OFFER, replace(OFFER, name=None)])
def test_p23_a_token_is_taken_once(kept: Kept, offer: SignInOffer) -> None:
    kept.tokens.keep("token", offer)
    kept.tokens.keep("token", offer)

    assert kept.tokens.take("other", now=NOW) is None
    assert kept.tokens.take("token", now=NOW) == offer
    assert kept.tokens.take("token", now=NOW) is None


def test_a_token_that_is_over_is_none(kept: Kept) -> None:
    kept.tokens.keep("token", OFFER)

    assert kept.tokens.take("token", now=OFFER.until) is None


# ---- sessions


def test_a_session_is_known_until_it_is_ended(kept: Kept) -> None:
    unnamed = replace(SESSION, name=None)
    kept.sessions.put("one", SESSION)
    kept.sessions.put("two", unnamed)

    assert (kept.sessions.find("one"), kept.sessions.find("two")) == (SESSION, unnamed)
    kept.sessions.end("one")
    kept.sessions.end("one")
    assert (kept.sessions.find("one"), kept.sessions.find("two")) == (None, unnamed)


def test_a_use_is_kept_and_wakes_no_session_that_is_gone(kept: Kept) -> None:
    kept.sessions.put("one", SESSION)
    kept.sessions.use("one", at=LATER)
    kept.sessions.use("gone", at=LATER)

    assert kept.sessions.find("one") == replace(SESSION, used_at=LATER)
    assert kept.sessions.find("gone") is None


# ---- presses


def test_the_first_press_of_a_form_is_told_to_all_others(kept: Kept) -> None:
    presses = kept.presses

    assert presses.begin("key", by="a", at=NOW, void=NOW) is None
    assert presses.begin("key", by="a", at=NOW, void=NOW) is None
    assert presses.begin("key", by="b", at=LATER, void=NOW) == Press(at=NOW, outcome=None)
    presses.end("key", outcome="to /job")
    presses.end("key", outcome="to /job")
    done = Press(at=NOW, outcome="to /job")
    assert presses.begin("key", by="b", at=LATER, void=LATER) == done
    assert presses.begin("other", by="b", at=LATER, void=NOW) is None


def test_a_press_that_is_void_or_forgotten_was_never_begun(kept: Kept) -> None:
    presses = kept.presses
    presses.begin("key", by="a", at=NOW, void=NOW)

    assert presses.begin("key", by="b", at=LATER, void=NOW + timedelta(seconds=1)) is None
    assert presses.begin("key", by="c", at=LATER, void=NOW) == Press(at=LATER, outcome=None)
    presses.forget("key")
    presses.forget("key")
    assert presses.begin("key", by="c", at=LATER, void=NOW) is None


# ---- the table


def test_p23_what_only_a_browser_or_a_person_has_is_stored_as_a_hash(aws: Aws) -> None:
    DynamoSignInTokens(aws.dynamodb, LINKS_TABLE).keep("s3cret-token", OFFER)
    DynamoSessions(aws.dynamodb, LINKS_TABLE).put("s3cret-session", SESSION)
    DynamoPresses(aws.dynamodb, LINKS_TABLE).begin("s3cret-key", by="a", at=NOW, void=NOW)

    items = aws.dynamodb.scan(TableName=LINKS_TABLE)["Items"]

    assert len(items) == 3
    assert "s3cret" not in str(items)
    ends = {item["pk"]["S"].partition("#")[0]: int(item["expires_at"]["N"]) for item in items}
    assert {kind: end - int(NOW.timestamp()) for kind, end in ends.items()} == {
        "SIGNIN": 15 * 60,
        "SESSION": 12 * 3600,
        "PRESS": 24 * 3600,
    }


def test_an_item_that_is_not_as_we_write_it_admits_nobody(aws: Aws) -> None:
    tokens = DynamoSignInTokens(aws.dynamodb, LINKS_TABLE)
    sessions = DynamoSessions(aws.dynamodb, LINKS_TABLE)
    tokens.keep("token", OFFER)
    sessions.put("session", SESSION)
    for item in aws.dynamodb.scan(TableName=LINKS_TABLE)["Items"]:
        changed = {**item, "name": {"N": "7"}}
        aws.dynamodb.put_item(TableName=LINKS_TABLE, Item=changed)

    assert tokens.take("token", now=NOW) is None
    assert sessions.find("session") is None


def test_p31_throttling_is_temporary_and_never_a_stranger(aws: Aws) -> None:
    Wire(aws.dynamodb).answer("GetItem", "ThrottlingException")
    Wire(aws.dynamodb).answer("DeleteItem", "ThrottlingException")

    with pytest.raises(Temporary):
        DynamoSessions(aws.dynamodb, LINKS_TABLE).find("session")
    with pytest.raises(Temporary):
        DynamoSignInTokens(aws.dynamodb, LINKS_TABLE).take("token", now=NOW)


def test_the_address_of_the_page_is_read_from_its_parameter(aws: Aws) -> None:
    aws.ssm.put_parameter(Name="/pdjira/stack/admin-url", Value="https://a/admin", Type="String")

    assert stored_admin_url(aws.ssm, "/pdjira/stack/admin-url") == "https://a/admin"
    with pytest.raises(Misconfigured):
        stored_admin_url(aws.ssm, "/pdjira/other/admin-url")
