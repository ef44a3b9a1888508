"""Records that are gathered where they were made are not read back; all others are."""

from dataclasses import replace

from shared.jobs.model import JobRun
from shared.jobs.records import MiniBatchRecord, RecordCounts
from shared.results.recent_records import RecentRecords

RUN = JobRun("j", 1, "id")


def _record(rows: bytes) -> MiniBatchRecord:
    return MiniBatchRecord(RecordCounts(1, 0, 1, 1, 0.1), ("a",), (), rows)


def test_a_record_is_given_once() -> None:
    recent, record = RecentRecords(), _record(b"1\n")
    recent.keep(RUN, 1, record)
    assert recent.take(RUN, 1) is record
    assert recent.take(RUN, 1) is None


def test_a_record_of_another_run_or_of_an_earlier_job_of_the_name_is_not_given() -> None:
    recent = RecentRecords()
    recent.keep(RUN, 1, _record(b"1\n"))
    assert recent.take(replace(RUN, run=2), 1) is None
    assert recent.take(replace(RUN, identity="later"), 1) is None


def test_the_oldest_records_make_room() -> None:
    recent = RecentRecords(most_bytes=10)
    for number in (1, 2, 3):
        recent.keep(RUN, number, _record(b"12345"))
    assert recent.take(RUN, 1) is None
    assert recent.take(RUN, 2) is not None
    recent.keep(RUN, 4, _record(b"12345"))
    assert recent.take(RUN, 3) is not None
    recent.keep(RUN, 6, _record(b"12345678901"))
    assert recent.take(RUN, 6) is None
    recent.keep(RUN, 5, _record(b"1234567890"))
    assert recent.take(RUN, 5) is not None


def test_a_record_that_is_kept_again_counts_once() -> None:
    recent = RecentRecords(most_bytes=10)
    for _ in range(3):
        recent.keep(RUN, 1, _record(b"1234567"))
    assert recent.take(RUN, 1) is not None
