import pytest
from fake_service import make_job

WHERE = "predictions.csv is in azureml://datastores/d/paths/p"
ERRORS = [{"file": "a.csv", "message": "no column 'x'", "mini_batch": 0, "attempts": 4}]


def test_show_opens_the_page(run_json, service, opened):
    service.jobs["j"] = [make_job("j", "Running")]
    assert run_json("job", "show", "-n", "j", "--query", "status") == "Running"
    run_json("job", "show", "-n", "j", "--web", "--query", "name")
    assert opened == ["http://studio.test/jobs/j"]


def test_list_stops_at_top(run, service):
    service.jobs = {name: [make_job(name)] for name in "abc"}
    names = ("--query", "[].name", "-o", "tsv")
    assert run("job", "list", "--top", "1", "--status", "Queued", *names).stdout == "a\n"
    assert service.requests[-1].query == {"status": "Queued", "top": "1"}
    assert run("endpoint", "list-jobs", "-n", "mybatchedp", *names).stdout == "a\nb\nc\n"


def test_stream_prints_changes_and_survives_lost_connections(run, service):
    service.jobs["j"] = [
        make_job("j"),
        make_job("j", "Running", 2),
        make_job("j", "Completed", 4),
    ]
    service.disturb["GET /api/jobs/j"] = [None, *[503] * 12]
    result = run("job", "stream", "--name", "j")
    assert result.stdout.splitlines() == [
        "Queued: 0/4 files, 0 failed, 0 rows, 12.5 rows/s",
        "Running: 2/4 files, 0 failed, 20 rows, 12.5 rows/s",
        "Completed: 4 files scored, 0 failed, 40 rows in 3.2 s; " + WHERE,
    ]
    assert result.stderr.count("The connection is lost") == 1


def test_stream_of_a_failed_job_fails_with_its_errors(run, service):
    error = {"code": "ErrorThresholdExceeded", "message": "1 file failed; 0 may"}
    service.jobs["j"] = [make_job("j", "Failed", 3, error=error, first_errors=ERRORS)]
    result = run("job", "stream", "-n", "j", "--query", "status", "-o", "tsv", code=1)
    assert result.stdout == "Failed\n"
    assert "ERROR: the job 'j' is Failed: 1 file failed; 0 may\n" in result.stderr
    assert "  a.csv: no column 'x'\n" in result.stderr


def test_stream_gives_up_after_its_timeout(run, service):
    service.jobs["j"] = [make_job("j", "Running")]
    result = run("job", "stream", "-n", "j", "--timeout", "60", code=1)
    assert "still Running after 60 seconds" in result.stderr


def test_stream_of_an_unknown_job_ends_at_once(run, service):
    assert "there is no job 'x'" in run("job", "stream", "-n", "x", code=1).stderr
    assert len(service.requests) == 1


def test_download_resumes_and_writes_whole_files(run_json, service, tmp_path):
    service.add_output("predictions.csv", b"0123456789" * 1_000)
    service.add_output("images/a.png", b"png")
    service.add_output("manifest.json", b"{}", kind="manifest")
    service.disturb["GET /blob/out/predictions.csv"] = ["cut"]
    written = run_json("job", "download", "-n", "j")
    assert [item["name"] for item in written] == ["predictions.csv", "images/a.png"]
    assert (tmp_path / "j/predictions.csv").read_bytes() == b"0123456789" * 1_000
    ranged = service.sent("GET", "/blob/out/predictions.csv")[1].headers
    assert (ranged["range"], ranged["if-match"]) == ("bytes=5000-", '"v1"')
    everything = run_json("job", "download", "-n", "j", "--all", "-p", "elsewhere")
    assert len(everything) == 3
    files = sorted(path.name for path in tmp_path.rglob("*") if path.is_file())
    assert files == sorted(["a.png", "a.png", "manifest.json"] + ["predictions.csv"] * 2)


def test_download_keeps_differing_files(run, service, tmp_path):
    service.add_output("predictions.csv", b"new")
    (tmp_path / "j").mkdir()
    target = tmp_path / "j/predictions.csv"
    for old in [b"old", b"older"]:
        target.write_bytes(old)
        assert "--overwrite" in run("job", "download", "-n", "j", code=1).stderr
        assert target.read_bytes() == old
    run("job", "download", "-n", "j", "--overwrite")
    run("job", "download", "-n", "j")
    assert target.read_bytes() == b"new"
    assert [path.name for path in target.parent.iterdir()] == ["predictions.csv"]


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a//b", "a\\b", "C:x", ".."])
def test_download_never_leaves_its_folder(run, service, name):
    service.add_output("x", b"x")
    service.outputs[0]["name"] = name
    assert "outside of 'j'" in run("job", "download", "-n", "j", code=1).stderr


def test_download_refuses_another_size(run, service, tmp_path):
    service.add_output("predictions.csv", b"data")
    service.outputs[0]["size"] = 5
    assert "4 bytes instead of 5" in run("job", "download", "-n", "j", code=1).stderr
    assert list((tmp_path / "j").iterdir()) == []


def test_download_without_outputs_says_the_status(run, service):
    service.jobs["j"] = [make_job("j", "Running")]
    assert "it is Running" in run("job", "download", "-n", "j", code=1).stderr
