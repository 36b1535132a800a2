"""Clocks of each side's own: Jira's two nodes, PagerDuty, and the stack, which is never corrected.

Only what lies between them counts, so the stack's clock stands for the true time. Searches lag by
that time too, whatever a node's clock shows.
"""

import random
from datetime import datetime, timedelta

from tests.world import World

FURTHEST = 600
"""Seconds: so far may Jira and PagerDuty be off (P32)."""

BETWEEN_NODES = 30
"""Seconds: so far may one of Jira's nodes be from the other (P40)."""


class Clocks:
    """The clocks of both sides; right until they are `correct`ed."""

    def __init__(self, world: World, rng: random.Random) -> None:
        self.furthest = timedelta()
        self._rng = rng
        self._stack = world.clock
        self._nodes = [timedelta(), timedelta()]
        self._node = 0
        self._pagerduty = timedelta()
        world.jira.model.clock = self.jira
        world.pagerduty.model.clock = self.pagerduty

    def jira(self) -> datetime:
        """What the node shows that is asked now."""
        return self._stack() + self._nodes[self._node]

    def pagerduty(self) -> datetime:
        """What PagerDuty's clock shows."""
        return self._stack() + self._pagerduty

    def ask_any_node(self) -> None:
        """The next request goes to either node."""
        if self.furthest:
            self._node = self._rng.randrange(len(self._nodes))

    def correct(self) -> str:
        """Somebody sets the clocks of one side anew, right or wrong."""
        ahead = timedelta(seconds=self._rng.randint(-FURTHEST, FURTHEST))
        if self._rng.random() < 0.5:
            self._pagerduty = ahead
            told = f"PagerDuty's clock is set to {ahead.total_seconds():+.0f} s"
        else:
            behind = timedelta(seconds=self._rng.randint(0, BETWEEN_NODES))
            self._nodes = [ahead, ahead - behind]
            told = f"the clocks of Jira's nodes are set to {ahead.total_seconds():+.0f} s, one less"
        self.furthest = max(map(abs, (*self._nodes, self._pagerduty, self.furthest)))
        return told
