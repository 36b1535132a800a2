"""The log of every function: one line of JSON for one fact."""

import json
from collections import abc
from functools import partial

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
