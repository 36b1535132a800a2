"""What a page is asked and what it answers, without HTML and without HTTP's details.

A page is a class with its ports and a method `routes()`. Each route takes a `Request` and yields a
`Response`, which is a value: the site renders it, checks who asks, and adds headers.
"""

from collections import abc
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, StrEnum
from typing import Protocol

from pdjira.model.signing import IncidentLink
from pdjira.model.times import TimeLeft, unlimited


class Method(StrEnum):
    """GET changes nothing; a POST ends in a redirect or in the same page with what is wrong."""

    GET = "GET"
    POST = "POST"


class Access(Enum):
    """Who may ask."""

    SIGNED_IN = "signed in"
    INCIDENT_LINK = "signed in, or with the link of this one incident, read-only"
    OPEN = "anybody"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Who is signed in. `name` is what the person gave, and proves nothing.

    `session` is the id of the session: whoever has it is signed in.
    """

    session: str = field(repr=False)
    name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request; `path` is what follows `/admin`, empty for the front page.

    `form` holds every value of each name, in their order, and is empty for GET. `incident` is the
    one that the visitor's link shows, where nobody is signed in. `time_left` are
    the seconds within which the answer has to be there. `came_from` is where the visitor wanted to
    go before a sign-in was asked for.
    """

    method: Method
    path: str
    now: datetime
    request_id: str
    query: abc.Mapping[str, str] = field(default_factory=dict)
    form: abc.Mapping[str, Sequence[str]] = field(default_factory=dict)
    visitor: Visitor | None = None
    incident: IncidentLink | None = None
    time_left: TimeLeft = unlimited
    came_from: str = ""

    def value(self, name: str) -> str:
        """The last value of a form's name, without blanks around it; empty where there is none."""
        values = self.form.get(name) or ("",)
        return values[-1].strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A whole page: `template` is a file of functions/admin/templates, `values` are its names.

    As the answer to a POST it says that nothing was done, so a second press runs again. Where
    something was done that is shown this once, `is_outcome` has a second press told so instead.
    """

    template: str
    title: str
    values: abc.Mapping[str, object] = field(default_factory=dict)
    status: int = 200
    is_outcome: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Fragment:
    """A part of a page, which a script puts into it."""

    template: str
    values: abc.Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """303 to an address of the page: its path below `/admin`, with the query.

    It is the outcome of a POST that did something; a second press of the same form gets it again.
    `cookies` are for the site alone.
    """

    to: str
    cookies: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """A file for the visitor to keep."""

    name: str
    content_type: str
    body: bytes


Response = Page | Fragment | Redirect | Download


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """What answers a method at a path; paths hold no ids, which stand in the query.

    Of a POST, `filled` gives the form back as it was typed, with nothing saved: the site asks for
    it where a session ended between the form and its POST. Without it, the visitor is asked to
    press once more. Names of inputs that hold secrets contain `token`, `secret` or `password`:
    what was typed there is never sent back. `runs_once`: the site remembers where a press led.
    """

    method: Method
    path: str
    answer: Callable[[Request], Response]
    access: Access = Access.SIGNED_IN
    filled: Callable[[Request], Response] | None = None
    runs_once: bool = True


class HasRoutes(Protocol):
    """A page, or a family of pages."""

    def routes(self) -> Sequence[Route]:
        """What it answers."""
        ...
