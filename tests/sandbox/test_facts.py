"""The tables of facts and the tests that show them name each other."""

import ast
import re
from pathlib import Path

SANDBOX = Path(__file__).parent


def shown_in(folder: str) -> set[str]:
    trees = [
        ast.parse(path.read_text(encoding="utf-8")) for path in (SANDBOX / folder).glob("test_*.py")
    ]
    functions = [node for tree in trees for node in tree.body if isinstance(node, ast.FunctionDef)]
    return {node.name for node in functions if node.name.startswith("test_")}


def named_by(side: str) -> set[str]:
    table = (SANDBOX / side / "FACTS.md").read_text(encoding="utf-8")
    return set(re.findall(r"`(test_\w+)`", table))


def test_every_claimed_behaviour_names_a_test_and_every_test_is_claimed() -> None:
    tests, named = shown_in("jira_facts"), named_by("jira")

    assert named - tests == set()
    assert tests - named == set()


def test_every_test_that_the_facts_name_exists() -> None:
    named = named_by("pagerduty")

    assert named
    assert named <= shown_in("pagerduty_facts")
