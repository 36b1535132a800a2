"""EventBridge Scheduler: follow Jira by JQL once a minute, and compare both sides now and then."""

import os
from math import inf
from typing import Any, Protocol

from pdjira.bootstrap import log
from pdjira.bootstrap.jql_poller import LEASE_SECONDS, poller
from pdjira.errors import PdjiraError

logger = log.logger()
stack = poller(os.environ)


class Context(Protocol):
    """What Lambda tells of an invocation."""

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function is ended."""


def handler(event: dict[str, Any], context: Context | None) -> dict[str, Any]:
    """Run one round of `{"mode": "poll"}` or "sweep", unless another one is under way."""
    mode = event.get("mode")
    if mode not in LEASE_SECONDS:
        logger.error("unknown mode", extra={"mode": mode})
        return {"error": {"says": "There is no such mode.", "cure": 'Use "poll" or "sweep".'}}
    with stack.rounds().alone(mode, seconds=LEASE_SECONDS[mode]) as may_run:
        if may_run:
            return _poll() if mode == "poll" else _sweep(context)
    logger.info("round left out", extra={"mode": mode})
    return {"polled": [], "left_out": f"Another {mode} is under way."}


def _poll() -> dict[str, Any]:
    """What each search came to; nothing while the connection secret is empty."""
    poll = stack.poll()
    found = [one.facts() for one in poll.run()] if poll else []
    for facts in found:
        if facts["problem"]:
            logger.warning("search failed", extra=facts)
        elif facts["signals"] or facts["held"]:
            logger.info("search done", extra=facts)
    return {"polled": found}


def _sweep(context: Context | None) -> dict[str, Any]:
    """What it came to; nothing while the connection secret is empty."""
    sweep = stack.sweep()
    if sweep is None:
        return {"swept": None}
    left = context.get_remaining_time_in_millis if context else lambda: inf
    try:
        facts = sweep.run(lambda: left() / 1000).facts()
    except PdjiraError as error:
        logger.error("sweep failed", extra={"why": error.says, "cure": error.cure})  # noqa: TRY400
        return {"error": {"says": error.says, "cure": error.cure}}
    logger.info("sweep done", extra=facts)
    return {"swept": facts}
