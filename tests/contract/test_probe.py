"""M8, G6: the way to a server step by step; each failure of TLS is told apart, with its cure."""

import datetime as dt
import socket
import ssl
from pathlib import Path
from typing import Any

import pytest
import trustme

from pdjira.adapters.http.messages import Site
from pdjira.adapters.http.transport import CallLimits, Probe
from pdjira.errors import Misconfigured, PdjiraError, Temporary
from tests.contract.wire_double import answer, closed_port, pem, resolved, server_tls, serving

DER = 2
"""`_ssl.ENCODING_DER`"""

LIMITS = CallLimits(connect=1, read=1, total=2)
HOST = "jira.example.com"


def to_loopback(_host: str, port: int, **_: object) -> list[tuple[Any, ...]]:
    return [resolved("127.0.0.1", port)]


def shown(sock: ssl.SSLSocket) -> list[bytes]:
    """What `get_unverified_chain` of Python 3.13 answers, on any Python."""
    found: Any = sock
    return [one.public_bytes(DER) for one in found._sslobj.get_unverified_chain()]


def probe(
    url: str, *, ca_pem: str | None = None, resolve: Any = to_loopback, shown_chain: Any = shown
) -> Probe:
    site = Site(name="Jira", url=url, ca_pem=ca_pem, allow_insecure=True)
    return Probe(lambda: site, resolve=resolve, limits=LIMITS, shown_chain=shown_chain)


def looked_at(
    tls: ssl.SSLContext, ca_pem: str | None, host: str = HOST, **options: Any
) -> dt.datetime | None:
    with serving(answer(), tls=tls) as stage:
        try:
            url = f"https://{host}:{stage.port}"
            return probe(url, ca_pem=ca_pem, **options).certificate_ends()
        finally:
            assert stage.requests == []


def problem(
    tls: ssl.SSLContext, ca_pem: str | None, host: str = HOST, **options: Any
) -> PdjiraError:
    with pytest.raises(Temporary) as caught:
        looked_at(tls, ca_pem, host, **options)
    return caught.value


def chain(tmp_path: Path, *parts: bytes) -> ssl.SSLContext:
    path = tmp_path / "chain.pem"
    path.write_bytes(b"".join(parts))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(str(path))
    return context


def test_the_end_of_a_trusted_certificate_is_told_and_nothing_is_sent(
    authority: trustme.CA,
) -> None:
    ends = dt.datetime(2030, 5, 6, 7, 8, 9, tzinfo=dt.UTC)
    certificate = authority.issue_cert(HOST, not_after=ends)

    assert looked_at(server_tls(certificate), pem(authority)) == ends


def test_m8_a_certificate_that_has_expired_is_told(authority: trustme.CA) -> None:
    past = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    error = problem(server_tls(authority.issue_cert(HOST, not_after=past)), pem(authority))

    assert "has expired" in error.says
    assert "Renew" in (error.cure or "")


def test_m8_a_certificate_that_is_not_valid_yet_is_told(authority: trustme.CA) -> None:
    future = dt.datetime(2990, 1, 1, tzinfo=dt.UTC)
    error = problem(server_tls(authority.issue_cert(HOST, not_before=future)), pem(authority))

    assert "not valid yet" in error.says
    assert "clock" in (error.cure or "")


def test_m8_a_certificate_for_another_host_is_told(authority: trustme.CA) -> None:
    tls = server_tls(authority.issue_cert("other.example.com"))

    assert "for another host" in problem(tls, pem(authority)).says
    assert "not for this IP address" in problem(tls, pem(authority), "127.0.0.1").says


def test_m8_a_self_signed_certificate_is_told(authority: trustme.CA, tmp_path: Path) -> None:
    loner = trustme.CA()
    tls = chain(tmp_path, loner.private_key_pem.bytes(), loner.cert_pem.bytes())
    error = problem(tls, pem(authority))

    assert "self-signed" in error.says
    assert "ca_pem" in (error.cure or "")


def test_m8_a_private_authority_that_the_server_sends_along_is_told(tmp_path: Path) -> None:
    private = trustme.CA()
    leaf = private.issue_cert(HOST)
    tls = chain(
        tmp_path,
        leaf.private_key_pem.bytes(),
        leaf.cert_chain_pems[0].bytes(),
        private.cert_pem.bytes(),
    )
    error = problem(tls, None)

    assert "private authority" in error.says
    assert "ca_pem" in (error.cure or "")


def a_leaf_alone(authority: trustme.CA, tmp_path: Path) -> ssl.SSLContext:
    """The server sends its own certificate, and not the one of the authority between."""
    leaf = authority.create_child_ca().issue_cert(HOST)
    return chain(tmp_path, leaf.private_key_pem.bytes(), leaf.cert_chain_pems[0].bytes())


def test_m8_the_certificate_that_a_chain_lacks_is_named(
    authority: trustme.CA, tmp_path: Path
) -> None:
    error = problem(a_leaf_alone(authority, tmp_path), pem(authority))

    assert "its chain is incomplete: Testing CA" in error.says
    assert "which issued its certificate, is missing" in error.says
    assert "Have the server send the certificate of Testing CA" in (error.cure or "")


def test_m8_the_private_authority_at_which_a_chain_ends_is_named(tmp_path: Path) -> None:
    between = trustme.CA(organization_unit_name="Example Inc").create_child_ca()
    leaf = between.issue_cert(HOST)
    sent = [leaf.private_key_pem.bytes(), *(one.bytes() for one in leaf.cert_chain_pems)]
    error = problem(chain(tmp_path, *sent), None)

    assert "its chain ends at Example Inc" in error.says
    assert error.cure
    assert "ca_pem" in error.cure


@pytest.mark.parametrize("seen", [[], [b""], [b"\x30"], [b"\x30\x05ab"], [b"\x30\x00"]])
def test_m8_a_chain_that_cannot_be_read_is_told_in_one_sentence(
    authority: trustme.CA, tmp_path: Path, seen: list[bytes]
) -> None:
    tls = a_leaf_alone(authority, tmp_path)
    error = problem(tls, pem(authority), shown_chain=lambda _: seen)

    assert "chain is incomplete, or its authority is a private one" in error.says


def test_m8_a_self_signed_certificate_is_told_apart_from_a_chain_that_lacks_something(
    authority: trustme.CA, tmp_path: Path
) -> None:
    loner = ssl.PEM_cert_to_DER_cert(trustme.CA().cert_pem.bytes().decode())
    error = problem(
        a_leaf_alone(authority, tmp_path), pem(authority), shown_chain=lambda _: [loner]
    )

    assert "self-signed" in error.says


def test_m8_before_python_3_13_a_chain_that_lacks_something_is_told_in_one_sentence(
    authority: trustme.CA, tmp_path: Path
) -> None:
    error = problem(a_leaf_alone(authority, tmp_path), pem(authority), shown_chain=None)

    assert "chain is incomplete, or its authority is a private one" in error.says
    assert "whole chain" in (error.cure or "")


def test_m8_a_server_that_is_gone_at_the_second_handshake_changes_nothing(
    authority: trustme.CA, tmp_path: Path
) -> None:
    def gone(_: ssl.SSLSocket) -> list[bytes]:
        raise Temporary("Gone.")

    error = problem(a_leaf_alone(authority, tmp_path), pem(authority), shown_chain=gone)

    assert "chain is incomplete" in error.says


def test_over_http_there_is_no_certificate() -> None:
    assert probe("http://127.0.0.1:1").certificate_ends() is None


def test_m8_a_name_that_does_not_resolve_is_told() -> None:
    def unknown(*_: object, **__: object) -> list[tuple[Any, ...]]:
        raise socket.gaierror(-2, "Name or service not known")

    with pytest.raises(Temporary, match="could not be resolved"):
        probe(f"https://{HOST}", resolve=unknown).addresses()


def test_the_addresses_of_a_name_are_told_once_each() -> None:
    def twice(_host: str, port: int, **_: object) -> list[tuple[Any, ...]]:
        return [resolved("192.0.2.7", port), resolved("192.0.2.7", port)]

    assert probe(f"https://{HOST}", resolve=twice).addresses() == ("192.0.2.7",)
    assert probe(f"https://{HOST}", resolve=twice).named() == HOST


def test_p25_an_address_that_must_never_be_called_is_told_before_a_connection() -> None:
    def metadata(_host: str, port: int, **_: object) -> list[tuple[Any, ...]]:
        return [resolved("169.254.169.254", port)]

    for step in ("addresses", "connect", "certificate_ends"):
        with pytest.raises(Temporary, match="never called"):
            getattr(probe(f"https://{HOST}", resolve=metadata), step)()


def test_m8_a_connection_that_is_refused_is_told() -> None:
    with pytest.raises(Temporary, match="refused the connection") as caught:
        probe(f"https://{HOST}:{closed_port()}").connect()

    assert "port" in (caught.value.cure or "")


def test_a_connection_is_opened_and_closed_again_without_a_request() -> None:
    with serving(answer()) as stage:
        assert probe(f"http://127.0.0.1:{stage.port}").connect() == f"127.0.0.1:{stage.port}"

        assert stage.requests == []


def test_m8_a_secret_that_cannot_be_read_is_told_as_it_stands() -> None:
    def empty() -> Site:
        raise Misconfigured("The connection secret is still empty.")

    with pytest.raises(Misconfigured, match="still empty"):
        Probe(empty).named()
