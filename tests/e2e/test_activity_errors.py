"""An error of storage once in each kind of activity, one at a time: the job is right each time."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from chaos.deployments import deploy, settings
from chaos.judge import Outcome, outcome_of
from chaos.kinds import FILES, KINDS, MINI_BATCH_SIZE
from chaos.service import CONTAINER, ENDPOINT, Service
from devhost.stack import LocalStack
from tests.e2e.activity_faults import FOLDER_SETTING, ActivityFault, When, make_app
from tests.e2e.model import HOST, REPOSITORY
from tests.e2e.service import wait_for

SECONDS = 400
HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
FRAME = next(kind for kind in KINDS if kind.name == "frame")
LAST = FILES // MINI_BATCH_SIZE - 1
PLACES = {"first": 0, "middle": LAST // 2, "last": LAST}
# Each is called once for a job, but for the mini-batches; a split file also calls for pieces.
CALLS = {
    "frame": {
        "admit_job": {"first": 0},
        "prepare_job": {"first": 0},
        "next_chunk": PLACES,
        "score_mini_batch": PLACES,
        "finish_job": {"first": 0},
    },
    "pieces": {
        "prepare_job": {"first": 0},
        "scan_pieces": {"first": 0, "middle": 3, "last": 7},
        "open_page": {"first": 0},
        "score_mini_batch": {"middle": 5},
    },
}
CASES = {
    f"{kind}-{activity}-{place}-{when}".replace("_", "-"): (kind, activity, number, when)
    for kind, activities in CALLS.items()
    for activity, places in activities.items()
    for place, number in places.items()
    for when in When
}
PROPERTIES: dict[str, dict[str, object]] = {
    "frame": {},
    "pieces": {"max_file_split_size": 0.125},
}
pytestmark = pytest.mark.timeout(600)


class Jobs:
    """All jobs at once, on an app of which each job has one activity that fails."""

    def __init__(self, stack: LocalStack, folder: Path, faults: Path) -> None:
        self.faults = faults
        self._service = Service(stack)
        deploy(self._service, folder, folder / "traps", {"script"})
        self._service.put("in/frame", FRAME.files())
        self._service.put("in/pieces", {"f-numbers.jsonl": "12345\n" * 200_000})
        for kind in CALLS:
            self._start(f"calm-{kind}", kind)
        self.right = {kind: self.outcome(f"calm-{kind}") for kind in CALLS}
        for name, (kind, activity, number, when) in CASES.items():
            ActivityFault(name, activity, number, when).lay(faults)
            self._start(name, kind)

    def close(self) -> None:
        self._service.close()

    def outcome(self, name: str) -> Outcome:
        return outcome_of(self._service, self._service.ended(name, SECONDS))

    def provision(self, names: list[str]) -> dict[str, str]:
        """Creates deployments that each need an environment; gives the states they come to."""
        packages = f"dependencies: [python={HERE}, pip, {{pip: [cowsay]}}]\n"
        uri = self._service.put("environment", {"score.py": "", "m": ""})
        deployments = [
            {
                "name": name,
                "model": {"path": f"{uri}/m"},
                "code_configuration": {"code": uri, "scoring_script": "score.py"},
                "environment": {"conda_file": packages},
            }
            for name in names
        ]
        body = {"name": "provisioned", "deployments": deployments}
        answer = self._service.ask("POST", "endpoints", body)
        assert answer.status_code in (201, 202), answer.text
        return wait_for(
            lambda: self._service.states("provisioned"),
            lambda states: not {"Creating", "Updating"} & set(states.values()),
            seconds=SECONDS,
        )

    def _start(self, name: str, kind: str) -> None:
        uri = f"azureml://datastores/{CONTAINER}/paths/in/{kind}"
        dataset = {"dataInputType": "DataUrl", "path": uri}
        body = {"name": name, "properties": {"dataset": dataset, **PROPERTIES[kind]}}
        headers = {"azureml-model-deployment": "script"}
        answer = self._service.ask("POST", f"endpoints/{ENDPOINT}/jobs", body, headers)
        assert answer.status_code == 201, answer.text


@pytest.fixture(scope="module")
def jobs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jobs]:
    emulator = (REPOSITORY / "node_modules" / "azurite").is_dir()
    if not (shutil.which("node") and emulator) and "CI" not in os.environ:
        pytest.skip("Node.js and Azurite are not installed")
    folder = tmp_path_factory.mktemp("activity-errors")
    faults = folder / "faults"
    for made in (faults, folder / "traps"):
        made.mkdir()
    given = {**settings(folder), FOLDER_SETTING: str(faults)}
    # Nothing but the orchestrations themselves may mend what goes wrong.
    given["BATCHPOINT_WATCHDOG_GRACE_SECONDS"] = str(SECONDS)
    root = make_app(folder, REPOSITORY)
    with LocalStack(root, folder / "stack", settings=given, kind=HOST) as stack:
        made_jobs = Jobs(stack, folder, faults)
        yield made_jobs
        made_jobs.close()


@pytest.mark.parametrize("name", CASES)
def test_a_job_is_right_though_an_activity_fails(jobs: Jobs, name: str) -> None:
    kind, activity, number, when = CASES[name]
    assert jobs.outcome(name).differences(jobs.right[kind]) == []
    assert jobs.right[kind].counts["mini_batches"], "the undisturbed job scored nothing"
    assert ActivityFault(name, activity, number, when).has_struck(jobs.faults)


PROVISIONING = {
    f"{activity.partition('_')[0]}-{when}": (activity, when)
    for activity in ("build_environment", "finish_provisioning")
    for when in When
}


def test_deployments_can_score_though_an_activity_fails(jobs: Jobs) -> None:
    faults = [ActivityFault(of, name, 0, when) for of, (name, when) in PROVISIONING.items()]
    for fault in faults:
        fault.lay(jobs.faults)
    assert jobs.provision([fault.of for fault in faults]) == dict.fromkeys(
        PROVISIONING, "Succeeded"
    )
    assert [fault.of for fault in faults if not fault.has_struck(jobs.faults)] == []
