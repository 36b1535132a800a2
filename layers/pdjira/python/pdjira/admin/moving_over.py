"""Moves services over from PagerDuty's own Jira integrations, one at a time."""

from dataclasses import dataclass

from pdjira.admin.mapping_edits import NEW, Blocked, MappingEdits, Outcome, Standing
from pdjira.errors import Misconfigured, NotThere
from pdjira.mappings.moving import Moving
from pdjira.mappings.moving_rules import OldRule
from pdjira.model.mapping import errors_of


@dataclass(frozen=True, slots=True, kw_only=True)
class MovingOver:
    """Takes rules over as mappings that are off, and switches these on."""

    moving: Moving
    edits: MappingEdits

    def take_over(self, rule: OldRule, *, by: str | None) -> Outcome:
        """Write the mapping that a rule becomes, switched off.

        Where it has errors it is kept as a draft, and the answer says which. Raises `Misconfigured`
        where there is a mapping or draft of its id already: it may have been edited.
        """
        standing = self.edits.look(rule.id)
        if standing.stored is not None or standing.draft is not None:
            raise Misconfigured(
                f"{rule.name} is taken over already, and was left as it is.",
                cure="Go on with the mapping, or delete it to take the rule over afresh.",
            )
        outcome = self.edits.save(self.moving.ready(rule), seen=NEW, by=by)
        if isinstance(outcome, Blocked):
            kept = self.edits.keep_draft(outcome.item, seen_draft=0, by=by)
            if isinstance(kept, Blocked):
                raise Misconfigured(
                    f"The rule cannot be kept: {kept.blocking[0].says}",
                    cure="Shorten it there, and read the rules again.",
                )
        return outcome

    def put_in_force(self, mapping_id: str, *, is_off_there: bool, by: str | None) -> Outcome:
        """Switch on a mapping that was taken over, unless it has errors.

        `is_off_there`: a person says that the old rule is off. Raises `Misconfigured` where nobody
        says so and PagerDuty tells that it makes issues.
        """
        standing = self.look(mapping_id)
        rule = None if is_off_there else self.moving.old_rule(mapping_id)
        if rule is not None and rule.still_makes is not None:
            raise Misconfigured(rule.still_makes, cure=f"{rule.switch_off} Then say that you did.")
        if standing.stored is None:
            raise Misconfigured(
                f"{mapping_id} is a draft with errors, which have to be mended first.",
                cure="Open the mapping, mend what it names, and save it.",
            )
        item, verdict = self.edits.judge({**standing.stored.written, "enabled": True})
        errors = errors_of(verdict.problems)
        if errors:
            return Blocked(item=item, verdict=verdict, blocking=errors)
        return self.edits.save(item, seen=standing.seen, by=by)

    def drafts(self) -> frozenset[str]:
        """The ids of all drafts: a rule that was taken over with errors is one."""
        return frozenset(one.mapping_id for one in self.edits.drafts.all_drafts())

    def look(self, mapping_id: str) -> Standing:
        """The mapping that was taken over. Raises `Misconfigured` where there is none."""
        standing = self.edits.look(mapping_id)
        if standing.stored is None and standing.draft is None:
            raise NotThere(f"There is no mapping {mapping_id}.", cure="Take its rule over first.")
        return standing
