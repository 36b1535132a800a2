"""How a link is stored in `LinksTable`: readable in the AWS console, and no more than 1 KB.

A write costs one unit per started KB, so of the notices that were told only the latest are kept, in
the end without their words. What people were not told yet is never touched. How sizes are counted:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
"""

import re
from collections import abc
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, unquote

from pdjira.adapters.aws.items import (
    LINK_PREFIX,
    SCHEMA_VERSION,
    Attributes,
    clean,
    is_hash,
    link_key,
    stamp,
)
from pdjira.errors import Side
from pdjira.model.incident import IncidentStatus, PeopleAgreement
from pdjira.model.issue import IssueRef
from pdjira.model.link import (
    SHORT_WINDOW,
    Agreement,
    Extra,
    Failing,
    FieldAgreement,
    Intent,
    Link,
    LinkState,
    Notice,
    NoticeState,
    Owed,
    StatusWrite,
)

LINK_BYTES = 1024

OPEN, FAILED = "open", "failed"

WRITES, EARLIER = "status_writes", "day_writes"

OWED = "owed"

NUMBER = "number"

OPTIONAL_ATTRIBUTES = (
    "attempt_at",
    "asked",
    "issue",
    "notices",
    "agreed",
    "initial_status",
    "refused",
    "paused",
    "comments_seen",
    "comments_on_record",
    WRITES,
    EARLIER,
    "notes_since",
    "unknown_since",
    "held_since",
    "ended_at",
    "issue_note",
    OWED,
    "looked_at",
    NUMBER,
    "intent",
    "sweep",
)
"""What a write removes where the link no longer has it."""

_TIMES = (
    "attempt_at",
    "comments_seen",
    "unknown_since",
    "held_since",
    "ended_at",
    "notes_since",
    "looked_at",
)

# (notices told, whether with their words): the first that fits is taken, the last in any case
_FITTINGS = ((6, True), (6, False), (4, False), (2, False), (1, False))

_WRITER_BYTES = 32


def fitted(link: Link) -> Link:
    """The link as it is stored: within 1 KB while ids are short and one notice waits."""
    candidates = (
        replace(link, notices=_pruned(link.notices, kept=kept, worded=worded))
        for kept, worded in _FITTINGS
    )
    candidate = link
    for candidate in candidates:
        if link_size(candidate) <= LINK_BYTES:
            break
    return candidate


def _pruned(notices: abc.Mapping[str, Notice], *, kept: int, worded: bool) -> dict[str, Notice]:
    told = [key for key, notice in notices.items() if notice.state is NoticeState.TOLD]
    forgotten = set(told[:-kept])
    wordless = set() if worded else set(told)
    return {
        key: replace(notice, text="") if key in wordless else notice
        for key, notice in notices.items()
        if key not in forgotten
    }


def link_attributes(link: Link, *, writer: str) -> dict[str, Any]:
    """The attributes beside the key; what is None or empty is left out.

    `sweep` is the key of the sparse index. It stays the same from the claim to the completion, so
    that completing writes nothing into the index. `writer` tells apart two writers of one text.
    """
    attributes = {
        "schema_version": SCHEMA_VERSION,
        "incident": clean(link.incident_id),
        "mapping": clean(link.mapping_id),
        "state": link.state.value,
        "claimed_at": stamp(link.claimed_at),
        "attempt_at": stamp(link.attempt_at) if link.attempt_at else None,
        "asked": True if link.asked else None,
        "project": clean(link.project_id),
        "issue_type": clean(link.issue_type_id),
        "issue": _issue_item(link),
        "remote_linked": link.remote_linked,
        "agreed": agreed_item(link.agreed),
        "initial_status": link.initial_status_id,
        **_standing(link),
        "issue_note": clean(link.issue_note) if link.issue_note else None,
        NUMBER: link.incident_number,
        OWED: owed_item(link.owed),
        "notices": [_notice_item(about, notice) for about, notice in link.notices.items()] or None,
        "version": link.version,
        "writer": writer,
        "sweep": _sweep(link),
    }
    return {name: value for name, value in attributes.items() if value is not None}


def _standing(link: Link) -> dict[str, Any]:
    """What is still to be carried, and what holds it back."""
    return {
        "refused": True if link.refused else None,
        "notes_since": stamp(link.notes_since) if link.notes_since else None,
        "comments_seen": stamp(link.comments_seen) if link.comments_seen else None,
        "comments_on_record": True if link.comments_on_record else None,
        "unknown_since": stamp(link.unknown_since) if link.unknown_since else None,
        "held_since": stamp(link.held_since) if link.held_since else None,
        "ended_at": stamp(link.ended_at) if link.ended_at else None,
        "looked_at": stamp(link.looked_at) if link.looked_at else None,
        "paused": True if link.paused else None,
        **write_items(link.status_writes),
        "intent": intent_item(link.intent, version=link.version) if link.intent else None,
    }


def _sweep(link: Link) -> str | None:
    """The link's key in the sparse index; None where nothing is to be done about it."""
    if link.refused or link.state is LinkState.FAILED:
        return FAILED
    if link.state in (LinkState.CLOSED, LinkState.MISSING):
        return None
    is_resolved = link.state is LinkState.LINKED and link.agreed.status is IncidentStatus.RESOLVED
    is_owed = link.notes_since is not None or link.held_since is not None
    is_owed = is_owed or any(not owed.is_refused for owed in link.owed.values())
    return None if is_resolved and not is_owed else OPEN


def _issue_item(link: Link) -> dict[str, str] | None:
    if link.issue is None:
        return None
    times = {"created": link.issue_created_at, "read": link.issue_read_at}
    known = {name: f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" for name, at in times.items() if at}
    return {"id": clean(link.issue.id), "key": clean(link.issue.key), **known}


def _notice_item(about: str, notice: Notice) -> dict[str, str]:
    sent_at, until = notice.sent_at, notice.until
    item = {"about": clean(about), "state": notice.state.value, "text": clean(notice.text)}
    item["sent_at"] = stamp(sent_at) if sent_at else ""
    item["until"] = f"{until:%Y-%m-%dT%H:%M:%SZ}" if until else ""
    return {name: value for name, value in item.items() if value}


def read_link(item: Attributes, *, incident_id: str | None = None) -> Link:
    """The link of a stored item; `incident_id` as the caller knows it, else as it stands there."""
    stored_id, mapping_id = item.text("incident"), item.text("mapping")
    known = item.text("sk").removeprefix(LINK_PREFIX)
    if known != mapping_id and not is_hash(known):
        raise ValueError("`mapping` is not the one of its key")
    return Link(
        incident_id=stored_id if incident_id is None else incident_id,
        mapping_id=mapping_id,
        state=item.parsed("state", _stored_state),
        claimed_at=item.time("claimed_at"),
        project_id=item.text("project"),
        issue_type_id=item.text("issue_type"),
        asked=item.flag("asked"),
        version=item.number("version"),
        issue=_read_issue(item.maybe_part("issue")),
        remote_linked=item.flag("remote_linked"),
        agreed=read_agreed(item.part("agreed")),
        initial_status_id=item.maybe_text("initial_status"),
        refused=item.flag("refused"),
        paused=item.flag("paused"),
        comments_on_record=item.flag("comments_on_record"),
        issue_note=item.maybe_text("issue_note"),
        incident_number=item.maybe_number(NUMBER),
        owed=read_owed(item.part(OWED)),
        status_writes=read_writes(item),
        intent=read_intent(item.maybe_part("intent"), version=item.number("version")),
        **_read_times(item),
        notices={notice.text("about"): _read_notice(notice) for notice in item.parts("notices")},
    )


def unreadable_link(item: abc.Mapping[str, Any], *, incident_id: str) -> Link:
    """What stands for a link that cannot be read; its key tells the mapping."""
    known, stored = str(item["sk"]).removeprefix(LINK_PREFIX), item.get("mapping")
    return Link(
        incident_id=incident_id,
        mapping_id=stored if is_hash(known) and isinstance(stored, str) else known,
        state=LinkState.UNREADABLE,
        claimed_at=datetime.min.replace(tzinfo=UTC),
        project_id="",
        issue_type_id="",
    )


def _read_times(item: Attributes) -> dict[str, datetime | None]:
    """The link's own times, and what it says of its issue's, by the link's names."""
    issue = item.part("issue")
    return {
        "issue_created_at": issue.maybe_time("created"),
        "issue_read_at": issue.maybe_time("read"),
        **{name: item.maybe_time(name) for name in _TIMES},
    }


def _stored_state(text: str) -> LinkState:
    state = LinkState(text)
    if state is LinkState.UNREADABLE:
        raise ValueError(text)
    return state


def _read_issue(issue: Attributes | None) -> IssueRef | None:
    return IssueRef(id=issue.text("id"), key=issue.text("key")) if issue else None


def _read_notice(item: Attributes) -> Notice:
    return Notice(
        state=item.one_of("state", NoticeState),
        text=item.maybe_text("text") or "",
        sent_at=item.maybe_time("sent_at"),
        until=item.maybe_time("until"),
    )


def link_size(link: Link) -> int:
    """What DynamoDB counts for the link, in bytes."""
    key = link_key(link.incident_id, link.mapping_id)
    return _size_of_map(key | link_attributes(link, writer="w" * _WRITER_BYTES)) - 3


def _size(value: object) -> int:
    match value:
        case str():
            return len(value.encode("utf-8"))
        case bool() | None:
            return 1
        case int():
            return len(str(value)) // 2 + 2
        case list():
            return 3 + sum(1 + _size(each) for each in value)
        case dict():
            return _size_of_map(value)
    raise TypeError(type(value).__name__)


def _size_of_map(value: abc.Mapping[str, object]) -> int:
    return 3 + sum(1 + len(name.encode("utf-8")) + _size(each) for name, each in value.items())


_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"

_OWED = re.compile(f"([a-z]+) since ({_TIME})(?: tried ({_TIME}))?(?: under ([0-9a-f]+))?( told)?")


def owed_item(owed: abc.Mapping[Extra, Owed]) -> dict[str, str] | None:
    """The attribute; None where nothing is owed."""
    return {extra.value: _text(one) for extra, one in owed.items()} or None


def read_owed(item: Attributes) -> dict[Extra, Owed]:
    """What is owed; extras of a later version are passed over. Raises `ValueError`."""
    names = [extra for extra in Extra if item.maybe_text(extra.value) is not None]
    return {extra: item.parsed(extra.value, _read) for extra in names}


def _text(owed: Owed) -> str:
    tried = f" tried {_stamp(owed.tried)}" if owed.tried else ""
    under = f" under {owed.under}" if owed.under else ""
    told = " told" if owed.is_known else ""
    return f"{owed.how.value} since {_stamp(owed.since)}{tried}{under}{told}"


def _read(text: str) -> Owed:
    found = _OWED.fullmatch(text)
    if found is None:
        raise ValueError(text)
    how, since, tried, under, told = found.groups()
    return Owed(
        since=datetime.fromisoformat(since),
        how=Failing(how),
        tried=datetime.fromisoformat(tried) if tried else None,
        is_known=told is not None,
        under=under or "",
    )


def _stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


_LETTERS = {side: side.value[0] for side in Side}

_SIDES = {letter: side for side, letter in _LETTERS.items()}

_EARLIER = re.compile(f"([{''.join(_SIDES)}])([0-9a-f]+)")


def write_items(writes: Sequence[StatusWrite]) -> dict[str, Any]:
    """The two attributes that hold the writes, in their order; None for one that holds none."""
    recent = [one for one in writes if writes[-1].at - one.at < SHORT_WINDOW]
    earlier = writes[: len(writes) - len(recent)]
    return {
        WRITES: [f"{one.side.value}@{_second(one)}" for one in recent] or None,
        EARLIER: "".join(f"{_LETTERS[one.side]}{_second(one):x}" for one in earlier) or None,
    }


def read_writes(item: Attributes) -> tuple[StatusWrite, ...]:
    """The status writes of a stored link. Raises `ValueError`."""
    return *item.parsed(EARLIER, _earlier, default=""), *item.parsed_texts(WRITES, _recent)


def intent_item(intent: Intent, *, version: int) -> dict[str, Any]:
    """The intent as it is stored with that version of its link."""
    values = {
        "version": version,
        "side": intent.side.value,
        "status": intent.status.value,
        "since": intent.changed_at.astimezone(UTC).isoformat(),
        "entry": intent.entry_id,
        "before": intent.before.value if intent.before else None,
        "issue": intent.issue_status_id,
    }
    return {name: value for name, value in values.items() if value is not None}


def read_intent(item: Attributes | None, *, version: int) -> Intent | None:
    """The stored intent; None where an older worker, which knows none, wrote the link since."""
    if item is None or item.number("version") != version:
        return None
    return Intent(
        side=item.one_of("side", Side),
        status=item.one_of("status", IncidentStatus),
        changed_at=item.time("since"),
        entry_id=item.maybe_text("entry"),
        before=item.maybe_one_of("before", IncidentStatus),
        issue_status_id=item.maybe_text("issue"),
    )


def _earlier(text: str) -> tuple[StatusWrite, ...]:
    found = _EARLIER.findall(text)
    return tuple(_write(_SIDES[letter], int(second, 16)) for letter, second in found)


def _recent(text: str) -> StatusWrite:
    side, _, at = text.partition("@")
    return _write(Side(side), int(at))


def _write(side: Side, second: int) -> StatusWrite:
    return StatusWrite(side=side, at=datetime.fromtimestamp(second, UTC))


def _second(write: StatusWrite) -> int:
    return int(write.at.timestamp())


_WAITS = "yes"


def agreed_item(agreed: Agreement) -> dict[str, str] | None:
    """The agreement as it is stored; None where nothing was agreed on yet."""
    values = {
        "status": agreed.status.value if agreed.status else None,
        "priority": agreed.priority_id,
        "title": agreed.title,
        "issue_status": agreed.issue_status_id,
        "issue_priority": agreed.issue_priority_id,
        "issue_title": agreed.issue_title,
        "waits": _WAITS if agreed.waits else None,
        "people": people_item(agreed.people),
        "fields": fields_item(agreed.fields),
    }
    return {name: clean(value) for name, value in values.items() if value is not None} or None


def read_agreed(item: Attributes) -> Agreement:
    """The stored agreement."""
    return Agreement(
        status=item.maybe_one_of("status", IncidentStatus),
        priority_id=item.maybe_text("priority"),
        title=item.maybe_text("title"),
        issue_status_id=item.maybe_text("issue_status"),
        issue_priority_id=item.maybe_text("issue_priority"),
        issue_title=item.maybe_text("issue_title"),
        waits=item.maybe_text("waits") is not None,
        people=item.parsed("people", read_people, default="//"),
        fields=read_fields(item.maybe_text("fields")),
    )


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


_CUSTOM = "customfield_"

_NUMBER = re.compile(r"[0-9]+")


def fields_item(fields: abc.Mapping[str, FieldAgreement]) -> str | None:
    """The fields as they are stored; None where there are none."""
    return ",".join(f"{_short(name)}={_digests(known)}" for name, known in fields.items()) or None


def read_fields(text: str | None) -> dict[str, FieldAgreement]:
    """The stored fields."""
    parts = (part.partition("=") for part in text.split(",")) if text else ()
    return {_whole(name): _known(digests) for name, _, digests in parts}


def _short(name: str) -> str:
    number = name.removeprefix(_CUSTOM)
    return number if _NUMBER.fullmatch(number) else quote(name, safe="", errors="replace")


def _whole(short: str) -> str:
    return f"{_CUSTOM}{short}" if _NUMBER.fullmatch(short) else unquote(short)


def _digests(known: FieldAgreement) -> str:
    return f"{known.incident or ''}.{known.issue or ''}".rstrip(".")


def _known(digests: str) -> FieldAgreement:
    incident, _, issue = digests.partition(".")
    return FieldAgreement(incident=incident or None, issue=issue or None)
