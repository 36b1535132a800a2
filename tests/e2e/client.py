"""Calls the deployed webhook as any client on this machine can."""

import requests

from tests.builders import a_signature
from tests.sandbox.environment import MAPPING, Sandbox


def post(sandbox: Sandbox, body: bytes, *, below: str = "", **headers: str) -> int:
    """Post a body to the webhook, or to a path below it; the status of the answer."""
    with requests.Session() as session:
        session.trust_env = False
        answer = session.post(
            sandbox.stack.webhook_url + below,
            data=body,
            headers={"Content-Type": "application/json", **headers},
            timeout=30,
        )
    return answer.status_code


def post_signed(sandbox: Sandbox, body: bytes) -> int:
    """Post a body signed with the subscription's secret."""
    signature = a_signature(body, sandbox.subscription.secrets[0])
    return post(sandbox, body, **{"X-PagerDuty-Signature": signature})


def post_action(sandbox: Sandbox, body: bytes, **headers: str) -> int:
    """Post a body as the button of the first mapping does."""
    return post(sandbox, body, below=f"/actions/{MAPPING['id']}", **headers)
