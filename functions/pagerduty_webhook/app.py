"""POST /webhooks/pagerduty and below: prove the sender, store what was sent, answer."""

import base64
import json
import os
from typing import Any
from urllib.parse import unquote

from pdjira.application.intake import Answer
from pdjira.bootstrap import log
from pdjira.bootstrap.pagerduty_webhook import pagerduty_intakes

SIGNATURE = "x-pagerduty-signature"
ACTION_HEADER = "x-action-token"
SENDER = {"subscription": "x-webhook-subscription", "webhook_id": "x-webhook-id"}

logger = log.logger()
deliveries, actions = pagerduty_intakes(os.environ)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer one delivery, as API Gateway hands it over (REST API, proxy integration)."""
    answer = _answer(event)
    sender = {name: _header(event, header) for name, header in SENDER.items()}
    write = logger.info if answer.signal else logger.warning
    write("webhook", extra=answer.facts() | sender)
    return {
        "statusCode": answer.status,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps({"message": answer.says}),
    }


def _answer(event: dict[str, Any]) -> Answer:
    """The path of an action names its mapping; percent signs may have come as they were sent."""
    mapping_id = (event.get("pathParameters") or {}).get("mapping_id")
    if mapping_id is None:
        return deliveries.receive(_body(event), _header(event, SIGNATURE))
    token = _header(event, ACTION_HEADER)
    return actions.receive(_body(event), token, mapping_id=unquote(mapping_id))


def _body(event: dict[str, Any]) -> bytes:
    body = event.get("body") or ""
    if event.get("isBase64Encoded"):
        return base64.b64decode(body)
    return body.encode("utf-8", "surrogatepass")


def _header(event: dict[str, Any], name: str) -> str | None:
    """A header, in whatever case the gateway passes its name on."""
    headers = event.get("headers") or {}
    return next((value for key, value in headers.items() if key.lower() == name), None)
