"""Whatever happens to mini-batches and activities, a job ends as a few lines say that it must.

Outcomes of mini-batches and accidents of the platform are drawn at random; the real orchestrators
and activities run over storage in memory, and what comes out is compared with `reference`.
"""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from scoring.process.result import FailureCause, FileFailure, ScorerError, ScoreResult
from scoring.process.spec import ScoreRequest
from shared.jobs.work import first_job_work
from tests.durable_sdk import HandlerError
from tests.functional.harness import SEGMENTED, App

EXAMPLES = 200
CAUSES = {
    "raise": FailureCause.RAISED,
    "timeout": FailureCause.TIMEOUT,
    "crash": FailureCause.CRASHED,
    "memory": FailureCause.OUT_OF_MEMORY,
}
OUTCOMES = st.sampled_from(["ok", "ok", "fewer", "none", *CAUSES])
# What happens to each activity in turn: the platform delivers it, and sometimes does worse.
ACCIDENTS = st.sampled_from(
    ["fine"] * 6
    + ["twice", "fails before", "fails after", "dies before", "dies after", "late", "busy"]
)


@dataclass(frozen=True)
class Scenario:
    """A job and its fate; `outcomes` has those of each mini-batch, one for each attempt."""

    sizes: int
    files: int
    outcomes: list[list[str]]
    max_retries: int
    threshold: int
    accidents: list[str]
    revivals: list[bool]
    seed: int

    def names(self, index: int) -> list[str]:
        first = index * self.sizes
        return [f"f{number:05d}" for number in range(first, min(first + self.sizes, self.files))]

    def outcome(self, index: int, attempt: int) -> str:
        drawn = self.outcomes[index]
        return drawn[attempt - 1] if attempt <= len(drawn) else "ok"


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    size = draw(st.integers(1, 3))
    files = draw(st.integers(1, 6 * size))
    count = -(-files // size)
    return Scenario(
        size,
        files,
        draw(st.lists(st.lists(OUTCOMES, max_size=4), min_size=count, max_size=count)),
        draw(st.integers(0, 3)),
        draw(st.sampled_from([-1, 0, 1, 2, 4])),
        draw(st.lists(ACCIDENTS, max_size=25)),
        draw(st.lists(st.booleans(), min_size=25, max_size=25)),
        draw(st.integers(0, 999)),
    )


def reference(scenario: Scenario) -> tuple[str, list[str], int]:
    """Status, rows and failed files, by the rules alone."""
    rows: list[str] = []
    failed = 0
    for index in range(len(scenario.outcomes)):
        names = scenario.names(index)
        tries = [scenario.outcome(index, 1 + n) for n in range(1 + scenario.max_retries)]
        outcome = next((one for one in tries if one not in CAUSES), "none")
        scored = {"ok": names, "fewer": names[:1], "none": []}[outcome]
        rows += scored
        failed += len(names) - len(scored)
    return "Failed" if 0 <= scenario.threshold < failed else "Completed", rows, failed


class HostDiedError(BaseException):
    """The host died, and what it kept in memory is gone."""


@dataclass
class Fate:
    """Delivers activities as the scenario says, and scores mini-batches as it says."""

    scenario: Scenario
    app: App
    accidents: Iterator[str] = field(init=False)
    failures: int = 0
    done: list[tuple[str, Any]] = field(default_factory=list)
    outcome: str = "ok"
    mark: str = ""

    def __post_init__(self) -> None:
        self.accidents = iter(self.scenario.accidents)
        self.app.pool.score_with = self.score
        self.chance = random.Random(self.scenario.seed)

    def score(self, request: ScoreRequest) -> ScoreResult:
        if self.outcome == "busy":
            raise ScorerError(FailureCause.BUSY, "no scorer was free")
        if self.outcome in CAUSES:
            raise ScorerError(CAUSES[self.outcome], self.outcome)
        names = [file.name for file in request.files]
        scored = {"ok": names, "fewer": names[:1], "none": []}[self.outcome]
        failures = tuple(FileFailure(name, "left out") for name in names[len(scored) :])
        rows = "".join(f"{name}{self.mark}\n" for name in scored).encode()
        return ScoreResult(rows, len(scored), None, failures, b"", 0.01)

    def deliver(self, name: str, work: Any) -> Any:
        accident = next(self.accidents, "fine")
        self.failures += accident.startswith("fails")
        if accident.startswith("fails") and self.failures > 6:
            accident = "fine"  # more of them may end a job, and by right
        if accident == "late":
            self.deliver_late()
        if accident == "dies before":
            raise HostDiedError
        if accident == "fails before":
            raise HandlerError("storage is down")
        answer = self.do(name, work, is_busy=accident == "busy")
        if accident == "twice":
            answer = self.do(name, work)
        if accident == "fails after":
            raise HandlerError("the answer was lost")
        if accident == "dies after":
            raise HostDiedError
        return answer

    def do(self, name: str, work: Any, *, is_busy: bool = False) -> Any:
        if name == "score_mini_batch":
            drawn = self.scenario.outcome(work["number"], work["attempt"])
            self.outcome, self.mark = "busy" if is_busy else drawn, ""
        answer = self.app.activities[name](work)
        if name != "score_mini_batch" or answer["outcome"] == "done":
            self.done.append((name, work))
        return answer

    def deliver_late(self) -> None:
        """Delivers something again that is over, and lets `run()` give something else."""
        if not self.done:
            return
        name, work = self.chance.choice(self.done)
        self.outcome = self.chance.choice(["ok", "fewer", "none", "raise"])
        self.mark = ",late"
        self.app.activities[name](work)


SEGMENT = 2


@pytest.fixture(scope="module", autouse=True)
def small_segments() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for module in SEGMENTED:
            patch.setattr(f"{module}.MINI_BATCHES_PER_SEGMENT", SEGMENT)
        yield


def run_to_the_end(app: App, fate: Fate) -> str:
    """Runs a job's orchestration, again after each death of its host."""
    revivals = iter(fate.scenario.revivals)
    work = app.client.started.pop()[2]
    handlers = {name: (lambda item, name=name: fate.deliver(name, item)) for name in app.activities}
    while True:
        try:
            return app.run_work(work, fate.scenario.seed, **handlers)
        except HostDiedError:
            job = app.services.jobs.repository.get("one").job
            if not job.status.is_final and next(revivals, False):
                job = app.services.running.recovery.renew(job) or job
            work = first_job_work(job, resume=True)


def check_completed(app: App, scenario: Scenario, rows: list[str], failed: int) -> None:
    written = app.get("out/predictions.csv").decode()
    assert written == "".join(f"{row}\n" for row in rows)
    manifest = json.loads(app.get("out/predictions.manifest.json"))
    scored = scenario.files - failed
    assert manifest["files"] == {"in": scenario.files, "scored": scored, "failed": failed}
    assert manifest["rows"] == len(rows)
    counted = [
        (item["number"], item["files"] - item["failed"]) for item in manifest["mini_batches"]
    ]
    count = len(scenario.outcomes)
    kept = [sum(row in scenario.names(index) for row in rows) for index in range(count)]
    assert counted == list(enumerate(kept))
    lines = app.get("out/predictions.failed.jsonl").decode().splitlines()
    assert len(lines) == failed
    shown = app.job("one")["counts"]
    assert shown["files"] == {"total": scenario.files, "scored": scored, "failed": failed}


@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(scenario=scenarios())
def test_a_job_ends_as_the_rules_say(
    tmp_path_factory: pytest.TempPathFactory, scenario: Scenario
) -> None:
    app = App(Path(tmp_path_factory.getbasetemp()) / "scratch")
    app.endpoint(
        mini_batch_size=scenario.sizes,
        error_threshold=scenario.threshold,
        retry_settings={"max_retries": scenario.max_retries},
    )
    for number in range(scenario.files):
        app.put(f"in/f{number:05d}", "x")
    uri = "azureml://datastores/workspaceblobstore/paths/in"
    app.invoke(uri, job="one", outputDataset={"path": "out"})
    fate = Fate(scenario, app)

    status, rows, failed = reference(scenario)
    note(f"expected: {status} {rows} {failed}")
    assert run_to_the_end(app, fate) == status
    for _ in range(3):
        fate.deliver_late()
    assert app.job("one")["status"] == status
    if status == "Completed":
        check_completed(app, scenario, rows, failed)
        return
    assert app.job("one")["error"]["code"] == "ErrorThresholdExceeded"
    assert app.blobs.info("workspaceblobstore", "out/predictions.csv") is None
    check_resumed(app, fate)


def check_resumed(app: App, fate: Fate) -> None:
    """A resumed job gives the result of an undisturbed one, once all is well again."""
    assert app.call("POST", "jobs/one/resume").status == 202
    fate.scenario.outcomes[:] = [[] for _ in fate.scenario.outcomes]
    fate.accidents = iter(fate.scenario.accidents)
    assert run_to_the_end(app, fate) == "Completed"
    scenario = fate.scenario
    check_completed(app, scenario, [f"f{number:05d}" for number in range(scenario.files)], 0)
