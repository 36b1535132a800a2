"""What the rules of PagerDuty's own Jira integrations become, by name."""

from collections import abc
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from pdjira.errors import Misconfigured, NotThere, PdjiraError
from pdjira.mappings.changes import Item
from pdjira.mappings.exchange import SCHEMA_VERSION, Offers, with_email
from pdjira.mappings.moving_rules import (
    JIRA_PRIORITY,
    PAGERDUTY_PRIORITY,
    SERVICE,
    USER,
    OldRule,
    old_rules,
)
from pdjira.mappings.ports import JiraCatalogue, MappingItems, PagerDutyCatalogue
from pdjira.mappings.vendor_parts import Translated, part, text_of
from pdjira.mappings.vendor_rules import is_vendor_rule, mappings_of
from pdjira.model.incident import Reference
from pdjira.text.json_text import NotJson, read_json

_MARK = "\ufeff"
"""The byte order mark that some editors put before a text."""

_FILE = (
    "Give a rule as PagerDuty's API answers it, a list of such rules, or a file that an export of "
    "mappings made."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a pasted text holds: rules of PagerDuty's, each once, and mappings.

    `repeated` counts the rules that stood there more than once.
    """

    rules: tuple[Item, ...]
    mappings: tuple[Item, ...]
    repeated: int = 0


def contents_of(text: str) -> Contents:
    """What a text holds. Raises `Misconfigured`, with line and column where it is no JSON."""
    found = read_json(text.removeprefix(_MARK))
    if isinstance(found, NotJson):
        raise NotThere(found.says, cure="Correct the text there, and read it again.")
    given = [one for one in _listed(found) if isinstance(one, abc.Mapping)]
    all_rules = [one for one in given if is_vendor_rule(one)]
    rules = tuple(one for place, one in enumerate(all_rules) if one not in all_rules[:place])
    mappings = tuple(one for one in given if not is_vendor_rule(one) and "create_issue" in one)
    if not rules and not mappings:
        raise NotThere("This text holds no rule and no mapping.", cure=_FILE)
    repeated = len(all_rules) - len(rules)
    return Contents(rules=rules, mappings=mappings, repeated=repeated)


_LISTS = ("mappings", "rules", "extensions")
"""Where a file, or an answer of PagerDuty's, has its list."""


def _listed(found: object) -> Sequence[object]:
    if isinstance(found, list):
        return found
    if not isinstance(found, abc.Mapping):
        return ()
    if found.get("schema_version", SCHEMA_VERSION) != SCHEMA_VERSION:
        raise Misconfigured(
            f"Only a file of schema_version {SCHEMA_VERSION} can be imported; this is another.",
            cure="Import it with the version of the stack that exported it.",
        )
    lists = (found[key] for key in _LISTS if isinstance(found.get(key), list))
    return next(lists, [found])


@dataclass(frozen=True, slots=True, kw_only=True)
class Moving:
    """Shows rules beside the mappings that they become."""

    items: MappingItems
    jira: JiraCatalogue
    pagerduty: PagerDutyCatalogue

    def from_pagerduty(self) -> tuple[OldRule, ...]:
        """The rules of Jira Server v3, as PagerDuty tells them now. Raises what PagerDuty does."""
        return self.shown(self.pagerduty.jira_extensions())

    def shown(self, rules: Sequence[Item]) -> tuple[OldRule, ...]:
        """These rules, one for each of their services, by name as far as both sides tell names."""
        stored = {item.id: item for item in self.items.stored_items()}
        found = [(rule, mappings_of(rule)) for rule in rules]
        names = dict(self._names([one for _, many in found for one in many]))
        return tuple(old for rule, many in found for old in old_rules(rule, many, stored, names))

    def ready(self, rule: OldRule) -> Item:
        """The mapping that the rule becomes, with the e-mail address of its user."""
        return with_email(rule.item, Offers(jira=self.jira, pagerduty=self.pagerduty))

    def old_rule(self, mapping_id: str) -> OldRule | None:
        """The rule of PagerDuty's that became a mapping; None where PagerDuty has it no longer.

        PagerDuty only tells of those of Jira Server v3, and is asked about no other.
        """
        if not is_told(mapping_id):
            return None
        return next((one for one in self.from_pagerduty() if one.id == mapping_id), None)

    # ---- names

    def _names(self, found: Sequence[Translated]) -> Iterator[tuple[tuple[str, str], str]]:
        """What both sides call what the rules name by id alone; a side that is silent: nothing."""
        items = [one.item for one in found]
        if items:
            yield from _listed_names(JIRA_PRIORITY, self.jira.priorities)
            yield from _listed_names(PAGERDUTY_PRIORITY, lambda: self.pagerduty.priorities() or ())
        for service_id in _ids(part(item, "service") for item in items):
            with suppress(PdjiraError):
                yield (SERVICE, service_id), self.pagerduty.service(service_id).name
        for user_id in _ids(part(item, "sync_notes_user") for item in items):
            with suppress(PdjiraError):
                yield (USER, user_id), self.pagerduty.email_of(user_id)


def is_told(mapping_id: str) -> bool:
    """Whether PagerDuty tells of the rule that a mapping is from."""
    return mapping_id.startswith("v3-")


def _listed_names(
    kind: str, ask: Callable[[], Sequence[Reference]]
) -> Iterator[tuple[tuple[str, str], str]]:
    with suppress(PdjiraError):
        yield from (((kind, one.id), one.name) for one in ask())


def _ids(references: Iterable[Item]) -> Iterator[str]:
    """The ids of those that tell no name beside it, each once."""
    seen = dict.fromkeys(
        text_of(one.get("id"))
        for one in references
        if one.get("name") in (None, one.get("id")) and not one.get("email")
    )
    return filter(None, seen)
