"""Puts together what people connect the stack with both sides by. The page alone imports this."""

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

from pdjira.adapters.aws.secret_versions import SecretsManagerSecret
from pdjira.adapters.aws.secrets import CachedSecret
from pdjira.adapters.aws.setup import DynamoSetupRecord
from pdjira.adapters.connecting import ConnectionRules, PagerDutyAccounts
from pdjira.bootstrap.admin import AdminRun
from pdjira.bootstrap.connections import Aws, now
from pdjira.bootstrap.looking import jira_health, pagerduty_health
from pdjira.bootstrap.new_token import new_token
from pdjira.connection.form import get
from pdjira.connection.lines import Trial
from pdjira.connection.saving import ConnectionDesk, tree_of
from pdjira.connection.setup import Setup
from pdjira.connection.token import NewToken
from pdjira.connection.webhook import WebhookDesk
from pdjira.errors import UnreadableSecret
from pdjira.page.connection import ConnectionPage
from pdjira.page.setup import SetupPage
from pdjira.page.web import HasRoutes
from pdjira.settings import AdminSettings

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

OUR_PATH, PAGE_PATH, BEGIN = "/webhooks/pagerduty", "/admin", "/connection"


@dataclass(frozen=True, slots=True, kw_only=True)
class Connecting:
    """What a person connects by, over what an invocation works with."""

    run: AdminRun

    @property
    def settings(self) -> AdminSettings:
        """Those of the function."""
        return self.run.process.settings

    @property
    def aws(self) -> Aws:
        """Its clients."""
        return self.run.process.aws

    def desk(self) -> ConnectionDesk:
        """What reads and writes the connection secret."""
        return ConnectionDesk(
            secret=SecretsManagerSecret(
                self.aws.secrets, secret_id=self.settings.connection_secret_arn
            ),
            rules=self.rules(),
            regions=self.accounts(),
            signs=self.token().is_in_force,
        )

    def rules(self) -> ConnectionRules:
        """What the connection secret must be."""
        return ConnectionRules(self.settings.allow_insecure_endpoints)

    def accounts(self) -> PagerDutyAccounts:
        """Where PagerDuty keeps accounts, and who is a user there."""
        return PagerDutyAccounts(allow_insecure=self.settings.allow_insecure_endpoints)

    def token(self) -> NewToken:
        """What makes the token that signs."""
        return new_token(
            self.aws,
            self.run.connections,
            secret_id=self.settings.auth_token_secret_arn,
            table=self.settings.links_table,
        )

    def webhook(self) -> WebhookDesk:
        """What makes our webhook in PagerDuty."""
        return WebhookDesk(
            desk=self.run.connections.pagerduty_client.subscriptions(),
            connection=self.desk(),
            log=self.run.log,
            url=self.webhook_url,
            clock=now,
        )

    def webhook_url(self) -> str:
        """Where PagerDuty delivers: beside the page."""
        return self.run.process.admin_url().removesuffix(PAGE_PATH) + OUR_PATH

    def record(self) -> DynamoSetupRecord:
        """What the setup has reached."""
        return DynamoSetupRecord(self.aws.dynamodb, self.settings.links_table)

    def pages(self) -> Sequence[HasRoutes]:
        """Those by which people connect."""
        return (self.setup_page(), self.connection_page())

    def begins(self) -> str | None:
        """Where people begin while no Jira is entered."""
        with suppress(UnreadableSecret):
            return None if get(tree_of(self.run.connections.secret.value()), "jira.url") else BEGIN
        return None

    def connection_page(self) -> ConnectionPage:
        """`/connection`."""
        return ConnectionPage(
            desk=self.desk(),
            trial=self.trial,
            token=self.token(),
            webhook=self.webhook(),
            accounts=self.accounts(),
            mappings=self.run.admin.stack.mappings,
            reread=self.run.connections.secret.refresh,
            url=self.run.process.admin_url,
            look_again=self.run.look_again(),
        )

    def setup_page(self) -> SetupPage:
        """`/setup`."""
        return SetupPage(
            setup=Setup(
                desk=self.desk(),
                rules=self.rules(),
                trial=self.trial(),
                token=self.token(),
                webhook=self.webhook(),
                record=self.record(),
                mappings=self.run.admin.stack.mappings,
                activities=self.run.admin.activities,
                clock=now,
            )
        )

    def trial(self, typed: str | None = None) -> Trial:
        """What tries the connection: the stored one, or what was typed."""
        connections = self.run.connections
        if typed is not None:
            connections = replace(connections, secret=_Typed(typed))
        mappings = self.run.admin.stack.mappings
        return Trial(
            jira=jira_health(connections, mappings), pagerduty=pagerduty_health(connections)
        )


class _Typed(CachedSecret):
    """A connection secret that is not stored: what a person has typed."""

    def __init__(self, text: str) -> None:
        client = cast("SecretsManagerClient", None)
        super().__init__(client, secret_id="", monotonic=time.monotonic)
        self._text = text

    def _fetch(self) -> tuple[str, str]:
        return self._text, ""
