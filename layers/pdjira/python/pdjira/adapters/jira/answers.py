"""Reads Jira's answers: what it says in each of its four error shapes becomes one error of ours."""

from collections import abc
from collections.abc import Callable, Iterator
from http import HTTPStatus

from pdjira.adapters.http.messages import Answer, Call, Site, retry_after
from pdjira.adapters.jira.sign_in import SignIn, anonymous_problem, is_anonymous, sign_in_problem
from pdjira.errors import Misconfigured, NotFound, PdjiraError, Refused, Temporary, Unstorable
from pdjira.text.plain_text import has_supplementary

_LONGEST_MESSAGE = 500

_GATEWAY = ("Gateway: ", "The gateway ")

_OTHER_PATH = "REST version 2 only"


def is_jira_error(answer: Answer) -> bool:
    """Whether the body is an error of Jira's own, not one of a gateway in between."""
    body = answer.object()
    return bool(body.keys() & {"errorMessages", "errors"}) or {"message", "status-code"} <= set(
        body
    )


def read_object(
    answer: Answer, sign_in: SignIn, *, site: Site, call: Call, anonymous: bool = False
) -> dict[str, object]:
    """The JSON object of a successful answer; anything else is raised as an error of ours.

    A token that Jira does not know gets many answers as `anonymous` would, with status 200 and
    fewer rows: only the header X-AUSERNAME tells. With `anonymous` such an answer is taken.

    `Unauthenticated` where Jira or something before it wants a sign-in, also under status 200;
    `Refused` and `NotFound` as Jira says; `Misconfigured` where no Jira answers at that URL.
    """
    check(answer, sign_in, site=site, call=call, anonymous=anonymous)
    try:
        body = answer.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise call.lost(
            f"{site.label} answered {call.where} with something that is no JSON object.",
            cure=f"Check that {site.url} is Jira's base URL, and what stands between.",
        )
    return body


def check(
    answer: Answer, sign_in: SignIn, *, site: Site, call: Call, anonymous: bool = False
) -> None:
    """Raises what `read_object` raises where the answer is no success, whatever its body."""
    problem = sign_in_problem(answer, sign_in, site=site, call=call)
    if problem is None and not anonymous and is_anonymous(answer):
        problem = anonymous_problem(answer, sign_in, site=site)
    problem = problem or _refusal(answer, site, call)
    if problem is not None:
        raise problem


def check_stored(answer: Answer, call: Call) -> None:
    """Raises `Unstorable` where Jira failed at storing what a database may not hold.

    That is Jira's own 500, as at any failure within it: what was sent makes the difference.
    """
    is_failure = answer.status == HTTPStatus.INTERNAL_SERVER_ERROR and is_jira_error(answer)
    if is_failure and has_supplementary(call.body):
        messages, fields = said(answer)
        raise Unstorable(
            f"Jira failed at {call.where} ({_joined(messages, fields)}); its database may "
            "not hold a character in it, an emoji for instance.",
            cure="Let Jira's database hold all of Unicode (utf8mb4), or take the character out.",
            status=answer.status,
            messages=messages,
            fields=fields,
        )


def said(answer: Answer) -> tuple[tuple[str, ...], dict[str, str]]:
    """What an error body says: in general, and of single fields by id.

    Takes `{"errorMessages", "errors"}`, `{"message", "status-code"}`, and the list of errors that a
    bulk call gives; pages and plain text hold nothing that is meant for people here.
    """
    body = answer.object()
    messages = [_text(message) for message in _list(body.get("errorMessages"))]
    fields: dict[str, str] = {}
    errors = body.get("errors")
    for part in [errors] if isinstance(errors, abc.Mapping) else _list(errors):
        if isinstance(part, abc.Mapping):
            fields.update({str(name): _text(problem) for name, problem in part.items()})
    if isinstance(body.get("message"), str):
        messages.append(_text(body["message"]))
    return tuple(message for message in messages if message), fields


def _refusal(answer: Answer, site: Site, call: Call) -> PdjiraError | None:
    if answer.ok:
        return None
    if b"XSRF check failed" in answer.body[:4096]:
        return _refused(
            answer,
            f"{site.label} took {call.where} for a browser's (XSRF check failed).",
            cure="A proxy before Jira must leave the header User-Agent as it is.",
        )
    messages, fields = said(answer)
    if messages and messages[0].startswith(_GATEWAY):
        return _stopped_by_gateway(messages[0], site, call)
    if answer.status in _BY_STATUS:
        return _BY_STATUS[answer.status](answer, site, call)
    if answer.is_failure and not fields:
        return Temporary(
            f"{site.label} failed at {call.where}: {_joined(messages, fields)}.",
            cure="Look into Jira's own log for that time.",
        )
    return _refused(answer, f"{site.label} refused {call.where}: {_joined(messages, fields)}.")


def _stopped_by_gateway(message: str, site: Site, call: Call) -> Misconfigured:
    """What `docs/gateway` refuses before Jira hears of it, in Jira's shape but its own words."""
    cure = "Look for these words in the table of docs/gateway/README.md."
    if _OTHER_PATH in message:
        cure = (
            "Correct the path in jira.url in the connection secret: it must be the gateway's "
            "PDJIRA_JIRA_CONTEXT (/jira, for instance)."
        )
    return Misconfigured(
        f"The gateway before {site.label} refused {call.where}: {message.rstrip('.')}.", cure=cure
    )


def _missing(answer: Answer, site: Site, call: Call) -> PdjiraError:
    if not is_jira_error(answer):
        return Misconfigured(
            f"Nothing at {site.label} knows {call.where}, and what says so may not be Jira: that "
            "is not the answer of Jira's REST API.",
            cure="Check jira.url in the connection secret, with its path (/jira, for instance).",
        )
    messages, fields = said(answer)
    return NotFound(
        f"{site.label} knows nothing there for {call.where}, or does not show it to our account: "
        f"{_joined(messages, fields)}.",
        cure="Check that it exists and that our Jira account may see it (Browse Projects).",
    )


def _forbidden(answer: Answer, site: Site, call: Call) -> PdjiraError:
    wait = retry_after(answer)
    if wait:
        return Temporary(
            f"{site.label} blocks our account by its rate limit at {call.where}.",
            cure="Exempt the account in Jira's rate limiting, or raise its limit.",
            retry_after=wait,
        )
    if answer.is_html:
        return _refused(
            answer,
            f"{site.label}, or something before it, refused {call.where} with a web page.",
            cure="Let the proxy or firewall before Jira pass calls to /rest/.",
        )
    messages, fields = said(answer)
    return _refused(
        answer,
        f"{site.label} does not allow our account {call.where}: {_joined(messages, fields)}.",
        cure="Give our Jira account the right that this needs.",
    )


_BY_STATUS: abc.Mapping[int, Callable[[Answer, Site, Call], PdjiraError]] = {
    HTTPStatus.NOT_FOUND: _missing,
    HTTPStatus.FORBIDDEN: _forbidden,
}


def _refused(answer: Answer, says: str, *, cure: str | None = None) -> Refused:
    messages, fields = said(answer)
    return Refused(says, cure=cure, status=answer.status, messages=messages, fields=fields)


def _joined(messages: tuple[str, ...], fields: abc.Mapping[str, str]) -> str:
    parts = [*messages, *(f"{name}: {problem}" for name, problem in fields.items())]
    return " ".join(parts).rstrip(".") or "it gives no reason"


def _text(message: object) -> str:
    return " ".join(str(message).split())[:_LONGEST_MESSAGE]


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else []


MOST_PAGES = 100
"""At 100 rows a page these are the 10,000 that Jira shows of any search."""


def listed(answer: Answer, call: Call) -> list[object]:
    """The JSON array of a successful answer. Raises `Temporary` where it is none."""
    try:
        body = answer.json()
    except ValueError:
        body = None
    if not isinstance(body, list):
        raise Temporary(f"Jira answered {call.where} with something that is no list.")
    return body


def rows(page: abc.Mapping[str, object], *names: str) -> list[abc.Mapping[str, object]]:
    """The objects of a page under the first of `names` that it has.

    Server and Data Center name the rows of create metadata `values`, Cloud and some versions'
    documents `fields`, and there they may be an object by field id.
    """
    for name in names:
        found = page.get(name)
        if isinstance(found, abc.Mapping):
            found = [{"fieldId": key, **row} for key, row in found.items() if _is_object(row)]
        if isinstance(found, list):
            return [row for row in found if _is_object(row)]
    return []


def pages_of(what: str) -> Iterator[int]:
    """Counts the pages of a list. Raises `Temporary` where it has more than any list of Jira's."""
    yield from range(MOST_PAGES)
    raise Temporary(
        f"Jira gave {MOST_PAGES} pages of {what}, and no end of them.",
        cure="Check what answers in Jira's place: a proxy may repeat one page.",
    )


def is_last(page: abc.Mapping[str, object], *, read: int, new: int) -> bool:
    """Whether no page follows, `read` rows after all and `new` ones on this page.

    A short page means nothing, since Jira caps pages silently: the total does, or an empty page.
    A page that tells neither is taken for the only one.
    """
    if new == 0 or page.get("isLast") is True:
        return True
    total = page.get("total")
    return read >= total if isinstance(total, int) else page.get("isLast") is not False


def _is_object(row: object) -> bool:
    return isinstance(row, abc.Mapping)
