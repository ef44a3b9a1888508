import pytest

from batchpoint.blobs import BlobTransfers
from batchpoint.parallel import StopSignal
from batchpoint.retrying import RetryPolicy

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
    ("options", "message"),
    [
        ([], "none is given"),
        (["--input-path", "https://a", "--input-data", "azureml:a:1"], "exactly one input"),
        (["--input-datastore", "azureml:a"], "needs --input-path"),
        (["--input-path", "data/a.csv"], "--input-local-path"),
        (["--input-data", "nyc"], "azureml:NAME:VERSION"),
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
    assert groups[1]["upload_id"] == "u1"
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
