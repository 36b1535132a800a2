"""What both sides offer, over the sandbox's models, with the promises of the catalogues' ports."""

from collections import abc
from collections.abc import Collection, Sequence
from typing import Any

from pdjira.adapters.aws.stored_mapping import read_item
from pdjira.adapters.jira.catalogue import (
    LATEST,
    is_active,
    latest_marked,
    made_there,
    rights_of,
    status_categories,
)
from pdjira.adapters.jira.searches import MADE_FIELDS, own_page
from pdjira.adapters.pagerduty.catalogue import field_offers, jira_rules_among
from pdjira.mappings.check import MappingCheck
from pdjira.mappings.exchange import Import
from pdjira.mappings.offers import FieldOffer, IssueTypeOffer, ProjectOffer
from pdjira.model.incident import Reference
from pdjira.model.issue import AllowedValue, CreateScreen
from pdjira.model.mapping import Verdict
from pdjira.model.ports import Clock, Mappings
from pdjira.model.rights import ProjectRights
from tests.builders import MAPPING_ITEM, FakeClock
from tests.fakes.duplicates import FakeOurIssues
from tests.fakes.jira import FakeJira
from tests.fakes.mappings import FakeMappingItems, FakeMappings
from tests.fakes.pagerduty import FakePagerDuty
from tests.fakes.searches import FakeSearches
from tests.sandbox.jira.errors import JiraError
from tests.sandbox.jira.world import World
from tests.sandbox.pagerduty import custom_fields, rest


class FakeJiraCatalogue:
    """`JiraCatalogue` of the Jira that a fake stands for."""

    def __init__(self, jira: FakeJira) -> None:
        self._jira = jira

    def project(self, project_id: str) -> ProjectOffer:
        model, account = self._jira.model, self._jira.account

        def read() -> ProjectOffer:
            project = model.project(account, project_id)
            rows = model.project_statuses(account, project_id)
            return ProjectOffer(
                id=project["id"],
                key=project["key"],
                name=project["name"],
                issue_types=tuple(
                    IssueTypeOffer(
                        id=row["id"],
                        name=row["name"],
                        statuses=_references(row["statuses"]),
                        categories=status_categories(row["statuses"]),
                    )
                    for row in rows
                ),
            )

        return self._jira._call("project", read)

    def projects(self) -> Sequence[ProjectOffer]:
        def read() -> Sequence[ProjectOffer]:
            return [
                ProjectOffer(id=row["id"], key=row["key"], name=row["name"])
                for row in self._jira.model.projects(self._jira.account)
            ]

        return self._jira._call("projects", read)

    def create_screen(self, *, project_id: str, issue_type_id: str) -> CreateScreen:
        return self._jira.create_screen(project_id=project_id, issue_type_id=issue_type_id)

    def offered(self, project_id: str, kind: str) -> Sequence[AllowedValue] | None:
        return self._jira.offered(project_id, kind)

    def priorities(self) -> Sequence[Reference]:
        return self._jira._call("priorities", lambda: _references(self._jira.model.priorities()))

    def resolutions(self) -> Sequence[Reference]:
        return self._jira._call("resolutions", lambda: _references(self._jira.model.resolutions()))

    def fields(self) -> Sequence[Reference]:
        return self._jira._call("fields", lambda: _references(self._jira.model.fields()))

    def has_user(self, name: str) -> bool:
        def read() -> bool:
            try:
                return is_active(self._jira.model.user(self._jira.account, name=name))
            except JiraError as error:
                if error.status != 404:
                    raise
                return False

        return self._jira._call("has_user", read)

    def keeps_properties(self, project_id: str) -> bool | None:
        def read() -> bool | None:
            said = self._jira.model.search(
                self._jira.account, made_there(project_id), limit=LATEST, fields=MADE_FIELDS
            )
            made = latest_marked(own_page(said, start=0))
            return None if made is None else FakeOurIssues(self._jira).mark_of(made) is not None

        return self._jira._call("keeps_properties", read)


class FakeRights:
    """The rights of our account in the fake's Jira."""

    def __init__(self, jira: FakeJira) -> None:
        self._jira = jira

    def in_project(self, project_id: str) -> ProjectRights:
        """The rights in a project. Raises `NotFound`."""

        def read() -> ProjectRights:
            model, account = self._jira.model, self._jira.account
            told = model.my_permissions(account, project_id)["permissions"]
            return rights_of(told, model.project(account, project_id))

        return self._jira._call("in_project", read)


class FakePagerDutyCatalogue:
    """`PagerDutyCatalogue` of the PagerDuty that a fake stands for."""

    def __init__(self, pagerduty: FakePagerDuty, *, action_token: bool = False) -> None:
        self._pagerduty = pagerduty
        self._action_token = action_token

    def service(self, service_id: str) -> Reference:
        def read() -> Reference:
            service = self._pagerduty.model.service(service_id)
            return Reference(id=service.id, name=service.name)

        return self._pagerduty._call("service", read)

    def services_like(self, text: str) -> Sequence[Reference]:
        rows = [(one.id, one.name) for one in self._pagerduty.model.services.values()]
        return self._pagerduty._call("services_like", lambda: _alike(rows, text))

    def users_like(self, text: str) -> Sequence[Reference]:
        rows = [(one.id, one.email) for one in self._pagerduty.model.users.values()]
        return self._pagerduty._call("users_like", lambda: _alike(rows, text))

    def workflows_like(self, text: str) -> Sequence[Reference]:
        rows = [(one["id"], one["name"]) for one in self._pagerduty.model.incident_workflows]
        return self._pagerduty._call("workflows_like", lambda: _alike(rows, text))

    def priorities(self) -> Sequence[Reference] | None:
        def read() -> Sequence[Reference]:
            known = self._pagerduty.model.priorities.values()
            return tuple(Reference(id=one.id, name=one.name) for one in known)

        return self._pagerduty._call("priorities", read)

    def custom_fields(self, names: Collection[str]) -> abc.Mapping[str, FieldOffer] | None:
        model = self._pagerduty.model
        del names

        def read() -> abc.Mapping[str, FieldOffer] | None:
            if not model.has_custom_fields:
                return None
            types = [one["name"] for one in custom_fields.incident_types(model)]
            rows = [custom_fields.definitions(model, one, with_options=True) for one in types]
            return field_offers({"fields": [row for listed in rows for row in listed]})

        return self._pagerduty._call("custom_fields", read)

    def email_of(self, user_id: str) -> str:
        return self._pagerduty._call("email_of", lambda: self._pagerduty.model.user(user_id).email)

    def jira_extensions(self) -> Sequence[abc.Mapping[str, object]]:
        model = self._pagerduty.model
        rows = [rest.extension(model, one, ["extension_schemas"]) for one in model.extensions]
        return self._pagerduty._call("jira_extensions", lambda: jira_rules_among(rows))

    def has_action_token(self) -> bool:
        return self._action_token


def _alike(rows: list[tuple[str, str]], text: str) -> tuple[Reference, ...]:
    return tuple(
        Reference(id=id_, name=name) for id_, name in rows if text.casefold() in name.casefold()
    )


def _references(rows: list[dict[str, Any]]) -> tuple[Reference, ...]:
    return tuple(Reference(id=row["id"], name=row["name"]) for row in rows)


def fake_mapping_check(
    jira: FakeJira,
    pagerduty: FakePagerDuty,
    *,
    clock: Clock,
    mappings: Mappings | None = None,
    action_token: bool = False,
) -> MappingCheck:
    """The check of mappings over these fakes."""
    return MappingCheck(
        read=read_item,
        jira=FakeJiraCatalogue(jira),
        issues=jira,
        rights_in=FakeRights(jira).in_project,
        searches=FakeSearches(jira),
        pagerduty=FakePagerDutyCatalogue(pagerduty, action_token=action_token),
        mappings=mappings or FakeMappings(),
        account=jira.known_as,
        clock=clock,
    )


def fake_import(items: FakeMappingItems, check: MappingCheck) -> Import:
    """An import into these items, judged by this check."""
    return Import(items=items, check=check, jira=check.jira, pagerduty=check.pagerduty)


class Judge:
    """Both sides as fakes, and what is said of a mapping between them."""

    def __init__(self) -> None:
        self.jira = FakeJira()
        self.pagerduty = FakePagerDuty()
        self.mappings = FakeMappings()
        self.action_token = False

    @property
    def world(self) -> World:
        return self.jira.model.world

    def require(self, field_id: str) -> None:
        self.jira.model.set_required("10100", "10001", field_id, required=True)

    def verdict(self, **changes: Any) -> Verdict:
        clock = FakeClock()
        check = fake_mapping_check(
            self.jira,
            self.pagerduty,
            clock=clock,
            mappings=self.mappings,
            action_token=self.action_token,
        )
        return check.verdict(MAPPING_ITEM | changes)

    def says(self, **changes: Any) -> list[tuple[str, str]]:
        """(severity, field) of each problem; every one has a sentence and a cure."""
        problems = self.verdict(**changes).problems
        assert all(one.says and one.cure for one in problems)
        return [(one.severity.value, one.field) for one in problems]
