"""Direct invocation: health and what a person asks of the stack."""

import os

from pdjira.bootstrap import log
from pdjira.bootstrap.admin import administration

logger = log.logger()
fresh = administration(os.environ)


def handler(event: object, _context: object) -> dict[str, object]:
    """Answer `{"action": ...}`; docs/configuration.md lists the actions."""
    action = event.get("action") if isinstance(event, dict) else None
    try:
        answer = fresh().answer(event)
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
