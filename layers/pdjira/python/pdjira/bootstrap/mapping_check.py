"""Puts together what `MappingCheckFunction` runs."""

from collections import abc
from collections.abc import Callable

from pdjira.adapters.aws.history import DynamoVersions
from pdjira.adapters.aws.links import DynamoFailedLinks
from pdjira.adapters.aws.mappings import DynamoJudgedMappings, DynamoMappings, decode_change
from pdjira.adapters.aws.queue import SqsSignalQueue
from pdjira.bootstrap.connections import connected, open_aws
from pdjira.mappings.watch import MappingWatch
from pdjira.settings import MappingCheckSettings, load

__all__ = ["decode_change", "watch"]


def watch(environment: abc.Mapping[str, str]) -> Callable[[], MappingWatch]:
    """Yields a fresh watch for each invocation, which reads the secrets afresh.

    Raises `Misconfigured` where the environment lacks a variable.
    """
    settings = load(MappingCheckSettings, environment)
    aws = open_aws()
    mappings = DynamoMappings(aws.dynamodb, settings.mappings_table)
    judged = DynamoJudgedMappings(aws.dynamodb, settings.mappings_table)
    versions = DynamoVersions(aws.dynamodb, settings.links_table)
    failed_links = DynamoFailedLinks(aws.dynamodb, settings.links_table)
    queue = SqsSignalQueue(aws.sqs, settings.sync_queue_url)
    return lambda: MappingWatch(
        check=connected(settings, aws).mapping_check(mappings),
        mappings=judged,
        versions=versions,
        incidents_of=failed_links.incidents_of,
        send=queue.send,
    )
