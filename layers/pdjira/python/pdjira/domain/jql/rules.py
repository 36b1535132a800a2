"""What is to be said about the JQL of a mapping: how it reads, and what it finds now."""

from http import HTTPStatus

from pdjira.domain.jql.lint import lint
from pdjira.domain.jql.query import SEARCH_WINDOW, split, wrap
from pdjira.domain.mapping import JqlAppliesTo, Mapping
from pdjira.domain.problem import Problem, error, hint
from pdjira.errors import Misconfigured, PdjiraError, Refused

_FIELD = "jql"


def query_of(mapping: Mapping) -> str | None:
    """The query for all issues that match now; None where there is no JQL, or one out of shape."""
    if mapping.jql is None:
        return None
    try:
        return wrap(mapping.jql, project_id=mapping.project.id, issue_type_id=mapping.issue_type.id)
    except Misconfigured:
        return None


def query_of_both(mapping: Mapping, other: Mapping) -> str | None:
    """The query for all issues that match both now; None where either JQL is out of shape."""
    try:
        clauses = [where for one in (mapping, other) if (where := split(one.jql or "").where)]
    except Misconfigured:
        return None
    return wrap(
        " AND ".join(f"({where})" for where in clauses),
        project_id=mapping.project.id,
        issue_type_id=mapping.issue_type.id,
    )


def found_by_both(mapping: Mapping, other: Mapping, count: int) -> Problem | None:
    """What to say of issues for which two mappings page; None where none is to be seen (G14)."""
    if count == 0 and (mapping.jql or "").strip() != (other.jql or "").strip():
        return None
    match = "1 issue matches now" if count == 1 else f"{count:,} issues match now"
    return hint(
        _FIELD,
        f"The JQL of mapping {other.id} finds the same issues: {match} both. Such an issue opens "
        "one incident, by whichever mapping comes first.",
        "Narrow one of the two, so that it is plain which service is paged.",
    )


def problems_by_reading(mapping: Mapping) -> tuple[Problem, ...]:
    """What the text of the JQL tells without asking Jira."""
    if mapping.jql is None:
        return ()
    try:
        return lint(mapping.jql, project=mapping.project, issue_type=mapping.issue_type)
    except Misconfigured as fault:
        return (error(_FIELD, fault.says, fault.cure or "Correct the JQL."),)


def is_about_jql(error: PdjiraError) -> bool:
    """Whether Jira read the search and says what it has against it.

    It does so with 400 and words of its own; what stands before it refuses for other causes.
    """
    if not isinstance(error, Refused) or error.cure is not None:
        return False
    return error.status == HTTPStatus.BAD_REQUEST and bool(error.messages)


def refused(refusal: Refused) -> Problem:
    """What Jira has against the JQL, in its own words."""
    says = " ".join(refusal.messages) or refusal.says
    return error(
        _FIELD,
        f"Jira refuses the JQL: {says}",
        "Try it in Jira's issue search, signed in as the account of the connection secret.",
    )


def found_now(mapping: Mapping, count: int) -> Problem:
    """How many issues match now, and so how many people would be paged for (M15)."""
    match = "1 issue matches now" if count == 1 else f"{count:,} issues match now"
    if count == 0:
        return hint(
            _FIELD,
            "No issue matches now.",
            "Nothing, if that is right; otherwise try the JQL in Jira's issue search.",
        )
    if mapping.jql_applies_to is JqlAppliesTo.EXISTING:
        return _all_page(mapping, count, match)
    if count > SEARCH_WINDOW:
        return error(
            _FIELD,
            f"{match}, and of more than {SEARCH_WINDOW:,} nobody can tell which ones are new.",
            "Narrow the JQL, to issues that are not closed, for instance.",
        )
    return hint(
        _FIELD,
        f"{match}: none of them opens an incident, since jql_applies_to is new; each issue that "
        "comes to match later does.",
        "To open incidents for these as well, set jql_applies_to to existing.",
    )


def _all_page(mapping: Mapping, count: int, match: str) -> Problem:
    limit = mapping.max_incidents_per_hour
    brake = f" After {limit:,} within an hour the JQL pauses." if count > limit else ""
    each = "it opens an incident" if count == 1 else "each of them opens an incident"
    return hint(
        _FIELD,
        f"{match}: {each}, since jql_applies_to is existing.{brake}",
        "To open incidents only for issues that come to match later, set jql_applies_to to new.",
    )
