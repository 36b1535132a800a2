"""What people do that is rarer and wider: mappings, places of issues, outages, clocks, releases."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from pdjira.errors import PdjiraError, Side
from pdjira.model.mapping import CreateMode, Mapping, SyncNotes
from tests.fakes.faults import Crash
from tests.sandbox.jira.errors import JiraError
from tests.sandbox.jira.seed import OUR_ACCOUNT
from tests.simulation.course import Course, Trouble
from tests.simulation.stack import Stack

LAGS = (0, 30, 120)
LONGEST_OUTAGE = 8
"""Hours."""


class Administrators:
    """Do what the course has troubles for; `settle` takes back what keeps both sides apart."""

    def __init__(self, course: Course, stack: Stack, rng: random.Random) -> None:
        self._course = course
        self._stack = stack
        self._world = stack.world
        self._rng = rng
        acts: dict[Trouble, list[Callable[[], str]]] = {
            Trouble.CLOCKS: [stack.clocks.correct],
            Trouble.LAG: [self._lag],
            Trouble.OUTAGES: [self._outage],
            Trouble.PLACES: [self._move, self._hide, self._show],
            Trouble.MAPPINGS: [self._switch, self._edit, self._edit],
            Trouble.BRAKE: [self._release],
        }
        self._acts = [act for one in Trouble if one in course.troubles for act in acts[one]]

    def act(self) -> str:
        """Do one thing, and tell it in a line."""
        self._stack.administered += 1
        try:
            return self._rng.choice(self._acts)()
        except (JiraError, LookupError) as error:
            return f"refused ({error})"

    def settle(self) -> None:
        """No outage, no hidden issue, and every mapping as it was; a pause is released."""
        self._stack.weather.down.clear()
        for mapping in self._course.rules:
            self._put(self._as_it_was(mapping))
        for issue in list(self._world.jira.model.issues.values()):
            if issue.shown_to is not None:
                self._world.jira.model.set_security("alice", issue.key, None)
        self.release()

    def release(self) -> None:
        """Somebody lets through what waits for every mapping."""
        for mapping in self._course.rules:
            if mapping.jql:
                self._stack.tell(self._release_of(mapping.id))

    # Both sides

    def _lag(self) -> str:
        self._world.jira.model.lag = self._rng.choice(LAGS)
        return f"Jira's index lags by {self._world.jira.model.lag} s"

    def _outage(self) -> str:
        """One in a walk: it takes long."""
        if self._stack.weather.down:
            return "no second outage"
        side = self._rng.choice(list(Side))
        time = timedelta(minutes=self._rng.choice((20, 60, 60 * LONGEST_OUTAGE)))
        self._stack.weather.down[side] = self._stack.now + time
        return f"{side.value} is down for {time}"

    # Places

    def _move(self) -> str:
        issue = self._rng.choice(list(self._world.jira.model.issues.values()))
        project, kind = self._rng.choice((("OPS", "10001"), ("OPS", "10002"), ("WEB", "10002")))
        before = issue.key
        self._world.jira.model.move_issue("alice", issue.key, project, type_id=kind)
        return f"{before} was moved: {issue.key}, type {kind}"

    def _hide(self) -> str:
        """Not one that we made and have not linked yet: no search of ours could find it again."""
        linked = self._world.links.issues
        issues = self._world.jira.model.issues.values()
        found = [one for one in issues if str(one.id) in linked or one.creator != OUR_ACCOUNT]
        issue = self._rng.choice(found)
        self._world.jira.model.set_security("alice", issue.key, {"alice", "bob"})
        return f"{issue.key} was hidden"

    def _show(self) -> str:
        hidden = [one for one in self._world.jira.model.issues.values() if one.shown_to]
        issue = self._rng.choice(hidden)
        self._world.jira.model.set_security("alice", issue.key, None)
        return f"{issue.key} was shown again"

    # Mappings

    def _switch(self) -> str:
        mapping = self._any_mapping()
        self._put(replace(mapping, enabled=not mapping.enabled))
        return f"{mapping.id} was switched {'off' if mapping.enabled else 'on'}"

    def _edit(self) -> str:
        mapping = self._any_mapping()
        kind = self._rng.choice(("sync_notes", "create_issue", "priorities", "jql"))
        self._stack.edited |= {(kind, mapping.id)}
        changes: dict[str, dict[str, object]] = {
            "sync_notes": {"sync_notes": self._rng.choice(list(SyncNotes))},
            "create_issue": {"create_issue": self._rng.choice(list(CreateMode))},
            "priorities": {"priorities": mapping.priorities[1:] or self._at_first(mapping)},
            "jql": {"jql": mapping.jql and f"({mapping.jql})"},
        }
        self._put(replace(mapping, **changes[kind]))  # type: ignore[arg-type]
        return f"{mapping.id}: {kind} was edited"

    def _release(self) -> str:
        return self._release_of(self._any_mapping().id)

    def _release_of(self, mapping_id: str) -> str:
        """Whatever ends it half-way, those that it has let through are."""
        try:
            released = self._world.release().run(mapping_id)
        except (PdjiraError, Crash) as error:
            return f"the release of {mapping_id} failed: {type(error).__name__}"
        finally:
            rows = self._world.rows.stored.values()
            free = {one.issue_id for one in rows if one.mapping_id == mapping_id and one.released}
            self._stack.released |= free
        return f"{mapping_id} was released: {released.says if released else 'not in force'}"

    def _any_mapping(self) -> Mapping:
        return self._rng.choice(self._world.mappings.stored())

    def _at_first(self, mapping: Mapping) -> object:
        return next(one.priorities for one in self._course.rules if one.id == mapping.id)

    def _as_it_was(self, mapping: Mapping) -> Mapping:
        now = next(one for one in self._world.mappings.stored() if one.id == mapping.id)
        return replace(mapping, enabled_since=now.enabled_since, enabled=True)

    def _put(self, mapping: Mapping) -> None:
        """Store it as the stack does, which notes since when it is switched on."""
        before = next(one for one in self._world.mappings.stored() if one.id == mapping.id)
        if mapping.enabled and not before.enabled:
            mapping = replace(mapping, enabled_since=self._stack.now)
        self._world.mappings.put(mapping)
        is_apart = not mapping.enabled or mapping.sync_notes is not SyncNotes.BOTH
        was_apart = not before.enabled or before.sync_notes is not SyncNotes.BOTH
        if was_apart and not is_apart:
            self._stack.hold_back(mapping.id)
