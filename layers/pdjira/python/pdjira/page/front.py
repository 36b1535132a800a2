"""The front page, which says whether anything is wrong, and what comes first."""

from collections.abc import Sequence

from pdjira.page.web import Method, Page, Request, Response, Route


class FrontPage:
    """What stands first."""

    def routes(self) -> Sequence[Route]:
        """What it answers."""
        return (Route(method=Method.GET, path="", answer=self._show),)

    def _show(self, _request: Request) -> Response:
        return Page(template="front.html", title="pdjira")
