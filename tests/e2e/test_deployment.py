"""A second stack in the same account and region, from a first attempt that fails."""

from collections.abc import Iterator

import pytest
import requests

from tests.builders import a_delivery
from tests.sandbox.environment import Sandbox
from tests.sandbox.stack import STACK_NAME

SECOND = "pdjira-second"
IMPOSSIBLE = """
  Impossible:
    Type: AWS::Logs::LogStream
    DependsOn: [ConnectionSecret, AuthTokenSecret, MappingsTable, LinksTable]
    Properties:
      LogGroupName: no-such-group
"""
PASSED_OVER = {
    "AWS::ApiGateway::Account",  # an account has one
    "AWS::ApiGateway::Deployment",  # its logical id is a hash of the API
    "AWS::ApiGateway::Stage",  # its name is the API's own matter
}


@pytest.fixture(scope="module")
def became(deployed: Sandbox) -> dict[str, list[str]]:
    """What a first deployment that failed did with each resource, event by event.

    Its cause is a resource that cannot be made, whose turn comes after tables and secrets.
    """
    stack = deployed.stack
    with pytest.raises(RuntimeError, match="sam failed"):
        stack.deploy_beside(SECOND, more_resources=IMPOSSIBLE)
    found: dict[str, list[str]] = {}
    pages = stack.cloudformation.get_paginator("describe_stack_events").paginate(StackName=SECOND)
    for event in reversed([event for page in pages for event in page["StackEvents"]]):
        found.setdefault(event["LogicalResourceId"], []).append(event["ResourceStatus"])
    stack.delete_beside(SECOND)
    return found


@pytest.fixture(scope="module")
def webhook_url(deployed: Sandbox, became: dict[str, list[str]]) -> Iterator[str]:
    """Where the second stack takes webhooks, which only one address may send at first."""
    assert became
    outputs = deployed.stack.deploy_beside(SECOND, PagerDutyWebhookCidrs="192.0.2.0/24")
    yield deployed.stack.local_url(outputs["PagerDutyWebhookUrl"])
    deployed.stack.delete_beside(SECOND)


def test_a_first_deployment_that_fails_leaves_no_secret_and_blocks_no_second(
    became: dict[str, list[str]], webhook_url: str
) -> None:
    for secret in ("ConnectionSecret", "AuthTokenSecret"):
        assert "CREATE_COMPLETE" in became[secret]
        assert became[secret][-1] == "DELETE_COMPLETE"
    for table in ("MappingsTable", "LinksTable"):
        assert became[table][-1] == "DELETE_SKIPPED"
    assert webhook_url


def test_two_stacks_stand_side_by_side_and_share_nothing(
    deployed: Sandbox, webhook_url: str
) -> None:
    del webhook_url

    first, second = (_resources(deployed, name) for name in (STACK_NAME, SECOND))

    assert first.keys() == second.keys()
    assert [name for name in first if first[name] == second[name]] == []


def test_a_list_of_addresses_that_is_emptied_refuses_nobody_any_more(
    deployed: Sandbox, webhook_url: str
) -> None:
    """A stack without a secret answers 503; a policy that refuses, 403."""
    before = _status(webhook_url)
    outputs = deployed.stack.deploy_beside(SECOND, PagerDutyWebhookCidrs="")

    assert before == 403
    assert _status(deployed.stack.local_url(outputs["PagerDutyWebhookUrl"])) == 503


@pytest.mark.parametrize(
    "given", [{"SubnetIds": "subnet-0123abcd"}, {"SecurityGroupIds": "sg-0123abcd"}]
)
def test_subnets_without_security_groups_are_refused_before_anything_is_created(
    deployed: Sandbox, given: dict[str, str]
) -> None:
    with pytest.raises(RuntimeError, match=f"{next(iter(given))} is given and"):
        deployed.stack.deploy_beside("pdjira-third", **given)

    stacks = deployed.stack.cloudformation.list_stacks()["StackSummaries"]
    named = {one["StackName"]: one["StackStatus"] for one in stacks}
    assert named.get("pdjira-third", "REVIEW_IN_PROGRESS") == "REVIEW_IN_PROGRESS"


def _resources(sandbox: Sandbox, stack: str) -> dict[str, str]:
    """Physical ids by logical ids."""
    described = sandbox.stack.cloudformation.describe_stack_resources(StackName=stack)
    return {
        resource["LogicalResourceId"]: resource["PhysicalResourceId"]
        for resource in described["StackResources"]
        if resource["ResourceType"] not in PASSED_OVER
    }


def _status(url: str) -> int:
    """What a delivery without a signature is answered."""
    with requests.Session() as session:
        session.trust_env = False
        return session.post(url, data=a_delivery(), timeout=30).status_code
