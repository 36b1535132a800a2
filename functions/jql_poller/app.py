"""EventBridge Scheduler: follow Jira by JQL once a minute, and compare both sides now and then."""

import os
from typing import Any

from pdjira.bootstrap.start import starting

with starting():
    from pdjira.bootstrap import jql_poller, log
    from pdjira.errors import PdjiraError

    logger, stack = log.logger(), jql_poller.poller(os.environ)


def handler(event: dict[str, Any], context: log.Context | None) -> dict[str, Any]:
    """Run one round of `{"mode": "poll"}` or "sweep", unless another one is under way."""
    mode = event.get("mode")
    if mode not in jql_poller.LEASE_SECONDS:
        logger.error("unknown mode", extra={"mode": mode})
        return {"error": {"says": "There is no such mode.", "cure": 'Use "poll" or "sweep".'}}
    try:
        with stack.rounds().alone(mode, seconds=jql_poller.LEASE_SECONDS[mode]) as may_run:
            if may_run and (done := _poll(context) if mode == "poll" else _sweep(context)):
                return done
    except PdjiraError as error:
        return _failed(mode, error)
    why = "The connection secret is empty." if may_run else f"Another {mode} is under way."
    logger.info("round left out", extra={"mode": mode, "why": why})
    return {"polled": [], "left_out": why}


def _poll(context: log.Context | None) -> dict[str, Any] | None:
    if (poll := stack.poll()) is None:
        return None
    found = [one.facts() for one in poll.run(stack.time_of("poll", context))]
    for facts in found:
        if facts["problem"] and not facts["is_late"]:
            logger.warning("search failed", extra=facts)
        elif facts["signals"] or facts["held"]:
            logger.info("search done", extra=facts)
    if late := [facts["about"] for facts in found if facts["is_late"]]:
        logger.warning("poll cut short", extra={"left_out": len(late), "about": late[0]})
    return {"polled": found}


def _sweep(context: log.Context | None) -> dict[str, Any] | None:
    if (sweep := stack.sweep()) is None:
        return None
    facts = stack.swept(sweep, context)
    logger.info("sweep done", extra=facts)
    return {"swept": facts}


def _failed(mode: str, error: PdjiraError) -> dict[str, Any]:
    facts = {"why": error.says, "cure": error.cure}
    if mode == "poll":
        logger.error("poll failed", extra=facts)
    else:
        logger.error("sweep failed", extra=facts)
    return {"error": {"says": error.says, "cure": error.cure}}
