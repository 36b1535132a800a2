"""The site around the pages: who may ask, forms that are pressed once, and what failures show."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pdjira.errors import Misconfigured, NotThere, Temporary
from pdjira.model.signing import LINK_VALID, IncidentLink, incident_token
from pdjira.model.times import call_seconds
from pdjira.page.addresses import address
from pdjira.page.http import RETURN_COOKIE, SESSION_COOKIE, STORED, Assets
from pdjira.page.sessions import IDLE, LONGEST
from pdjira.page.web import (
    Access,
    Download,
    Fragment,
    Method,
    Page,
    Redirect,
    Request,
    Response,
    Route,
)
from tests.fakes.site import PREFIX, Routes, Visitors

SHOWN = Page(template="shown.html", title="Shown", values={"word": "well"})


def get(path: str, answer: Callable[[Request], Response], **more: Any) -> Route:
    return Route(method=Method.GET, path=path, answer=answer, **more)


def post(path: str, answer: Callable[[Request], Response], **more: Any) -> Route:
    return Route(method=Method.POST, path=path, answer=answer, **more)


class Counter:
    """Counts what was really done."""

    def __init__(self, *answers: Response | Exception) -> None:
        self.asked: list[Request] = []
        self._answers = list(answers) or [Redirect(to="/done")]

    def __call__(self, request: Request) -> Response:
        self.asked.append(request)
        answer = self._answers[min(len(self.asked), len(self._answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer


def visitors(*routes: Route, signed_in: bool = True, **parts: Any) -> Visitors:
    made = Visitors(pages=(Routes(given=routes),), **parts)
    if signed_in:
        made.sign_in()
        made.get("", again="1")
    return made


# ---- what is shown


def test_a_page_gets_its_values_and_what_every_template_is_given() -> None:
    browser = visitors(get("/why", lambda _: SHOWN))

    answer = browser.get("/why", q="1042")

    given = browser.renderer.given
    assert (answer.status, answer.body, answer.route) == (200, b"<shown.html>", "/why")
    assert (given["word"], given["title"], given["strip"]) == ("well", "Shown", "all well")
    assert (given["visitor"].name, given["here"], given["footer"]) == ("Ana", "/why", ("pdjira",))
    assert given["url"]("/job", id="a/b") == f"{PREFIX}/job?id=a%2Fb"


def test_a_fragment_a_download_and_a_redirect_are_what_they_are() -> None:
    file = Download(name="mappings ä.json", content_type="application/json", body=b"{}")
    browser = visitors(
        get("/part", lambda _: Fragment(template="part.html", values={"word": "part"})),
        get("/file", lambda _: file),
        get("/moved", lambda _: Redirect(to="/job?id=1")),
    )

    part = browser.get("/part")
    assert browser.renderer.given["word"] == "part"
    assert "strip" not in browser.renderer.given
    download, moved = browser.get("/file"), browser.get("/moved")
    assert part.body == b"<part.html>"
    assert download.headers["Content-Disposition"].endswith("mappings%20%C3%A4.json")
    assert (download.body, download.content_type) == (b"{}", "application/json")
    assert (moved.status, moved.headers["Location"]) == (303, f"{PREFIX}/job?id=1")


def test_half_of_a_character_as_vendors_tell_it_fails_no_page() -> None:
    """Monitoring tools cut titles anywhere, and JSON may spell the half of an emoji."""
    half = "Disk \ud83d"
    browser = visitors(
        get("/why", lambda _: Page(template=half, title=half)),
        get("/part", lambda _: Fragment(template=half)),
        get("/moved", lambda _: Redirect(to=address("/why", q=half))),
    )

    assert browser.get("/why").body == b"<Disk \\ud83d>"
    assert browser.renderer.given["url"]("/why", q=half).endswith("/why?q=Disk+%5Cud83d")
    assert browser.get("/part").body == b"<Disk \\ud83d>"
    assert browser.get("/moved").headers["Location"].endswith("/why?q=Disk+%5Cud83d")


def test_every_answer_bears_the_headers_of_a_page_that_trusts_nobody() -> None:
    browser = visitors(get("/why", lambda _: SHOWN))

    for path in ("/why", "/nowhere", "/static/abc/page.css"):
        headers = browser.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; ")
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
    assert browser.get("/why").headers["Cache-Control"] == "no-store"


def test_a_static_file_is_kept_for_ever_under_the_hash_of_all_of_them() -> None:
    browser = visitors(signed_in=False)

    found = browser.get("/static/abc/page.css")

    assert (found.status, found.body) == (200, b"body {}")
    assert found.content_type == "text/css; charset=utf-8"
    assert found.headers["Cache-Control"] == STORED["Cache-Control"]
    for other in ("/static/old/page.css", "/static/abc/passwd", "/static/abc/../page.css"):
        assert browser.get(other).status == 404
    assert Assets(hash_="h", files={}).find("") is None


# ---- who may ask


def test_a_click_from_another_site_is_sent_here_once_more_and_then_asked_to_sign_in() -> None:
    """The browser keeps a strict cookie back from the first click."""
    asked = Counter(SHOWN)
    browser = visitors(get("/why", asked), signed_in=False)

    first = browser.get("/why", q="1042")
    assert (first.status, browser.renderer.template) == (200, "again.html")
    assert browser.renderer.given["to"] == "/why?q=1042&again=1"
    second = browser.get("/why", q="1042", again="1")

    assert (second.status, browser.renderer.template) == (403, "sign_in.html")
    assert browser.renderer.given["visitor"] is None
    assert "strip" in browser.renderer.given
    assert asked.asked == []


@pytest.mark.parametrize("name", ["path", "self", "template", "again_"])
def test_an_address_may_hold_any_name_in_its_query(name: str) -> None:
    browser = visitors(get("/why", lambda _: SHOWN), signed_in=False)

    query: dict[str, Any] = {name: "x"}
    assert browser.get("/why", **query).status == 200
    assert browser.renderer.given["to"] == f"/why?{name}=x&again=1"
    assert browser.get("/why", **query, again="1").status == 403


def test_the_mark_of_the_second_try_is_none_of_the_pages_business() -> None:
    asked = Counter(SHOWN)
    browser = visitors(get("/why", asked))

    browser.get("/why", q="1042", again="1")

    assert asked.asked[0].query == {"q": "1042"}


def test_whoever_signs_in_comes_to_where_they_wanted_to_go() -> None:
    browser = visitors(get("/why", lambda _: SHOWN), signed_in=False)

    browser.get("/why", q="1042", again="1")
    browser.sign_in()

    assert browser.answer.headers["Location"] == f"{PREFIX}/why?q=1042"
    assert RETURN_COOKIE not in browser.cookies


@pytest.mark.parametrize("cookie", ["https%3A//evil.example", "evil", ""])
def test_no_cookie_leads_out_of_the_page(cookie: str) -> None:
    browser = visitors(signed_in=False, cookies={RETURN_COOKIE: cookie})

    browser.sign_in()

    assert browser.answer.headers["Location"] == PREFIX


def test_a_script_without_a_session_gets_no_page_to_put_into_the_page() -> None:
    browser = visitors(get("/why/sides", lambda _: SHOWN), signed_in=False)

    answer = browser.get("/why/sides", is_script=True)

    assert (answer.status, answer.body) == (403, b"")


def test_what_is_open_is_shown_to_anybody() -> None:
    browser = visitors(get("/open", lambda _: SHOWN, access=Access.OPEN), signed_in=False)

    assert browser.get("/open").body == b"<shown.html>"


def test_there_is_no_such_page() -> None:
    browser = visitors(post("/why/try", lambda _: SHOWN))

    assert browser.get("/nowhere").status == 404
    assert browser.get("/why/try").status == 404
    assert browser.renderer.template == "told.html"


# ---- sessions


@pytest.mark.parametrize(("uses", "apart"), [(1, IDLE), (24, timedelta(minutes=30))])
def test_p23_a_session_ends_an_hour_after_its_last_use_and_after_twelve_in_all(
    uses: int, apart: timedelta
) -> None:
    assert uses * apart in {IDLE, LONGEST}
    browser = visitors(get("/why", lambda _: SHOWN))

    for _ in range(uses - 1):
        browser.clock.now += apart
        assert browser.get("/why").status == 200
    browser.clock.now += apart

    assert browser.get("/why").status == 403
    assert browser.sessions.kept == {}


def test_a_use_is_stored_once_a_minute() -> None:
    browser = visitors(get("/why", lambda _: SHOWN))

    for seconds in (30, 29, 2, 30):
        browser.clock.forward(seconds=seconds)
        browser.get("/why")

    assert browser.sessions.uses == 1


def test_who_signs_out_is_signed_out_at_once() -> None:
    browser = visitors(get("/why", lambda _: SHOWN))
    cookie = browser.cookies[SESSION_COOKIE]

    answer = browser.post("/sign-out", browser.keys())

    assert answer.headers["Location"] == f"{PREFIX}/sign-in"
    assert SESSION_COOKIE not in browser.cookies
    browser.cookies[SESSION_COOKIE] = cookie
    assert browser.get("/why").status == 403


# ---- signing in


def test_p23_a_link_signs_in_once_by_its_button_alone() -> None:
    browser = visitors(signed_in=False)
    token = str(browser.links.link("Ana")["url"]).rpartition("=")[2]

    for _ in range(3):
        assert browser.get("/sign-in", token=token).status == 200
    keys = browser.keys()
    first = browser.post("/sign-in", keys, token=token)
    cookie = browser.cookies[SESSION_COOKIE]
    browser.cookies.clear()
    browser.get("/sign-in", token=token)
    stolen = browser.post("/sign-in", browser.keys(), token=token)

    assert (first.status, stolen.status) == (303, 403)
    assert browser.renderer.given["is_used"]
    assert SESSION_COOKIE not in browser.cookies
    assert "SameSite=Strict" in first.cookies[0]
    assert all(part in first.cookies[0] for part in ("; Secure", "; HttpOnly", "Path=/;"))
    assert first.cookies[0].startswith("__Host-")
    assert token not in cookie


def test_two_presses_of_the_button_sign_in_as_one() -> None:
    browser = visitors(signed_in=False)
    token = str(browser.links.link(None)["url"]).rpartition("=")[2]
    browser.get("/sign-in", token=token)
    keys = browser.keys()

    browser.post("/sign-in", keys, token=token)
    first = browser.cookies.pop(SESSION_COOKIE)
    browser.post("/sign-in", keys, token=token)
    assert browser.cookies[SESSION_COOKIE] == first
    browser.clock.forward(minutes=2)
    late = browser.post("/sign-in", keys, token=token)

    assert late.status == 403


def test_p23_a_link_that_is_older_than_15_minutes_admits_nobody() -> None:
    browser = visitors(signed_in=False)
    token = str(browser.links.link("Ana")["url"]).rpartition("=")[2]
    browser.get("/sign-in", token=token)

    browser.clock.forward(minutes=15)

    assert browser.post("/sign-in", browser.keys(), token=token).status == 403


def test_the_name_is_one_short_line() -> None:
    browser = visitors(signed_in=False)

    browser.links.link("  Ana\n of " + "x" * 500)
    browser.links.link("   ")
    names = [offer.name for offer in browser.tokens.offers.values()]

    assert names == [("Ana of " + "x" * 500)[:100], None]
    with pytest.raises(Misconfigured):
        browser.links.link(7)


# ---- forms


def test_p24_a_form_that_bears_no_key_of_ours_does_nothing() -> None:
    done = Counter()
    browser = visitors(post("/why/try", done))
    good = browser.keys()

    for keys in (
        {},
        {**good, "csrf": "x"},
        {**good, "form_key": "x.y"},
        {**good, "form_key": good["form_key"] + "é"},
    ):
        assert browser.post("/why/try", keys).status == 403
        assert browser.renderer.template == "told.html"
    assert done.asked == []


def test_a_form_is_done_once_however_often_it_is_pressed() -> None:
    done = Counter(Redirect(to="/job?id=1"), Redirect(to="/job?id=2"))
    browser = visitors(post("/why/try", done))
    keys = browser.keys()

    first, second = browser.post("/why/try", keys), browser.post("/why/try", keys)
    other = browser.post("/why/try", browser.keys())

    assert first.headers["Location"] == second.headers["Location"] == f"{PREFIX}/job?id=1"
    assert other.headers["Location"] == f"{PREFIX}/job?id=2"
    assert len(done.asked) == 2


def test_a_form_that_only_looks_something_up_looks_at_each_press() -> None:
    looked = Counter(Page(template="told.html", title="Found"))
    browser = visitors(post("/look", looked, runs_once=False))
    keys = browser.keys()

    browser.post("/look", keys)
    browser.post("/look", keys)

    assert len(looked.asked) == 2


def test_what_was_not_done_may_be_pressed_again() -> None:
    """A page as the answer says what is wrong; after an error nobody knows of an outcome."""
    wrong = Page(template="form.html", title="Form", status=200)
    done = Counter(wrong, Temporary("Not now."), ZeroDivisionError(), Redirect(to="/done"))
    browser = visitors(post("/mapping", done))
    keys = browser.keys()

    told = [browser.post("/mapping", keys).status for _ in range(4)]

    assert told == [200, 503, 500, 303]


def test_what_is_shown_once_is_not_shown_to_a_second_press() -> None:
    done = Counter(Page(template="once.html", title="Once", is_outcome=True))
    browser = visitors(post("/token", done))
    keys = browser.keys()

    browser.post("/token", keys)
    assert browser.renderer.template == "once.html"
    browser.post("/token", keys)

    assert browser.renderer.template == "told.html"
    assert len(done.asked) == 1


def test_a_second_press_waits_for_the_first_and_says_so_where_that_takes_long() -> None:
    done = Counter()
    browser = visitors(post("/why/try", done))
    keys = browser.keys()
    browser.presses.begin(
        keys["form_key"], by="other", at=browser.clock(), void=browser.clock() - LONGEST
    )

    browser.post("/why/try", keys)

    assert browser.renderer.given["title"] == "Still at work"
    assert 7 <= sum(browser.waited) <= 9
    browser.presses.end(keys["form_key"], outcome="to /there")
    assert browser.post("/why/try", keys).headers["Location"] == f"{PREFIX}/there"
    assert done.asked == []


def test_a_press_that_crashed_holds_nobody_up_for_ever() -> None:
    done = Counter()
    browser = visitors(post("/why/try", done))
    keys = browser.keys()
    browser.presses.begin(
        keys["form_key"], by="other", at=browser.clock(), void=browser.clock() - LONGEST
    )

    browser.clock.forward(seconds=46)

    assert browser.post("/why/try", keys).headers["Location"] == f"{PREFIX}/done"


def test_what_was_done_stays_done_though_its_outcome_could_not_be_stored() -> None:
    browser = visitors(post("/why/try", Counter()))
    browser.presses.faults.fail_next("presses.end", Temporary("Not now."))

    assert browser.post("/why/try", browser.keys()).status == 303


# ---- a session that ended between the form and its POST


def _ended(browser: Visitors, path: str, **typed: Any) -> dict[str, str]:
    """Fill in a form, and press after the session ended."""
    keys = browser.keys()
    browser.clock.forward(hours=2)
    assert browser.post(path, keys, **typed).status == 403
    return keys


def test_nothing_typed_is_lost_when_a_session_ends_but_secrets() -> None:
    done, filled = Counter(), Counter(SHOWN)
    browser = visitors(post("/connection", done, filled=filled))

    keys = _ended(browser, "/connection", name="Bug", **{"jira.auth.token": "s3cret"})
    assert browser.renderer.template == "session_ended.html"
    assert browser.renderer.given["typed"] == {"name": ["Bug"]}
    browser.sign_in()
    answer = browser.post("/connection", keys, name="Bug")

    assert (answer.status, browser.renderer.template) == (200, "shown.html")
    assert filled.asked[0].value("name") == "Bug"
    assert done.asked == []
    assert browser.post("/connection", browser.keys(), name="Bug").status == 303


def test_a_button_is_pressed_once_more_after_a_new_sign_in() -> None:
    done = Counter()
    browser = visitors(post("/why/try", done))

    keys = _ended(browser, "/why/try", incident="Q1")
    browser.sign_in()
    browser.post("/why/try", keys, incident="Q1")

    assert browser.renderer.template == "press_again.html"
    assert browser.renderer.given["typed"] == {"incident": ["Q1"]}
    assert done.asked == []


def test_p24_only_a_form_of_ours_comes_back_filled() -> None:
    browser = visitors(post("/mapping", Counter(), filled=Counter(SHOWN)))
    keys = browser.keys()
    browser.clock.forward(hours=2)

    forged = {**keys, "form_key": "random.forged"}

    assert browser.post("/mapping", forged, name="x").status == 403
    assert browser.renderer.template == "told.html"
    browser.sign_in()
    assert browser.post("/mapping", forged, name="x").status == 403


def test_keys_that_anybody_can_get_bring_no_form_back_filled() -> None:
    """Another site could put words of its own into the page, and have them pressed there."""
    done, filled = Counter(), Counter(SHOWN)
    browser = visitors(post("/mapping", done, filled=filled), post("/why/try", done))
    stranger = visitors(signed_in=False)
    stranger.get("/sign-in")
    keys = stranger.keys()

    for path in ("/mapping", "/why/try"):
        stranger.pages = browser.pages
        for one in (stranger, browser):
            assert one.post(path, keys, name="x").status == 403
            assert one.renderer.template == "told.html"
            assert "typed" not in one.renderer.given
    assert done.asked + filled.asked == []


@pytest.mark.parametrize("path", ["/sign-out", "/sign-in", "/why/try"])
def test_another_site_presses_no_button(path: str) -> None:
    done = Counter()
    browser = visitors(post("/why/try", done))
    browser.get("", again="1")
    cookies, keys = dict(browser.cookies), browser.keys()

    answer = browser.post(path, keys, is_foreign=True)

    assert (answer.status, browser.renderer.template) == (403, "told.html")
    assert (browser.cookies, done.asked) == (cookies, [])
    assert browser.post("/why/try", keys).status == 303


# ---- failures


@pytest.mark.parametrize(
    ("error", "status", "says"),
    [
        (Temporary("DynamoDB is busy."), 503, "DynamoDB is busy."),
        (Misconfigured("The secret is empty.", cure="Fill it."), 500, "The secret is empty."),
        (ZeroDivisionError("s3cret"), 500, None),
    ],
)
def test_a_page_that_fails_says_so_with_the_request_and_the_log(
    error: Exception, status: int, says: str | None
) -> None:
    browser = visitors(get("/why", Counter(error)))

    answer = browser.get("/why")

    given = browser.renderer.given
    assert (answer.status, browser.renderer.template) == (status, "failed.html")
    assert given.get("says") == says
    assert given["log"] == f"https://logs/{given['request_id']}"
    assert answer.error is error
    assert "s3cret" not in str({name: given[name] for name in ("title", "says") if name in given})


def test_a_failure_is_told_even_where_no_page_can_be_shown() -> None:
    browser = visitors(get("/why", lambda _: SHOWN))
    browser.renderer.fails = ZeroDivisionError("a template")

    answer = browser.get("/why")

    assert (answer.status, answer.content_type) == (500, "text/plain; charset=utf-8")
    assert answer.body.startswith(b"This page failed. The sync does not depend on it. Request")
    assert isinstance(answer.error, ZeroDivisionError)


def test_a_table_that_does_not_answer_is_no_page_but_a_sentence() -> None:
    browser = visitors(get("/why", lambda _: SHOWN))
    browser.sessions.faults.fail_next("sessions.find", Temporary("DynamoDB is busy."))

    assert browser.get("/why").status == 503


def test_a_request_knows_its_last_value_without_blanks() -> None:
    browser = visitors(post("/x", done := Counter()))
    browser.post("/x", browser.keys(), name="  Bug ")

    request = done.asked[0]
    assert (request.value("name"), request.value("other")) == ("Bug", "")
    assert replace(request, form={"name": []}).value("name") == ""
    assert request.visitor is not None
    assert request.visitor.session not in repr(request.visitor)


# ---- the address in a note


def _token(browser: Visitors, **changes: Any) -> str:
    link = IncidentLink(incident_id="Q1", until=browser.clock() + LINK_VALID)
    return incident_token(browser.site().forms.signer, replace(link, **changes))


def test_a_token_shows_its_incident_to_whoever_has_it_and_nothing_else() -> None:
    asked, secret = Counter(SHOWN), Counter(SHOWN)
    browser = visitors(
        get("/why", asked, access=Access.INCIDENT_LINK),
        get("/health", secret),
        post("/why/try", secret),
        signed_in=False,
    )
    token = _token(browser)

    assert browser.get("/why", t=token, q="Q2", again="1").status == 200
    assert browser.get("/health", t=token, again="1").status == 403
    assert browser.post("/why/try", browser.keys(), incident="Q1").status == 403

    (request,) = asked.asked
    assert request.incident is not None
    assert (request.incident.incident_id, dict(request.query)) == ("Q1", {})
    assert request.visitor is None
    assert secret.asked == []


def test_a_token_that_is_over_or_forged_asks_for_a_sign_in() -> None:
    asked = Counter(SHOWN)
    browser = visitors(get("/why", asked, access=Access.INCIDENT_LINK), signed_in=False)

    assert browser.get("/why", t=_token(browser, until=browser.clock())).status == 403
    assert browser.renderer.template == "link_ended.html"
    assert browser.get("/why", t="forged").status == 403
    assert browser.renderer.template == "told.html"
    assert browser.get("/why", q="Q1", again="1").status == 403
    assert browser.renderer.template == "sign_in.html"
    assert asked.asked == []


def test_links_that_are_switched_off_show_nothing_though_they_were_given_before() -> None:
    asked = Counter(SHOWN)
    browser = visitors(get("/why", asked, access=Access.INCIDENT_LINK), signed_in=False)
    browser.are_links_open = False

    assert browser.get("/why", t=_token(browser), again="1").status == 403
    assert browser.renderer.given["title"] == "Links in notes are switched off."
    assert asked.asked == []


def test_whoever_is_signed_in_needs_no_token() -> None:
    asked = Counter(SHOWN)
    browser = visitors(get("/why", asked, access=Access.INCIDENT_LINK))

    browser.get("/why", t=_token(browser), q="Q2")

    assert asked.asked[0].incident is None
    assert asked.asked[0].query["q"] == "Q2"


def test_no_call_to_a_side_is_waited_for_longer_than_the_request_may_take() -> None:
    seconds: list[float] = []

    def ask(_request: Request) -> Response:
        seconds.append(call_seconds())
        return SHOWN

    browser = visitors(get("/lists/services", ask))
    browser.time_left = 9.0

    assert browser.get("/lists/services").status == 200
    browser.time_left = 1.5

    assert browser.get("/lists/services").status == 503
    assert seconds == [7.0]


def test_whoever_names_what_there_is_not_is_told_and_nothing_has_failed() -> None:
    def find(_request: Request) -> Response:
        raise NotThere(f"There is no mapping {'x' * 1_000}.", cure="Look at the list.")

    browser = visitors(post("/x", find))

    answer = browser.post("/x", browser.keys())

    assert (answer.status, answer.error) == (404, None)
    assert browser.renderer.given["title"] == "There is no such thing"
    assert len(browser.renderer.given["says"]) == 301
    assert browser.renderer.given["cure"] == "Look at the list."
