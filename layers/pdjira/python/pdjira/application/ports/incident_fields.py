"""The custom fields of incidents, as the use cases need them."""

from collections import abc
from typing import Protocol

from pdjira.domain.incident import IncidentField


class IncidentFields(Protocol):
    """The custom fields of the incidents of a PagerDuty account.

    `Refused` where its plan has none (402) or the key may not (403), `NotFound` for an incident
    that it does not know.
    """

    def incident_fields(self, incident_id: str) -> abc.Mapping[str, IncidentField]:
        """The custom fields of the incident by name, empty ones too."""

    def set_incident_field(
        self, incident_id: str, name: str, value: object
    ) -> abc.Mapping[str, IncidentField]:
        """Give a field a JSON value, and answer what it then holds. Idempotent."""
