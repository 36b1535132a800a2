"""The log of every function, and what Lambda tells it of its invocation."""

import json
from collections import abc
from functools import partial
from math import inf
from typing import Protocol

from aws_lambda_powertools import Logger


def logger() -> Logger:
    """A logger that writes whatever text it is given, broken surrogates included.

    A line is paid for by the byte, so it has no blanks between its values, nor its place in the
    code: each function writes its lines in one.
    """
    compact = partial(json.dumps, default=str, separators=(",", ":"))
    return Logger(json_serializer=compact, location=None)


def correlated(facts: abc.Mapping[str, object]) -> dict[str, object]:
    """The keys of a line, with the one by which those of an incident are found in all logs."""
    return {**facts, "correlation_id": facts.get("incident_id")}


class Context(Protocol):
    """What Lambda hands over beside the event."""

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function is ended."""


def seconds_left(context: Context | None) -> float:
    """Seconds until the function is ended; without end where nobody says."""
    return context.get_remaining_time_in_millis() / 1000 if context else inf
