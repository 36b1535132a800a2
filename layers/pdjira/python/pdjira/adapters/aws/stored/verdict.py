"""Reads the verdict that stands on an item, whatever became of it there."""

from collections import abc

from pdjira.domain.problem import Problem, Severity


def read_problems(check: object) -> tuple[Problem, ...]:
    """The problems of a stored `check`; what is no problem of ours is left out."""
    listed = check.get("problems") if isinstance(check, abc.Mapping) else None
    rows = listed if isinstance(listed, list) else []
    found = (_problem(row) for row in rows if isinstance(row, abc.Mapping))
    return tuple(problem for problem in found if problem is not None)


def _problem(row: abc.Mapping[str, object]) -> Problem | None:
    texts = {name: row.get(name) for name in ("severity", "field", "says", "cure")}
    if texts.pop("severity") not in set(Severity):
        return None
    field, says, cure = (str(text or "") for text in texts.values())
    return Problem(severity=Severity(str(row["severity"])), field=field, says=says, cure=cure)
