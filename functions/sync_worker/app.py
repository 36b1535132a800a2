"""SyncQueue: bring an incident and its issues together, one signal at a time."""

import os
from typing import Any

from aws_lambda_powertools import Logger

from pdjira.adapters.aws.queue import decode_record
from pdjira.application.consume import DeadLettered, Deferred, Done, Outcome
from pdjira.application.message import Message
from pdjira.bootstrap.sync_worker import consumer as assemble

logger = Logger()
consumer = assemble(os.environ)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Work on the messages of one batch; those to be delivered again are named as failed."""
    failed = []
    for record in event["Records"]:
        message = decode_record(record)
        outcome = consumer.consume(message)
        _log(message, outcome)
        if isinstance(outcome.verdict, Deferred):
            failed.append({"itemIdentifier": message.id})
    return {"batchItemFailures": failed}


def _log(message: Message, outcome: Outcome) -> None:
    facts: dict[str, object] = {"message_id": message.id, "receives": message.receives}
    if outcome.signal:
        facts |= {
            "incident_id": outcome.signal.incident_id,
            "kind": outcome.signal.kind.value,
            "event_type": outcome.signal.event_type,
            "event_id": outcome.signal.id,
        }
    match outcome.verdict:
        case Done(report=report):
            logger.info("signal done", extra=facts | {"says": report.says, "rests": report.rests})
        case Deferred(seconds=seconds, why=why):
            facts |= {"retry_in_seconds": seconds, "why": why}
            logger.warning("signal deferred", extra=facts, exc_info=outcome.error)
        case DeadLettered(why=why):
            logger.error("signal dead-lettered", extra=facts | {"why": why}, exc_info=outcome.error)
