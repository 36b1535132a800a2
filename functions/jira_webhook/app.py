"""POST /webhooks/jira/{token}: prove the sender, store what was sent, answer.

The path holds a secret: neither it nor the event is logged.
"""

import os
from typing import Any
from urllib.parse import unquote

from pdjira.bootstrap.start import starting

SIGNATURE = "x-hub-signature"

with starting():
    from pdjira.bootstrap import log
    from pdjira.bootstrap.webhooks import (
        body_of,
        header_of,
        jira_intake,
        parameter_of,
        request_id_of,
        response_of,
    )

    logger = log.logger()
    intake = jira_intake(os.environ)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer one delivery; percent signs in the path may have come as they were sent."""
    token = unquote(parameter_of(event, "token") or "")
    answer = intake.receive(body_of(event), header_of(event, SIGNATURE), token=token)
    write = logger.info if answer.signal else logger.warning
    request = {"request_id": request_id_of(event)}
    write("jira webhook", extra=log.correlated(answer.facts()) | request)
    return response_of(answer)
