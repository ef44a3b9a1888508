from typing import Any

import pytest

from shared.domain.invocation import read_invocation
from shared.domain.scoring_settings import LoggingLevel, ScoringSettings
from shared.errors import InvalidError

SETTINGS = ScoringSettings(max_concurrency_per_instance=2)


def body(**properties: Any) -> dict[str, Any]:
    dataset = {"dataInputType": "DataUrl", "path": "https://example.org/taxi.csv"}
    return {"properties": {"dataset": dataset, **properties}}


def test_defaults_to_a_folder_named_after_the_job():
    output = read_invocation(body()).output("job1", SETTINGS)
    assert str(output.file) == (
        "azureml://datastores/workspaceblobstore/paths/azureml/job1/score/predictions.csv"
    )
    assert output.manifest.path == "azureml/job1/score/predictions.manifest.json"
    assert output.failed_files.path == "azureml/job1/score/predictions.failed.jsonl"


@pytest.mark.parametrize("spelling", ["Path", "path", "PATH"])
def test_reads_keys_in_any_case(spelling: str):
    document = {"Properties": {"DataSet": {"DataInputType": "DataUrl", spelling: "http://x/y"}}}
    assert read_invocation(document).input_uri == "http://x/y"


def test_overrides_only_what_is_given():
    invocation = read_invocation(
        body(
            miniBatchSize=3,
            retrySettings={"maxRetries": 0},
            errorThreshold=2,
            loggingLevel="debug",
            outputFileName="mine.csv",
            compute={"instanceCount": 5},
        )
    )
    settings = invocation.apply(SETTINGS)
    assert settings.mini_batch_size == 3
    assert (settings.retry_settings.max_retries, settings.retry_settings.timeout) == (0, 30)
    assert settings.error_threshold == 2
    assert settings.logging_level is LoggingLevel.DEBUG
    assert settings.output_file_name == "mine.csv"
    assert settings.concurrency == 10


@pytest.mark.parametrize(
    "datastore", ["azureml:mystore", "mystore", "/subscriptions/s/datastores/mystore"]
)
def test_reads_all_forms_of_a_datastore(datastore: str):
    invocation = read_invocation(body(outputDataset={"datastoreId": datastore, "path": "/a/b/"}))
    output = invocation.output("j", SETTINGS)
    assert (output.datastore, output.path) == ("mystore", "a/b")


@pytest.mark.parametrize(
    ("properties", "target"),
    [
        ({"miniBatchSize": 0}, "properties.minibatchsize"),
        ({"miniBatchSize": "3"}, "properties.minibatchsize"),
        ({"miniBatches": 3}, "properties.minibatches"),
        ({"retrySettings": {"timeout": 0}}, "properties.retrysettings.timeout"),
        ({"outputFileName": "../x"}, "properties.outputfilename"),
        ({"outputDataset": {"path": "../x"}}, "properties.outputdataset.path"),
        ({"outputDataset": {"path": "/"}}, "properties.outputdataset.path"),
        ({"dataset": {"dataInputType": "DataUrl"}}, "properties.dataset"),
        ({"dataset": {"dataInputType": "DataUrl", "path": "./x"}}, "properties.dataset.path"),
        ({"dataset": {"dataInputType": "Tape", "path": "x"}}, "properties.dataset.datainputtype"),
    ],
)
def test_names_each_violation(properties: dict[str, Any], target: str):
    with pytest.raises(InvalidError) as caught:
        read_invocation(body(**properties))
    assert caught.value.details[0].target == target


def test_refuses_a_job_name_that_is_no_name():
    with pytest.raises(InvalidError, match="name"):
        read_invocation({**body(), "name": "a/b"})
