"""What tells one text from another, short enough to be kept on a link."""

import hashlib


def text_digest(text: str) -> str:
    """Eight characters that differ where the texts do, but for white space at their ends."""
    return hashlib.sha256(text.strip().encode("utf-8", "replace")).hexdigest()[:8]
