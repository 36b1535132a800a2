"""Whether everything works, and where it does not, what to do: one check for each thing."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pdjira.application.intake import WebhookSecrets
from pdjira.application.ports import Jira, LinkCounts, Links, Mappings, PagerDuty, SignalQueue
from pdjira.errors import PdjiraError


class Status(StrEnum):
    """From well to not working, in this order."""

    OK = "ok"
    ATTENTION = "attention"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing looked at: one sentence, and the cure where one is needed."""

    area: str
    name: str
    status: Status
    says: str
    cure: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Looks at both sides and at what lies between."""

    jira: Jira
    pagerduty: PagerDuty
    secrets: WebhookSecrets
    queue: SignalQueue
    mappings: Mappings
    links: Links

    def checks(self) -> Sequence[Check]:
        """Every check; one that cannot be made is broken and says why."""
        looks: tuple[tuple[str, str, Callable[[], Iterator[Check]]], ...] = (
            ("jira", "connection", self._jira),
            ("pagerduty", "connection", self._pagerduty),
            ("webhooks", "secrets", self._webhooks),
            ("queue", "dead letters", self._queue),
            ("mappings", "readable", self._mappings),
            ("links", "refused", self._links),
        )
        return [check for area, name, look in looks for check in _made(area, name, look)]

    def _jira(self) -> Iterator[Check]:
        server = self.jira.server_info()
        version = ".".join(map(str, server.version))
        yield _ok("jira", "connection", f"{server.title} {version} answers as {server.base_url}.")
        yield _ok("jira", "sign-in", f"We are signed in as {self.jira.who_am_i()}.")

    def _pagerduty(self) -> Iterator[Check]:
        self.pagerduty.check()
        yield _ok("pagerduty", "connection", "PagerDuty accepts the API token.")

    def _webhooks(self) -> Iterator[Check]:
        count = len(self.secrets.refreshed())
        if count:
            yield _ok("webhooks", "secrets", f"{count} webhook secret(s) are configured.")
            return
        yield Check(
            area="webhooks",
            name="secrets",
            status=Status.BROKEN,
            says="No webhook secret is configured: every webhook of PagerDuty is answered 503.",
            cure="Put the secret that PagerDuty showed when the webhook was made into "
            "pagerduty.webhook_secrets of the connection secret.",
        )

    def _queue(self) -> Iterator[Check]:
        depth = self.queue.depth()
        yield _ok("queue", "waiting", f"{depth.waiting} signal(s) wait.")
        if depth.dead == 0:
            yield _ok("queue", "dead letters", "No signal was given up.")
            return
        yield Check(
            area="queue",
            name="dead letters",
            status=Status.ATTENTION,
            says=f"{depth.dead} signal(s) were given up.",
            cure="Read the attribute `reason` of the messages in the dead-letter queue, mend what "
            "it names, and redrive them to a custom destination, the sync queue.",
        )

    def _mappings(self) -> Iterator[Check]:
        problems = self.mappings.problems()
        if not problems:
            yield _ok("mappings", "readable", "Every mapping can be read.")
        for mapping_id, says in problems:
            yield Check(
                area="mappings",
                name=mapping_id,
                status=Status.BROKEN,
                says=f"The mapping {mapping_id} is not in force. {says}",
                cure="Correct the item in the mappings table.",
            )

    def _links(self) -> Iterator[Check]:
        counts: LinkCounts = self.links.counts()
        if counts.failed == 0:
            yield _ok("links", "refused", f"{counts.open} link(s) are open, none was refused.")
            return
        yield Check(
            area="links",
            name="refused",
            status=Status.ATTENTION,
            says=f"{counts.failed} incident(s) have no issue because Jira refused it.",
            cure="Read the note on the incident, mend what it names, and invoke the admin function "
            'with {"action": "resync", "incident_id": "..."}.',
        )


def overall(checks: Sequence[Check]) -> Status:
    """The worst of all checks."""
    order = list(Status)
    return max((check.status for check in checks), key=order.index, default=Status.OK)


def _made(area: str, name: str, look: Callable[[], Iterator[Check]]) -> Iterator[Check]:
    """What a look finds; where it fails, one broken check with the reason."""
    try:
        yield from look()
    except Exception as error:  # noqa: BLE001 - one check that crashes shall not hide the others
        if not isinstance(error, PdjiraError):
            error = PdjiraError(f"This could not be looked at: {type(error).__name__}.")
        yield Check(area=area, name=name, status=Status.BROKEN, says=error.says, cure=error.cure)


def _ok(area: str, name: str, says: str) -> Check:
    return Check(area=area, name=name, status=Status.OK, says=says)
