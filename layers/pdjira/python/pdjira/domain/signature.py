"""Whether PagerDuty signed a delivery: HMAC-SHA256 over the raw bytes."""

import hmac
from collections.abc import Iterable

_VERSION = "v1="


def is_signed(body: bytes, header: str, secrets: Iterable[str]) -> bool:
    """Whether any of the header's `v1` signatures belongs to any of the secrets.

    `header` is the value of X-PagerDuty-Signature: `v1=<hex>[,v1=<hex>...]`, several while a
    secret is being replaced; unknown versions are passed over. A secret is used as it stands, not
    decoded. Every pair is compared, each in constant time
    (https://developer.pagerduty.com/docs/verifying-webhook-signatures).
    """
    given = [
        part.strip()[len(_VERSION) :].encode("utf-8", "replace")
        for part in header.split(",")
        if part.strip().startswith(_VERSION)
    ]
    expected = [
        hmac.new(secret.encode(), body, "sha256").hexdigest().encode() for secret in secrets
    ]
    matches = [hmac.compare_digest(one, other) for one in given for other in expected]
    return any(matches)
