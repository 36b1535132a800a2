"""Every law of a walk can fail: each is shown a story that breaks it, and names what is wrong."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pdjira.jql.matches import MatchRow, MatchState
from pdjira.model.link import LinkState, TimelineEntry
from pdjira.model.signal import SignalKind
from tests.builders import CLOSED, JIRA_WEBHOOK_TOKEN, PRIORITIES, a_link, a_signal, three_statuses
from tests.sandbox.history import written_after
from tests.sandbox.jira.seed import OUR_ACCOUNT, OUR_TOKEN
from tests.sandbox.pagerduty.seed import RESPONDER, SYNC_USER
from tests.scenes.lives import CLOSE, REOPEN, RESOLVE, START, STOP, Both
from tests.simulation.laws import broken_laws

RESOLUTION = {"resolution": {"name": "Done"}}
Act = Callable[[Both], object]


def a_story() -> Both:
    """An incident that was acknowledged, with its issue, a note and a comment: all is well."""
    both = Both(three_statuses(priorities=PRIORITIES, resolved_statuses=(CLOSED,)))
    both.act("acknowledge")
    both.act("set_priority", event="incident.priority_updated", priority_id="PP1")
    both.world.note(both.incident, "Restarted web-7.")
    both.world.jira.model.add_comment("alice", "OPS-1", {"body": "It is the disk."})
    both.hear_jira()
    both.world.clock.forward(hours=1)
    return both


def broken(both: Both) -> list[str]:
    return broken_laws(both.world)


def wrote(both: Both, user: str, action: str, *arguments: Any) -> Any:
    """Somebody, or our account, does something in Jira."""
    return getattr(both.world.jira.model, action)(user, *arguments)


def moved(both: Both, user: str, *transitions: str) -> None:
    for one in transitions:
        fields = {"fields": RESOLUTION} if one == RESOLVE else {}
        wrote(both, user, "transition", "OPS-1", {"transition": {"id": one}, **fields})


def responded(both: Both, action: str, *arguments: Any, by: str = RESPONDER) -> Any:
    """Somebody does something in PagerDuty, and nobody hears of it."""
    return getattr(both.world.pagerduty.model, action)(both.incident, *arguments, by=by)


def linked(both: Both, **changes: Any) -> None:
    both.world.links.save(replace(both.world.links.links[0], **changes))


def issue_of(both: Both) -> Any:
    return next(iter(both.world.jira.model.issues.values()))


def a_second_issue(both: Both) -> None:
    """The first one was deleted: that is no reason either."""
    mark = issue_of(both).properties
    wrote(both, "alice", "delete_issue", "OPS-1")
    both.world.issue()
    issue_of(both).properties.update(mark)


def a_second_incident(both: Both) -> None:
    for _ in range(2):
        key = "jira:jira.example.com:10501"
        opened = both.world.pagerduty.model.trigger(
            "PABC123", "Down", by=RESPONDER, incident_key=key
        )
        both.world.pagerduty.model.resolve(opened.id, by=RESPONDER)


def a_done_in_passing(both: Both) -> None:
    responded(both, "resolve")
    moved(both, OUR_ACCOUNT, RESOLVE, CLOSE)


def a_secret_in_jira(both: Both) -> None:
    wrote(both, OUR_ACCOUNT, "add_comment", "OPS-1", {"body": f"401 for {OUR_TOKEN}"})


def a_secret_on_the_timeline(both: Both) -> None:
    entry = TimelineEntry(
        incident_id=both.incident,
        at=both.world.clock(),
        signal="resync",
        signal_id="1",
        says=(f"POST /webhooks/jira/{JIRA_WEBHOOK_TOKEN}",),
    )
    both.world.links.record(entry)


def a_dead_letter(both: Both) -> None:
    both.world.signal(both.incident, id="odd", kind=SignalKind.UNREADABLE)
    both.world.work()


def a_match_that_waits(both: Both) -> None:
    waiting = MatchRow(
        mapping_id="ops-bug",
        issue_id=str(issue_of(both).id),
        state=MatchState.WAITING,
        seen_at=both.world.clock(),
        reads="",
    )
    both.world.rows.add(waiting)


def two_links(both: Both) -> None:
    (first,) = both.world.links.links
    both.world.links.save(a_link(incident_id="QOTHER00000001", issue=first.issue, version=0))


def a_comment_on_both_sides(both: Both) -> None:
    (comment,) = [one for one in issue_of(both).comments if one.author == "alice"]
    text = f"[Jira] Alice: again\nhttp://x?focusedCommentId={comment.id}"
    responded(both, "add_note", text, by=SYNC_USER)


def a_note_carried_twice(both: Both) -> None:
    (ours,) = [one for one in issue_of(both).comments if one.author == OUR_ACCOUNT]
    issue_of(both).comments.append(replace(ours, id=99))


def a_status_update_carried_twice(both: Both) -> None:
    update = responded(both, "publish_status_update", "Soon.")
    (ours,) = [one for one in issue_of(both).comments if one.author == OUR_ACCOUNT]
    mark = {"pagerduty.note": {"id": f"status-update-{update.id}"}}
    issue_of(both).comments += [replace(ours, id=one, properties=mark) for one in (98, 99)]


def a_page_storm(both: Both) -> None:
    for _ in range(2):
        responded(both, "resolve")
        responded(both, "reopen", by=SYNC_USER)


def an_issue_moved_back(both: Both) -> None:
    """A person undoes what we did because of the incident, and we do it again."""
    for user, step in (("alice", STOP), (OUR_ACCOUNT, START)):
        both.world.clock.forward(seconds=1)
        moved(both, user, step)


def an_incident_changed_back(both: Both) -> None:
    """A person reopens what we resolved because of the issue, and we resolve it again."""
    both.moved(RESOLVE)
    for action, by in (("reopen", RESPONDER), ("resolve", SYNC_USER)):
        both.world.clock.forward(seconds=1)
        responded(both, action, by=by)


BREACHES: dict[str, tuple[Act, str]] = {
    "a second issue": (a_second_issue, r"2 issues bear the mark"),
    "a second incident": (a_second_incident, r"2 incidents have the key jira:"),
    "a note of ours twice": (
        lambda both: [responded(both, "add_note", "OPS-1 is closed.") for _ in range(2)],
        r"was told 2 times: OPS-1 is closed\.",
    ),
    "closed while open": (
        lambda both: moved(both, OUR_ACCOUNT, RESOLVE),
        r"OPS-1 was moved to Resolved while Q\w+ was open",
    ),
    "Done in passing": (a_done_in_passing, r"OPS-1 passed Resolved"),
    "a secret in a comment": (a_secret_in_jira, r"A text names a secret"),
    "a secret in a note": (
        lambda both: responded(both, "add_note", f"The key is {OUR_TOKEN}."),
        r"A text names a secret",
    ),
    "a secret in a title": (
        lambda both: responded(both, "set_title", f"Down: {OUR_TOKEN}"),
        r"A text names a secret",
    ),
    "a secret on the timeline": (a_secret_on_the_timeline, r"timeline .* names a secret"),
    "a message left": (
        lambda both: both.world.queue.send(a_signal(incident_id=both.incident)),
        r"The queue still holds",
    ),
    "a dead letter": (a_dead_letter, r"Dead-lettered"),
    "a match that waits": (a_match_that_waits, r"still waits to open an incident for ops-bug"),
    "two links": (two_links, r"Issue \d+ has 2 links"),
    "a claim without an end": (
        lambda both: linked(both, state=LinkState.CREATING),
        r"/ops-bug is creating",
    ),
    "a refused issue": (lambda both: linked(both, state=LinkState.FAILED), r"/ops-bug is failed"),
    "a pause that nobody ends": (lambda both: linked(both, paused=True), r"is paused though"),
    "only the incident is resolved": (
        lambda both: responded(both, "resolve"),
        r"is resolved, and an issue is open: OPS-1",
    ),
    "only the issue is closed": (
        lambda both: moved(both, "alice", RESOLVE),
        r"is acknowledged, and its issues are closed: OPS-1",
    ),
    "another title": (lambda both: responded(both, "set_title", "Down"), r"the title is 'Down'"),
    "another priority": (
        lambda both: wrote(
            both, "bob", "edit_issue", "OPS-1", {"fields": {"priority": {"id": "2"}}}
        ),
        r"the priority is PP1, that of the issue 2",
    ),
    "a note that was not carried": (
        lambda both: responded(both, "add_note", "Nobody heard."),
        r"note \w+ \('Nobody heard\.'\) came 0 times",
    ),
    "a note that was carried twice": (a_note_carried_twice, r"came 2 times"),
    "a status update that was carried twice": (a_status_update_carried_twice, r"twice|2 times"),
    "a comment that was not carried": (
        lambda both: wrote(both, "bob", "add_comment", "OPS-1", {"body": "Nobody heard."}),
        r"comment \d+ \('Nobody heard\.'\) came 0 times, not 1",
    ),
    "a comment that was carried twice": (a_comment_on_both_sides, r"came 2 times, not 1"),
    "an issue moved back": (an_issue_moved_back, r"/OPS-1: we undid what a person did, at "),
    "an incident changed back": (
        an_incident_changed_back,
        r"/OPS-1: we undid what a person did, at ",
    ),
    "a page storm": (a_page_storm, r"was reopened 2 times, by 0 moves"),
}


def test_a_story_in_which_all_is_well_breaks_no_law() -> None:
    assert broken(a_story()) == []


@pytest.mark.parametrize("name", BREACHES)
def test_a_breach_is_found_and_named(name: str) -> None:
    both = a_story()
    act, says = BREACHES[name]

    act(both)

    assert any(re.search(says, one) for one in broken(both)), broken(both)


@pytest.mark.parametrize(
    ("act", "says"),
    [
        (lambda both: both.world.trigger() and both.world.work(), "OPS-2 was created"),
        (
            lambda both: wrote(both, OUR_ACCOUNT, "add_comment", "OPS-1", {"body": "Late"}),
            "was written on OPS-1",
        ),
        (lambda both: moved(both, OUR_ACCOUNT, RESOLVE), "OPS-1 was changed: status, resolution"),
        (lambda both: responded(both, "add_note", "Late", by=SYNC_USER), "was written on Q"),
        (lambda both: responded(both, "resolve", by=SYNC_USER), "was changed: resolve_log_entry"),
    ],
)
def test_p11_a_write_of_ours_after_rest_is_found_and_named(act: Act, says: str) -> None:
    both = a_story()
    rest = both.world.clock()
    both.world.clock.forward(minutes=1)
    models = both.world.jira.model, both.world.pagerduty.model
    before = written_after(rest, *models)

    act(both)

    assert before == []
    assert any(says in one for one in written_after(rest, *models)), written_after(rest, *models)


def test_p11_what_people_write_after_rest_is_none_of_our_writes() -> None:
    both = a_story()
    rest = both.world.clock()
    both.world.clock.forward(minutes=1)

    moved(both, "alice", RESOLVE)
    responded(both, "add_note", "It is the disk.")

    assert written_after(rest, both.world.jira.model, both.world.pagerduty.model) == []


def test_an_issue_that_was_reopened_with_its_incident_passed_no_done_status() -> None:
    both = a_story()

    both.act("resolve")
    both.act("reopen", event="incident.reopened")
    both.moved(START, RESOLVE)
    both.moved(REOPEN)

    assert broken(both) == []
