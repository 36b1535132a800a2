"""Direct invocation: health and what a person asks of the stack."""

import os
from math import inf
from typing import Protocol

from pdjira.bootstrap import log
from pdjira.bootstrap.admin import admin_process

logger = log.logger()
process = admin_process(os.environ)


class Context(Protocol):
    """What Lambda tells of an invocation."""

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function is ended."""
        ...


def handler(event: object, context: Context | None) -> dict[str, object]:
    """Answer `{"action": ...}`; docs/reference/actions.md lists the actions."""
    action = event.get("action") if isinstance(event, dict) else None
    try:
        answer = (
            process.run()
            .administration()
            .answer(
                event, lambda: context.get_remaining_time_in_millis() / 1000 if context else inf
            )
        )
    except Exception:
        logger.exception("action failed", extra={"action": action})
        return {
            "error": {
                "says": "This failed in a way that nobody foresaw.",
                "cure": "The log of this function holds the details.",
            }
        }
    logger.info("action", extra={"action": action, "status": answer.get("status")})
    return answer
