"""The administrator's page, and direct invocation: health and what a person asks of the stack."""

import os
from functools import cache
from math import inf
from pathlib import Path
from typing import Any, Protocol

from pdjira.bootstrap.start import starting

with starting():
    from pdjira.bootstrap import log
    from pdjira.bootstrap.admin import admin_process

    logger = log.logger()
    process = admin_process(os.environ)


class Context(Protocol):
    """What Lambda tells of an invocation."""

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function is ended."""
        ...


def handler(event: object, context: Context | None) -> dict[str, Any]:
    """Answer a request of the gateway, or `{"action": ...}` (docs/reference/actions.md)."""
    if isinstance(event, dict) and "httpMethod" in event:
        return dict(_page()(event, context))
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


@cache
def _page() -> Any:  # noqa: ANN401 - a resolver of Powertools, which nobody pays for who needs none
    with starting():
        from pdjira.bootstrap.site import page  # noqa: PLC0415 - likewise

        return page(process, os.environ, Path(__file__).parent, logger)
