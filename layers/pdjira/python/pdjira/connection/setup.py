"""Looks at how far the setup has come, and keeps what was seen to work once."""

from dataclasses import dataclass, replace
from datetime import timedelta

from pdjira.connection.checklist import Milestones, Seen, StepState, checklist
from pdjira.connection.form import get
from pdjira.connection.lines import Trial
from pdjira.connection.ports import SecretRules, SetupRecord
from pdjira.connection.saving import ConnectionDesk, Stored
from pdjira.connection.token import NewToken, TokenState
from pdjira.connection.webhook import WebhookDesk
from pdjira.errors import PdjiraError, sentence_of
from pdjira.model.link import Activities
from pdjira.model.ports import Clock, Mappings


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What `/setup` shows: at once what is stored, and after it what both sides say."""

    desk: ConnectionDesk
    rules: SecretRules
    trial: Trial
    token: NewToken
    webhook: WebhookDesk
    record: SetupRecord
    mappings: Mappings
    activities: Activities
    clock: Clock

    def stored(self) -> Seen:
        """What is known without asking anybody."""
        stored = self.desk.stored()
        mappings = self.mappings.in_force()
        return Seen(
            is_entered=self._is_entered(stored),
            connected=None,
            signs=get(stored.tree, "jira.auth.mode") == "jwt",
            mappings=len(mappings),
            service=mappings[0].service.name if mappings else None,
            has_jira_webhook=bool(get(stored.tree, "jira.webhook_token")),
            reached=self.record.reached(),
        )

    def looked(self) -> Seen:
        """The same, with what both sides say now."""
        seen = self.stored()
        if not seen.is_entered:
            return seen
        seen = self._with_token(self._with_webhook(seen))
        wrong = self.trial.is_well()
        seen = replace(seen, connected=wrong is None, why=wrong or "")
        return self._with_incident(seen)

    def _is_entered(self, stored: Stored) -> bool:
        return bool(stored.tree) and not self.rules.problems(stored.version.text)

    def _with_token(self, seen: Seen) -> Seen:
        if not seen.signs:
            return seen
        look = self.token.look()
        if look.state not in {TokenState.PENDING, TokenState.SILENT} or look.until is None:
            return seen
        minutes, seconds = divmod(int((look.until - self.clock()).total_seconds()), 60)
        return replace(seen, pending_token=f"{minutes}:{seconds:02}")

    def _with_webhook(self, seen: Seen) -> Seen:
        if seen.reached.webhook:
            return seen
        try:
            look = self.webhook.look()
        except PdjiraError as error:
            return replace(seen, webhook_problem=sentence_of(error))
        if look.is_proven:
            return self._reach(seen, replace(seen.reached, webhook=self.clock()))
        return replace(seen, has_webhook=bool(look.ours))

    def _with_incident(self, seen: Seen) -> Seen:
        if seen.reached.incident or not seen.mappings:
            return seen
        now = self.clock()
        for day in (now, now - timedelta(days=1)):
            if any(one.issues for one in self.activities.of_day(day.date())):
                return self._reach(seen, replace(seen.reached, incident=now))
        return seen

    def _reach(self, seen: Seen, reached: Milestones) -> Seen:
        self.record.reach(reached)
        return replace(seen, reached=reached)


def waits(seen: Seen) -> bool:
    """Whether something may turn green by itself."""
    return any(step.state is StepState.WAITING for step in checklist(seen))
