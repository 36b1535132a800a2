"""`Activities` in memory, with the promises of its port."""

from collections.abc import Sequence
from datetime import UTC, date

from pdjira.adapters.aws.activities import activity_item, read_activity
from pdjira.adapters.aws.items import Attributes
from pdjira.model.link import Activity
from tests.fakes.faults import FaultPlan


class FakeActivities:
    """`stored` are the activities by day and incident."""

    def __init__(self, faults: FaultPlan | None = None) -> None:
        self.faults = faults or FaultPlan()
        self.stored: dict[tuple[date, str], Activity] = {}

    def put(self, activity: Activity) -> None:
        with self.faults.call("activities.put"):
            day = activity.at.astimezone(UTC).date()
            kept = read_activity(Attributes(activity_item(activity)))
            self.stored[day, activity.incident_id] = kept

    def of_day(self, day: date) -> Sequence[Activity]:
        with self.faults.call("activities.of_day"):
            found = [one for (its_day, _), one in self.stored.items() if its_day == day]
            return sorted(found, key=lambda each: each.at, reverse=True)
