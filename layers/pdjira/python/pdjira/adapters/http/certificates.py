"""What a chain of certificates lacks that leads to no authority we trust: read from its names.

A certificate is X.509 in DER (RFC 5280); only who issued it and to whom is read.
"""

from collections.abc import Sequence

NOWHERE = frozenset({2, 20, 21})
"""OpenSSL's codes (x509_vfy.h) for a chain of which the next issuer is not there."""

_SET, _VERSION = 0x31, 0xA0
_NAMES = (b"\x55\x04\x03", b"\x55\x04\x0b", b"\x55\x04\x0a")
"""Common name, organizational unit and organization (RFC 5280, appendix A.1)."""
_LONG = 0x80


def chain_problem(chain: Sequence[bytes]) -> tuple[str, str] | None:
    """Why the certificates that a server sent lead nowhere, and the cure; None where unreadable."""
    try:
        names = [_issuer_and_subject(one) for one in chain]
        issuer, subject = names[0]
        missing = _missing(names)
    except (IndexError, ValueError):
        return None
    if issuer == subject:
        return (
            "its certificate is self-signed and not trusted",
            "Add the certificate to ca_pem, or give the server one of a known authority.",
        )
    if len(names) == 1:
        reason = f"its chain is incomplete: {missing}, which issued its certificate, is missing"
        cure = (
            f"Have the server send the certificate of {missing} as well. If {missing} is an "
            "authority of your own, add its certificate to ca_pem."
        )
        return reason, cure
    cure = (
        f"Add the certificate of {missing} to ca_pem. If others come after {missing}, have the "
        "server send the whole chain."
    )
    return f"its chain ends at {missing}, which is no authority that is trusted", cure


def _missing(names: Sequence[tuple[bytes, bytes]]) -> str:
    """The issuer at which a walk from the server's own certificate ends."""
    by_subject = {subject: issuer for issuer, subject in names}
    wanted, _ = names[0]
    seen: set[bytes] = set()
    while wanted in by_subject and wanted not in seen and by_subject[wanted] != wanted:
        seen.add(wanted)
        wanted = by_subject[wanted]
    return _readable(wanted)


def _issuer_and_subject(certificate: bytes) -> tuple[bytes, bytes]:
    """Both names as they are encoded."""
    _, whole = _parts(certificate)[0]
    _, to_be_signed = _parts(whole)[0]
    parts = _parts(to_be_signed)
    if parts[0][0] == _VERSION:
        parts = parts[1:]
    return parts[2][1], parts[4][1]


def _readable(name: bytes) -> str:
    """What people call it."""
    found: dict[bytes, str] = {}
    for kind, relative in _parts(name):
        if kind != _SET:
            raise ValueError("no name")
        for _, pair in _parts(relative):
            (_, what), (_, text) = _parts(pair)[:2]
            found[what] = text.decode("utf-8", "replace")
    told = next((found[what] for what in _NAMES if what in found), "an authority without a name")
    return "".join(character for character in told if character.isprintable())[:100]


def _parts(data: bytes) -> Sequence[tuple[int, bytes]]:
    """The tag and the content of each element. Raises `ValueError`, `IndexError` where cut."""
    found, at = [], 0
    while at < len(data):
        tag, length, at = data[at], data[at + 1], at + 2
        if length >= _LONG:
            size = length - _LONG
            length, at = int.from_bytes(data[at : at + size], "big"), at + size
        if at + length > len(data):
            raise ValueError("cut")
        found.append((tag, data[at : at + length]))
        at += length
    return found
