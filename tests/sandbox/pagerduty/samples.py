"""One delivery of every V3 event type, made up: `python -m tests.sandbox.pagerduty.samples DIR`."""

import json
import random
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.sandbox.pagerduty import custom_fields, events, happenings
from tests.sandbox.pagerduty.model import PagerDutyModel
from tests.sandbox.pagerduty.records import Json
from tests.sandbox.pagerduty.seed import CHECKOUT, PAYMENTS, POLICY, RESPONDER, SYNC_USER

BY = RESPONDER
START = datetime(2026, 3, 2, 8, 15, tzinfo=UTC)


class _Ticking:
    """A clock that moves by a second and some at every look."""

    def __init__(self) -> None:
        self._now = START

    def __call__(self) -> datetime:
        self._now += timedelta(milliseconds=1237)
        return self._now


def every_event() -> dict[str, Json]:
    """By event type; the same ones each time."""
    model = PagerDutyModel(clock=_Ticking(), rng=random.Random(20260302))
    it = model.trigger(
        CHECKOUT, "Basket totals are wrong", by=BY, priority_id="PP2", details="Since 08:10"
    ).id
    _life(model, it)
    _people(model, it)
    _extras(model, it)
    _services(model)
    ping = events.ping(id_=model.ids.event(), at=model.clock(), agent_id=BY, about="")
    return {event.type: event.body for event in reversed([ping, *model.events])}


def resolved_by_merge() -> Json:
    """An incident that was merged into another one."""
    model = PagerDutyModel(clock=_Ticking(), rng=random.Random(20260303))
    source = model.trigger(CHECKOUT, "Basket is slow", by=BY).id
    target = model.trigger(CHECKOUT, "Basket totals are wrong", by=BY).id
    model.merge([source], target, by=BY)
    return model.events[-1].body


def opened_by_events_api() -> Json:
    """An incident without a key, whose agent is an integration."""
    model = PagerDutyModel(clock=_Ticking(), rng=random.Random(20260304))
    client = {"name": "Shop monitor", "url": "https://monitor.example.com"}
    model.trigger_event(CHECKOUT, "Basket is slow", details={"p95": "4 s"}, client=client)
    return model.events[-1].body


def _life(model: PagerDutyModel, it: str) -> None:
    model.acknowledge(it, by=BY)
    model.unacknowledge(it, by=BY)
    model.set_priority(it, "PP1", by=BY)
    model.add_note(it, "Rolled back to the release of Friday.", by=BY)
    model.publish_status_update(it, "We know the cause and are on it.", by=BY)
    model.resolve(it, by=BY)
    model.reopen(it, by=BY)


def _people(model: PagerDutyModel, it: str) -> None:
    model.reassign(it, [SYNC_USER], by=BY)
    model.escalate(it, [RESPONDER], by=BY)
    model.delegate(it, POLICY, by=BY)
    happenings.add_responder(model, it, SYNC_USER, by=BY)
    happenings.reply_as_responder(model, it, by=SYNC_USER)
    happenings.assign_role(model, it, SYNC_USER, by=BY, role="Incident Commander")


def _extras(model: PagerDutyModel, it: str) -> None:
    model.set_service(it, PAYMENTS, by=BY)
    model.set_incident_type(it, "major_incident", by=BY)
    happenings.set_conference_bridge(
        model, it, by=BY, number="+1 555 0100", url="https://meet.example.com/basket"
    )
    custom_fields.set_values(model, it, [{"name": "region", "value": "eu"}], by=BY)
    for change in ("created", "updated", "completed"):
        happenings.task(model, it, "Check the refunds", by=BY, change=change)
    for change in ("created", "updated", "terminated"):
        happenings.invoke_action(model, it, "Restart the basket", by=BY, change=change)
    happenings.run_workflow(model, it, "PWORKFL", "Create Jira issue", by=BY)


def _services(model: PagerDutyModel) -> None:
    made = happenings.create_service(model, "Refunds", policy_id=POLICY, by=BY)
    model.rename_service(made.id, "Refunds and returns", by=BY)
    happenings.set_service_field(model, made.id, "tier", before="2", after="1", by=BY)
    happenings.delete_service(model, made.id, by=BY)


def main() -> None:
    """Write the samples into the folder that is named, and its `variants`."""
    folder = Path(sys.argv[1])
    _write(folder, every_event())
    variants = {
        "incident.resolved.by_merge": resolved_by_merge(),
        "incident.triggered.by_events_api": opened_by_events_api(),
    }
    _write(folder / "variants", variants)


def _write(folder: Path, bodies: dict[str, Json]) -> None:
    folder.mkdir(exist_ok=True)
    for name, body in bodies.items():
        text = json.dumps(body, indent=2, ensure_ascii=False)
        (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
