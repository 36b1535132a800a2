"""Decides whom we may call: judges URLs as people enter them, and addresses as names resolve."""

import socket
from collections.abc import Iterator
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
)
from urllib.parse import SplitResult, urlsplit

Address = IPv4Address | IPv6Address

_METADATA = tuple(
    IPv4Network(network)
    for network in (
        "100.100.100.200/32",  # Alibaba Cloud
        "168.63.129.16/32",  # Azure
        "192.0.0.192/32",  # Oracle Cloud
    )
)
_METADATA_V6 = tuple(
    IPv6Network(network)
    for network in (
        "fd00:ec2::/32",  # AWS
        "fd00:c1::/32",  # Oracle Cloud
        "fd20:ce::/32",  # Google Cloud
    )
)
_RESERVED = (IPv4Network("0.0.0.0/8"), IPv4Network("192.0.0.0/24"))
_NAT64 = IPv6Network("64:ff9b::/96")
_ISATAP = (0x0000_5EFE, 0x0200_5EFE)


def address_problem(address: str, *, allow_insecure: bool) -> str | None:
    """Why an IP address may not be called, or None where it may.

    An IPv6 address that carries an IPv4 address (mapped, 6to4, Teredo, NAT64, ISATAP) is judged
    by what it carries as well. Private addresses are admitted, loopback with `allow_insecure`.
    """
    try:
        whole = ip_address(address)
    except ValueError:
        return "is no IP address"
    for part in _layers(whole):
        problem = _kind(part)
        if problem is None and part.is_loopback and not allow_insecure:
            problem = "a loopback address"
        if problem is not None:
            return f"is {problem}"
    return None


def url_problem(url: str, *, allow_insecure: bool) -> str | None:
    """What is wrong with the URL of a server, as the end of a sentence, or None.

    The sentence never repeats the URL: a mistyped one may hold a password.
    """
    if any(character.isspace() or not character.isprintable() for character in url):
        return "contains blanks or control characters"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "is not a valid URL"
    if "\\" in url or port == 0:
        return "is not a valid URL"
    if "?" in url or "#" in url:
        return "must not contain a query (?) or a fragment (#)"
    return _scheme_problem(parts, allow_insecure=allow_insecure) or _parts_problem(
        parts, allow_insecure=allow_insecure
    )


def _scheme_problem(parts: SplitResult, *, allow_insecure: bool) -> str | None:
    if parts.scheme == "https" or (parts.scheme == "http" and allow_insecure):
        return None
    if parts.scheme == "http":
        return "must begin with https://: over http anybody on the way could read the credentials"
    return "must begin with https://"


def _parts_problem(parts: SplitResult, *, allow_insecure: bool) -> str | None:
    if "@" in parts.netloc:
        return "must not contain a user name or a password"
    host = _ascii(parts.hostname or "")
    if not host:
        return "names no host"
    if "%" in host and ":" not in host:
        return "is not a valid URL"
    if any(segment in {".", ".."} for segment in parts.path.split("/")):
        return "must not contain . or .. in its path"
    literal = _literal(host)
    problem = literal and address_problem(literal, allow_insecure=allow_insecure)
    return (
        f"names an address that {problem}, and such an address is never called" if problem else None
    )


def _ascii(host: str) -> str:
    """The host as it goes over the wire, without a dot at its end; empty where that cannot be."""
    bare = host.rstrip(".")
    if bare.isascii():
        return bare
    try:
        return bare.encode("idna").decode("ascii").rstrip(".")
    except UnicodeError:
        return ""


def _literal(host: str) -> str | None:
    """The address that a host spells out, also in decimal, octal, hex or with parts left out."""
    try:
        return str(ip_address(host))
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except (OSError, UnicodeError):
        return None


def _kind(address: Address) -> str | None:
    """What makes an address one that nothing may ever call, or None."""
    if _is_metadata(address):
        return "a cloud provider's metadata address"
    if address.is_link_local or (isinstance(address, IPv6Address) and address.is_site_local):
        return "a link-local address"
    if address.is_multicast:
        return "a multicast address"
    if address.is_unspecified:
        return "the unspecified address"
    return "a reserved address" if _is_reserved(address) else None


def _is_metadata(address: Address) -> bool:
    if isinstance(address, IPv4Address):
        return address == IPv4Address("169.254.169.254") or any(address in n for n in _METADATA)
    return any(address in network for network in _METADATA_V6)


def _is_reserved(address: Address) -> bool:
    if isinstance(address, IPv4Address):
        return address.is_reserved or any(address in network for network in _RESERVED)
    carrier = address.ipv4_mapped is not None or address in _NAT64
    return address.is_reserved and not address.is_loopback and not carrier


def _layers(address: Address) -> Iterator[Address]:
    yield address
    if isinstance(address, IPv4Address):
        return
    for inner in (address.ipv4_mapped, address.sixtofour, *(address.teredo or ())):
        if inner is not None:
            yield inner
    last = int(address) & 0xFFFF_FFFF
    if address in _NAT64 or (int(address) >> 32) & 0xFFFF_FFFF in _ISATAP:
        yield IPv4Address(last)
