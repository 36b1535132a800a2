"""What a chain of certificates lacks that leads to no authority we trust: read from its names.

A certificate is X.509 in DER (RFC 5280); only who issued it and to whom is read.
"""

from collections.abc import Iterator, Sequence

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
    except (IndexError, ValueError):
        return None
    if not names:
        return None
    issuer, subject = names[0]
    if issuer == subject:
        return (
            "its certificate is self-signed and not trusted",
            "Add the certificate to ca_pem, or give the server one of a known authority.",
        )
    missing = _missing(names)
    if len(names) == 1:
        return (
            f"its chain is incomplete: the server sends its own certificate alone, and {missing}, "
            "which issued it, is missing",
            f"Have the server send the certificate of {missing} as well. If {missing} is an "
            "authority of your own, add its certificate to ca_pem.",
        )
    return (
        f"its chain ends at {missing}, which is no authority that is trusted",
        f"Add the certificate of {missing} to ca_pem. If {missing} is not the last of the chain, "
        "have the server send its whole chain.",
    )


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
    _, whole = next(_parts(certificate))
    _, to_be_signed = next(_parts(whole))
    parts = list(_parts(to_be_signed))
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
            (_, what), (_, text) = list(_parts(pair))[:2]
            found[what] = text.decode("utf-8", "replace")
    told = next((found[what] for what in _NAMES if what in found), "an authority without a name")
    return "".join(character for character in told if character.isprintable())[:100]


def _parts(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The tag and the content of each element. Raises `ValueError` where one is cut."""
    at = 0
    while at < len(data):
        tag, length, at = data[at], data[at + 1], at + 2
        if length >= _LONG:
            size = length - _LONG
            length, at = int.from_bytes(data[at : at + size], "big"), at + size
        if at + length > len(data):
            raise ValueError("cut")
        yield tag, data[at : at + length]
        at += length
