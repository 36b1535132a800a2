"""What people are told on an incident, word for word.

A notice's key is its kind, then what tells one from another of that kind: `issue`,
`refused-<cause>`.
"""

from collections import abc
from collections.abc import Sequence
from datetime import datetime

from pdjira.errors import with_cure
from pdjira.model.issue import Issue, IssueRef
from pdjira.model.link import Extra, Notice, NoticeState
from pdjira.model.mapping import Mapping
from pdjira.model.refusal import Refusal
from pdjira.model.rights import right_to_fill
from pdjira.model.signing import LINK_VALID
from pdjira.text.markup import ELLIPSIS, one_line
from pdjira.text.plain_text import text_digest

ISSUE = "issue"
"""The key of the notice that names the issue."""

MOST_OF_A_KIND = 5
"""Notices of one kind on one link; no more than the store keeps."""

TEXT_BYTES = 700
"""A link is written whole, at a price for each KB."""

_REFUSED = "refused"

_SEARCH = "search"

_UNREADABLE = "unreadable-"


def refusal_key(refusal: Refusal) -> str:
    """The key of the notice of a refusal: one for each cause."""
    return f"{_REFUSED}-{refusal.cause}"


def search_key(refusal: Refusal) -> str:
    """The key of the notice that Jira refuses the search for an issue: one for each cause."""
    return f"{_SEARCH}-{refusal.cause}"


def with_due(
    notices: abc.Mapping[str, Notice], key: str, text: str, *, at: datetime | None = None
) -> dict[str, Notice]:
    """The notices with one more that is due, unless it is there already.

    `at` is the time of the attempt to tell it, where one follows at once.

    Others of its kind that people were not told yet are dropped: what they say is no longer so.
    After `MOST_OF_A_KIND` nothing is added: a cause that changes with every try must not flood the
    incident, and the timeline has it.
    """
    alike = [other for other in notices if _kind(other) == _kind(key)]
    if key not in notices and len(alike) >= MOST_OF_A_KIND:
        return dict(notices)
    until = at + LINK_VALID if at and key != ISSUE else None
    due = notices.get(key, Notice(state=NoticeState.DUE, text=text, sent_at=at, until=until))
    return {**without_untold(notices, _kind(key)), key: due}


def without_refusals(notices: abc.Mapping[str, Notice]) -> dict[str, Notice]:
    """The notices once there is an issue: a refusal that nobody was told no longer matters."""
    return without_untold(without_untold(notices, _REFUSED), _SEARCH)


def without_untold(notices: abc.Mapping[str, Notice], kind: str) -> dict[str, Notice]:
    """The notices without those of a kind that people were not told yet."""
    return {
        key: notice
        for key, notice in notices.items()
        if notice.state is NoticeState.TOLD or _kind(key) != kind
    }


def bounded(text: str) -> str:
    """The text as the link keeps it until people were told: at most `TEXT_BYTES`."""
    raw = text.encode("utf-8", "replace")
    if len(raw) <= TEXT_BYTES:
        return text
    return raw[: TEXT_BYTES - 3].decode("utf-8", "ignore").rstrip() + ELLIPSIS


def comment_key(refusal: Refusal) -> str:
    """The key of the notice that an issue does not get a comment: one for each cause."""
    return f"comment-{refusal.cause}"


def comment_text(refusal: Refusal, *, issue: IssueRef, about: str) -> str:
    """The note that says which comment an issue did not get, and why."""
    return with_cure(f"{issue.key} did not get the {about}. {refusal.says}", refusal.cure)


def owed_key(extra: Extra, *, since: datetime) -> str:
    """The key of the notice that an extra is owed, which each time that it began to fail has."""
    return f"owed_{extra.value}-{int(since.timestamp())}"


def fields_key(refusal: Refusal) -> str:
    """The key of the notice that fields of an issue were not changed: one for each cause."""
    return f"fields-{refusal.cause}"


def fields_text(refusal: Refusal, *, issue: IssueRef) -> str:
    """The note that says why fields of an issue were not changed."""
    return with_cure(f"{issue.key} was not changed. {refusal.says}", refusal.cure)


def off_screen_key(fields: Sequence[str]) -> str:
    """The key of the notice that the edit screen lacks fields: one for each set of them."""
    return f"screen-{text_digest(' '.join(sorted(fields)))}"


def off_screen_text(fields: Sequence[str], *, issue: IssueRef) -> str:
    """The note that says which fields of an issue cannot follow, since nobody may edit them."""
    names = ", ".join(fields)
    rights = " and ".join(
        ["Edit Issues", *(right.name for right in map(right_to_fill, sorted(fields)) if right)]
    )
    return with_cure(
        f"{issue.key} was not changed. {names} cannot be edited by our account in Jira.",
        f"Give our account the right {rights}, put the field on the edit screen, or delete the "
        "rule.",
    )


MAP_THE_STATUS = "Add it to status_mapping or resolved_statuses of the mapping."
"""What to do about a status that a mapping does not know."""

_WHY_LIMIT = 280


def cannot_move_text(issue: Issue, *, to: str, state: str, why: str, cure: str) -> str:
    """The notice of an issue that stays where it is; `to` stands for the incident's state."""
    says = (
        f"{issue.ref.key} stays in {issue.status.name} and does not move to {to}, which stands for "
        f"{state}. {one_line(why, limit=_WHY_LIMIT)}"
    )
    return with_cure(says, cure)


def left_alone_text(issue: Issue, mapping: Mapping) -> str:
    """What the timeline says of an issue that a person put where the mapping knows nothing."""
    says = (
        f"{issue.ref.key} stays in {issue.status.name}, a status that the mapping {mapping.id} "
        "does not know."
    )
    return with_cure(says, MAP_THE_STATUS)


def unknown_status_text(issue: Issue, mapping: Mapping) -> str:
    """What the timeline says of an incident that does not follow its issue there."""
    says = (
        f"{issue.ref.key} is in {issue.status.name}, a status that the mapping {mapping.id} does "
        "not know; nothing changes in PagerDuty."
    )
    return with_cure(says, MAP_THE_STATUS)


def reopened_key(kind: str, *, at: datetime) -> str:
    """The key of a notice about something that was reopened: one for each time, to the second."""
    return f"{kind}-{int(at.timestamp())}"


def stays_closed_text(issue: IssueRef, why: str) -> str:
    """The note that says why an issue stays closed though its incident was reopened."""
    return with_cure(f"{issue.key} stays in its closed status: {why}.", "Reopen it in Jira.")


def stays_resolved_text(issue: IssueRef, status: str) -> str:
    """The note that says that an incident stays resolved though its issue was reopened."""
    says = f"{issue.key} was reopened and is in {status}, but this incident stays resolved: the "
    return with_cure(
        f"{says}mapping does not reopen incidents.", "Reopen the incident in PagerDuty."
    )


ASK_FOR_IT = "If there is to be one, ask for it by hand, or change the mapping."


def paused_text(issue: IssueRef) -> str:
    """The note that says that no status is carried any more, and how to go on."""
    return with_cure(
        f"{issue.key} is no longer kept in step with this incident: their statuses went to and "
        "fro, each time because of the other, more than three times within ten minutes or eight "
        "times within a day.",
        'Stop the automation that undoes them, then invoke the admin function with {"action": '
        '"resync", "incident_id": "..."}.',
    )


def incident_key(refusal: Refusal) -> str:
    """The key of the notice that PagerDuty did not take a change: one for each cause."""
    return f"incident-{refusal.cause}"


def incident_text(refusal: Refusal, *, issue: IssueRef) -> str:
    """The note that says why an incident did not follow its issue."""
    says = f"This incident does not follow {issue.key}, so their statuses differ."
    return with_cure(f"{says} {refusal.says}", refusal.cure)


def is_of_unreadable(key: str) -> bool:
    """Whether a notice tells that an issue cannot be read."""
    return key.startswith(_UNREADABLE)


def field_key(refusal: Refusal) -> str:
    """The key of the notice that a field of an incident does not follow: one for each cause."""
    return f"field-{refusal.cause}"


def field_text(refusal: Refusal, *, issue: IssueRef) -> str:
    """The note that says why a field of an incident does not follow, or cannot be read."""
    says = f"{issue.key} and this incident are kept in step, except for custom fields."
    return with_cure(f"{says} {refusal.says}", refusal.cure)


def unreadable_key(refusal: Refusal) -> str:
    """The key of the notice that an issue or its workflow cannot be read: one for each cause."""
    return f"{_UNREADABLE}{refusal.cause}"


def unreadable_text(refusal: Refusal, *, issue: IssueRef) -> str:
    """The note that says why an issue cannot follow, since it cannot be read."""
    return with_cure(
        f"{issue.key} cannot be read, so it does not follow this incident. {refusal.says}",
        refusal.cure,
    )


def jql_paused_start(mapping_id: str) -> str:
    """How the note of a mapping's pause begins."""
    return f"The JQL of mapping {mapping_id} opens nothing more"


def jql_paused_text(mapping_id: str, *, why: str, waiting: int) -> str:
    """The note that says that a mapping's JQL pauses, how many wait, and how they get through."""
    wait = "1 more issue waits" if waiting == 1 else f"{waiting} more issues wait"
    return with_cure(
        f"{jql_paused_start(mapping_id)} for now: {why}, and {wait} so far (`health` counts them).",
        'Narrow the JQL, or let them through: invoke the admin function with {"action": '
        f'"release", "mapping_id": "{mapping_id}"}}.',
    )


def issue_url(issue: IssueRef, *, base_url: str) -> str:
    """Where a person sees the issue; `base_url` is what Jira says of itself."""
    return f"{base_url.rstrip('/')}/browse/{issue.key}"


def issue_text(issue: IssueRef, *, base_url: str, mapping_id: str | None = None) -> str:
    """The note that names the issue, and its mapping, where there may be another issue."""
    under = f" (mapping {mapping_id})" if mapping_id else ""
    return f"Jira issue {issue.key}: {issue_url(issue, base_url=base_url)}{under}"


def refusal_text(refusal: Refusal, *, mapping_id: str) -> str:
    """The note that says why there is no issue, and what to do."""
    return no_issue_text(mapping_id, refusal.says, refusal.cure)


def no_issue_text(mapping_id: str, says: str, cure: str) -> str:
    """The note that says why there is no issue under a mapping."""
    return with_cure(f"No Jira issue (mapping {mapping_id}). {says}", cure)


def search_text(refusal: Refusal, *, mapping_id: str) -> str:
    """The note that says why nobody knows whether there is an issue, and what to do."""
    says = f"Whether Jira has an issue for this incident is not known yet (mapping {mapping_id})."
    return with_cure(f"{says} {refusal.says}", refusal.cure)


_OF_ISSUE = frozenset({"status", "fields", "screen", "paused", "closed"})


def is_for_issue(key: str) -> bool:
    """Whether a notice says that an issue cannot follow its incident: the issue says so as well."""
    return _kind(key) in _OF_ISSUE


def _kind(key: str) -> str:
    return key.partition("-")[0]
