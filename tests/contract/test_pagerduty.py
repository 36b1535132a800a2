"""What the use cases may rely on of PagerDuty: the fake and the adapter keep the same promises."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from pdjira.adapters.pagerduty.incidents import incident
from pdjira.errors import (
    Ambiguous,
    Misconfigured,
    NotFound,
    PdjiraError,
    Refused,
    Temporary,
    Unauthenticated,
)
from pdjira.model.incident import NO_PRIORITY, IncidentChange, IncidentStatus, Person, Reference
from tests.contract.pagerduty_sides import OverHttp, Side, client, connection, opened
from tests.contract.wire_double import answer, serving
from tests.sandbox.pagerduty import happenings, seed
from tests.sandbox.pagerduty.records import User
from tests.sandbox.pagerduty.server import PagerDutyServer

AN_INCIDENT = {
    "id": "Q1",
    "status": "triggered",
    "html_url": "https://acme.example/incidents/Q1",
    "created_at": "2026-11-02T09:30:00Z",
}


@pytest.fixture
def side(pagerduty_side: Side) -> Side:
    return pagerduty_side


@pytest.fixture
def wire() -> Iterator[OverHttp]:
    with PagerDutyServer() as server:
        yield OverHttp(server)


def lines(text: str | None) -> set[str]:
    """The lines of a text; JSON does not promise the order of an object's keys."""
    return set((text or "").split("\n"))


def test_an_incident_that_was_merged_tells_into_which(side: Side) -> None:
    target, source = (side.model.trigger(seed.CHECKOUT, "x", by=seed.RESPONDER) for _ in range(2))

    before = side.port.get_incident(source.id).merged_into
    side.model.merge([source.id], target.id, by=seed.RESPONDER)

    assert before is None
    assert side.port.get_incident(source.id).merged_into == target.id


def test_a_merged_incident_that_was_reopened_is_merged_no_more(side: Side) -> None:
    target, source = (side.model.trigger(seed.CHECKOUT, "x", by=seed.RESPONDER) for _ in range(2))
    side.model.merge([source.id], target.id, by=seed.RESPONDER)

    side.model.reopen(source.id, by=seed.RESPONDER)

    assert side.port.get_incident(source.id).merged_into is None


@pytest.mark.parametrize(("status", "merged_into"), [("resolved", "Q2"), ("triggered", None)])
def test_an_incident_that_is_open_is_not_merged_whatever_its_reason_says(
    status: str, merged_into: str | None
) -> None:
    row = {
        "id": "Q1",
        "status": status,
        "html_url": "https://acme.pagerduty.com/incidents/Q1",
        "created_at": "2026-11-24T03:00:00Z",
        "resolve_reason": {"type": "merge_resolve_reason", "incident": {"id": "Q2"}},
    }

    assert incident(row).merged_into == merged_into


def test_an_incident_is_told_by_its_number_as_well(side: Side) -> None:
    it = side.model.trigger(seed.CHECKOUT, "Checkout is down", by=seed.RESPONDER)

    assert side.port.get_incident(str(it.number)).id == it.id


def test_an_incident_is_told_as_it_is_now(side: Side) -> None:
    it = side.model.trigger(
        seed.CHECKOUT,
        "Checkout is down — überall 🔥",
        by=seed.RESPONDER,
        priority_id="PP1",
        details="Disk full on db-1\nsince noon",
        incident_key="jira:jira.example.com:10005",
    )
    side.model.acknowledge(it.id, by=seed.RESPONDER)

    told = side.port.get_incident(it.id)

    assert (told.id, told.number, told.title) == (it.id, it.number, "Checkout is down — überall 🔥")
    assert told.status is IncidentStatus.ACKNOWLEDGED
    assert told.urgency == "high"
    assert told.service == Reference(id=seed.CHECKOUT, name="Checkout")
    assert told.priority == Reference(id="PP1", name="P1")
    assert told.description == "Disk full on db-1\nsince noon"
    assert told.incident_key == "jira:jira.example.com:10005"
    assert told.html_url.endswith(f"/incidents/{it.id}")
    assert told.created_at == it.created_at.replace(microsecond=0)
    assert told.escalation_policy == "Web on call"
    assert told.impacted_services == ("Checkout",)
    assert told.assignees == ("Ada Marsh",)
    assert told.acknowledgers == ("Ada Marsh",)
    assert told.last_status_change_at is not None
    assert told.last_status_change_by == "Ada Marsh"


def test_who_is_involved_is_told_with_the_address_but_for_responders(side: Side) -> None:
    incident_id = opened(side)
    happenings.add_responder(side.model, incident_id, seed.SYNC_USER, by=seed.RESPONDER)
    side.model.users["PCAT"] = User(id="PCAT", name="Cat", email="cat@example.com")
    happenings.add_responder(side.model, incident_id, "PCAT", by=seed.RESPONDER)
    happenings.reply_as_responder(side.model, incident_id, by="PCAT", state="declined")
    side.model.acknowledge(incident_id, by=seed.RESPONDER)

    told = side.port.get_incident(incident_id)

    ada = Person(id=seed.RESPONDER, name="Ada Marsh", email=seed.RESPONDER_EMAIL)
    assert told.assigned == (ada,)
    assert told.involved == (ada, Person(id=seed.SYNC_USER, name="Jira Sync"))


def test_a_users_address_is_found_by_id(side: Side) -> None:
    assert side.users.email_of(seed.SYNC_USER) == seed.SYNC_EMAIL
    assert side.users.email_of("PNOBODY") is None


def test_a_users_address_is_remembered_for_ten_minutes(wire: OverHttp) -> None:
    before = wire.users.email_of(seed.SYNC_USER)
    wire.model.users[seed.SYNC_USER].email = "new@example.com"

    kept = wire.users.email_of(seed.SYNC_USER)
    wire.monotonic += 601

    assert (before, kept) == (seed.SYNC_EMAIL, seed.SYNC_EMAIL)
    assert wire.users.email_of(seed.SYNC_USER) == "new@example.com"


def test_a_key_that_may_not_read_users_is_refused(wire: OverHttp) -> None:
    wire.connection = connection(wire.server.url, api_token=seed.NARROW_TOKEN)

    with pytest.raises(Refused):
        wire.users.email_of(seed.SYNC_USER)


def test_people_whom_pagerduty_tells_oddly_do_no_harm() -> None:
    people = [None, {"assignee": None}, {"assignee": {"id": 7}}, {"assignee": {"id": "P1"}}]

    told = incident({**AN_INCIDENT, "assignments": people, "incidents_responders": None})

    assert told.assigned == told.involved == (Person(id="P1", name="P1"),)


def test_a_resolved_incident_has_no_assignees(side: Side) -> None:
    incident_id = opened(side)
    side.model.resolve(incident_id, by=seed.RESPONDER)

    told = side.port.get_incident(incident_id)

    assert told.status is IncidentStatus.RESOLVED
    assert told.assignees == ()


def test_what_an_incident_lacks_is_none(side: Side) -> None:
    told = side.port.get_incident(opened(side, details=None))

    assert told.priority is None
    assert told.description is None


def test_details_that_are_an_object_become_lines(side: Side) -> None:
    told = side.port.get_incident(opened(side, details={"host": "db-1", "disk": "97 %"}))

    assert lines(told.description) == {"host: db-1", "disk: 97 %"}


def test_an_event_has_its_details_in_the_first_trigger_log_entry(side: Side) -> None:
    it = side.model.trigger_event(seed.CHECKOUT, "Disk", details={"host": "db-1", "disk": "97 %"})

    told = side.port.get_incident(it.id)

    assert told.description is None
    assert told.first_log_entry_id is not None
    details = side.port.trigger_details(told.first_log_entry_id)
    assert lines(details) == {"host: db-1", "disk: 97 %"}


def test_a_trigger_without_details_has_none(side: Side) -> None:
    told = side.port.get_incident(opened(side, details=None))

    assert told.first_log_entry_id is not None
    assert side.port.trigger_details(told.first_log_entry_id) is None


@pytest.mark.parametrize("incident_id", ["QNOBODY", "../services", "..", "a b/ü?x=y#z", "🔥"])
def test_an_unknown_incident_is_not_found_whatever_its_id(side: Side, incident_id: str) -> None:
    with pytest.raises(NotFound):
        side.port.get_incident(incident_id)
    with pytest.raises(NotFound):
        side.port.list_notes(incident_id)
    with pytest.raises(NotFound):
        side.port.add_note(incident_id, "x")


def test_a_note_is_listed_as_it_was_written(side: Side) -> None:
    incident_id = opened(side)
    texts = ("OPS-1 was created", 'line\nline "quoted" \\ ü 🔥 <b>&amp;</b>')

    written = [side.port.add_note(incident_id, text) for text in texts]

    assert [note.content for note in written] == list(texts)
    assert {note.author_id for note in written} == {seed.SYNC_USER}
    assert side.port.writes_as() == seed.SYNC_EMAIL
    assert list(side.port.list_notes(incident_id)) == written


def test_a_note_is_written_as_our_user(side: Side) -> None:
    incident_id = opened(side)

    side.port.add_note(incident_id, "hello")

    assert side.model.incident(incident_id).notes[0].user["id"] == seed.SYNC_USER


@pytest.mark.parametrize("content", ["", "x" * 70_000])
def test_a_note_that_pagerduty_does_not_take_is_refused_and_not_there(
    side: Side, content: str
) -> None:
    incident_id = opened(side)

    with pytest.raises(Refused) as caught:
        side.port.add_note(incident_id, content)

    assert caught.value.status == 400
    assert caught.value.messages
    assert not side.port.list_notes(incident_id)


def test_a_note_whose_request_was_lost_is_in_doubt(side: Side) -> None:
    incident_id = opened(side)
    side.lose_request()

    with pytest.raises(Ambiguous):
        side.port.add_note(incident_id, "hello")

    assert not side.port.list_notes(incident_id)


def test_a_note_whose_answer_was_lost_is_in_doubt_and_there(side: Side) -> None:
    """P7."""
    incident_id = opened(side)
    side.lose_answer()

    with pytest.raises(Ambiguous):
        side.port.add_note(incident_id, "hello")

    assert [note.content for note in side.port.list_notes(incident_id)] == ["hello"]


def test_a_note_in_doubt_may_come_late(side: Side) -> None:
    """P7."""
    incident_id = opened(side)
    side.commit_late()

    with pytest.raises(Ambiguous):
        side.port.add_note(incident_id, "hello")

    side.wait_for_late_commit()
    assert [note.content for note in side.port.list_notes(incident_id)] == ["hello"]


def test_a_key_that_is_not_accepted_is_told_by_every_call(side: Side) -> None:
    incident_id = opened(side)
    side.refuse_our_key()

    calls: list[Callable[[], object]] = [
        lambda: side.port.get_incident(incident_id),
        lambda: side.port.trigger_details("R1"),
        lambda: side.port.list_notes(incident_id),
        lambda: side.port.add_note(incident_id, "hello"),
        lambda: side.port.has_been(
            incident_id, IncidentStatus.RESOLVED, since=datetime(2026, 11, 2, tzinfo=UTC)
        ),
    ]
    for call in calls:
        with pytest.raises(Unauthenticated):
            call()


# What only the wire can show


def test_a_changed_key_is_used_at_the_next_call(wire: OverHttp) -> None:
    """P24."""
    wire.refuse_our_key()
    with pytest.raises(Unauthenticated):
        wire.port.rights().read_incidents()

    wire.connection = connection(wire.server.url)

    wire.port.rights().read_incidents()


def test_a_key_that_may_only_read_is_refused_with_its_cure(wire: OverHttp) -> None:
    incident_id = opened(wire)
    wire.connection = connection(wire.server.url, api_token=seed.READ_ONLY_TOKEN)

    wire.port.rights().read_incidents()
    with pytest.raises(Refused) as caught:
        wire.port.add_note(incident_id, "hello")

    assert caught.value.status == 403
    assert "full access" in str(caught.value.cure)


def test_a_from_user_that_pagerduty_does_not_know_is_our_mistake(wire: OverHttp) -> None:
    incident_id = opened(wire)
    wire.connection = connection(wire.server.url, from_email="nobody@example.com")

    with pytest.raises(Misconfigured, match="from_email") as caught:
        wire.port.add_note(incident_id, "hello")

    assert "nobody@example.com" not in str(caught.value)


def test_a_log_entry_that_is_gone_has_no_details(wire: OverHttp) -> None:
    assert wire.port.trigger_details("RNOBODY") is None


def test_the_rate_limit_names_its_wait(wire: OverHttp) -> None:
    """P17."""
    wire.server.limit.limit = 1
    wire.port.rights().read_incidents()

    with pytest.raises(Temporary) as caught:
        wire.port.rights().read_incidents()

    assert 0 < (caught.value.retry_after or 0) <= 60


def test_a_pagerduty_that_is_down_for_reads_is_tried_again(wire: OverHttp) -> None:
    wire.server.faults.down = True

    with pytest.raises(Temporary):
        wire.port.rights().read_incidents()


def told(status: int, body: str, call: str = "read", **headers: str) -> PdjiraError:
    with serving(answer(status, body, **headers)) as stage:
        port = client(lambda: connection(stage.url))
        with pytest.raises(PdjiraError) as caught:
            port.add_note("Q1", "hello") if call == "write" else port.get_incident("Q1")
    return caught.value


ANSWERS: list[tuple[int, str, type[PdjiraError], type[PdjiraError]]] = [
    (200, "", Temporary, Ambiguous),
    (200, "{}", Temporary, Ambiguous),
    (200, "[1]", Temporary, Ambiguous),
    (200, "<html>hello</html>", Temporary, Ambiguous),
    (200, "[" * 100_000, Temporary, Ambiguous),
    (200, '{"incident": {"id": "Q1", "status": "odd"}, "note": 7}', Temporary, Ambiguous),
    (302, "", Temporary, Temporary),
    (400, "nonsense", Refused, Refused),
    (400, '{"error": {"code": 2100, "message": "Not Found"}}', NotFound, NotFound),
    (400, '{"error": {"code": 5001, "message": "x"}}', NotFound, NotFound),
    (400, '{"error": {"code": 1028, "message": "x"}}', Misconfigured, Misconfigured),
    (402, '{"error": {"code": 2014, "message": "x"}}', Refused, Refused),
    (404, "<html>nginx</html>", Misconfigured, Misconfigured),
    (404, "", NotFound, NotFound),
    (413, "", Refused, Refused),
    (429, '{"error": {"code": 2020, "message": "Rate Limit Exceeded"}}', Temporary, Temporary),
    (500, '{"error": {"code": 2000, "message": "Internal"}}', Temporary, Temporary),
    (500, "", Temporary, Ambiguous),
    (503, "", Temporary, Temporary),
    (504, "", Temporary, Ambiguous),
]


@pytest.mark.parametrize(("status", "body", "read", "write"), ANSWERS)
@pytest.mark.usefixtures("collected")
def test_every_odd_answer_becomes_an_error_of_ours(
    status: int, body: str, read: type[PdjiraError], write: type[PdjiraError]
) -> None:
    assert type(told(status, body)) is read
    assert type(told(status, body, "write")) is write


@pytest.mark.usefixtures("collected")
def test_no_error_shows_the_key() -> None:
    """P23."""
    for status, body, _, _ in ANSWERS:
        error = told(status, body, "write")
        assert seed.API_TOKEN not in f"{error!r} {error} {error.cure}"


@pytest.mark.parametrize(
    "email", ["s\u00fcnc@example.com", "sync@ex\u0430mple.com", "sync\n@x.example"]
)
def test_an_address_that_no_header_can_hold_is_named_and_nothing_is_sent(email: str) -> None:
    with serving(answer(200)) as stage, pytest.raises(Misconfigured) as caught:
        client(lambda: connection(stage.url)).add_note("Q1", "Hi", by=email)

    assert email in caught.value.says
    assert "sync_notes_user.email" in (caught.value.cure or "")
    assert stage.requests == []


def test_the_headers_are_those_of_the_rest_api() -> None:
    note = '{"note": {"id": "P1", "content": "hello"}}'
    with serving(answer(200, note)) as stage:
        client(lambda: connection(stage.url)).add_note("Q1", "hello")

    sent = stage.requests[0]
    assert "Accept: application/vnd.pagerduty+json;version=2\r\n" in sent
    assert f"Authorization: Token token={seed.API_TOKEN}\r\n" in sent
    assert f"From: {seed.SYNC_EMAIL}\r\n" in sent


def test_a_note_is_written_as_the_user_of_an_address(side: Side) -> None:
    incident_id = opened(side)

    side.port.add_note(incident_id, "hello", by=seed.RESPONDER_EMAIL)

    assert side.model.incident(incident_id).notes[0].user["id"] == seed.RESPONDER


def test_an_incident_is_changed_and_changing_it_again_is_no_refusal(side: Side) -> None:
    incident_id = opened(side)
    change = IncidentChange(status=IncidentStatus.ACKNOWLEDGED, by=seed.RESPONDER_EMAIL)

    side.port.change_incident(incident_id, change)
    side.port.change_incident(incident_id, change)
    side.port.change_incident(incident_id, IncidentChange(title="Down", priority="PP1"))
    acknowledged = side.port.get_incident(incident_id)
    resolve = IncidentChange(status=IncidentStatus.RESOLVED, priority=NO_PRIORITY)
    side.port.change_incident(incident_id, resolve)
    side.port.change_incident(incident_id, IncidentChange(status=IncidentStatus.RESOLVED))

    assert acknowledged.status is IncidentStatus.ACKNOWLEDGED
    assert (acknowledged.title, acknowledged.priority and acknowledged.priority.id) == (
        "Down",
        "PP1",
    )
    now = side.port.get_incident(incident_id)
    assert (now.status, now.priority) == (IncidentStatus.RESOLVED, None)


def test_an_incident_is_opened_again(side: Side) -> None:
    incident_id = opened(side)
    side.port.change_incident(incident_id, IncidentChange(status=IncidentStatus.RESOLVED))

    side.port.change_incident(incident_id, IncidentChange(status=IncidentStatus.TRIGGERED))

    assert side.port.get_incident(incident_id).status is IncidentStatus.TRIGGERED


@pytest.mark.parametrize("status", [IncidentStatus.ACKNOWLEDGED, IncidentStatus.RESOLVED])
def test_an_incident_tells_whether_it_had_a_status_in_the_meantime(
    side: Side, status: IncidentStatus
) -> None:
    incident_id = opened(side)
    before = side.port.get_incident(incident_id)
    since = before.last_status_change_at or before.created_at

    had_been = side.port.has_been(incident_id, status, since=since)
    side.port.change_incident(incident_id, IncidentChange(status=status))
    side.model.set_status(incident_id, "triggered", by=seed.RESPONDER)

    assert not had_been
    assert side.port.has_been(incident_id, status, since=since)
    assert not side.port.has_been(incident_id, status, since=since + timedelta(hours=1))
    assert not side.port.has_been(incident_id, IncidentStatus.TRIGGERED, since=since)


def test_somebody_whom_pagerduty_does_not_know_changes_nothing(side: Side) -> None:
    incident_id = opened(side)
    change = IncidentChange(status=IncidentStatus.ACKNOWLEDGED, by="nobody@example.com")

    with pytest.raises(Misconfigured):
        side.port.change_incident(incident_id, change)
    with pytest.raises(Misconfigured):
        side.port.add_note(incident_id, "hello", by="nobody@example.com")

    assert side.port.get_incident(incident_id).status is IncidentStatus.TRIGGERED
    assert not side.port.list_notes(incident_id)


def test_an_incident_that_is_not_there_is_not_changed(side: Side) -> None:
    with pytest.raises(NotFound):
        side.port.change_incident("QNOBODY", IncidentChange(title="x"))
