"""Reads the body of an answer, and no more of it than fits."""

import urllib3

_CHUNK = 64 * 1024


class TooLargeError(ValueError):
    """The body exceeds the cap."""


def whole_body(raw: urllib3.HTTPResponse, *, largest: int) -> bytes:
    """The body, decompressed. Raises `TooLargeError` past `largest` bytes."""
    body = bytearray()
    for chunk in raw.stream(_CHUNK, decode_content=True):
        body += chunk
        if len(body) > largest:
            raise TooLargeError
    return bytes(body)
