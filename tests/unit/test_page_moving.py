"""G19, M23: rules are read, taken over and put in force at the page; mappings go as one file."""

import json
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest

from pdjira.admin.jobs import Job, JobDesk
from pdjira.admin.mapping_edits import MappingEdits
from pdjira.admin.moving_over import MovingOver
from pdjira.errors import Temporary
from pdjira.mappings.exchange import Export
from pdjira.mappings.moving import Moving
from pdjira.page.moving import MovingPage
from pdjira.page.web import (
    Download,
    Fragment,
    Method,
    Page,
    Redirect,
    Response,
)
from tests.asking import answer_of
from tests.builders import MAPPING_ITEM, NOW, FakeClock
from tests.fakes.catalogue import fake_mapping_check
from tests.fakes.history import FakeDrafts, FakeVersions
from tests.fakes.jira import FakeJira
from tests.fakes.jobs import FakeJobs, FakeRounds
from tests.fakes.mappings import FakeMappingItems
from tests.fakes.pagerduty import FakePagerDuty
from tests.sandbox.pagerduty.seed import CHECKOUT, PAYMENTS, jira_extension

ID = "v3-PEXT001"

CLOUD: dict[str, Any] = {
    "name": "Critical",
    "config": {
        "service": {"id": CHECKOUT},
        "jira": {
            "project": {"key": "OPS"},
            "issue_type": {"name": "Bug"},
            "create_issue_on_incident_trigger": True,
        },
    },
}


@dataclass
class Site:
    """The page over both sides, with one extension of v3."""

    jira: FakeJira = field(default_factory=FakeJira)
    pagerduty: FakePagerDuty = field(default_factory=FakePagerDuty)
    items: FakeMappingItems = field(default_factory=FakeMappingItems)
    drafts: FakeDrafts = field(default_factory=FakeDrafts)
    jobs: FakeJobs = field(default_factory=FakeJobs)

    def __post_init__(self) -> None:
        self.pagerduty.model.extensions[:] = [jira_extension(resolvedStatus=None)]
        self._numbers = count(1)

    def _pages(self) -> MovingPage:
        check = fake_mapping_check(self.jira, self.pagerduty, clock=FakeClock())
        edits = MappingEdits(
            items=self.items,
            versions=FakeVersions(),
            drafts=self.drafts,
            check=check,
            clock=FakeClock(),
        )
        moving = Moving(items=self.items, jira=check.jira, pagerduty=check.pagerduty)
        return MovingPage(
            over=MovingOver(moving=moving, edits=edits),
            export=Export(items=self.items),
            desk=JobDesk(
                jobs=self.jobs,
                begin_round=FakeRounds().begin,
                clock=FakeClock(),
                new_id=lambda: f"job-{next(self._numbers)}",
            ),
        )

    def ask(self, method: Method, path: str, **given: str) -> Response:
        return answer_of(self._pages().routes(), method, path, NOW, **given)

    def values(self, method: Method, path: str, **given: str) -> Any:
        found = self.ask(method, path, **given)
        assert isinstance(found, Page | Fragment)
        return found.values

    def job(self, number: int = 1) -> Job:
        found = self.jobs.find(f"job-{number}")
        assert found
        return found

    def taken(self) -> "Site":
        assert self.ask(Method.POST, "/moving/take", take=ID) == Redirect(
            to=f"/moving/rule?id={ID}"
        )
        return self


def shown(values: Any) -> list[tuple[str, str]]:
    return [(rule.id, word) for rule, _, word in values["rules"]]


def test_the_page_asks_nobody_until_the_rules_are_wanted() -> None:
    site = Site()

    values = site.values(Method.GET, "/moving")

    assert (values["rules"], values["failure"], values["has_errors"]) == (None, None, False)
    assert site.pagerduty.calls.total() == 0


@pytest.mark.parametrize("how", ["part", "read"])
def test_g19_the_rules_of_v3_come_after_the_page_or_with_it(how: str) -> None:
    values = Site().values(Method.GET, "/moving", **{how: "1"})

    assert shown(values) == [(ID, "Not taken over")]


def test_g19_how_far_the_services_are_is_told_above_them() -> None:
    site = Site()
    site.pagerduty.model.extensions[:] = [jira_extension(CHECKOUT, PAYMENTS, resolvedStatus=None)]
    site.ask(Method.POST, "/moving/take", take=f"{ID}-{CHECKOUT}")

    values = site.values(Method.GET, "/moving", part="1")

    assert values["progress"] == "2 services: 1 taken over, 1 not taken over."


def test_a_pagerduty_that_does_not_answer_is_told() -> None:
    site = Site()
    site.pagerduty.plan.fail_next("pagerduty.jira_extensions", Temporary("It is down."))

    assert site.values(Method.GET, "/moving", part="1")["failure"].says == "It is down."


def test_g19_a_pasted_rule_is_read_and_nothing_is_written() -> None:
    site = Site()

    page = site.ask(Method.POST, "/moving", text=json.dumps([CLOUD, MAPPING_ITEM]))

    assert isinstance(page, Page)
    assert (page.title, shown(page.values)) == (
        "1 rule read",
        [("cloud-critical", "Not taken over")],
    )
    assert page.values["mappings"] == 1
    assert site.items.store == {}


@pytest.mark.parametrize(
    ("given", "title"),
    [
        ([CLOUD, {**CLOUD, "name": "Second"}], "2 rules read"),
        ([CLOUD, CLOUD], "1 rule read"),
        ([MAPPING_ITEM], "1 mapping read"),
        ([MAPPING_ITEM, MAPPING_ITEM], "2 mappings read"),
    ],
)
def test_the_heading_says_what_was_read(given: list[Any], title: str) -> None:
    page = Site().ask(Method.POST, "/moving", text=json.dumps(given))

    assert isinstance(page, Page)
    assert page.title == title


def test_g19_what_is_doubtful_in_a_moved_rule_is_told_before_it_is_in_force() -> None:
    site = Site()
    mixed = {"id": "10001", "name": "Task"}
    site.pagerduty.model.extensions[:] = [jira_extension(resolvedStatus=None, issueType=mixed)]
    site.taken()

    values = site.values(Method.GET, "/moving/rule", id=ID, part="1")

    assert values["problems"] == ()
    assert [one.says for one in values["hints"]] == [
        "The issue type with the id 10001 is Bug, not Task: the id counts."
    ]


def test_g19_a_rule_that_stands_twice_in_the_text_is_shown_once_and_said() -> None:
    values = Site().values(Method.POST, "/moving", text=json.dumps([CLOUD, CLOUD]))

    assert (values["repeated"], len(values["rules"])) == (1, 1)


def test_g19_several_rules_of_one_service_count_it_once() -> None:
    text = json.dumps([CLOUD, {**CLOUD, "name": "Second"}])

    values = Site().values(Method.POST, "/moving", text=text)

    assert values["progress"] == "2 rules for 1 service: 2 not taken over."


def test_a_text_that_holds_neither_rule_nor_mapping_says_what_to_give() -> None:
    values = Site().values(Method.POST, "/moving", text="3")

    assert values["error"] == "This text holds no rule and no mapping."
    assert values["cure"].startswith("Give a rule as PagerDuty's API answers it")


@pytest.mark.parametrize("path", ["/moving", "/moving/import"])
def test_m23_what_is_no_json_is_told_with_its_line_and_nothing_typed_is_lost(path: str) -> None:
    values = Site().values(Method.POST, path, text='{"rule":\n {"a" 1}}')

    assert values["error"] == "Line 2, column 7: here a colon is expected."
    assert (values["text"], values["has_errors"]) == ('{"rule":\n {"a" 1}}', True)


def test_g19_a_rule_is_taken_over_and_shown_with_what_comes_next() -> None:
    site = Site().taken()

    values = site.values(Method.GET, "/moving/rule", id=ID)

    assert (values["is_draft"], values["is_on"], values["looked"]) == (False, False, False)
    assert [one.setting for one in values["settings"]][:2] == ["Name", "Service"]
    assert shown(site.values(Method.GET, "/moving", part="1")) == [(ID, "Taken over, off")]


@pytest.mark.parametrize("how", ["part", "read"])
def test_g19_the_old_rule_is_looked_up_after_the_page_or_with_it(how: str) -> None:
    values = Site().taken().values(Method.GET, "/moving/rule", id=ID, **{how: "1"})

    assert values["looked"]
    assert values["old"].still_makes


def test_the_old_rule_of_a_silent_pagerduty_is_not_known() -> None:
    site = Site().taken()
    site.pagerduty.plan.fail_next("pagerduty.jira_extensions", Temporary("It is down."))

    assert site.values(Method.GET, "/moving/rule", id=ID, part="1")["failure"].says == "It is down."


def test_g19_a_pasted_rule_is_taken_over_out_of_the_text() -> None:
    site = Site()
    answer = site.ask(Method.POST, "/moving/take", take="cloud-critical", text=json.dumps(CLOUD))

    assert answer == Redirect(to="/moving/rule?id=cloud-critical")
    assert site.items.store["cloud-critical"]["project"] == {"id": "10100", "key": "OPS"}
    assert site.values(Method.GET, "/moving/rule", id="cloud-critical")["is_told"] is False


def test_g19_a_rule_with_errors_is_shown_as_a_draft() -> None:
    site = Site()
    site.jira.model.set_required("10100", "10001", "labels", required=True)

    values = site.taken().values(Method.GET, "/moving/rule", id=ID)

    assert (values["is_draft"], values["is_on"]) == (True, False)
    assert site.items.store == {}
    (problem,) = site.values(Method.GET, "/moving/rule", id=ID, part="1")["problems"]
    assert "Labels" in problem.says


def test_g19_a_draft_with_errors_is_taken_over_and_is_not_taken_over_once_more() -> None:
    site = Site()
    site.jira.model.set_required("10100", "10001", "labels", required=True)
    site.taken()
    before = site.drafts.find(ID)

    values = site.values(Method.GET, "/moving", part="1")
    again = site.ask(Method.POST, "/moving/take", take=ID)

    assert shown(values) == [(ID, "Taken over, a draft with errors")]
    assert values["progress"] == "1 service: 1 taken over with errors."
    assert told(again)[0] == "Nothing was taken over"
    assert site.drafts.find(ID) == before


def test_g19_what_is_carried_over_of_no_rule_is_told_once_above_them() -> None:
    site = Site()
    alone = site.values(Method.GET, "/moving", part="1")
    site.pagerduty.model.extensions[:] = [jira_extension(CHECKOUT, PAYMENTS)]
    both = site.values(Method.GET, "/moving", part="1")

    assert (alone["left_by_all"], [len(rule.left) for rule, _, _ in alone["rules"]]) == ((), [1])
    assert [one.says for one in both["left_by_all"]] == [
        one.says for one in alone["rules"][0][0].left
    ]
    assert [len(rule.left) for rule, _, _ in both["rules"]] == [0, 0]


def told(answer: Response) -> tuple[str, str]:
    assert isinstance(answer, Page)
    assert answer.values["cure"]
    return answer.title, str(answer.values["says"])


def test_the_heading_names_the_service_where_it_is_known() -> None:
    site = Site(items=FakeMappingItems({"id": "half"}, MAPPING_ITEM))
    pages = [site.ask(Method.GET, "/moving/rule", id=one) for one in ("half", "ops-bug")]

    assert [one.title for one in pages if isinstance(one, Page)] == ["half", "ops-bug, Checkout"]


def test_g19_what_cannot_be_taken_over_is_told() -> None:
    site = Site().taken()

    gone = told(site.ask(Method.POST, "/moving/take", take="v3-GONE"))
    again = told(site.ask(Method.POST, "/moving/take", take=ID))
    nowhere = told(site.ask(Method.GET, "/moving/rule", id="v3-GONE"))

    assert gone == ("Nothing was taken over", "This rule is not there any more.")
    assert again[1] == "Jira OPS is taken over already, and was left as it is."
    assert nowhere[0] == "Not taken over"


def test_g19_a_mapping_that_somebody_makes_meanwhile_is_left_to_them() -> None:
    site = Site()
    site.items.meanwhile.append(lambda: site.items.store.update({ID: {"id": ID, "name": "Mine"}}))

    assert told(site.ask(Method.POST, "/moving/take", take=ID))[0] == "Nothing was taken over"


def test_g19_a_rule_is_tried_before_it_is_taken_over() -> None:
    site = Site()
    answer = site.ask(
        Method.POST, "/moving/take", **{"try": "cloud-critical", "text": json.dumps(CLOUD)}
    )

    tried: Any = site.job().asked["mapping"]
    assert answer == Redirect(to="/job?id=job-1")
    assert (site.job().kind, site.job().title) == (
        "dry-run",
        "Dry run of Critical, not taken over",
    )
    assert tried["project"] == {"id": "10100", "key": "OPS"}


def test_g19_a_mapping_is_put_in_force_where_the_old_rule_is_off() -> None:
    site = Site().taken()
    refused = told(site.ask(Method.POST, "/moving/force", id=ID))

    answer = site.ask(Method.POST, "/moving/force", id=ID, is_off="true")

    assert "each would get a second one" in refused[1]
    assert answer == Redirect(to=f"/moving/rule?id={ID}")
    assert site.values(Method.GET, "/moving/rule", id=ID)["is_on"]


def test_g19_a_mapping_with_errors_is_not_put_in_force_and_they_are_told() -> None:
    site = Site().taken()
    site.jira.model.set_required("10100", "10001", "labels", required=True)

    title, says = told(site.ask(Method.POST, "/moving/force", id=ID, is_off="1"))

    assert (title, "Labels" in says) == ("Not in force", True)


def test_g19_a_mapping_that_somebody_changes_meanwhile_is_not_put_in_force() -> None:
    site = Site().taken()
    site.items.meanwhile.append(lambda: site.items.store[ID].update(name="Theirs"))

    assert "meanwhile" in told(site.ask(Method.POST, "/moving/force", id=ID, is_off="1"))[1]


def test_m23_all_mappings_are_exported_as_one_file() -> None:
    site = Site(items=FakeMappingItems(MAPPING_ITEM))

    answer = site.ask(Method.GET, "/moving/export")

    assert isinstance(answer, Download)
    assert json.loads(answer.body) == {"schema_version": 1, "mappings": [MAPPING_ITEM]}
    assert (answer.name, answer.content_type) == ("pdjira-mappings.json", "application/json")


def test_m23_a_file_is_previewed_and_imported_as_it_was_previewed() -> None:
    site = Site()
    text = json.dumps({"schema_version": 1, "mappings": [MAPPING_ITEM]})

    preview = site.ask(Method.POST, "/moving/import", text=text)
    imported = site.ask(Method.POST, "/moving/import", job="job-1")

    assert (preview, imported) == (Redirect(to="/job?id=job-1"), Redirect(to="/job?id=job-2"))
    assert site.job(1).asked == {"mappings": [MAPPING_ITEM], "dry_run": True}
    assert site.job(2).asked == {"mappings": [MAPPING_ITEM], "dry_run": False}
    assert (site.job(2).kind, site.job(2).by) == ("import", "Ana")


def test_only_a_preview_of_an_import_is_imported() -> None:
    """A job of another kind has other arguments, and would end its round by a crash."""
    site = Site()
    site.ask(Method.POST, "/moving/take", take="", **{"try": ID})
    assert site.job(1).kind == "dry-run"

    values = site.values(Method.POST, "/moving/import", job="job-1")

    assert values["says"] == "This job is no preview of an import."
    assert site.jobs.find("job-2") is None
