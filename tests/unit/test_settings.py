"""A misconfigured function fails at cold start and says what is missing."""

import pytest

from pdjira.errors import Misconfigured
from pdjira.settings import AdminSettings, JqlPollerSettings, PagerDutyWebhookSettings, load


def test_each_field_is_the_variable_of_its_name() -> None:
    settings = load(
        PagerDutyWebhookSettings,
        {"SYNC_QUEUE_URL": "https://q", "CONNECTION_SECRET_ARN": "arn", "OTHER": "x"},
    )

    assert settings == PagerDutyWebhookSettings(
        sync_queue_url="https://q", connection_secret_arn="arn"
    )


def test_every_missing_variable_is_named() -> None:
    with pytest.raises(Misconfigured, match="SYNC_QUEUE_URL, CONNECTION_SECRET_ARN"):
        load(PagerDutyWebhookSettings, {"SYNC_QUEUE_URL": " "})


@pytest.mark.parametrize(("text", "value"), [("true", True), ("False", False)])
def test_a_switch_is_true_or_false(text: str, value: object) -> None:
    names = ("SYNC_QUEUE_URL", "DEAD_LETTER_QUEUE_URL", "MAPPINGS_TABLE", "LINKS_TABLE")
    environment = dict.fromkeys((*names, "CONNECTION_SECRET_ARN", "AUTH_TOKEN_SECRET_ARN"), "x")
    environment |= {"MAX_INCIDENTS_PER_HOUR": "50", "JQL_POLLER_FUNCTION": "x"}
    environment |= {"PAGERDUTY_WEBHOOK_LOGS": "x", "JIRA_WEBHOOK_LOGS": "x"}
    environment |= {"LINK_SECRET_ARN": "x", "ADMIN_URL_PARAMETER": "x", "INCIDENT_LINKS": "true"}

    settings = load(AdminSettings, environment | {"ALLOW_INSECURE_ENDPOINTS": text})

    assert settings.allow_insecure_endpoints is value
    with pytest.raises(Misconfigured, match="ALLOW_INSECURE_ENDPOINTS must be true or false"):
        load(AdminSettings, environment | {"ALLOW_INSECURE_ENDPOINTS": "yes"})


def test_a_number_is_a_whole_one() -> None:
    names = ("SYNC_QUEUE_URL", "MAPPINGS_TABLE", "LINKS_TABLE", "CONNECTION_SECRET_ARN")
    environment = dict.fromkeys((*names, "AUTH_TOKEN_SECRET_ARN"), "x")
    environment["ALLOW_INSECURE_ENDPOINTS"] = "false"

    settings = load(JqlPollerSettings, environment | {"MAX_INCIDENTS_PER_HOUR": "12"})

    assert settings.max_incidents_per_hour == 12
    with pytest.raises(Misconfigured, match="MAX_INCIDENTS_PER_HOUR must be a whole number"):
        load(JqlPollerSettings, environment | {"MAX_INCIDENTS_PER_HOUR": "many"})
