"""Reads PagerDuty's answers: an error body becomes one error of ours."""

from http import HTTPStatus

from pdjira.adapters.http.messages import Answer, Call, Site
from pdjira.errors import (
    Misconfigured,
    NotFound,
    PdjiraError,
    Refused,
    Side,
    Temporary,
    Unauthenticated,
)

_UNKNOWN = frozenset({2100, 5001})
_SO_ALREADY = frozenset({1001, 1002})
_ARGUMENTS = 2002
_FROM = frozenset({1008, 1028})
_LONGEST_MESSAGE = 500


def is_pagerduty_error(answer: Answer) -> bool:
    """Whether the body is PagerDuty's own `{"error": {"message", "code"}}`."""
    error = answer.object().get("error")
    return isinstance(error, dict) and bool(error.keys() & {"message", "code"})


def is_so_already(answer: Answer) -> bool:
    """Whether PagerDuty refuses a status because the incident has it: codes 1001 and 1002."""
    _, code = _said(answer)
    return not answer.ok and code in _SO_ALREADY


def is_open_already(answer: Answer) -> bool:
    """Whether an open incident has that key: code 2002, which stands for other things as well."""
    messages, code = _said(answer)
    return code == _ARGUMENTS and any("matching dedup key" in one.lower() for one in messages)


def read_object(answer: Answer, *, site: Site, call: Call) -> dict[str, object]:
    """The JSON object of a successful answer; anything else is raised as an error of ours.

    `Unauthenticated` for a key that is not accepted, `NotFound` for what PagerDuty does not know,
    `Misconfigured` for a From user that it does not know, else `Refused`.
    """
    if answer.redirects:
        raise Temporary(
            f"{site.label} sent {call.where} elsewhere; redirects are not followed.",
            cure="Check pagerduty.api_url in the connection secret.",
        )
    if not answer.ok:
        raise _refusal(answer, site, call)
    try:
        body = answer.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise call.lost(
            f"{site.label} answered {call.where} with something that is no JSON object.",
            cure="Check pagerduty.api_url in the connection secret, and what stands between.",
        )
    return body


def _refusal(answer: Answer, site: Site, call: Call) -> PdjiraError:
    messages, code = _said(answer)
    reason = " ".join(messages).rstrip(".") or "it gives no reason"
    if answer.status == HTTPStatus.UNAUTHORIZED:
        return Unauthenticated(
            f"{site.label} does not accept our API key.",
            cure="Enter a valid key as pagerduty.api_token; a key of the EU service region needs "
            "https://api.eu.pagerduty.com as pagerduty.api_url.",
            side=Side.PAGERDUTY,
        )
    if _is_from_problem(messages, code):
        return Misconfigured(
            f"{site.label} does not know the user of pagerduty.from_email: {reason}.",
            cure="Enter the e-mail address of an active PagerDuty user as pagerduty.from_email.",
        )
    if answer.status == HTTPStatus.NOT_FOUND or code in _UNKNOWN:
        return _unknown(answer, site, f"{call.where}: {reason}")
    if answer.is_failure:
        return Temporary(f"{site.label} failed at {call.where}: {reason}.")
    return Refused(
        f"{site.label} refused {call.where}: {reason}.",
        cure=_cure(answer, call),
        status=answer.status,
        messages=messages,
    )


def _cure(answer: Answer, call: Call) -> str | None:
    if answer.status == HTTPStatus.PAYMENT_REQUIRED:
        return "Ask PagerDuty for the plan that contains this, or leave the feature out."
    if answer.status == HTTPStatus.FORBIDDEN:
        right = "read this" if call.method == "GET" else "write incidents"
        return f"Use an API key with full access, or give its user the right to {right}."
    return None


def _unknown(answer: Answer, site: Site, what: str) -> PdjiraError:
    if answer.is_html:
        return Misconfigured(
            f"Nothing at {site.label} knows {what}: that is not PagerDuty's REST API.",
            cure="Check pagerduty.api_url in the connection secret.",
        )
    return NotFound(
        f"{site.label} knows nothing there for {what}.",
        cure="Check that it was not deleted, and that the API key is of the same account.",
    )


def _is_from_problem(messages: tuple[str, ...], code: object) -> bool:
    """Codes 1008 and 1028, or the text without a code that the header's absence gets."""
    return code in _FROM or any('"from" header' in message.lower() for message in messages)


def _said(answer: Answer) -> tuple[tuple[str, ...], object]:
    error = answer.object().get("error")
    if not isinstance(error, dict):
        return (), None
    errors = error.get("errors")
    parts = [error.get("message"), *(errors if isinstance(errors, list) else [])]
    messages = (" ".join(part.split())[:_LONGEST_MESSAGE] for part in parts if _is_text(part))
    return tuple(message for message in messages if message), error.get("code")


def _is_text(part: object) -> bool:
    return isinstance(part, str)
