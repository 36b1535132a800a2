"""Mappings in `MappingsTable`, read whole each time: what a person switches off is off at once."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from pdjira.adapters.aws.attributes import untyped
from pdjira.adapters.aws.errors import translated
from pdjira.adapters.aws.stored.mapping import StoredMapping, Unreadable, read_mapping
from pdjira.adapters.aws.stored.verdict import read_problems
from pdjira.domain.mapping import Mapping
from pdjira.domain.problem import Problem
from pdjira.errors import Misconfigured

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

    def find(self, mapping_id: str) -> Mapping | None:
        """As `AllMappings` says."""
        read = next((read for found, read in self._read_all() if found == mapping_id), None)
        if isinstance(read, Unreadable):
            raise Misconfigured(
                f"The mapping {mapping_id} cannot be read. {read.says}",
                cure="Correct the item in the mappings table.",
            )
        return read.to_domain() if read else None

    def problems(self) -> Sequence[tuple[str, str]]:
        """(mapping id, sentences) for each stored item that cannot be read, by id."""
        unreadable = (
            (mapping_id, read.says)
            for mapping_id, read in self._read_all()
            if isinstance(read, Unreadable)
        )
        return sorted(unreadable)

    def verdicts(self) -> Sequence[tuple[str, Sequence[Problem]]]:
        """(mapping id, problems) for each mapping in force whose verdict names any, by id."""
        found = [
            (mapping_id, read_problems(read.check))
            for mapping_id, read in self._read_all()
            if not isinstance(read, Unreadable) and read.enabled
        ]
        return sorted((each for each in found if each[1]), key=lambda each: each[0])

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
