"""The parts of the benchmark whose mistakes nobody would see in its numbers."""

import os
from pathlib import Path

import pytest

from bench import pieces, replay, workloads
from bench.contenders.serving import HEADERS
from bench.listing import ListingServer
from bench.paired import Comparison, Sample
from bench.pieces import Part, Reader
from bench.processes import usage
from bench.report import Results
from bench.requests import RequestCount
from bench.scales import Cost
from bench.scoring import MODELS
from bench.storage import Account
from bench.width import Width
from shared.inputs.public_reader import PublicReader
from shared.outbound.client import OutboundClient

ACCOUNT = Account("http://127.0.0.1:1/account", "account", "a2V5")


def sample(seconds: float) -> Sample:
    return Sample(2 * seconds, seconds, 0.1, 0.2)


@pytest.mark.parametrize("size", [40, 41, 64, 1000])
def test_pieces_hold_each_line_once(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    content = b"h,i\n" + b"".join(b"%d,%d\n" % (n, n * n) for n in range(100))
    monkeypatch.setattr(Reader, "_range", lambda _, __, start, end: content[start:end])
    reader, total = Reader(ACCOUNT), len(content)
    cut = [Part(("f",), at, min(at + size, total), total) for at in range(0, total, size)]
    read = [reader.read(part)[1][0] for part in cut]
    assert all(piece.startswith(b"h,i\n") for piece in read)
    assert b"".join(piece[4:] for piece in read) == content[4:]


def test_workloads_are_the_same_each_time() -> None:
    for workload in (workloads.many_small(2), workloads.images(2), workloads.one_big_file(50)):
        assert list(workload.contents()) == list(workload.contents())
        assert workload.kind in MODELS
        assert workload.kind in HEADERS
    assert sum(c.count(b"\n") - 1 for _, c in workloads.many_small(2).contents()) == 600


def test_the_stand_in_lists_all_files_as_storage_would() -> None:
    reader = PublicReader(OutboundClient())
    with ListingServer(12_000) as server:
        first = reader.list_page(server.url)
        names = [file.name for file in first.files]
        marker = first.marker
        while marker:
            page = reader.list_page(server.url, marker=marker)
            names += [file.name for file in page.files]
            marker = page.marker
        assert reader.read(first.files[0].location) == b"0\n"
    reader.close()
    assert len(set(names)) == 12_000
    assert names == sorted(names)


def test_cpu_time_is_counted() -> None:
    before = usage(os.getpid())
    sum(number * number for number in range(2_000_000))
    assert (usage(os.getpid()) - before).own > 0


def test_replay_stays_cheap_at_each_scale() -> None:
    found = replay.measure([100, 2500])
    assert [one.width for one in found] == [1, 1, 25, 25]
    for small, large in (found[:2], found[2:]):
        assert large.replayed / 2500 <= small.replayed / 100 * 1.2
        assert large.longest < 250


def test_the_work_of_a_job_at_its_width_is_known() -> None:
    for workload in (workloads.sleeping(25), workloads.sleeping_long_tailed(200)):
        times = [int(content) for _, content in workload.contents()]
        assert len(times) == workload.files
        assert workload.seconds == pytest.approx(sum(times) / 1000)
    assert workload.seconds == pytest.approx(200, rel=0.01)
    assert Width("x", 4, 60, 200).ratio == pytest.approx(1.2)


def test_requests_are_counted_by_what_they_are_for() -> None:
    count = RequestCount("tiny-9-9")
    for line in (
        "GET /devstoreaccount1/workspaceblobstore/tiny-9-9/000001.csv",
        "PUT /devstoreaccount1/workspaceblobstore/azureml/j/score/x.csv?comp=block",
        "POST /devstoreaccount1/batchpointrecords",
        "GET /devstoreaccount1/batchpointjobs()?$filter=x",
        "GET /devstoreaccount1/batchpointjobs(PartitionKey='job',RowKey='1')",
    ):
        assert count.next(line) is None
    assert count.by_kind == {
        "inputs": 1,
        "PUT workspaceblobstore": 1,
        "POST batchpointrecords": 1,
        "GET batchpointjobs": 2,
    }


def test_what_misses_its_target_is_said_to() -> None:
    workload = workloads.many_small()
    samples = {"batchpoint": [sample(3), sample(4)], "limit": [sample(1), sample(2)]}
    results = Results(
        "x", comparisons=[Comparison(workload, samples)], costs=[Cost(100, 1, 0.5, 0.1)]
    )
    text = results.markdown()
    assert "2.50 x | at most 1.5 x | missed by 67%" in text
    assert "6.00 ms | at most 10 ms | met" in text


def test_parts_of_whole_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "list_files", lambda *_: [f"t/{n}" for n in range(5)])
    found = pieces.parts(ACCOUNT.store(), pieces.Task("table", "t", 2, 0))
    assert [part.names for part in found] == [("t/0", "t/1"), ("t/2", "t/3"), ("t/4",)]


def test_other_engines_are_pinned() -> None:
    text = (Path(pieces.__file__).parent / "contenders" / "requirements.txt").read_text()
    assert "ray[data]==" in text
    assert "dask[" in text
