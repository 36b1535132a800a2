"""Stream of MappingsTable: judge what a person changed, and write the verdict onto the item."""

import os
from typing import Any

from pdjira.bootstrap import log
from pdjira.bootstrap.mapping_check import decode_change, watch

logger = log.logger()
fresh = watch(os.environ)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Follow the changes of one batch in order; the first that fails comes again, with the rest."""
    mappings = fresh()
    for record in event["Records"]:
        change = decode_change(record)
        facts = {"mapping_id": change.mapping_id, "event": record.get("eventName")}
        try:
            judgement = mappings.follow(change)
        except Exception:
            logger.exception("mapping not checked", extra=facts)
            return {"batchItemFailures": [{"itemIdentifier": record["dynamodb"]["SequenceNumber"]}]}
        if judgement.verdict is None:
            logger.info("mapping passed over", extra=facts)
        else:
            logger.info("mapping checked", extra=judgement.facts())
    return {"batchItemFailures": []}
