"""What AWS hands to our functions: requests of the gateway, records of the queue and the table."""

import json
from typing import Any

from pdjira.adapters.aws.items import typed
from tests.builders import ACTION_TOKEN, NOW, a_signature
from tests.functional.conftest import Account


def a_webhook(
    body: bytes, /, *, header: str = "X-PagerDuty-Signature", **changes: Any
) -> dict[str, Any]:
    """The gateway's event for a webhook of PagerDuty with a proof that holds."""
    return {
        "resource": "/webhooks/pagerduty",
        "httpMethod": "POST",
        "headers": {header: a_signature(body), "Content-Type": "application/json"},
        "body": body.decode(),
        "isBase64Encoded": False,
        **changes,
    }


def a_press(body: bytes, /, *, mapping_id: str = "ops-bug", **headers: str) -> dict[str, Any]:
    """The same for a pressed button."""
    return {
        "resource": "/webhooks/pagerduty/actions/{mapping_id}",
        "httpMethod": "POST",
        "pathParameters": {"mapping_id": mapping_id},
        "headers": {"X-Action-Token": ACTION_TOKEN, "Content-Type": "application/json", **headers},
        "body": body.decode(),
        "isBase64Encoded": False,
    }


def a_record(account: Account, body: str) -> dict[str, Any]:
    """A record as the event source hands it over, of a message that is really in flight."""
    sqs = account.aws.sqs
    sqs.send_message(
        QueueUrl=account.queue_url,
        MessageBody=body,
        MessageGroupId="group",
        MessageDeduplicationId="once",
    )
    (message,) = sqs.receive_message(
        QueueUrl=account.queue_url, MessageSystemAttributeNames=["All"]
    )["Messages"]
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message["Attributes"],
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:SyncQueue.fifo",
    }


def a_change(before: dict[str, Any] | None, after: dict[str, Any]) -> dict[str, Any]:
    """A record of the stream of the mappings' table."""
    change: dict[str, Any] = {
        "Keys": {"id": {"S": after["id"]}},
        "NewImage": typed(after),
        "ApproximateCreationDateTime": NOW.timestamp(),
        "SequenceNumber": "111",
    }
    if before:
        change["OldImage"] = typed(before)
    name = "MODIFY" if before else "INSERT"
    event = {"Records": [{"eventID": "1", "eventName": name, "dynamodb": change}]}
    as_lambda_hands_it_over: dict[str, Any] = json.loads(json.dumps(event))
    return as_lambda_hands_it_over


class LateContext:
    """An invocation that is about to end."""

    def get_remaining_time_in_millis(self) -> int:
        return 1_000
