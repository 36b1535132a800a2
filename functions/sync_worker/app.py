"""SyncQueue: bring an incident and its issues together, one signal at a time."""

import os
from datetime import UTC, datetime
from math import inf
from typing import Any, Protocol

from pdjira.bootstrap.start import starting

with starting():
    from pdjira.bootstrap import log
    from pdjira.bootstrap.metrics import figures
    from pdjira.bootstrap.sync_worker import consumer as assemble
    from pdjira.bootstrap.sync_worker import decode_record
    from pdjira.model.signal import Message
    from pdjira.worker.consume import DeadLettered, Deferred, Done, Outcome

    logger = log.logger()
    consumer = assemble(os.environ)


class Context(Protocol):
    """What Lambda tells of an invocation."""

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function is ended."""
        ...


def handler(event: dict[str, Any], context: Context | None) -> dict[str, Any]:
    """Work on the messages of one batch; those to be delivered again are named as failed."""
    failed = []
    for record in event["Records"]:
        message = decode_record(record)
        outcome = consumer.consume(
            message, lambda: context.get_remaining_time_in_millis() / 1000 if context else inf
        )
        _log(message, outcome, request_id=context.aws_request_id if context else None)
        if isinstance(outcome.verdict, Deferred):
            failed.append({"itemIdentifier": message.id})
    return {"batchItemFailures": failed}


def _log(message: Message, outcome: Outcome, *, request_id: str | None) -> None:
    now = datetime.now(UTC)
    facts = log.correlated(message.facts(now=now) | outcome.facts()) | {"request_id": request_id}
    facts |= figures(outcome, now=now)
    match outcome.verdict:
        case Done():
            logger.info("signal done", extra=facts)
        case Deferred():
            logger.warning("signal deferred", extra=facts, exc_info=outcome.error)
        case DeadLettered():
            logger.error("signal dead-lettered", extra=facts, exc_info=outcome.error)
