"""Stream of MappingsTable: judge what a person changed, and write the verdict onto the item."""

import os
from math import inf
from typing import Any, Protocol

from pdjira.bootstrap.start import starting

with starting():
    from pdjira.bootstrap import log
    from pdjira.bootstrap.mapping_check import decode_change, watch

    logger = log.logger()
    fresh = watch(os.environ)


class Context(Protocol):
    """What Lambda tells of an invocation."""

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function is ended."""
        ...


def handler(event: dict[str, Any], context: Context | None) -> dict[str, Any]:
    """Follow the changes of one batch in order; the first that fails comes again, with the rest."""
    mappings = fresh()
    for record in event["Records"]:
        change = decode_change(record)
        facts = {"mapping_id": change.mapping_id, "event": record.get("eventName")}
        try:
            judgement = mappings.follow(
                change, lambda: context.get_remaining_time_in_millis() / 1000 if context else inf
            )
        except Exception:
            logger.exception("mapping not checked", extra=facts)
            return {"batchItemFailures": [{"itemIdentifier": record["dynamodb"]["SequenceNumber"]}]}
        if judgement.verdict is None:
            logger.info("mapping passed over", extra=facts)
        else:
            logger.info("mapping checked", extra=judgement.facts())
    return {"batchItemFailures": []}
