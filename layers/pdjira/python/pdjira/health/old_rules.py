"""Whether PagerDuty's own integration still makes issues where a mapping of ours does."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from pdjira.errors import Refused
from pdjira.health.checks import Check, Status, ok
from pdjira.mappings.changes import Item
from pdjira.mappings.moving_rules import OldRule, old_rules
from pdjira.mappings.vendor_rules import mappings_of
from pdjira.model.mapping import CreateMode
from pdjira.model.ports import Mappings

OLD_RULES = "old integration"


@dataclass(frozen=True, slots=True, kw_only=True)
class OldRulesHealth:
    """Nothing is asked while no mapping in force makes issues."""

    extensions: Callable[[], Sequence[Item]]
    mappings: Mappings

    def checks(self) -> Iterator[Check]:
        """A check for each service that gets two issues for an incident, else one that is well."""
        made = {
            one.service.id
            for one in self.mappings.in_force()
            if one.create_issue is CreateMode.AUTOMATIC
        }
        try:
            both = [one for one in self._rules() if _service_of(one) in made] if made else []
        except Refused:
            says = "The API key may not see extensions, so nobody knows of PagerDuty's own rules."
            yield ok("mappings", OLD_RULES, says)
            return
        yield from map(_check, both)
        if not both:
            says = "PagerDuty's own integration makes no issues where a mapping does."
            yield ok("mappings", OLD_RULES, says)

    def _rules(self) -> Iterator[OldRule]:
        """Those that make issues, as far as PagerDuty tells."""
        for extension in self.extensions():
            found = old_rules(extension, mappings_of(extension), {}, {})
            yield from (one for one in found if one.still_makes)


def _service_of(rule: OldRule) -> object:
    service = rule.item["service"]
    return service["id"] if isinstance(service, dict) else None


def _check(rule: OldRule) -> Check:
    return Check(
        area="mappings",
        name=OLD_RULES,
        status=Status.ATTENTION,
        says=f"PagerDuty's {rule.integration.value} integration makes issues for incidents of "
        f"{rule.service} as well: each gets two.",
        cure=rule.switch_off,
    )
