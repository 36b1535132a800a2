"""Direct invocation: health and what a person asks of the stack."""

import os

from aws_lambda_powertools import Logger

from pdjira.bootstrap.admin import administration

logger = Logger()
fresh = administration(os.environ)


def handler(event: object, _context: object) -> dict[str, object]:
    """Answer `{"action": ...}`; docs/configuration.md lists the actions."""
    try:
        answer = fresh().answer(event)
    except Exception:
        logger.exception("action failed")
        answer = {
            "error": {
                "says": "This failed in a way that nobody foresaw.",
                "cure": "The log of this function holds the details.",
            }
        }
    action = event.get("action") if isinstance(event, dict) else None
    logger.info("action", extra={"action": action, "status": answer.get("status")})
    return answer
