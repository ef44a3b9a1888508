"""Pieces of files in real scorers: rows go on counting, and scripts see files."""

import io

import pandas as pd
import pytest

from scoring.process.spec import InputFile, ScoreRequest
from shared.formats.parquet import MAGIC, TAIL_BYTES, chosen, footer_of, footer_size, read_footer
from shared.inputs.piece_content import PieceFrame

TABLE = pd.DataFrame({"a": [float(n) for n in range(9)], "b": [0.5] * 9})
RECORDS = TABLE.to_csv(index=False).encode().splitlines(keepends=True)
LINES = TABLE.to_json(orient="records", lines=True).encode().splitlines(keepends=True)


def rows(result) -> list[tuple[str, int, float]]:
    table = pd.read_csv(io.BytesIO(result.rows), names=["file", "row", "prediction"])
    return list(table.itertuples(index=False, name=None))


def parquet_piece() -> tuple[bytes, PieceFrame]:
    """The second of three row groups."""
    sink = io.BytesIO()
    TABLE.to_parquet(sink, row_group_size=3)
    data = sink.getvalue()
    footer = read_footer(data[-footer_size(data[-TAIL_BYTES:]) :])
    group = footer.groups[1]
    numbers = chosen(footer, group.middle, group.middle + 1)
    return data[group.start : group.end], PieceFrame(MAGIC, footer_of(footer, numbers), 3)


@pytest.mark.parametrize(
    ("name", "data", "frame", "first"),
    [
        ("f.csv", b"".join(RECORDS[4:7]), PieceFrame(RECORDS[0], b"", 4), 3),
        ("f.csv", b"".join(RECORDS[:4]), PieceFrame(b"", b"", 0), 0),
        (
            "f.tsv",
            b"".join(RECORDS[4:7]).replace(b",", b"\t"),
            PieceFrame(RECORDS[0].replace(b",", b"\t"), b"", 4),
            3,
        ),
        ("f.csv", b"".join(RECORDS[4:7]), PieceFrame(b"\xef\xbb\xbf" + RECORDS[0], b"", 4), 3),
        ("f.jsonl", b"".join(LINES[3:6]), PieceFrame(b"", b"", 3), 3),
        ("f.parquet", *parquet_piece(), 3),
    ],
    ids=["csv", "first", "tsv", "bom", "jsonl", "parquet"],
)
def test_rows_of_a_piece_go_on_counting(pool, mlflow_spec, name, data, frame, first):
    request = ScoreRequest([InputFile(name, data, frame)], "append_row", 60)
    result = pool.score(mlflow_spec, request, slots=1)
    assert result.failures == ()
    assert [row[:2] for row in rows(result)] == [(name, first + n) for n in range(3)]
    assert [row[2] for row in rows(result)] == pytest.approx([first + n + 1.0 for n in range(3)])


def test_a_piece_that_does_not_fit_fails_with_the_reason(pool, mlflow_spec):
    frame = PieceFrame(RECORDS[0], b"", 4)
    request = ScoreRequest([InputFile("f.csv", b"1,2\nx,3\n", frame)], "append_row", 60)
    result = pool.score(mlflow_spec, request, slots=1)
    assert result.rows == b""
    assert [failure.file for failure in result.failures] == ["f.csv"]


SCRIPT = """
import os
def run(batch):
    (path,) = batch
    return [os.path.basename(path), open(path).read()]
"""


def test_a_script_gets_a_file_of_the_piece(pool, script_spec):
    frame = PieceFrame(b"x,y\n", b"5,6\n", 9)
    request = ScoreRequest([InputFile("in/big.csv", b"3,4\n", frame)], "append_row", 60)
    result = pool.score(script_spec(SCRIPT), request, slots=1)
    assert result.rows.decode() == 'big.csv\n"x,y\n3,4\n5,6\n"\n'
    assert result.failures == ()


def test_a_piece_for_which_nothing_is_returned_has_failed(pool, script_spec):
    frame = PieceFrame(b"x,y\n", b"", 9)
    request = ScoreRequest([InputFile("big.csv", b"3,4\n", frame)], "append_row", 60)
    result = pool.score(script_spec("def run(batch):\n    return []"), request, slots=1)
    assert [failure.file for failure in result.failures] == ["big.csv"]


def test_a_piece_is_scored_alone():
    piece = InputFile("big.csv", b"3,4\n", PieceFrame(b"", b"", 0))
    with pytest.raises(ValueError, match="alone"):
        ScoreRequest([piece, piece], "append_row", 60)
