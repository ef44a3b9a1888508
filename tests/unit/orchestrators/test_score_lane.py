"""score_lane, through the durable SDK's own executor."""

import random
from dataclasses import dataclass, field
from typing import Any

import pytest

from orchestrators.score_lane import score_lane
from tests.durable_sdk import Execution, HandlerError
from tests.unit.orchestrators.recording import BUSY, DONE, END, LANE, RETRY, STOP, WAIT, chunk

DOWN = HandlerError("storage is down")


@dataclass
class Lane:
    """A lane's chunks and the answers of its mini-batches, and what it asked for."""

    chunks: list[Any]
    answers: dict[tuple[int, int], list[Any]] = field(default_factory=dict)
    asked: list[dict[str, Any]] = field(default_factory=list)
    scored: list[tuple[int, int]] = field(default_factory=list)
    again: list[tuple[int, int]] = field(default_factory=list)
    stops: list[Any] = field(default_factory=list)
    seed: int | None = None

    def run(self, **work: Any) -> Any:
        order = None if self.seed is None else random.Random(self.seed)
        handlers = {
            "next_chunk": self._next,
            "score_mini_batch": self._score,
            "stop_job": lambda work: self.stops.append(work["error"]),
        }
        self.execution = Execution(score_lane, handlers, order)
        return self.execution.run({**LANE, **work})

    def _next(self, work: dict[str, Any]) -> Any:
        self.asked.append(work)
        return _given(self.chunks.pop(0) if self.chunks else END)

    def _score(self, work: dict[str, Any]) -> Any:
        key = (work["number"], work["attempt"])
        self.scored.append(key)
        if work["again"]:
            self.again.append(key)
        left = self.answers.get(key)
        return _given(left.pop(0) if left else DONE)


def _given(answer: Any) -> Any:
    if isinstance(answer, Exception):
        raise answer
    return answer


@pytest.mark.parametrize("width", [1, 3, 25])
@pytest.mark.parametrize("seed", [None, 1])
def test_scores_each_chunk_and_hands_it_in(width: int, seed: int | None):
    lane = Lane([chunk(0, 5, 4, width=width), chunk(1, 50, 2, width=width)], seed=seed)
    assert lane.run() is None
    assert sorted(lane.scored) == [(number, 1) for number in (5, 6, 7, 8, 50, 51)]
    keys = ("turn", "receipt", "first", "size", "ordinal", "seconds")
    assert [tuple(asked[key] for key in keys) for asked in lane.asked] == [
        (0, "", None, 0, 0, 0.0),
        (1, "etag0", 5, 4, 0, 2.0),
        (2, "etag1", 50, 2, 1, 1.0),
    ]


def test_no_more_than_its_width_are_under_way():
    lane, most = Lane([chunk(0, 0, 20, width=4)]), 0

    def watch(work: dict[str, Any]) -> Any:
        nonlocal most
        kinds = [item["EventType"] for item in lane.execution.history]
        most = max(most, kinds.count(4) - kinds.count(5))
        return DONE

    lane._score = watch  # type: ignore[method-assign]
    lane.run()
    assert most == 4


@pytest.mark.parametrize("width", [1, 4])
def test_the_deployments_own_retries_count_attempts(width: int):
    answers = {(2, 1): [RETRY], (2, 2): [RETRY], (0, 1): [BUSY, BUSY]}
    lane = Lane([chunk(0, 0, 4, width=width)], answers)
    assert lane.run() is None
    assert sorted(lane.scored) == sorted([(0, 1)] * 3 + [(1, 1), (2, 1), (2, 2), (2, 3), (3, 1)])
    assert lane.again == []


@pytest.mark.parametrize("width", [1, 4])
def test_what_storage_or_the_host_fails_is_tried_again_by_itself(width: int):
    lane = Lane([chunk(0, 0, 4, width=width)], {(1, 1): [DOWN, DOWN]})
    assert lane.run() is None
    assert set(lane.again) == {(number, 1) for number in ({1} if width == 1 else range(4))}
    assert lane.scored.count((1, 1)) == 3
    assert lane.scored.count((0, 1)) == (1 if width == 1 else 2)
    assert (lane.asked[-1]["first"], lane.asked[-1]["size"]) == (0, 4)


@pytest.mark.parametrize("call", ["next_chunk", "score_mini_batch"])
def test_what_never_works_stops_the_job_for_all_lanes_to_see(call: str):
    chunks: list[Any] = [DOWN] * 8 if call == "next_chunk" else [chunk(0, 0)]
    lane = Lane(chunks, {(0, 1): [DOWN] * 8})
    error = {"code": "ExecutionFailed", "message": "storage is down"}
    assert lane.run() == error
    assert lane.stops == [error]
    assert len(lane.asked if call == "next_chunk" else lane.scored) == 8


def test_an_error_that_cannot_even_be_recorded_goes_up():
    lane = Lane([DOWN] * 8)
    lane.stops = NeverStops()  # type: ignore[assignment]
    assert lane.run() == {"code": "ExecutionFailed", "message": "storage is down"}


class NeverStops:
    def append(self, _: object) -> None:
        raise DOWN


def test_nothing_is_started_after_a_stop():
    lane = Lane([chunk(0, 0, 4)], {(1, 1): [STOP]})
    assert lane.run() is None
    assert lane.scored == [(0, 1), (1, 1)]
    assert len(lane.asked) == 1


def test_asks_again_for_what_is_not_planned_yet_and_hands_a_chunk_in_once():
    lane = Lane([chunk(0, 0), WAIT, WAIT, chunk(1, 9)])
    assert lane.run() is None
    assert [(asked["turn"], asked["first"]) for asked in lane.asked] == [
        (0, None),
        (1, 0),
        (1, None),
        (1, None),
        (2, 9),
    ]


def test_a_resumed_lane_scores_only_what_is_left():
    lane = Lane([chunk(0, 0, 4, todo=[1, 3]), chunk(1, 9, todo=[])])
    lane.run(resume=True)
    assert lane.scored == [(1, 1), (3, 1)]
    assert [asked["first"] for asked in lane.asked] == [None, 0, 9]


@pytest.mark.parametrize("limit", [1, 7, 1000])
def test_continues_as_new_and_misses_nothing(limit: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("orchestrators.score_lane.ACTIVITIES_PER_GENERATION", limit)
    lane = Lane([chunk(turn, 4 * turn, width=2) for turn in range(10)])
    assert lane.run() is None
    assert lane.scored == [(number, 1) for number in range(40)]
    assert [asked["turn"] for asked in lane.asked] == list(range(11))
    # A chunk takes five activities.
    assert lane.execution.generations == {1: 11, 7: 6, 1000: 1}[limit]
