from pathlib import Path

from fake_service import RefusedError

YAML = """
$schema: https://example.test/schema.json
name: mybatchedp
type: batch
traffic: {first: 100}
deployments:
  - name: first
    model: {name: autolog, version: 1, local_path: ./model}
    code_configuration: {code: {local_path: ./code}, scoring_script: score.py}
    environment: {conda_file: ./conda.yml}
    mini_batch_size: 10
"""


def write_files(folder: Path) -> None:
    (folder / "model/data").mkdir(parents=True)
    (folder / "model/__pycache__").mkdir()
    (folder / "model/MLmodel").write_text("flavors: {}")
    (folder / "model/data/model.pkl").write_bytes(b"\x00" * 100)
    (folder / "model/__pycache__/x.pyc").write_bytes(b"x")
    (folder / "code").mkdir()
    (folder / "code/score.py").write_text("def run(batch): ...")
    (folder / "conda.yml").write_text("dependencies: [pip]")
    (folder / "endpoint.yml").write_text(YAML)


def test_create_uploads_and_sends_uris(run_json, service, tmp_path):
    write_files(tmp_path)
    shown = run_json(
        "endpoint", "create", "--type", "batch", "-g", "rg", "-w", "ws", "--file", "endpoint.yml",
        "--name", "renamed", "--set", "deployments[0].mini_batch_size=5", "tags.team=risk",
    )  # fmt: skip
    base = "azureml://datastores/workspaceblobstore/paths/LocalUpload"
    deployment = shown["deployments"][0]
    assert shown["name"] == "renamed"
    assert shown["tags"] == {"team": "risk"}
    assert deployment["model"] == {"name": "autolog", "version": 1, "path": f"{base}/u1/model"}
    assert deployment["code_configuration"]["code"] == {"path": f"{base}/u2/code"}
    assert deployment["environment"] == {"conda_file": {"dependencies": ["pip"]}}
    assert deployment["mini_batch_size"] == 5
    assert sorted(service.blobs) == [
        "/blob/u1/model/MLmodel",
        "/blob/u1/model/data/model.pkl",
        "/blob/u2/code/score.py",
    ]
    assert service.blobs["/blob/u1/model/data/model.pkl"] == b"\x00" * 100


def test_create_names_all_missing_paths_and_sends_nothing(run, service, tmp_path):
    (tmp_path / "endpoint.yml").write_text(YAML)
    result = run("endpoint", "create", "-f", "endpoint.yml", code=1)
    assert result.stderr.startswith("ERROR: 3 local paths cannot be used\n")
    assert "  deployments[0].model.local_path: there is no file or folder 'model'" in result.stderr
    assert "environment.conda_file: there is no file 'conda.yml'" in result.stderr
    assert service.requests == []


def test_create_places_yaml_errors(run, tmp_path):
    (tmp_path / "bad.yml").write_text("name: a\ntags: {a: b\n")
    result = run("endpoint", "create", "-f", "bad.yml", code=1)
    assert result.stderr.startswith("ERROR: bad.yml:3:1: ")
    missing = run("endpoint", "create", "-f", "nowhere.yml", code=1)
    assert missing.stderr == "ERROR: there is no file 'nowhere.yml'\n"


def test_errors_name_each_detail(run, service, tmp_path):
    (tmp_path / "e.yml").write_text("name: mybatchedp")
    details = [{"code": "InvalidValue", "message": "must be a number", "target": "a.b"}]
    service.refuse["POST /api/endpoints"] = RefusedError(
        422, "InvalidValue", "2 values are wrong", details=details
    )
    result = run("endpoint", "create", "-f", "e.yml", code=1)
    assert result.stderr == "ERROR: 2 values are wrong\n  a.b: must be a number\n"
    assert result.stdout == ""


def test_list_follows_pages(run, service):
    service.endpoints = {name: {"name": name, "tags": {}} for name in ["one", "two", "three"]}
    result = run("endpoint", "list", "--query", "[].name", "-o", "tsv")
    assert result.stdout == "one\ntwo\nthree\n"
    assert run("endpoint", "list", "-o", "table").stdout == "Name\n-----\none\ntwo\nthree\n"


def test_a_token_goes_to_the_service_alone(run, service, tmp_path):
    (tmp_path / "a.csv").write_text("1")
    run("endpoint", "invoke", "-n", "one", "--input-local-path", "a.csv")
    sent = {request.path: request.headers.get("authorization") for request in service.requests}
    assert service.issued == ["token-0"]
    assert sent.pop("/blob/u1/a.csv") is None
    assert set(sent.values()) == {"Bearer token-0"}


def test_a_refused_token_is_replaced_once(run, service):
    service.endpoints["one"] = {"name": "one"}
    service.disturb["GET /api/endpoints/one"] = [401]
    run("endpoint", "show", "-n", "one")
    assert service.issued == ["token-0", "token-1"]
    service.disturb["GET /api/endpoints/one"] = [401, 401]
    assert "401" in run("endpoint", "show", "-n", "one", code=1).stderr


def test_a_token_does_not_travel_in_the_clear(run):
    result = run("endpoint", "list", "--url", "http://192.0.2.1", code=1)
    assert "is not encrypted" in result.stderr


def test_any_other_service_needs_an_audience(run):
    result = run("endpoint", "list", "--url", "https://app.example.com", code=1)
    assert "BATCHPOINT_AUDIENCE" in result.stderr


def test_repeated_delete_that_finds_nothing_succeeds(run, service):
    service.endpoints["one"] = {"name": "one"}
    service.disturb["DELETE /api/endpoints/one"] = ["drop"]
    run("endpoint", "delete", "-n", "one", "--yes", "--force")
    assert [item.query for item in service.sent("DELETE", "/api/endpoints/one")] == [
        {"force": "true"},
        {"force": "true"},
    ]
    assert "there is no endpoint" in run("endpoint", "delete", "-n", "one", code=1).stderr


def test_create_is_not_repeated_when_its_answer_is_lost(run, service, tmp_path):
    (tmp_path / "e.yml").write_text("name: mybatchedp")
    service.disturb["POST /api/endpoints"] = ["drop"]
    assert "does not answer" in run("endpoint", "create", "-f", "e.yml", code=1).stderr
    assert len(service.requests) == 1


def test_update(run, run_json, service, tmp_path):
    service.endpoints["one"] = {
        "name": "one", "tags": {"a": "1"}, "traffic": {}, "deployments": [],
    }  # fmt: skip
    shown = run_json(
        "endpoint", "update", "-n", "one", "--traffic", "first:100", "--description", "new",
        "--set", "tags.b=2",
    )  # fmt: skip
    assert shown["traffic"] == {"first": 100}
    assert shown["tags"] == {"a": "1", "b": "2"}
    assert service.requests[-1].headers["if-match"] == '"1"'
    assert (
        "must be 0 or 100"
        in run("endpoint", "update", "-n", "one", "--traffic", "first:50", code=1).stderr
    )
    assert "nothing to change" in run("endpoint", "update", "-n", "one", code=1).stderr
    write_files(tmp_path)
    (tmp_path / "add.yml").write_text("name: second\nmodel: {path: model}")
    added = run_json("endpoint", "update", "-n", "one", "--deployment-file", "add.yml")
    assert added["deployments"][0]["model"]["path"].endswith("/LocalUpload/u1/model")


def test_todays_names_and_defaults(run, run_json, service, tmp_path):
    run("batch-endpoint", "create", "--name", "one")
    (tmp_path / "d.yml").write_text("name: second\nmodel: azureml:m:1")
    run("batch-deployment", "create", "-f", "d.yml", "-e", "one", "--all-traffic")
    for options in [
        ("--defaults", "deployment_name=third"),
        ("--set", "defaults.deployment_name=third"),
    ]:
        shown = run_json("batch-endpoint", "update", "-n", "one", *options)
        assert shown["traffic"] == {"third": 100}
    (tmp_path / "e.yml").write_text(
        "$schema: x\nname: one\ndescription: new\ndefaults: {deployment_name: second}"
    )
    run("batch-endpoint", "update", "-n", "one", "-f", "e.yml")
    assert service.requests[-1].json == {"description": "new", "traffic": {"second": 100}}
    wrong = run("endpoint", "update", "-n", "two", "-f", "e.yml", code=1)
    assert "describes the endpoint 'one'" in wrong.stderr
    assert "there is no name" in run("endpoint", "create", code=1).stderr


def test_a_deployment_file_may_lack_a_name(run_json, run, service, tmp_path):
    service.endpoints["one"] = {"name": "one", "deployments": []}
    (tmp_path / "add.yml").write_text("model: azureml:m:1")
    update = ("endpoint", "update", "-n", "one", "--deployment-file", "add.yml")
    assert "there is no name" in run(*update, code=1).stderr
    shown = run_json(*update, "--deployment", "second")
    assert shown["deployments"][0]["name"] == "second"


def test_deployment_update_sends_what_changes(run_json, run, service, tmp_path):
    service.endpoints["one"] = {"name": "one", "deployments": [{"name": "second"}]}
    write_files(tmp_path)
    (tmp_path / "d.yml").write_text("name: second\nendpoint_name: one\nmodel: {path: model}")
    shown = run_json("deployment", "update", "-f", "d.yml", "--set", "retry_settings.timeout=5")
    assert shown["model"]["path"].endswith("/LocalUpload/u1/model")
    assert service.requests[-1].json.keys() == {"model", "retry_settings"}
    nothing = run("deployment", "update", "-n", "second", "-e", "one", code=1)
    assert "nothing to change" in nothing.stderr
    service.disturb["PATCH /api/endpoints/one/deployments/second"] = [405]
    old = run("deployment", "update", "-f", "d.yml", code=1)
    assert old.stderr == "ERROR: this service cannot change deployments yet\n"


def test_deployment_create_takes_its_endpoint_from_the_file(run_json, run, service, tmp_path):
    service.endpoints["one"] = {"name": "one", "deployments": []}
    (tmp_path / "d.yml").write_text("name: second\nendpoint_name: one\nmodel: azureml:m:1")
    run_json("deployment", "create", "-f", "d.yml", "--set-default")
    assert service.endpoints["one"]["traffic"] == {"second": 100}
    listed = run("deployment", "list", "-e", "one", "--query", "[].name", "-o", "tsv")
    assert listed.stdout == "second\n"


def test_usage_errors_exit_with_2(run):
    assert run("endpoint", "show", code=2).stderr.startswith("ERROR: Missing option")
    assert "'online' is not 'batch'" in run("endpoint", "list", "--type", "online", code=2).stderr
    bad = run("endpoint", "list", "--query", "a[", code=2)
    assert bad.stderr.startswith("ERROR: --query is not valid JMESPath")


def test_no_service_is_a_clear_error(run, tmp_path):
    result = run("endpoint", "list", code=1, BATCHPOINT_URL="", XDG_STATE_HOME=str(tmp_path))
    assert "scripts/up" in result.stderr
    assert "BATCHPOINT_URL" in result.stderr


def test_verbose_prints_requests_without_secrets(run, service, tmp_path):
    (tmp_path / "a.csv").write_text("1")
    result = run(
        "endpoint", "invoke", "-n", "one", "--input-local-path", "a.csv", "--debug",
    )  # fmt: skip
    assert f"POST {service.url}/api/uploads" in result.stderr
    assert "secret" not in result.stderr
    assert "token-0" not in result.stderr
    assert "s3cret" not in result.stderr
