"""What each function reads from its environment, refused at cold start with what is missing."""

from collections import abc
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import TypeVar, cast

from pdjira.errors import Misconfigured

Settings = TypeVar("Settings")


def _text(text: str) -> str | None:
    return text or None


def _boolean(text: str) -> bool | None:
    return {"true": True, "false": False}.get(text.lower())


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() else None


_READ: dict[object, Callable[[str], str | bool | int | None]] = {bool: _boolean, int: _number}

_EXPECTED: dict[object, str] = {bool: " must be true or false", int: " must be a whole number"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PagerDutyWebhookSettings:
    """Environment of `PagerDutyWebhookFunction`."""

    sync_queue_url: str
    connection_secret_arn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JiraWebhookSettings:
    """Environment of `JiraWebhookFunction`."""

    sync_queue_url: str
    connection_secret_arn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncWorkerSettings:
    """Environment of `SyncWorkerFunction`."""

    sync_queue_url: str
    dead_letter_queue_url: str
    mappings_table: str
    links_table: str
    connection_secret_arn: str
    auth_token_secret_arn: str
    allow_insecure_endpoints: bool
    max_incidents_per_hour: int
    link_secret_arn: str
    admin_url: str
    incident_links: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminSettings:
    """Environment of `AdminFunction`."""

    sync_queue_url: str
    dead_letter_queue_url: str
    mappings_table: str
    links_table: str
    connection_secret_arn: str
    auth_token_secret_arn: str
    allow_insecure_endpoints: bool
    max_incidents_per_hour: int
    jql_poller_function: str
    link_secret_arn: str
    admin_url_parameter: str
    incident_links: bool
    pagerduty_webhook_logs: str
    jira_webhook_logs: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingCheckSettings:
    """Environment of `MappingCheckFunction`."""

    sync_queue_url: str
    mappings_table: str
    links_table: str
    connection_secret_arn: str
    auth_token_secret_arn: str
    allow_insecure_endpoints: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class JqlPollerSettings:
    """Environment of `JqlPollerFunction`."""

    sync_queue_url: str
    mappings_table: str
    links_table: str
    connection_secret_arn: str
    auth_token_secret_arn: str
    allow_insecure_endpoints: bool
    max_incidents_per_hour: int


def load(kind: type[Settings], environment: abc.Mapping[str, str]) -> Settings:
    """Read a settings class: each field from the variable of its name in capitals.

    Raises `Misconfigured`, which names every variable that is missing or not as it must be.
    """
    values: dict[str, str | bool | int] = {}
    wrong: list[str] = []
    for setting in fields(cast("type", kind)):
        name = setting.name.upper()
        text = environment.get(name, "").strip()
        value = _READ.get(setting.type, _text)(text)
        if value is None:
            wrong.append(f"{name}{_EXPECTED.get(setting.type, '')}")
        else:
            values[setting.name] = value
    if wrong:
        raise Misconfigured(
            f"The environment of this function lacks {', '.join(wrong)}.",
            cure="Deploy the stack again from its template; it sets every variable.",
        )
    return kind(**values)
