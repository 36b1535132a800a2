"""The files of docs/gateway: what HAProxy says of them, and that they agree with each other."""

import re
from pathlib import Path

import pytest

from tests.gateway.conftest import Site
from tests.gateway.running import FOLDER, check, the_gateway
from tests.sandbox import tools

EXAMPLE = (FOLDER / "site.cfg").read_text("utf-8")
SETTINGS = set(re.findall(r"^ *(?:# )?setenv (PDJIRA_\w+) ", EXAMPLE, flags=re.MULTILINE))
ADAPTERS = tools.ROOT / "layers" / "pdjira" / "python" / "pdjira" / "adapters" / "jira"


def test_haproxy_takes_the_files_without_a_warning(site: Site, tmp_path: Path) -> None:
    everything = site(
        token_next="x" * 40, audience="jira", jira_context="/jira", jira_name="jira.example.com"
    )

    assert check(tmp_path, site()) == (0, "")
    assert check(tmp_path, everything) == (0, "")


@pytest.mark.parametrize(
    "missing",
    [
        *("token", "user", "issuer", "jira_authorization", "jira"),
        *("listen", "certificate", "sources"),
    ],
)
def test_without_a_setting_that_must_be_the_gateway_does_not_start(
    site: Site, tmp_path: Path, missing: str
) -> None:
    status, says = check(tmp_path, site(**{missing: None}))

    assert status != 0
    assert f"PDJIRA_{missing.upper()}" in says


def test_https_to_jira_needs_the_name_to_look_for(site: Site, tmp_path: Path) -> None:
    status, says = check(tmp_path, site(jira_ca="/etc/ssl/certs/ca-certificates.crt"))

    assert status != 0
    assert "PDJIRA_JIRA_NAME" in says


def test_a_site_file_that_was_read_too_late_is_named(site: Site, tmp_path: Path) -> None:
    status, says = check(tmp_path, the_gateway(), site())

    assert status != 0
    assert "site.cfg must be read before" in says


def test_every_setting_is_used_forgotten_on_reload_and_explained() -> None:
    forgotten = re.search(r"^ *unsetenv (.+)$", EXAMPLE, flags=re.MULTILINE)
    readme = (FOLDER / "README.md").read_text("utf-8")

    assert forgotten
    assert set(forgotten[1].split()) == SETTINGS
    assert set(re.findall(r"PDJIRA_[A-Z]+(?:_[A-Z]+)*", the_gateway())) == SETTINGS
    assert set(re.findall(r"PDJIRA_[A-Z]+(?:_[A-Z]+)*", readme)) <= SETTINGS


def test_the_stack_calls_no_path_that_the_gateway_refuses() -> None:
    """But personal access tokens, which are asked for in mode `pat`: there is no gateway then."""
    sources = "\n".join(path.read_text("utf-8") for path in ADAPTERS.glob("*.py"))
    called = set(re.findall(r'"(/rest/\w+/\w+)', sources)) - {"/rest/pat/latest"}

    assert called
    assert all(f"{path}/" in the_gateway() for path in called)


def test_every_refusal_is_explained() -> None:
    readme = (FOLDER / "README.md").read_text("utf-8")
    reasons = re.findall(r'set-var-fmt\(txn\.refused\) "([^"]+)"', the_gateway())

    assert len(reasons) > 10
    assert [reason for reason in reasons if reason not in readme] == []
