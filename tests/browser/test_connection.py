"""The pages of setup and connection in a browser, in every state."""

import json
from typing import Any

from playwright.sync_api import Page, expect

from pdjira.connection.checklist import Milestones
from pdjira.connection.form import put
from pdjira.errors import Temporary
from pdjira.health.webhooks import Proof
from tests.browser.looks import Way, settled
from tests.browser.site import NOW, QUIET_FRAME, Serve, Served
from tests.builders import FakeClock, a_mapping
from tests.fakes.health import Patient
from tests.scenes.connecting import JWT, TREE, ConnectionSite, SetupSite
from tests.world import World

UNFINISHED = {**QUIET_FRAME, "strip": None, "is_setup_done": False}
SCRIPTLESS = Way(name="scriptless", has_script=False)


def a_site(tree: dict[str, Any] | None = None) -> ConnectionSite:
    return ConnectionSite(tree=TREE if tree is None else tree, clock=FakeClock(NOW))


def a_setup(tree: dict[str, Any], *, is_mapped: bool = True) -> SetupSite:
    world = World(a_mapping(enabled=is_mapped), clock=FakeClock(NOW))
    return SetupSite(tree=tree, world=world)


def pressed(served: Served, button: str, **typed: str) -> Any:
    """Opens the form, fills it in, and presses a button of it."""

    def go(page: Page) -> None:
        page.goto(served.url("/connection"))
        for name, value in typed.items():
            page.locator(f"[name='{name.replace('__', '.')}']").fill(value)
        page.get_by_role("button", name=button).click()
        expect(page.locator(".notice, .summary, .once").first).to_be_visible()

    return go


# ---- setup


def test_setup_of_a_fresh_stack(serve: Serve) -> None:
    serve(a_setup({}, is_mapped=False).page, frame=UNFINISHED).hold(
        "setup-fresh", "/setup", is_pictured=True
    )


def test_setup_half_way(serve: Serve) -> None:
    site = a_setup(JWT)
    site.token.make()
    site.webhook.make()

    serve(site.page, frame=UNFINISHED).hold("setup", "/setup")


def test_setup_that_is_done_and_one_that_is_broken(serve: Serve) -> None:
    done = a_setup(TREE)
    done.record.reach(Milestones(webhook=NOW, test=NOW, incident=NOW))
    serve(done.page).hold("setup-done", "/setup")
    broken = a_setup(TREE)
    broken.patient.way.fails["certificate_ends"] = Temporary(
        "Jira at jira.example.com could not be reached: its chain is incomplete.", cure="Send it."
    )
    serve(broken.page, frame=UNFINISHED).hold("setup-broken", "/setup")


def test_a_line_turns_green_by_itself(serve: Serve) -> None:
    site = a_setup(TREE)
    made = site.webhook.make()
    with serve(site.page, frame=UNFINISHED).page("/setup") as page:
        expect(page.get_by_text("Waiting for the ping, usually")).to_be_visible()
        expect(page.get_by_text("1 Jira and PagerDuty")).to_be_visible()

        site.log.prove(Proof.SIGNATURE, NOW, of=made.id)

        expect(page.get_by_text("Waiting for the ping, usually")).to_have_count(0)
        expect(page.locator("#said")).to_have_text("3 of 5 done")


# ---- connection


def test_the_form_of_a_fresh_stack(serve: Serve) -> None:
    served = serve(a_site({}).page, frame=UNFINISHED)

    served.hold("connection-fresh", "/connection")
    served.hold(
        "connection-wrong", pressed(served, "Save and connect", jira__url="jira.example.com")
    )


def test_the_form_of_a_stack_that_works(serve: Serve) -> None:
    site = a_site()
    made = site.page.webhook.make()
    site.log.prove(Proof.SIGNATURE, NOW, of=made.id)

    serve(site.page).hold("connection", "/connection", is_pictured=True)


def test_the_form_with_a_token_that_signs_and_a_secret_that_is_replaced(serve: Serve) -> None:
    site = a_site(JWT)
    made = site.page.webhook.make()
    site.page.webhook.rotate(made.id)
    site.token.make()

    serve(site.page).hold("connection-jwt", "/connection")


def test_a_webhook_that_is_off_or_whose_secret_is_not_stored(serve: Serve) -> None:
    site = a_site()
    site.pagerduty.add(is_disabled=True)
    site.pagerduty.add(is_active=False, service_id="PSERVICE")
    site.pagerduty.add()

    serve(site.page).hold("connection-webhook-off", "/connection")


def test_without_a_webhook_one_is_made_and_a_silent_pagerduty_is_told(serve: Serve) -> None:
    site = a_site()
    with serve(site.page).page("/connection") as page:
        page.get_by_role("button", name="Make the webhook").click()
        expect(page.get_by_text("The webhook is made")).to_be_visible()
        expect(page.get_by_text("Waiting for the ping, usually")).to_be_visible()
        site.pagerduty._pagerduty.authenticated = False
        page.reload()
        expect(page.get_by_text("Authentication failed")).to_be_visible()


def test_what_somebody_else_changed_meanwhile_is_told(serve: Serve) -> None:
    site = a_site()
    served = serve(site.page)

    def overtaken(page: Page) -> None:
        page.goto(served.url("/connection"))
        site.secret.write(json.dumps({**TREE, "by": page.url}))
        page.get_by_role("button", name="Save and connect").click()
        expect(page.get_by_text("Yours was not saved")).to_be_visible()

    served.hold("connection-overtaken", overtaken)


def test_a_changed_host_asks_for_its_token_again(serve: Serve) -> None:
    served = serve(a_site().page)
    with served.page("/connection") as page:
        page.get_by_label("Address", exact=False).first.fill("https://other.example.com")
        page.get_by_role("button", name="Save and connect").click()

        expect(page.locator(".summary")).to_be_focused()
        expect(page).to_have_title("Error: Connection - pdjira")
        page.locator(".summary a").click()
        expect(page.get_by_role("textbox", name="Access token")).to_be_focused()


def test_what_was_typed_is_tried_line_by_line(serve: Serve) -> None:
    site = a_site()
    site.patient.way.fails["certificate_ends"] = Temporary(
        "Jira at jira.example.com could not be reached: its chain is incomplete: Example CA 2, "
        "which issued its certificate, is missing.",
        cure="Have the server send the certificate of Example CA 2 as well.",
    )
    served = serve(site.page)

    served.hold("connection-tried", pressed(served, "Test only"))


def test_each_line_appears_as_its_check_ends(serve: Serve) -> None:
    served = serve(a_site().page)

    def saved(page: Page) -> None:
        page.goto(served.url("/connection/test?saved=1"))
        if page.evaluate("document.documentElement.className") == "js":
            expect(page.get_by_text("That was all.")).to_be_visible()

    served.hold("connection-test", saved, is_pictured=True)
    with served.page("/connection/test", SCRIPTLESS) as page:
        page.get_by_role("link", name="Look").click()
        expect(page.get_by_text("PagerDuty: Changing incidents")).to_be_visible()


def test_missing_rights_are_there_to_copy(serve: Serve) -> None:
    site = a_site()
    site.patient.world.jira.model.world.revoke("pagerduty", "CREATE_ISSUES", project="OPS")

    serve(site.page).hold("connection-rights", "/connection/test")


def test_m2_a_new_token_is_shown_once_and_jira_takes_it(serve: Serve) -> None:
    site = a_site(JWT)
    served = serve(site.page)

    def made(page: Page) -> None:
        page.goto(served.url("/connection"))
        page.get_by_role("button", name="Make a new token").click()
        expect(page.get_by_label("Token for Jira")).to_have_value("a-new-token-that-nobody-knows")

    served.hold("connection-token", made)
    with served.page("/connection") as page:
        made(page)
        expect(page.locator("#content").get_by_text("Jira does not take it yet")).to_be_visible()
        site.jira.taken.add("a-new-token-that-nobody-knows")
        expect(page.locator("#content").get_by_text("it is in force")).to_be_visible()


def test_the_address_for_jiras_webhook_is_shown_once(serve: Serve) -> None:
    served = serve(a_site().page)

    served.hold("connection-jira-webhook", pressed(served, "Make an address"))


def test_the_users_of_the_key_are_offered_while_one_types(serve: Serve) -> None:
    served = serve(a_site({}).page, frame=UNFINISHED)
    with served.page("/connection") as page:
        page.get_by_label("API key").fill("new-key")
        page.get_by_label("From user").focus()

        expect(page.locator("#users option")).to_have_attribute("value", "ada@example.com")


def test_only_the_inputs_of_the_chosen_way_to_sign_in_are_shown(serve: Serve) -> None:
    with serve(a_site().page).page("/connection") as page:
        expect(page.get_by_role("textbox", name="Access token")).to_be_visible()
        expect(page.get_by_role("textbox", name="Password")).to_be_hidden()

        page.get_by_label("Name and password").check()

        expect(page.get_by_role("textbox", name="Access token")).to_be_hidden()
        expect(page.get_by_role("textbox", name="Password")).to_be_visible()


def test_names_and_texts_of_others_are_text(serve: Serve) -> None:
    site = a_site()
    hostile = json.loads(json.dumps(TREE))
    put(hostile, "jira.url", value="https://jira.example.com/<b>" + "x" * 200)
    site.secret.write(json.dumps(hostile))
    long = Temporary("<b>bold</b> " + "y" * 200, cure="<script>alert(1)</script>")
    site.patient = Patient(site.patient.world, "secret")
    site.patient.way.fails["addresses"] = long

    served = serve(site.page)
    served.hold("connection-hostile", pressed(served, "Test only"))


def test_a_page_that_was_tried_once_is_not_asked_again_on_its_own(serve: Serve) -> None:
    site = a_site()
    with serve(site.page).page("/connection/test") as page:
        expect(page.get_by_text("That was all.")).to_be_visible()
        settled(page)
        tried = len(site.tried)
        page.wait_for_timeout(1_500)

        assert len(site.tried) == tried
