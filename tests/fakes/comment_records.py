"""Records of comments in memory, with the promises of the `CommentRecords` port."""

from collections.abc import Collection, Mapping

from pdjira.domain.comments import CommentRecord
from pdjira.domain.link import Link
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

    def of(self, link: Link, comment_ids: Collection[str]) -> Mapping[str, CommentRecord]:
        with self.faults.call("comment_records.of"):
            keys = {one: _key(link, one) for one in comment_ids}
            return {one: self.records[key] for one, key in keys.items() if key in self.records}


def _key(link: Link, comment_id: str) -> Key:
    return link.incident_id, link.mapping_id, comment_id
