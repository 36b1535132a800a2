"""EventBridge Scheduler: follow Jira by JQL, one round a minute."""

import os
from typing import Any

from pdjira.bootstrap import log
from pdjira.bootstrap.jql_poller import poller

logger = log.logger()
fresh = poller(os.environ)


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Run one round for `{"mode": "poll"}` and answer what each of its searches came to."""
    del context
    if event.get("mode") != "poll":
        logger.error("unknown mode", extra={"mode": event.get("mode")})
        return {"error": {"says": "There is no such mode.", "cure": 'Use {"mode": "poll"}.'}}
    poll = fresh()
    if poll is None:
        return {"polled": []}
    found = [one.facts() for one in poll.run()]
    for facts in found:
        if facts["problem"]:
            logger.warning("search failed", extra=facts)
        elif facts["signals"] or facts["held"]:
            logger.info("search done", extra=facts)
    return {"polled": found}
