"""Records that are gathered where they were made are not read back; all others are."""

from shared.domain.records import MiniBatchRecord, RecordCounts
from shared.services.recent_records import RecentRecords


def _record(rows: bytes, run: int = 1) -> MiniBatchRecord:
    return MiniBatchRecord(RecordCounts(1, 0, 1, 1, 0.1, run=run), ("a",), (), rows)


def test_a_record_is_given_once() -> None:
    recent, record = RecentRecords(), _record(b"1\n")
    recent.keep("one", record)
    assert recent.take("one", 1) is record
    assert recent.take("one", 1) is None


def test_a_record_of_an_earlier_run_is_not_given() -> None:
    recent = RecentRecords()
    recent.keep("one", _record(b"1\n", run=1))
    assert recent.take("one", 2) is None


def test_the_oldest_records_make_room() -> None:
    recent = RecentRecords(most_bytes=10)
    for name in ("one", "two", "three"):
        recent.keep(name, _record(b"12345"))
    assert recent.take("one", 1) is None
    assert recent.take("two", 1) is not None
    recent.keep("four", _record(b"12345"))
    assert recent.take("three", 1) is not None
    recent.keep("large", _record(b"12345678901"))
    assert recent.take("large", 1) is None
    recent.keep("five", _record(b"1234567890"))
    assert recent.take("five", 1) is not None


def test_a_record_that_is_kept_again_counts_once() -> None:
    recent = RecentRecords(most_bytes=10)
    for _ in range(3):
        recent.keep("one", _record(b"1234567"))
    assert recent.take("one", 1) is not None
