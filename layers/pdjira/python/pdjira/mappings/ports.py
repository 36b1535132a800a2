"""What a check of mappings asks of both sides, and the items that are exported and imported.

Every method may raise any of our errors: the side is out of reach, or not configured.
"""

from collections import abc
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from pdjira.mappings.changes import Changed, Item, StoredItem
from pdjira.mappings.offers import FieldOffer, ProjectOffer
from pdjira.model.incident import Reference
from pdjira.model.issue import AllowedValue, CreateScreen


class JiraCatalogue(Protocol):
    """What Jira offers to those who set up a mapping. Nothing is remembered between calls."""

    def offered(self, project_id: str, kind: str) -> Sequence[AllowedValue] | None:
        """As `ServiceDesk` says."""

    def project(self, project_id: str) -> ProjectOffer:
        """The project with its issue types and their statuses; a key finds it as well.

        Raises `NotFound` where there is none, or none that we may see.
        """

    def projects(self) -> Sequence[ProjectOffer]:
        """Every project that our account may see, without its issue types."""

    def create_screen(self, *, project_id: str, issue_type_id: str) -> CreateScreen:
        """The create screen. Raises `Refused` or `NotFound` where we may not create there."""

    def priorities(self) -> Sequence[Reference]:
        """Every priority, whatever scheme it is in."""

    def resolutions(self) -> Sequence[Reference]:
        """Every resolution."""

    def fields(self) -> Sequence[Reference]:
        """Every field, whatever screen it is on."""

    def has_user(self, name: str) -> bool:
        """Whether there is an active account of that user name. Raises `Refused`."""

    def keeps_properties(self, project_id: str) -> bool | None:
        """Whether the latest issue that our account made there for an incident has its property.

        None where there is no such issue yet.
        """


class PagerDutyCatalogue(Protocol):
    """What PagerDuty offers to those who set up a mapping."""

    def service(self, service_id: str) -> Reference:
        """The service. Raises `NotFound`."""

    def services_like(self, text: str) -> Sequence[Reference]:
        """The services whose name holds that text, in whatever case; for "" every one."""

    def users_like(self, text: str) -> Sequence[Reference]:
        """The users whose e-mail address, here in place of the name, holds that text."""

    def workflows_like(self, text: str) -> Sequence[Reference]:
        """The incident workflows whose name holds that text; for "" every one.

        Raises `Refused` where the account has none.
        """

    def priorities(self) -> Sequence[Reference] | None:
        """The priorities, most severe first; None where the account has none."""

    def custom_fields(self, names: Collection[str]) -> abc.Mapping[str, FieldOffer] | None:
        """The custom fields of incidents, by name: at least those of `names` that there are.

        None where the account has no custom fields. Raises `Refused` where the key may not see.
        """

    def email_of(self, user_id: str) -> str:
        """The e-mail address of a user. Raises `NotFound`."""

    def jira_extensions(self) -> Sequence[Item]:
        """The extensions of the vendor's own Jira integration, as PagerDuty has them.

        Raises `Refused` where the key may not see extensions.
        """

    def has_action_token(self) -> bool:
        """Whether buttons are accepted at all."""


class MappingItems(Protocol):
    """The items of the mappings table, readable or not."""

    def stored_items(self) -> Sequence[StoredItem]:
        """All of them as stored now, by id."""

    def replace_item(
        self,
        item: Item,
        *,
        before: StoredItem | None,
        changed: Changed | None = None,
        since: datetime | None = None,
    ) -> bool:
        """Write what people write of a mapping; what the stack wrote there stays.

        `changed` is who did it on the page, `since` from when on it is in force anew. Only where
        the stored item still has all that people wrote as in `before` (None: there is none). False
        where it was edited, deleted or made meanwhile: nothing was written. May be repeated.
        """

    def delete_item(self, before: StoredItem, *, changed: Changed) -> bool:
        """Delete a mapping, on the same condition. True also where it is gone already.

        `changed` is who did it, for the stream to know.
        """
