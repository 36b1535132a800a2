"""POST /webhooks/pagerduty: prove the sender, store the event, answer."""

import base64
import json
import os
from typing import Any

from pdjira.bootstrap import log
from pdjira.bootstrap.pagerduty_webhook import pagerduty_intake

SIGNATURE = "x-pagerduty-signature"
SENDER = {"subscription": "x-webhook-subscription", "webhook_id": "x-webhook-id"}

logger = log.logger()
intake = pagerduty_intake(os.environ)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer one delivery, as API Gateway hands it over (REST API, proxy integration)."""
    answer = intake.receive(_body(event), _header(event, SIGNATURE))
    sender = {name: _header(event, header) for name, header in SENDER.items()}
    write = logger.info if answer.signal else logger.warning
    write("webhook", extra=answer.facts() | sender)
    return {
        "statusCode": answer.status,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps({"message": answer.says}),
    }


def _body(event: dict[str, Any]) -> bytes:
    body = event.get("body") or ""
    if event.get("isBase64Encoded"):
        return base64.b64decode(body)
    return body.encode("utf-8", "surrogatepass")


def _header(event: dict[str, Any], name: str) -> str | None:
    """A header, in whatever case the gateway passes its name on."""
    headers = event.get("headers") or {}
    return next((value for key, value in headers.items() if key.lower() == name), None)
