"""What those who follow a JQL ask of Jira's index."""

from typing import Protocol

from pdjira.domain.jql.matches import MatchPage


class Searches(Protocol):
    """Searches of that Jira. Its index may lag: what was just written may be missing.

    Every method may raise `Temporary`, and `Refused` where Jira does not take the JQL, with its
    own words in `messages`. An answer to nobody is `Unauthenticated`, however empty it is.
    """

    def count(self, jql: str) -> int:
        """How many issues match, without reading any."""

    def matches(self, jql: str, *, start: int = 0) -> MatchPage:
        """The matches from `start` on, as many as Jira gives at once, in the order of the JQL.

        Issues move between pages while one reads: what was read twice is one match, and the order
        has to be one that moves what is changed to the end.
        """

    def ids(self, jql: str) -> frozenset[str]:
        """The ids of the issues that match, or of the first hundred of them.

        A JQL that names an issue or a value that is gone is not refused here: nothing matches it.
        """
