"""The demo notices when something is wrong."""

import json
from pathlib import Path

import numpy as np
import pytest

from demo.checks import Answer, DemoError, accuracy, check_manifest
from demo.commands import Commands
from demo.files.code.greypng import read_grey
from demo.png import encode_grey

ANSWERS = {("a.csv", row): Answer("1", seen=row < 10) for row in range(20)}


def manifest(folder: Path, **changes: object) -> Path:
    document = {
        "files": {"in": 2, "scored": 2, "failed": 0},
        "rows": 5,
        "mini_batches": [{"rows": 2}, {"rows": 3}],
    }
    path = folder / "manifest.json"
    path.write_text(json.dumps(document | changes))
    return path


def test_counts_that_add_up(tmp_path: Path) -> None:
    text = check_manifest(manifest(tmp_path), files=2, rows=5)
    assert text == "files: 2 in = 2 scored + 0 failed; rows: 5 in 2 mini-batches"


@pytest.mark.parametrize(
    "changes",
    [
        {"files": {"in": 2, "scored": 1, "failed": 0}},
        {"files": {"in": 2, "scored": 1, "failed": 1}},
        {"files": {"in": 3, "scored": 3, "failed": 0}},
        {"rows": 4},
        {"mini_batches": [{"rows": 2}]},
    ],
)
def test_counts_that_do_not(tmp_path: Path, changes: dict[str, object]) -> None:
    with pytest.raises(DemoError):
        check_manifest(manifest(tmp_path, **changes), files=2, rows=5)


def test_accuracy_is_that_on_unseen_records() -> None:
    wrong = {("a.csv", 0), ("a.csv", 1), ("a.csv", 19)}
    predictions = {record: "0" if record in wrong else "1" for record in ANSWERS}
    assert accuracy(predictions, ANSWERS) == 0.9


def test_a_model_that_is_too_often_wrong() -> None:
    predictions = {record: "0" if record[1] > 17 else "1" for record in ANSWERS}
    with pytest.raises(DemoError, match="only 8 of 10"):
        accuracy(predictions, ANSWERS)


def test_a_record_without_a_prediction() -> None:
    with pytest.raises(DemoError, match="20 records have 19 predictions"):
        accuracy(dict.fromkeys(list(ANSWERS)[1:], "1"), ANSWERS)


def test_a_command_that_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(DemoError, match="exited with 2"):
        Commands({"BATCHPOINT_URL": "http://127.0.0.1:9"}, tmp_path).run(
            "batchpoint endpoint invent"
        )
    assert capsys.readouterr().out == "$ batchpoint endpoint invent\n"


def test_images_come_back_as_they_were(tmp_path: Path) -> None:
    image = np.arange(15, dtype=np.uint8).reshape(3, 5) * 17
    (tmp_path / "i.png").write_bytes(encode_grey(image.tobytes(), width=5, height=3))
    assert (read_grey(str(tmp_path / "i.png")) == image).all()


def test_what_is_no_image(tmp_path: Path) -> None:
    (tmp_path / "i.png").write_bytes(b"GIF89a")
    with pytest.raises(ValueError, match=r"i\.png is not a PNG file"):
        read_grey(str(tmp_path / "i.png"))
