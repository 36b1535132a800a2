"""How long a secret is remembered, when it is read again, and what an outage does."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from pdjira.adapters.aws.secrets import CachedSecret
from pdjira.errors import Misconfigured, PdjiraError, Temporary
from tests.aws import Aws, Wire

NAME = "connection"


class Seconds:
    """A monotonic clock, moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def wire(aws: Aws) -> Wire:
    aws.secrets.create_secret(Name=NAME, SecretString="old")
    return Wire(aws.secrets)


@pytest.fixture
def secret(aws: Aws, seconds: Seconds) -> CachedSecret:
    return CachedSecret(aws.secrets, secret_id=NAME, monotonic=seconds)


@pytest.fixture
def change(aws: Aws, wire: Wire) -> Callable[[str], None]:
    def put(value: str) -> None:
        aws.secrets.put_secret_value(SecretId=NAME, SecretString=value)
        wire.calls.clear()

    return put


@pytest.mark.usefixtures("wire")
def test_the_secret_is_read_as_it_stands(secret: CachedSecret) -> None:
    assert secret.value() == "old"


def test_a_change_is_in_force_within_sixty_seconds(
    secret: CachedSecret, seconds: Seconds, change: Callable[[str], None], wire: Wire
) -> None:
    secret.value()
    change("new")

    seconds.now += 59
    assert secret.value() == "old"
    assert wire.calls == []

    seconds.now += 1
    assert secret.value() == "new"
    assert secret.value() == "new"
    assert wire.calls == ["GetSecretValue"]


def test_a_secret_without_a_version_is_empty_and_filled_within_sixty_seconds(
    aws: Aws, secret: CachedSecret, seconds: Seconds
) -> None:
    aws.secrets.create_secret(Name=NAME)
    assert secret.value() == ""

    aws.secrets.put_secret_value(SecretId=NAME, SecretString="first")
    assert secret.value() == ""
    seconds.now += 60

    assert secret.value() == "first"


def test_a_refresh_tells_whether_the_secret_changed(
    secret: CachedSecret, seconds: Seconds, change: Callable[[str], None]
) -> None:
    secret.value()
    assert not secret.refresh()

    change("new")
    seconds.now += 5

    assert secret.refresh()
    assert secret.value() == "new"


def test_forged_requests_cost_one_refresh_in_five_seconds(
    secret: CachedSecret, seconds: Seconds, wire: Wire
) -> None:
    secret.value()
    wire.calls.clear()

    for _ in range(100):
        secret.refresh()
        seconds.now += 0.04

    assert wire.calls == ["GetSecretValue"]


def test_who_comes_right_after_the_refresh_learns_of_the_change_too(
    secret: CachedSecret, change: Callable[[str], None], wire: Wire
) -> None:
    secret.value()
    change("new")

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(lambda _: secret.refresh(), range(8)))

    assert told == [True] * 8
    assert wire.calls == ["GetSecretValue"]


def test_during_an_outage_the_old_value_serves_for_ten_minutes(
    secret: CachedSecret, seconds: Seconds, wire: Wire
) -> None:
    secret.value()
    wire.answer("GetSecretValue", "ThrottlingException")

    for _ in range(10):
        seconds.now += 60
        assert secret.value() == "old"
        assert not secret.refresh()
    seconds.now += 1

    with pytest.raises(Temporary):
        secret.value()


def test_an_outage_is_not_asked_about_at_every_request(
    secret: CachedSecret, seconds: Seconds, wire: Wire
) -> None:
    secret.value()
    wire.answer("GetSecretValue", "InternalServiceError", status=500)
    seconds.now += 60
    wire.calls.clear()

    for _ in range(100):
        assert secret.value() == "old"

    assert wire.calls == ["GetSecretValue"]


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("ThrottlingException", Temporary),
        ("AccessDeniedException", Misconfigured),
        ("DecryptionFailure", Misconfigured),
    ],
)
def test_without_an_older_value_a_failure_is_told(
    secret: CachedSecret, wire: Wire, code: str, error: type[PdjiraError]
) -> None:
    wire.answer("GetSecretValue", code)

    with pytest.raises(error, match=NAME):
        secret.value()


@pytest.mark.usefixtures("wire")
def test_the_secret_is_in_no_repr(secret: CachedSecret) -> None:
    """P23."""
    secret.value()

    assert "old" not in repr(secret)
    assert "old" not in f"{secret}"
