"""M2, P24: a token is made here, shown once, and in force once Jira's side takes it."""

from datetime import timedelta

from pdjira.connection.token import LIFE, NewToken, TokenState
from pdjira.errors import Temporary
from tests.builders import FakeClock
from tests.fakes.connecting import FakePendingTokens, FakeSecret, FakeTrial


class Desk:
    """A token that signs, and one that shall follow it."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.secret = FakeSecret("the former token of ours")
        self.pending = FakePendingTokens()
        self.trial = FakeTrial({"the former token of ours"})
        names = iter(["the first new token", "the second new token"])
        self.port = NewToken(
            secret=self.secret,
            pending=self.pending,
            is_accepted=self.trial.is_taken,
            clock=self.clock,
            generate=lambda: next(names),
        )

    def signs(self) -> str:
        return self.secret.current().text


def test_m2_a_new_token_is_shown_once_and_the_former_one_works_until_jira_takes_it() -> None:
    desk = Desk()

    token = desk.port.make()
    look = desk.port.look()

    assert token == "the first new token"
    assert (look.state, look.ending) == (TokenState.PENDING, "oken")
    assert token not in repr(look)
    assert desk.signs() == "the former token of ours"


def test_m2_the_first_sign_in_that_is_accepted_makes_it_current() -> None:
    for asks in ("look", "attempt"):
        desk = Desk()
        token = desk.port.make()
        desk.trial.taken.add(token)
        ask = getattr(desk.port, asks)

        assert ask().state is TokenState.TAKEN
        assert desk.signs() == token
        assert ask().state is TokenState.NONE


def test_m2_fifteen_minutes_without_a_look_end_it() -> None:
    desk = Desk()
    token = desk.port.make()
    desk.clock.now += timedelta(seconds=LIFE.total_seconds() - 1)
    assert desk.port.look().state is TokenState.PENDING
    desk.clock.now += timedelta(seconds=LIFE.total_seconds() - 1)
    assert desk.port.attempt().state is TokenState.PENDING
    desk.clock.now += timedelta(seconds=1)
    desk.trial.taken.add(token)

    assert desk.port.attempt().state is TokenState.ENDED
    assert desk.port.attempt().state is TokenState.NONE
    assert desk.signs() == "the former token of ours"


def test_m2_a_look_after_its_end_finds_none() -> None:
    desk = Desk()
    desk.port.make()
    desk.clock.now += timedelta(seconds=LIFE.total_seconds())

    assert desk.port.look().state is TokenState.NONE


def test_m2_the_attempts_of_the_poller_do_not_prolong_its_life() -> None:
    desk = Desk()
    desk.port.make()
    for _ in range(14):
        desk.clock.now += timedelta(seconds=60)
        assert desk.port.attempt().state is TokenState.PENDING
    desk.clock.now += timedelta(seconds=60)

    assert desk.port.attempt().state is TokenState.ENDED


def test_m2_a_look_says_until_when_it_is_tried() -> None:
    desk = Desk()
    desk.port.make()
    desk.clock.now += timedelta(seconds=60)

    assert desk.port.look().until == desk.clock() + timedelta(minutes=15)


def test_m2_a_second_one_takes_the_place_of_the_first() -> None:
    desk = Desk()
    first = desk.port.make()
    second = desk.port.make()
    desk.trial.taken |= {first, second}

    desk.port.attempt()

    assert desk.signs() == second


def test_m2_a_jira_that_is_silent_ends_nothing() -> None:
    desk = Desk()
    desk.port.make()
    desk.trial.silent = Temporary("Jira did not answer.")

    look = desk.port.look()

    assert (look.state, look.why) == (TokenState.SILENT, "Jira did not answer.")
    assert desk.pending.find() is not None


def test_m2_a_version_that_was_removed_in_aws_is_pending_no_longer() -> None:
    desk = Desk()
    desk.port.make()
    found = desk.pending.find()
    assert found is not None
    desk.secret.unstage(found.version)

    assert desk.port.look().state is TokenState.NONE
    assert desk.pending.find() is None


def test_without_one_there_is_nothing_to_try_or_to_cancel() -> None:
    desk = Desk()

    desk.port.cancel()

    assert desk.port.look().state is TokenState.NONE
    assert desk.port.attempt().state is TokenState.NONE


def test_p25_a_token_that_signs_nothing_any_more_is_voided_with_the_one_that_is_pending() -> None:
    desk = Desk()
    desk.port.make()
    before = desk.secret.current().text
    assert desk.port.is_in_force(before)

    desk.port.renew()

    assert not desk.port.is_in_force(before)
    assert desk.port.look().state is TokenState.NONE
