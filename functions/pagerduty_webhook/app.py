"""POST /webhooks/pagerduty and below: prove the sender, store what was sent, answer."""

import os
from typing import Any
from urllib.parse import unquote

from pdjira.bootstrap.start import starting

SIGNATURE = "x-pagerduty-signature"
ACTION_HEADER = "x-action-token"
SENDER = {"subscription": "x-webhook-subscription", "webhook_id": "x-webhook-id"}

with starting():
    from pdjira.bootstrap import log
    from pdjira.bootstrap.webhooks import (
        body_of,
        header_of,
        pagerduty_intakes,
        parameter_of,
        request_id_of,
        response_of,
    )
    from pdjira.webhooks.intake import Reply

    logger = log.logger()
    deliveries, actions = pagerduty_intakes(os.environ)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer one delivery, as API Gateway hands it over."""
    answer = _answer(event)
    sender = {name: header_of(event, header) for name, header in SENDER.items()}
    request = {"request_id": request_id_of(event)}
    write = logger.info if answer.signal else logger.warning
    write("webhook", extra=log.correlated(answer.facts()) | sender | request)
    return response_of(answer)


def _answer(event: dict[str, Any]) -> Reply:
    """The path of an action names its mapping; percent signs may have come as they were sent."""
    mapping_id = parameter_of(event, "mapping_id")
    if mapping_id is None:
        return deliveries.receive(body_of(event), header_of(event, SIGNATURE))
    token = header_of(event, ACTION_HEADER)
    return actions.receive(body_of(event), token, mapping_id=unquote(mapping_id))
