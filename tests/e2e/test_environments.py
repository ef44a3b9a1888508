"""Deployments whose packages contradict each other, built and scored side by side on one host."""

import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from scoring.environments.interpreters import installed_pythons
from tests.e2e.conftest import CODE
from tests.e2e.service import ENDED, Document, Service, points_csv, wait_for

pytestmark = pytest.mark.timeout(400)

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
NEWEST = version("scikit-learn")
# The oldest scikit-learn with a wheel for each Python, and a numpy that it was made for.
OLDEST = {
    "3.9": ("1.0.2", "1.21.6"),
    "3.11": ("1.1.3", "1.23.5"),
    "3.12": ("1.3.2", "1.26.4"),
    "3.13": ("1.5.2", "2.1.3"),
}
CONDA = """\
name: old
channels: [conda-forge]
dependencies:
  - python={python}
  - pip
  - scikit-learn={sklearn}
  - numpy=={numpy}
  - pip: ["pandas<3"]
"""
ENDPOINT = """\
name: versions
traffic: {{new: 100}}
deployments:
  - name: old
    model: {{local_path: weights.txt}}
    code_configuration: {{code: {code}, scoring_script: versions.py}}
    environment: {{name: old, version: 1, conda_file: old.yml}}
    environment_variables: {{MEETING: "{meeting}", GUESTS: "2"}}
    retry_settings: {{max_retries: 0, timeout: 90}}
  - name: new
    model: {{local_path: weights.txt}}
    code_configuration: {{code: {code}, scoring_script: versions.py}}
    environment:
      conda_file: {{dependencies: [python={here}, scikit-learn={newest}, pandas]}}
    environment_variables: {{MEETING: "{meeting}", GUESTS: "2"}}
    retry_settings: {{max_retries: 0, timeout: 90}}
"""
MLMODEL = """\
flavors:
  python_function:
    code: code
    env: {conda: conda.yaml, virtualenv: python_env.yaml}
    loader_module: versions_model
mlflow_version: 2.22.0
model_uuid: 5d6f3c2e8d7b4c8f9f0a1b2c3d4e5f60
utc_time_created: '2025-01-01 00:00:00.000000'
"""
LOADER = """\
import mlflow
import sklearn


class Model:
    def predict(self, table):
        return [f"{sklearn.__version__} {mlflow.__version__}"] * len(table)


def _load_pyfunc(path):
    return Model()
"""
FILES = {f"f{number}.txt": "x" * number for number in range(3)}


def file_of(service: Service, name: str, text: str) -> Path:
    path = service.home / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def completed(service: Service, name: str) -> Document:
    """Waits for a job whose scorers import new packages for the first time, which takes a while."""
    job = wait_for(lambda: service.job(name), lambda job: job["status"] in ENDED, seconds=150)
    assert job["status"] == "Completed", job
    return job


def endpoint_text(service: Service) -> str:
    # Beside the folder of all deployments, where scorers make no new entries if they are confined.
    meeting = service.home / "meeting"
    meeting.mkdir(exist_ok=True)
    return ENDPOINT.format(code=CODE, here=HERE, newest=NEWEST, meeting=meeting)


def start(service: Service, deployment: str) -> str:
    headers = {"azureml-model-deployment": deployment}
    answer = service.invoke("versions", service.put("sizes", FILES), headers=headers)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["name"])


def test_an_old_and_the_newest_version_score_side_by_side(service: Service):
    sklearn, numpy = OLDEST[HERE]
    file_of(service, "weights.txt", "")
    file_of(service, "old.yml", CONDA.format(python=HERE, sklearn=sklearn, numpy=numpy))
    text = endpoint_text(service)
    told = service.cli("endpoint", "create", "--file", file_of(service, "versions.yml", text))

    made = told.json()
    assert {item["name"]: item["provisioning_state"] for item in made["deployments"]} == {
        "old": "Succeeded",
        "new": "Succeeded",
    }
    assert "Building the environment of the deployment 'old'" in told.err
    assert f"+ scikit-learn=={sklearn}" in told.err
    assert "deployment 'new'" not in told.err

    jobs = [completed(service, name) for name in [start(service, "old"), start(service, "new")]]

    old, new = map(service.rows, jobs)
    assert {(row["sklearn"], row["python"].rpartition(".")[0]) for row in old} == {(sklearn, HERE)}
    assert {row["sklearn"] for row in new} == {NEWEST}
    predictions = [(f"f{number}.txt", 2.0 * number + 1) for number in range(3)]
    for rows in (old, new):
        assert [(row["file"], float(row["prediction"])) for row in rows] == predictions


def test_a_build_can_be_looked_at_afterwards(service: Service):
    names = ("--endpoint-name", "versions", "--name", "old")
    told = service.cli("deployment", "build-log", *names)
    assert (told.code, f"+ scikit-learn=={OLDEST[HERE][0]}" in told.out) == (0, True)
    assert service.cli("deployment", "build-log", *names, "--lines", "1").out.endswith("ready\n")
    blobs = service.storage.get_container_client("batchpoint").list_blob_names()
    assert [name for name in blobs if name.startswith("environments/")]


def test_another_python_than_the_apps(service: Service):
    if "3.9" not in {python.minor for python in installed_pythons()}:
        pytest.skip("there is no Python 3.9 on this machine")
    sklearn, numpy = OLDEST["3.9"]
    conda = file_of(service, "old39.yml", CONDA.format(python="3.9", sklearn=sklearn, numpy=numpy))
    names = ("--endpoint-name", "versions", "--name", "old")
    change = file_of(service, "change.yml", f"environment: {{conda_file: {conda.name}}}")
    made = service.cli("deployment", "update", *names, "--file", change).json()
    assert made["provisioning_state"] == "Succeeded"

    rows = service.rows(completed(service, start(service, "old")))
    assert {(row["sklearn"], row["python"][:3]) for row in rows} == {(sklearn, "3.9")}


def test_an_mlflow_models_own_requirements_count(service: Service):
    sklearn, numpy = OLDEST[HERE]
    folder = service.home / "versions_model"
    file_of(service, "versions_model/MLmodel", MLMODEL)
    file_of(service, "versions_model/code/versions_model.py", LOADER)
    conda = CONDA.format(python=HERE, sklearn=sklearn, numpy=numpy)
    file_of(
        service,
        "versions_model/conda.yaml",
        conda.replace('["pandas<3"]', '["pandas<3", "mlflow==2.22.0"]'),
    )
    deployments = f"deployments: [{{name: m, model: {{path: {folder}}}}}]"
    text = f"name: ownneeds\ntraffic: {{m: 100}}\n{deployments}\n"
    made = service.cli("endpoint", "create", "--file", file_of(service, "own.yml", text)).json()
    assert made["provisioning_state"] == "Succeeded"

    uri = service.put("points", {"a.csv": points_csv([(1, 2), (3, 4)])})
    job = completed(service, service.start("ownneeds", uri))

    assert [row["prediction"] for row in service.rows(job)] == [f"{sklearn} 2.22.0"] * 2


def test_what_cannot_be_built_fails_with_the_reason(service: Service):
    file_of(service, "weights.txt", "")
    text = endpoint_text(service).replace("name: versions", "name: unbuildable")
    file_of(service, "old.yml", "dependencies: [cudatoolkit=11.0]")
    told = service.cli("endpoint", "create", "--file", file_of(service, "unbuildable.yml", text))

    assert told.code == 1
    assert (
        "ERROR: the deployment 'old' of 'unbuildable' has failed: the conda package 'cudatoolkit'"
        in told.err
    )
    answer = service.invoke(
        "unbuildable", service.put("sizes", FILES), headers={"azureml-model-deployment": "old"}
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "DeploymentFailed")
    assert "cudatoolkit" in answer.json()["error"]["message"]
