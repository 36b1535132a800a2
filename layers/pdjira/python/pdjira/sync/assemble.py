"""Puts the worker's use case together from its ports."""

from collections import ChainMap
from dataclasses import dataclass, replace

from pdjira.circuits.breaker import Breaker
from pdjira.model.comment import comment_record_id
from pdjira.model.link import Activities
from pdjira.model.ports import (
    Clock,
    CommentRecords,
    Comments,
    Issues,
    Jira,
    KeptComments,
    Links,
    Mappings,
    NoteRecords,
    PagerDuty,
    RightsIn,
    Workflows,
)
from pdjira.sync.creation.steps import ClaimSteps
from pdjira.sync.fields.steps import FieldSteps
from pdjira.sync.issue.steps import IssueSteps, RemoteLinkSteps, Visibility
from pdjira.sync.notes.steps import AtMostOnce, CommentSteps, NoteSteps
from pdjira.sync.notices.steps import (
    AddressOf,
    NoticeSteps,
    OwnNotes,
    RequestAnswers,
    nowhere,
)
from pdjira.sync.people.steps import EmailOf, JiraPeople, PeopleSteps
from pdjira.sync.round import OwedSteps, Performer
from pdjira.sync.status.steps import ChangeSteps, MoveSteps
from pdjira.sync.synchronise import Recording, Synchroniser


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """The two sides that are kept in step, and what people are told of the page."""

    jira: Jira
    issues: Issues
    comments: Comments
    people: JiraPeople
    rights_in: RightsIn
    pagerduty: PagerDuty
    email_of: EmailOf
    address_of: AddressOf = nowhere


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """What is remembered between signals."""

    mappings: Mappings
    links: Links
    workflows: Workflows
    comment_records: CommentRecords
    kept_comments: KeptComments
    note_records: NoteRecords


def synchroniser(
    *, sides: Sides, stores: Stores, activities: Activities, breaker: Breaker, clock: Clock
) -> Synchroniser:
    """The worker's use case over these ports."""
    own = own_notes(sides=sides, stores=stores, clock=clock)
    return Synchroniser(
        performer=performer(sides=sides, stores=stores, clock=clock),
        answers=RequestAnswers(own=own, links=stores.links),
        own_notes=own,
        recording=Recording(links=stores.links, activities=activities, clock=clock),
        breaker=breaker,
        pagerduty=sides.pagerduty,
        links=stores.links,
        mappings=stores.mappings,
        account=sides.jira.known_as,
        clock=clock,
    )


def own_notes(*, sides: Sides, stores: Stores, clock: Clock) -> OwnNotes:
    """What adds our notes and knows them again."""
    return OwnNotes(
        pagerduty=sides.pagerduty,
        email_of=sides.email_of,
        records=stores.note_records,
        clock=clock,
        address_of=sides.address_of,
    )


def performer(*, sides: Sides, stores: Stores, clock: Clock) -> Performer:
    """What performs the planner's steps on these ports."""
    jira, pagerduty, links = sides.jira, sides.pagerduty, stores.links
    own = own_notes(sides=sides, stores=stores, clock=clock)
    once = AtMostOnce(records=stores.comment_records, clock=clock)
    seen = Visibility(issues=sides.issues, links=links)
    notes = NoteSteps(jira=jira, own=own, comments=sides.comments, once=once, visibility=seen)
    aspects = (
        ClaimSteps(jira=jira, pagerduty=pagerduty, links=links, clock=clock),
        IssueSteps(issues=sides.issues, visibility=seen, look_up=notes.look_up),
        MoveSteps(
            issues=sides.issues,
            links=links,
            workflows=stores.workflows,
            rights_in=sides.rights_in,
            visibility=seen,
            clock=clock,
        ),
        ChangeSteps(pagerduty=pagerduty, links=links, clock=clock),
        FieldSteps(issues=sides.issues, pagerduty=pagerduty, links=links, visibility=seen),
        RemoteLinkSteps(jira=jira),
        notes,
        _comment_steps(sides, stores, once=once, own=own, visibility=seen),
        PeopleSteps(jira=sides.people, email_of=sides.email_of),
        NoticeSteps(own=own, pagerduty=pagerduty, links=links, clock=clock),
        OwedSteps(links=links),
    )
    return Performer(performs=ChainMap(*(dict(aspect.performs()) for aspect in aspects)))


def _comment_steps(
    sides: Sides, stores: Stores, *, once: AtMostOnce, own: OwnNotes, visibility: Visibility
) -> CommentSteps:
    return CommentSteps(
        comments=sides.comments,
        kept=stores.kept_comments,
        once=replace(once, back_as=comment_record_id),
        own=own,
        pagerduty=sides.pagerduty,
        links=stores.links,
        visibility=visibility,
    )
