"""M27, M24: an incident of several issues resolves once none that Jira shows keeps it open."""

from dataclasses import replace
from typing import Any

import pytest

from pdjira.errors import Refused
from pdjira.model.link import Agreement, Link, LinkState
from pdjira.model.mapping import Reopen
from pdjira.model.signal import SignalKind
from pdjira.sync.status.rules import others_open
from tests.builders import CLOSED, a_link, three_statuses
from tests.sandbox.pagerduty.seed import RESPONDER
from tests.scenes.lives import CLOSE, REOPEN, RESOLVE, START
from tests.world import World


class Pair:
    """An incident with two issues, OPS-1 and OPS-2, each under a mapping of its own."""

    def __init__(self, **changes: Any) -> None:
        self.world = World(three_statuses(**changes), three_statuses(id="second", **changes))
        self.incident = self.world.trigger()
        self.world.work()
        self._number = 0

    def resolve(self, key: str) -> None:
        self.move(key, START, RESOLVE)

    def move(self, key: str, *transitions: str) -> None:
        for transition in transitions:
            body: dict[str, Any] = {"transition": {"id": transition}}
            if transition == RESOLVE:
                body["fields"] = {"resolution": {"name": "Done"}}
            self.world.jira.model.transition("alice", key, body)

    def delete(self, key: str) -> None:
        self.world.jira.model.delete_issue("alice", key)

    def hide(self, key: str) -> None:
        self.world.jira.model.set_security("alice", key, {"alice"})

    def hear_jira(self) -> None:
        self._hear(kind=SignalKind.ISSUE_CHANGED, event_type="jira:issue_updated")

    def hear(self, event_type: str) -> None:
        self._hear(event_type=event_type)

    def state(self) -> str:
        return self.world.pagerduty.model.incident(self.incident).status

    def waiting(self) -> list[bool]:
        return [link.agreed.waits for link in self.world.links.links]

    def said(self, part: str) -> int:
        return sum(part in says for says in self.world.timeline(self.incident))

    def _hear(self, **changes: Any) -> None:
        self._number += 1
        self.world.signal(self.incident, id=f"heard-{self._number}", **changes)
        self.world.work()


@pytest.mark.parametrize("lose", ["delete", "hide"])
def test_an_issue_that_is_lost_no_longer_keeps_an_incident_open_whose_other_is_resolved(
    lose: str,
) -> None:
    pair = Pair()
    pair.resolve("OPS-1")
    pair.hear_jira()
    before = pair.state()

    getattr(pair, lose)("OPS-2")
    pair.hear_jira()

    assert before == "triggered"
    assert pair.state() == "resolved"
    assert pair.said("Changed the status to resolved, as OPS-1 says.") == 1
    assert pair.waiting() == [False, False]


@pytest.mark.parametrize("lost", ["OPS-1", "OPS-2"])
def test_resolving_the_issue_that_is_left_resolves_the_incident(lost: str) -> None:
    pair = Pair()
    pair.delete(lost)
    pair.hear_jira()

    pair.resolve("OPS-2" if lost == "OPS-1" else "OPS-1")
    pair.hear_jira()

    assert pair.state() == "resolved"


def test_one_that_is_resolved_and_one_that_is_lost_at_once_resolve_the_incident() -> None:
    pair = Pair()
    pair.resolve("OPS-1")
    pair.delete("OPS-2")

    pair.hear_jira()

    assert pair.state() == "resolved"


def test_a_lost_issue_resolves_nothing_while_the_other_is_open() -> None:
    pair = Pair()

    pair.delete("OPS-2")
    pair.hear_jira()
    pair.move("OPS-1", START)
    pair.hear_jira()

    assert pair.state() == "triggered"


def test_whoever_reopens_the_issue_wants_no_resolving_any_more() -> None:
    pair = Pair()
    pair.resolve("OPS-1")
    pair.hear_jira()
    pair.move("OPS-1", REOPEN)
    pair.hear_jira()

    pair.delete("OPS-2")
    pair.hear_jira()

    assert pair.state() == "triggered"


def test_an_issue_that_a_rule_keeps_closed_is_no_wish_to_resolve() -> None:
    pair = Pair(reopen=Reopen(issue=False))
    model = pair.world.pagerduty.model
    pair.resolve("OPS-1")
    pair.hear_jira()
    model.resolve(pair.incident, by=RESPONDER)
    pair.hear("incident.resolved")
    model.reopen(pair.incident, by=RESPONDER)
    pair.hear("incident.reopened")

    pair.delete("OPS-2")
    pair.hear_jira()

    assert pair.state() == "triggered"


def test_taking_the_incident_on_in_the_meantime_changes_nothing_about_the_wish() -> None:
    pair = Pair()
    pair.resolve("OPS-1")
    pair.hear_jira()
    pair.world.pagerduty.model.acknowledge(pair.incident, by=RESPONDER)
    pair.hear("incident.acknowledged")
    waiting = pair.waiting()

    pair.delete("OPS-2")
    pair.hear_jira()

    assert waiting == [True, False]
    assert pair.state() == "resolved"


def test_a_waiting_issue_that_goes_on_to_another_resolved_status_still_waits() -> None:
    pair = Pair(resolved_statuses=(CLOSED,))
    pair.resolve("OPS-1")
    pair.hear_jira()
    pair.move("OPS-1", CLOSE)
    pair.hear_jira()

    pair.resolve("OPS-2")
    pair.hear_jira()

    assert pair.state() == "resolved"


def test_what_waits_is_resolved_by_the_sweep_where_nobody_was_heard() -> None:
    pair = Pair()
    pair.resolve("OPS-1")
    pair.hear_jira()
    other = pair.world.links.links[1]
    pair.world.links.save(replace(other, state=LinkState.MISSING))

    for _ in range(4):
        pair.world.clock.forward(minutes=15)
        pair.world.sweeper().run()
        pair.world.work()

    assert pair.state() == "resolved"


def test_a_refused_resolving_waits_on_and_is_tried_once_for_each_event() -> None:
    pair = Pair()
    pair.resolve("OPS-1")
    pair.hear_jira()
    refused = Refused("No.", status=403)
    pair.world.plan.fail_next("pagerduty.change_incident", refused)

    pair.delete("OPS-2")
    pair.hear_jira()
    tries = pair.world.pagerduty.calls["change_incident"]
    state = pair.state()
    pair.hear("incident.escalated")

    assert (tries, state) == (1, "triggered")
    assert pair.state() == "resolved"


@pytest.mark.parametrize("state", list(LinkState))
def test_what_jira_does_not_show_and_what_has_ended_keeps_nothing_open(state: LinkState) -> None:
    mappings = (three_statuses(), three_statuses(id="second"))
    other: Link = replace(a_link(), mapping_id="second", state=state, agreed=Agreement())

    keys = others_open(a_link(), (a_link(), other), mappings)

    over = {LinkState.MISSING, LinkState.CLOSED, LinkState.UNREADABLE}
    assert bool(keys) is (state not in over)
