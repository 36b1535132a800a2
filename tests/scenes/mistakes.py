"""What people do wrong, row by row: the mistake, what is said of it, and the step that mends it.

A step does what the cure says and nothing else.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from tests.builders import ACTION_TOKEN, WEBHOOK_SECRET
from tests.functional.mending import OUR_HOOK, Bench
from tests.sandbox.faults import FaultKind
from tests.sandbox.jira.seed import OUR_ACCOUNT, OUR_PASSWORD, OUR_TOKEN
from tests.sandbox.pagerduty.events import SUBSCRIBABLE
from tests.sandbox.pagerduty.seed import (
    API_TOKEN,
    CHECKOUT,
    PAYMENTS,
    READ_ONLY_TOKEN,
    SYNC_EMAIL,
)

Act = Callable[[Bench], object]


class Look(Enum):
    """Where a person reads what is wrong."""

    HEALTH = "health"
    VERDICT = "check-mapping"
    NOTE = "a note on the incident"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """A row: `says` and `cure` stand in what is told, and `where` is all that is blamed.

    `where` is the area and name of a check, the key of the item, or `note`; `follows` are checks
    that fail for the same reason and say it in their own words. After the step of a
    note's cure the incident is brought into step.
    """

    name: str
    look: Look
    where: str
    says: str
    cure: str
    makes: Act
    step: Act
    follows: tuple[str, ...] = ()


def both(*acts: Act) -> Act:
    def act(bench: Bench) -> None:
        for one in acts:
            one(bench)

    return act


# ---- the connection secret

SECRET = "jira/secret"
PAT = {"mode": "pat", "token": OUR_TOKEN}
BASIC = {"mode": "basic", "username": OUR_ACCOUNT, "password": OUR_PASSWORD}
IN_SECRET = "in the connection secret"


def entered(
    path: str,
    wrong: object,
    right: object,
    *,
    says: str,
    where: str = SECRET,
    cure: str = IN_SECRET,
) -> Mistake:
    """A wrong value in the secret, and the right one."""
    return Mistake(
        name=f"{path} is {wrong!r}",
        look=Look.HEALTH,
        where=where,
        says=says,
        cure=cure,
        makes=lambda bench: bench.enter(path, wrong),
        step=lambda bench: bench.enter(path, right),
    )


def addressed(
    change: Callable[[str], str],
    *,
    says: str,
    where: str,
    cure: str = IN_SECRET,
    of: str = "jira.url",
) -> Mistake:
    """A wrong URL in the secret, and the right one."""
    side, _, key = of.partition(".")
    return Mistake(
        name=f"{of} is {change('http://HOST')}",
        look=Look.HEALTH,
        where=where,
        says=says,
        cure=cure,
        makes=lambda bench: bench.enter(of, change(bench.secret[side][key])),
        step=lambda bench: bench.enter(of, bench.before),
    )


def pasted(
    name: str,
    change: Callable[[str], str],
    *,
    says: str,
    where: str = SECRET,
    cure: str = IN_SECRET,
    follows: tuple[str, ...] = (),
) -> Mistake:
    """A secret whose text is wrong, and the right one."""
    return Mistake(
        name=name,
        look=Look.HEALTH,
        where=where,
        says=says,
        cure=cure,
        makes=lambda bench: bench.paste(change(json.dumps(bench.secret, indent=1))),
        step=lambda bench: bench.paste(json.dumps(bench.secret)),
        follows=follows,
    )


def _misspelt(right: str, wrong: str) -> Callable[[str], str]:
    return lambda text: text.replace(f'"{right}"', f'"{wrong}"', 1)


OF_THE_SECRET = [
    pasted("a comma is missing", lambda text: text.replace(",", "", 1), says="JSON"),
    pasted("the secret is a list", lambda text: f"[{text}]", says="JSON object"),
    pasted(
        "pagerduty is misspelt",
        _misspelt("pagerduty", "pager_duty"),
        says="pager_duty was probably meant to be that",
    ),
    pasted("jira is misspelt", _misspelt("jira", "Jira"), says="jira"),
    pasted("jira.url is misspelt", _misspelt("url", "URL"), says="jira.url"),
    pasted("api_token is misspelt", _misspelt("api_token", "apitoken"), says="pagerduty.api_token"),
    entered("jira.auth", {}, PAT, says="jira.auth.mode must be one of jwt, pat and basic"),
    entered("jira.auth.mode", "token", "pat", says="jira.auth.mode must be one of"),
    entered("jira.auth", {"mode": "pat"}, PAT, says="jira.auth.token"),
    entered("jira.auth.token", " ", OUR_TOKEN, says="jira.auth.token is empty"),
    entered("jira.auth.token", f"Bearer {OUR_TOKEN}", OUR_TOKEN, says="jira.auth.token holds"),
    entered("jira.auth", {**BASIC, "username": "a:b"}, PAT, says="jira.auth.username"),
    entered("jira.ca_pem", "no certificate", None, says="jira.ca_pem"),
    entered("pagerduty.api_token", "", API_TOKEN, says="pagerduty.api_token is empty"),
    entered("pagerduty.from_email", "sync", SYNC_EMAIL, says="from_email is not an e-mail"),
    entered("pagerduty.from_email", "ä@example.com", SYNC_EMAIL, says="from_email holds"),
    entered("pagerduty.webhook_secrets", "x", [WEBHOOK_SECRET], says="webhook_secrets must be a"),
    entered(
        "pagerduty.webhook_secrets",
        [],
        [WEBHOOK_SECRET],
        where="webhooks/secrets",
        says="No webhook secret is configured",
        cure="Put the secret that PagerDuty showed",
    ),
    addressed(lambda url: url.removeprefix("http://"), where=SECRET, says="jira.url must begin"),
    addressed(lambda url: url.replace("http", "ftp"), where=SECRET, says="jira.url must begin"),
    addressed(lambda url: url + "?x=1", where=SECRET, says="jira.url must not contain a query"),
    addressed(
        lambda url: url.replace("//", "//me:word@"),
        where=SECRET,
        says="jira.url must not contain a user name",
    ),
]

SIGN_IN = [
    entered(
        "jira.auth.token",
        "x" * 20,
        OUR_TOKEN,
        where="jira/sign-in",
        says="personal access token",
        cure="enter it as jira.auth.token",
    ),
    entered(
        "jira.auth",
        {**BASIC, "password": "wrong"},
        BASIC,
        where="jira/sign-in",
        says="user name and password",
        cure="jira.auth",
    ),
    entered(
        "jira.auth",
        {"mode": "jwt", "user": OUR_ACCOUNT},
        PAT,
        where="jira/sign-in",
        says="the token that we signed",
        cure="AuthTokenSecret",
    ),
    entered(
        "pagerduty.api_token",
        "no-such-key-00000000",
        API_TOKEN,
        where="pagerduty/key",
        says="does not accept our API key",
        cure="Enter a valid key as pagerduty.api_token",
    ),
    entered(
        "pagerduty.api_token",
        READ_ONLY_TOKEN,
        API_TOKEN,
        where="pagerduty/notes",
        says="The API key may not add notes",
        cure="Use an API key with full access",
    ),
    entered(
        "pagerduty.from_email",
        "gone@example.com",
        SYNC_EMAIL,
        where="pagerduty/from user",
        says="PagerDuty has no user with the address in pagerduty.from_email",
        cure="Put the address of an active PagerDuty user into pagerduty.from_email",
    ),
]

# ---- the network


def failing(
    name: str,
    *,
    says: str,
    cure: str,
    where: str = "jira/version",
    side: str = "jira",
    **fault: Any,
) -> Mistake:
    """What stands before a side answers, until somebody has it let our calls through."""
    return Mistake(
        name=name,
        look=Look.HEALTH,
        where=where,
        says=says,
        cure=cure,
        makes=lambda bench: getattr(bench.stack, side).faults.add(
            FaultKind.STATUS, times=None, **fault
        ),
        step=lambda bench: getattr(bench.stack, side).faults.clear(),
    )


def _page(title: str) -> dict[str, Any]:
    return {
        "body": f"<html><title>{title}</title></html>",
        "headers": {"Content-Type": "text/html"},
    }


NETWORK = [
    addressed(
        lambda _: "http://jira.invalid",
        where="jira/name",
        says="its name could not be resolved",
        cure="Check the host in the URL",
    ),
    addressed(
        lambda _: "http://127.0.0.1:1",
        where="jira/connection",
        says="it refused the connection",
        cure="the port in the URL",
    ),
    addressed(
        lambda url: f"{url}/jira",
        where="jira/version",
        says="may not be Jira",
        cure="Check jira.url in the connection secret, with its path",
    ),
    addressed(
        lambda url: f"{url}/secure/Dashboard.jspa",
        where=SECRET,
        says="must be Jira's base URL: leave /secure/Dashboard.jspa out",
    ),
    addressed(
        lambda _: "http://127.0.0.1:1",
        of="pagerduty.api_url",
        where="pagerduty/key",
        says="PagerDuty at 127.0.0.1 could not be reached",
        cure="the port in the URL",
    ),
    addressed(
        lambda _: "http://api.pagerduty.invalid",
        of="pagerduty.api_url",
        where="pagerduty/key",
        says="its name could not be resolved",
        cure="Check the host in the URL",
    ),
    Mistake(
        name="Jira was stopped",
        look=Look.HEALTH,
        where="jira/connection",
        says="it refused the connection",
        cure="Check that it runs",
        makes=lambda bench: bench.stack.jira.stop(),
        step=lambda bench: bench.stack.jira.start(),
    ),
    failing(
        "Jira starts up", status=503, body="busy", says="is not ready", cure="once more in a minute"
    ),
    failing("a limiter is before Jira", status=429, says="slow down", cure="once more in a minute"),
    failing(
        "a proxy without Jira", status=502, says="502", cure="Jira is up", **_page("Bad gateway")
    ),
    failing(
        "a page to log in",
        where="jira/sign-in",
        status=200,
        says="log in",
        cure="single sign-on",
        **_page("Log in"),
    ),
    failing(
        "a way to log in",
        where="jira/sign-in",
        status=302,
        headers={"Location": "https://sso.example.com/"},
        says="sso.example.com",
        cure="single sign-on",
    ),
    failing("a firewall", status=403, says="before it", cure="firewall", **_page("Blocked")),
    failing(
        "PagerDuty fails",
        side="pagerduty",
        where="pagerduty/key",
        status=500,
        says="500 from PagerDuty",
        cure="PagerDuty is up",
    ),
]

# ---- versions


def _told_as(version: list[int], kind: str) -> dict[str, Any]:
    text = ".".join(map(str, version))
    return {"version": text, "versionNumbers": version, "deploymentType": kind}


VERSIONS = [
    failing(
        "a Jira that is too old",
        path="serverInfo",
        status=200,
        body=_told_as([7, 1, 9], "Server"),
        says="is a Jira 7.1.9",
        cure="Update Jira to 7.2 or later",
    ),
    failing(
        "Jira Cloud",
        path="serverInfo",
        status=200,
        body=_told_as([1001, 0, 0], "Cloud"),
        says="is Jira Cloud",
        cure="URL of a Jira Server or Data Center",
    ),
    Mistake(
        name="a personal access token for a Jira that has none",
        look=Look.HEALTH,
        where="jira/sign-in",
        says="knows no personal access tokens",
        cure="Set jira.auth.mode to basic",
        makes=lambda bench: bench.stack.jira.model.install("7.2"),
        step=lambda bench: bench.enter("jira.auth", BASIC),
    ),
    Mistake(
        name="a password for a Jira that takes none",
        look=Look.HEALTH,
        where="jira/sign-in",
        says="Basic authentication is off",
        cure="Use a personal access token",
        makes=both(
            lambda bench: bench.stack.jira.model.install("11.3"),
            lambda bench: bench.enter("jira.auth", BASIC),
        ),
        step=lambda bench: bench.enter("jira.auth", PAT),
    ),
    Mistake(
        name="so many wrong passwords that Jira asks for a CAPTCHA",
        look=Look.HEALTH,
        where="jira/sign-in",
        says="asks for a CAPTCHA",
        cure="Sign in once by browser as that account and solve it",
        makes=both(
            lambda bench: bench.stack.jira.model.install("9.12"),
            lambda bench: setattr(bench.world.users[OUR_ACCOUNT], "failed_logins", 3),
            lambda bench: bench.enter("jira.auth", BASIC),
        ),
        step=lambda bench: setattr(bench.world.users[OUR_ACCOUNT], "failed_logins", 0),
    ),
]

# ---- PagerDuty's webhook


def subscribed(name: str, *, says: str, cure: str, wrong: object, right: object) -> Mistake:
    """A key of our subscription, wrong and right."""
    return Mistake(
        name=f"the webhook's {name}",
        look=Look.HEALTH,
        where="webhooks/subscriptions",
        says=says,
        cure=cure,
        makes=lambda bench: setattr(bench.subscription, name, wrong),
        step=lambda bench: setattr(bench.subscription, name, right),
    )


WEBHOOK = [
    subscribed("active", wrong=False, right=True, says="switched off", cure="Switch it on"),
    subscribed(
        "url",
        wrong="https://example.com/elsewhere",
        right=OUR_HOOK,
        says="No webhook subscription has a URL",
        cure="PagerDutyWebhookUrl",
    ),
    subscribed(
        "filter",
        wrong={"type": "service_reference", "id": PAYMENTS},
        right={"type": "service_reference", "id": CHECKOUT},
        says="No webhook subscription is for the service Checkout",
        cure="correct its scope",
    ),
    subscribed(
        "events",
        wrong=["incident.triggered"],
        right=list(SUBSCRIBABLE),
        says="not subscribed to: incident.acknowledged",
        cure="its events",
    ),
    Mistake(
        name="a mapping by hand without a button",
        look=Look.HEALTH,
        where="webhooks/buttons",
        says="no pagerduty.action_token is set",
        cure="Set pagerduty.action_token",
        makes=both(
            lambda bench: bench.enter("pagerduty.action_token"),
            lambda bench: bench.save(create_issue="manual"),
        ),
        step=lambda bench: bench.enter("pagerduty.action_token", ACTION_TOKEN),
    ),
]

MISTAKES = [*OF_THE_SECRET, *SIGN_IN, *NETWORK, *VERSIONS, *WEBHOOK]
