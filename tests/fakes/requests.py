"""`Requests` in memory, with the promises of its port."""

from pdjira.model.signal import Asked
from tests.fakes.faults import FaultPlan


class FakeRequests:
    """Requests by id; `news` are all that were kept, in order."""

    def __init__(self, faults: FaultPlan | None = None) -> None:
        self.faults = faults or FaultPlan()
        self.news: list[Asked] = []

    def put(self, asked: Asked) -> None:
        """Keep the latest news."""
        with self.faults.call("requests.put"):
            self.news.append(asked)

    def find(self, request_id: str) -> Asked | None:
        """The latest news."""
        with self.faults.call("requests.find"):
            return next((one for one in reversed(self.news) if one.id == request_id), None)
