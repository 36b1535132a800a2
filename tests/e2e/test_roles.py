"""P37, P28: the local IAM refuses each function what only others may do.

It does not evaluate partition keys: tests/functional holds these.
"""

import json
from collections import abc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.rights import TEMPLATE, granted
from tests.sandbox.environment import Sandbox

KEYS = {
    "LinksTable": {"pk": {"S": "NONE#"}, "sk": {"S": "NONE"}},
    "MappingsTable": {"id": {"S": "none"}},
}
NEVER = {"ConditionExpression": "attribute_exists(no_such_attribute)"}
ASKS: abc.Mapping[str, Callable[[Any, str, dict[str, Any]], object]] = {
    "dynamodb:Scan": lambda aws, name, _: aws.scan(TableName=name),
    "dynamodb:GetItem": lambda aws, name, key: aws.get_item(TableName=name, Key=key),
    "dynamodb:PutItem": lambda aws, name, key: aws.put_item(TableName=name, Item=key, **NEVER),
    "dynamodb:UpdateItem": lambda aws, name, key: aws.update_item(
        TableName=name, Key=key, UpdateExpression="REMOVE x", **NEVER
    ),
    "dynamodb:DeleteItem": lambda aws, name, key: aws.delete_item(TableName=name, Key=key, **NEVER),
    "dynamodb:BatchGetItem": lambda aws, name, key: aws.batch_get_item(
        RequestItems={name: {"Keys": [key]}}
    ),
    "sqs:SendMessage": lambda aws, url, _: aws.send_message(
        QueueUrl=url, MessageBody="x", MessageGroupId="x", MessageDeduplicationId="x"
    ),
    "sqs:GetQueueAttributes": lambda aws, url, _: aws.get_queue_attributes(QueueUrl=url),
    "secretsmanager:GetSecretValue": lambda aws, arn, _: aws.get_secret_value(SecretId=arn),
}
"""How each action is tried, on what and under which key; none leaves anything behind."""


OUTPUTS = {
    "LinksTable": "LinksTableName",
    "MappingsTable": "MappingsTableName",
    "SyncQueue": "SyncQueueUrl",
    "DeadLetterQueue": "DeadLetterQueueUrl",
    "ConnectionSecret": "ConnectionSecretArn",
    "AuthTokenSecret": "AuthTokenSecretArn",
}


@pytest.mark.parametrize("function", TEMPLATE.functions())
def test_p37_a_role_is_refused_what_only_the_others_may_do(
    deployed: Sandbox, function: str
) -> None:
    """It is let through to its own; but nothing is sent, since that would be worked on."""
    own = _tried(function)
    others = {pair for other in TEMPLATE.functions() for pair in _tried(other)} - own
    tried = others | {pair for pair in own if pair[0] != "sqs:SendMessage"}

    with _in_the_role_of(deployed, function) as session:
        answers = {pair: _answer(deployed, session, *pair) for pair in tried}

    assert {pair for pair, code in answers.items() if "AccessDenied" in code} == others


def _tried(function: str) -> set[tuple[str, str]]:
    return {
        (right.action, right.resource)
        for right in granted(function)
        if right.action in ASKS and right.resource in OUTPUTS
    }


def _answer(sandbox: Sandbox, session: boto3.Session, action: str, resource: str) -> str:
    """The code of the error that AWS answers; empty where it answers."""
    make: Any = session.client
    client = make(action.split(":", maxsplit=1)[0], endpoint_url=sandbox.stack.endpoint)
    try:
        ASKS[action](client, sandbox.stack.outputs[OUTPUTS[resource]], KEYS.get(resource, {}))
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    finally:
        client.close()
    return ""


@contextmanager
def _in_the_role_of(sandbox: Sandbox, function: str) -> Iterator[boto3.Session]:
    """A session with the rights of a function; its role trusts this account for so long."""
    make: Any = boto3.Session("test", "test", region_name="us-east-1").client
    iam, sts = (make(name, endpoint_url=sandbox.stack.endpoint) for name in ("iam", "sts"))
    logical_id = TEMPLATE.functions()[function]["Role"]["Fn::GetAtt"][0]
    role = iam.get_role(RoleName=sandbox.stack.physical_id(logical_id))["Role"]
    trust = role["AssumeRolePolicyDocument"]
    anybody = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    opened = {**trust, "Statement": [*trust["Statement"], anybody]}
    name = role["RoleName"]
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(opened))
    try:
        given = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="test")["Credentials"]
        yield boto3.Session(
            given["AccessKeyId"],
            given["SecretAccessKey"],
            given["SessionToken"],
            region_name="us-east-1",
        )
    finally:
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(trust))
        for client in (iam, sts):
            client.close()
