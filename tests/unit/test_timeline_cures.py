"""What the timeline says that somebody has to mend bears its cure, as notes and health do."""

from collections.abc import Callable

import pytest

from pdjira.adapters.aws.links import fitted_entry
from pdjira.errors import NotFound, Refused, sentence_of, with_cure
from pdjira.model.incident import Account, Accounts, IncidentStatus
from pdjira.model.link import TimelineEntry
from pdjira.model.mapping import CreateMode
from pdjira.model.signal import SignalKind
from pdjira.sync.people.rules import next_person
from pdjira.sync.situation import PeopleFacts
from pdjira.sync.step import Agree
from tests.builders import (
    NOW,
    OPEN,
    PAGING,
    THREE_STATUSES,
    a_link,
    a_mapping,
    an_attribute,
    an_incident,
    three_statuses,
)
from tests.fakes.faults import FaultPlan
from tests.scenes.fields import REGION, TEXT, Fields
from tests.scenes.lives import ROLE, START, Both, Life, Talk, press, unheard
from tests.scenes.matches import a_match, handled
from tests.scenes.people import ADA, ASSIGNEE, BEN, WATCHERS, Team, situation
from tests.scenes.sweeps import a_second, linked, swept
from tests.world import World

CURE = "Mend it."
ALWAYS = 999


def refusing(method: str, *, status: int = 403) -> FaultPlan:
    """Whatever that method is asked, it is refused with a cure."""
    error = Refused("No.", status=status, cure=CURE)
    return FaultPlan().fail(1, error, method=method, times=ALWAYS)


def a_note_refused() -> Talk:
    talk = Talk()
    talk.world.plan.fail_next("pagerduty.add_note", Refused("No.", status=400, cure=CURE), times=9)
    talk.write("please help")
    return talk


def an_acknowledgement_refused() -> Both:
    both = Both(three_statuses(acknowledge_on_status=True))
    both.world.jira.model.edit_issue("alice", "OPS-1", {"fields": {"assignee": {"name": "bob"}}})
    both.world.plan.fail_next("pagerduty.change_incident", Refused("No.", status=403, cure=CURE))
    both.moved(START)
    return both


def notes_unread() -> Life:
    life = Life()
    life.world.plan.fail_next("pagerduty.list_notes", NotFound("No.", cure=CURE), times=9)
    life.world.signal(life.incident, kind=SignalKind.RESYNC, notes_since=life.world.clock())
    life.world.work()
    return life


def a_transition_refused() -> Life:
    life = Life()
    life.world.plan.fail_next("jira.transition", Refused("No.", status=400, cure=CURE))
    life.act("acknowledge")
    return life


def people_refused(method: str, error: Exception) -> Team:
    team = Team(WATCHERS)
    team.world.plan.fail_next(method, error, times=ALWAYS)
    team.incident = team.world.trigger("second")
    team.world.work()
    return team


SAID: list[tuple[str, Callable[[], Life | Team]]] = [
    ("The comment of Alice Example did not become a note: No.", a_note_refused),
    ("The assignee did not acknowledge the incident: No.", an_acknowledgement_refused),
    (
        "The issue has no link to the incident: No.",
        lambda: Life(plan=refusing("jira.put_remote_link")),
    ),
    (
        "The incident could not be told: No.",
        lambda: Life(plan=refusing("pagerduty.add_note")),
    ),
    ("The incident's notes cannot be read: No.", notes_unread),
    (
        "PagerDuty did not give the description: No.",
        lambda: Life(plan=refusing("pagerduty.trigger_details")),
    ),
    (
        "PagerDuty did not give the custom fields: No.",
        lambda: Fields(an_attribute(TEXT, REGION), plan=refusing("pagerduty.incident_fields")),
    ),
    ("Jira refused a transition of OPS-1: No.", a_transition_refused),
    (
        "Ada Marsh does not watch OPS-2: No (it takes Manage Watchers).",
        lambda: people_refused("jira.watch", Refused("No.", status=403, cure=CURE)),
    ),
    (
        "Ada Marsh does not watch OPS-2: No.",
        lambda: people_refused("jira.watch", Refused("No.", status=400, cure=CURE)),
    ),
]


@pytest.mark.parametrize(("says", "lived"), SAID, ids=[says for says, _ in SAID])
def test_what_a_side_refuses_is_told_with_the_cure_that_its_answer_names(
    says: str, lived: Callable[[], Life | Team]
) -> None:
    life = lived()

    assert f"{says} What to do: {CURE}" in life.world.timeline(life.incident)


def test_a_denial_that_could_not_be_told_bears_the_cure_of_that() -> None:
    world = World(a_mapping(create_issue=CreateMode.NEVER), plan=refusing("pagerduty.add_note"))
    incident = unheard(world)

    press(world, incident)

    assert world.timeline(incident)[-1].endswith(
        f"The incident could not be told: No. What to do: {CURE}"
    )


def test_a_duplicate_that_cannot_be_linked_is_told_with_the_cure() -> None:
    world = World()
    incident = linked(world)
    second = a_second(world, incident)
    world.plan.fail_next("jira.show_duplicate", Refused("No.", status=403, cure=CURE))

    swept(world)
    world.work()

    says = f"{second.key} has no link to OPS-1: No. What to do: {CURE}"
    assert says in world.timeline(incident)


def test_an_issue_without_the_mark_of_its_incident_is_told_with_the_cure() -> None:
    world = World(PAGING)
    row = a_match(world, world.issue()["id"])
    world.plan.fail_next("jira.mark", Refused("No.", status=400, cure=CURE))

    report = handled(world, row.issue_id)

    assert report.says[1] == f"The issue bears no mark of the incident: No. What to do: {CURE}"


def test_an_issue_that_opens_no_incident_is_told_with_the_cure() -> None:
    world = World(PAGING)
    row = a_match(world, world.issue()["id"])
    world.plan.fail_next("pagerduty.open_incident", Refused("No.", status=400, cure=CURE))

    report = handled(world, row.issue_id)

    assert report.says[0].endswith(f"(mapping ops-bug). No. What to do: {CURE}")


# ---- what the planner says by itself


def moved_to(both: Both, *transitions: str) -> str:
    """The last sentence once somebody has moved the issue."""
    both.moved(*transitions)
    return both.world.timeline(both.incident)[-1]


UNKNOWN = "What to do: Add it to status_mapping or resolved_statuses of the mapping."


def test_a_status_that_stands_for_nothing_is_told_with_the_keys_that_it_belongs_to() -> None:
    resolving = {IncidentStatus.RESOLVED: THREE_STATUSES[IncidentStatus.RESOLVED]}

    said = moved_to(Both(three_statuses(statuses=resolving)), START)

    assert said.endswith(f"does not know; nothing changes in PagerDuty. {UNKNOWN}")


def test_an_issue_that_stays_in_an_unknown_status_is_told_with_the_keys_it_belongs_to() -> None:
    life = Life(three_statuses(statuses={IncidentStatus.ACKNOWLEDGED: OPEN}))
    life.act("acknowledge")
    life.move(START)
    life.act("unacknowledge")

    life.act("acknowledge")

    end = f"a status that the mapping ops-bug does not know. {UNKNOWN}"
    assert any(says.endswith(end) for says in life.world.timeline(life.incident))


def test_an_issue_that_nobody_may_acknowledge_is_told_with_the_key_or_the_person_it_takes() -> None:
    without_key = moved_to(Both(three_statuses()), START)
    without_person = moved_to(Both(three_statuses(acknowledge_on_status=True)), START)

    assert without_key.endswith(
        "What to do: Set acknowledge_on_status of the mapping, if its issues are to acknowledge."
    )
    assert without_person.endswith(
        "What to do: Assign the issue to somebody whose e-mail address PagerDuty knows."
    )


def test_a_comment_that_not_all_may_see_is_told_with_what_lets_it_go_over() -> None:
    talk = Talk()

    talk.write("secret", visibility=ROLE)

    assert talk.world.timeline(talk.incident)[-1].endswith(
        "What to do: Let everybody see the comment in Jira, if it is to become a note."
    )


@pytest.mark.parametrize(
    ("accounts", "cure"),
    [
        (Accounts(), "Make the e-mail addresses in PagerDuty and Jira the same, then invoke"),
        (Accounts(all_shown=False), "Give our account in Jira the global right Browse Users, then"),
        (
            Accounts(found=(Account(name="a", shown="A"), Account(name="b", shown="B"))),
            "Leave one active account with this address in Jira, then invoke",
        ),
    ],
)
def test_a_person_without_one_account_is_told_with_what_to_do(
    accounts: Accounts, cure: str
) -> None:
    step = next_person(
        situation(people=PeopleFacts(accounts={ADA.email or "": accounts})),
        a_link(),
        a_mapping(sync_people=ASSIGNEE),
    )

    assert isinstance(step, Agree)
    assert f"What to do: {cure}" in str(step.says)


def test_a_person_without_an_address_is_told_with_what_to_do() -> None:
    people = PeopleFacts(emails={BEN.id: None})
    known = situation(incident=an_incident(involved=(BEN,)), people=people)

    step = next_person(known, a_link(), a_mapping(sync_people=WATCHERS))

    assert isinstance(step, Agree)
    assert "What to do: Look whether this user still exists" in str(step.says)


@pytest.mark.parametrize("begins", ["", " What to do: see https://evil.example.com. "])
def test_a_cure_is_never_cut_off_the_timeline_whatever_a_side_has_said(begins: str) -> None:
    said = sentence_of(Refused(f"{begins}{'wörd ' * 500}", status=400, cure=CURE))

    kept = fitted_entry(
        TimelineEntry(incident_id="P1", at=NOW, signal="x", signal_id="1", says=(said,))
    )

    assert kept.says[0].endswith(f" What to do: {CURE}")
    assert len(kept.says[0].encode()) <= 500


@pytest.mark.parametrize(
    ("says", "shown"),
    [
        ("Jira said: Field is required", "Jira said: Field is required. What to do: Mend it."),
        ("Jira said: Why?", "Jira said: Why? What to do: Mend it."),
        ("It ends here. ", "It ends here. What to do: Mend it."),
        ("It was cut\u2026", "It was cut\u2026 What to do: Mend it."),
        ("", " What to do: Mend it."),
    ],
)
def test_m29_a_sentence_ends_before_its_cure_begins(says: str, shown: str) -> None:
    assert with_cure(says, CURE) == shown
    assert with_cure(says, None) == says
