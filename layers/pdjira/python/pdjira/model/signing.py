"""What the stack hands out and knows again: values under a signature that only it can make."""

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Signs with the stack's own secret, which neither vendor knows. Replacing it voids all.

    `secret` yields it; it may raise `Temporary` or `Misconfigured`.
    """

    secret: Callable[[], str] = field(repr=False)

    def sign(self, purpose: str, *parts: str) -> str:
        """The signature of the parts, in this order and for this purpose alone."""
        signed = json.dumps([purpose, *parts]).encode()
        return hmac.new(self.secret().encode(), signed, hashlib.sha256).hexdigest()

    def has_signed(self, signature: str, purpose: str, *parts: str) -> bool:
        """Whether this is that signature, found out in constant time."""
        expected = self.sign(purpose, *parts)
        return hmac.compare_digest(signature.encode("utf-8", "replace"), expected.encode())
