"""Recorded histories give the same actions with today's orchestrators, and replay stays cheap."""

from pathlib import Path
from typing import Any

import pytest

from orchestrators.score_chunk import score_chunk
from orchestrators.score_job import score_job
from shared.domain.orchestration import CHUNKS_PER_GENERATION
from shared.domain.plan import MINI_BATCHES_PER_CHUNK
from tests.durable_sdk import Execution, answer, replay
from tests.unit.orchestrators.recording import (
    CHUNK,
    FOLDER,
    JOB,
    page,
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
    monkeypatch.setattr("orchestrators.score_chunk.COLLECT_CHUNK", "gather_chunk")
    with pytest.raises(AssertionError, match="under way would break"):
        test_each_prefix_of_a_history_gives_the_recorded_actions(FOLDER / "chunk-happy.json")


def replayed_per_chunk(chunks: int) -> float:
    """Events that replaying `score_job` costs for each chunk."""
    handlers = usual_handlers() | {"plan_page": page(*[[25] * 10] * (chunks // 10))}
    execution = Execution(score_job, handlers)
    execution.run(JOB)
    return execution.replayed / chunks


def replayed_in_a_chunk(**work: Any) -> float:
    """Events that replaying `score_chunk` costs for each mini-batch."""
    size = MINI_BATCHES_PER_CHUNK
    execution = Execution(score_chunk, usual_handlers())
    execution.run({**CHUNK, "size": size, **work})
    return execution.replayed / size


def test_replay_costs_no_more_per_mini_batch_when_a_job_is_larger():
    with patched({"CHUNKS_PER_GENERATION": 20}):
        small, large = replayed_per_chunk(20), replayed_per_chunk(80)
    assert large <= small * 1.05


def test_replay_costs_few_events_per_mini_batch():
    with patched({"CHUNKS_PER_GENERATION": 20}):
        # A chunk's share of the job's replay grows with the number of chunks in a generation.
        per_chunk = replayed_per_chunk(20) * CHUNKS_PER_GENERATION / 20
    assert replayed_in_a_chunk(window=4) + per_chunk / MINI_BATCHES_PER_CHUNK < 80
