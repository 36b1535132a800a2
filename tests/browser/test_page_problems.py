"""Problems and Health in every state, as people have them."""

import pytest
from playwright.sync_api import Page, expect

from pdjira.health.checks import Check, Status
from tests.browser.site import NOW, Serve, Served
from tests.builders import HIGHEST
from tests.scenes.trouble import RIGHTS, Trouble, a_stack

HOSTILE = (
    "No Jira issue (mapping ops-bug). <b>Jira</b> said: <script>alert(1)</script> "
    + "verylongword" * 17
    + ". What to do: <i>Mend</i> it."
)


def over(serve: Serve, story: Trouble) -> Served:
    """The pages over that stack, with what its own strip says."""
    strip = story.overview().strip(story.now)
    frame = {"strip": strip, "problems_count": strip.needing, "is_setup_done": True}
    return serve(story.problems(), story.health(), clock=story.clock, frame=frame)


def in_trouble() -> Trouble:
    """Some of everything."""
    story = a_stack(NOW)
    story.owe()
    story.refused(12)
    story.stuck()
    story.give_up(3, why="Given up after four days. Jira at jira.example.com answered 500.")
    story.pause(353)
    story.silent()
    story.saw(
        RIGHTS, Check(area="pagerduty", name="key", status=Status.OK, says="The key may read.")
    )
    return story


def cause_of(story: Trouble) -> str:
    """The address of the first cause."""
    attentions = story.overview().strip(story.now).attentions
    return next(one.to for one in attentions if "cause=" in one.to)


def test_problems_where_nothing_is_wrong(serve: Serve) -> None:
    story = a_stack(NOW)
    story.swept()
    story.saw()

    over(serve, story).hold("problems-none", "/problems")


def test_problems_by_their_causes(serve: Serve) -> None:
    story = a_stack(NOW)
    story.swept()
    story.refused(12)
    story.pause(353)
    story.saw()

    over(serve, story).hold("problems", "/problems", is_pictured=True)


def test_problems_of_every_kind(serve: Serve) -> None:
    over(serve, in_trouble()).hold("problems-much", "/problems")


@pytest.mark.parametrize("count", [1, 12, 200])
def test_a_cause_with_its_incidents(serve: Serve, count: int) -> None:
    story = a_stack(NOW)
    story.refused(count)

    site = over(serve, story)
    site.hold(f"problem-{count}", cause_of(story), is_pictured=count == 12)


def test_p26_what_a_side_said_is_text(serve: Serve) -> None:
    story = a_stack(NOW)
    story.refused(2, text=HOSTILE)
    story.give_up(1, why=HOSTILE)
    site = over(serve, story)

    for path in ("/problems", "/dead-letters", cause_of(story)):
        site.hold("problems-hostile", path)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_what_was_given_up(serve: Serve, count: int) -> None:
    story = a_stack(NOW)
    story.give_up(count, why="Given up after four days. Jira at jira.example.com answered 500.")

    over(serve, story).hold(f"dead-letters-{count}", "/dead-letters", is_pictured=count == 3)


@pytest.mark.parametrize("count", [0, 1, 500])
def test_what_is_paused(serve: Serve, count: int) -> None:
    story = a_stack(NOW)
    story.pause(count)

    over(serve, story).hold(f"paused-{count}", "/paused?id=urgent")


def test_a_few_that_are_paused(serve: Serve) -> None:
    story = a_stack(NOW)
    story.pause(0)
    for number in range(12):
        issue = story.world.issue(**HIGHEST, summary=f"Disk of db-{number + 1} is full")
        story.wait(int(issue["id"]) - 20_000)

    over(serve, story).hold("paused", "/paused?id=urgent", is_pictured=True)


def test_a_release_asks_and_asks_again_where_the_number_has_changed(serve: Serve) -> None:
    story = a_stack(NOW)
    story.pause(12)
    site = over(serve, story)
    numbers = iter(range(1_000, 9_999))

    def press(page: Page) -> None:
        page.goto(site.url("/paused/release?id=urgent"))
        story.wait(next(numbers))
        page.get_by_role("button", name="Release").click()
        expect(page.get_by_text("The number has changed")).to_be_visible()

    site.hold("release", "/paused/release?id=urgent", is_pictured=True)
    site.hold("release-again", press)


def test_health_where_all_is_fine(serve: Serve) -> None:
    story = a_stack(NOW)
    story.swept()
    story.saw(Check(area="jira", name="name", status=Status.OK, says="It has an address."))

    over(serve, story).hold("health-fine", "/health")


def test_health_that_nobody_has_asked_for(serve: Serve) -> None:
    over(serve, a_stack(NOW)).hold("health-unseen", "/health")


def test_health_with_what_fails_first(serve: Serve) -> None:
    story = a_stack(NOW)
    story.swept()
    story.refused(12)
    story.saw(
        RIGHTS, Check(area="pagerduty", name="key", status=Status.OK, says="The key may read.")
    )

    over(serve, story).hold("health", "/health", is_pictured=True)


def test_health_where_much_fails(serve: Serve) -> None:
    over(serve, in_trouble()).hold("health-much", "/health")


def test_a_recovery_is_said_on_its_page(serve: Serve) -> None:
    story = a_stack(NOW)
    story.swept()
    site = over(serve, story)

    def press(page: Page) -> None:
        page.goto(site.url("/health"))
        page.get_by_label("Read PagerDuty's log once more, from").select_option("24")
        page.get_by_role("button", name="Recover").click()
        expect(page.get_by_text("Recovering")).to_be_visible()

    site.hold("health-recovering", press)


def test_every_line_of_the_strip_leads_to_what_it_tells_of(serve: Serve) -> None:
    story = in_trouble()
    site = over(serve, story)

    for one in story.overview().strip(story.now).attentions:
        with site.page(one.to) as page:
            expect(page.get_by_role("heading", level=1)).to_be_visible()
            assert page.get_by_text("There is no such page").count() == 0, one.to
            _, _, anchor = one.to.partition("#")
            assert not anchor or page.locator(f"#{anchor}").count() == 1, one.to
