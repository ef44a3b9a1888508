"""Random orchestrations give the right results, in whatever order their work completes."""

from collections import Counter
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.devhost.playing import Player
from tests.devhost.random_orchestrations.__main__ import main
from tests.devhost.random_orchestrations.app.interpreter import interpret
from tests.devhost.random_orchestrations.programs import make_program
from tests.devhost.random_orchestrations.reference import expected
from tests.devhost.running import needs_azurite


class Acts:
    """The activity of the random orchestrations, without its delays."""

    def __init__(self) -> None:
        self._calls: Counter[int] = Counter()

    def __call__(self, work: dict[str, Any]) -> int:
        self._calls[work["id"]] += 1
        if self._calls[work["id"]] <= work["fail"]:
            raise ValueError(f"call {self._calls[work['id']]} of {work['id']} fails")
        return work["id"]


@settings(max_examples=150, deadline=None)
@given(random=st.randoms(use_true_random=False))
def test_results_do_not_depend_on_the_order_of_completions(random: Random) -> None:
    program = make_program(random)
    player = Player({"interpret": interpret}, {"act": Acts()})
    player.start("interpret", value={"run": "r", "program": program, "results": []})

    while player.pending or player.run_episode():
        # Several completions may come before the orchestrator runs again.
        if player.pending and random.random() < 0.7:
            player.complete(random.randrange(len(player.pending)))
        else:
            player.run_episode()

    ended, output = player.status()
    assert (ended, output if ended == "Completed" else None) == expected(program)
    assert not player.remarks


@needs_azurite
def test_the_running_host_gives_the_right_results() -> None:
    assert main(["--count", "20"]) == 0


@needs_azurite
def test_so_does_one_with_several_processes() -> None:
    assert main(["--count", "10", "--workers", "2", "--seed", "2"]) == 0
