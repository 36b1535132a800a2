"""P4: raw bytes, constant time, any of several signatures, any of several secrets."""

from operator import itemgetter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdjira.webhooks.envelope import is_signed, is_signed_by_jira
from tests.builders import a_jira_signature, a_signature, signature_vectors


@given(body=st.binary(max_size=200), secret=st.text(max_size=40))
def test_p4_what_is_signed_with_a_secret_is_proven_by_it(body: bytes, secret: str) -> None:
    secret = secret.encode("utf-8", "ignore").decode()

    assert is_signed(body, a_signature(body, secret), [secret])


@given(body=st.binary(max_size=200), flip=st.integers(min_value=0, max_value=10_000))
def test_p4_a_changed_body_is_not_proven(body: bytes, flip: int) -> None:
    signature = a_signature(body)
    at = flip % (len(body) + 1)
    changed = body[:at] + b"!" + body[at:]

    assert not is_signed(changed, signature, ["webhook-secret-of-tests"])


def test_p4_any_of_several_signatures_and_of_several_secrets_is_enough() -> None:
    body = "Größe 🙂".encode()
    header = f"v2=abc,{a_signature(body, 'other')},{a_signature(body, 'new')}"

    assert is_signed(body, header, ["old", "new"])
    assert not is_signed(body, header, ["old", "older"])


@pytest.mark.parametrize(
    "header", ["", "v1=", "v1", "v2=00", "sha256=00", "v1=ü", ",,,", "v1=\ud800"]
)
def test_p3_a_header_without_a_matching_signature_proves_nothing(header: str) -> None:
    assert not is_signed(b"{}", header, ["secret"])


def test_p4_no_secret_proves_nothing() -> None:
    assert not is_signed(b"{}", a_signature(b"{}"), [])


@pytest.mark.parametrize("vector", signature_vectors("pagerduty"), ids=itemgetter("what"))
def test_p4_the_known_answers_hold(vector: dict[str, Any]) -> None:
    proven = is_signed(vector["body"], vector["header"], vector["secrets"])

    assert proven is vector["proven"]


# ---- Jira


@given(body=st.binary(max_size=200), secret=st.text(max_size=40))
def test_p4_what_jira_signs_is_proven_and_a_changed_body_is_not(body: bytes, secret: str) -> None:
    secret = secret.encode("utf-8", "ignore").decode()
    signature = a_jira_signature(body, secret)

    assert is_signed_by_jira(body, f" {signature} ", secret)
    assert not is_signed_by_jira(body + b"!", signature, secret)


@pytest.mark.parametrize("vector", signature_vectors("jira"), ids=itemgetter("what"))
def test_p4_the_known_answers_of_jiras_way_of_signing_hold(vector: dict[str, Any]) -> None:
    proven = is_signed_by_jira(vector["body"], vector["header"], vector["secret"])

    assert proven is vector["proven"]


@pytest.mark.parametrize("header", ["", "sha256=", "sha256", "sha1=00", "v1=00", "sha256=\ud800"])
def test_p3_a_header_without_jiras_signature_proves_nothing(header: str) -> None:
    assert not is_signed_by_jira(b"{}", header, "secret")
