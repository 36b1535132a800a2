"""What is left until the first incident: seven steps, judged by what is stored and seen.

The order is the one that works: each step needs what those before it made.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Milestones:
    """What was seen to work once, with the time; None for what was not."""

    webhook: datetime | None = None
    test: datetime | None = None
    incident: datetime | None = None


class StepState(StrEnum):
    """How a step stands; `TODO` is one that a person may do now, `LATER` one that needs others."""

    DONE = "done"
    WAITING = "waiting"
    BROKEN = "broken"
    TODO = "to do"
    LATER = "later"


NOTHING_REACHED = Milestones()


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupStep:
    """One line of the list; `path` is where its work is done, `does` the word on the button."""

    number: int
    name: str
    title: str
    state: StepState
    says: str = ""
    path: str | None = None
    does: str = ""
    is_optional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What is known of the setup.

    `connected`: both sides accepted us at this look; None where nothing is entered, or nobody
    looked. `why` says what is wrong where they did not. `pending_token`: until when a token waits
    for Jira, as people read it. `has_webhook`: one of ours is in PagerDuty. `mappings`: how many
    are in force. `service`: the name of a service with a mapping.
    """

    is_entered: bool
    connected: bool | None
    why: str = ""
    signs: bool = False
    pending_token: str | None = None
    has_webhook: bool = False
    webhook_problem: str = ""
    mappings: int = 0
    service: str | None = None
    has_jira_webhook: bool = False
    reached: Milestones = NOTHING_REACHED


def checklist(seen: Seen) -> Sequence[SetupStep]:
    """The steps; the second is there only where requests are signed with a token of ours."""
    steps = [
        _connection(seen),
        *([_token(seen)] if seen.signs else []),
        _webhook(seen),
        _mapping(seen),
        _test(seen),
        _jira_webhook(seen),
        _incident(seen),
    ]
    return tuple(steps)


def done_of(steps: Sequence[SetupStep]) -> tuple[int, int]:
    """How many are done, of how many that have to be."""
    needed = [step for step in steps if not step.is_optional]
    return sum(step.state is StepState.DONE for step in needed), len(needed)


def is_done(steps: Sequence[SetupStep]) -> bool:
    """Whether nothing is left that has to be done."""
    done, needed = done_of(steps)
    return done == needed


def _connection(seen: Seen) -> SetupStep:
    state, says = StepState.DONE, ""
    if not seen.is_entered:
        state, says = StepState.TODO, "Enter where both are and how to sign in there."
    elif seen.connected is None:
        state, says = StepState.WAITING, "Asking both sides."
    elif not seen.connected:
        state, says = StepState.BROKEN, seen.why
    return SetupStep(
        number=1,
        name="connection",
        title="Jira and PagerDuty",
        state=state,
        says=says,
        path="/connection",
        does="Connect" if state is StepState.TODO else "Look",
    )


def _token(seen: Seen) -> SetupStep:
    state, says = StepState.TODO, "Make the token, and enter it on Jira's side."
    if seen.pending_token:
        state = StepState.WAITING
        says = f"Waiting until Jira takes the new token, {seen.pending_token} left."
    elif seen.connected:
        state, says = StepState.DONE, ""
    return SetupStep(
        number=2,
        name="token",
        title="Token for Jira",
        state=state,
        says=says,
        path="/connection#token",
        does="Make a token",
    )


def _webhook(seen: Seen) -> SetupStep:
    state, says = StepState.TODO, "Have PagerDuty tell us of incidents."
    if seen.reached.webhook:
        state, says = StepState.DONE, ""
    elif seen.webhook_problem:
        state, says = StepState.BROKEN, seen.webhook_problem
    elif seen.has_webhook:
        state, says = StepState.WAITING, "Waiting for the ping, usually 10 s."
    elif not seen.is_entered:
        state = StepState.LATER
    return SetupStep(
        number=3,
        name="webhook",
        title="Webhook of PagerDuty",
        state=state,
        says=says,
        path="/connection#webhook",
        does="Make the webhook",
    )


def _mapping(seen: Seen) -> SetupStep:
    state = StepState.DONE if seen.mappings else _when(seen.is_entered)
    return SetupStep(
        number=4,
        name="mapping",
        title="First mapping",
        state=state,
        says="" if seen.mappings else "Say which service makes issues in which project.",
        path="/mapping",
        does="Make it",
    )


def _test(seen: Seen) -> SetupStep:
    """Shows what a first incident shows as well, so that one does for both."""
    is_done = bool(seen.reached.test or seen.reached.incident)
    return SetupStep(
        number=5,
        name="test",
        title="Test issue",
        state=StepState.DONE if is_done else _when(bool(seen.mappings)),
        says="" if is_done else "Or open an incident at once: that tests the same.",
        path="/test",
        does="Make a test issue",
    )


def _jira_webhook(seen: Seen) -> SetupStep:
    state = StepState.DONE if seen.has_jira_webhook else _when(seen.is_entered)
    says = "Changes in Jira arrive within a minute without it, and within seconds with it."
    return SetupStep(
        number=6,
        name="jira-webhook",
        title="Jira's webhook",
        state=state,
        says="" if seen.has_jira_webhook else says,
        path="/connection#jira-webhook",
        does="Set it up",
        is_optional=True,
    )


def _incident(seen: Seen) -> SetupStep:
    state, says = StepState.LATER, ""
    if seen.reached.incident:
        state = StepState.DONE
    elif seen.mappings and seen.is_entered:
        state = StepState.WAITING
        says = (
            f"Open an incident on {seen.service or 'the service'}; this line turns green by itself."
        )
    return SetupStep(number=7, name="incident", title="First incident", state=state, says=says)


def _when(ready: bool) -> StepState:  # noqa: FBT001 - reads as one word with its argument
    return StepState.TODO if ready else StepState.LATER
