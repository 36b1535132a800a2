"""What is left until the first incident: the list turns green by itself."""

from collections.abc import Sequence
from dataclasses import dataclass

from pdjira.connection.checklist import Seen, StepState, checklist, done_of
from pdjira.connection.setup import Setup, waits
from pdjira.page.strip import Kind
from pdjira.page.web import Fragment, Method, Page, Request, Response, Route

KINDS = {
    StepState.DONE: (Kind.OK, "Done"),
    StepState.WAITING: (Kind.WAITING, "Waiting"),
    StepState.BROKEN: (Kind.BROKEN, "Does not work"),
    StepState.TODO: (Kind.OFF, "To do"),
    StepState.LATER: (Kind.OFF, "Later"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupPage:
    """`/setup`: at once what is stored; what both sides say comes after."""

    setup: Setup

    def routes(self) -> Sequence[Route]:
        """As every page has them."""
        return (Route(method=Method.GET, path="/setup", answer=self._show),)

    def _show(self, request: Request) -> Response:
        if request.query.get("part"):
            return Fragment(template="setup_part.html", values=_values(self.setup.looked()))
        is_looked = bool(request.query.get("look"))
        seen = self.setup.looked() if is_looked else self.setup.stored()
        return Page(
            template="setup.html", title="Setup", values={**_values(seen), "is_looked": is_looked}
        )


def _values(seen: Seen) -> dict[str, object]:
    steps = checklist(seen)
    done, needed = done_of(steps)
    return {
        "steps": [(step, *KINDS[step.state]) for step in steps],
        "done": done,
        "needed": needed,
        "waits": waits(seen),
        "next_step": next((step.number for step in steps if step.state is StepState.TODO), None),
    }
