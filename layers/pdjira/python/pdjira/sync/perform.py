"""Each step of the planner, performed so that doing it again does nothing twice."""

from dataclasses import dataclass, replace
from typing import assert_never

from pdjira.errors import NotFound, Refused, sentence_of
from pdjira.model.extra import Extra
from pdjira.model.marks import remote_link
from pdjira.model.ports import Jira
from pdjira.sync.creation.steps import Claims
from pdjira.sync.fields.steps import FieldChanging
from pdjira.sync.following import Following
from pdjira.sync.notes.steps import Commenting, Noting
from pdjira.sync.notices.steps import Notifying
from pdjira.sync.people.steps import Assigning
from pdjira.sync.putting_off import is_news, tell_owed
from pdjira.sync.round import Round
from pdjira.sync.status.steps import Changing
from pdjira.sync.steps import (
    AddComment,
    AddNote,
    AddWatcher,
    Agree,
    AssignIssue,
    ChangeField,
    ChangeIncident,
    ChangeStep,
    CommentStep,
    CreateIssue,
    Explain,
    FindAccounts,
    FindComment,
    FindEmail,
    FindIssue,
    FindNote,
    FollowStep,
    ForgetWorkflow,
    GiveUpClaim,
    Intend,
    KeepComment,
    LearnStatus,
    LookBack,
    MoveIssue,
    NoteStep,
    Pause,
    ReadComments,
    ReadHistory,
    ReadIncidentFields,
    ReadIssue,
    ReadKept,
    ReadNotes,
    ReadSurvivor,
    RecordStep,
    Resume,
    Settle,
    ShowIncident,
    Skip,
    Step,
    TellOnce,
    TellOwed,
    TellPeople,
    UpdateIssue,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Performer:
    """Performs actions on Jira, PagerDuty and the links."""

    jira: Jira
    claims: Claims
    notifying: Notifying
    following: Following
    commenting: Commenting
    changing: Changing
    noting: Noting
    assigning: Assigning
    field_changing: FieldChanging

    def perform(self, step: Step, current: Round) -> None:
        """Do one step and put what it taught into `current`.

        Raises `Temporary` or `Ambiguous` when the signal must be delivered again.
        """
        match step:
            case CreateIssue() | FindIssue() | GiveUpClaim() | ShowIncident():
                self._claim(step, current)
            case TellPeople() | ReadComments() | AddNote() | FindNote() | Skip():
                self._write_note(step, current)
            case ReadNotes() | ReadSurvivor() | AddComment() | FindComment():
                self._comment(step, current)
            case Intend() | ChangeIncident() | LookBack() | TellOnce() | Pause() | Resume():
                self._change(step, current)
            case ReadIncidentFields() | ChangeField():
                self.field_changing.perform(step, current)
            case FindEmail() | FindAccounts() | AssignIssue() | AddWatcher():
                self.assigning.perform(step, current)
            case KeepComment() | ReadKept() | TellOwed() | Settle():
                self._record(step, current)
            case _:
                self._follow(step, current)

    def _claim(
        self, step: CreateIssue | FindIssue | GiveUpClaim | ShowIncident, current: Round
    ) -> None:
        match step:
            case CreateIssue():
                self.claims.create(current)
            case FindIssue(everywhere=False):
                self.claims.find(current)
            case FindIssue():
                self.claims.find_moved(current)
            case GiveUpClaim(why=why):
                self.claims.give_up(current, why)
            case ShowIncident():
                self._show_incident(current)
            case _:
                assert_never(step)

    def _write_note(self, step: TellPeople | NoteStep, current: Round) -> None:
        match step:
            case TellPeople(notice=notice, look_first=True):
                self.notifying.look(current, notice)
            case TellPeople(notice=notice):
                self.notifying.tell(current, notice)
            case ReadComments():
                self.noting.read(current, step)
                self._learn_base_url(current)
            case AddNote():
                self.noting.add(current, step)
            case FindNote(note=note):
                self.noting.find(current, note)
            case Skip():
                self.noting.skip(current, step)
            case _:
                assert_never(step)

    def _comment(self, step: CommentStep, current: Round) -> None:
        match step:
            case ReadNotes():
                self.commenting.read_notes(current)
            case ReadSurvivor():
                self.commenting.read_survivor(current)
            case AddComment():
                self.commenting.add(current, step)
            case FindComment(comment=comment):
                self.commenting.find(current, comment)
            case _:
                assert_never(step)

    def _record(self, step: RecordStep, current: Round) -> None:
        match step:
            case ReadKept():
                self.commenting.read_kept(current)
            case KeepComment(comment=comment):
                self.commenting.keep(current, comment)
            case TellOwed():
                tell_owed(current, step, links=self.notifying.links)
            case Settle():
                current.keep(step.link)
            case _:
                assert_never(step)

    def _follow(self, step: FollowStep, current: Round) -> None:
        match step:
            case ReadIssue() | ReadHistory():
                self._read(step, current)
            case LearnStatus(status=status):
                self.following.learn(current, status)
            case ForgetWorkflow():
                self.following.forget(current)
            case MoveIssue(transition=transition):
                self.following.move(current, transition)
            case UpdateIssue():
                self.following.update(current, step)
            case Agree(agreed=agreed, says=says):
                self.following.agree(current, agreed, says)
            case Explain():
                self.following.explain(current, step)
            case _:
                assert_never(step)

    def _read(self, step: ReadIssue | ReadHistory, current: Round) -> None:
        if isinstance(step, ReadHistory):
            self.following.read_history(current)
            return
        self.following.read(current, step)
        if step.with_comments and current.situation.issue is not None:
            self.noting.look_up(current)
            self._learn_base_url(current)

    def _learn_base_url(self, current: Round) -> None:
        """Notes name the comments that they carry by it."""
        base_url = self.jira.server_info().base_url
        current.learn(replace(current.situation.notes, base_url=base_url))

    def _change(self, step: ChangeStep, current: Round) -> None:
        match step:
            case Intend(intent=intent):
                self.changing.intend(current, intent)
            case ChangeIncident():
                self.changing.change(current, step)
            case LookBack():
                self.changing.look_back(current, step)
            case TellOnce():
                self.changing.tell_once(current, step)
            case Pause():
                self.changing.pause(current)
            case Resume():
                self.changing.resume(current)
            case _:
                assert_never(step)

    def _show_incident(self, current: Round) -> None:
        """Put the remote link onto the issue; the work goes on where Jira refuses it."""
        try:
            self.jira.put_remote_link(current.issue.id, remote_link(current.incident))
        except (Refused, NotFound) as error:
            current.learn(replace(current.situation.remote_link, refused=True))
            if is_news(current, Extra.REMOTE_LINK):
                current.says.append(
                    f"The issue bears no link to the incident: {sentence_of(error)}"
                )
        else:
            current.keep(replace(current.link, remote_linked=True))
