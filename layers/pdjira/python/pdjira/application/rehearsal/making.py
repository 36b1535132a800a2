"""Makes a test issue: its fields, then the issue, by what makes the issue of an incident."""

from dataclasses import dataclass

from pdjira.application.ports.core import Jira
from pdjira.application.ports.service_desk import with_offered
from pdjira.domain.fields.filling import IssueFields, issue_fields
from pdjira.domain.incident import Incident
from pdjira.domain.issue import CreateScreen, IssueDraft, IssueRef
from pdjira.domain.mapping import Mapping
from pdjira.domain.marks import mark_of_test
from pdjira.domain.notices import issue_url
from pdjira.domain.refusals import explain
from pdjira.domain.rehearsal import StepReport, failed, ok
from pdjira.errors import Ambiguous, NotFound, Refused

FIELDS, CREATE = "fields", "create"


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A test issue, and where a person sees it."""

    ref: IssueRef
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """An issue to be created, and the create screen that it was filled for."""

    draft: IssueDraft
    screen: CreateScreen


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    """Makes the issue of a made-up incident under one mapping, in two steps that tell of it."""

    jira: Jira
    incident: Incident
    mapping: Mapping

    def fill(self) -> tuple[StepReport, Filled | None]:
        """Fill the fields of the create screen as the mapping says."""
        mapping = self.mapping
        try:
            screen = self.jira.create_screen(
                project_id=mapping.project.id, issue_type_id=mapping.issue_type.id
            )
            screen = with_offered(screen, mapping, self.jira)
        except (Refused, NotFound) as error:
            refusal = explain(error, mapping=mapping)
            return failed(FIELDS, refusal.says, refusal.cure), None
        mark = mark_of_test(mapping)
        fields = issue_fields(self.incident, mapping, screen, line=mark.line)
        draft = IssueDraft(
            project_id=mapping.project.id,
            issue_type_id=mapping.issue_type.id,
            fields=fields.values,
            mark=mark,
        )
        return ok(FIELDS, _about_fields(fields, screen)), Filled(draft=draft, screen=screen)

    def create(self, filled: Filled) -> tuple[StepReport, Made | None]:
        """Create the issue with its mark."""
        mapping = self.mapping
        draft, base_url = filled.draft, self.jira.server_info().base_url
        try:
            ref = self.jira.create_issue(draft)
        except (Refused, NotFound) as error:
            refusal = explain(error, mapping=mapping, screen=filled.screen, given=draft.fields)
            return failed(CREATE, refusal.says, refusal.cure), None
        except Ambiguous as error:
            cure = (
                f"Look into the project {mapping.project.name} for an issue that ends with "
                f'"{draft.mark.line}", delete it, and test again.'
            )
            return failed(CREATE, f"{error.says} The issue may be there.", cure), None
        return ok(CREATE, f"Created {ref.key}."), Made(
            ref=ref, url=issue_url(ref, base_url=base_url)
        )


def _about_fields(fields: IssueFields, screen: CreateScreen) -> str:
    shown = {name: schema.name for name, schema in screen.fields.items()}
    filled = ", ".join(shown.get(name, name) for name in fields.values)
    unused = f" Not used: {' '.join(fields.unused)}" if fields.unused else ""
    return f"Filled: {filled}.{unused}"
