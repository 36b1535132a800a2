"""What a dry run reads. None of it writes anywhere: that is how a dry run keeps its promise."""

from collections import abc
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from pdjira.jql.matches import MatchRow
from pdjira.mappings.changes import Item, StoredItem
from pdjira.mappings.check import ReadMapping
from pdjira.model.incident import IncidentField, IncidentPage
from pdjira.model.issue import CreateScreen, ServerInfo
from pdjira.model.link import Link
from pdjira.model.mapping import Mapping, Verdict
from pdjira.model.ports import ServiceDesk


class PastIncidents(Protocol):
    """The incidents of the account, whatever their status."""

    def created(
        self, service_id: str, *, since: datetime, until: datetime, start: int = 0
    ) -> IncidentPage:
        """A page of those of a service that were created in that time, newest first.

        Without custom fields, and without descriptions that only the log holds.
        """


class KnownFields(Protocol):
    """The custom fields of incidents."""

    def incident_fields(self, incident_id: str) -> abc.Mapping[str, IncidentField]:
        """As `IncidentFields` says."""


class Screens(ServiceDesk, Protocol):
    """What Jira takes on its create screens, and where people see it."""

    def server_info(self) -> ServerInfo:
        """As `Jira` says."""

    def create_screen(self, *, project_id: str, issue_type_id: str) -> CreateScreen:
        """As `Jira` says."""


class KnownLinks(Protocol):
    """The links of incidents."""

    def of_incident(self, incident_id: str) -> Sequence[Link]:
        """As `Links` says."""


class KnownRows(Protocol):
    """What the poll has left behind of issues that match."""

    def all(self, mapping_id: str) -> Sequence[MatchRow]:
        """As `MatchRows` says."""


class KnownMappings(Protocol):
    """The mappings as they are read."""

    def find(self, mapping_id: str) -> Mapping | None:
        """As `Mappings` says."""


class KnownItems(Protocol):
    """The items of the mappings table as people wrote them."""

    def stored_items(self) -> Sequence[StoredItem]:
        """As `MappingItems` says."""


class Judge(Protocol):
    """What reads items and judges them."""

    @property
    def read(self) -> ReadMapping:
        """What tells what an item says."""

    def verdict(self, item: Item) -> Verdict:
        """What is wrong with it. Raises nothing of ours."""
