"""Every address of the page: what links, forms and redirects name."""

from urllib.parse import urlencode


def address(path: str, **query: str | None) -> str:
    """The path below `/admin` with its query; what is None is left out.

    The site puts the stage and `/admin` before it.
    """
    given = {name: value for name, value in query.items() if value is not None}
    return f"{path}?{urlencode(given)}" if given else path


def why(named: str) -> str:
    """What `explain` says of an incident or an issue, in any form."""
    return address("/why", q=named)


def job(job_id: str) -> str:
    """How far a job is, and how it ended."""
    return address("/job", id=job_id)


def mapping(mapping_id: str, anchor: str = "") -> str:
    """The form of a mapping; `anchor` is the input's name, the key of the mapping."""
    return address("/mapping", id=mapping_id) + (f"#{anchor}" if anchor else "")
