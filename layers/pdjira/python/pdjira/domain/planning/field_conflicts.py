"""A field was changed on both sides since they last agreed: what is overwritten is kept.

PagerDuty's change wins where the issue's field follows the incident, Jira's where the rule goes to
PagerDuty alone.
"""

from pdjira.domain.comments import Comment
from pdjira.domain.fields.comparable import texts_of
from pdjira.domain.fields.filling import attribute
from pdjira.domain.fields.following_rules import known_of
from pdjira.domain.incident import Incident
from pdjira.domain.link import Link
from pdjira.domain.mapping import Mapping
from pdjira.domain.planning.fields_to_jira import Due, due_fields
from pdjira.domain.planning.fields_to_jira import is_overwritten as is_overwritten_in_jira
from pdjira.domain.planning.fields_to_pagerduty import Wanted, wanted_of
from pdjira.domain.planning.fields_to_pagerduty import is_overwritten as is_overwritten_in_pagerduty
from pdjira.domain.planning.situation import Situation
from pdjira.domain.text.digest import text_digest
from pdjira.domain.text.markup import cut, escape

_CONFLICT = "conflict:"
_KEPT_LIMIT = 2_000

_Lost = tuple[list[str], str]


def lost_field(situation: Situation, link: Link, mapping: Mapping) -> Comment | None:
    """The comment that keeps a field's value before it is overwritten; None where none is lost.

    Its id stays the same until both sides agree again on that field.
    """
    lost = _in_jira(situation, link, mapping) or _in_pagerduty(situation, link, mapping)
    if lost is None:
        return None
    targets, said = lost
    told = [[(target, known_of(link.agreed, target)) for target in targets], said]
    return Comment(
        id=f"{_CONFLICT}{text_digest(repr(told))}",
        incident_id=situation.incident.id,
        about="overwritten value of a field",
        body=f"[PagerDuty] Both sides were changed; {said}",
        internal=mapping.internal_comments,
    )


def _in_jira(situation: Situation, link: Link, mapping: Mapping) -> _Lost | None:
    if situation.fields_refused:
        return None
    dues = due_fields(situation, link, mapping)
    lost = [due for due in dues if is_overwritten_in_jira(due, link.agreed)]
    kept = "; ".join(map(_of_issue, lost))
    says = f"PagerDuty's change wins. Jira had: {kept}."
    return ([due.schema.id for due in lost], says) if lost else None


def _in_pagerduty(situation: Situation, link: Link, mapping: Mapping) -> _Lost | None:
    incident, agreed = situation.incident, link.agreed
    wanted = next(wanted_of(situation, link, mapping), None)
    if wanted is None or not wanted.is_write:
        return None
    if not is_overwritten_in_pagerduty(wanted.rule, incident, agreed):
        return None
    says = f"Jira's change wins. PagerDuty had: {_of_incident(wanted, incident)}."
    return [wanted.rule.target], says


def _of_issue(due: Due) -> str:
    return f'{escape(due.schema.name)} "{_shown(", ".join(texts_of(due.held)))}"'


def _of_incident(wanted: Wanted, incident: Incident) -> str:
    source = wanted.rule.source or ""
    value = attribute(incident, source) or ""
    return f'{escape(source)} "{_shown(value if isinstance(value, str) else ", ".join(value))}"'


def _shown(text: str) -> str:
    return escape(cut(text, limit=_KEPT_LIMIT))
