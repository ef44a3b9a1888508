"""Records histories of typical executions, which `test_replay.py` replays against today's code.

A change of an orchestrator that gives other actions for a recorded history breaks orchestrations
that are under way when it is deployed. Where that is meant, record again:

    python -m tests.unit.orchestrators.recording
"""

import json
import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

from orchestrators import plan_job as plan_module
from orchestrators import score_job as job_module
from orchestrators import score_lane as lane_module
from orchestrators.plan_job import plan_job
from orchestrators.provision_deployment import provision_deployment
from orchestrators.score_job import score_job
from orchestrators.score_lane import score_lane
from orchestrators.score_lanes import score_lanes
from tests.durable_sdk import Answer, Execution, Generation, Handler, HandlerError

FOLDER = Path(__file__).with_name("histories")
ORCHESTRATORS = {
    "provision_deployment": provision_deployment,
    "score_job": score_job,
    "plan_job": plan_job,
    "score_lanes": score_lanes,
    "score_lane": score_lane,
}
MODULES = (job_module, plan_module, lane_module)
PROVISIONING = {"endpoint": "e", "deployment": "d", "revision": "r"}
BUILT = {"error": None, "retry": False}
AWAY = {"error": "the package index does not answer", "retry": True}
RUN = {"job": "j", "run": 1, "identity": "id"}
JOB = {**RUN, "lanes": 4}
LANE = {**RUN, "epoch": "e", "lanes": 4, "resume": False, "lane": 2}
LANES = {**RUN, "epoch": "e", "lanes": 40, "resume": False, "first": 16, "count": 3}
PAGE = {**RUN, "page": 1}
ADMITTED = {"is_admitted": True, "seconds": 0}
PREPARED = {"lanes": 2, "page": None, "error": None}
DONE = {"outcome": "done", "stop": None, "seconds": 0.5}
RETRY = {"outcome": "retry", "stop": None, "seconds": 0.0}
BUSY = {"outcome": "busy", "stop": None, "seconds": 0.0}
STOP = {"outcome": "done", "stop": "error_threshold", "seconds": 0.0}
WAIT = {"kind": "wait", "wait": 1.0}
END = {"kind": "end"}


def chunk(turn: int, first: int, size: int = 4, **more: Any) -> dict[str, Any]:
    """An answer of `next_chunk`."""
    return {
        "kind": "score",
        "first": first,
        "size": size,
        "ordinal": turn,
        "turn": turn,
        "receipt": f"etag{turn}",
        "plan": "000000-n",
        "width": 1,
        **more,
    }


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
        "prepare_job": Answers(PREPARED),
        "plan_job": Answers(None),
        "plan_page": Answers({"more": False, "pieces": 0}),
        "scan_pieces": Answers(None),
        "open_page": Answers(None),
        "score_lanes": Answers(None),
        "score_lane": Answers(None),
        "next_chunk": Answers(END, [chunk(0, 0), chunk(1, 9)]),
        "score_mini_batch": Answers(DONE),
        "stop_job": Answers(None),
        "finish_job": Answers("Completed"),
        "build_environment": Answers(BUILT),
        "finish_provisioning": Answers("Succeeded"),
    }


def scenarios() -> dict[str, Scenario]:
    """All executions that are recorded, by the names of their files."""
    wait = {"is_admitted": False, "seconds": 5}
    refusal = {"lanes": 0, "error": {"code": "OutputExists", "message": "it is there"}}
    failure = {"code": "ExecutionFailed", "message": "gone"}
    down = HandlerError("503")
    return {
        "job-happy": Scenario("score_job", JOB, seed=2),
        "job-plans-on": Scenario(
            "score_job", JOB, {"prepare_job": Answers({**PREPARED, "page": 1})}
        ),
        "job-in-groups": Scenario(
            "score_job", {**JOB, "lanes": 40}, {"prepare_job": Answers({**PREPARED, "lanes": 40})}
        ),
        "job-waits": Scenario("score_job", JOB, {"admit_job": Answers(ADMITTED, [wait])}),
        "job-refused": Scenario("score_job", JOB, {"prepare_job": Answers(refusal)}),
        "job-with-nothing-to-score": Scenario(
            "score_job", JOB, {"prepare_job": Answers({**PREPARED, "lanes": 0})}
        ),
        "job-lane-gives-up": Scenario("score_job", JOB, {"score_lane": Answers(None, [failure])}),
        "job-lane-dies": Scenario("score_job", JOB, {"score_lane": Answers(None, [down])}),
        "job-resumed": Scenario("score_job", {**JOB, "run": 2, "resume": True}),
        "job-storage-fails-for-a-while": Scenario(
            "score_job", JOB, {"prepare_job": Answers(PREPARED, [down, down])}
        ),
        "lanes": Scenario("score_lanes", LANES, seed=3),
        "lane-happy": Scenario("score_lane", LANE),
        "lane-wide": Scenario(
            "score_lane", LANE, {"next_chunk": Answers(END, [chunk(0, 0, 6, width=4)])}, seed=1
        ),
        "lane-waits": Scenario("score_lane", LANE, {"next_chunk": Answers(END, [WAIT])}),
        "lane-retries": Scenario(
            "score_lane", LANE, {"score_mini_batch": Answers(DONE, [RETRY, DONE, BUSY])}
        ),
        "lane-storage-fails-for-a-while": Scenario(
            "score_lane", LANE, {"score_mini_batch": Answers(DONE, [DONE, down])}
        ),
        "lane-stops": Scenario("score_lane", LANE, {"score_mini_batch": Answers(DONE, [STOP])}),
        "lane-gives-up": Scenario("score_lane", LANE, {"next_chunk": Answers(END, [down] * 8)}),
        "lane-resumed": Scenario(
            "score_lane",
            {**LANE, "resume": True},
            {"next_chunk": Answers(END, [chunk(0, 0, todo=[1, 3]), chunk(1, 9, todo=[])])},
        ),
        "lane-continues-as-new": Scenario(
            "score_lane", LANE, constants={"ACTIVITIES_PER_GENERATION": 4}
        ),
        "plan-happy": Scenario(
            "plan_job", PAGE, {"plan_page": Answers({"more": False}, [{"more": True}])}
        ),
        "plan-splits-files": Scenario(
            "plan_job", PAGE, {"plan_page": Answers({"more": False, "pieces": 3})}, seed=4
        ),
        "plan-gives-up": Scenario("plan_job", PAGE, {"plan_page": Answers(None, [down] * 8)}),
        "plan-continues-as-new": Scenario(
            "plan_job",
            PAGE,
            {"plan_page": Answers({"more": False}, [{"more": True}] * 3)},
            {"PAGES_PER_GENERATION": 2},
        ),
        "provisioning-happy": Scenario("provision_deployment", PROVISIONING),
        "provisioning-waits": Scenario(
            "provision_deployment", PROVISIONING, {"build_environment": Answers(AWAY)}
        ),
    }


@contextmanager
def patched(constants: Mapping[str, int]) -> Iterator[None]:
    """Gives constants of the orchestrators' modules other values for a while."""
    with ExitStack() as stack:
        for name, value in constants.items():
            for module in MODULES:
                if hasattr(module, name):
                    stack.enter_context(patch.object(module, name, value))
        yield


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
    """Records all scenarios again."""
    FOLDER.mkdir(exist_ok=True)
    for path in FOLDER.glob("*.json"):
        path.unlink()
    for name, scenario in scenarios().items():
        write(FOLDER / f"{name}.json", scenario, scenario.record())


if __name__ == "__main__":
    main()
