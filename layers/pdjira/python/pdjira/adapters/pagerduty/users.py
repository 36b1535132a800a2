"""Users of PagerDuty by their id."""

from collections import abc
from collections.abc import Callable

from pdjira.adapters.http.messages import Call, segment
from pdjira.adapters.memory import Memory
from pdjira.adapters.pagerduty.incidents import email_of
from pdjira.errors import NotFound

REMEMBERED_SECONDS = 600.0

Ask = Callable[[Call], abc.Mapping[str, object]]


class RestUsers:
    """`Users` of the account that `account` names; what was found is kept ten minutes."""

    def __init__(
        self,
        ask: Ask,
        *,
        account: Callable[[], str],
        monotonic: Callable[[], float],
    ) -> None:
        self._ask = ask
        self._account = account
        self._emails = Memory[str | None](seconds=REMEMBERED_SECONDS, clock=monotonic)

    def email_of(self, user_id: str) -> str | None:
        """As the port says."""
        return self._emails.get((self._account(), user_id), lambda: self._read(user_id))

    def _read(self, user_id: str) -> str | None:
        call = Call(method="GET", path=f"/users/{segment(user_id)}", repeatable=True)
        try:
            return email_of(self._ask(call).get("user"))
        except NotFound:
            return None
