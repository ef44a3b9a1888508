"""Files that land are scored by themselves, each version exactly once."""

import csv
import io
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.e2e.model import AFTER_A_KILL, plane_model
from tests.e2e.service import Document, Service, wait_for

INBOX = "inbox"
ARRIVALS = """\
name: arrivals
traffic: {{linear: 100}}
deployments:
  - name: linear
    model: {{name: plane, version: 1, local_path: {model}}}
    mini_batch_size: 100
"""


@pytest.fixture(scope="module")
def arrivals(service: Service) -> str:
    file = service.home / "arrivals.yml"
    file.write_text(ARRIVALS.format(model=plane_model()))
    service.cli("endpoint", "create", "--file", file).json()
    if not service.storage.get_container_client(INBOX).exists():
        service.storage.create_container(INBOX)
    return "arrivals"


def land(service: Service, files: dict[str, str]) -> None:
    """Uploads files, many at once."""
    client = service.storage.get_container_client(INBOX)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda item: client.upload_blob(*item, overwrite=True), files.items()))


def jobs(service: Service, folder: str) -> list[Document]:
    """The jobs whose input is that folder of the inbox."""
    found = service.http.get("/endpoints/arrivals/jobs").json()["value"]
    uri = f"azureml://datastores/inbox/paths/{folder}"
    return [service.job(job["name"]) for job in found if job["input"]["uri"] == uri]


def scored(service: Service, folder: str) -> Counter[tuple[str, str]]:
    """Reads the output of all completed jobs on a folder: file and prediction."""
    rows = [
        row
        for job in jobs(service, folder)
        if job["status"] == "Completed"
        for row in csv.DictReader(io.StringIO(service.output(job).decode()))
    ]
    return Counter((row["file"], f"{float(row['prediction']):.0f}") for row in rows)


@pytest.mark.timeout(400 + AFTER_A_KILL)
def test_a_burst_with_a_host_that_dies_in_between(service: Service, arrivals: str) -> None:
    first = {f"{arrivals}/{n:04d}.csv": f"x,y\n{n},0\n" for n in range(1000)}
    again = {f"{arrivals}/{n:04d}.csv": f"x,y\n{n},1\n" for n in range(0, 1000, 200)}

    with ThreadPoolExecutor(1) as uploading:
        landed = uploading.submit(land, service, first)
        wait_for(lambda: begun(service, arrivals), bool)
        service.stack.kill_host()
        landed.result()
    service.stack.restart_host()
    wait_for(lambda: len(scored(service, arrivals)), lambda count: count >= 1000, AFTER_A_KILL)
    land(service, again)

    result = wait_for(lambda: scored(service, arrivals), lambda seen: seen.total() >= 1005, 100)
    assert set(result.values()) == {1}
    assert len(result) == 1005
    assert {file for file, _ in result} == {f"{n:04d}.csv" for n in range(1000)}


def begun(service: Service, endpoint: str) -> bool:
    """True if the inbox knows of some files."""
    inbox = service.http.get(f"/endpoints/{endpoint}/inbox").json()
    return bool(inbox["waiting_files"] or inbox["jobs"] or jobs(service, endpoint))


def test_a_folder_is_scored_when_its_marker_lands(service: Service, arrivals: str) -> None:
    land(service, {f"{arrivals}/night/{n}.csv": f"x,y\n{n},0\n" for n in range(5)})
    land(service, {f"{arrivals}/night/_SUCCESS": ""})

    folder = f"{arrivals}/night"
    result = wait_for(lambda: scored(service, folder), lambda seen: seen.total() >= 5)

    (job,) = jobs(service, folder)
    assert job["counts"]["files"] == {"total": 5, "scored": 5, "failed": 0}
    assert {file for file, _ in result} == {f"{n}.csv" for n in range(5)}
