"""The laws that a whole run must have kept, read from what both servers hold at its end."""

from collections import Counter

from tests.sandbox.environment import Sandbox


def broken_laws(sandbox: Sandbox) -> list[str]:
    """One sentence for each law that the run has broken."""
    return [*_second_issues(sandbox), *_repeated_notes(sandbox)]


def _second_issues(sandbox: Sandbox) -> list[str]:
    """At most one issue was ever created for an incident under a mapping."""
    marks = Counter(
        (mark["id"], mark["mapping"])
        for issue in sandbox.jira.model.state()["issues"]
        if (mark := issue["properties"].get("pagerduty.incident"))
    )
    return [f"{count} issues bear the mark {mark}" for mark, count in marks.items() if count > 1]


def _repeated_notes(sandbox: Sandbox) -> list[str]:
    """An incident is told nothing twice."""
    return [
        f"{incident.id} was told {count} times: {text}"
        for incident in sandbox.pagerduty.model.incidents.values()
        for text, count in Counter(note.content for note in incident.notes).items()
        if count > 1
    ]
