"""Which notice is told next."""

from dataclasses import dataclass

from pdjira.errors import Side
from pdjira.model.extra import Extra
from pdjira.model.link import Link, Notice, NoticeState
from pdjira.model.mapping import Mapping
from pdjira.model.notices import ISSUE
from pdjira.model.times import BELIEVED_AFTER
from pdjira.sync.extras import is_refused_lately
from pdjira.sync.situation import Situation
from pdjira.sync.step import Action, Step, Wait


def name_issue(situation: Situation, link: Link, _mapping: Mapping | None) -> Action | None:
    """Tell the incident which issue it has before telling it anything else."""
    return _tell_if_untold(situation, link, ISSUE) if ISSUE in link.notices else None


def tell(situation: Situation, link: Link, _mapping: Mapping | None = None) -> Action | None:
    """Tell the first notice that is due and not told yet."""
    if Extra.NOTICES in situation.extras.put_off:
        return None
    telling = (_tell_if_untold(situation, link, key) for key in link.notices)
    return next((action for action in telling if action), None)


def _tell_if_untold(situation: Situation, link: Link, key: str) -> Action | None:
    notice = link.notices[key]
    if notice.state is NoticeState.TOLD or key in situation.notices.unheard:
        return None
    if key not in situation.notices.fresh and is_refused_lately(situation, link, Extra.NOTICES):
        return None
    return _tell_one(situation, key, notice)


def _tell_one(situation: Situation, key: str, notice: Notice) -> Action:
    if key in situation.notices.fresh:
        return TellPeople(notice=key, look_first=False)
    if key not in situation.notices.listed:
        return TellPeople(notice=key, look_first=True)
    if notice.sent_at and situation.now < notice.sent_at + BELIEVED_AFTER:
        return Wait(
            why="An earlier attempt to add a note had no answer, and PagerDuty does not show it.",
            extra=Extra.NOTICES,
        )
    return TellPeople(notice=key, look_first=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TellPeople(Step):
    """Put a notice onto the incident as a note.

    `look_first`: an earlier attempt may have put it there already.
    """

    side = Side.PAGERDUTY
    most_calls = 2
    extra = Extra.NOTICES
    writes = True

    notice: str
    look_first: bool
