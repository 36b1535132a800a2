"""What people do wrong between us and both sides: certificates, keys, clocks and deliveries."""

import datetime as dt
import json
from collections.abc import Callable
from contextlib import closing
from functools import cache, partial
from urllib.parse import urlsplit

import trustme

from tests.builders import ACTION_TOKEN, JIRA_WEBHOOK_TOKEN, WEBHOOK_SECRET
from tests.functional.mending import Bench
from tests.functional.tls_front import TlsFront
from tests.sandbox.jira.seed import OUR_ACCOUNT, OUR_PASSWORD, OUR_TOKEN
from tests.sandbox.pagerduty.records import Token
from tests.sandbox.pagerduty.seed import API_TOKEN
from tests.sandbox.pagerduty.server import PagerDutyServer
from tests.scenes.mistakes import Act, Look, Mistake, addressed, both, entered, pasted

HOST = "localhost"


@cache
def authority() -> trustme.CA:
    """A private authority, as companies have one."""
    return trustme.CA()


def a_certificate(
    host: str = HOST, *, begins: dt.datetime | None = None, ends: dt.datetime | None = None
) -> trustme.LeafCert:
    """One of that authority."""
    return authority().issue_cert(host, not_before=begins, not_after=ends)


def pem() -> str:
    """The authority's own certificate."""
    return authority().cert_pem.bytes().decode()


# ---- certificates


def fronted(bench: Bench, *, trusted: bool = True) -> TlsFront:
    """A front that speaks https before Jira, which the secret names from now on."""
    front = TlsFront(urlsplit(bench.stack.jira.url).port or 0)
    bench.afterwards.enter_context(closing(front))
    front.show(a_certificate())
    bench.enter("jira.ca_pem", pem() if trusted else None)
    bench.enter("jira.url", f"https://{HOST}:{front.port}")
    bench.before = front
    return front


def certified(
    name: str,
    shows: Callable[[TlsFront], object],
    *,
    says: str,
    cure: str,
    step: Act | None = None,
    trusted: bool = True,
) -> Mistake:
    """A certificate that is not accepted; without another step it is renewed."""
    return Mistake(
        name=name,
        look=Look.HEALTH,
        where="jira/certificate",
        says=says,
        cure=cure,
        makes=lambda bench: shows(fronted(bench, trusted=trusted)),
        step=step or (lambda bench: bench.before.show(a_certificate())),
    )


def _self_signed(bench: Bench) -> None:
    front = fronted(bench)
    bench.told_pem = front.show_self_signed(HOST)


def _at(year: int) -> dt.datetime:
    return dt.datetime(year, 1, 1, tzinfo=dt.UTC)


def _soon() -> dt.datetime:
    return dt.datetime.now(dt.UTC) + dt.timedelta(days=10)


CERTIFICATES = [
    certified(
        "a private authority that the secret does not name",
        lambda _: None,
        trusted=False,
        says="its authority is a private one",
        cure="add the private authority to ca_pem",
        step=lambda bench: bench.enter("jira.ca_pem", pem()),
    ),
    certified(
        "the certificate of another authority",
        lambda front: front.show(trustme.CA().issue_cert(HOST)),
        says="its authority is a private one",
        cure="Give the server its whole chain, or add the private authority to ca_pem",
    ),
    certified(
        "a certificate that has expired",
        lambda front: front.show(a_certificate(begins=_at(2020), ends=_at(2021))),
        says="its certificate has expired",
        cure="Renew the server's certificate",
    ),
    certified(
        "a certificate of the future",
        lambda front: front.show(a_certificate(begins=_at(2090), ends=_at(2091))),
        says="its certificate is not valid yet",
        cure="Check the server's clock and its certificate",
    ),
    certified(
        "a certificate that ends soon",
        lambda front: front.show(a_certificate(ends=_soon())),
        says="Its certificate is trusted, but ends on",
        cure="Renew the server's certificate",
    ),
    certified(
        "a certificate for another host",
        lambda front: front.show(a_certificate("127.0.0.1")),
        says="its certificate is for another host",
        cure="Enter the URL with the host that the certificate names",
        step=lambda bench: bench.enter("jira.url", f"https://127.0.0.1:{bench.before.port}"),
    ),
    Mistake(
        name="a self-signed certificate",
        look=Look.HEALTH,
        where="jira/certificate",
        says="its certificate is self-signed and not trusted",
        cure="Add the certificate to ca_pem",
        makes=_self_signed,
        step=lambda bench: bench.enter("jira.ca_pem", bench.told_pem),
    ),
    Mistake(
        name="http for a port that speaks https",
        look=Look.HEALTH,
        where="jira/version",
        says="broke off the connection",
        cure="If that port speaks https, enter the URL with https.",
        makes=both(
            fronted,
            lambda bench: bench.enter("jira.url", bench.secret["jira"]["url"].replace("s:", ":")),
        ),
        step=lambda bench: bench.enter("jira.url", bench.before),
    ),
    Mistake(
        name="https for a port that speaks http",
        look=Look.HEALTH,
        where="jira/certificate",
        says="what answers on that port does not speak https",
        cure="Enter the URL with the port on which it speaks https",
        makes=both(
            fronted,
            lambda bench: bench.enter(
                "jira.url", bench.stack.jira.url.replace("http://127.0.0.1", f"https://{HOST}")
            ),
        ),
        step=lambda bench: bench.enter("jira.url", bench.before),
    ),
]

# ---- URLs


def _another_region(bench: Bench) -> None:
    """PagerDuty's other region, which knows none of our keys."""
    other = bench.afterwards.enter_context(PagerDutyServer())
    other.model.tokens.clear()
    bench.enter("pagerduty.api_url", other.url)


def _with(page: str, url: str) -> str:
    return f"{url}{page}"


URLS = [
    *(
        addressed(
            partial(_with, page),
            where="jira/secret",
            says=f"must be Jira's base URL: leave {page} out",
        )
        for page in ("/rest/api/2", "/browse/OPS-1", "/login.jsp")
    ),
    addressed(
        lambda url: f"{url}/v2",
        of="pagerduty.api_url",
        where="pagerduty/key",
        says="knows nothing there for GET /incidents",
        cure="Check pagerduty.api_url in the connection secret",
    ),
    Mistake(
        name="the API of another region",
        look=Look.HEALTH,
        where="pagerduty/key",
        says="does not accept our API key",
        cure="https://api.eu.pagerduty.com as pagerduty.api_url",
        makes=_another_region,
        step=lambda bench: bench.enter("pagerduty.api_url", bench.stack.pagerduty.url),
    ),
]

# ---- who we are


def _by_keys(text: str) -> str:
    """As Secrets Manager stores it where each side is a value under Key/value."""
    return json.dumps({key: json.dumps(side) for key, side in json.loads(text).items()})


BASIC = {"mode": "basic", "username": OUR_ACCOUNT, "password": OUR_PASSWORD}


def narrow(path: str, *, where: str, says: str, look: Look = Look.HEALTH) -> Mistake:
    """An API key that may not read something."""

    def makes(bench: Bench) -> None:
        key = "a-narrow-key-of-twenty"
        bench.stack.pagerduty.model.tokens[key] = Token(value=key, forbidden=(path,))
        bench.enter("pagerduty.api_token", key)

    return Mistake(
        name=f"an API key that may not read {path}",
        look=look,
        where=where,
        says=says,
        cure="Use an API key with full access",
        makes=makes,
        step=lambda bench: bench.enter("pagerduty.api_token", API_TOKEN),
    )


KEYS = [
    narrow("/incidents", where="pagerduty/key", says="may not read incidents"),
    narrow("/log_entries", where="pagerduty/log entries", says="may not read log entries"),
    narrow("/users", where="pagerduty/from user", says="may not read users"),
    narrow(
        "/webhook_subscriptions",
        where="webhooks/subscriptions",
        says="may not read webhook subscriptions",
    ),
    narrow("/services", look=Look.VERDICT, where="service", says="refused GET /services"),
    entered(
        "jira.auth",
        {**BASIC, "username": f"{OUR_ACCOUNT}@example.com"},
        BASIC,
        where="jira/sign-in",
        says="does not accept our user name and password",
        cure="Use the name you sign in with as jira.auth.username",
    ),
    entered(
        "jira.auth",
        {"mode": "basic", "user": OUR_ACCOUNT, "password": OUR_PASSWORD},
        BASIC,
        says="jira.auth.user was probably meant to be that",
    ),
    entered(
        "jira.auth",
        {"mode": "pat", "password": "x" * 20},
        BASIC,
        says="jira.auth.password was probably meant to be that",
    ),
    entered("jira.auth.token", f'"{OUR_TOKEN}"', OUR_TOKEN, says="characters that no token has"),
    pasted(
        "each side typed as the value of a key",
        _by_keys,
        says="pagerduty must be an object",
        cure="in the tab Plaintext",
    ),
    pasted("a byte order mark", lambda text: f"\ufeff{text}", says="an invisible byte order mark"),
    pasted("fenced JSON", lambda text: f"```json\n{text}\n```", says="line 1, column 1"),
    pasted("single quotes", lambda text: text.replace('"', "'"), says="the straight double one"),
    pasted("twice", lambda text: f"{text}\n{text}", says="something follows its end"),
]

# ---- what proves a delivery

WRONG = "another-secret-of-somebody"


def refused(
    name: str,
    *,
    where: str,
    says: str,
    cure: str,
    makes: Act,
    step: Act,
    enters: str,
    right: object,
) -> Mistake:
    """A delivery that is refused, and comes again once what proves it was entered."""
    wrong = [WRONG] if isinstance(right, list) else WRONG
    return Mistake(
        name=name,
        look=Look.HEALTH,
        where=where,
        says=says,
        cure=cure,
        makes=both(lambda bench: bench.enter(enters, wrong), makes),
        step=both(lambda bench: bench.enter(enters, right), step),
    )


DELIVERIES = [
    refused(
        "the signing secret of another webhook",
        where="webhooks/deliveries",
        says="1 delivery refused at",
        cure="Put the secret of PagerDuty's webhook into pagerduty.webhook_secrets",
        enters="pagerduty.webhook_secrets",
        right=[WEBHOOK_SECRET],
        makes=Bench.deliver,
        step=Bench.deliver,
    ),
    Mistake(
        name="a button with another token",
        look=Look.HEALTH,
        where="webhooks/presses",
        says="1 press of a button refused at",
        cure="Write the text of pagerduty.action_token into the header X-Action-Token",
        makes=lambda bench: bench.press(WRONG),
        step=lambda bench: bench.press(ACTION_TOKEN),
    ),
    Mistake(
        name="a webhook of Jira with another token",
        look=Look.HEALTH,
        where="webhooks/jira webhook",
        says="1 delivery of Jira refused at",
        cure="Enter in Jira's webhook the output JiraWebhookUrl with a slash and "
        "jira.webhook_token at the end",
        makes=lambda bench: bench.tell_of_jira(WRONG),
        step=lambda bench: bench.tell_of_jira(JIRA_WEBHOOK_TOKEN),
    ),
]

# ---- clocks


def _wrong_by(minutes: int) -> Act:
    def act(bench: Bench) -> None:
        jira, right = bench.stack.jira.model, bench.stack.clock
        jira.clock = lambda: right() + dt.timedelta(minutes=minutes)

    return act


CLOCKS = [
    Mistake(
        name=f"a clock of Jira that is {minutes} minutes off",
        look=Look.HEALTH,
        where="jira/clock",
        says=way,
        cure="set its clock by a time server (NTP)",
        makes=_wrong_by(minutes),
        step=_wrong_by(0),
    )
    for minutes, way in ((12, "ahead of ours"), (-12, "behind ours"))
]

MISTAKES = [*CERTIFICATES, *URLS, *KEYS, *DELIVERIES, *CLOCKS]
