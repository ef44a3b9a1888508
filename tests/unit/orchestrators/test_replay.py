"""Recorded histories give the same actions with today's orchestrators, and replay stays cheap."""

from pathlib import Path

import pytest

from orchestrators.score_job import score_job
from orchestrators.score_lane import score_lane
from tests.durable_sdk import Execution, answer, replay
from tests.unit.orchestrators.recording import (
    END,
    FOLDER,
    JOB,
    LANE,
    PREPARED,
    Answers,
    chunk,
    patched,
    read,
    scenarios,
    usual_handlers,
)

RECORD_ANEW = (
    "the orchestrator no longer gives what was recorded: orchestrations that are under way would "
    "break. If that is meant, run python -m tests.unit.orchestrators.recording"
)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.json")), ids=lambda path: path.stem)
def test_each_prefix_of_a_history_gives_the_recorded_actions(path: Path):
    orchestrator, constants, generations = read(path)
    with patched(constants):
        for generation in generations:
            seen = 0
            for recorded in generation.answers:
                prefix = generation.history[: recorded.events]
                state = replay(orchestrator, prefix, generation.work)
                assert answer(prefix, state, seen) == recorded, RECORD_ANEW
                seen += len(recorded.actions)


def test_every_scenario_is_recorded():
    assert {path.stem for path in FOLDER.glob("*.json")} == set(scenarios())


def test_a_change_of_what_is_called_is_noticed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("orchestrators.score_lane.NEXT_CHUNK", "claim_chunk")
    with pytest.raises(AssertionError, match="under way would break"):
        test_each_prefix_of_a_history_gives_the_recorded_actions(FOLDER / "lane-happy.json")


def replayed(mini_batches: int, width: int) -> float:
    """Events that replaying a lane costs for each of its mini-batches."""
    chunks = [chunk(turn, 25 * turn, 25, width=width) for turn in range(mini_batches // 25)]
    handlers = usual_handlers() | {"next_chunk": Answers(END, chunks)}
    execution = Execution(score_lane, handlers)
    execution.run(LANE)
    return execution.replayed / mini_batches


@pytest.mark.parametrize("width", [1, 25])
def test_replay_costs_few_events_for_each_mini_batch(width: int):
    small, large = replayed(100, width), replayed(1000, width)
    assert large <= small * 1.05
    assert large < 90


@pytest.mark.parametrize("lanes", [16, 1000])
def test_no_history_grows_with_the_lanes(lanes: int):
    prepared = {**PREPARED, "lanes": lanes, "page": 1}
    execution = Execution(score_job, usual_handlers() | {"prepare_job": Answers(prepared)})
    execution.run({**JOB, "lanes": lanes})
    assert max(len(generation.history) for generation in execution.recorded) < 300
