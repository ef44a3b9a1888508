"""An MLflow model is scored without code, and a file that does not fit fails alone."""

import gzip
import io
import json

import pandas as pd
import pytest

from scoring.process.spec import InputFile, ScoreRequest

TABLE = pd.DataFrame({"a": [1.0, 2.0], "b": [0.5, 0.25]})
CSV = TABLE.to_csv(index=False).encode()


@pytest.fixture
def score_files(pool, mlflow_spec):
    def score(*files: tuple[str, bytes], action: str = "append_row"):
        request = ScoreRequest([InputFile(*file) for file in files], action, 30)
        return pool.score(mlflow_spec, request, slots=1)

    return score


def predictions(result) -> list[tuple[str, int, float]]:
    names = ["file", "row", "prediction"]
    table = pd.read_csv(io.BytesIO(result.rows), names=names)
    return [(file, row, round(value, 9)) for file, row, value in table.itertuples(index=False)]


def parquet() -> bytes:
    buffer = io.BytesIO()
    TABLE.to_parquet(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("f.csv", CSV),
        ("F.CSV", b"\xef\xbb\xbf" + CSV),
        ("f.csv", CSV.replace(b"\n", b"\r\n")),
        ("f.csv", b"b,extra,a\n.5,x,1\n.25,y,2\n"),
        ("f.csv", b"a,b\n1,.5,\n2,.25,\n"),
        ("f.csv.gz", gzip.compress(CSV, mtime=0)),
        ("f.tsv", CSV.replace(b",", b"\t")),
        ("f.parquet", parquet()),
        ("f.json", TABLE.to_json(orient="records").encode()),
        ("f.json", TABLE.to_json(orient="split").encode()),
        ("f.json", json.dumps({"dataframe_split": TABLE.to_dict(orient="split")}).encode()),
        ("f.json.gz", gzip.compress(TABLE.to_json(orient="records").encode(), mtime=0)),
        ("f.jsonl", TABLE.to_json(orient="records", lines=True).encode()),
        ("f.ndjson", TABLE.to_json(orient="records", lines=True).encode()),
    ],
)
def test_each_format(score_files, name, data):
    result = score_files((name, data))
    assert result.failures == ()
    assert result.columns == ("file", "row", "prediction")
    assert predictions(result) == [(name, 0, 2.0), (name, 1, 2.5)]


def test_rows_carry_the_files_they_came_from(score_files):
    result = score_files(
        ("a,1.csv", b"a,b\n1,1\n2,2"), ('q"ü.csv', b"a,b\n3,3\n"), ("=e.csv", b"a,b\n")
    )
    assert predictions(result) == [("a,1.csv", 0, 3.0), ("a,1.csv", 1, 6.0), ('q"ü.csv', 0, 9.0)]
    assert result.failures == ()
    assert result.row_count == 3


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("bad.csv", b"", "is empty"),
        ("bad.csv.gz", b"", "is empty"),
        ("bad.csv.gz", CSV, "is not a complete gzip file"),
        ("bad.csv.gz", gzip.compress(CSV, mtime=0)[:-9], "is not a complete gzip file"),
        ("bad.csv", b"a,c\n1,2\n", "is missing the column 'b'; it has the columns 'a', 'c'"),
        ("bad.csv", b"a,b\n1,x\n", "column 'b', such as x; the model expects double"),
        ("bad.csv", b"a,b\n1,True\n", "bool in the column 'b', such as True"),
        ("bad.csv", b"a,b\n1,2,3\n4,5,6\n", "more values in its rows than names in its header"),
        ("bad.csv", b"a,b\n1,\xff\n", "is not readable as csv"),
        ("bad.csv", b"a,b\n1,\n", "NaN"),
        ("bad.parquet", b"PAR1", "is not readable as parquet"),
        ("bad.json", b"{", "is not readable as json"),
        ("bad.json", b"5", "is neither a list of records nor an object"),
        ("bad.png", b"x", "has a format that is not read; .csv, .tsv"),
        ("noextension", b"x", "has a format that is not read"),
    ],
)
def test_a_file_that_does_not_fit_fails_alone(score_files, name, data, reason):
    result = score_files(("one.csv", CSV), (name, data), ("two.csv", CSV))
    assert [(failure.file, reason in failure.message) for failure in result.failures] == [
        (name, True)
    ], result.failures
    assert [row[0] for row in predictions(result)] == ["one.csv"] * 2 + ["two.csv"] * 2


def test_reading_alike_files_at_once_gives_the_same_as_one_by_one(score_files):
    parts = [(f"{i}.csv", b"a,b\n%d,0.%d\n7,-1e-5\n" % (i, i)) for i in range(5)]
    together = score_files(*parts)
    alone = b"".join(score_files(part).rows for part in parts)
    assert together.rows == alone


def test_summary_only(score_files):
    result = score_files(("a.csv", CSV), action="summary_only")
    assert (result.row_count, result.rows) == (2, b"")


def test_only_bad_files(score_files):
    result = score_files(("a.csv", b""), ("b.csv", b""))
    assert len(result.failures) == 2
    assert (result.rows, result.row_count) == (b"", 0)
