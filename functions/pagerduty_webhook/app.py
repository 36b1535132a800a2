"""POST /webhooks/pagerduty: prove the sender, store the event, answer."""

import base64
import json
import os
from typing import Any

from pdjira.application.intake import Answer
from pdjira.bootstrap import log
from pdjira.bootstrap.pagerduty_webhook import pagerduty_intake

SIGNATURE = "x-pagerduty-signature"
SENDER = {"subscription": "x-webhook-subscription", "webhook_id": "x-webhook-id"}

logger = log.logger()
intake = pagerduty_intake(os.environ)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer one delivery, as API Gateway hands it over (REST API, proxy integration)."""
    answer = intake.receive(_body(event), _header(event, SIGNATURE))
    _log(answer, {name: _header(event, header) for name, header in SENDER.items()})
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


def _log(answer: Answer, sender: dict[str, str | None]) -> None:
    signal = answer.signal
    facts = {"status": answer.status, "says": answer.says, "why": answer.why, **sender}
    if signal:
        facts |= {"kind": signal.kind.value, "event_type": signal.event_type}
        facts |= {"event_id": signal.id, "incident_id": signal.incident_id}
    write = logger.info if answer.status < 300 else logger.warning  # noqa: PLR2004 - HTTP's 2xx
    write("webhook", extra=facts)
