from hypothesis import given
from hypothesis import strategies as st

from shared.running.compute_queue import ComputeQueue


def admitted(line: ComputeQueue) -> list[str]:
    return [place.job for place in line.places if place.is_admitted]


def test_jobs_are_admitted_in_order_while_they_fit():
    line = ComputeQueue().join("a", 2).join("b", 2).join("c", 1).admit(4)
    assert admitted(line) == ["a", "b"]
    assert line.position("c") == 0
    assert admitted(line.leave({"a"}).admit(4)) == ["b", "c"]


def test_nobody_passes_one_who_waits():
    line = ComputeQueue().join("a", 3).join("large", 2).join("small", 1).admit(4)
    assert admitted(line) == ["a"]
    assert (line.position("large"), line.position("small")) == (0, 1)


def test_joining_twice_changes_nothing():
    line = ComputeQueue().join("a", 1).admit(1)
    assert line.join("a", 1) == line
    assert line.is_admitted("a")


@given(st.lists(st.tuples(st.integers(1, 4), st.booleans()), max_size=30))
def test_the_bound_holds_and_everybody_gets_through(steps: list[tuple[int, bool]]):
    line = ComputeQueue()
    seen: set[str] = set()
    for number, (instances, leaves) in enumerate(steps):
        line = line.join(f"j{number}", instances).admit(4)
        if leaves and admitted(line):
            line = line.leave({admitted(line)[0]}).admit(4)
        seen |= set(admitted(line))
        assert sum(place.instances for place in line.places if place.is_admitted) <= 4
    for _ in steps:
        seen |= set(admitted(line))
        line = line.leave(set(admitted(line))).admit(4)
    assert not line.places
    assert len(seen) <= len(steps)
