"""score_job with its chunks, through the durable SDK's own executor."""

import random
from dataclasses import dataclass, field
from typing import Any

import pytest

from orchestrators.score_chunk import score_chunk
from orchestrators.score_job import score_job
from tests.durable_sdk import Execution, HandlerError


@dataclass
class Job:
    """A job's plan, and what its orchestration did."""

    pages: list[list[int]]
    fail_pages: dict[int, Any] = field(default_factory=dict)
    stop_at: tuple[int, int] | None = None
    problem: dict[str, str] | None = None
    chunk_error: dict[int, Any] = field(default_factory=dict)
    seed: int | None = None
    refusals: int = 0
    scored: list[tuple[int, int]] = field(default_factory=list)
    collected: list[int] = field(default_factory=list)
    endings: list[Any] = field(default_factory=list)

    def run(self, **work: Any) -> Execution:
        order = None if self.seed is None else random.Random(self.seed)
        execution = Execution(score_job, self._handlers(order), order)
        self.status = execution.run({"job": "j", "window": 4, **work})
        return execution

    def _handlers(self, order: random.Random | None) -> dict[str, Any]:
        handlers = {
            "admit_job": self._admit,
            "prepare_job": lambda _: self.problem,
            "plan_page": self._plan,
            "score_mini_batch": self._score,
            "collect_chunk": self._collect,
            "open_chunk": lambda work: list(range(work["size"])),
            "finish_job": self._finish,
        }
        handlers["score_chunk"] = lambda work: Execution(score_chunk, handlers, order).run(work)
        return handlers

    def _admit(self, _: Any) -> Any:
        self.refusals -= 1
        return {"is_admitted": self.refusals < 0, "seconds": 5}

    def _plan(self, work: Any) -> Any:
        number = work["page"]
        if number in self.fail_pages:
            raise self.fail_pages[number]
        return {
            "error": None,
            "page": number,
            "first_chunk": sum(len(page) for page in self.pages[:number]),
            "sizes": self.pages[number],
            "nonce": "n",
            "more": number + 1 < len(self.pages),
        }

    def _score(self, work: Any) -> Any:
        key = (work["chunk"], work["index"])
        self.scored.append(key)
        return {"outcome": "done", "stop": "error_threshold" if key == self.stop_at else None}

    def _collect(self, work: Any) -> Any:
        if work["chunk"] in self.chunk_error:
            error = self.chunk_error[work["chunk"]]
            if isinstance(error, Exception):
                raise error
            return error
        self.collected.append(work["chunk"])
        return None

    def _finish(self, ending: Any) -> str:
        self.endings.append(ending["error"])
        return "Failed" if ending["error"] else "Completed"

    @property
    def all(self) -> list[tuple[int, int]]:
        sizes = [size for page in self.pages for size in page]
        return [(chunk, index) for chunk, size in enumerate(sizes) for index in range(size)]


@pytest.mark.parametrize("pages", [[[1]], [[6]], [[5, 5, 3]], [[5] * 4, [5] * 3, [2]]])
@pytest.mark.parametrize("seed", [None, 1])
def test_scores_everything_once(pages: list[list[int]], seed: int | None):
    job = Job(pages, seed=seed)
    job.run()
    assert sorted(job.scored) == job.all
    assert sorted(job.collected) == list(range(sum(map(len, pages))))
    assert (job.status, job.endings) == ("Completed", [None])


@pytest.mark.parametrize("seed", [None, 3])
def test_continues_as_new_and_misses_nothing(seed: int | None, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("orchestrators.score_job.CHUNKS_PER_GENERATION", 8)
    job = Job([[1] * 11, [1] * 12], seed=seed)
    execution = job.run()
    assert sorted(job.scored) == job.all
    assert execution.generations == -(-23 // 8)
    assert job.endings == [None]


def test_waits_until_it_is_admitted():
    job = Job([[3]], refusals=4)
    execution = job.run()
    assert sorted(job.scored) == job.all
    assert execution.generations == 1


def test_a_long_wait_keeps_its_history_short(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("orchestrators.score_job.ADMISSIONS_PER_GENERATION", 5)
    job = Job([[3]], refusals=23)
    execution = job.run()
    assert sorted(job.scored) == job.all
    assert execution.generations == 5


def test_stops_all_chunks_and_ends_the_job():
    job = Job([[25] * 8], stop_at=(0, 10))
    job.run()
    assert len(job.scored) < 60
    assert job.endings == [None]


def test_a_problem_before_scoring_scores_nothing():
    problem = {"code": "OutputExists", "message": "it is there"}
    job = Job([[3]], problem=problem)
    job.run()
    assert job.scored == []
    assert (job.status, job.endings) == ("Failed", [problem])


def test_a_plan_that_cannot_be_made_ends_the_job():
    job = Job([[2], [2]], fail_pages={1: HandlerError("no listing")})
    job.run()
    assert job.status == "Failed"
    assert job.endings[0]["code"] == "ExecutionFailed"
    assert "no listing" in job.endings[0]["message"]


def test_chunks_that_do_not_fit_together_end_the_job():
    error = {"code": "ColumnsDiffer", "message": "columns"}
    job = Job([[2, 2, 2]], chunk_error={1: error})
    job.run()
    assert job.endings == [error]


def test_a_chunk_that_fails_for_good_ends_the_job():
    job = Job([[2, 2, 2]], chunk_error={0: HandlerError("storage is down")})
    job.run()
    assert job.status == "Failed"
    assert "storage is down" in job.endings[0]["message"]
