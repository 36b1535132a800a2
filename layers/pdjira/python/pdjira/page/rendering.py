"""Templates become HTML: everything that is put into one is text, and a missing name is an error.

Every template sees the macros of `components.html` by their names, and these see what the template
sees. A template is compiled when a process first uses it (decision 0026).
"""

from collections import abc
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from pdjira.page.cures import mending, on_page
from pdjira.text.plain_text import counted

COMPONENTS = "components.html"
_HASH_LENGTH = 12
_DAY = timedelta(days=1)
_UNITS = (
    (_DAY, "day", "days"),
    (timedelta(hours=1), "h", "h"),
    (timedelta(minutes=1), "min", "min"),
)


class Renderer:
    """Renders the templates of a folder, or several; `static_hash` names the static files."""

    def __init__(self, templates: Path | Sequence[Path], static: Path) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(templates),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters |= {
            "time": time,
            "minute": minute,
            "day": day,
            "ago": ago,
            "counted": counted,
            "on_page": on_page,
            "mending": mending,
        }
        self.static_hash = hash_of(static)

    def render(self, template: str, names: abc.Mapping[str, object]) -> str:
        """The template's HTML. Raises jinja2's errors where the template and the names disagree."""
        known = {"static_hash": self.static_hash, **names}
        components = self._environment.get_template(COMPONENTS).make_module(known)
        macros = {name: value for name, value in vars(components).items() if name[0] != "_"}
        return self._environment.get_template(template).render(known | macros)


def hash_of(folder: Path) -> str:
    """A name for all files of a folder as they are now."""
    digest = sha256()
    for path in sorted(folder.iterdir()):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:_HASH_LENGTH]


@pass_context
def time(context: Context, moment: datetime) -> Markup:
    """The time to the second, in UTC; the page's script puts the local time before it."""
    return _time(context, moment, "%H:%M:%S", "second")


@pass_context
def minute(context: Context, moment: datetime) -> Markup:
    """The time to the minute, for what lies ahead or long ago."""
    return _time(context, moment, "%H:%M", "minute")


def day(moment: datetime) -> Markup:
    """The day alone."""
    return Markup('<time datetime="{}" data-shown="day">{}</time>').format(
        f"{moment:%Y-%m-%dT%H:%M:%SZ}", f"{moment.day} {moment:%b %Y}"
    )


@pass_context
def ago(context: Context, moment: datetime) -> Markup:
    """How long ago it was, in one unit: `14 s ago`."""
    passed = max(_now(context) - moment, timedelta())
    return Markup('<time datetime="{}">{} ago</time>').format(
        f"{moment:%Y-%m-%dT%H:%M:%SZ}", duration(passed)
    )


def duration(length: timedelta) -> str:
    """A length of time in its largest unit, rounded down."""
    for unit, one, many in _UNITS:
        if (number := length // unit) > 0:
            return f"{number} {one if number == 1 else many}"
    return f"{length // timedelta(seconds=1)} s"


def _now(context: Context) -> datetime:
    now: datetime = context["now"]
    return now


def _time(context: Context, moment: datetime, form: str, precision: str) -> Markup:
    now = _now(context)
    date = "" if moment.date() == now.date() else f"{moment.day} {moment:%b} "
    year = "" if moment.year == now.year or not date else f"{moment:%Y} "
    return Markup('<time datetime="{}" data-shown="{}">{} UTC</time>').format(
        f"{moment:%Y-%m-%dT%H:%M:%SZ}", precision, f"{date}{year}{moment:{form}}"
    )
