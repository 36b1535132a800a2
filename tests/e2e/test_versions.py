"""The core of the main job on the oldest and the newest Jira, by each way to sign in."""

from collections.abc import Callable, Iterator
from functools import partial

import pytest

from tests.e2e import scenes
from tests.sandbox.environment import Sandbox, eventually
from tests.sandbox.jira.versions import JIRA_9_12, NEWEST, OLDEST

Scene = Callable[[Sandbox], None]

# A changed secret is in force within a minute; what was refused until then waits a while more.
PATIENCE_SECONDS = 240
SCENES: dict[str, Scene] = {
    "created": scenes.name_each_other,
    "a whole life": scenes.follow_three_steps,
    "a priority": scenes.follow_the_priority,
    "each kind of field": scenes.fill_each_kind_of_field,
}


@pytest.fixture(scope="module", params=[(OLDEST, "basic"), ("10.3", "jwt"), (NEWEST, "pat")])
def updated(request: pytest.FixtureRequest, deployed: Sandbox) -> Iterator[tuple[str, str]]:
    """Another Jira in the place of the first, reached by every function that is warm."""
    version, sign_in = request.param
    deployed.update_jira(version, sign_in=sign_in)
    for incident in [deployed.trigger(f"{version} by {sign_in}") for _ in range(5)]:
        eventually(
            partial(deployed.is_linked, incident), seconds=PATIENCE_SECONDS, what=f"Jira {version}"
        )
    yield request.param
    deployed.update_jira(JIRA_9_12.name)


@pytest.fixture
def jira(sandbox: Sandbox, updated: tuple[str, str]) -> Sandbox:
    """The stack with that Jira, also after another test has put the connection right."""
    version, sign_in = updated
    sandbox.update_jira(version, sign_in=sign_in)
    return sandbox


@pytest.mark.timeout(3 * PATIENCE_SECONDS)
@pytest.mark.parametrize("scene", SCENES)
def test_m1_m3_every_jira_is_served_by_every_sign_in(jira: Sandbox, scene: str) -> None:
    """P28: also with the least rights, and with the role's right to read the signing token."""
    SCENES[scene](jira)


@pytest.mark.timeout(3 * PATIENCE_SECONDS)
def test_m1_health_names_the_version_and_our_account(jira: Sandbox) -> None:
    health = jira.stack.invoke("AdminFunction", {"action": "health"})

    says = [check["says"] for check in health["checks"] if check["area"] == "jira"]
    assert any(jira.jira.model.version.text in sentence for sentence in says), says
    assert any(sentence.endswith("as pagerduty.") for sentence in says), says


def test_p23_no_signed_token_stands_in_any_log(sandbox: Sandbox) -> None:
    """Every token of the tests before begins as every JWT does."""
    logged = "\n".join(
        line
        for name in ("SyncWorkerFunction", "AdminFunction")
        for line in sandbox.stack.logs(name)
    )

    assert logged
    assert "eyJ" not in logged
