import hashlib

import pytest

from batchpoint.errors import TransferError
from batchpoint.http.retrying import RetryPolicy
from batchpoint.transfer.blobs import BlobTransfers
from batchpoint.transfer.parallel import StopSignal

INVOKE = ("endpoint", "invoke", "--name", "mybatchedp", "--type", "batch")
JOBS = "/api/endpoints/mybatchedp/jobs"


def test_invoke_maps_all_options(run, service):
    result = run(
        *INVOKE, "--input-path", "https://host/taxi.csv", "--output-datastore", "azureml:mine",
        "--output-path", "mypath", "--mini-batch-size", "10", "--instance-count", "2",
        "--set", "output_file_name=mine.csv", "retry_settings.max_retries=1", "error_threshold=-1",
        "--job-name", "named", "-d", "second", "--query", "name", "-o", "tsv",
    )  # fmt: skip
    assert result.stdout == "named\n"
    request = service.sent("POST", JOBS)[0]
    assert request.headers["azureml-model-deployment"] == "second"
    assert request.json == {
        "name": "named",
        "properties": {
            "dataset": {"dataInputType": "DataUrl", "path": "https://host/taxi.csv"},
            "outputDataset": {"datastoreId": "azureml:mine", "path": "mypath"},
            "outputFileName": "mine.csv",
            "miniBatchSize": 10,
            "compute": {"instanceCount": 2},
            "retrySettings": {"maxRetries": 1},
            "errorThreshold": -1,
        },
    }


def test_an_incremental_job_is_asked_for(run, service):
    run(*INVOKE, "--input", "azureml:nyc:3", "--incremental")
    assert service.sent("POST", JOBS)[0].json["properties"]["incremental"] is True


@pytest.mark.parametrize("option", ["--input", "--input-local-path"])
def test_an_incremental_job_needs_an_input_that_stays(run, service, tmp_path, option):
    (tmp_path / "a.csv").write_text("x\n")
    result = run(*INVOKE, option, str(tmp_path / "a.csv"), "--incremental", code=1)
    assert "--incremental needs an input that stays where it is" in result.stderr
    assert not service.sent("POST", "/api/uploads")


@pytest.mark.parametrize("trouble", ["drop", 503])
def test_a_repeated_invoke_starts_one_job(run, service, trouble):
    service.disturb[f"POST {JOBS}"] = [trouble]
    run(*INVOKE, "--input-path", "https://host/a.csv")
    first, second = service.sent("POST", JOBS)
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
    assert len(service.jobs) == 1


@pytest.mark.parametrize(
    ("options", "dataset"),
    [
        (
            ["--input-data", "azureml:nyc:3"],
            {"dataInputType": "DataVersion", "datasetName": "nyc", "datasetVersion": "3"},
        ),
        (
            ["--input-datastore", "azureml:ds", "--input-path", "a/b"],
            {"dataInputType": "DataUrl", "path": "azureml://datastores/ds/paths/a/b"},
        ),
    ],
)
def test_other_inputs(run, service, options, dataset):
    run(*INVOKE, *options)
    assert service.sent("POST", JOBS)[0].json["properties"]["dataset"] == dataset


@pytest.mark.parametrize(
    ("options", "kind", "uri"),
    [
        (
            ["--input", "https://h/mnist", "--input-type", "uri_folder"],
            "UriFolder",
            "https://h/mnist",
        ),
        (["--input", "azureml:taxi:1", "--input-type", "uri_file"], "UriFile", "azureml:taxi:1"),
        (["--input-path", "folder:https://h/mnist"], "UriFolder", "https://h/mnist"),
        (["--input-path", "file:https://h/a.csv"], "UriFile", "https://h/a.csv"),
    ],
)
def test_a_declared_type_goes_in_todays_form(run, service, options, kind, uri):
    run("batch-endpoint", "invoke", "-n", "mybatchedp", *options)
    properties = service.sent("POST", JOBS)[0].json["properties"]
    assert properties == {"InputData": {"input": {"JobInputType": kind, "Uri": uri}}}


@pytest.mark.parametrize("prefix", ["", "folder:"])
@pytest.mark.parametrize("workspace", ["", "subscriptions/s/resourceGroups/g/workspaces/w/"])
def test_output_path_may_be_a_uri(run, service, prefix, workspace):
    uri = f"{prefix}azureml://{workspace}datastores/mine/paths/my/path/"
    run(*INVOKE, "--input", "https://h/a.csv", "--output-path", uri)
    properties = service.sent("POST", JOBS)[0].json["properties"]
    assert properties["outputDataset"] == {"datastoreId": "azureml:mine", "path": "my/path"}


def test_local_input_is_sent_once(run, service, tmp_path):
    for folder in ["data", "copies/data"]:
        (tmp_path / folder).mkdir(parents=True)
        for name in "ab":
            (tmp_path / folder / name).write_text(name)
    run(*INVOKE, "--input", "data", "--input-type", "uri_folder")
    again = run(*INVOKE, "--input", "copies/data", "--verbose")
    assert len([item for item in service.requests if item.method == "PUT"]) == 2
    assert "data: 2 of 2 files were there already\n" in again.stderr
    first, second = service.sent("POST", JOBS)
    assert first.json == second.json
    (tmp_path / "data/a").write_text("A")
    assert "there already" not in run(*INVOKE, "--input", "data", "--verbose").stderr
    assert service.blobs["/blob/u2/data/a"] == b"A"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "none is given"),
        (["--input-path", "https://a", "--input-data", "azureml:a:1"], "exactly one input"),
        (["--input-datastore", "azureml:a"], "needs --input-path"),
        (["--input-path", "data/a.csv"], "--input-local-path"),
        (["--input-data", "nyc"], "azureml:NAME:VERSION"),
        (["--input", "nowhere"], "there is no file or folder 'nowhere'"),
        (["--input", "a", "--input-path", "https://a"], "got --input and --input-path"),
        (["--input", "https://a", "--output-path", "azureml:x"], "paths/PATH"),
        (
            [
                "--input",
                "https://a",
                "--output-datastore",
                "a",
                "--output-path",
                "azureml://datastores/b/paths/c",
            ],
            "leave --output-datastore out",
        ),
        (["--input-local-path", "nowhere"], "there is no file or folder 'nowhere'"),
        (
            ["--input-path", "https://a", "--set", "colour=red"],
            "what can is compute.instance_count",
        ),
        (["--input-path", "https://a", "--set", "error_threshold=x"], "must be a whole number"),
    ],
)
def test_refused_before_anything_is_sent(run, service, options, message):
    assert message in run(*INVOKE, *options, code=1).stderr
    assert service.requests == []


def test_local_folder_of_many_files_is_uploaded_in_groups(run, service, tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    for index in range(1_003):
        (folder / f"{index:04}.csv").write_text(str(index))
    run(*INVOKE, "--input-local-path", "data")
    groups = [item.json for item in service.sent("POST", "/api/uploads")]
    assert [len(group["files"]) for group in groups] == [1_000, 3]
    assert len(groups[0]["upload_id"]) == 64
    assert groups[0]["upload_id"] == groups[1]["upload_id"]
    assert groups[1]["files"][0] == {"path": "data/1000.csv", "size": 4}
    assert service.blobs["/blob/u1/data/1002.csv"] == b"1002"
    path = service.sent("POST", JOBS)[0].json["properties"]["dataset"]["path"]
    assert path.endswith("/LocalUpload/u1/data")


def test_several_local_files_become_one_folder(run, service, tmp_path):
    for name in ["a.csv", "b.csv"]:
        (tmp_path / name).write_text(name)
    service.disturb["PUT /blob/u1/a.csv"] = [503]
    run(*INVOKE, "--input-local-path", "a.csv", "b.csv", "--query", "name")
    assert sorted(service.blobs) == ["/blob/u1/a.csv", "/blob/u1/b.csv"]
    path = service.sent("POST", JOBS)[0].json["properties"]["dataset"]["path"]
    assert path.endswith("/LocalUpload/u1")


def test_refused_upload_starts_no_job(run, service, tmp_path):
    (tmp_path / "a.csv").write_text("a")
    service.disturb["PUT /blob/u1/a.csv"] = [403]
    result = run(*INVOKE, "--input-local-path", "a.csv", code=1)
    assert "'a.csv' could not be uploaded: the storage answered 403 ServerBusy" in result.stderr
    assert service.sent("POST", JOBS) == []


def test_large_files_go_in_blocks(service, tmp_path):
    path = tmp_path / "large.bin"
    path.write_bytes(bytes(range(256)) * 40_000)
    slot = {
        "path": "large.bin",
        "url": f"{service.url}/blob/u/large.bin?sig=secret",
        "method": "PUT",
        "headers": {"x-ms-blob-type": "BlockBlob"},
    }
    pieces: list[int] = []
    blobs = BlobTransfers(RetryPolicy(sleep=lambda _: None), large_file=1_000)
    blobs.put(path, slot, pieces.append, StopSignal())
    blobs.close()
    assert service.blobs["/blob/u/large.bin"] == path.read_bytes()
    assert sum(pieces) == path.stat().st_size
    assert len(service.blocks) == 2


@pytest.mark.parametrize("large_file", [1, 1_000])
def test_what_has_changed_since_it_was_hashed_is_not_sent(service, tmp_path, large_file):
    path = tmp_path / "model.bin"
    path.write_bytes(b"new")
    slot = {
        "path": "model.bin",
        "url": f"{service.url}/blob/u/model.bin",
        "method": "PUT",
        "headers": {"x-ms-blob-type": "BlockBlob"},
    }
    blobs = BlobTransfers(RetryPolicy(sleep=lambda _: None), large_file=large_file)
    digest = hashlib.sha256(b"old").hexdigest()
    with pytest.raises(TransferError, match="has changed"):
        blobs.put(path, slot, lambda _: None, StopSignal(), digest)
    blobs.close()
    assert service.blobs == {}
