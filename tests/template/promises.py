"""What the software promises, the tests that hold it, and the figures of the last `make bench`.

`python -m tests.template.promises` writes `docs/promises.md` anew. A test holds a promise that its
name begins with: `test_p7_...`.
"""

import json
import re
from collections import abc, defaultdict
from pathlib import Path

from tests.benchmarks.budget import FIGURES

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "promises.md"

PROMISES: abc.Mapping[str, str] = {
    "P1": "A webhook is answered 2xx only once its event is stored.",
    "P2": "A signed event that is unknown or cannot be read is answered 202 and set aside.",
    "P3": "A signature that does not match is 503; nothing is stored and nothing is lost.",
    "P4": "Signatures are proven over the raw bytes, in constant time, with any of our secrets.",
    "P5": "A captured delivery that is replayed has no effect, for as long as one likes.",
    "P6": "A hundred copies of one event at once make one issue.",
    "P7": "An answer that is lost after the commit makes no second issue, incident or note.",
    "P8": "A worker that is killed at any call leaves the same final state.",
    "P9": "Events out of order never move an incident or issue back.",
    "P10": "Incidents do not hold each other up.",
    "P11": "Nothing echoes: after the last change nothing is written.",
    "P12": "The statuses on the way of a transition with several steps do not echo.",
    "P13": "A person's change counts, also where it equals our own last write.",
    "P14": "Where both sides changed, PagerDuty wins, and a comment keeps the other value.",
    "P15": "The way to a status is a shortest one, and never passes a Done status elsewhere.",
    "P16": "Where a status cannot be reached nothing moves; people are told once for each cause.",
    "P17": "What a side asks to wait is waited; otherwise waits grow and are spread.",
    "P18": "A day without Jira and ten thousand events: none is lost, and their order is kept.",
    "P19": "A poison event does not hold its incident for ever; trying again is always safe.",
    "P20": "A tenth of all webhooks lost: after one sweep both sides agree.",
    "P21": "A cursor moves only once its page is done.",
    "P22": "A webhook that PagerDuty switched off is found, switched on, and its gap filled.",
    "P23": "No secret stands in a log, error, trace, page or timeline.",
    "P24": "Any secret is replaced under load without a failure and without a deployment.",
    "P25": "Only the configured Jira is called; no redirect, no metadata address.",
    "P26": "Text of an incident changes no JQL, markup, HTML or JSON.",
    "P27": "Never more incidents are opened by JQL in an hour than the limits say.",
    "P28": "Least privilege: the stack runs with IAM enforced and a Jira user of the least rights.",
    "P29": "Bodies of up to 256 KB are taken, 6 MB are refused.",
    "P30": "A new version that is deployed in mid-stream loses nothing.",
    "P31": "Throttling and lost conditions of DynamoDB never become a wrong answer.",
    "P32": "A clock that is ten minutes off changes nothing, or `health` names it.",
    "P33": "An automation that undoes us is stopped: the link pauses, one note says why.",
    "P34": "An extra that fails, for however long, delays no status, priority, field or issue.",
    "P35": "An outage of any length costs at most one look at each incident afterwards.",
    "P36": "A person's words are never taken for ours, nor ours for a person's.",
    "P37": "What the code calls in AWS and what the roles allow are the same set.",
    "P38": "Whenever nothing happened, `explain` says why, for every mapping.",
    "P39": "No event makes a second incident; one that comes too late is found, told and joined.",
    "P40": "Notes and comments are carried exactly once, whatever the clocks of all sides do.",
    "P41": "With several mappings and a slow Jira, every delivery gets further.",
}

BUDGETS: abc.Mapping[str, str] = {
    "R1": "cold starts",
    "R2": "a webhook, warm",
    "R3": "the worker's own CPU for an event",
    "R4": "calls to Jira",
    "R5": "units of DynamoDB",
    "R6": "from a change to the other side's write",
    "R7": "an idle poll",
    "R8": "an idle sweep",
    "R9": "the size of the layers",
    "R10": "cost",
    "R11": "the source tree",
    "R12": "catching up after a day without Jira",
    "R13": "the page",
    "R14": "CPU of one created issue",
    "R15": "going on after a crash, and after a minute without Jira",
}

HEAD = """# Promises

What the software promises, and the files below tests/ whose tests hold it: \
their names begin with the promise's. Run those of one promise by `.venv/bin/pytest tests -k p7_`.

This page is written by `make promises`, out of the tests and what `make bench` measured last.
"""

NOT_MEASURED = "not measured"

_NAME = re.compile(r"^\s*def test_(p\d+)_", re.MULTILINE)


def holding() -> dict[str, list[str]]:
    """By promise: the files whose tests hold it."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for promise in sorted(set(_NAME.findall(path.read_text("utf-8")))):
            found[promise.upper()].append(str(path.relative_to(ROOT)))
    return found


def promise_table() -> str:
    """The table of promises."""
    held = holding()
    rows = [
        f"| {number} | {text} | {_tests(held.get(number, []))} |"
        for number, text in PROMISES.items()
    ]
    return "\n".join(["| | promise | held by |", "|---|---|---|", *rows])


def _tests(files: abc.Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in files)


def budget_table(figures: abc.Mapping[str, list[str]]) -> str:
    """The table of budgets, with each figure of the last run beside its limit."""
    rows = [
        f"| {number} | {what} | {'<br>'.join(figures.get(number, [])) or NOT_MEASURED} |"
        for number, what in BUDGETS.items()
    ]
    return "\n".join(["| | budget | last measured |", "|---|---|---|", *rows])


def kept(page: str) -> dict[str, list[str]]:
    """The figures that stand on the page: whoever has measured none writes none away."""
    rows = re.findall(r"^\| (R\d+) \| [^|]+ \| (.+) \|$", page, flags=re.MULTILINE)
    return {number: told.split("<br>") for number, told in rows if told != NOT_MEASURED}


def written(figures: abc.Mapping[str, list[str]]) -> str:
    """The page."""
    return f"{HEAD}\n{promise_table()}\n\n## Budgets\n\n{budget_table(figures)}\n"


if __name__ == "__main__":
    measured = json.loads(FIGURES.read_text("utf-8")) if FIGURES.exists() else {}
    PAGE.write_text(written({**kept(PAGE.read_text("utf-8")), **measured}), "utf-8")
