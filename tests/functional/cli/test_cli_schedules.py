import pytest

PATHS = "azureml://datastores/workspaceblobstore/paths"
SOURCE = {"dataInputType": "DataUrl", "path": f"{PATHS}/in"}
AT = ("--endpoint-name", "taxi", "--name", "nightly")


def test_a_schedule_of_options(run_json, service):
    created = run_json(
        "schedule", "create", *AT, "--cron", "30 2 * * *", "--time-zone", "Europe/Berlin",
        "--start-time", "2026-01-01", "--missed", "skip", "--deployment-name", "blue",
        "--input-path", f"{PATHS}/in", "--output-path", "out/${{creation_context.trigger_time}}",
        "--incremental", "--tags", "team=risk", "--set", "create_job.properties.miniBatchSize=20",
    )  # fmt: skip
    output = {
        "datastoreId": "azureml:workspaceblobstore",
        "path": "out/${{creation_context.trigger_time}}",
    }
    properties = {
        "dataset": SOURCE,
        "outputDataset": output,
        "incremental": True,
        "miniBatchSize": 20,
    }
    assert created == {
        "name": "nightly",
        "endpoint_name": "taxi",
        "trigger": {
            "expression": "30 2 * * *",
            "time_zone": "Europe/Berlin",
            "start_time": "2026-01-01",
        },
        "missed": "skip",
        "deployment_name": "blue",
        "tags": {"team": "risk"},
        "create_job": {"properties": properties},
    }
    (request,) = service.sent("PUT", "/api/endpoints/taxi/schedules/nightly")
    assert request.json == created


FILE = """
name: weekly
endpoint_name: taxi
trigger: {type: cron, expression: "0 6 * * sun", start_time: 2026-07-10T10:00:00}
create_job:
  properties:
    dataset: {dataInputType: DataUrl, path: https://host/in}
    miniBatchSize: 20
"""


def test_a_schedule_of_a_file(run_json, tmp_path):
    (tmp_path / "weekly.yml").write_text(FILE)
    created = run_json("schedule", "create", "--file", "weekly.yml")
    assert created["trigger"] == {
        "type": "cron",
        "expression": "0 6 * * sun",
        "start_time": "2026-07-10T10:00:00",
    }
    changed = run_json(
        "schedule", "create", "-f", "weekly.yml", "--cron", "0 7 * * *", "--input-path",
        f"{PATHS}/in", "-n", "daily",
    )  # fmt: skip
    assert (changed["name"], changed["trigger"]["expression"]) == ("daily", "0 7 * * *")
    assert changed["trigger"]["type"] == "cron"
    assert changed["create_job"]["properties"] == {"dataset": SOURCE, "miniBatchSize": 20}


def test_local_files_are_uploaded(run_json, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data/a.csv").write_text("x")
    created = run_json(
        "schedule", "create", *AT, "--cron", "0 * * * *", "--input-local-path", "data"
    )
    path = created["create_job"]["properties"]["dataset"]["path"]
    assert path == f"{PATHS}/LocalUpload/u1/data"


def test_show_list_pause_resume_and_delete(run, run_json, service):
    for name in ("b", "a"):
        run("schedule", "create", "-e", "taxi", "-n", name, "--cron", "0 * * * *",
            "--input-path", f"{PATHS}/in")  # fmt: skip
    assert run_json("schedule", "list", "-e", "taxi", "--query", "[].name") == ["b", "a"]
    at = ("-e", "taxi", "-n", "a")
    assert run_json("schedule", "pause", *at)["is_paused"] is True
    assert run_json("schedule", "show", *at)["is_paused"] is True
    assert run_json("schedule", "resume", *at)["is_paused"] is False
    run("schedule", "delete", *at, "--yes")
    assert "there is no schedule 'a'" in run("schedule", "show", *at, code=1).stderr


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--cron", "0 * * * *", "--input-path", f"{PATHS}/in"), "there is no name"),
        (("-n", "a", "--cron", "0 * * * *", "--input-path", f"{PATHS}/in"), "there is no endpoint"),
        (("-n", "a", "-e", "taxi", "--cron", "0 * * * *"), "give exactly one input"),
        (("-n", "a", "-e", "taxi", "--input", "x", "--input-path", "y"), "give exactly one input"),
        (("-n", "a", "-e", "taxi", "--set", "trigger=1", "--cron", "x"), "'trigger' in the file"),
        (
            ("-n", "a", "-e", "taxi", "--set", "create_job=1", "--output-path", "o"),
            "'create_job' in the file",
        ),
    ],
)  # fmt: skip
def test_what_is_missing_is_said_before_anything_is_sent(run, service, options, reason):
    assert reason in run("schedule", "create", *options, code=1).stderr
    assert service.requests == []
