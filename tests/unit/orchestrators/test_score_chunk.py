"""score_chunk, through the durable SDK's own executor."""

import random
from typing import Any

import pytest

from orchestrators.score_chunk import score_chunk
from tests.durable_sdk import Execution, HandlerError

WORK = {"job": "j", "chunk": 3, "size": 6, "nonce": "n", "window": 2}


class Scorer:
    """Answers `score_mini_batch` and keeps who was asked for."""

    def __init__(self, answers: dict[tuple[int, int], Any] | None = None) -> None:
        self.answers = answers or {}
        self.calls: list[tuple[int, int]] = []

    def __call__(self, work: dict[str, Any]) -> Any:
        key = (work["index"], work["attempt"])
        self.calls.append(key)
        answer = self.answers.get(key, {"outcome": "done", "stop": None})
        if isinstance(answer, list):
            answer = answer.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def run(scorer: Scorer, *, collected: list[Any] | None = None, **more: Any) -> Any:
    def collect(work: Any) -> None:
        (collected if collected is not None else []).append(work["chunk"])

    handlers = {
        "score_mini_batch": scorer,
        "collect_chunk": collect,
        "open_chunk": lambda _: more["open_chunk"],
    }
    work = {**WORK, **{key: value for key, value in more.items() if key in WORK or key == "resume"}}
    execution = Execution(score_chunk, handlers, more.get("order"))
    return execution.run(work), execution


def test_scores_each_mini_batch_once_then_collects():
    scorer, collected = Scorer(), []
    answer, _ = run(scorer, collected=collected)
    assert answer == {"stop": None, "error": None}
    assert sorted(scorer.calls) == [(index, 1) for index in range(6)]
    assert collected == [3]


def test_has_no_more_than_its_window_under_way():
    most = 0

    def watch(execution: Execution) -> None:
        nonlocal most
        kinds = [item["EventType"] for item in execution.history]
        most = max(most, kinds.count(4) - kinds.count(5))

    execution = Execution(score_chunk, {})

    def score(_: Any) -> Any:
        watch(execution)
        return {"outcome": "done", "stop": None}

    execution.handlers = {"score_mini_batch": score, "collect_chunk": lambda _: None}
    execution.run({**WORK, "size": 20, "window": 4})
    assert most == 4


@pytest.mark.parametrize("seed", range(5))
def test_retries_with_the_next_attempt_in_any_order_of_completion(seed: int):
    retry = {"outcome": "retry", "stop": None}
    scorer = Scorer({(2, 1): retry, (2, 2): retry, (4, 1): retry})
    answer, _ = run(scorer, order=random.Random(seed))
    assert answer["stop"] is None
    assert sorted(scorer.calls) == sorted(
        [(index, 1) for index in range(6)] + [(2, 2), (2, 3), (4, 2)]
    )


@pytest.mark.parametrize("seed", range(3))
def test_a_mini_batch_that_found_no_scorer_comes_again_without_using_an_attempt(seed: int):
    busy, done = {"outcome": "busy", "stop": None}, {"outcome": "done", "stop": None}
    retry = {"outcome": "retry", "stop": None}
    scorer = Scorer({(1, 1): [busy, busy, retry], (1, 2): [busy, done]})
    answer, _ = run(scorer, order=random.Random(seed))
    assert answer == {"stop": None, "error": None}
    assert [call for call in scorer.calls if call[0] == 1] == [(1, 1)] * 3 + [(1, 2)] * 2


def test_starts_nothing_more_once_told_to_stop():
    scorer = Scorer({(1, 1): {"outcome": "done", "stop": "error_threshold"}})
    collected: list[Any] = []
    answer, _ = run(scorer, collected=collected)
    assert answer["stop"] == "error_threshold"
    assert [index for index, _ in scorer.calls] == [0, 1, 2]
    assert collected == []


def test_a_retry_is_not_started_after_a_stop():
    scorer = Scorer(
        {
            (0, 1): {"outcome": "done", "stop": "canceled"},
            (1, 1): {"outcome": "retry", "stop": None},
        }
    )
    answer, _ = run(scorer)
    assert answer["stop"] == "canceled"
    assert (1, 2) not in scorer.calls


@pytest.mark.parametrize("seed", range(5))
def test_what_the_host_loses_is_tried_again(seed: int):
    done = {"outcome": "done", "stop": None}
    scorer = Scorer({(0, 1): [HandlerError("storage"), HandlerError("storage"), done]})
    answer, _ = run(scorer, order=random.Random(seed))
    assert answer == {"stop": None, "error": None}
    assert scorer.calls.count((0, 1)) == 3
    assert len(scorer.calls) == 8


def test_gives_up_when_storage_never_comes_back():
    scorer = Scorer({(0, 1): [HandlerError("storage is down")] * 20})
    with pytest.raises(Exception, match="storage is down"):
        run(scorer)
    assert scorer.calls.count((0, 1)) == 8


def test_resuming_runs_only_what_has_no_record():
    scorer = Scorer()
    run(scorer, resume=True, open_chunk=[1, 4])
    assert sorted(scorer.calls) == [(1, 1), (4, 1)]


def test_resuming_a_finished_chunk_only_collects():
    scorer, collected = Scorer(), []
    run(scorer, collected=collected, resume=True, open_chunk=[])
    assert scorer.calls == []
    assert collected == [3]
