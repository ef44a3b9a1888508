"""Lanes get every mini-batch once, whoever asks, how often, and from how many processes."""

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import StorageError
from shared.jobs.model import PlanTotals
from shared.jobs.records import ChunkRecord, RecordCounts
from shared.jobs.repository import JobRepository, PlanPage
from shared.jobs.work import LaneWork
from shared.lanes.chunk_queue import ChunkQueue, Offer
from shared.lanes.claim_repository import ChunkClaimRepository, LaneClaim
from shared.storage.memory.tables import MemoryTableStore
from shared.storage.ports import Operation

EPOCH = "20260101000000000000-a"


def work(lane: int, *, lanes: int = 8, epoch: str = EPOCH, **more: Any) -> LaneWork:
    fields = {"resume": False, **more}
    return LaneWork("j", 1, "id", epoch=epoch, lanes=lanes, lane=lane, **fields)


@dataclass
class Planned:
    """A job with a plan, and its lanes."""

    tables: MemoryTableStore = field(default_factory=MemoryTableStore)

    def __post_init__(self) -> None:
        self.jobs = JobRepository(self.tables)
        self.claims = ChunkClaimRepository(self.tables)
        self.claims.begin("j", EPOCH)
        self.pages = 0
        self.totals = PlanTotals()

    def queue(self) -> ChunkQueue:
        """Makes what another process would have."""
        return ChunkQueue(self.jobs, self.claims, sleep=lambda _: None)

    def plan(self, count: int, *, more: bool = False, is_open: bool = True) -> None:
        """Plans some more mini-batches, in one page."""
        full, rest = divmod(count, 25)
        sizes = (25,) * full + ((rest,) if rest else ())
        before, self.totals = (
            self.totals,
            replace(
                self.totals,
                mini_batches=self.totals.mini_batches + count,
                segments=self.totals.segments + len(sizes),
                complete=not more,
            ),
        )
        cursor = "more" if more else None
        page = PlanPage(
            self.pages, f"n{self.pages}", before.segments, sizes, self.totals, cursor,
            is_open=is_open,
        )  # fmt: skip
        self.jobs.add_plan_page("j", page)
        self.pages += 1

    def recorded(self) -> list[int]:
        """The mini-batches of all chunks that were handed in, in order."""
        chunks = self.jobs.chunks("j")
        return [number for chunk in chunks for number in range(chunk.first, chunk.end)]


def scored(claim: LaneClaim, run: int = 1) -> ChunkRecord:
    counts = RecordCounts(1, 0, 1, 1, 0.1)
    return ChunkRecord(claim.first, (counts,) * claim.size, None, (), run)


@dataclass
class Lane:
    """A lane that asks for chunks until none is left."""

    queue: ChunkQueue
    state: LaneWork
    seconds: float = 0.0
    handed_in: ChunkRecord | None = None
    got: list[int] = field(default_factory=list)

    def turn(self) -> Offer:
        offer = self.queue.next(self.state, self.handed_in)
        self.handed_in = None
        if offer.claim is None:
            self.state = self.state.without_chunk()
            return offer
        claim = offer.claim
        self.got += range(claim.first, claim.first + claim.size)
        self.handed_in = scored(claim)
        self.state = replace(
            self.state,
            turn=claim.turn + 1,
            receipt=claim.etag,
            first=claim.first,
            size=claim.size,
            ordinal=claim.ordinal,
            seconds=claim.size * self.seconds,
        )
        return offer


def run_all(lanes: list[Lane], chance: random.Random) -> None:
    """Lets lanes take turns in any order until each has been told that nothing is left."""
    left = list(lanes)
    while left:
        lane = chance.choice(left)
        if lane.turn().is_over:
            left.remove(lane)


@pytest.fixture
def planned() -> Planned:
    return Planned()


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 400), st.integers(1, 40), st.sampled_from([0.0, 0.03, 1.0]), st.randoms())
def test_every_mini_batch_is_handed_out_once(
    count: int, lanes: int, seconds: float, chance: random.Random
):
    planned = Planned()
    planned.plan(count)
    queues = [planned.queue() for _ in range(3)]
    every = [Lane(chance.choice(queues), work(lane, lanes=lanes), seconds) for lane in range(lanes)]
    run_all(every, chance)
    assert sorted(number for lane in every for number in lane.got) == list(range(count))
    assert planned.recorded() == list(range(count))
    ordinals = [chunk.first for chunk in planned.jobs.chunks("j")]
    assert ordinals == sorted(ordinals)


def test_a_turn_that_is_asked_for_again_gives_the_same_chunk(planned: Planned):
    planned.plan(60)
    first, other = planned.queue(), planned.queue()
    offer = first.next(work(0), None)
    assert first.next(work(0), None) == other.next(work(0), None) == offer
    assert offer.claim is not None
    following = work(0, turn=1, receipt=offer.claim.etag)
    second = other.next(following, scored(offer.claim))
    assert second.claim is not None
    assert second.claim.first == offer.claim.first + offer.claim.size
    assert first.next(following, scored(offer.claim)).claim == second.claim
    assert planned.recorded() == list(range(offer.claim.size))


def test_the_last_chunk_too_is_given_again(planned: Planned):
    planned.plan(1)
    offer = planned.queue().next(work(0), None)
    assert planned.queue().next(work(0), None) == offer
    assert planned.queue().next(work(1), None).is_over


def test_a_stale_turn_does_not_disturb_the_lane(planned: Planned):
    planned.plan(60)
    lane = Lane(planned.queue(), work(0))
    for _ in range(3):
        lane.turn()
    stale = planned.queue().next(work(0), None)
    assert stale.claim is not None
    assert stale.claim.turn == 2
    run_all([lane], random.Random(0))
    assert lane.got == list(range(60))


def test_one_waits_for_what_is_not_planned_yet(planned: Planned):
    planned.plan(25, more=True)
    lane = Lane(planned.queue(), work(0, lanes=1))
    while lane.turn().claim is not None:
        pass
    offer = lane.turn()
    assert (offer.claim, offer.is_over) == (None, False)
    planned.plan(25, more=True, is_open=False)
    assert lane.turn().claim is None
    planned.jobs.open_plan_page("j", 1)
    planned.plan(3)
    run_all([lane], random.Random(0))
    assert lane.got == planned.recorded() == list(range(53))


def test_segments_that_are_not_full_leave_gaps_in_the_numbers(planned: Planned):
    planned.plan(27, more=True)
    planned.plan(0, more=True)
    planned.plan(26)
    lanes = [Lane(planned.queue(), work(lane)) for lane in range(3)]
    run_all(lanes, random.Random(1))
    numbers = [*range(27), *range(50, 76)]
    assert sorted(number for lane in lanes for number in lane.got) == numbers
    assert planned.recorded() == numbers


def test_hundreds_of_lanes_of_one_process_share_few_transactions(planned: Planned):
    planned.plan(2000)
    transactions: list[int] = []
    transact = planned.tables.transact
    first_is_in, others_wait = threading.Event(), threading.Event()

    def counting(table: str, operations: Any) -> Any:
        transactions.append(len(operations))
        first_is_in.set()
        others_wait.wait(10)
        return transact(table, operations)

    planned.tables.transact = counting  # type: ignore[method-assign]
    queue, lanes = planned.queue(), 320
    with ThreadPoolExecutor(lanes) as pool:
        first = pool.submit(queue.next, work(0, lanes=lanes), None)
        first_is_in.wait(10)
        others = [pool.submit(queue.next, work(n, lanes=lanes), None) for n in range(1, lanes)]
        while len(next(iter(queue._executions.values())).waiting) < lanes - 1:
            pass
        others_wait.set()
        claims = [future.result().claim for future in [first, *others]]
    got = sorted(n for c in claims if c for n in range(c.first, c.first + c.size))
    assert got == list(range(len(got)))
    assert all(claims)
    assert len(transactions) <= 1 + -(-(lanes - 1) // 40)


def test_processes_that_compete_all_get_theirs(planned: Planned):
    planned.plan(500)
    lanes = [Lane(planned.queue(), work(lane, lanes=16)) for lane in range(16)]

    def run(lane: Lane) -> None:
        run_all([lane], random.Random(0))

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(run, lanes))
    assert sorted(number for lane in lanes for number in lane.got) == list(range(500))
    assert planned.recorded() == list(range(500))


def test_a_later_execution_takes_over(planned: Planned):
    planned.plan(100)
    old = Lane(planned.queue(), work(0, lanes=2))
    old.turn()
    old.turn()
    later = "20260102000000000000-b"
    assert planned.claims.begin("j", later)
    assert planned.claims.begin("j", later)
    assert not planned.claims.begin("j", EPOCH)
    assert old.turn().is_over
    assert len(planned.recorded()) > 0
    handed_in = set(planned.recorded())
    new = [Lane(planned.queue(), work(n, lanes=2, epoch=later, resume=True)) for n in range(2)]
    run_all(new, random.Random(2))
    again = {number for lane in new for number in lane.got}
    assert again | handed_in == set(range(100))
    assert not again & handed_in
    assert planned.recorded() == list(range(100))


@pytest.mark.parametrize("before", [True, False])
def test_a_claim_whose_answer_is_lost_is_not_lost(planned: Planned, before: bool):
    planned.plan(100)
    transact = planned.tables.transact
    planned.tables.transact = failing_transact(transact, before)  # type: ignore[method-assign]
    lane = Lane(planned.queue(), work(0, lanes=1))
    for _ in range(500):
        try:
            if lane.turn().is_over:
                break
        except StorageError:
            continue
    assert sorted(set(lane.got)) == planned.recorded() == list(range(100))


def failing_transact(
    transact: Callable[[str, list[Operation]], Any], before: bool
) -> Callable[[str, list[Operation]], Any]:
    """Fails each second transaction, before or after it is carried out."""
    calls = iter(range(10**6))

    def failing(table: str, operations: list[Operation]) -> Any:
        if next(calls) % 2:
            return transact(table, operations)
        if not before:
            transact(table, operations)
        raise StorageError("the answer was lost")

    return failing


def test_an_unexpected_error_reaches_all_who_wait(planned: Planned):
    planned.plan(100)

    def broken(table: str, operations: Any) -> Any:
        raise RuntimeError("a defect")

    planned.tables.transact = broken  # type: ignore[method-assign]
    with pytest.raises(RuntimeError, match="a defect"):
        planned.queue().next(work(0), None)
