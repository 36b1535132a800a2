"""What a person asks of the stack by invoking the admin function; answers are for people."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

from pdjira.application.health import Health, overall
from pdjira.application.ports import PagerDuty, SignalQueue
from pdjira.domain.signals import Signal, SignalKind
from pdjira.errors import NotFound, PdjiraError

Answer = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Administration:
    """Answers direct invocations. `new_id` yields an id that was never used before."""

    health: Health
    pagerduty: PagerDuty
    queue: SignalQueue
    new_id: Callable[[], str]

    def answer(self, request: object) -> Answer:
        """Answer `{"action": ..., ...}`; whatever is wrong is said in `error`, never raised."""
        asked = request if isinstance(request, Mapping) else {}
        match asked.get("action"):
            case "health":
                return self._health()
            case "resync":
                return self._resync(asked.get("incident_id"))
            case action:
                return _error(
                    f"There is no action {action!r}." if action else "The request names no action.",
                    'Invoke with {"action": "health"} or '
                    '{"action": "resync", "incident_id": "..."}.',
                )

    def _health(self) -> Answer:
        checks = self.health.checks()
        return {"status": overall(checks).value, "checks": [asdict(check) for check in checks]}

    def _resync(self, incident_id: object) -> Answer:
        if not isinstance(incident_id, str) or not incident_id.strip():
            return _error("resync needs an incident_id.", "Give the id of a PagerDuty incident.")
        try:
            incident = self.pagerduty.get_incident(incident_id.strip())
            self.queue.send(
                Signal(kind=SignalKind.RESYNC, id=self.new_id(), incident_id=incident.id)
            )
        except NotFound as error:
            return _error(error.says, error.cure or "Check the id: it ends the incident's URL.")
        except PdjiraError as error:
            return _error(error.says, error.cure or "Try again later.")
        return {"queued": True}


def _error(says: str, cure: str) -> Answer:
    return {"error": {"says": says, "cure": cure}}
