"""Records of comments, and comments themselves, in memory, with the promises of their ports."""

from collections import abc
from collections.abc import Collection, Sequence

from pdjira.model.comment import Comment, CommentRecord
from pdjira.model.link import Link
from tests.fakes.faults import FaultPlan

Key = tuple[str, str, str]


class FakeCommentRecords:
    """`records` shows what is stored, past the faults: by incident, mapping and comment id."""

    def __init__(self, faults: FaultPlan | None = None) -> None:
        self.faults = faults or FaultPlan()
        self.records: dict[Key, CommentRecord] = {}

    def begin(
        self, link: Link, comment_id: str, attempt: CommentRecord, *, known: CommentRecord | None
    ) -> CommentRecord | None:
        with self.faults.call("comment_records.begin"):
            key = _key(link, comment_id)
            if self.records.get(key) != known:
                return self.records.get(key)
            self.records[key] = attempt
            return None

    def end(self, link: Link, comment_id: str, record: CommentRecord) -> None:
        with self.faults.call("comment_records.end"):
            self.records[_key(link, comment_id)] = record

    def of(self, link: Link, comment_ids: Collection[str]) -> abc.Mapping[str, CommentRecord]:
        with self.faults.call("comment_records.of"):
            keys = {one: _key(link, one) for one in comment_ids}
            return {one: self.records[key] for one, key in keys.items() if key in self.records}


class FakeKeptComments:
    """`comments` shows what is stored, past the faults: by incident, mapping and comment id."""

    def __init__(self, faults: FaultPlan | None = None) -> None:
        self.faults = faults or FaultPlan()
        self.comments: dict[Key, Comment] = {}

    def keep(self, link: Link, comment: Comment) -> None:
        with self.faults.call("kept_comments.keep"):
            self.comments[_key(link, comment.id)] = comment

    def of(self, link: Link) -> Sequence[Comment]:
        with self.faults.call("kept_comments.of"):
            keys = sorted(key for key in self.comments if key[:2] == _key(link, "")[:2])
            return [self.comments[key] for key in keys]

    def drop(self, link: Link, comment_id: str) -> None:
        with self.faults.call("kept_comments.drop"):
            self.comments.pop(_key(link, comment_id), None)


def _key(link: Link, comment_id: str) -> Key:
    return link.incident_id, link.mapping_id, comment_id
