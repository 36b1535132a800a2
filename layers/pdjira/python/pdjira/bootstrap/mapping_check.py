"""Puts together what `MappingCheckFunction` runs."""

import time
from collections import abc
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3

from pdjira.adapters.aws.items import CONFIG
from pdjira.adapters.aws.links import DynamoFailedLinks
from pdjira.adapters.aws.mappings import DynamoJudgedMappings, DynamoMappings, decode_change
from pdjira.adapters.aws.queue import SqsSignalQueue
from pdjira.adapters.aws.secrets import CachedSecret
from pdjira.bootstrap.connections import Connections
from pdjira.mappings.watch import MappingWatch
from pdjira.settings import MappingCheckSettings, load

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient

__all__ = ["decode_change", "watch"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stack:
    """What lasts from one invocation to the next."""

    settings: MappingCheckSettings
    dynamodb: "DynamoDBClient"
    secrets: "SecretsManagerClient"
    queue: SqsSignalQueue

    def watch(self) -> MappingWatch:
        """One that reads the secrets afresh."""
        connections = Connections(
            secret=self._secret(self.settings.connection_secret_arn),
            auth_token=self._secret(self.settings.auth_token_secret_arn),
            allow_insecure=self.settings.allow_insecure_endpoints,
        )
        return MappingWatch(
            check=connections.mapping_check(
                DynamoMappings(self.dynamodb, self.settings.mappings_table)
            ),
            mappings=DynamoJudgedMappings(self.dynamodb, self.settings.mappings_table),
            failed_links=DynamoFailedLinks(self.dynamodb, self.settings.links_table),
            queue=self.queue,
        )

    def _secret(self, secret_id: str) -> CachedSecret:
        return CachedSecret(self.secrets, secret_id=secret_id, monotonic=time.monotonic)


def watch(environment: abc.Mapping[str, str]) -> Callable[[], MappingWatch]:
    """Yields a fresh watch for each invocation, which reads the secrets afresh.

    Raises `Misconfigured` where the environment lacks a variable.
    """
    settings = load(MappingCheckSettings, environment)
    session = boto3.session.Session()
    stack = _Stack(
        settings=settings,
        dynamodb=session.client("dynamodb", config=CONFIG),
        secrets=session.client("secretsmanager", config=CONFIG),
        queue=SqsSignalQueue(session.client("sqs", config=CONFIG), settings.sync_queue_url),
    )
    return stack.watch
