"""What a page is asked and what it answers, without HTML and without HTTP's details.

A page is a class with its ports and a method `routes()`. Each route takes a `Request` and yields a
`Response`, which is a value: the site renders it, checks who asks, and adds headers.
"""

from collections import abc
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, StrEnum


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
    """Who is signed in. `name` is what the person gave, and proves nothing."""

    session: str
    name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request; `path` is what follows `/admin`, empty for the front page.

    `form` holds every value of each name, in their order, and is empty for GET. `incident` is the
    id of the one incident that the visitor's link shows, where nobody is signed in.
    """

    method: Method
    path: str
    now: datetime
    request_id: str
    query: abc.Mapping[str, str] = field(default_factory=dict)
    form: abc.Mapping[str, Sequence[str]] = field(default_factory=dict)
    visitor: Visitor | None = None
    incident: str | None = None

    def value(self, name: str) -> str:
        """The last value of a form's name, without blanks around it; empty where there is none."""
        values = self.form.get(name) or ("",)
        return values[-1].strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A whole page: `template` is a file of functions/admin/templates, `values` are its names."""

    template: str
    title: str
    values: abc.Mapping[str, object] = field(default_factory=dict)
    status: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Fragment:
    """A part of a page, which a script puts into it."""

    template: str
    values: abc.Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """303 to an address of the page: its path below `/admin`, with the query."""

    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """A file for the visitor to keep."""

    name: str
    content_type: str
    body: bytes


Response = Page | Fragment | Redirect | Download


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """What answers a method at a path; paths hold no ids, which stand in the query."""

    method: Method
    path: str
    answer: Callable[[Request], Response]
    access: Access = Access.SIGNED_IN
