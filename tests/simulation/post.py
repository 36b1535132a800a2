"""The webhooks of both sides on their way: late, twice, out of order, lost; then the intake."""

import heapq
import json
import random
from collections.abc import Iterable
from datetime import datetime, timedelta

from pdjira.errors import PdjiraError
from pdjira.webhooks.intake import JiraIntake, JiraWebhook, PagerDutyIntake
from tests.builders import (
    JIRA_WEBHOOK_SECRET,
    JIRA_WEBHOOK_TOKEN,
    WEBHOOK_SECRET,
    a_jira_signature,
    a_signature,
)
from tests.fakes.faults import Crash
from tests.fakes.jira_webhooks import FakeJiraWebhooks
from tests.fakes.webhook_secrets import FakeWebhookSecrets
from tests.sandbox.jira.issues import Bean
from tests.sandbox.jira.webhooks import Webhooks
from tests.sandbox.pagerduty.records import Event
from tests.world import World

PAGERDUTY = "pagerduty"
JIRA = "jira"
JIRA_EVENTS = frozenset({"jira:issue_updated", "jira:issue_deleted"})

Letter = tuple[datetime, int, str, bytes]


class JiraPost(Webhooks):
    """What Jira's webhooks are handed to; `heard` is how likely somebody wants an event."""

    def __init__(self, post: "Post", rng: random.Random, *, heard: float) -> None:
        super().__init__()
        self._post = post
        self._rng = rng
        self._heard = heard

    def wanted(self, event: str) -> bool:
        """Whether this one is delivered: made-up bodies are dear, so it is asked for first."""
        return event in JIRA_EVENTS and self._rng.random() < self._heard

    def accept(self, body: Bean, *, signs: bool) -> None:
        """Send it; this Jira signs."""
        del signs
        self._post.send(JIRA, json.dumps(body).encode())


class Post:
    """Everything that is on its way; `losses` is how likely a webhook never arrives."""

    def __init__(self, world: World, rng: random.Random, *, losses: float, heard: float) -> None:
        self.losses = losses
        self.lost = 0
        self.delivered: list[tuple[str, bytes]] = []
        self._world = world
        self._rng = rng
        self._on_the_way: list[Letter] = []
        self._number = 0
        self._pagerduty = PagerDutyIntake(
            secrets=FakeWebhookSecrets(WEBHOOK_SECRET), queue=world.queue
        )
        self._jira = JiraIntake(
            webhooks=FakeJiraWebhooks(
                JiraWebhook(token=JIRA_WEBHOOK_TOKEN, secret=JIRA_WEBHOOK_SECRET)
            ),
            queue=world.queue,
        )
        world.pagerduty.model.listen(self._hear)
        world.jira.model.webhooks = JiraPost(self, rng, heard=heard)

    def send(self, side: str, body: bytes) -> None:
        """A webhook starts: mostly it comes once and soon."""
        if self._rng.random() < self.losses:
            self.lost += 1
            return
        copies = 2 if self._rng.random() < 0.05 else 1
        for _ in range(copies):
            self._put(side, body, self._delay())

    def next_due(self) -> datetime | None:
        """When the next one arrives."""
        return self._on_the_way[0][0] if self._on_the_way else None

    def deliver(self) -> None:
        """Hand over what has arrived by now; what is not stored is sent again."""
        while self._on_the_way and self._on_the_way[0][0] <= self._world.clock.now:
            _, _, side, body = heapq.heappop(self._on_the_way)
            try:
                status = self._receive(side, body)
            except Crash:
                status = 500
            if status == 202:
                self.delivered.append((side, body))
            elif side == PAGERDUTY:
                self._put(side, body, timedelta(seconds=self._rng.randint(5, 120)))

    def hasten(self) -> None:
        """Let everything arrive now."""
        late = sorted(self._on_the_way)
        now = self._world.clock.now
        self._on_the_way = [(now, number, side, body) for _, number, side, body in late]
        self.deliver()

    def replay(self, letters: Iterable[tuple[str, bytes]]) -> None:
        """Somebody who has captured deliveries sends them again."""
        for side, body in letters:
            self._receive(side, body)

    def _receive(self, side: str, body: bytes) -> int:
        try:
            if side == PAGERDUTY:
                return self._pagerduty.receive(body, a_signature(body)).status
            signature = a_jira_signature(body)
            return self._jira.receive(body, signature, token=JIRA_WEBHOOK_TOKEN).status
        except PdjiraError:
            return 503

    def _hear(self, event: Event) -> None:
        self.send(PAGERDUTY, json.dumps(event.body).encode())

    def _delay(self) -> timedelta:
        drawn = self._rng.random()
        if drawn < 0.85:
            return timedelta(seconds=self._rng.random() * 3)
        longest = 600 if drawn < 0.99 else 20_000
        return timedelta(seconds=self._rng.random() * longest)

    def _put(self, side: str, body: bytes, delay: timedelta) -> None:
        self._number += 1
        heapq.heappush(self._on_the_way, (self._world.clock.now + delay, self._number, side, body))
