"""From input files to the committed output, over every way in."""

import gzip
import io
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from azure.storage.blob import PublicAccess

from tests.e2e.model import predict
from tests.e2e.service import Service, points_csv

POINTS = [(0.0, 1.0), (2.5, -3.0), (10.0, 0.25)]
HEIGHTS = [predict(x, y) for x, y in POINTS]


def parquet() -> bytes:
    buffer = io.BytesIO()
    pd.DataFrame(POINTS, columns=["x", "y"]).to_parquet(buffer)
    return buffer.getvalue()


def json_lines() -> str:
    return "".join(json.dumps({"x": x, "y": y}) + "\n" for x, y in POINTS)


def heights(service: Service, job: dict[str, Any]) -> dict[str, list[float]]:
    """The predictions of each file, in the order of the output."""
    found: dict[str, list[float]] = {}
    for row in service.rows(job):
        assert int(row["row"]) == len(found.setdefault(row["file"], []))
        found[row["file"]].append(float(row["prediction"]))
    return found


def test_from_local_files_to_the_download(service: Service, plane: str, tmp_path: Path) -> None:
    data = tmp_path / "data"
    for number in range(9):
        file = data / f"part{number % 2}" / f"{number}.csv"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(points_csv([(number, 0), (number, 1)]))

    job = service.cli("endpoint", "invoke", "-n", plane, "--input-local-path", data).json()["name"]
    streamed = service.cli("job", "stream", "--name", job)
    service.cli("job", "download", "-n", job, "-p", tmp_path / "results", "--all").json()

    assert streamed.code == 0, streamed.err
    assert "Completed: 9 files scored, 0 failed, 18 rows" in streamed.out
    lines = (tmp_path / "results" / "predictions.csv").read_text().splitlines()
    assert lines[0] == "file,row,prediction"
    assert lines.count(lines[0]) == 1
    names = [f"part{number % 2}/{number}.csv" for number in [0, 2, 4, 6, 8, 1, 3, 5, 7]]
    assert [line.split(",")[:2] for line in lines[1:]] == [
        [name, row] for name in names for row in "01"
    ]
    values = [float(line.split(",")[2]) for line in lines[1:]]
    expected = [predict(int(name[6]), y) for name in names for y in (0, 1)]
    assert values == pytest.approx(expected)
    manifest = json.loads((tmp_path / "results" / "predictions.manifest.json").read_text())
    assert manifest["files"] == {"in": 9, "scored": 9, "failed": 0}
    assert sum(item["rows"] for item in manifest["mini_batches"]) == manifest["rows"] == 18
    assert (tmp_path / "results" / "predictions.failed.jsonl").read_text() == ""


def test_every_format_and_files_that_do_not_fit(service: Service, plane: str) -> None:
    good = {
        "a.csv": points_csv(POINTS),
        "c.parquet": parquet(),
        "e.jsonl": json_lines(),
        "f.csv.gz": gzip.compress(points_csv(POINTS).encode()),
        "h.jsonl.gz": gzip.compress(json_lines().encode()),
        "i.tsv": points_csv(POINTS).replace(",", "\t"),
        "k.json": json.dumps([{"x": x, "y": y} for x, y in POINTS]),
    }
    bad = {
        "b.csv": "x,z\n1,2\n",
        "d.csv": "x,y\n1,two\n",
        "g.parquet": b"no parquet",
        "j.csv.gz": b"no gzip",
    }
    uri = service.put("formats", {**good, **bad})

    job = service.run(plane, uri)

    scored = heights(service, job)
    assert list(scored) == sorted(good)
    for name, values in scored.items():
        assert values == pytest.approx(HEIGHTS), name
    failed = {item["file"]: item["message"] for item in service.failed_files(job)}
    assert list(failed) == sorted(bad)
    assert "y" in failed["b.csv"]
    assert "two" in failed["d.csv"]
    assert all(len(message) > 10 for message in failed.values())
    assert job["counts"]["files"] == {"total": 11, "scored": 7, "failed": 4}
    manifest = service.manifest(job)
    assert manifest["files"] == {"in": 11, "scored": 7, "failed": 4}
    assert manifest["rows"] == len(POINTS) * 7
    assert [error["file"] for error in job["first_errors"]] == sorted(bad)


def test_a_public_folder_and_a_public_file(service: Service, plane: str) -> None:
    service.storage.create_container("public", public_access=PublicAccess.CONTAINER)
    files = {f"{number}.csv": points_csv([(number, number)]) for number in range(3)}
    service.put("deep/in", files, container="public")
    url = f"{service.storage.url}public/deep/in"

    for_all, for_one = service.start(plane, url), service.start(plane, f"{url}/2.csv")

    assert list(heights(service, service.completed(for_all))) == ["0.csv", "1.csv", "2.csv"]
    assert heights(service, service.completed(for_one)) == {"2.csv": [pytest.approx(predict(2, 2))]}


def test_many_mini_batches_in_several_chunks_keep_their_order(service: Service, plane: str) -> None:
    sizes = {f"{number:03d}.csv": number % 3 for number in range(128)}
    uri = service.put("many", {name: points_csv([(1, 0)] * rows) for name, rows in sizes.items()})

    job = service.run(plane, uri)

    assert job["counts"]["mini_batches"]["total"] == 64
    expected = [(name, row) for name, rows in sizes.items() for row in range(rows)]
    assert [(row["file"], int(row["row"])) for row in service.rows(job)] == expected
    assert job["counts"]["files"] == {"total": 128, "scored": 128, "failed": 0}
    assert job["counts"]["rows"] == len(expected)


def test_settings_and_place_of_one_job(service: Service, plane: str) -> None:
    service.put("five", {f"{n}.csv": points_csv([(n, 0)]) for n in range(5)})
    options = ["--input-datastore", "azureml:workspaceblobstore", "--input-path", "five"]
    options += ["--output-datastore", "azureml:workspaceblobstore", "--output-path", "chosen/place"]
    options += ["--set", "output_file_name=heights.csv", "--mini-batch-size", "3"]

    told = service.cli("endpoint", "invoke", "-n", plane, *options)

    job = service.completed(told.json()["name"])
    assert job["output"]["uri"].endswith("/paths/chosen/place/heights.csv")
    assert job["counts"]["mini_batches"]["total"] == 2
    assert len(service.rows(job)) == 5


def test_too_many_failures_end_the_job_and_the_stream(service: Service, plane: str) -> None:
    files = {f"{number}.csv": points_csv([(number, 0)]) for number in range(6)}
    files["3.csv"] = "x,z\n1,2\n"
    job = service.start(plane, service.put("bad", files), errorThreshold=0)

    streamed = service.cli("job", "stream", "--name", job)
    downloaded = service.cli("job", "download", "--name", job)

    assert streamed.code != 0
    assert "Failed" in streamed.out
    assert "threshold" in streamed.err
    shown = service.job(job)
    assert shown["status"] == "Failed"
    assert [error["file"] for error in shown["first_errors"]] == ["3.csv"]
    assert downloaded.code != 0
