"""Mappings in `MappingsTable`, read whole each time: what a person switches off is off at once."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from pdjira.adapters.aws.attributes import untyped
from pdjira.adapters.aws.errors import translated
from pdjira.adapters.aws.stored_mapping import StoredMapping, Unreadable, read_mapping
from pdjira.domain.mapping import Mapping

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoMappings:
    """`Mappings` on the table `table`; one strongly consistent scan per call, nothing cached."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def in_force(self) -> Sequence[Mapping]:
        """The enabled and readable mappings, by id."""
        mappings = (
            read.to_domain()
            for _, read in self._read_all()
            if not isinstance(read, Unreadable) and read.enabled
        )
        return sorted(mappings, key=lambda mapping: mapping.id)

    def problems(self) -> Sequence[tuple[str, str]]:
        """(mapping id, sentence) for each stored item that cannot be read, by id."""
        unreadable = (
            (mapping_id, read.says)
            for mapping_id, read in self._read_all()
            if isinstance(read, Unreadable)
        )
        return sorted(unreadable)

    def _read_all(self) -> Iterator[tuple[str, StoredMapping | Unreadable]]:
        for item in self._scan():
            try:
                yield str(item["id"]), read_mapping(item)
            except Unreadable as error:
                yield str(item["id"]), error

    def _scan(self) -> Iterator[dict[str, Any]]:
        with translated("dynamodb:Scan", self._table):
            pages = self._client.get_paginator("scan").paginate(
                TableName=self._table, ConsistentRead=True
            )
            for page in pages:
                yield from map(untyped, page["Items"])
