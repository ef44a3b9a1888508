"""Order of requests for scorers, and their starts, on a clock that the tests set."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.pool.demand import DemandTracker
from scoring.pool.scorer_queue import ScorerQueue
from scoring.pool.tickets import Start, Ticket
from scoring.process.result import FailureCause, ScorerError
from scoring.process.spec import ScorerSpec

FAILED = ScorerError(FailureCause.INIT_FAILED, "no model")


@dataclass(eq=False)
class FakeScorer:
    key: str
    started: float = 0.0
    is_alive: bool = True


@dataclass
class Host:
    """A queue of which the starts end when a test says so."""

    room: int
    now: float = 0.0
    starting: list[Start[FakeScorer]] = field(default_factory=list)

    def __post_init__(self):
        self.queue: ScorerQueue[FakeScorer] = ScorerQueue(self.room)

    def enter(self, key: str, slots: int = 1, count: int = 1) -> list[Ticket[FakeScorer]]:
        spec = ScorerSpec(key, Path("/m"), Path("/m"), None, None, Path("/env/bin/python"))
        tickets = [self.queue.enter(spec, slots) for _ in range(count)]
        self.dispatch()
        return tickets

    def dispatch(self, later: float = 0.0) -> int:
        """Lets time go by, and tells how many scorers are to be started."""
        self.now += later
        starts = self.queue.dispatch(self.now)
        self.starting += starts
        return len(starts)

    def join(self) -> FakeScorer:
        start = self.starting.pop(0)
        scorer = FakeScorer(start.key, self.now)
        self.queue.join(start, scorer, self.now)
        self.dispatch()
        return scorer

    def fail(self, error: ScorerError | None = FAILED) -> None:
        self.queue.fail(self.starting.pop(0), error, self.now)
        self.dispatch()

    def release(self, ticket: Ticket[FakeScorer], *, dies: bool = False) -> None:
        self.queue.release(ticket, None if dies else ticket.scorer, self.now)
        self.dispatch()


def test_tickets_are_granted_in_order_within_slots_and_room():
    host = Host(2)
    first, second, third = host.enter("a", count=2) + host.enter("b")
    assert [start.key for start in host.starting] == ["a", "b"]
    scorer = host.join()
    host.join()
    assert (first.scorer, second.scorer) == (scorer, None)
    assert third.scorer is not None
    host.release(first)
    assert second.scorer is scorer


def test_the_first_scorer_is_started_alone_and_all_others_soon_after():
    host = Host(8)
    host.enter("a", slots=3, count=6)
    assert len(host.starting) == 1
    assert host.dispatch(later=0.9) == 0
    assert host.dispatch(later=0.2) == 2
    assert host.dispatch(later=60) == 0


def test_waiting_for_room_does_not_count_as_waiting_for_a_model_to_load():
    host = Host(1)
    [other] = host.enter("b")
    host.join()
    host.enter("a", slots=2, count=2)
    assert host.dispatch(later=5) == 0
    host.release(other)
    host.room = host.queue._max = 8
    assert host.dispatch() == 1
    assert host.dispatch(later=0.1) == 0


def test_what_a_loaded_scorer_does_in_a_moment_starts_no_other():
    host = Host(8)
    tickets = host.enter("a", slots=2, count=6)
    host.now = 0.9
    host.join()
    for ticket in tickets:
        assert ticket.scorer is not None
        assert host.dispatch(later=0.06) == 0
        host.release(ticket)
    assert not host.starting
    assert not host.queue.is_busy


def test_a_long_queue_starts_others_although_it_moves_on():
    host = Host(8)
    tickets = host.enter("a", slots=4, count=40)
    host.join()
    for ticket in tickets[:5]:
        host.dispatch(later=0.11)
        host.release(ticket)
    assert len(host.starting) == 3


def test_a_lull_ends_what_was_waited_and_a_shorter_one_does_not():
    demand = DemandTracker()
    demand.update({"a"}, 0)
    demand.update((), 1)
    demand.update({"a"}, 1.1)
    assert demand.seconds("a", 2) == 2
    demand.update((), 2)
    assert demand.seconds("a", 3) == 0
    demand.update({"a"}, 3)
    assert demand.seconds("a", 3.5) == 0.5
    assert demand.lasts("a")
    demand.update((), 4)
    demand.update((), 5)
    assert not demand.lasts("a")


def test_whoever_waits_longest_takes_the_scorer_that_is_idle_first():
    host = Host(8)
    first, second, third = host.enter("a", slots=2, count=3)
    loaded = host.join()
    assert host.dispatch(later=0.6) == 1
    host.release(first)
    assert second.scorer is loaded
    started = host.join()
    assert third.scorer is started


def test_a_start_that_nobody_needs_any_more_joins_the_idle():
    host = Host(1)
    [ticket] = host.enter("a")
    host.queue.leave(ticket)
    assert host.queue.is_busy
    scorer = host.join()
    assert not host.queue.is_busy
    assert host.enter("a")[0].scorer is scorer


def test_a_start_that_nobody_waits_for_gives_way_to_another_key():
    host = Host(1)
    [ticket] = host.enter("a")
    [other] = host.enter("b")
    assert host.dispatch(later=60) == 0
    assert not host.starting[0].given_up
    host.queue.leave(ticket)
    host.dispatch()
    assert not host.starting[0].given_up
    host.dispatch(later=0.3)
    host.dispatch(later=0.3)
    assert host.starting[0].given_up
    host.fail(None)
    host.join()
    assert other.scorer is not None


def test_a_failed_start_fails_one_ticket_and_is_tried_again_for_the_next():
    host = Host(8)
    tickets = host.enter("a", slots=2, count=3) + host.enter("b")
    for failed in range(1, 4):
        start = next(start for start in host.starting if start.key == "a")
        host.starting.remove(start)
        host.queue.fail(start, FAILED, host.now)
        host.dispatch()
        assert [ticket.error for ticket in tickets] == [FAILED] * failed + [None] * (4 - failed)
    assert [start.key for start in host.starting] == ["b"]


def test_a_scorer_that_cannot_be_loaded_beside_others_is_done_without():
    host = Host(8)
    tickets = host.enter("a", slots=2, count=4)
    host.join()
    host.dispatch(later=0.6)
    assert host.queue.fail(host.starting.pop(0), FAILED, host.now)
    assert [ticket.error for ticket in tickets] == [None] * 4
    assert host.dispatch(later=30) == 0
    host.release(tickets[0])
    assert tickets[1].scorer is not None
    assert host.dispatch(later=31) == 1


def test_the_only_scorer_is_replaced_at_once_however_the_last_start_went():
    host = Host(8)
    tickets = host.enter("a", slots=2, count=3)
    host.join()
    host.dispatch(later=0.6)
    host.fail()
    host.release(tickets[0], dies=True)
    assert [start.key for start in host.starting] == ["a"]


def test_a_model_that_loaded_before_fails_an_attempt_and_not_the_job():
    host = Host(8)
    [first] = host.enter("a")
    host.join()
    host.release(first, dies=True)
    [second] = host.enter("a")
    host.fail()
    assert second.error is not None
    assert second.error.cause is FailureCause.RELOAD_FAILED
    assert "no model" in second.error.message


def test_a_failed_start_that_nobody_waits_for_fails_nobody():
    host = Host(8)
    [ticket] = host.enter("a")
    host.queue.leave(ticket)
    host.fail()
    assert not host.queue.is_busy
    assert host.enter("a")[0].error is None


def test_a_wanted_scorer_stays_until_others_have_less_and_its_time_is_over():
    host = Host(1)
    first, other, again = host.enter("a") + host.enter("b") + host.enter("a")
    scorer = host.join()
    host.now = 1
    host.release(first)
    assert (again.scorer, host.starting) == (scorer, [])
    host.enter("a")
    host.now = 20
    host.release(again)
    assert [start.key for start in host.starting] == ["b"]
    assert host.starting[0].evicted == [scorer]
    host.join()
    assert other.scorer is not None


def test_a_dead_scorer_is_not_handed_out():
    host = Host(1)
    [ticket] = host.enter("a")
    dead = host.join()
    host.release(ticket)
    dead.is_alive = False
    [ticket] = host.enter("a")
    assert ticket.scorer is None
    assert host.starting[0].evicted == [dead]


def test_a_dead_scorer_is_taken_with_those_that_are_idle_for_long():
    host = Host(2)
    [first], [second] = host.enter("a"), host.enter("b")
    dead, alive = host.join(), host.join()
    host.release(first)
    host.release(second)
    dead.is_alive = False
    assert host.queue.take_idle(before=-1) == [dead]
    assert host.queue.take_idle() == [alive]


def test_there_is_room_for_one_scorer_at_least():
    with pytest.raises(ValueError, match="at least 1"):
        ScorerQueue(0)


STEPS = st.sampled_from(["enter", "leave", "join", "fail", "give up", "release", "die", "wait"])


@given(
    room=st.integers(1, 4),
    steps=st.lists(st.tuples(STEPS, st.sampled_from("abc"), st.integers(0, 5)), max_size=60),
)
def test_whatever_happens_bounds_hold_and_everyone_is_served(room, steps):
    host = Host(room)
    slots = {"a": 1, "b": 2, "c": 3}
    tickets: list[Ticket[FakeScorer]] = []
    for step, key, choice in steps:
        take(host, tickets, step, key, choice, slots[key])
        check_bounds(host, tickets, slots)
    for _ in range(10_000):
        if not host.queue.is_busy:
            break
        for step in ("join", "release", "wait"):
            take(host, tickets, step, "a", 0, 1)
            check_bounds(host, tickets, slots)
    assert not host.queue.is_busy
    assert not host.starting


def take(host: Host, tickets: list, step: str, key: str, choice: int, slots: int) -> None:
    waiting = [ticket for ticket in tickets if not ticket.is_settled]
    granted = [ticket for ticket in tickets if ticket.scorer is not None]
    if step == "enter":
        tickets += host.enter(key, slots)
    elif step == "wait":
        host.dispatch(later=0.1 + choice)
    elif step == "leave" and waiting:
        ticket = waiting[choice % len(waiting)]
        host.queue.leave(ticket)
        tickets.remove(ticket)
    elif step in {"join", "fail", "give up"} and host.starting:
        failed = sum(ticket.error is not None for ticket in tickets)
        if step == "join":
            host.join()
        else:
            host.fail(FAILED if step == "fail" else None)
        assert sum(ticket.error is not None for ticket in tickets) - failed <= (step == "fail")
    elif step in {"release", "die"} and granted:
        ticket = granted[choice % len(granted)]
        tickets.remove(ticket)
        host.release(ticket, dies=step == "die")


def check_bounds(host: Host, tickets: list, slots: dict[str, int]) -> None:
    in_use = [ticket.key for ticket in tickets if ticket.scorer is not None]
    idle = [idle.scorer.key for idle in host.queue._idle]
    starting = [start.key for start in host.starting]
    assert len(in_use + idle + starting) <= host.room
    for key, most in slots.items():
        assert (in_use + idle + starting).count(key) <= most
