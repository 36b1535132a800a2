"""Why an incident did not sync: in every state, and what its buttons do."""

from collections.abc import Callable
from datetime import timedelta

from playwright.sync_api import Page, expect

from pdjira.model.mapping import Conditions
from pdjira.model.signing import LINK_VALID, IncidentLink, Signer, incident_token
from pdjira.page.why import WhyPage
from tests.browser.looks import settled
from tests.browser.site import NOW, Serve, Served
from tests.builders import FakeClock, a_mapping
from tests.sandbox.pagerduty.seed import RESPONDER
from tests.world import World

TITLE = "Checkout error rate above 5 % on <b>web-7</b>"

SIGNER = Signer(secret=lambda: "the secret of links")


def a_world() -> World:
    """Three mappings of Checkout: one is refused, one does not want it, one is off."""
    world = World(
        a_mapping(name="Create Bug (OPS)"),
        a_mapping(
            id="database", name="Database team", conditions=Conditions(title_matches="*database*")
        ),
        a_mapping(id="off", name="Earlier rule", enabled=False),
        clock=FakeClock(NOW - timedelta(minutes=7)),
    )
    world.jira.model.set_required("10100", "10001", "customfield_10001", required=True)
    return world


def refused(world: World) -> str:
    incident = world.trigger(TITLE)
    world.work()
    world.clock.now = NOW
    return incident


def served(serve: Serve, world: World, *, work: Callable[[], None] = lambda: None) -> Served:
    numbers = iter(range(1_000))
    why = WhyPage(
        explain=world.explain(),
        requests=world.requests_of_people(lambda: str(next(numbers))),
        log_of=lambda incident_id: f"https://console.aws.amazon.com/cloudwatch/?{incident_id}",
        wait=lambda _seconds: work(),
        signer=SIGNER,
        kept=lambda _key, read: read(),
    )
    return serve(why, clock=world.clock)


def test_an_incident_that_is_refused_says_why_and_what_to_do(serve: Serve) -> None:
    world = a_world()
    incident = refused(world)
    site = served(serve, world)

    site.hold("why", f"/why?q={incident}", is_pictured=True)


def test_an_incident_that_is_in_step_says_where(serve: Serve) -> None:
    world = World(a_mapping(), clock=FakeClock(NOW - timedelta(minutes=7)))
    incident = world.trigger(TITLE)
    world.work()
    world.clock.now = NOW
    site = served(serve, world)

    site.hold("why-linked", f"/why?q={incident}")


def test_the_box_finds_it_by_number_and_without_a_script_by_a_link(serve: Serve) -> None:
    world = a_world()
    incident = refused(world)
    number = world.pagerduty.model.incident(incident).number
    site = served(serve, world)

    def ask(page: Page) -> None:
        page.goto(site.url("/why"))
        page.get_by_role("textbox").first.fill(str(number))
        page.get_by_role("button", name="Explain").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(f"Incident {number} has no issue")
        link = page.get_by_role("link", name="See what they say")
        if link.is_visible():
            link.click()
        expect(page.get_by_text("Refused", exact=True)).to_be_visible()

    site.hold("why-by-number", ask)


def test_what_is_none_and_nothing_at_all_are_said(serve: Serve) -> None:
    site = served(serve, a_world())

    site.hold("why-empty", "/why")
    site.hold("why-none", "/why?q=%3F%3F")
    site.hold("why-unknown", "/why?q=OPS-99")


def test_trying_again_after_the_cure_shows_the_issue(serve: Serve) -> None:
    world = a_world()
    incident = refused(world)
    site = served(serve, world, work=lambda: _work(world))
    world.jira.model.set_required("10100", "10001", "customfield_10001", required=False)

    with site.page(f"/why?q={incident}") as page:
        page.get_by_role("button", name="Try again").click()

        settled(page)
        expect(page.get_by_role("heading", name=" has OPS-1")).to_be_visible()
        expect(page.locator("#content").get_by_text("Done", exact=True)).to_be_visible()


def test_what_takes_longer_turns_by_itself(serve: Serve) -> None:
    world = a_world()
    incident = refused(world)
    site = served(serve, world)

    with site.page(f"/why?q={incident}") as page:
        page.get_by_role("button", name="Try again").click()
        expect(page.locator("#content").get_by_text("Trying again", exact=True)).to_be_visible()
        world.work()

        expect(page.locator("#content").get_by_text("Refused again", exact=True)).to_be_visible(
            timeout=10_000
        )


def test_an_issue_that_a_person_has_to_ask_for_is_made_now(serve: Serve) -> None:
    world = World(a_mapping(create_issue="manual"), clock=FakeClock(NOW))
    incident = world.trigger(TITLE)
    world.work()
    world.pagerduty.model.acknowledge(incident, by=RESPONDER)
    site = served(serve, world, work=lambda: _work(world))

    site.hold("why-manual", f"/why?q={incident}")
    with site.page(f"/why?q={incident}") as page:
        page.get_by_role("button", name="Create the issue now").click()

        expect(page.get_by_role("heading", name=" has OPS-1")).to_be_visible()


def test_the_reader_of_a_note_sees_why_without_an_account(serve: Serve) -> None:
    world = a_world()
    incident = refused(world)
    site = served(serve, world)
    for until, name in ((NOW + LINK_VALID, "why-read"), (NOW, "why-link-ended")):
        token = incident_token(SIGNER, IncidentLink(incident_id=incident, until=until))

        site.stranger.hold(name, site.url(f"/why?t={token}"))
    with site.stranger.page() as page:
        token = incident_token(SIGNER, IncidentLink(incident_id=incident, until=NOW + LINK_VALID))
        page.goto(site.url(f"/why?t={token}"))
        expect(page.get_by_role("button")).to_have_count(0)
        expect(page.get_by_role("link", name="Log")).to_have_count(0)


def _work(world: World) -> None:
    world.work()
