"""score_job with its planner and lanes, through the durable SDK's own executor."""

import random
from dataclasses import dataclass, field
from typing import Any

import pytest

from orchestrators.plan_job import plan_job
from orchestrators.score_job import score_job
from orchestrators.score_lane import score_lane
from orchestrators.score_lanes import score_lanes
from tests.durable_sdk import Execution, HandlerError
from tests.unit.orchestrators.recording import DONE, END, JOB, RUN, WAIT, chunk

CHILDREN = {f.__name__: f for f in (plan_job, score_lanes, score_lane)}
ACTIVITIES = (
    "admit_job",
    "prepare_job",
    "plan_page",
    "scan_pieces",
    "open_page",
    "next_chunk",
    "score_mini_batch",
    "stop_job",
    "finish_job",
)
DOWN = HandlerError("storage is down")


@dataclass
class Job:
    """A job of chunks of four mini-batches, which are planned page by page."""

    pages: list[int]
    lanes: int = 4
    refusals: int = 0
    seed: int | None = None
    pieces: int = 0
    fails: dict[str, Any] = field(default_factory=dict)
    error: dict[str, str] | None = None
    superseded: bool = False
    scored: list[int] = field(default_factory=list)
    calls: list[tuple[str, Any]] = field(default_factory=list)
    endings: list[Any] = field(default_factory=list)

    def run(self) -> Execution:
        order = None if self.seed is None else random.Random(self.seed)
        handlers = {name: (lambda work, name=name: self._answer(name, work)) for name in ACTIVITIES}
        self.planned, self.next = self.pages[0], 0
        execution = Execution(score_job, handlers, order, CHILDREN)
        self.status = execution.run({**JOB, "lanes": self.lanes})
        return execution

    def _answer(self, name: str, work: dict[str, Any]) -> Any:
        assert {key: work[key] for key in RUN} == RUN
        self.calls.append((name, work))
        failure = self.fails.get(name)
        if failure is not None and failure(work):
            raise DOWN
        return getattr(self, f"_{name}")(work)

    def _admit_job(self, _: Any) -> Any:
        self.refusals -= 1
        return {"is_admitted": self.refusals < 0, "seconds": 5}

    def _prepare_job(self, _: Any) -> Any:
        page = 1 if len(self.pages) > 1 else None
        lanes = 0 if self.error else self.lanes
        more = {"is_superseded": True} if self.superseded else {}
        return {"lanes": lanes, "page": page, "error": self.error, **more}

    def _plan_page(self, work: Any) -> Any:
        number = work["page"]
        if not self.pieces:
            self.planned += self.pages[number]
        return {"more": number + 1 < len(self.pages), "pieces": self.pieces}

    def _scan_pieces(self, work: Any) -> None:
        assert work["of"] == min(self.pieces, 8)

    def _open_page(self, work: Any) -> None:
        scans = [
            w["part"] for n, w in self.calls if n == "scan_pieces" and w["page"] == work["page"]
        ]
        assert set(scans) == set(range(min(self.pieces, 8)))
        self.planned += self.pages[work["page"]]

    def _next_chunk(self, work: Any) -> Any:
        if ("stop_job" in dict(self.calls)) or self.next >= sum(self.pages):
            return END
        if self.next >= self.planned:
            return WAIT
        first, self.next = self.next, min(self.next + 4, self.planned)
        return chunk(work["turn"], first, self.next - first, width=2)

    def _score_mini_batch(self, work: Any) -> Any:
        self.scored.append(work["number"])
        return DONE

    def _stop_job(self, _: Any) -> None:
        return

    def _finish_job(self, ending: Any) -> str:
        self.endings.append(ending["error"])
        return "Failed" if ending["error"] else "Completed"


@pytest.mark.parametrize("pages", [[1], [6], [13], [25, 50, 3], [25] * 60])
@pytest.mark.parametrize("seed", [None, 1])
def test_scores_everything_once(pages: list[int], seed: int | None):
    job = Job(pages, seed=seed)
    job.run()
    assert sorted(job.scored) == list(range(sum(pages)))
    assert (job.status, job.endings) == ("Completed", [None])


@pytest.mark.parametrize("lanes", [1, 16, 17, 40])
def test_many_lanes_run_in_groups(lanes: int):
    job = Job([200], lanes=lanes)
    execution = job.run()
    assert sorted(job.scored) == list(range(200))
    asked = {work["lane"] for name, work in job.calls if name == "next_chunk"}
    assert asked == set(range(lanes))
    started = [event["Name"] for event in execution.history if event["EventType"] == 7]
    groups = -(-lanes // 16)
    assert started == (["score_lane"] * lanes if lanes <= 16 else ["score_lanes"] * groups)


def test_all_lanes_belong_to_one_execution():
    job = Job([30])
    job.run()
    (epoch,) = {work["epoch"] for name, work in job.calls if "epoch" in work}
    assert epoch.startswith("20260101000000000000-")


@pytest.mark.parametrize("pieces", [3, 100])
def test_a_page_is_opened_once_its_pieces_are_looked_through(pieces: int):
    job = Job([25, 25, 25], pieces=pieces, seed=5)
    job.run()
    assert sorted(job.scored) == list(range(75))
    assert [work["page"] for name, work in job.calls if name == "open_page"] == [1, 2]


def test_waits_until_it_is_admitted():
    job = Job([3], refusals=4)
    execution = job.run()
    assert sorted(job.scored) == [0, 1, 2]
    assert execution.generations == 1


def test_a_long_wait_keeps_its_history_short(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("orchestrators.score_job.ADMISSIONS_PER_GENERATION", 5)
    job = Job([3], refusals=23)
    execution = job.run()
    assert sorted(job.scored) == [0, 1, 2]
    assert execution.generations == 5


def test_a_problem_before_scoring_scores_nothing():
    problem = {"code": "OutputExists", "message": "it is there"}
    job = Job([3], error=problem)
    job.run()
    assert job.scored == []
    assert (job.status, job.endings) == ("Failed", [problem])


def test_an_execution_that_another_has_followed_ends_nothing():
    job = Job([3], superseded=True)
    job.run()
    assert (job.status, job.scored, job.endings) == (None, [], [])


@pytest.mark.parametrize("name", ["admit_job", "prepare_job", "plan_page", "next_chunk"])
def test_what_never_works_ends_the_job(name: str):
    job = Job([25, 25], fails={name: lambda _: True})
    job.run()
    assert job.status == "Failed"
    assert job.endings == [{"code": "ExecutionFailed", "message": "storage is down"}]
    is_part = name in {"plan_page", "next_chunk"}
    assert ("stop_job" in dict(job.calls)) == is_part


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "name",
    [name for name in ACTIVITIES if name != "stop_job"],
)
def test_what_fails_for_a_while_costs_time_only(name: str, seed: int):
    chance = random.Random(seed)
    job = Job([25, 25, 20], pieces=4, seed=seed, fails={name: lambda _: chance.random() < 0.3})
    job.run()
    assert set(job.scored) == set(range(70))
    assert (job.status, job.endings[-1]) == ("Completed", None)


def test_pages_are_planned_in_short_histories(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("orchestrators.plan_job.PAGES_PER_GENERATION", 3)
    job = Job([25] * 11)
    job.run()
    planned = [work["page"] for name, work in job.calls if name == "plan_page"]
    assert planned == list(range(1, 11))
    assert sorted(job.scored) == list(range(275))
