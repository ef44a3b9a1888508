import pytest
from fake_service import RefusedError, make_job

WHERE = "predictions.csv is in azureml://datastores/d/paths/p"
ERRORS = [
    {
        "file": "a.csv",
        "files": 3,
        "message": "no column 'x'\n  line 7, in run",
        "mini_batch": 0,
        "attempts": 4,
    }
]


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
    assert result.stderr.splitlines()[2:] == [
        "  a.csv and 2 more (mini-batch 0, 4 attempts): no column 'x'",
        "        line 7, in run",
        "  batchpoint job download --name j --logs      what happened, and what was printed",
        "  batchpoint job download --name j --partial   what was scored",
        "  batchpoint job resume --name j               score what is missing",
    ]


def test_stream_tells_what_a_job_does_before_there_are_rows(run, service):
    service.jobs["j"] = [
        make_job("j", rate={"rows_per_second": 0.0}),
        make_job("j", "Running", rate={"rows_per_second": 0.0}),
        make_job("j", "Completed", 4),
    ]
    assert run("job", "stream", "-n", "j").stdout.splitlines()[:2] == [
        "Queued: 0/4 files, 0 failed, 0 rows",
        "Running: 0/4 files, the model is being loaded for the first mini-batches",
    ]


def test_stream_gives_up_after_its_timeout(run, service):
    service.jobs["j"] = [make_job("j", "Running")]
    result = run("job", "stream", "-n", "j", "--timeout", "60", code=1)
    assert "still Running after 60 seconds" in result.stderr


def test_stream_of_an_unknown_job_ends_at_once(run, service):
    assert "there is no job 'x'" in run("job", "stream", "-n", "x", code=1).stderr
    assert len(service.requests) == 1


def entry(number, text, second=1, attempt=1):
    return {
        "name": f"{second:06}-{number:03}-{attempt:03}",
        "mini_batch": number,
        "attempt": attempt,
        "written_at": f"2026-01-01T00:00:0{second}Z",
        "text": text,
    }


def test_stream_prints_each_line_of_the_logs_once(run, service):
    service.jobs["j"] = [
        make_job("j", "Running"),
        make_job("j", "Running"),
        make_job("j", "Failed"),
    ]
    service.logs = [entry(0, "one\ntwo\n"), entry(3, "three", 2), entry(1, "four", 2)]
    service.disturb["GET /api/jobs/j/logs"] = [503] * 5
    result = run("job", "stream", "-n", "j", code=1)
    assert [line for line in result.stdout.splitlines() if line.startswith("[")] == [
        "[mini-batch 0] one",
        "[mini-batch 0] two",
        "[mini-batch 3] three",
        "[mini-batch 1] four",
    ]
    queries = [item.query for item in service.sent("GET", "/api/jobs/j/logs")[5:]]
    assert queries == [{}, {"since": "2026-01-01T00:00:02Z"}]


def test_stream_goes_on_without_logs(run, service):
    service.jobs["j"] = [make_job("j", "Running"), make_job("j", "Completed")]
    service.refuse["GET /api/jobs/j/logs"] = RefusedError(500, "InternalError", "no logs")
    result = run("job", "stream", "-n", "j")
    assert result.stderr == "The logs cannot be read: no logs\n"


def test_cancel_and_resume(run, run_json, service):
    service.jobs["j"] = [make_job("j", "Running")]
    assert run_json("job", "cancel", "-n", "j", "--query", "status") == "CancelRequested"
    assert "there is no job 'x'" in run("job", "cancel", "-n", "x", code=1).stderr
    refused = run("job", "resume", "-n", "j", code=1).stderr
    assert refused == "ERROR: this service cannot resume jobs yet\n"


LOG = """\
2026-01-01T00:00:00Z Running
2026-01-01T00:00:05Z Failed: two files | at once

--- mini-batch 0, attempt 1, written at 2026-01-01T00:00:01Z
a

--- mini-batch 1, attempt 1, written at 2026-01-01T00:00:01Z
b
"""


@pytest.mark.parametrize("option", ["--logs", "--all"])
def test_download_brings_the_logs_as_one_file(run, run_json, service, tmp_path, option):
    service.events = [
        {"at": "2026-01-01T00:00:00Z", "text": "Running"},
        {"at": "2026-01-01T00:00:05Z", "text": "Failed: two files\n  at once\n"},
    ]
    service.logs = [entry(0, "a\n"), entry(1, "b")]
    service.add_output("predictions.csv", b"1")
    written = run_json("job", "download", "-n", "j", option, "--output-name", "score")
    assert ("predictions.csv" in [item["name"] for item in written]) == (option == "--all")
    assert {key: written[-1][key] for key in ("name", "kind", "size")} == {
        "name": "job.log",
        "kind": "log",
        "size": len(LOG),
    }
    assert (tmp_path / "j/job.log").read_text() == LOG
    assert service.sent("GET", "/api/jobs/j/logs")[0].query == {"order": "input"}
    service.logs = [entry(0, "other\n")]
    assert "--overwrite" in run("job", "download", "-n", "j", option, code=1).stderr
    assert (tmp_path / "j/job.log").read_text() == LOG
    run("job", "download", "-n", "j", option, "--overwrite")
    assert "other" in (tmp_path / "j/job.log").read_text()


def test_delete(run, service):
    service.jobs["j"] = [make_job("j", "Failed")]
    assert run("job", "delete", "-n", "j", "--yes").stdout == ""
    assert service.jobs == {}
    assert "there is no job 'j'" in run("job", "delete", "-n", "j", code=1).stderr


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
    assert len(everything) == 4
    files = sorted(path.name for path in tmp_path.rglob("*") if path.is_file())
    names = ["a.png", "a.png", "job.log", "manifest.json"]
    assert files == sorted(names + ["predictions.csv"] * 2)


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
