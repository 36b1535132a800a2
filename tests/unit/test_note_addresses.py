"""A note that tells of a refusal names the page: open to its readers for seven days, no secret."""

import hmac
import json
from dataclasses import asdict, replace
from datetime import timedelta
from itertools import count

import pytest

from pdjira.errors import Ambiguous, Misconfigured, Temporary
from pdjira.model.comment import NoteAttempt
from pdjira.model.incident import Note
from pdjira.model.signal import SignalKind
from pdjira.model.signing import (
    LINK_VALID,
    IncidentLink,
    PageAddress,
    Signer,
    incident_token,
    read_incident_token,
)
from pdjira.sync.notices.rules import digest_of, may_be_of, with_address, without_address
from pdjira.sync.notices.steps import AddressOf
from tests.builders import NOW, a_mapping
from tests.world import World

SIGNER = Signer(secret=lambda: "s3cret")
PAGE = "https://api1.execute-api.us-east-1.amazonaws.com/live/admin"


def opened(*, is_open: bool = True, signer: Signer = SIGNER) -> PageAddress:
    return PageAddress(signer=signer, admin_url=PAGE, is_open=is_open)


def a_world(address_of: AddressOf | None = None) -> World:
    world = World(a_mapping(), address_of=address_of or opened().of_incident)
    world.jira.model.set_required("10100", "10001", "customfield_10001", required=True)
    return world


def link_in(note: str) -> IncidentLink | None:
    return read_incident_token(SIGNER, note.rpartition("/why?t=")[2])


# ---- tokens


def test_a_token_shows_its_incident_up_to_its_end() -> None:
    link = IncidentLink(incident_id="Q.0/A", until=NOW + LINK_VALID)

    read = read_incident_token(SIGNER, incident_token(SIGNER, link))

    assert read == link
    assert not link.is_over(NOW + LINK_VALID - timedelta(seconds=1))
    assert link.is_over(NOW + LINK_VALID)


@pytest.mark.parametrize("broken", ["", ".", "...", "1.Q1.99.abc", "1.Q1.x.y", "é.é.é.é"])
def test_what_the_stack_has_not_made_shows_nothing(broken: str) -> None:
    token = incident_token(SIGNER, IncidentLink(incident_id="Q1", until=NOW))
    other = Signer(secret=lambda: "another")

    assert read_incident_token(SIGNER, broken) is None
    assert read_incident_token(other, token) is None
    for changed in (
        token.replace("Q1", "Q2"),
        token.replace("1.Q1", "2.Q1"),
        token[:-1] + "x",
        token.replace(f"{int(NOW.timestamp())}", f"{int(NOW.timestamp()) + 1}"),
    ):
        assert read_incident_token(SIGNER, changed) is None


def test_a_token_of_a_later_version_is_none_of_ours() -> None:
    end = str(int(NOW.timestamp()))
    signature = SIGNER.sign("incident link", "2", "Q1", end)

    assert read_incident_token(SIGNER, f"2.Q1.{end}.{signature}") is None


@pytest.mark.parametrize("text", ["", " ", "\n"])
def test_a_secret_without_a_text_signs_nothing_and_proves_nothing(text: str) -> None:
    """A binary value in Secrets Manager reads as none, and anybody can sign with that."""
    empty, end = Signer(secret=lambda: text), str(int((NOW + LINK_VALID).timestamp()))
    signed = json.dumps(["incident link", "1", "Q1", end]).encode()
    forged = hmac.new(text.encode(), signed, "sha256").hexdigest()

    with pytest.raises(Misconfigured, match="LinkSecret"):
        read_incident_token(empty, f"1.Q1.{end}.{forged}")
    assert opened(signer=empty).of_incident("Q1", NOW) == f"{PAGE}/why?q=Q1"


def test_the_secret_does_not_show() -> None:
    assert "s3cret" not in repr(SIGNER) + repr(opened())


# ---- notes


def test_a_note_of_a_refusal_names_the_page_and_the_one_that_names_the_issue_does_not() -> None:
    world = a_world()
    incident = world.trigger()
    world.work()
    (refusal,) = world.notes(incident)

    world.jira.model.set_required("10100", "10001", "customfield_10001", required=False)
    world.signal(incident, id="resync", kind=SignalKind.RESYNC)
    world.work()

    named = world.notes(incident)[1]
    assert link_in(refusal) == IncidentLink(incident_id=incident, until=NOW + LINK_VALID)
    assert refusal.splitlines()[-1].startswith(f"More: {PAGE}/why?t=")
    assert "/why" not in named
    assert named.startswith("Jira issue OPS-1")


def test_p23_the_token_stands_in_the_note_alone() -> None:
    world = a_world()
    incident = world.trigger()
    world.work()
    world.signal(incident, id="resync", kind=SignalKind.RESYNC)
    world.work()

    (note,) = world.notes(incident)
    token = note.rpartition("=")[2]
    links = world.links.of_incident(incident)
    kept = (
        [asdict(entry) for entry in world.links.timeline(incident)],
        [asdict(one) for one in links],
    )
    assert token not in json.dumps(kept, default=str)
    assert token not in json.dumps(world.jira.model.state(), default=str)
    assert token not in str(world.outcomes)


def test_a_retry_tells_the_same_address_however_late() -> None:
    world = a_world()
    incident = world.trigger()
    world.plan.fail_next("pagerduty.add_note", Temporary("Not now."))
    world.work()
    world.clock.forward(minutes=10)
    world.work()

    (note,) = world.notes(incident)
    link = link_in(note)
    assert link is not None
    assert link.until <= NOW + LINK_VALID + timedelta(seconds=1)
    (kept,) = world.links.of_incident(incident)
    assert [notice.until for notice in kept.notices.values()] == [None]


def test_p36_a_note_whose_answer_was_lost_is_known_again_whatever_its_address() -> None:
    """As where the secret was replaced meanwhile: it is neither told twice nor carried to Jira."""
    numbers = count(1)
    world = a_world(lambda _incident, _until: f"{PAGE}/why?t={next(numbers)}")
    incident = world.trigger()
    world.plan.fail_next("pagerduty.add_note", Ambiguous("No answer."), after=True)
    world.work()
    (note,) = world.pagerduty.model.incident(incident).notes
    world.hear(incident, note.id)
    world.work()

    assert len(world.notes(incident)) == 1
    assert "t=1" in note.content
    assert world.outcomes[-1].error is None


@pytest.mark.parametrize("content", ["Told.\nMore: https://a/admin/why?t=1.2", "Told.", " Told.\n"])
def test_an_attempt_is_known_by_its_text_without_the_address(content: str) -> None:
    note = Note(id="N1", content=content, created_at=NOW)
    attempt = NoteAttempt(text=digest_of("Told."), at=NOW)

    assert may_be_of(note, attempt)
    assert not may_be_of(replace(note, content=f"{content}\nand more"), attempt)
    assert without_address(with_address("Told.", "https://a/admin/why?q=Q1")) == "Told."
    assert with_address("Told.", "") == "Told."


def test_whoever_asks_in_vain_is_told_the_address_as_well() -> None:
    world = World(a_mapping(create_issue="manual"), address_of=opened().of_incident)
    incident = world.trigger()
    world.signal(incident, id="press", kind=SignalKind.CREATE_REQUESTED, mapping_id="no-such")
    world.work()

    (note,) = world.notes(incident)
    assert link_in(note) is not None


@pytest.mark.parametrize("reason", ["closed", "secret", "earlier version"])
def test_without_a_token_one_has_to_sign_in(reason: str) -> None:
    def broken() -> str:
        raise Temporary("Secrets Manager does not answer.")

    page = opened(
        is_open=reason != "closed", signer=Signer(secret=broken) if reason == "secret" else SIGNER
    )
    until = None if reason == "earlier version" else NOW + LINK_VALID

    assert page.of_incident("Q/1", until) == f"{PAGE}/why?q=Q%2F1"
