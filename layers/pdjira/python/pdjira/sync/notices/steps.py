"""People are told once: a notice becomes one note, and our notes are known again."""

from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from pdjira.errors import (
    WAIT,
    Ambiguous,
    Misconfigured,
    NotFound,
    PdjiraError,
    Permanent,
    Refused,
    Temporary,
    Unauthenticated,
    sentence_of,
)
from pdjira.model import notices
from pdjira.model.comment import NoteAttempt
from pdjira.model.incident import STATUS_UPDATE, Note
from pdjira.model.link import Link, Notice, NoticeState
from pdjira.model.ports import Clock, Links, NoteRecords, PagerDuty
from pdjira.model.signing import LINK_VALID
from pdjira.model.times import BELIEVED_AFTER
from pdjira.sync.creation.rules import ManualRequest, who_asked
from pdjira.sync.notices.rules import (
    TellPeople,
    digest_of,
    is_former,
    may_be_of,
    with_address,
    without_address,
)
from pdjira.sync.people.steps import EmailOf
from pdjira.sync.round import Performs, Round

AddressOf = Callable[[str, datetime | None], str]
"""Where the page tells of an incident, to whoever reads it up to that time; "" for nowhere."""


def nowhere(_incident_id: str, _until: datetime | None) -> str:
    """The address where there is no page."""
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnNotes:
    """Adds notes to incidents, and tells which notes are ours."""

    pagerduty: PagerDuty
    email_of: EmailOf
    records: NoteRecords
    clock: Clock
    address_of: AddressOf = nowhere

    def told(self, incident_id: str, notice: Notice) -> str:
        """A notice as its note says it, with where the page tells more."""
        return with_address(notice.text, self.address_of(incident_id, notice.until))

    def add(
        self, incident_id: str, text: str, *, writers: Sequence[str] = (), address: str = ""
    ) -> Note:
        """Add a note; first the attempt goes on record, then the note's id.

        In the name of the first of the writers whom PagerDuty lets write, else of the secret's own
        user. Raises what `PagerDuty.add_note` raises; `Ambiguous` also where the id was not kept.
        Nobody waits for an attempt that is thought to have added nothing.
        """
        names = (*writers, self.pagerduty.writes_as())
        attempt = NoteAttempt(text=digest_of(text), at=self.clock(), writers=names)
        self.records.begin(incident_id, attempt)
        try:
            note = self._write(incident_id, with_address(text, address), writers)
        except (Temporary, Permanent):
            with suppress(PdjiraError):
                self.records.begin(incident_id, replace(attempt, at=self.clock() - BELIEVED_AFTER))
            raise
        self.keep(incident_id, note.id, text=attempt.text)
        return note

    def keep(self, incident_id: str, note_id: str, *, text: str | None = None) -> None:
        """Keep the id of a note of ours, and that the attempt at a text (its digest) has ended.

        Raises `Ambiguous` where it could not be kept: the note is there.
        """
        try:
            self.records.record_ours(incident_id, note_id)
            if text is not None:
                self.records.end(incident_id, text, note_id=note_id)
        except PdjiraError as error:
            raise Ambiguous(f"A note was added, but its id was not kept: {error.says}") from error

    def look(self, incident_id: str, text: str) -> str | None:
        """The id of the note that `add` has added for a text (its digest); None: none is seen."""
        return self._note_of(self._attempt(incident_id, text), incident_id)

    def has_told(self, incident_id: str, text: str) -> bool:
        """Whether `add` has told the incident a text (its digest).

        Raises `Temporary` while an attempt without an answer may yet turn out to have told it.
        """
        attempt = self._attempt(incident_id, text)
        if self._note_of(attempt, incident_id) is not None:
            return True
        if attempt.at is None:
            return False
        left = (attempt.at + BELIEVED_AFTER - self.clock()).total_seconds()
        if left > 0:
            raise Temporary(
                "An earlier attempt to add a note had no answer, and PagerDuty does not show it.",
                cure=WAIT,
                retry_after=left,
            )
        return False

    def _note_of(self, attempt: NoteAttempt, incident_id: str) -> str | None:
        """The id of the note that an attempt has added; None: none is seen."""
        if attempt.at is None:
            return attempt.note_id
        found = self.find(attempt, self.pagerduty.list_notes(incident_id))
        if found is None:
            return None
        self.keep(incident_id, found.id, text=attempt.text)
        return found.id

    def _attempt(self, incident_id: str, text: str) -> NoteAttempt:
        """The latest attempt at a text; one that has ended where none was made."""
        found = self.records.attempts(incident_id, (text,))
        return found.get(text, NoteAttempt(text=text))

    def attempt_at(self, notice: Notice) -> NoteAttempt:
        """The attempt to tell a notice; it has ended where none stands on the link."""
        writers = (self.pagerduty.writes_as(),)
        return NoteAttempt(text=digest_of(notice.text), at=notice.sent_at, writers=writers)

    def find(self, attempt: NoteAttempt, notes: Iterable[Note]) -> Note | None:
        """The one note that an attempt without an answer has added."""
        return next((note for note in notes if self._is_of(note, attempt)), None)

    def among(
        self, incident_id: str, notes: Iterable[Note], *, links: Iterable[Link]
    ) -> frozenset[str]:
        """The ids of those of the notes that are ours; a note that an attempt takes is kept."""
        kept_since, links = self.records.kept_since(), tuple(links)
        named = {link.issue_note for link in links}
        written = [note for note in notes if not note.id.startswith(STATUS_UPDATE)]
        asked = [note for note in written if note.id not in named]
        if not asked:
            return frozenset(note.id for note in written)
        known = self.records.known(incident_id, [note.id for note in asked])
        unknown = [note for note in asked if note.id not in known]
        taken = self._taken(incident_id, unknown, links) if unknown else set()
        former = {note.id for note in unknown if is_former(note, kept_since=kept_since)}
        theirs = {note.id for note in unknown} - taken - former
        return frozenset(note.id for note in written if note.id not in theirs)

    def _taken(self, incident_id: str, unknown: Sequence[Note], links: Iterable[Link]) -> set[str]:
        """The ids of those that attempts without an answer have added: one note for each."""
        texts = {digest_of(without_address(note.content)) for note in unknown}
        attempts = dict(self.records.attempts(incident_id, sorted(texts)))
        notices = [notice for link in links for notice in link.notices.values()]
        begun = [self.attempt_at(one) for one in notices if one.state is not NoticeState.TOLD]
        attempts |= {one.text: one for one in begun if one.at is not None}
        taken = set()
        for text in texts:
            found = self.find(attempts[text], unknown) if text in attempts else None
            if found is not None:
                self.keep(incident_id, found.id, text=text)
                taken.add(found.id)
        return taken

    def _is_of(self, note: Note, attempt: NoteAttempt) -> bool:
        return may_be_of(note, attempt) and self._is_by(note, attempt.writers)

    def _is_by(self, note: Note, writers: Collection[str]) -> bool:
        """Whether the note is in the name of one of them, as far as PagerDuty tells whose it is."""
        if note.author_id is None:
            return True
        try:
            email = self.email_of(note.author_id)
        except Refused:
            return True
        return email is not None and email.casefold() in {one.casefold() for one in writers}

    def _write(self, incident_id: str, text: str, writers: Sequence[str]) -> Note:
        """A key that is not accepted is not accepted from the secret's own user either.

        So nobody else is tried.
        """
        for email in writers:
            try:
                return self.pagerduty.add_note(incident_id, text, by=email)
            except Unauthenticated:
                break
            except (Misconfigured, Refused):
                continue
        return self.pagerduty.add_note(incident_id, text)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeSteps:
    """Puts notices onto incidents."""

    own: OwnNotes
    pagerduty: PagerDuty
    links: Links
    clock: Clock

    def performs(self) -> Performs:
        """What performs each of these steps."""
        return {TellPeople: self.tell_people}

    def tell_people(self, current: Round, step: TellPeople) -> None:
        """Look whether the incident was told, or tell it."""
        look_or_tell = self.look if step.look_first else self.tell
        look_or_tell(current, step.notice)

    def look(self, current: Round, key: str) -> None:
        """See whether an earlier attempt has put the notice onto the incident already."""
        attempt = self.own.attempt_at(current.link.notices[key])
        try:
            notes = self.pagerduty.list_notes(current.incident.id)
        except (Refused, NotFound) as error:
            _unheard(current, key, error, is_first=key in current.situation.notices.fresh)
            return
        found = self.own.find(attempt, notes)
        if found is not None:
            self._keep_id(current, key, found.id)
        else:
            listed = current.situation.notices.listed | {key}
            current.learn(replace(current.situation.notices, listed=listed))

    def tell(self, current: Round, key: str) -> None:
        """Add the note; first the attempt goes on record. Raises `Ambiguous`, which is kept."""
        is_first = key in current.situation.notices.fresh
        if not is_first:
            self._attempt(current, key)
        try:
            notice, incident_id = current.link.notices[key], current.incident.id
            is_plain = key == notices.ISSUE
            text = notice.text if is_plain else self.own.told(incident_id, notice)
            note = self.pagerduty.add_note(incident_id, text)
            self._keep_id(current, key, note.id)
        except Ambiguous:
            _mark(current, key, NoticeState.SENT, sent_at=self.clock())
            raise
        except (Refused, NotFound) as error:
            _unheard(current, key, error, is_first=is_first)
        except Misconfigured as error:
            _say_unheard(current, error, is_first=is_first)
            raise

    def _keep_id(self, current: Round, key: str, note_id: str) -> None:
        """Keep the note's id: the one that names the issue on the link, which costs no write."""
        if key == notices.ISSUE:
            current.keep(replace(current.link, issue_note=note_id))
        else:
            self.own.keep(current.incident.id, note_id)
        _mark(current, key, NoticeState.TOLD)

    def _attempt(self, current: Round, key: str) -> None:
        link = current.link
        notice = replace(link.notices[key], state=NoticeState.DUE, sent_at=self.clock())
        tried = replace(link, notices={**link.notices, key: notice})
        current.saved(self.links.save(tried), fresh=key)


def _mark(current: Round, key: str, state: NoticeState, *, sent_at: datetime | None = None) -> None:
    link = current.link
    current.refusals += state is NoticeState.TOLD and key != notices.ISSUE
    until = None if state is NoticeState.TOLD else link.notices[key].until
    notice = replace(link.notices[key], state=state, sent_at=sent_at, until=until)
    current.keep(replace(link, notices={**link.notices, key: notice}))


def end_attempts(current: Round) -> None:
    """At the end of a round, have nobody wait for what fell due in it and still is."""
    link, fresh = current.situation.link, current.situation.notices.fresh
    if link is None:
        return
    untried = {
        key: replace(notice, sent_at=notice.sent_at - BELIEVED_AFTER)
        for key, notice in link.notices.items()
        if key in fresh and notice.state is NoticeState.DUE and notice.sent_at
    }
    if untried:
        current.keep(replace(link, notices={**link.notices, **untried}))


def _unheard(current: Round, key: str, error: Refused | NotFound, *, is_first: bool) -> None:
    unheard = current.situation.notices.unheard | {key}
    current.learn(replace(current.situation.notices, unheard=unheard))
    _say_unheard(current, error, is_first=is_first)


def _say_unheard(current: Round, error: Permanent, *, is_first: bool) -> None:
    if is_first:
        current.says.append(f"The incident could not be told: {sentence_of(error)}")


MOST_DENIALS = 10
"""The most notes that say why an incident has no issue: a button's URL may name any mapping."""

_PLACES = tuple(digest_of(f"denial {number}") for number in range(MOST_DENIALS))


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestAnswers:
    """Answers requests for issues, after the planner had its turn."""

    own: OwnNotes
    links: Links

    def deny(self, request: ManualRequest) -> tuple[str, ...]:
        """Tell the incident why it gets no issue, in sentences for the timeline as well.

        There is no link that could remember a notice, so the records of our notes do: what was told
        is not told again, and at most `MOST_DENIALS` are told. Raises `Temporary` where it could
        not be told.
        """
        return tuple(self._tell(request.incident.id, text) for text in request.denials())

    def who(self, request: ManualRequest) -> tuple[str, ...]:
        """Who asked, unless an earlier delivery of the signal has put it onto the timeline."""
        if not request.is_one():
            return ()
        signal, says = request.signal, who_asked(request.signal)
        timeline = self.links.timeline(request.incident.id)
        if any(entry.signal_id == signal.id and says in entry.says for entry in timeline):
            return ()
        return (says,)

    def _tell(self, incident_id: str, text: str) -> str:
        try:
            if not self.own.has_told(incident_id, digest_of(text)):
                return self._add(incident_id, text)
        except Ambiguous as error:
            later = BELIEVED_AFTER.total_seconds()
            raise Temporary(error.says, cure=error.cure, retry_after=later) from error
        except (Refused, NotFound) as error:
            return f"{text} The incident could not be told: {sentence_of(error)}"
        return text

    def _add(self, incident_id: str, text: str) -> str:
        taken = self.own.records.attempts(incident_id, _PLACES)
        free = next((place for place in _PLACES if place not in taken), None)
        if free is None:
            return f"{text} The incident was not told: it has {MOST_DENIALS} such notes."
        until = self.own.clock() + LINK_VALID
        address = self.own.address_of(incident_id, until)
        note = self.own.add(incident_id, text, address=address)
        self.own.keep(incident_id, note.id, text=free)
        return text
