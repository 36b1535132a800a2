"""What it means that our account is no agent of a service desk, and how it becomes one."""

from collections.abc import Sequence

from pdjira.application.health.checks import Check, Status
from pdjira.domain.incident import Reference
from pdjira.domain.mapping import Mapping

AGENT = "SERVICEDESK_AGENT"
"""The right of those who work on requests; Jira names it where Service Management is installed."""


def no_agent(project: Reference, mappings: Sequence[Mapping]) -> Check:
    """The check of a service desk whose agent we are not: what fails, and what customers see.

    Who has no agent licence adds internal comments only, who is a mere customer public ones only:
    https://developer.atlassian.com/server/jira-servicedesk/rest/ (Customer Request, comments).
    """
    about = (
        f"{project.name} is a project of Jira Service Management, and our account is no agent "
        "there. The scheme that such projects come with gives Edit, Transition and Resolve Issues "
        "to agents alone, and request types and organizations may not be told to others"
    )
    parts = [about, *_about_comments(mappings)]
    return Check(
        area="jira",
        name=f"agent {project.name}",
        status=Status.ATTENTION,
        says=". ".join(parts) + ".",
        cure="In Jira's user management, add our account to the group jira-servicedesk-users, "
        f"which gives an agent licence. Then, in {project.name}, Project settings, Users and "
        "roles, add it to the role Service Desk Team.",
    )


def _about_comments(mappings: Sequence[Mapping]) -> list[str]:
    writing = [mapping for mapping in mappings if mapping.notes_to_jira]
    public = ", ".join(one.id for one in writing if not one.internal_comments)
    internal = ", ".join(one.id for one in writing if one.internal_comments)
    parts = []
    if public:
        parts.append(
            "Jira keeps comments of others than agents internal, so customers do not see those of "
            f"{public}"
        )
    if internal:
        parts.append(
            f"{internal} has internal_comments: where our account counts as a mere customer, Jira "
            "refuses such comments or shows them to customers"
        )
    return parts
