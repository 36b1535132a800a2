"""The pages of mappings: list, form, versions, copies, delete; nothing of HTML."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from pdjira.admin.jobs import Job
from pdjira.errors import Misconfigured, NotFound, PdjiraError, Refused, Temporary
from pdjira.mappings.changes import Changed, written_by_people
from pdjira.mappings.history import Draft, Version
from pdjira.mappings.lists import Look
from pdjira.model.link import Activity
from pdjira.page.mapping_view import told
from pdjira.page.strip import Kind
from pdjira.page.web import Fragment, Method, Page, Redirect, Request, Response, Visitor
from tests.builders import MAPPING_ITEM, NOW
from tests.builders import a_rule_item as a_rule
from tests.desk import ID, ITEM, Desk
from tests.fakes.mappings import FakeMappingItems
from tests.sandbox.pagerduty.seed import CHECKOUT, PAYMENTS, RESPONDER

DOWN = Temporary("It does not answer.", cure="Wait.")
ANA = Changed(at=NOW, by="Ana")
REQUIRED = "customfield_10001"


class Browser:
    """What a person does with the pages of a desk; `page` is what is shown."""

    def __init__(self, desk: Desk | None = None) -> None:
        self.desk = desk or Desk()
        self.answer: Response = Page(template="", title="")

    @property
    def page(self) -> Page:
        assert isinstance(self.answer, Page), self.answer
        return self.answer

    def __getitem__(self, name: str) -> Any:
        return self.page.values[name]

    def open(self, path: str, **query: str) -> "Browser":
        return self._ask(Method.GET, path, query, {})

    def post(self, path: str, **form: str | list[str]) -> "Browser":
        listed = {name: one if isinstance(one, list) else [one] for name, one in form.items()}
        return self._ask(Method.POST, path, {}, listed)

    def press(self, button: str, **typed: str | list[str]) -> "Browser":
        """Send the form of a mapping: `button` is a value of `do`, or `name=value`."""
        name, _, value = button.partition("=") if "=" in button else ("do", "=", button)
        return self.post("/mapping", **self.form() | typed | {name: value})

    def form(self) -> dict[str, Any]:
        values = self.page.values
        found: dict[str, Any] = dict(values["several"])  # type: ignore[call-overload]
        for row in self["rows"]:
            found[f"{row.name}.target_issue_field"] = row.target
            found[f"{row.name}.type"] = row.kind
            found[f"{row.name}.value"] = list(row.values)
            if row.control == "several":
                found[f"{row.name}.several"] = "1"
        for row in self["priority_rows"]:
            found[f"{row.name}.pagerduty_id"] = row.pagerduty_id
            found[f"{row.name}.jira_id"] = row.jira_id
        return found | {
            "id": values["mapping_id"],
            "base": values["base"],
            "seen": values["seen"],
            "seen_draft": str(values["seen_draft"]),
            "problems": values["shown_problems"],
        }

    def follow(self) -> "Browser":
        assert isinstance(self.answer, Redirect), self.page.values
        path, _, query = self.answer.to.partition("?")
        return self.open(path, **dict(pair.split("=", 1) for pair in query.split("&") if pair))

    def _ask(
        self, method: Method, path: str, query: dict[str, str], form: dict[str, list[str]]
    ) -> "Browser":
        (route,) = [
            route
            for page in self.desk.pages()
            for route in page.routes()
            if (route.method, route.path) == (method, path)
        ]
        self.answer = route.answer(
            Request(
                method=method,
                path=path,
                now=self.desk.clock(),
                request_id="r",
                query=query,
                form=form,
                visitor=Visitor(session="s", name="Ana"),
                time_left=lambda: 20.0,
            )
        )
        return self

    @property
    def stored(self) -> dict[str, Any]:
        return self.desk.items.store[ID]


def fields(browser: Browser) -> list[tuple[str, bool, str]]:
    return [(row.label, row.is_required, row.kind) for row in browser["rows"]]


# ---- the form


def test_a_mapping_is_shown_with_what_is_kept_and_nobody_is_asked() -> None:
    browser = Browser()
    browser.desk.know_lists()
    calls = len(browser.desk.jira.plan.calls) + len(browser.desk.pagerduty.plan.calls)
    browser.open("/mapping", id=ID)

    assert len(browser.desk.jira.plan.calls) + len(browser.desk.pagerduty.plan.calls) == calls
    assert browser.page.title == "Edit Create Bug (OPS)"
    assert ("10100", "OPS, Operations") in browser["projects"]
    assert ("3", "In Progress") in browser["statuses"]
    assert (browser["news"], browser["is_judged"]) == ((), False)


def test_without_kept_lists_what_is_chosen_stays_and_the_lists_are_asked_for() -> None:
    browser = Browser().open("/mapping", id=ID)

    assert [(one.side, one.is_missing) for one in browser["news"]] == [
        ("PagerDuty", True),
        ("Jira", True),
    ]
    assert browser["projects"] == [("10100", "OPS")]
    browser.press("find=lists")
    assert (browser["news"], browser["is_judged"]) == ((), True)
    assert len(browser["projects"]) > 1


def test_lists_of_a_project_that_nobody_has_read_yet_are_asked_for() -> None:
    browser = Browser()
    for read in (browser.desk.lists.projects, browser.desk.lists.services):
        read(Look.FRESH)
    browser.open("/mapping", id=ID)

    (news,) = browser["news"]
    assert (news.side, news.failure) == ("Jira", None)
    assert ("6", "Closed") not in browser["statuses"]
    browser.press("find=lists")
    assert browser["news"] == ()
    assert ("6", "Closed") in browser["statuses"]


@pytest.mark.parametrize(
    ("failure", "word"),
    [
        (DOWN, "does not answer"),
        (Misconfigured("No jira.url."), "cannot be asked"),
        (NotFound("There is no such project."), "does not show all that is chosen here"),
        (Refused("It says no.", status=403), "does not show all that is chosen here"),
    ],
)
def test_a_side_that_says_no_is_not_said_to_be_silent(failure: PdjiraError, word: str) -> None:
    browser = Browser()
    browser.desk.know_lists()
    browser.desk.clock.forward(minutes=30)
    browser.desk.jira.plan.fail_next("jira.project", failure)
    browser.open("/mapping", id=ID, read="anew")

    assert [one.word for one in browser["news"]] == [word]


def test_a_stored_verdict_stands_at_its_inputs_at_once() -> None:
    browser = Browser()
    browser.desk.require(REQUIRED)
    browser.desk.know_lists()
    browser.desk.judge()
    browser.open("/mapping", id=ID)

    assert fields(browser)[0] == ("Incident number", True, "")
    name = browser["rows"][0].name
    assert browser["summary"] == [(f"{name}.type", browser["told"][f"{name}.type"].errors[0])]
    assert browser["told"][f"{name}.type"].mends[0].words == "fill with the number of the incident"


def test_m20_fix_it_writes_the_value_into_the_form_and_saves_nothing() -> None:
    browser = Browser()
    browser.desk.require(REQUIRED)
    browser.desk.know_lists()
    browser.desk.judge()
    browser.open("/mapping", id=ID).press("fix=0")

    assert fields(browser)[0] == ("Incident number", True, "attribute incident_number")
    assert (browser["errors"], browser["done"][0]) == (0, "ok")
    assert browser.stored["custom_fields"] == ITEM["custom_fields"]


def test_fix_it_names_the_choice_that_it_makes() -> None:
    browser = Browser()
    browser.desk.require("customfield_10004")
    browser.open("/mapping", id=ID).press("check")

    (mend,) = browser["told"]["custom_fields[2].type"].mends
    assert mend.words == "fill it with Platform"


@pytest.mark.parametrize("place", ["7", ""])
def test_a_fix_that_there_is_not_changes_nothing(place: str) -> None:
    browser = Browser()
    browser.desk.know_lists()
    browser.open("/mapping", id=ID)
    browser.press(f"fix={place}" if place else "do=check")

    assert browser["inputs"]["name"] == "Create Bug (OPS)"


def test_m21_what_has_an_error_is_not_saved_and_stays_in_the_form() -> None:
    browser = Browser()
    browser.open("/mapping", id=ID).press("save", **{"issue_type.id": "99", "name": "Mine"})

    assert (browser["is_refused"], browser["has_errors"]) == (True, True)
    assert browser["inputs"]["name"] == "Mine"
    assert ("issue_type.id", "There is no issue type with the id 99.") in browser["summary"]
    assert browser.stored["name"] == "Create Bug (OPS)"


def test_what_is_right_is_saved_and_said() -> None:
    browser = Browser()
    browser.desk.know_lists()
    browser.open("/mapping", id=ID).press("save", name="Renamed").follow()

    assert browser["done"][:2] == ("ok", "Saved and in force.")
    assert browser["done"][2].startswith(
        "Incidents that have no issue because of it are tried again"
    )
    assert browser.stored["name"] == "Renamed"
    assert browser.stored["changed"]["by"] == "Ana"
    assert browser.stored["custom_fields"] == ITEM["custom_fields"]


def test_what_could_not_be_asked_or_was_wrong_before_is_said_with_what_was_saved() -> None:
    down, wrong = Browser(), Browser()
    down.open("/mapping", id=ID)
    down.desk.jira.plan.fail(1, DOWN, times=999)
    down.press("save", name="Renamed").follow()
    wrong.desk.require(REQUIRED)
    wrong.open("/mapping", id=ID).press("save", name="Renamed").follow()

    assert "checked again by itself" in down["done"][1]
    assert wrong["done"][:2] == ("attention", "Saved and in force, with what was wrong already.")
    assert down.stored["name"] == wrong.stored["name"] == "Renamed"


@pytest.mark.parametrize(("button", "is_on"), [("save", True), ("save-off", False)])
def test_a_mapping_that_is_off_is_saved_either_way(button: str, is_on: bool) -> None:
    browser = Browser(Desk(items=FakeMappingItems(ITEM | {"enabled": False})))
    browser.open("/mapping", id=ID)
    assert browser["is_off"]
    browser.press(button, name="Renamed")

    assert browser.stored["enabled"] is is_on


def test_a_new_mapping_needs_three_choices_and_saving() -> None:
    """Type and statuses are preselected by what the project has; id and name follow from it."""
    browser = Browser(Desk(items=FakeMappingItems()))
    browser.open("/mapping").press("find=lists")
    browser.press("save", **{"service.id": CHECKOUT, "project.id": "10100"})

    assert browser.answer == Redirect(to="/mapping?id=bug-in-ops-for-checkout&done=saved")
    (item,) = browser.desk.items.store.values()
    assert item["name"] == "Bug in OPS for Checkout"
    assert item["issue_type"] == {"id": "10001", "name": "Bug"}
    assert item["status_mapping"]["acknowledged"] == {"id": "3", "name": "In Progress"}
    assert item["create_issue"] == "automatic"


def test_a_priority_that_jira_does_not_have_stays_chosen_and_is_told() -> None:
    item = ITEM | {"priorities": [{"pagerduty_id": "PP1", "jira_id": "9"}]}
    browser = Browser(Desk(items=FakeMappingItems(item)))
    browser.open("/mapping", id=ID).press("find=lists")

    assert ("9", "9") in browser["jira_priorities"]
    assert browser["priority_rows"][0].jira_id == "9"
    assert browser["told"]["priorities[0].jira_id"].errors


def test_another_mapping_is_named_by_its_name() -> None:
    twin = ITEM | {"id": "twin", "name": "Bugs again"}
    browser = Browser(Desk(items=FakeMappingItems(ITEM, twin)))
    browser.open("/mapping", id=ID)
    says = f"The mapping {ID} and the mapping twin make issues of one type."
    problem = {"severity": "hint", "field": "issue_type.id", "says": says, "cure": "Keep one."}
    browser.press("find=service.id", problems=json.dumps([problem]))

    assert browser["told"]["issue_type.id"].hints == (
        "Create Bug (OPS) and Bugs again make issues of one type. Keep one.",
    )


def test_a_choice_that_was_left_out_is_named_and_the_new_mapping_has_no_id_yet() -> None:
    browser = Browser(Desk(items=FakeMappingItems()))
    browser.open("/mapping").press("save")

    assert [says for _, says in browser["summary"]] == [
        "Choose the PagerDuty service.",
        "Choose the Jira project.",
        "Choose the issue type.",
    ]
    assert browser["told"]["service.id"].errors == ("Choose the PagerDuty service.",)
    assert (browser.page.title, browser["mapping_id"]) == ("New mapping", "")


def test_a_new_mapping_may_be_begun_by_a_link() -> None:
    browser = Browser()
    browser.desk.know_lists()
    browser.open("/mapping", service=CHECKOUT, project="10100", issue_type="10002")

    assert browser.page.title == "New mapping"
    assert browser["inputs"]["service.id"] == CHECKOUT
    assert browser["inputs"]["issue_type.id"] == "10002"


def test_another_project_brings_its_types_and_fields_into_the_form() -> None:
    browser = Browser()
    browser.open("/mapping").press("find=project.id", **{"project.id": "10100"})

    assert browser["inputs"]["issue_type.id"] == "10001"
    assert ("10002", "Task") in browser["types"]
    assert "Labels" in [words for _, words in browser["more_fields"]]
    browser.press(
        "find=issue_type.id", **{"status_mapping.resolved.id": "", "issue_type.id": "10002"}
    )
    assert browser["inputs"]["issue_type.id"] == "10002"
    assert browser["inputs"]["status_mapping.resolved.id"] == ""


def test_a_second_mapping_of_a_name_gets_an_id_of_its_own() -> None:
    browser = Browser()
    browser.desk.drafts.save(Draft(mapping_id="create-bug-2", written={}, changed=ANA))
    items = {"create-bug": MAPPING_ITEM | {"id": "create-bug"}}
    browser.desk.items.store.update(items)
    browser.open("/mapping").press("draft", name="Create Bug")

    assert browser.answer == Redirect(to="/mapping?id=create-bug-3&done=draft")


def test_a_field_is_added_and_filled() -> None:
    browser = Browser()
    browser.desk.know_lists()
    browser.open("/mapping", id=ID).press("add=field", **{"add.field": "components"})
    added = browser["rows"][-1]
    typed: dict[str, Any] = {f"{added.name}.type": "const", f"{added.name}.value": ["Checkout"]}
    browser.press("save", **typed)

    assert (added.label, added.control) == ("Component/s", "several")
    assert browser.stored["custom_fields"][-1] == a_rule("components", "Checkout")


def test_a_choice_within_a_choice_is_one_choice() -> None:
    browser = Browser()
    browser.desk.know_lists()
    browser.open("/mapping", id=ID).press("add=field", **{"add.field": "customfield_10011"})

    row = browser["rows"][-1]
    assert row.control == "one"
    assert any(words.endswith(" > Hall 1") for _, words in row.options)


def test_a_user_whom_pagerduty_does_not_know_is_told_at_the_address() -> None:
    user = {"sync_notes_user": {"id": "PNONE"}, "custom_fields": []}
    browser = Browser(Desk(items=FakeMappingItems(ITEM | user)))
    browser.open("/mapping", id=ID).press("check")

    assert browser["told"]["sync_notes_user.email"].errors


def test_a_type_of_another_project_is_told_and_not_replaced() -> None:
    browser = Browser()
    browser.desk.know_lists()
    browser.open("/mapping", project="10100", issue_type="77")

    assert browser["inputs"]["issue_type.id"] == "77"


def test_what_a_script_sends_oddly_is_a_new_form() -> None:
    for problems in ("[7]", "{", "7"):
        browser = Browser().post("/mapping", base="{", problems=problems, do="find")
        assert browser.page.title == "New mapping"


def test_m8_the_jql_is_checked_and_counted() -> None:
    browser = Browser()
    browser.open("/mapping", id=ID).press(
        "jql-check=1", jql="labels = a OR labels = b AND labels = c"
    )

    found = browser["jql"]
    in_jira = urlsplit(found.pop("in_jira"))
    assert in_jira.path.endswith("/issues/")
    assert "labels = a OR labels = b AND labels = c" in parse_qs(in_jira.query)["jql"][0]
    assert found == {
        "reading": "labels = a OR (labels = b AND labels = c)",
        "service": "Checkout",
        "now": 0,
        "week": 0,
    }


@pytest.mark.parametrize(
    ("jql", "news"), [("", {}), ("labels = (", {"reading": None, "service": "Checkout"})]
)
def test_a_jql_that_cannot_be_counted_is_not(jql: str, news: dict[str, object]) -> None:
    browser = Browser().open("/mapping", id=ID).press("jql-check=1", jql=jql)

    assert browser["jql"] == news


def test_a_jira_that_does_not_count_says_why() -> None:
    browser = Browser()
    browser.open("/mapping", id=ID)
    browser.desk.jira.plan.fail(1, DOWN, times=999)
    browser.press("jql-check=1", jql="labels = a")

    assert browser["jql"]["failure"] == "It does not answer."


def test_a_template_is_shown_on_the_latest_incident() -> None:
    browser = Browser()
    incident = browser.desk.pagerduty.model.trigger(CHECKOUT, "Disk full", by=RESPONDER)
    browser.desk.clock.forward(hours=1)
    browser.open("/mapping", id=ID).press("check")

    number = browser.desk.pagerduty.model.incident(incident.id).number
    assert browser["previews"] == {"custom_fields[1]": (number, "Checkout: Disk full")}


@pytest.mark.parametrize("error", [DOWN, Refused("No.", status=403)])
def test_without_an_incident_or_a_screen_there_is_no_preview(error: Exception) -> None:
    quiet = Browser()
    quiet.open("/mapping", id=ID).press("check")
    down = Browser()
    down.open("/mapping", id=ID)
    down.desk.pagerduty.plan.fail(1, error, times=999)
    down.press("check")
    off_screen = Browser(
        Desk(
            items=FakeMappingItems(
                ITEM | {"custom_fields": [a_rule("none", "x") | {"type": "template"}]}
            )
        )
    )
    off_screen.desk.pagerduty.model.trigger(CHECKOUT, "Disk full", by=RESPONDER)
    off_screen.open("/mapping", id=ID).press("check")

    assert [one["previews"] for one in (quiet, down, off_screen)] == [{}, {}, {}]


def test_while_a_side_is_down_its_older_lists_are_shown_with_their_time() -> None:
    browser = Browser()
    browser.desk.know_lists()
    browser.desk.clock.forward(minutes=30)
    browser.desk.jira.plan.fail(len(browser.desk.jira.plan.calls) + 1, DOWN, times=999)
    browser.open("/mapping", id=ID, read="anew")

    (news,) = browser["news"]
    assert (news.side, news.at, news.failure, news.is_missing) == ("Jira", NOW, DOWN, False)
    assert ("10100", "OPS, Operations") in browser["projects"]


def test_of_many_services_a_page_holds_some_and_a_script_gets_all() -> None:
    browser = Browser()
    services = browser.desk.pagerduty.model.services
    for number in range(300):
        one = replace(services[CHECKOUT], id=f"PS{number:04}", name=f"Service {number:03}")
        services[one.id] = one
    browser.desk.know_lists()
    browser.open("/mapping", service="PS0299")
    assert (len(browser["services"]), browser["services_total"]) == (51, 302)
    browser.press("find=service.id", **{"service.id.find": "SERVICE 12"})
    assert [name for _, name in browser["services"]][:1] == ["Service 120"]

    options = [browser.open(f"/lists/{kind}").answer for kind in ("services", "projects")]
    assert all(isinstance(one, Fragment) for one in options)
    listed = [one.values["options"] for one in options if isinstance(one, Fragment)]
    assert len(listed[0]) == 302  # type: ignore[arg-type]
    assert ("10100", "OPS, Operations") in listed[1]  # type: ignore[operator]


# ---- drafts, and two who change a mapping


def test_a_draft_holds_errors_and_is_no_mapping() -> None:
    browser = Browser()
    browser.open("/mapping", id=ID).press("draft", **{"issue_type.id": "99"}).follow()

    assert browser["draft"].changed.by == "Ana"
    assert browser["inputs"]["issue_type.id"] == "99"
    assert browser.stored == ITEM
    browser.open("/mapping", id=ID, show="stored")
    assert browser["inputs"]["issue_type.id"] == "10001"


def test_a_draft_of_a_new_mapping_is_judged_once_it_is_there() -> None:
    browser = Browser(Desk(items=FakeMappingItems()))
    browser.desk.know_lists()
    typed = {"service.id": CHECKOUT, "project.id": "10100", "issue_type.id": "99"}
    browser.open("/mapping").press("draft", **typed).follow()

    assert (browser["is_judged"], browser["errors"]) == (False, 0)
    browser.press("find=lists", done=browser["done_name"])
    assert (browser["is_judged"], browser["errors"]) == (True, 1)
    assert browser["done"][1] == "Kept as a draft. It is not in force."
    assert browser.press("find=project.id", done="draft")["done"] is None


@pytest.mark.parametrize("button", ["save", "draft"])
def test_a_text_that_no_table_takes_is_named_and_the_form_comes_back(button: str) -> None:
    browser = Browser()
    browser.desk.know_lists()
    browser.open("/mapping", id=ID).press(button, title_matches="x", jql="x" * 410_000)

    ((name, says),) = browser["summary"]
    assert name == "jql"
    assert says == "jql is too long: it has 411 KB, and 350 KB fit beside the rest."
    assert browser["inputs"]["jql"] == "x" * 410_000
    assert browser.stored == ITEM


def test_a_draft_is_run_dry_and_discarded() -> None:
    browser = Browser()
    browser.open("/mapping", id=ID).press("dry-run")
    assert browser.answer == Redirect(to=f"/dry-run?id={ID}&draft=1")
    browser.open("/mapping", id=ID).press("discard")

    assert browser.answer == Redirect(to=f"/mapping?id={ID}&done=discarded")
    assert browser.desk.drafts.find(ID) is None


def test_a_draft_of_a_mapping_that_is_not_there_is_discarded() -> None:
    browser = Browser(Desk(items=FakeMappingItems()))
    browser.open("/mapping").press("draft", name="Begun").follow()
    browser.press("discard")

    assert browser.answer == Redirect(to="/mappings")


def test_what_somebody_else_saved_is_told_key_by_key_and_kept() -> None:
    mine, theirs = Browser(), Browser()
    theirs.desk = mine.desk
    mine.open("/mapping", id=ID)
    theirs.open("/mapping", id=ID).press("save", name="Theirs", jql="labels = theirs")
    mine.press("save", name="Mine")

    assert mine["overtaken"]
    assert sorted(mine["differences"], key=lambda one: str(one["field"])) == [
        {"field": "jql", "theirs": "labels = theirs", "yours": "not changed by you"},
        {"field": "name", "theirs": "Theirs", "yours": "Mine"},
    ]
    assert mine["inputs"]["jql"] == "labels = theirs"
    assert mine.stored["name"] == "Theirs"
    mine.press("save")
    assert (mine.stored["name"], mine.stored["jql"]) == ("Mine", "labels = theirs")


def test_a_draft_of_somebody_else_is_told_as_well() -> None:
    mine, theirs = Browser(), Browser()
    theirs.desk = mine.desk
    mine.open("/mapping", id=ID)
    theirs.open("/mapping", id=ID).press("draft", name="Theirs")
    mine.press("draft", name="Mine")

    assert (mine["overtaken_draft"], mine["changed"].by) == (True, "Ana")


def test_a_mapping_that_was_deleted_meanwhile_is_not_written_again_unasked() -> None:
    browser = Browser().open("/mapping", id=ID)
    browser.desk.items.store.clear()
    browser.press("save", name="Mine")

    assert browser["is_gone"]
    assert browser.desk.items.store == {}
    assert browser["inputs"]["name"] == "Mine"


def test_switching_off_is_a_button_of_its_own() -> None:
    browser = Browser(Desk(items=FakeMappingItems({"id": ID, "service": 7})))
    browser.post("/mapping/disable", id=ID).follow()

    assert browser.stored["enabled"] is False
    assert browser["done"][0] == "off"


def test_after_the_session_has_ended_what_was_typed_is_there_and_nothing_saved() -> None:
    browser = Browser().open("/mapping", id=ID)
    form = browser.form() | {"name": "Typed", "do": "save"}
    (route,) = [
        route
        for page in browser.desk.pages()
        for route in page.routes()
        if (route.method, route.path) == (Method.POST, "/mapping")
    ]
    assert route.filled
    listed = {name: one if isinstance(one, list) else [one] for name, one in form.items()}
    answer = route.filled(
        Request(method=Method.POST, path="/mapping", now=NOW, request_id="r", form=listed)
    )

    assert isinstance(answer, Page)
    assert answer.values["session_ended"]
    assert answer.values["inputs"]["name"] == "Typed"  # type: ignore[index]
    assert browser.stored == ITEM


def test_a_mapping_that_there_is_not_is_no_page() -> None:
    assert Browser().open("/mapping", id="none").page.status == 404


@pytest.mark.parametrize("item", [{"id": ID, "custom_fields": "?", "priorities": 7, "reopen": []}])
def test_an_item_that_cannot_be_read_is_shown_as_far_as_it_goes(item: dict[str, Any]) -> None:
    browser = Browser(Desk(items=FakeMappingItems(item)))
    browser.desk.judge()
    browser.open("/mapping", id=ID)

    assert browser["errors"] > 0
    assert browser["loose"].errors or browser["told"]


def test_what_is_not_on_the_screen_any_more_is_still_shown() -> None:
    rules = [a_rule("gone", "x"), a_rule("customfield_10004", "Gone"), a_rule("resolution", "Done")]
    rules += [{"target_issue_field": "labels", "type": "attribute", "source_incident_field": "?"}]
    statuses = {"resolved": {"id": "99", "name": "Ancient"}}
    item = ITEM | {"custom_fields": rules, "status_mapping": statuses}
    browser = Browser(Desk(items=FakeMappingItems(item)))
    browser.desk.know_lists()
    browser.desk.judge()
    browser.open("/mapping", id=ID)

    assert [row.label for row in browser["rows"]] == ["gone", "Team", "Resolution", "Labels"]
    assert ("Gone", "Gone") in browser["rows"][1].options
    assert ("attribute ?", "?") in browser["rows"][3].kinds
    assert ("99", "Ancient") in browser["statuses"]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "nothing"),
        ([], "nothing"),
        (True, "yes"),
        (False, "no"),
        ({"id": "1", "name": "Bug"}, "Bug"),
        ([{"email": "a"}, {"key": "OPS"}], "a; OPS"),
        ({"urgency": ["high"]}, "urgency: high"),
        (3, "3"),
    ],
)
def test_a_value_is_told_in_words(value: object, words: str) -> None:
    assert told(value) == words


# ---- the list


def an_activity(**changes: Any) -> Activity:
    values: dict[str, Any] = {
        "incident_id": "Q1",
        "number": 7,
        "title": "Disk full",
        "service": "Checkout",
        "url": "",
        "at": NOW - timedelta(hours=1),
        "event": "incident.triggered",
        "says": "Created OPS-1.",
        "issues": {ID: "OPS-1"},
    }
    return Activity(**values | changes)


def test_the_list_tells_what_each_mapping_does_and_whether_it_works() -> None:
    browser = Browser()
    broken = ITEM | {"id": "broken", "service": 7}
    off = ITEM | {"id": "off", "name": "Off", "enabled": False}
    wrong = ITEM | {"id": "wrong", "name": "Wrong", "issue_type": {"id": "99"}}
    for item in (broken, off, wrong):
        browser.desk.items.store[str(item["id"])] = item
    _, verdict = browser.desk.edits.judge(wrong)
    browser.desk.items.store["wrong"]["check"] = verdict.shown()
    browser.desk.drafts.save(Draft(mapping_id="begun", written={"name": "Begun"}, changed=ANA))
    browser.desk.drafts.save(Draft(mapping_id=ID, written=ITEM, changed=ANA))
    browser.desk.activities.put(an_activity(says=f"Created OPS-1 (mapping {ID})."))
    browser.desk.activities.put(an_activity(incident_id="Q2", at=NOW - timedelta(hours=30)))
    browser.desk.activities.put(an_activity(incident_id="Q3", issues={}))
    browser.open("/mappings")

    rows = {row.id: row for row in browser["rows"]}
    assert {id_: row.word for id_, row in rows.items()} == {
        "begun": "Draft",
        ID: "In force",
        "broken": "Cannot be read",
        "off": "Off",
        "wrong": "In force with 1 problem",
    }
    assert (rows[ID].count, rows[ID].last.number, rows[ID].has_draft) == (1, 7, True)
    assert rows[ID].last.says == "Created OPS-1 (Create Bug (OPS))."
    assert (rows[ID].service, rows[ID].place) == ("Checkout", "OPS, Bug")
    assert (rows["broken"].kind, rows["broken"].service) == (Kind.BROKEN, "")


def test_the_address_of_a_deleted_mapping_leads_to_its_versions() -> None:
    browser = Browser()
    version = Version(id="1", mapping_id="gone", changed=ANA, written={"name": "Former"})
    browser.desk.versions.keep(version)
    browser.open("/mapping", id="gone")

    assert browser.answer == Redirect(to="/mapping/versions?id=gone")
    assert browser.follow().page.title == "Versions of Former"


def test_the_list_stands_without_what_happened() -> None:
    browser = Browser()
    browser.desk.activities.faults.fail(1, DOWN)
    browser.open("/mappings", done="deleted")

    assert [row.count for row in browser["rows"]] == [0]
    assert browser["done"]


# ---- copies


def test_a_mapping_is_copied_to_the_services_that_are_chosen() -> None:
    browser = Browser().open("/mappings/copy", id=ID, read="1")
    assert browser["can"] == [(CHECKOUT, "Checkout"), (PAYMENTS, "Payments")] or browser["can"]
    browser.post("/mappings/copy", id=ID, do="copy", service=[PAYMENTS])

    job = browser.desk.jobs.find("job-1")
    assert isinstance(job, Job)
    assert (job.kind, job.by, job.title) == ("copy-mapping", "Ana", "Copy Create Bug (OPS)")
    assert job.asked["services"] == [{"id": PAYMENTS, "name": "Payments"}]
    assert browser.answer == Redirect(to="/job?id=job-1")


def test_services_are_found_by_a_part_of_their_name_and_stay_chosen() -> None:
    browser = Browser().open("/mappings/copy", id=ID)
    assert browser["news"][0].is_missing
    browser.post("/mappings/copy", id=ID, find="paym", service=[CHECKOUT], do="find")

    assert PAYMENTS in [one for one, _ in browser["can"]]
    assert browser["news"] == ()
    browser.post("/mappings/copy", id=ID, find="nothing", do="copy")
    assert (browser["can"], browser["has_errors"]) == ([], True)


# ---- versions


def versions(*written: dict[str, Any] | None) -> tuple[Version, ...]:
    return tuple(
        Version(id=f"{number}", mapping_id=ID, changed=ANA, written=one)
        for number, one in enumerate(written)
    )


def test_the_versions_tell_who_changed_what_and_when() -> None:
    browser = Browser()
    now = {key: value for key, value in ITEM.items() if key != "changed"}
    for version in versions(now | {"name": "First"}, None, now):
        browser.desk.versions.keep(version)
    browser.open("/mapping/versions", id=ID)

    latest, gone, first = browser["rows"]
    assert (latest.is_now, latest.is_first, gone.is_deleted, first.is_first) == (
        True,
        True,
        True,
        True,
    )
    assert (first.changed.by, ("name", "nothing", "First") in first.changes) == ("Ana", True)
    assert browser["compared"] is None


@pytest.mark.parametrize("compared", ["draft", "0", "none"])
def test_a_draft_or_a_version_is_compared_with_what_is_in_force(compared: str) -> None:
    browser = Browser()
    now = {key: value for key, value in ITEM.items() if key != "changed"}
    browser.desk.versions.keep(versions(now | {"name": "First"})[0])
    if compared == "draft":
        browser.desk.drafts.save(Draft(mapping_id=ID, written=now | {"name": "First"}, changed=ANA))
    where = "draft" if compared == "none" else compared
    browser.open("/mapping/versions", id=ID, compare=where)

    changes = browser["compared"]
    assert (("name", "Create Bug (OPS)", "First") in changes) is (compared != "none")


def test_undo_brings_a_version_back() -> None:
    browser = Browser()
    now = {key: value for key, value in ITEM.items() if key != "changed"}
    browser.desk.versions.keep(versions(now | {"name": "First"})[0])
    seen = browser.open("/mapping/versions", id=ID)["seen"]
    browser.post("/mapping/undo", id=ID, version="0", seen=seen)

    assert browser.answer == Redirect(to=f"/mapping?id={ID}&done=undone")
    assert browser.stored["name"] == "First"


@pytest.mark.parametrize("is_kept", [False, True])
def test_beside_saved_stands_undo_which_takes_that_back(*, is_kept: bool) -> None:
    """Whether the check has kept the saved version already, or not yet."""
    browser = Browser()
    former = {key: value for key, value in ITEM.items() if key != "changed"}
    browser.desk.versions.keep(versions(former)[0])
    browser.open("/mapping", id=ID).press("save", name="Renamed")
    if is_kept:
        browser.desk.versions.keep(versions(former, written_by_people(browser.stored))[1])
    browser.open("/mapping", id=ID, done="saved")
    browser.post("/mapping/undo", id=ID, version=browser["undo"], seen=browser["seen"])

    assert browser.stored["name"] == former["name"]


def test_no_undo_stands_where_nothing_was_saved_just_now() -> None:
    browser = Browser()
    browser.open("/mapping", id=ID)
    browser.desk.versions.keep(versions({"name": "First"})[0])

    assert browser["undo"] is None
    assert browser.open("/mapping", id=ID, done="saved")["undo"] is None


@pytest.mark.parametrize(
    ("written", "seen", "says"),
    [
        ({"issue_type": {"id": "99"}}, "", "not brought back"),
        ({"name": "First"}, "old", "changed the mapping meanwhile"),
    ],
)
def test_what_may_not_come_back_is_told_why(written: dict[str, Any], seen: str, says: str) -> None:
    browser = Browser()
    browser.desk.versions.keep(versions(MAPPING_ITEM | written)[0])
    seen = seen or browser.open("/mapping/versions", id=ID)["seen"]
    browser.post("/mapping/undo", id=ID, version="0", seen=seen)

    assert says in browser["says"]
    assert browser.stored == ITEM


# ---- deletion


def test_deleting_asks_first() -> None:
    browser = Browser().open("/mapping/delete", id=ID)
    assert browser.page.title == "Delete Create Bug (OPS)?"
    browser.post("/mapping/delete", id=ID, seen=browser["seen"])

    assert browser.answer == Redirect(to="/mappings?done=deleted")
    assert browser.desk.items.store == {}


@pytest.mark.parametrize(
    ("meanwhile", "says"),
    [
        (lambda store: store[ID].update(name="Theirs", changed=None), "Somebody changed"),
        (lambda store: store[ID].update(name="Theirs"), "Bob changed"),
    ],
)
def test_what_was_changed_since_is_not_deleted(
    meanwhile: Callable[[dict[str, Any]], object], says: str
) -> None:
    browser = Browser().open("/mapping/delete", id=ID)
    seen = browser["seen"]
    meanwhile(browser.desk.items.store)
    browser.post("/mapping/delete", id=ID, seen=seen)

    assert says in browser["says"]


def test_undo_of_what_was_deleted_meanwhile_says_so() -> None:
    browser = Browser()
    browser.desk.versions.keep(versions(MAPPING_ITEM)[0])
    seen = browser.open("/mapping/versions", id=ID)["seen"]
    browser.desk.items.store.clear()
    browser.post("/mapping/undo", id=ID, version="0", seen=seen)

    assert "deleted meanwhile" in browser["says"]
    assert browser["is_gone"]


def test_a_page_without_a_visitor_has_no_name() -> None:
    """The link of one incident never gets here; who signs in without a name does."""
    browser = Browser()
    desk = browser.desk
    (route,) = [r for p in desk.pages() for r in p.routes() if r.path == "/mapping/disable"]
    asked = Request(
        method=Method.POST, path="/mapping/disable", now=NOW, request_id="r", form={"id": [ID]}
    )
    route.answer(asked)

    assert browser.stored["changed"]["by"] == "at the page"
    assert replace(asked, path="/x").path == "/x"
