"""Every address of the page: what links, forms and redirects name."""

import json
import re
from urllib.parse import quote, urlencode, urlsplit


def address(path: str, /, **query: str | None) -> str:
    """The path below `/admin` with its query; what is None is left out.

    The site puts the stage and `/admin` before it.
    """
    given = {name: value for name, value in query.items() if value is not None}
    return f"{path}?{urlencode(given, errors='backslashreplace')}" if given else path


def why(named: str, *, request: str | None = None) -> str:
    """What `explain` says of an incident or an issue, in any form.

    `request` is what was asked for there: what came of it is shown as well.
    """
    return address("/why", q=named, request=request)


def job(job_id: str) -> str:
    """How far a job is, and how it ended."""
    return address("/job", id=job_id)


def mapping(mapping_id: str, anchor: str = "") -> str:
    """The form of a mapping; `anchor` is the input's name, the key of the mapping."""
    return address("/mapping", id=mapping_id) + (f"#{anchor}" if anchor else "")


def fields(mapping_id: str) -> str:
    """Where a mapping tells what fills which field; Jira is asked anew which ones it requires."""
    return address("/mapping", id=mapping_id, read="anew") + "#custom_fields"


def versions(mapping_id: str) -> str:
    """Who changed a mapping, also a deleted one, and what comes back."""
    return address("/mapping/versions", id=mapping_id)


def cause(cause_id: str) -> str:
    """The incidents that one cause holds up."""
    return address("/problem", cause=cause_id)


def paused(mapping_id: str) -> str:
    """What waits because the JQL of a mapping pauses."""
    return address("/paused", id=mapping_id)


def check(area: str, name: str) -> str:
    """A check on the page Health."""
    return f"/health#{anchor(area, name)}"


def anchor(area: str, name: str) -> str:
    """The id of a check on its page."""
    return "-".join(re.findall(r"[a-z0-9]+", f"{area} {name}".lower()))


def moving_rule(mapping_id: str) -> str:
    """How far a service is moved over, by the mapping that its rule becomes."""
    return address("/moving/rule", id=mapping_id)


def console(region: str, rest: str) -> str:
    """A page of the AWS console."""
    host = next(
        (host for begins, host in _CONSOLES.items() if region.startswith(begins)),
        f"{region}.console.aws.amazon.com",
    )
    return f"https://{host}/{rest}"


_CONSOLES = {"cn-": "console.amazonaws.cn", "us-gov-": "console.amazonaws-us-gov.com"}


def log(region: str, group: str, term: str) -> str:
    """What a log group tells of the last day with this term in it, in the AWS console.

    The console escapes the parts of such an address twice, with $ for %.
    """
    named = quote(quote(group, safe=""), safe="").replace("%", "$")
    search = quote(f"?filterPattern={quote(json.dumps(term), safe='')}&start=-86400000", safe="")
    return console(
        region,
        f"cloudwatch/home?region={region}#logsV2:log-groups/log-group/{named}/log-events"
        + search.replace("%", "$"),
    )


def search(jql: str) -> str:
    """The issues that a JQL finds, below Jira's own address."""
    return address("/issues/", jql=jql)


def issue_by_id(issue_id: str) -> str:
    """An issue whose key is not known, below Jira's own address."""
    return address("/secure/ViewIssue.jspa", id=issue_id)


def host_of(url: str) -> str:
    """The host of a URL, with its port."""
    return urlsplit(url).netloc
