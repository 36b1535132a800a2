"""Problems by cause, what was given up, what is paused and owed, as pages without HTML."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pdjira.admin.problem_jobs import REDRIVE, TRY_AGAIN
from pdjira.errors import Misconfigured, Temporary
from pdjira.model.issue import IssueRef
from pdjira.page.strip import Kind
from pdjira.page.web import Fragment, Method, Page, Redirect, Request, Response
from tests.asking import answer_of
from tests.builders import HIGHEST, a_link
from tests.scenes.trouble import RIGHTS, Trouble, a_stack
from tests.world import JIRA_URL


def ask(story: Trouble, path: str, method: Method = Method.GET, **given: str) -> Response:
    pages = (*story.problems().routes(), *story.health().routes())
    return answer_of(pages, method, path, story.now, **given)


def page(story: Trouble, path: str, method: Method = Method.GET, **given: str) -> Page:
    answer = ask(story, path, method, **given)
    assert isinstance(answer, Page)
    return answer


def values(story: Trouble, path: str, **given: str) -> Any:
    return page(story, path, Method.GET, **given).values


def headings(story: Trouble) -> Sequence[str]:
    shown = values(story, "/problems")
    return [one.heading for one in (*shown["problems"], *shown["waiting"])]


def test_where_nothing_is_wrong_there_is_no_problem() -> None:
    story = a_stack()
    story.swept()

    shown = values(story, "/problems")

    assert (shown["problems"], shown["waiting"], shown["owing"]) == ([], [], [])
    assert story.overview().strip(story.now).needing == 0


def test_incidents_are_told_by_what_keeps_them() -> None:
    story = a_stack()
    story.refused(12)
    story.stuck()

    first, second = values(story, "/problems")["problems"]

    assert first.heading == "12 incidents have no issue (Create Bug (OPS))"
    assert first.says.startswith("Jira requires the field Incident number")
    assert first.cure == 'Press "Fill the field".'
    assert first.since == story.now - timedelta(minutes=55)
    assert [one.words for one in first.buttons] == ["Try all 12 again", "Fill the field"]
    assert first.more.words == "Show the 12"
    assert second.heading == "Incident 1007 is not in step with OPS-7 (Create Bug (OPS))"
    assert next(one.words for one in second.buttons) == "Try again"


def test_strip_count_front_page_problems_and_health_agree() -> None:
    story = a_stack()
    story.refused(3)
    story.give_up(2)
    story.pause(20)
    story.owe()
    story.silent()
    story.saw(RIGHTS)

    strip = story.overview().strip(story.now)
    shown = values(story, "/problems")

    assert [one.says for one in strip.attentions] == [
        one.heading for one in story.overview().found()
    ]
    assert strip.needing == len(shown["problems"]) == 5
    assert [one.heading for one in shown["waiting"]] == ["Jira: project OPS does not answer"]
    assert len(values(story, "/health")["faults"]) == len(strip.attentions) == 6


def test_a_side_that_does_not_let_us_in_needs_somebody_and_names_the_next_try() -> None:
    story = a_stack()
    story.silent(None, failures=0)

    (one,) = story.overview().strip(story.now).attentions

    assert (one.kind, one.says) == (Kind.BROKEN, "Jira does not let us in")
    assert one.until == story.now + timedelta(minutes=12)


def test_the_strip_tells_of_the_last_event_and_the_last_poll() -> None:
    story = a_stack()
    story.swept()
    before = story.overview().strip(story.now)
    incident = story.world.trigger()
    story.world.work()
    story.clock.forward(seconds=1)
    story.world.hear(incident, story.world.pagerduty.model.incident(incident).notes[0].id)
    story.world.work()

    strip = story.overview().strip(story.now)

    assert before.last_webhook is None
    assert strip.last_webhook == story.now
    assert strip.last_poll == story.now - timedelta(seconds=41)


@pytest.mark.parametrize("method", ["activities.of_day", "leases.latest"])
def test_a_time_that_cannot_be_read_is_left_out_of_the_strip(method: str) -> None:
    story = a_stack()
    story.world.plan.fail_next(method, Temporary("Throttled."), times=9)

    strip = story.overview().strip(story.now)

    assert (strip.last_webhook, strip.last_poll) == (None, None)


def test_more_than_can_be_read_is_counted() -> None:
    story = a_stack()
    story.refused(230)

    assert headings(story)[-1] == "30 more incidents lack something that was refused"


def test_what_is_told_is_read_once_for_a_request() -> None:
    story = a_stack()
    story.refused(2)
    overview = story.overview()
    story.world.plan.calls.clear()

    overview.strip(story.now)
    overview.found()
    overview.names()

    assert story.world.plan.calls.count("seen.last") == 1
    assert story.world.plan.calls.count("open_links.refused") == 1


def test_where_names_cannot_be_read_ids_stand_for_them() -> None:
    story = a_stack()
    story.refused(2)
    story.silent()
    overview = story.overview()
    overview.stand()
    story.world.plan.fail_next("mappings.in_force", Temporary("Throttled."))

    assert [one.heading for one in overview.found()] == [
        "2 incidents have no issue (ops-bug)",
        "Jira: project 10100 does not answer",
    ]


def test_a_long_sentence_is_cut_in_the_strip_and_whole_below() -> None:
    story = a_stack()
    says = "Our account lacks " + "many rights and " * 20 + "more."
    story.saw(replace(RIGHTS, says=says))

    (problem,) = story.overview().found()
    (line,) = story.overview().strip(story.now).attentions

    assert len(line.says) <= 90
    assert line.says.endswith("…")
    assert problem.says == says


def test_issues_that_one_cause_keeps_from_following_are_told_together() -> None:
    story = a_stack()
    story.stuck()
    (link,) = story.world.links.links
    text = "OPS-8 stays in Open. Jira has no way to Resolved. What to do: Add a transition."
    notice = replace(link.notices["status-7"], text=text)
    other = replace(
        link,
        incident_id="QOTHER",
        issue=IssueRef(id="10508", key="OPS-8"),
        notices={"status-7": notice},
        version=0,
    )
    story.world.links.save(other)

    (problem,) = story.overview().found()

    assert problem.heading == "2 incidents are not in step with their issues (Create Bug (OPS))"
    assert problem.says == "Jira has no way to Resolved."


def test_a_cause_is_found_among_other_faults() -> None:
    story = a_stack()
    story.saw(RIGHTS)
    story.refused(1)
    to = story.overview().strip(story.now).attentions[-1].to

    answer = page(story, "/problem", cause=to.rpartition("=")[2])

    assert answer.title == "Incident 1042 has no issue"


# ---- one cause


def test_a_cause_shows_its_incidents_each_with_its_issue() -> None:
    story = a_stack()
    story.refused(2)
    story.stuck()
    causes = [one.buttons[0].given["cause"] for one in values(story, "/problems")["problems"]]

    several, one = (values(story, "/problem", cause=cause) for cause in causes)

    assert [row["name"] for row in several["rows"]] == ["1042", "1043"]
    assert several["rows"][0]["issue"] is None
    assert one["rows"][0]["in_jira"] == "https://jira.example.com/browse/OPS-7"
    assert several["copied_text"] == ""
    assert one["mending"].to == "/mapping?id=ops-bug"
    assert several["mending"].to == "/mapping?id=ops-bug&read=anew#custom_fields"


def test_an_issue_is_named_without_a_link_where_jira_is_not_connected() -> None:
    story = a_stack()
    story.stuck()
    (problem,) = values(story, "/problems")["problems"]
    pages = story.problems()

    def unknown() -> str:
        raise Misconfigured("No Jira.")

    object.__setattr__(pages, "jira_url", unknown)
    (route,) = [one for one in pages.routes() if one.path == "/problem"]
    answer = route.answer(
        Request(
            method=Method.GET,
            path="/problem",
            now=story.now,
            request_id="r",
            query={"cause": problem.buttons[0].given["cause"]},
        )
    )

    assert isinstance(answer, Page)
    rows: Any = answer.values["rows"]
    assert [row["in_jira"] for row in rows] == [None]


@pytest.mark.parametrize("method", [Method.GET, Method.POST])
def test_a_cause_that_is_over_says_so(method: Method) -> None:
    story = a_stack()
    path = "/problem" if method is Method.GET else "/problem/try"
    for stuck in (False, True):
        if stuck:
            story.refused(1)

        answer = page(story, path, method, cause="gone")

        assert answer.values["word"] == "Over"


def test_all_of_a_cause_are_tried_again_as_a_job() -> None:
    story = a_stack()
    story.refused(12)
    (problem,) = values(story, "/problems")["problems"]
    cause = problem.buttons[0].given["cause"]

    answer = ask(story, "/problem/try", Method.POST, cause=cause)

    assert answer == Redirect(to="/job?id=job-1")
    job = story.desk().find("job-1")
    assert (job.kind, job.by, job.title) == (
        TRY_AGAIN,
        "Ana",
        "Try again: 12 incidents have no issue",
    )
    assert len(job.asked["incidents"]) == 12  # type: ignore[arg-type]  # a list


def test_one_of_a_cause_is_tried_again_alone() -> None:
    story = a_stack()
    story.refused(12)
    (problem,) = values(story, "/problems")["problems"]
    cause = problem.buttons[0].given["cause"]

    ask(story, "/problem/try", Method.POST, cause=cause, incident="Q1003")

    assert story.desk().find("job-1").asked["incidents"] == ["Q1003"]


# ---- what was given up


def test_what_was_given_up_is_told_with_its_reason() -> None:
    story = a_stack()
    story.give_up(2)
    story.world.links.save(a_link(incident_id="QDEAD000", incident_number=1037, version=0))

    shown = values(story, "/dead-letters")

    assert shown["dead"] == 2
    assert [one.name for one in shown["letters"]] == ["1037", "QDEAD001"]
    assert shown["letters"][0].says == "Given up after four days. It hangs."
    assert shown["letters"][0].why == "/why?q=QDEAD000"
    assert (shown["untold"], shown["gone"]) == (0, 0)


def test_what_sqs_has_moved_and_what_is_gone_is_counted() -> None:
    story = a_stack()
    story.give_up(2)
    story.world.given_up.stored.pop("message-0")
    moved = values(story, "/dead-letters")
    story.world.queue.dead.clear()
    gone = values(story, "/dead-letters")

    assert (moved["untold"], moved["gone"], len(moved["letters"])) == (1, 0, 1)
    assert moved["sendable"] == 2
    assert (gone["dead"], gone["gone"], gone["letters"]) == (0, 1, [])


def test_a_message_about_no_incident_has_no_address() -> None:
    story = a_stack()
    story.world.queue.send_body("hello", group="other:x")
    story.world.work()

    (letter,) = values(story, "/dead-letters")["letters"]

    assert (letter.name, letter.why, letter.is_readable) == ("No incident", None, False)


def test_only_what_can_be_tried_is_offered_to_be_sent_again() -> None:
    story = a_stack()
    story.world.queue.send_body("hello", group="other:x")
    story.world.work()
    alone = values(story, "/dead-letters")
    story.give_up(1)

    beside = values(story, "/dead-letters")

    assert (alone["dead"], alone["sendable"]) == (1, 0)
    assert (beside["dead"], beside["sendable"]) == (2, 1)


@pytest.mark.parametrize("message", ["", "message-0"])
def test_what_was_given_up_is_sent_again_as_a_job(message: str) -> None:
    story = a_stack()
    story.give_up(2)

    answer = ask(story, "/dead-letters/redrive", Method.POST, message=message)

    assert answer == Redirect(to="/job?id=job-1")
    job = story.desk().find("job-1")
    assert (job.kind, job.asked["only"]) == (REDRIVE, message or None)


# ---- what is paused


def test_what_waits_for_a_pause_is_listed() -> None:
    story = a_stack()
    story.pause(3)

    shown = values(story, "/paused", id="urgent")

    assert shown["paused"].waiting == len(shown["rows"]) == 3
    assert shown["rows"][0].name == "Issue 20000"
    assert shown["rows"][0].in_jira == f"{JIRA_URL}/secure/ViewIssue.jspa?id=20000"
    assert shown["mapping"] == "/mapping?id=urgent#jql"
    assert shown["in_jira"] == f"{JIRA_URL}/issues/?jql=priority+%3D+Highest"
    assert "jira.states" not in story.world.plan.calls


@pytest.mark.parametrize("given", [{"part": "1"}, {"read": "1"}])
def test_what_waits_is_named_as_jira_names_it(given: dict[str, str]) -> None:
    story = a_stack()
    issue = story.world.issue(**HIGHEST, summary="Disk is full")
    story.pause(1)
    story.wait(int(issue["id"]) - 20_000)

    answer = ask(story, "/paused", Method.GET, id="urgent", **given)

    assert isinstance(answer, Fragment if "part" in given else Page)
    rows: Any = answer.values["rows"]
    first, second = rows
    assert (first.name, first.title) == (issue["key"], "Disk is full")
    assert first.in_jira == f"{JIRA_URL}/browse/{issue['key']}"
    assert second.name == "Issue 20000"
    assert second.title == "Jira does not show it: it is deleted, or hidden from our account."


def test_while_jira_is_down_what_waits_stands_there_by_id() -> None:
    story = a_stack()
    story.pause(1)
    story.world.plan.fail_next("jira.states", Temporary("Jira does not answer."))

    shown = values(story, "/paused", id="urgent", read="1")

    assert shown["failure"].says == "Jira does not answer."
    assert [(row.name, row.title) for row in shown["rows"]] == [("Issue 20000", "")]


def test_what_matched_another_jql_is_not_among_what_waits() -> None:
    story = a_stack()
    story.pause(1)
    row = story.world.rows.waiting("urgent")[0]
    story.world.rows.add(replace(row, issue_id="9", reads="another JQL"))

    assert [row.name for row in values(story, "/paused", id="urgent")["rows"]] == ["Issue 20000"]


def test_of_very_many_the_first_five_hundred_are_listed() -> None:
    story = a_stack()
    story.pause(510)

    shown = values(story, "/paused", id="urgent")

    assert (len(shown["rows"]), shown["left"]) == (500, 10)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        (Method.GET, "/paused"),
        (Method.GET, "/paused/release"),
        (Method.POST, "/paused/release"),
    ],
)
def test_what_does_not_pause_says_so(method: Method, path: str) -> None:
    answer = page(a_stack(), path, method, id="urgent")

    assert answer.values["says"] == "The JQL of Urgent issues page SRE does not pause."


def test_a_release_is_asked_for_once_and_again_where_the_number_has_changed() -> None:
    story = a_stack()
    story.pause(3)
    asked = page(story, "/paused/release", id="urgent")
    story.wait(99)

    again = page(story, "/paused/release", Method.POST, id="urgent", waiting="3")
    done = page(story, "/paused/release", Method.POST, id="urgent", waiting="4")

    assert asked.values["paused"].waiting == 3  # type: ignore[attr-defined]  # a check
    assert (again.template, again.values["before"]) == ("release.html", "3")
    assert done.values["word"] == "Released"
    assert values(story, "/paused", id="urgent")["word"] == "Not paused"


def test_a_release_that_fails_says_why_and_can_be_pressed_again() -> None:
    story = a_stack()
    story.pause(3)
    story.world.plan.fail_next("rows.put", Temporary("Throttled."))

    answer = page(story, "/paused/release", Method.POST, id="urgent", waiting="3")

    assert answer.template == "release.html"
    assert answer.values["error"].says == "Throttled."  # type: ignore[attr-defined]  # an error


# ---- what is owed


def test_what_is_owed_is_told_by_incident() -> None:
    story = a_stack()
    story.owe()

    owing = values(story, "/problems")["owing"]

    assert [(one.name, one.says) for one in owing] == [
        ("900", "OPS-330 lacks comments; tried with each sweep."),
        ("901", "OPS-331 lacks the link to its incident; tried with each sweep."),
    ]


def test_what_is_owed_no_more_is_left_out() -> None:
    story = a_stack()
    story.owe()
    for link in story.world.links.links:
        story.world.links.save(replace(link, owed={}))

    assert values(story, "/problems")["owing"] == []
