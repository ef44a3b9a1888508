"""Records histories of typical executions, which `test_replay.py` replays against today's code.

A change of an orchestrator that gives other actions for a recorded history breaks orchestrations
that are under way when it is deployed. Where that is meant, record anew:

    python -m tests.unit.orchestrators.recording
"""

import json
import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from orchestrators import score_job as job_module
from orchestrators.provision_deployment import provision_deployment
from orchestrators.score_chunk import score_chunk
from orchestrators.score_job import score_job
from tests.durable_sdk import Answer, Execution, Generation, Handler, HandlerError

FOLDER = Path(__file__).with_name("histories")
ORCHESTRATORS = {
    "provision_deployment": provision_deployment,
    "score_chunk": score_chunk,
    "score_job": score_job,
}
PROVISIONING = {"endpoint": "e", "deployment": "d", "revision": "r"}
BUILT = {"error": None, "retry": False}
AWAY = {"error": "the package index does not answer", "retry": True}
CHUNK = {"job": "j", "chunk": 1, "size": 4, "nonce": "n", "window": 2}
JOB = {"job": "j", "window": 4}
ADMITTED = {"is_admitted": True, "seconds": 0}
DONE = {"outcome": "done", "stop": None}
RETRY = {"outcome": "retry", "stop": None}
STOP = {"outcome": "done", "stop": "error_threshold"}


@dataclass
class Answers:
    """A handler that gives prepared answers to its first calls, and a usual one after them."""

    usual: Any
    first: list[Any] = field(default_factory=list)

    def __call__(self, _work: object) -> Any:
        answer = self.first.pop(0) if self.first else self.usual
        if isinstance(answer, Exception):
            raise answer
        return answer


@dataclass(frozen=True)
class Scenario:
    """A typical execution.

    Attributes:
        orchestrator: Which orchestrator runs.
        work: Its input.
        handlers: What answers activities and sub-orchestrations, where it is not the usual.
        constants: Values of the orchestrator's module that keep the history short.
        seed: Decides in which order what was started completes; None: in the order of starting.
    """

    orchestrator: str
    work: dict[str, Any]
    handlers: Mapping[str, Handler] = field(default_factory=dict)
    constants: Mapping[str, int] = field(default_factory=dict)
    seed: int | None = None

    def record(self) -> list[Generation]:
        """Runs it to its end."""
        order = None if self.seed is None else random.Random(self.seed)
        execution = Execution(
            ORCHESTRATORS[self.orchestrator], usual_handlers() | dict(self.handlers), order
        )
        with patched(self.constants):
            execution.run(self.work)
        return execution.recorded


def usual_handlers() -> dict[str, Handler]:
    """Answers of a small job in which nothing goes wrong."""
    return {
        "admit_job": Answers(ADMITTED),
        "prepare_job": Answers(None),
        "plan_page": page([25, 25, 3]),
        "score_chunk": Answers({"stop": None, "error": None}),
        "scan_pieces": Answers(None),
        "score_mini_batch": Answers(DONE),
        "collect_chunk": Answers(None),
        "open_chunk": Answers([1, 3]),
        "finish_job": Answers("Completed"),
        "build_environment": Answers(BUILT),
        "finish_provisioning": Answers("Succeeded"),
    }


def page(*pages: list[int], split: tuple[int, ...] = ()) -> Handler:
    """Answers `plan_page` with pages of chunks of these sizes, of which some have pieces."""

    def plan(work: dict[str, Any]) -> dict[str, Any]:
        number = work["page"]
        return {
            "error": None,
            "page": number,
            "first_chunk": sum(len(sizes) for sizes in pages[:number]),
            "sizes": pages[number],
            "nonce": "n",
            "more": number + 1 < len(pages),
            "split": split,
        }

    return plan


def scenarios() -> dict[str, Scenario]:
    """All executions that are recorded, by the names of their files."""
    wait = {"is_admitted": False, "seconds": 5}
    refusal = {"code": "OutputExists", "message": "it is there"}
    return {
        "chunk-happy": Scenario("score_chunk", CHUNK, seed=1),
        "chunk-retries": Scenario(
            "score_chunk", CHUNK, {"score_mini_batch": Answers(DONE, [RETRY, DONE, RETRY])}
        ),
        "chunk-storage-fails-for-a-while": Scenario(
            "score_chunk", CHUNK, {"score_mini_batch": Answers(DONE, [DONE, HandlerError("503")])}
        ),
        "chunk-stops": Scenario(
            "score_chunk", CHUNK, {"score_mini_batch": Answers(DONE, [RETRY, STOP])}
        ),
        "chunk-split": Scenario("score_chunk", {**CHUNK, "split": True}),
        "chunk-resumed": Scenario("score_chunk", {**CHUNK, "run": 2, "resume": True}),
        "job-happy": Scenario("score_job", JOB, {"plan_page": page([25, 25], [25, 3])}, seed=2),
        "job-splits-files": Scenario("score_job", JOB, {"plan_page": page([25, 3], split=(1,))}),
        "job-waits": Scenario("score_job", JOB, {"admit_job": Answers(ADMITTED, [wait])}),
        "job-refused": Scenario("score_job", JOB, {"prepare_job": Answers(refusal)}),
        "job-stops": Scenario(
            "score_job", JOB, {"score_chunk": Answers({"stop": "canceled", "error": None})}
        ),
        "job-chunk-fails": Scenario(
            "score_job", JOB, {"score_chunk": Answers(None, [HandlerError("gone")])}
        ),
        "job-continues-as-new": Scenario(
            "score_job",
            JOB,
            {"plan_page": page([25, 25, 25], [25, 25])},
            {"CHUNKS_PER_GENERATION": 2},
        ),
        "job-resumed": Scenario("score_job", {**JOB, "run": 2, "resume": True}),
        "provisioning-happy": Scenario("provision_deployment", PROVISIONING),
        "provisioning-waits": Scenario(
            "provision_deployment", PROVISIONING, {"build_environment": Answers(AWAY)}
        ),
    }


@contextmanager
def patched(constants: Mapping[str, int]) -> Iterator[None]:
    """Gives constants of `score_job`'s module other values for a while."""
    before = {name: getattr(job_module, name) for name in constants}
    vars(job_module).update(constants)
    try:
        yield
    finally:
        vars(job_module).update(before)


def write(path: Path, scenario: Scenario, generations: Iterable[Generation]) -> None:
    """Writes a recording, one event a line, so that changes can be read."""
    about = {"orchestrator": scenario.orchestrator, "constants": dict(scenario.constants)}
    parts = [json.dumps(about).removesuffix("}") + ', "generations": [']
    for number, generation in enumerate(generations):
        answers = [asdict(answer) for answer in generation.answers]
        parts += [
            f'{"," if number else ""}{{"work": {json.dumps(generation.work)},',
            f'"history": [\n{_lines(generation.history)}\n],',
            f'"answers": [\n{_lines(answers)}\n]}}',
        ]
    path.write_text("\n".join([*parts, "]}"]) + "\n")


def _lines(items: Iterable[Any]) -> str:
    return ",\n".join(json.dumps(item) for item in items)


def read(path: Path) -> tuple[Callable[[Any], Any], Mapping[str, int], list[Generation]]:
    """Reads what `write` wrote: the orchestrator, its constants and the generations."""
    document = json.loads(path.read_text())
    generations = [
        Generation(item["work"], item["history"], [Answer(**one) for one in item["answers"]])
        for item in document["generations"]
    ]
    return ORCHESTRATORS[document["orchestrator"]], document["constants"], generations


def main() -> None:
    """Records all scenarios anew."""
    FOLDER.mkdir(exist_ok=True)
    for path in FOLDER.glob("*.json"):
        path.unlink()
    for name, scenario in scenarios().items():
        write(FOLDER / f"{name}.json", scenario, scenario.record())


if __name__ == "__main__":
    main()
