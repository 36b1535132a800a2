"""A secret that people and the page write: compare and swap, and a version that is pending."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from pdjira.adapters.aws.secret_versions import SecretsManagerSecret
from pdjira.connection.ports import VersionedSecret
from pdjira.errors import Conflict, Misconfigured
from tests.aws import Aws, Wire
from tests.fakes.connecting import FakeSecret

NAME = "connection"


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """The port, and a person at the console."""

    port: VersionedSecret
    write: Callable[[str], object]


@pytest.fixture(params=["fake", "adapter"])
def side(request: pytest.FixtureRequest) -> Side:
    if request.param == "fake":
        fake = FakeSecret("first")
        return Side(port=fake, write=fake.write)
    aws: Aws = request.getfixturevalue("aws")
    aws.secrets.create_secret(Name=NAME, SecretString="first")

    def write(text: str) -> None:
        aws.secrets.put_secret_value(SecretId=NAME, SecretString=text)

    return Side(port=SecretsManagerSecret(aws.secrets, secret_id=NAME), write=write)


def test_what_is_in_force_is_read_with_its_version_and_its_time(side: Side) -> None:
    first = side.port.current()
    side.write("second")
    second = side.port.current()

    assert (first.text, second.text) == ("first", "second")
    assert first.id != second.id
    assert second.at is not None
    assert second.at.tzinfo is not None


def test_a_version_takes_the_place_of_the_one_that_was_read(side: Side) -> None:
    known = side.port.current().id

    version = side.port.replace("second", known=known)

    assert side.port.current().text == "second"
    assert side.port.current().id == version


def test_what_somebody_else_wrote_meanwhile_is_not_overwritten(side: Side) -> None:
    known = side.port.current().id
    side.write("a person's")

    with pytest.raises(Conflict):
        side.port.replace("ours", known=known)

    assert side.port.current().text == "a person's"
    side.port.replace("ours", known=side.port.current().id)
    assert side.port.current().text == "ours"


def test_m2_a_pending_version_is_not_in_force_until_it_is_promoted(side: Side) -> None:
    version = side.port.stage("next")

    assert side.port.current().text == "first"
    assert side.port.staged(version) == "next"

    side.port.promote(version)
    side.port.promote(version)

    assert side.port.current().text == "next"
    assert side.port.staged(version) is None


def test_m2_a_pending_version_is_replaced_or_forgotten(side: Side) -> None:
    version = side.port.stage("next")
    other = side.port.stage("another")

    assert side.port.staged(version) is None
    assert side.port.staged(other) == "another"

    side.port.unstage(other)
    side.port.unstage(other)

    assert side.port.staged(other) is None
    assert side.port.current().text == "first"


def test_what_no_one_knows_is_neither_pending_nor_promoted(side: Side) -> None:
    assert side.port.staged("00000000-0000-0000-0000-000000000000") is None
    with pytest.raises(Conflict):
        side.port.promote("00000000-0000-0000-0000-000000000000")


def test_a_secret_without_a_version_is_filled(aws: Aws) -> None:
    aws.secrets.create_secret(Name="empty")
    secret = SecretsManagerSecret(aws.secrets, secret_id="empty")

    assert secret.current().id == ""
    secret.replace("first", known="")

    assert secret.current().text == "first"


def test_a_swap_whose_answer_was_lost_counts_as_done(aws: Aws) -> None:
    aws.secrets.create_secret(Name=NAME, SecretString="first")
    secret = SecretsManagerSecret(aws.secrets, secret_id=NAME)
    wire = Wire(aws.secrets)
    known = secret.current().id
    wire.send_twice("UpdateSecretVersionStage")

    secret.replace("second", known=known)

    assert secret.current().text == "second"


@pytest.mark.parametrize(
    "operation", ["GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage"]
)
def test_a_right_that_the_role_lacks_is_named(aws: Aws, operation: str) -> None:
    aws.secrets.create_secret(Name=NAME, SecretString="first")
    secret = SecretsManagerSecret(aws.secrets, secret_id=NAME)
    known = secret.current().id
    Wire(aws.secrets).answer(operation, "AccessDeniedException")

    def swap() -> object:
        return secret.replace("second", known=known)

    act: Callable[[], object]
    act = secret.current if operation == "GetSecretValue" else swap
    with pytest.raises(Misconfigured, match=operation):
        act()


def test_a_staged_version_that_cannot_be_read_is_told(aws: Aws) -> None:
    aws.secrets.create_secret(Name=NAME, SecretString="first")
    secret = SecretsManagerSecret(aws.secrets, secret_id=NAME)
    version = secret.stage("next")
    Wire(aws.secrets).answer("GetSecretValue", "AccessDeniedException")

    with pytest.raises(Misconfigured):
        secret.staged(version)
    assert "first" not in repr(secret)
