"""What Jira or PagerDuty refused, by its cause: which incidents lack something, and the cure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from pdjira.errors import split_cure
from pdjira.health.checks import Check, Status, ok
from pdjira.model.issue import IssueRef
from pdjira.model.link import Link, LinkState
from pdjira.model.notices import ISSUE
from pdjira.sweep.ports import OpenLinks
from pdjira.text.plain_text import counted, text_digest

REFUSED = "refused"

MOST = 200
"""Links that are read: what more there are is counted."""

_MOST_TOLD = 5

_AGAIN = (
    'Then invoke the admin function with {"action": "resync", "incident_id": "..."}, or wait for '
    "the next hour."
)

_READ_THE_NOTE = "Read the note on the incident, and mend what it names."


@dataclass(frozen=True, slots=True, kw_only=True)
class Stuck:
    """An incident that lacks something; `since` None: nobody knows since when."""

    incident_id: str
    number: int | None
    issue: IssueRef | None
    since: datetime | None

    @property
    def name(self) -> str:
        """What people call it; the id on links of earlier versions."""
        return self.incident_id if self.number is None else str(self.number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Why incidents lack something under a mapping: what was refused, and its cure.

    `why` is empty where the link no longer keeps the words. `has_issue`: it is not the issue that
    they lack.
    """

    id: str
    mapping_id: str
    why: str
    cure: str
    has_issue: bool
    stuck: Sequence[Stuck]

    @property
    def since(self) -> datetime | None:
        """Since when the first of them lacks it."""
        return min((one.since for one in self.stuck if one.since), default=None)

    @property
    def what(self) -> str:
        """What the incidents lack, without the reason."""
        count = len(self.stuck)
        is_one = count == 1
        who = f"Incident {self.stuck[0].name}" if is_one else counted(count, "incident")
        if not self.has_issue:
            return f"{who} {'has' if is_one else 'have'} no issue"
        if self.why and is_one:
            return who
        return f"{who} {'lacks' if is_one else 'lack'} something that was refused"

    @property
    def heading(self) -> str:
        """What is wrong with them, in a few words."""
        if not self.has_issue:
            return self.what
        one = self.stuck[0]
        if len(self.stuck) > 1:
            return f"{counted(len(self.stuck), 'incident')} are not in step with their issues"
        issue = f" with {one.issue.key}" if one.issue else ""
        return f"Incident {one.name} is not in step{issue}"

    @property
    def says(self) -> str:
        """One sentence for all of them."""
        why = f": {self.why}" if self.why else ""
        return f"{self.what}{why} (mapping {self.mapping_id})."


@dataclass(frozen=True, slots=True, kw_only=True)
class Causes:
    """Every cause, that of most incidents first; `left` incidents were not looked at."""

    found: Sequence[Cause]
    left: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class OfCauses(Check):
    """What was refused, and to whom, by cause."""

    causes: Causes


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedHealth:
    """Tells what was refused in the words that the incidents were told."""

    links: OpenLinks

    def causes(self) -> Causes:
        """What was refused, by cause."""
        links, incidents = self.links.refused(MOST)
        found = causes_of(links)
        is_whole = len(links) < MOST
        return Causes(found=found, left=0 if is_whole else incidents - len(_incidents(found)))

    def checks(self) -> Iterator[Check]:
        """One check: the first causes with their reasons, the incidents of others counted."""
        causes = self.causes()
        if not causes.found:
            yield ok("links", REFUSED, "No incident lacks anything that was refused.")
            return
        told = causes.found[:_MOST_TOLD]
        says = [cause.says for cause in told]
        left = causes.left + len(_incidents(causes.found[_MOST_TOLD:]))
        if left:
            lack = counted(left, "more incident lacks", "more incidents lack")
            says.append(f"{lack} something that was refused.")
        yield OfCauses(
            area="links",
            name=REFUSED,
            status=Status.ATTENTION,
            says=" ".join(says),
            cure=" ".join([*dict.fromkeys(cause.cure for cause in told), _AGAIN]),
            causes=causes,
        )


def _incidents(causes: Sequence[Cause]) -> set[str]:
    return {one.incident_id for cause in causes for one in cause.stuck}


def causes_of(links: Sequence[Link]) -> Sequence[Cause]:
    """The causes of links that lack something; one that words were kept of lends them to all."""
    groups: dict[tuple[str, bool, str], list[Link]] = {}
    for link in links:
        if link.state is LinkState.FAILED or link.refused:
            key = (link.mapping_id, link.issue is not None, _notice(link)[0])
            groups.setdefault(key, []).append(link)
    found = [_cause(key, group) for key, group in groups.items()]
    return sorted(found, key=lambda cause: (-len(cause.stuck), cause.mapping_id, cause.why))


def _cause(key: tuple[str, bool, str], links: Sequence[Link]) -> Cause:
    mapping_id, has_issue, notice = key
    worded = max(links, key=lambda link: len(_notice(link)[1]))
    says, cure = split_cure(_notice(worded)[1])
    why = says.removeprefix(f"No Jira issue (mapping {mapping_id}). ").strip().rstrip(".")
    if worded.issue and len(links) > 1:
        why = _without(why, worded.issue.key)
    return Cause(
        id=text_digest(f"{mapping_id} {has_issue} {notice}"),
        mapping_id=mapping_id,
        why=why,
        cure=cure or _READ_THE_NOTE,
        has_issue=has_issue,
        stuck=[_stuck(link) for link in links],
    )


def _stuck(link: Link) -> Stuck:
    return Stuck(
        incident_id=link.incident_id,
        number=link.incident_number,
        issue=link.issue,
        since=link.claimed_at if link.issue is None else link.ended_at,
    )


def _notice(link: Link) -> tuple[str, str]:
    """The key and the words of what people were told last, but for the issue's name."""
    told = [(key, notice.text) for key, notice in link.notices.items() if key != ISSUE]
    return told[-1] if told else ("", "")


def _without(why: str, issue: str) -> str:
    """What concerns all incidents alike: without the sentences about one issue."""
    sentences = why.split(". ")
    common = [one for one in sentences if issue not in one]
    return ". ".join(common or sentences)
