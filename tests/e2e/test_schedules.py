"""Schedules on the running stack: one that really comes, and the commands of docs/schedules.md."""

import re
import shlex
from collections.abc import Iterator

import pytest

from tests.e2e.model import REPOSITORY
from tests.e2e.service import Service, points_csv, wait_for

DOC = (REPOSITORY / "docs/schedules.md").read_text("utf-8")
ENDPOINT = "mybatchedp"
INCOMING = {"a.csv": points_csv([(1, 2)]), "b.csv": points_csv([(3, 4)])}


@pytest.fixture
def endpoint(service: Service, plane: str) -> Iterator[str]:
    """The endpoint that the page names, which scores as `plane` does."""
    shown = service.cli("endpoint", "show", "--name", plane).json()
    deployment = {key: shown["deployments"][0][key] for key in ("name", "model")}
    document = {"name": ENDPOINT, "traffic": {"linear": 100}, "deployments": [deployment]}
    assert service.http.post("/endpoints", json=document).status_code == 201
    service.put("incoming", INCOMING)
    yield ENDPOINT
    service.cli("endpoint", "delete", "--name", ENDPOINT, "--yes", "--force")


def test_the_commands_of_the_page(service: Service, endpoint: str) -> None:
    (file,) = re.findall(r"^```yaml\n(.*?)^```$", DOC, re.MULTILINE | re.DOTALL)
    (service.home / "weekly.yml").write_text(file)
    (block,) = re.findall(r"^```bash\n(.*?)^```$", DOC, re.MULTILINE | re.DOTALL)
    told = []
    for line in block.replace("\\\n", "").splitlines():
        program, *arguments = shlex.split(line)
        assert program == "batchpoint"
        told.append(service.cli(*arguments))
        assert told[-1].code == 0, told[-1].err
    assert told[0].json()["trigger"]["time_zone"] == "Europe/Berlin"
    assert told[2].out.startswith("nightly\t20")
    assert told[3].json()["is_paused"]
    weekly = service.cli("schedule", "show", "-e", endpoint, "-n", "weekly").json()
    assert weekly["trigger"]["time_zone"] == "Europe/Berlin"
    assert weekly["next_due"]


@pytest.mark.timeout(400)
def test_a_schedule_comes_once_and_tells_of_it(service: Service, endpoint: str) -> None:
    def jobs() -> set[str]:
        return {
            job["name"] for job in service.http.get(f"/endpoints/{endpoint}/jobs").json()["value"]
        }

    # An earlier endpoint of that name may have left some.
    others = jobs()
    made = service.cli(
        "schedule", "create", "-e", endpoint, "-n", "minutely", "--cron", "* * * * *",
        "--input-path", "azureml://datastores/workspaceblobstore/paths/incoming",
        "--output-path", "out/${{creation_context.trigger_time}}",
    ).json()  # fmt: skip
    due_at = made["next_due"]

    def show() -> dict[str, object]:
        return service.cli("schedule", "show", "-e", endpoint, "-n", "minutely").json()

    seen = wait_for(show, lambda shown: bool(shown["last_job"]), seconds=100)
    assert service.cli("schedule", "pause", "-e", endpoint, "-n", "minutely").code == 0
    run = seen["runs"][-1]
    assert (run["due_at"], run["outcome"]) == (due_at, "Started")
    job = service.completed(run["job"])
    place = re.sub(r"[-:]|\+.*", "", due_at) + "Z"
    assert job["output"]["path"] == f"out/{place}"
    assert len(service.rows(job)) == 2
    assert job["created_by"] == made["created_by"]

    # A time that came just before the pause is settled yet.
    def started() -> bool:
        runs = [run for run in show()["runs"] if run["outcome"] == "Started"]
        return jobs() - others == {run["job"] for run in runs}

    wait_for(started, bool, seconds=100)
