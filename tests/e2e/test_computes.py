"""Jobs on a compute with room for one: they run one after the other, and can be canceled."""

from collections.abc import Iterator

import pytest

from tests.e2e.conftest import CODE
from tests.e2e.service import Gated, Service, wait_for

ENDPOINT = """\
name: narrow
traffic: {{script: 100}}
deployments:
  - name: script
    model: {{local_path: nothing.txt}}
    code_configuration: {{code: {code}, scoring_script: gated.py}}
    environment_variables: {{GATE: "{gate}", FROM: "0"}}
    compute: {{target: azureml:one, instance_count: 1}}
    max_concurrency_per_instance: 1
    mini_batch_size: 1
"""


@pytest.fixture
def narrow(service: Service) -> Iterator[Gated]:
    gate = service.home / "narrow-gate"
    (service.home / "nothing.txt").write_text("")
    create = ["compute", "create", "--name", "one", "--type", "AmlCompute", "--max-instances", "1"]
    assert service.cli(*create).code == 0
    file = service.home / "narrow.yml"
    file.write_text(ENDPOINT.format(code=CODE, gate=gate))
    service.cli("endpoint", "create", "--file", file).json()
    yield Gated("narrow", gate)
    gate.touch()
    service.cli("endpoint", "delete", "--name", "narrow", "--yes", "--force")
    gate.unlink()


def test_two_jobs_run_one_after_the_other(service: Service, narrow: Gated) -> None:
    uri = service.put("narrow", {f"{number:03d}": "line\n" for number in range(3)})
    first = service.start(narrow.name, uri)
    wait_for(lambda: service.job(first), lambda job: job["status"] == "Running")
    second, third = service.start(narrow.name, uri), service.start(narrow.name, uri)
    for name in (second, third):
        wait_for(lambda name=name: service.job(name), lambda job: job["status"] == "Queued")
    assert service.cli("compute", "delete", "--name", "one", "--yes").code == 1
    assert service.cli("job", "cancel", "--name", third).code == 0
    assert service.ended(third)["status"] == "Canceled"
    narrow.gate.touch()
    jobs = [service.completed(name) for name in (first, second)]
    assert jobs[0]["timing"]["ended_at"] <= jobs[1]["timing"]["started_at"]
    assert [job["counts"]["rows"] for job in jobs] == [3, 3]


def test_cancel_kills_a_run_under_way_and_resume_finishes_the_job(
    service: Service, narrow: Gated
) -> None:
    uri = service.put("narrow", {f"{number:03d}": "line\n" for number in range(3)})
    name = service.start(narrow.name, uri)
    wait_for(lambda: service.job(name), lambda job: job["status"] == "Running")
    assert service.cli("job", "cancel", "--name", name).code == 0
    canceled = wait_for(
        lambda: service.job(name), lambda job: job["status"] == "Canceled", seconds=10
    )
    assert canceled["counts"]["files"]["scored"] == 0
    narrow.gate.touch()
    assert service.cli("job", "resume", "--name", name).code == 0
    assert service.completed(name)["counts"]["files"]["scored"] == 3
    too_much = service.invoke(narrow.name, uri, compute={"instanceCount": 2})
    assert (too_much.status_code, too_much.json()["error"]["code"]) == (422, "ComputeTooSmall")
