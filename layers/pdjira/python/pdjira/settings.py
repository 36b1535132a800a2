"""What each function reads from its environment, refused at cold start with what is missing."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TypeVar, cast

from pdjira.errors import Misconfigured

Settings = TypeVar("Settings")

_BOOLEANS = {"true": True, "false": False}


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


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingCheckSettings:
    """Environment of `MappingCheckFunction`."""

    sync_queue_url: str
    mappings_table: str
    links_table: str
    connection_secret_arn: str
    auth_token_secret_arn: str
    allow_insecure_endpoints: bool


def load(kind: type[Settings], environment: Mapping[str, str]) -> Settings:
    """Read a settings class: each field from the variable of its name in capitals.

    Raises `Misconfigured`, which names every variable that is missing or not as it must be.
    """
    values: dict[str, str | bool] = {}
    wrong: list[str] = []
    for setting in fields(cast("type", kind)):
        name = setting.name.upper()
        text = environment.get(name, "").strip()
        value = _BOOLEANS.get(text.lower()) if setting.type is bool else text or None
        if value is None:
            wrong.append(f"{name} must be true or false" if setting.type is bool else name)
        else:
            values[setting.name] = value
    if wrong:
        raise Misconfigured(
            f"The environment of this function lacks {', '.join(wrong)}.",
            cure="Deploy the stack again from its template; it sets every variable.",
        )
    return kind(**values)
