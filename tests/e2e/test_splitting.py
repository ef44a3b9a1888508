"""Large files in the running stack: cut, scored by several processes, and put together in order."""

import csv
import io
from typing import Any

import pytest

from tests.e2e.conftest import CODE
from tests.e2e.model import predict
from tests.e2e.service import ENDED, Service, wait_for

ROWS = 400_000
FILLER = 'so that the file has some size, and a line break\nwithin "quotes", ' + "x" * 24


def large_csv() -> bytes:
    """About 30 MB, of which each seventh record has a quoted line break."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["id", "x", "y", "note"])
    for number in range(ROWS):
        writer.writerow([number, number / 8, 1, FILLER if number % 7 == 0 else FILLER[:47]])
    return text.getvalue().encode()


@pytest.fixture(scope="module")
def large(service: Service) -> str:
    return service.put("large", {"big.csv": large_csv(), "small.csv": "id,x,y,note\n1,2,3,z\n"})


def completed(service: Service, name: str) -> dict[str, Any]:
    job = wait_for(lambda: service.job(name), lambda job: job["status"] in ENDED, seconds=180)
    assert job["status"] == "Completed", job
    return job


@pytest.mark.timeout(420)
def test_a_large_file_gives_the_rows_of_the_whole(service: Service, plane: str, large: str) -> None:
    split = completed(service, service.start(plane, large, max_file_split_size=4))
    lines = service.output(split).decode().splitlines()
    assert lines[0] == "file,row,prediction"
    assert len(lines) == ROWS + 2
    assert all(line.startswith(f"big.csv,{row},") for row, line in enumerate(lines[1:-1]))
    for row in range(0, ROWS, 997):
        assert float(lines[row + 1].split(",")[2]) == pytest.approx(predict(row / 8, 1))
    assert lines[-1].startswith("small.csv,0,")
    manifest = service.manifest(split)
    assert manifest["files"] == {"in": 2, "scored": 2, "failed": 0}
    pieces = [item for item in manifest["mini_batches"] if item.get("file") == "big.csv"]
    assert len(pieces) >= 7
    assert sum(item["rows"] for item in pieces) == ROWS

    whole = completed(service, service.start(plane, large, max_file_split_size=0))
    assert service.output(whole) == service.output(split)
    assert len(service.manifest(whole)["mini_batches"]) == 1


@pytest.mark.timeout(300)
def test_a_script_scores_pieces_in_several_processes(service: Service, large: str) -> None:
    (service.home / "nothing.txt").write_text("")
    file = service.home / "processes.yml"
    file.write_text(f"""\
name: processes
traffic: {{script: 100}}
deployments:
  - name: script
    model: {{name: nothing, version: 1, local_path: nothing.txt}}
    code_configuration: {{code: {{local_path: {CODE}}}, scoring_script: processes.py}}
    max_concurrency_per_instance: 2
    mini_batch_size: 1
""")
    service.cli("endpoint", "create", "--file", file).json()
    invoked = service.cli(
        *("endpoint", "invoke", "-n", "processes", "--input-path", f"{large}/big.csv"),
        *("--set", "max_file_split_size=2.5"),
    )
    rows = service.rows(completed(service, invoked.json()["name"]))
    assert [int(row["id"]) for row in rows] == list(range(ROWS))
    assert {row["name"] for row in rows} == {"big.csv"}
    assert len({row["process"] for row in rows}) == 2
