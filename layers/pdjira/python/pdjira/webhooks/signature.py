"""Whether PagerDuty or Jira signed a delivery: HMAC-SHA256 over the raw bytes.

No time is signed, so a captured delivery can be sent again at any time. That does no harm: a signal
only makes the worker look.
"""

import hmac
from collections.abc import Iterable

_VERSION = "v1="

_JIRA_METHOD = "sha256="


def is_signed(body: bytes, header: str, secrets: Iterable[str]) -> bool:
    """Whether any of the header's `v1` signatures belongs to any of the secrets.

    `header` is the value of X-PagerDuty-Signature: `v1=<hex>[,v1=<hex>...]`, several while a
    secret is being replaced; unknown versions are passed over. A secret is used as it stands, not
    decoded. Every pair is compared, each in constant time
    (https://developer.pagerduty.com/docs/verifying-webhook-signatures).
    """
    given = [
        part.strip().removeprefix(_VERSION)
        for part in header.split(",")
        if part.strip().startswith(_VERSION)
    ]
    return _is_any(body, given, secrets)


def is_signed_by_jira(body: bytes, header: str, secret: str) -> bool:
    """Whether the header's signature belongs to the secret, compared in constant time.

    `header` is the value of X-Hub-Signature: `sha256=<hex>`. Jira signs from 10.0 on, with the
    secret as it stands (https://confluence.atlassian.com/adminjiraserver, Managing webhooks).
    """
    bare = header.strip()
    given = [bare.removeprefix(_JIRA_METHOD)] if bare.startswith(_JIRA_METHOD) else []
    return _is_any(body, given, [secret])


def _is_any(body: bytes, given: Iterable[str], secrets: Iterable[str]) -> bool:
    """Whether any signature is that of any secret; every pair is compared."""
    sent = [one.encode("utf-8", "replace") for one in given]
    expected = [
        hmac.new(secret.encode(), body, "sha256").hexdigest().encode() for secret in secrets
    ]
    matches = [hmac.compare_digest(one, other) for one in sent for other in expected]
    return any(matches)
