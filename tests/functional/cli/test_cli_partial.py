"""`job download --partial`: what a job has scored, under names that say that it is not all."""

import json

import pytest
from fake_service import make_job


@pytest.fixture
def failed(service):
    counts = {
        "files": {"total": 12, "scored": 5, "failed": 1},
        "mini_batches": {"total": 6, "done": 3, "failed": 0, "retried": 0},
        "rows": 4,
        "planning_complete": True,
    }
    service.jobs["j"] = [make_job("j", "Failed", counts=counts)]
    service.add_record(0, "1,2\n3,4\n")
    service.add_record(2, "5,6\n", failed=[["x.csv", "no"], [None, "no\ntrace"]])
    service.add_record(3, "7,8\n")
    return service


def test_rows_come_in_the_order_of_the_input_with_what_is_missing(failed, run_json, tmp_path):
    failed.disturb["GET /blob/records/0"] = [503, "cut"]
    written = run_json("job", "download", "-n", "j", "--partial")
    assert [(item["name"], item["kind"]) for item in written] == [
        ("predictions.partial.csv", "partial"),
        ("predictions.partial.manifest.json", "manifest"),
        ("predictions.partial.failed.jsonl", "failed_files"),
    ]
    folder = tmp_path / "j"
    assert sorted(path.name for path in folder.iterdir()) == sorted(i["name"] for i in written)
    assert (folder / "predictions.partial.csv").read_text() == "a,b\n1,2\n3,4\n5,6\n7,8\n"
    manifest = json.loads((folder / "predictions.partial.manifest.json").read_text())
    assert manifest["partial"] is True
    assert manifest["missing_mini_batches"] == [1, 4, 5]
    assert manifest["files"] == {"in": 12, "scored": 4, "failed": 2, "missing": 6}
    assert (manifest["rows"], manifest["status"]) == (4, "Failed")
    assert [item["number"] for item in manifest["mini_batches"]] == [0, 2, 3]
    lines = (folder / "predictions.partial.failed.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == [
        {"file": "x.csv", "message": "no", "mini_batch": 2, "attempts": 1},
        {"file": None, "message": "no\ntrace", "mini_batch": 2, "attempts": 1},
    ]


def test_rows_without_columns_have_no_header(service, run_json, tmp_path):
    service.jobs["j"] = [make_job("j", "Running")]
    for number in range(40):
        service.add_record(number, f"{number}\n", columns=None)
    run_json("job", "download", "-n", "j", "--partial")
    text = (tmp_path / "j/predictions.partial.csv").read_text()
    assert text == "".join(f"{number}\n" for number in range(40))


def test_rows_under_other_columns_are_left_out_and_named(failed, run_json, tmp_path):
    failed.add_record(5, "9,9,9\n", columns=["a", "b", "c"])
    run_json("job", "download", "-n", "j", "--partial")
    assert "9" not in (tmp_path / "j/predictions.partial.csv").read_text()
    manifest = json.loads((tmp_path / "j/predictions.partial.manifest.json").read_text())
    (left_out,) = manifest["left_out_for_other_columns"]
    assert (left_out["number"], left_out["columns"]) == (5, ["a", "b", "c"])
    assert manifest["rows"] == 4


def test_what_scripts_wrote_goes_to_a_folder(service, run_json, tmp_path):
    service.jobs["j"] = [make_job("j", "Canceled")]
    service.add_record(0, "", columns=None, one="1", two="22")
    written = run_json("job", "download", "-n", "j", "--partial", "-p", "here")
    assert [item["name"] for item in written[3:]] == ["partial/one", "partial/two"]
    assert (tmp_path / "here/partial/two").read_text() == "22"


def test_a_completed_job_has_no_partial_output(service, run):
    service.jobs["j"] = [make_job("j", "Completed", 4)]
    assert "leave --partial out" in run("job", "download", "-n", "j", "--partial", code=1).stderr


def test_a_job_that_scored_nothing_leaves_nothing(service, run, tmp_path):
    service.jobs["j"] = [make_job("j")]
    result = run("job", "download", "-n", "j", "--partial", code=1)
    assert "has scored nothing yet; it is Queued" in result.stderr
    assert list((tmp_path / "j").iterdir()) == []


def test_a_differing_file_is_not_touched(failed, run, tmp_path):
    (tmp_path / "j").mkdir()
    (tmp_path / "j/predictions.partial.csv").write_text("mine")
    assert "--overwrite" in run("job", "download", "-n", "j", "--partial", code=1).stderr
    assert (tmp_path / "j/predictions.partial.csv").read_text() == "mine"
    run("job", "download", "-n", "j", "--partial", "--overwrite")
    assert (tmp_path / "j/predictions.partial.csv").read_text().startswith("a,b")


def test_what_is_no_record_is_an_error(failed, run, tmp_path):
    failed.blobs["/blob/records/2"] = b"something else"
    result = run("job", "download", "-n", "j", "--partial", code=1)
    assert "the record of mini-batch 2 cannot be read" in result.stderr
    assert list((tmp_path / "j").iterdir()) == []
