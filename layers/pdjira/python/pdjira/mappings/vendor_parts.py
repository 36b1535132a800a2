"""What the rules of all of PagerDuty's Jira integrations have in common."""

import re
from collections import abc
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from pdjira.mappings.changes import Item
from pdjira.model.mapping import Problem, hint

Part = abc.Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Translated:
    """A mapping, switched off, and a hint for each part of the rule that it does not hold."""

    item: Item
    remarks: tuple[Problem, ...] = ()


def part(value: object, key: str) -> Part:
    """The map of that key; an empty one where there is none."""
    found = value.get(key) if isinstance(value, abc.Mapping) else None
    return found if isinstance(found, abc.Mapping) else {}


def parts(value: object, key: str, *, within: str = "") -> Iterator[tuple[str, Part]]:
    """The maps of a list, each with its path."""
    found = value.get(key) if isinstance(value, abc.Mapping) else None
    for number, each in enumerate(found if isinstance(found, list) else []):
        if isinstance(each, abc.Mapping):
            yield f"{within}{key}[{number}]", each


def text_of(value: object) -> str:
    """The text or number; empty for anything else."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value).strip() if is_number or isinstance(value, str) else ""


def named(value: Part, *, name: str = "name") -> dict[str, object] | None:
    """Id and name of a reference; None where it has no id. `name` is the key of the name."""
    identity = text_of(value.get("id"))
    if not identity:
        return None
    return {"id": identity, "name": text_of(value.get(name)) or identity}


def service_of(reference: Part) -> dict[str, object]:
    """A service, as a reference to it tells."""
    shown = text_of(reference.get("summary")) or text_of(reference.get("label"))
    identity = text_of(reference.get("id"))
    return {"id": identity, "name": shown or identity}


def identity_of(kind: str, rule: Part, service_id: str, *, several: bool) -> str:
    """The id of the mapping of a service: by the rule's id, or by its name where it has none."""
    slug = re.sub(r"[^a-z0-9]+", "-", text_of(rule.get("name")).lower()).strip("-")
    identity = f"{kind}-{text_of(rule.get('id')) or slug or service_id}"
    return f"{identity}-{service_id}" if several else identity


def unknown_keys(value: Part, known: Collection[str], *, within: str = "") -> Iterator[Problem]:
    """A hint for each key that nobody here knows the meaning of."""
    for key in value:
        if key not in known:
            yield not_carried(f"{within}{key}", f"{within}{key} is not known here.")


def not_carried(field: str, says: str, cure: str = "") -> Problem:
    """The hint that a part of the rule is not carried over."""
    return hint(
        field,
        f"Not carried over: {says}",
        cure or "Look at the rule in PagerDuty, and set in the mapping what you need of it.",
    )


def off_for_now(rule: Part) -> Iterator[Problem]:
    """The warning that both would make issues."""
    if rule.get("enabled") is not False:
        yield hint(
            "enabled",
            "The mapping is written switched off, because the rule in PagerDuty may still make "
            "issues.",
            "Switch the rule off in PagerDuty first, then set enabled to true.",
        )


def notes_of(user: object) -> dict[str, object]:
    """`sync_notes` and its user: without one, no notes were synchronised."""
    found = user if isinstance(user, abc.Mapping) else {"id": user}
    identity = text_of(found.get("id"))
    if not identity:
        return {"sync_notes": "off"}
    email = text_of(found.get("email"))
    named_user = {"id": identity} | ({"email": email} if email else {})
    return {"sync_notes": "both", "sync_notes_user": named_user}
