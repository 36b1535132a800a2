"""Settles which certificates are trusted, and says in plain words why one was not."""

import ssl

import certifi

_RENEW = "Renew the server's certificate."
_CHAIN = "Give the server its whole chain, or add the private authority to ca_pem."
_WEAK = "Replace the certificate by one with a key and a signature of today's strength."

_BY_CODE = {
    9: ("its certificate is not valid yet", "Check the server's clock and its certificate."),
    10: ("its certificate has expired", _RENEW),
    18: (
        "its certificate is self-signed and not trusted",
        "Add the certificate to ca_pem, or give the server one of a known authority.",
    ),
    19: (
        "its certificate comes from a private authority that is not trusted",
        "Add the authority's certificate to ca_pem.",
    ),
    23: ("its certificate was revoked", _RENEW),
    24: ("its chain contains a certificate that may not sign others", _CHAIN),
    26: ("its certificate is not made for a server", _RENEW),
    62: (
        "its certificate is for another host",
        "Enter the URL with the host that the certificate names, or renew the certificate.",
    ),
    64: (
        "its certificate is for another host, not for this IP address",
        "Enter the URL with the host that the certificate names.",
    ),
    66: ("the key of its certificate is too weak", _WEAK),
    67: ("the key of its certificate's authority is too weak", _WEAK),
    68: ("its certificate is signed with a method that is too weak", _WEAK),
} | dict.fromkeys(
    (2, 20, 21),
    ("its certificate's chain is incomplete, or its authority is a private one", _CHAIN),
)


def certificate_problem(code: int, message: str) -> tuple[str, str]:
    """What OpenSSL's verify code means (x509_vfy.h), and the cure.

    A chain without its intermediate and a private authority that the server does not send look
    the same to a client: code 20.
    """
    known = _BY_CODE.get(code)
    if known is not None:
        return known
    return f"its certificate was not accepted ({message})", "Check the server's certificate."


def tls_context(ca_pem: str | None) -> ssl.SSLContext:
    """Trust the public authorities, and those of `ca_pem` beside them.

    The same on every Python: 3.13 alone would refuse private authorities that lack extensions
    which nobody missed before, and 3.11 alone would refuse an intermediate one as trusted.
    Raises `ValueError` where `ca_pem` holds no certificate.
    """
    context = ssl.create_default_context(cafile=certifi.where())
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    context.set_alpn_protocols(["http/1.1"])
    if ca_pem:
        try:
            context.load_verify_locations(cadata=ca_pem)
        except (ssl.SSLError, ValueError, TypeError) as error:
            raise ValueError("no certificate in PEM form") from error
    return context
