"""`Searches` over the sandbox's model, with the promises of the port."""

from pdjira.adapters.jira.searches import MOST_IDS, SEARCH_FIELDS, ids_of, page_of
from pdjira.jql.matches import MatchPage
from pdjira.jql.query import SEARCH_WINDOW
from tests.fakes.jira import FakeJira
from tests.sandbox.jira.model import SEARCH_CAP


class FakeSearches:
    """Searches of the Jira that a fake stands for; `page` is how many matches come at once."""

    def __init__(self, jira: FakeJira, *, page: int = SEARCH_CAP) -> None:
        self._jira = jira
        self._page = page

    def count(self, jql: str) -> int:
        """How many issues match."""
        return self._jira._call("count", lambda: self._total(jql))

    def matches(self, jql: str, *, start: int = 0) -> MatchPage:
        """A page of matches."""
        limit = min(self._page, SEARCH_WINDOW - start)

        def search() -> MatchPage:
            said = self._jira.model.search(
                self._jira.account, jql, start=start, limit=limit, fields=SEARCH_FIELDS
            )
            return page_of(said, start=start, clock_ahead=self._jira.clock_ahead())

        return self._jira._call("matches", search)

    def ids(self, jql: str) -> frozenset[str]:
        """The ids of the issues that match."""

        def search() -> frozenset[str]:
            said = self._jira.model.search(
                self._jira.account, jql, limit=MOST_IDS, validate=False, fields=("id",)
            )
            return ids_of(said)

        return self._jira._call("ids", search)

    def _total(self, jql: str) -> int:
        said = self._jira.model.search(self._jira.account, jql, limit=0)
        return int(said["total"])
