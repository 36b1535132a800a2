"""Ids of any kind as parts of DynamoDB keys: readable where they can be, always within the limits.

A partition key holds 2,048 bytes, a sort key 1,024, and both only what UTF-8 can encode:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
"""

import hashlib

KEY_ID_BYTES = 100
_HASHED = "sha256:"


def key_id(text: str) -> str:
    """`text` itself, or its hash where it is long, not UTF-8 or looks like such a hash."""
    raw = text.encode("utf-8", "surrogatepass")
    if len(raw) <= KEY_ID_BYTES and not text.startswith(_HASHED) and clean(text) == text:
        return text
    return _HASHED + hashlib.sha256(raw).hexdigest()


def is_hash(part: str) -> bool:
    """Whether a part of a key is the hash of an id."""
    return part.startswith(_HASHED)


def clean(text: str) -> str:
    r"""`text` with lone surrogates spelled out (`\ud800`), so that UTF-8 can encode it."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def cut(text: str, limit: int) -> str:
    """`text` within `limit` bytes of UTF-8; an ellipsis shows that something is missing."""
    raw = clean(text).encode("utf-8")
    if len(raw) <= limit:
        return raw.decode("utf-8")
    return raw[: limit - 3].decode("utf-8", "ignore").rstrip() + "…"
