"""How the tests call the sandbox's PagerDuty, and what they send it."""

from dataclasses import dataclass
from typing import Any

import requests

from tests.sandbox.pagerduty import seed
from tests.sandbox.pagerduty.records import Json
from tests.sandbox.pagerduty.server import PagerDutyServer

ACCOUNT = {"type": "account_reference"}


@dataclass(frozen=True)
class Rest:
    """REST as the sync calls it."""

    base: str
    headers: dict[str, str]

    def __call__(
        self, method: str, path: str, body: object = None, *, status: int | None = None, **more: Any
    ) -> requests.Response:
        headers = {**self.headers, **more.pop("headers", {})}
        response = requests.request(
            method, self.base + path, json=body, headers=headers, timeout=10, **more
        )
        if status is not None:
            assert response.status_code == status, response.text
        return response


def control(server: PagerDutyServer, method: str, path: str, **body: object) -> Any:
    response = requests.request(method, f"{server.url}/_sandbox/{path}", json=body, timeout=20)
    assert response.status_code < 300, response.text
    return response.json() if response.content else None


def new_incident(**more: object) -> Json:
    service = {"id": seed.CHECKOUT, "type": "service_reference"}
    return {"incident": {"type": "incident", "title": "Down", "service": service, **more}}


def an_incident(rest: Rest, **more: object) -> str:
    return str(
        rest("POST", "/incidents", new_incident(**more), status=201).json()["incident"]["id"]
    )


def error_of(response: requests.Response) -> tuple[int, int, list[str]]:
    error = response.json()["error"]
    return response.status_code, error["code"], [error["message"], *error.get("errors", [])]


def event_types(server: PagerDutyServer) -> list[str]:
    return [event.type for event in server.model.events]


def last_event(server: PagerDutyServer) -> Json:
    event: Json = server.model.events[-1].body["event"]
    return event


def subscribe(server: PagerDutyServer, url: str, **more: object) -> Json:
    made: Json = control(server, "POST", "subscriptions", url=url, **more)["webhook_subscription"]
    return made


def idle(server: PagerDutyServer) -> bool:
    return bool(control(server, "POST", "wait-until-idle", timeout=10)["idle"])


def subscription(url: str = "https://example.com/hook", **more: object) -> Json:
    return {
        "webhook_subscription": {
            "type": "webhook_subscription",
            "delivery_method": {
                "type": "http_delivery_method",
                "url": url,
                "custom_headers": [{"name": "X-One", "value": "hidden"}],
            },
            "events": ["incident.triggered"],
            "filter": ACCOUNT,
            **more,
        }
    }
