"""How a link keeps which people of its incident were carried, in few bytes."""

from collections.abc import Iterable

from pdjira.domain.people import PeopleAgreement

_MARK = 4


def people_item(people: PeopleAgreement) -> str | None:
    """The marks of the assignee, of the watchers and of what is lacking; None where none is."""
    parts = (people.assignee or "", _joined(people.watchers), _joined(people.lacking))
    return "/".join(parts) if any(parts) else None


def read_people(text: str | None) -> PeopleAgreement:
    """What `people_item` wrote. Raises `ValueError` for anything else."""
    if text is None:
        return PeopleAgreement()
    assignee, watchers, lacking = text.split("/")
    return PeopleAgreement(
        assignee=assignee or None, watchers=_parted(watchers), lacking=_parted(lacking)
    )


def _joined(marks: Iterable[str]) -> str:
    return "".join(sorted(marks))


def _parted(text: str) -> frozenset[str]:
    return frozenset(text[at : at + _MARK] for at in range(0, len(text), _MARK))
