"""Large files are scored in pieces, and what comes out is what the whole file would give."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from scoring.process.result import FailureCause, ScorerError, ScoreResult
from scoring.process.spec import InputFile, ScoreRequest
from tests.functional.harness import App

SPLIT = 0.002
ROWS = 700


def rows_of(file: InputFile) -> list[str]:
    """The `id` of each record, as a reader of that format finds them."""
    content = b"".join(file.parts)
    if file.name.endswith(".parquet"):
        return pq.read_table(io.BytesIO(content)).column("id").to_pylist()
    if file.name.endswith("l"):
        return [json.loads(line)["id"] for line in content.splitlines() if line.strip()]
    delimiter = "\t" if file.name.endswith(".tsv") else ","
    text = io.StringIO(content.decode("utf-8-sig"), newline="")
    return [row["id"] for row in csv.DictReader(text, delimiter=delimiter)]


def first_row(file: InputFile) -> int:
    if file.piece is None:
        return 0
    headers = file.name.endswith((".csv", ".tsv"))
    return max(file.piece.before - headers, 0)


def score_ids(request: ScoreRequest) -> ScoreResult:
    """Gives file, row number and id of each record."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    count = 0
    for file in request.files:
        for number, value in enumerate(rows_of(file), first_row(file)):
            writer.writerow([file.name, number, value])
            count += 1
    return ScoreResult(text.getvalue().encode(), count, ("file", "row", "id"), (), b"", 0.01)


class Breaking:
    """Fails where a piece holds one of some rows, while it is broken."""

    def __init__(self, *rows: int) -> None:
        self.rows, self.is_broken, self.seen = set(rows), True, 0

    def __call__(self, request: ScoreRequest) -> ScoreResult:
        self.seen += 1
        for file in request.files:
            here = range(first_row(file), first_row(file) + len(rows_of(file)))
            if self.is_broken and self.rows & set(here) and file.name.startswith("big"):
                raise ScorerError(FailureCause.RAISED, "ValueError: broken")
        return score_ids(request)


def nasty(number: int) -> str:
    return f'"{number}" said,\r\nhe\n' if number % 3 == 0 else f"text {number}"


def delimited(delimiter: str = ",", end: str = "\n", *, final: bool = True) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end)
    writer.writerow(["id", "text", "number"])
    writer.writerows([f"r{n}", nasty(n), n] for n in range(ROWS))
    data = text.getvalue().encode()
    return data if final else data.removesuffix(end.encode())


def json_lines() -> bytes:
    lines = [json.dumps({"id": f"r{n}", "text": nasty(n)}) + "\n" for n in range(ROWS)]
    return "".join(lines).encode()


def parquet() -> bytes:
    sink = io.BytesIO()
    table = pa.table({"id": [f"r{n}" for n in range(ROWS)], "n": list(range(ROWS))})
    pq.write_table(table, sink, row_group_size=60)
    return sink.getvalue()


CONTENTS = {
    "big.csv": delimited(),
    "big-crlf.csv": b"\xef\xbb\xbf" + delimited(end="\r\n"),
    "big-open.csv": delimited(final=False),
    "big.tsv": delimited("\t"),
    "big.jsonl": json_lines(),
    "big.parquet": parquet(),
}


def expected(*names: str) -> str:
    return "file,row,id\n" + "".join(f"{name},{n},r{n}\n" for name in names for n in range(ROWS))


def start(app: App, files: dict[str, bytes], **settings: Any) -> None:
    app.endpoint(**{"max_file_split_size": SPLIT, "mini_batch_size": 2, **settings})
    for name, data in files.items():
        app.put(f"in/{name}", data)
    app.invoke("azureml://datastores/workspaceblobstore/paths/in", job="one")


def output(app: App) -> str:
    return app.get("azureml/one/score/predictions.csv").decode()


def manifest(app: App) -> dict[str, Any]:
    return json.loads(app.get("azureml/one/score/predictions.manifest.json"))


@pytest.mark.parametrize("name", sorted(CONTENTS))
@pytest.mark.parametrize("seed", [None, 3])
def test_a_file_is_scored_in_pieces(tmp_path: Path, name: str, seed: int | None):
    app = App(tmp_path, score_ids)
    start(app, {name: CONTENTS[name]})
    assert app.run_jobs(seed) == ["Completed"]
    assert len(app.pool.requests) > 3
    assert output(app) == expected(name)
    assert all(len(request.files) == 1 for request in app.pool.requests)
    shown = app.job("one")
    assert shown["counts"]["files"] == {"total": 1, "scored": 1, "failed": 0}


def test_pieces_stand_among_whole_files(tmp_path: Path):
    app = App(tmp_path, score_ids)
    small = b"id,text,number\n" + b"".join(b"r%d,x,1\n" % n for n in range(3))
    files = {f"a{n}.csv": small for n in range(3)} | CONTENTS | {"z.csv": small}
    start(app, files)
    assert app.run_jobs(1) == ["Completed"]
    names = sorted(files)
    rows = [line.split(",")[:2] for line in output(app).splitlines()[1:]]
    lengths = {name: ROWS if name in CONTENTS else 3 for name in names}
    assert rows == [[name, str(n)] for name in names for n in range(lengths[name])]
    document = manifest(app)
    assert document["files"] == {"in": len(files), "scored": len(files), "failed": 0}
    assert sum(item["files"] for item in document["mini_batches"]) == len(files)
    pieces = [item for item in document["mini_batches"] if item.get("file") == "big.csv"]
    assert [item["piece"] for item in pieces] == list(range(len(pieces)))
    assert sum(item["rows_in"] for item in pieces) == ROWS
    assert all("piece" not in item for item in document["mini_batches"] if item["files"] > 1)


@pytest.mark.parametrize("limit", [0, 1])
def test_a_file_below_the_limit_stays_whole(tmp_path: Path, limit: int):
    app = App(tmp_path, score_ids)
    start(app, {"big.csv": CONTENTS["big.csv"]}, max_file_split_size=limit)
    assert app.run_jobs() == ["Completed"]
    assert len(app.pool.requests) == 1
    assert output(app) == expected("big.csv")


def test_a_job_may_say_otherwise(tmp_path: Path):
    app = App(tmp_path, score_ids)
    app.endpoint()
    app.put("in/big.csv", CONTENTS["big.csv"])
    uri = "azureml://datastores/workspaceblobstore/paths/in/big.csv"
    answer = app.invoke(uri, job="one", maxFileSplitSize=SPLIT)
    assert answer.document["settings"]["max_file_split_size"] == SPLIT
    refused = app.invoke(uri, job="two", max_file_split_size=-1)
    assert refused.status == 422
    assert "maxfilesplitsize" in json.dumps(refused.document)
    assert app.run_jobs() == ["Completed"]
    assert output(app) == expected("big.csv")
    assert len(app.pool.requests) > 3


def test_a_piece_that_fails_fails_its_file_once(tmp_path: Path):
    app = App(tmp_path, Breaking(300, 301, 600))
    start(app, {"big.csv": CONTENTS["big.csv"]}, retry_settings={"max_retries": 0})
    assert app.run_jobs() == ["Completed"]
    document = manifest(app)
    assert document["files"] == {"in": 1, "scored": 0, "failed": 1}
    lines = app.get("azureml/one/score/predictions.failed.jsonl").decode().splitlines()
    failed = [json.loads(line) for line in lines]
    assert [item["file"] for item in failed] == ["big.csv", "big.csv"]
    missing = [
        number
        for item in failed
        for number in range(item["first_row"], item["first_row"] + item["rows_in"])
    ]
    assert {300, 301, 600} <= set(missing)
    last = failed[0]["first_row"] + failed[0]["rows_in"] - 1
    assert f"the rows {failed[0]['first_row']} to {last} (piece " in failed[0]["message"]
    there = [int(line.split(",")[1]) for line in output(app).splitlines()[1:]]
    assert sorted(there + missing) == list(range(ROWS))
    assert app.job("one")["counts"]["files"] == {"total": 1, "scored": 0, "failed": 1}


@pytest.mark.parametrize(("threshold", "status"), [(0, "Failed"), (1, "Completed")])
def test_the_error_threshold_counts_files(tmp_path: Path, threshold: int, status: str):
    app = App(tmp_path, Breaking(10, 300, 600))
    start(
        app,
        {"big.csv": CONTENTS["big.csv"]},
        retry_settings={"max_retries": 0},
        error_threshold=threshold,
    )
    assert app.run_jobs() == [status]


def test_a_resumed_job_scores_the_missing_pieces_alone(tmp_path: Path):
    scorer = Breaking(300)
    app = App(tmp_path, scorer)
    once = {"max_retries": 0}
    start(app, {"big.csv": CONTENTS["big.csv"]}, retry_settings=once, error_threshold=0)
    assert app.run_jobs() == ["Failed"]
    message = app.job("one")["error"]["message"]
    assert message.startswith("1 files failed")
    assert "big.csv: the rows " in message
    before = scorer.seen
    scorer.is_broken, scorer.seen = False, 0
    assert app.call("POST", "jobs/one/resume").status == 202
    assert app.run_jobs() == ["Completed"]
    assert output(app) == expected("big.csv")
    assert manifest(app)["files"] == {"in": 1, "scored": 1, "failed": 0}
    assert scorer.seen == len(manifest(app)["mini_batches"]) - before + 1


def test_a_file_that_changes_fails_in_all_that_was_not_read(tmp_path: Path):
    app = App(tmp_path, score_ids)
    start(app, {"big.csv": CONTENTS["big.csv"]})
    score, changed = app.activities["score_mini_batch"], []

    def changing(work: dict[str, Any]) -> Any:
        if work["number"] == 4 and not changed:
            changed.append(app.put("in/big.csv", CONTENTS["big-crlf.csv"]))
        return score(work)

    assert app.run_jobs(score_mini_batch=changing) == ["Completed"]
    assert manifest(app)["files"] == {"in": 1, "scored": 0, "failed": 1}
    lines = app.get("azureml/one/score/predictions.failed.jsonl").decode().splitlines()
    assert all("has changed" in json.loads(line)["message"] for line in lines)
    there = [int(line.split(",")[1]) for line in output(app).splitlines()[1:]]
    assert there == list(range(len(there)))
    assert 0 < len(there) < ROWS


@pytest.mark.parametrize(
    "broken", [b'x"y,1\n', b'"open,1,\n', b"a\rb,2,3\n"], ids=["quote", "open", "cr"]
)
def test_from_a_broken_record_on_the_rest_is_one_piece(tmp_path: Path, broken: bytes):
    lines = [b"r%d,text,%d\n" % (n, n) for n in range(ROWS)]
    lines.insert(ROWS // 2, broken)
    app = App(tmp_path, score_ids)
    start(app, {"big.csv": b"id,text,number\n" + b"".join(lines)})
    assert app.run_jobs() == ["Completed"]
    whole = InputFile("big.csv", b"id,text,number\n" + b"".join(lines))
    assert [line.split(",")[1] for line in output(app).splitlines()[1:] if line.startswith("big")][
        : ROWS // 2
    ] == [str(n) for n in range(ROWS // 2)]
    found = list(csv.reader(io.StringIO(output(app), newline="")))[1:]
    assert [row[2] for row in found] == rows_of(whole)
    assert [int(row[1]) for row in found] == list(range(len(found)))


def test_what_is_no_parquet_file_stays_whole(tmp_path: Path):
    app = App(tmp_path, lambda request: ScoreResult(b"x\n", 1, None, (), b"", 0))
    start(app, {"big.parquet": b"nothing of the kind" * 1000})
    assert app.run_jobs() == ["Completed"]
    (request,) = app.pool.requests
    assert b"".join(request.files[0].parts) == b"nothing of the kind" * 1000
    assert manifest(app)["files"] == {"in": 1, "scored": 1, "failed": 0}
