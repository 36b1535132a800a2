"""The worker's one use case: gather, plan, perform, remember, until an incident rests."""

from collections import abc
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import starmap

from pdjira.circuits.breaker import Breaker, is_patient
from pdjira.errors import (
    CircuitOpen,
    NotFound,
    OutOfTime,
    PdjiraError,
    Side,
    Temporary,
    Unauthenticated,
    Unfinished,
    sentence_of,
    split_cure,
)
from pdjira.model.incident import Incident
from pdjira.model.link import (
    EXTRA_PATIENCE,
    Activities,
    Activity,
    Extra,
    Link,
    LinkState,
    TimelineEntry,
)
from pdjira.model.mapping import Listed, Mapping
from pdjira.model.ports import Clock, Links, Mappings, PagerDuty
from pdjira.model.reason import Reason, Why
from pdjira.model.signal import SWEEP, Signal, SignalKind
from pdjira.model.times import (
    CALL_SECONDS,
    STORE_SECONDS,
    TimeLeft,
    budget_of,
    calls_within,
    unlimited,
)
from pdjira.sync.creation.rules import ManualRequest, who_asked, why_not_in_force
from pdjira.sync.extras import going_by
from pdjira.sync.mapping_order import (
    Delivery,
    Turn,
    makes_several,
    named,
    out_of_force,
    turns,
    turns_meanwhile,
)
from pdjira.sync.notices.steps import OwnNotes, RequestAnswers, end_attempts
from pdjira.sync.plan import is_whole_look
from pdjira.sync.round import NotTried, Performer, Round, end_extras, has_hung, put_off, until_rest
from pdjira.sync.situation import CreationFacts, ExtraFacts, NoteFacts, Situation, project_of
from pdjira.sync.step import Step

LONG_WAIT = timedelta(minutes=10)
"""A shorter wait is not reported."""

_START = "Not done yet, and tried again for up to four days: "


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """Keeps what was done about an incident; where nothing was, nothing is written."""

    links: Links
    activities: Activities
    clock: Clock

    def tell(self, signal: Signal, incident_id: str, says: tuple[str, ...]) -> None:
        """Add to the incident's timeline."""
        if says:
            entry = TimelineEntry(
                incident_id=incident_id,
                at=self.clock(),
                signal=_event(signal),
                signal_id=signal.id,
                says=says,
            )
            self.links.record(entry)

    def list_for_people(
        self, delivery: Delivery, incident: Incident, links: Iterable[Link], says: tuple[str, ...]
    ) -> None:
        """Have the lists of the day show it; what fails is left to the incident's next event.

        So is a creation, which costs enough: the note that names its issue comes back in a second.
        """
        linked = [link for link in links if link.issue]
        says = says or tuple(_made(delivery.signal, linked))
        if not says or any(link.claimed_at >= delivery.begun for link in linked):
            return
        activity = Activity(
            incident_id=incident.id,
            number=incident.number,
            title=incident.title,
            service=incident.service.name,
            url=incident.html_url,
            at=self.clock(),
            event=_event(delivery.signal),
            says=" ".join(split_cure(one)[0] for one in says),
            issues={link.mapping_id: link.issue.key for link in linked if link.issue},
        )
        with suppress(PdjiraError):
            self.activities.put(activity)

    def why_it_waits(
        self, delivery: Delivery, error: Exception | None, *, now: datetime
    ) -> tuple[str, ...]:
        """Why a signal has waited for some minutes; nothing where an earlier delivery said so.

        Health and alarms report a side that is left alone, or that does not accept our sign-in.
        """
        is_told_elsewhere = isinstance(error, CircuitOpen | Unauthenticated)
        if not isinstance(error, PdjiraError) or is_told_elsewhere:
            return ()
        since = delivery.tried_since
        if since is None or now - since < LONG_WAIT:
            return ()
        signal = delivery.signal
        with suppress(PdjiraError):
            timeline = self.links.timeline(signal.incident_id or "")
            said = (one for entry in timeline if entry.signal_id == signal.id for one in entry.says)
            if not any(one.startswith(_START) for one in said):
                return (f"{_START}{sentence_of(error)}",)
        return ()


def _made(signal: Signal, linked: Iterable[Link]) -> Iterator[str]:
    """What the note that comes back tells of the issue which it names."""
    note_id = signal.note.id if signal.note else None
    for link in linked:
        if link.issue and note_id and link.issue_note == note_id:
            yield f"Created {link.issue.key} (mapping {link.mapping_id})."


def _event(signal: Signal) -> str:
    return signal.event_type or signal.kind.value


_A_CALL = timedelta(seconds=CALL_SECONDS + STORE_SECONDS)

YOUNG = timedelta(minutes=15)
"""How long PagerDuty may not show an incident that it has just reported."""

VOID = "Both sides were looked at since it was sent."


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What became of a signal: sentences on what was done (`says`) and why it ended (`rests`).

    `refusals` counts those that people were told by a note, `repairs` how often one side was
    brought to where the other is.
    """

    incident_id: str | None
    says: tuple[str, ...] = ()
    rests: tuple[str, ...] = ()
    refusals: int = 0
    repairs: int = 0


@dataclass(slots=True, kw_only=True)
class _Story:
    incident: Incident
    delivery: Delivery
    time_left: TimeLeft
    hold: Callable[[], None]
    listed: abc.Mapping[str, Listed] = field(default_factory=dict)
    seen: dict[str, Link] = field(default_factory=dict)
    hung: set[Extra] = field(default_factory=set)
    says: list[str] = field(default_factory=list)
    rests: list[str] = field(default_factory=list)
    refusals: int = 0
    repairs: int = 0
    error: Exception | None = None

    def report(self) -> Report:
        """What became of it, for the log."""
        return Report(
            incident_id=self.incident.id,
            says=tuple(self.says),
            rests=tuple(self.rests),
            refusals=self.refusals,
            repairs=self.repairs,
        )

    @property
    def is_waiting(self) -> bool:
        """Whether the message comes again though no side failed."""
        return isinstance(self.error, Unfinished) and not isinstance(self.error, OutOfTime)

    def fail(self, error: Exception | None) -> None:
        """Keep the first error, but one that only asks for patience gives way to any other.

        Any error gives way to `OutOfTime`, after which the next delivery goes on at once.
        """
        known = self.error
        if isinstance(error, OutOfTime):
            before = f"{known.left}, " if isinstance(known, OutOfTime) else ""
            self.error = OutOfTime(left=f"{before}{error.left}")
        elif known is None or (error and is_patient(known, than=error)):
            self.error = error


@dataclass(frozen=True, slots=True, kw_only=True)
class Synchroniser:
    """Brings incidents and their issues together, one signal at a time."""

    performer: Performer
    breaker: Breaker
    answers: RequestAnswers
    own_notes: OwnNotes
    recording: Recording
    pagerduty: PagerDuty
    links: Links
    mappings: Mappings
    account: Callable[[], str]
    clock: Clock

    def handle(
        self,
        delivery: Delivery,
        time_left: TimeLeft = unlimited,
        hold: Callable[[], None] = lambda: None,
    ) -> Report:
        """Work on an incident's signal until nothing is left to do, or the time is up.

        `hold` is called before each step that writes to a side: what this process leaves half done
        when it is killed must be taken up soon. Raises `Temporary` or `Ambiguous` when it must be
        delivered again, `Permanent` when a person has to correct something first. Handling it again
        is always safe.
        """
        incident_id = delivery.signal.incident_id or ""
        links = self.links.of_incident(incident_id)
        if delivery.is_void(links):
            return Report(incident_id=incident_id, rests=(VOID,))
        try:
            incident = self._incident(incident_id)
        except NotFound as error:
            return self._unknown(delivery, error)
        story = _Story(incident=incident, delivery=delivery, time_left=time_left, hold=hold)
        return self._work(story, incident, of_known(self.links, links))

    def _incident(self, incident_id: str) -> Incident:
        """The incident of that id. Raises `NotFound`, also for its number.

        PagerDuty takes a number as well, but whoever sends one is not in the incident's message
        group, and two groups never work on one link.
        """
        with self.breaker.call(Side.PAGERDUTY):
            found = self.pagerduty.get_incident(incident_id)
        if found.id != incident_id:
            raise NotFound(
                f"PagerDuty has no incident of the id {incident_id}.",
                cure="Give the id that ends the incident's URL.",
            )
        return found

    def _work(self, story: "_Story", incident: Incident, links: Sequence[Link]) -> Report:
        delivery, signal = story.delivery, story.delivery.signal
        story.listed = {one.id: one for one in self.mappings.all_listed()}
        mappings = [one.in_force for one in story.listed.values() if one.in_force]
        self._bring_together(story, mappings, links)
        story.rests += starmap(named, out_of_force(story.listed, incident, links))
        linked = {link.mapping_id for link in links if link.issue}
        request = ManualRequest(signal=signal, incident=incident, mappings=mappings, linked=linked)
        self._answer(request, story)
        waits = self.recording.why_it_waits(delivery, story.error, now=self.clock())
        told = (*story.says, *waits)
        self.recording.tell(signal, incident.id, told)
        self.recording.list_for_people(delivery, story.incident, story.seen.values(), told)
        if story.error:
            raise story.error
        return story.report()

    def _ours(self, signal: Signal, links: Sequence[Link]) -> frozenset[str]:
        """The id of the note that the signal tells of, where it is ours."""
        heard = [replace(signal.note, created_at=signal.occurred_at)] if signal.note else []
        return self.own_notes.among(signal.incident_id or "", heard, links=links)

    def _unknown(self, delivery: Delivery, error: NotFound) -> Report:
        """PagerDuty does not know the incident: no longer, or not everywhere yet.

        A sweep asks now and then whether it knows it again. This is said once. A request has no
        time that could be believed: what counts is when it arrived.
        """
        signal, now = delivery.signal, self.clock()
        incident_id, tried_since = signal.incident_id or "", delivery.tried_since
        is_request = signal.kind is SignalKind.CREATE_REQUESTED
        heard = replace(signal, occurred_at=tried_since or now) if is_request else signal
        if heard.is_younger(YOUNG, now=now):
            raise Temporary(error.says, cure=error.cure) from error
        says = (who_asked(signal), sentence_of(error)) if is_request else (sentence_of(error),)
        is_news = remember_unknown(self.links, incident_id, at=now)
        if signal.event_type == SWEEP and not is_news:
            return Report(incident_id=incident_id, rests=says)
        self.recording.tell(signal, incident_id, says)
        return Report(incident_id=incident_id, says=says)

    def _bring_together(
        self, story: "_Story", mappings: Sequence[Mapping], links: Sequence[Link]
    ) -> None:
        """The core of every mapping in its turn, then the extras of each; nothing is read twice.

        Once half of the time is used, what was begun is ended before more begins: so each delivery
        leaves less to the next one, however slow a side is.
        """
        ours = self._ours(story.delivery.signal, links)
        story.seen = {link.mapping_id: link for link in links}
        begun: dict[str, Round] = {}
        half = budget_of(story.time_left, 1 / 2, about="The core")
        for turn in _turns(story, mappings, links):
            current = begun.pop(turn.mapping_id, None) or self._begin(turn, story, ours)
            known, others_open = current.situation, turn.others_open
            current.set_incident(story.incident)
            current.learn(replace(known.status, others_open=others_open))
            if self._go_on(current, story, is_core=True):
                begun[turn.mapping_id] = current
            story.incident = current.incident
            if half.is_used():
                self._end(begun, story)
                half = budget_of(story.time_left, 1 / 2, about=half.about)
        self._end(begun, story)

    def _begin(self, turn: Turn, story: "_Story", ours: frozenset[str]) -> Round:
        delivery = story.delivery
        return Round(
            hung=story.hung,
            account=self.account,
            situation=Situation(
                signal=delivery.rest_for(turn.link),
                now=self.clock(),
                incident=story.incident,
                mapping=turn.mapping,
                link=turn.link,
                tried_since=delivery.tried_since,
                is_late=delivery.is_late_for(turn.link),
                notes=NoteFacts(ours=ours),
                extras=ExtraFacts(under=self._under(turn.mapping)),
                creation=CreationFacts(
                    is_one_of_several=makes_several(story.incident, story.listed.values())
                ),
            ),
        )

    def _under(self, mapping: Mapping | None) -> str:
        """What extras go by now; "" where no secret can be read, as the calls will show."""
        secrets = self.breaker.secrets
        with suppress(PdjiraError):
            versions = " ".join(secrets.version(side) for side in Side)
            return going_by(mapping, versions) if mapping else ""
        return ""

    def _end(self, begun: dict[str, Round], story: "_Story") -> None:
        """The extras of the rounds whose core is done; first of those in which none has hung."""
        for mapping_id in sorted(begun, key=lambda one: has_hung(begun[one])):
            current = begun.pop(mapping_id)
            current.situation = replace(current.situation, now=self.clock())
            self._go_on(current, story)

    def _go_on(self, current: Round, story: "_Story", *, is_core: bool = False) -> bool:
        """Plan and perform for one mapping, or its core alone; whether its extras are left.

        Its error is raised when the others are done.
        """
        perform = partial(self._hold_and_try, story.hold)
        go_on = partial(until_rest, current, perform, story.time_left, put_off=self._put_off)
        try:
            why = go_on(until_extras=is_core)
            if why is None:
                _see(current, story)
                return True
            story.rests.append(_rests(current, why, story.listed))
            end_extras(current)
            _keep_look(current, story.delivery)
        except Exception as error:  # noqa: BLE001 - kept, and raised when all mappings had their turn
            story.fail(error)
        story.says.extend(current.says)
        story.refusals += current.refusals
        story.repairs += current.repairs
        story.fail(current.error)
        self._remember(current, story)
        return False

    def _hold_and_try(self, hold: Callable[[], None], step: Step, current: Round) -> None:
        if step.writes:
            hold()
        self._try(step, current)

    def _try(self, step: Step, current: Round) -> None:
        """Perform a step; an extra that fails keeps nothing else back."""
        extra = step.extra
        if extra is None:
            self._perform(step, current)
            return
        is_late = self.clock() - current.situation.now >= EXTRA_PATIENCE
        if is_late or extra in current.hung:
            self._put_off(current, extra, NotTried())
            return
        ends = current.situation.now + EXTRA_PATIENCE + _A_CALL
        try:
            with calls_within(partial(self._until, ends)):
                self._perform(step, current, is_extra=True)
        except Exception as error:  # noqa: BLE001 - kept, and raised when the others had their turn
            self._put_off(current, extra, error)

    def _until(self, ends: datetime) -> float:
        return (ends - self.clock()).total_seconds()

    def _put_off(self, current: Round, extra: Extra, error: Exception) -> None:
        put_off(current, extra, error, now=self.clock())

    def _perform(self, step: Step, current: Round, *, is_extra: bool = False) -> None:
        side = step.side
        if side is None:
            self.performer.perform(step, current)
            return
        current.has_called = True
        project_id = project_of(current.situation)
        with self.breaker.call(side, project_id, is_extra=is_extra) as trial:
            self.performer.perform(step, current)
            trial.was_made = current.has_called
        current.repairs += step.is_repair

    def _answer(self, request: ManualRequest, story: "_Story") -> None:
        """Answer who asked; a try that only failed says nothing, since it comes again."""
        try:
            story.says += self.answers.deny(request)
            if story.says or not story.error:
                story.says[:0] = self.answers.who(request)
        except PdjiraError as error:
            story.fail(error)

    def _remember(self, current: Round, story: "_Story") -> None:
        end_attempts(current)
        if current.unsaved:
            try:
                current.saved(self.links.save(current.unsaved))
            except PdjiraError as error:
                story.fail(error)
        _see(current, story)


def _see(current: Round, story: _Story) -> None:
    """Let the turns that follow know the link as it is now."""
    if current.situation.link:
        story.seen[current.mapping_id] = current.situation.link


def _turns(story: _Story, mappings: Sequence[Mapping], links: Sequence[Link]) -> Iterator[Turn]:
    incident, delivery = story.incident, story.delivery
    yield from turns(incident, mappings, links, seen=story.seen, delivery=delivery)
    if story.is_waiting:
        yield from turns_meanwhile(incident, mappings, links, seen=story.seen, delivery=delivery)


def _rests(current: Round, why: Reason, listed: abc.Mapping[str, Listed]) -> str:
    """Why a round rests, for the log: of a mapping that is not in force, what keeps it from it."""
    mapping_id = current.mapping_id
    off = None
    if why.why is Why.NOT_IN_FORCE:
        off = why_not_in_force(listed.get(mapping_id), mapping_id)
    return named(mapping_id, off or why)


def _keep_look(current: Round, delivery: Delivery) -> None:
    """Remember on the link that it was looked at; no write of its own while signals are young."""
    is_whole = current.error is None and is_whole_look(current.situation)
    if delivery.is_old and is_whole:
        current.keep(delivery.looked(current.link))


def remember_unknown(links: Links, incident_id: str, *, at: datetime) -> bool:
    """Have the links of an incident say since when it is unknown; True where that is news."""
    known = links.of_incident(incident_id)
    news = [link for link in known if link.unknown_since is None and _is_readable(link)]
    for link in news:
        links.save(replace(link, unknown_since=at))
    return bool(news) or not known


def of_known(links: Links, found: Sequence[Link]) -> Sequence[Link]:
    """The links of an incident that PagerDuty shows: none says any longer that it is unknown."""
    return [
        link if link.unknown_since is None else links.save(replace(link, unknown_since=None))
        for link in found
    ]


def _is_readable(link: Link) -> bool:
    return link.state is not LinkState.UNREADABLE
