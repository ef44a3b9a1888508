from typing import Any

import pytest

from api.readers.invocations import read_invocation
from shared.endpoints.scoring_settings import LoggingLevel, ScoringSettings
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


def test_refuses_a_key_that_is_given_twice_in_different_spelling():
    with pytest.raises(InvalidError, match="'mini_batch_size' is given twice") as caught:
        read_invocation(body(miniBatchSize=3, mini_batch_size=4))
    assert caught.value.target == "minibatchsize"


@pytest.mark.parametrize("change", [{"loggingLevel": "info\n"}, {"outputFileName": "a.csv\n"}])
def test_refuses_a_newline_at_the_end(change: dict[str, str]):
    with pytest.raises(InvalidError, match="is not allowed here"):
        read_invocation(body(**change))


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
    settings = invocation.settings.apply(SETTINGS)
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


def data(kind: str, **more: str) -> dict[str, str]:
    return {"dataInputType": kind, **more}


@pytest.mark.parametrize(
    ("dataset", "uri"),
    [
        (
            data("DataVersion", datasetName="t", datasetVersion="2"),
            "azureml:t:2",
        ),
        (data("DataVersion", datasetName="t"), "azureml:t@latest"),
        (data("DatasetId", datasetId="azureml:taxi:2"), "azureml:taxi:2"),
        (
            {"dataInputType": "DatasetId", "datasetId": "/subscriptions/s/x"},
            "azureml:/subscriptions/s/x",
        ),
        ({"dataInputType": "DataUrl", "path": "azureml:taxi:1"}, "azureml:taxi:1"),
    ],
)
def test_reads_data_assets(dataset: dict[str, Any], uri: str):
    assert read_invocation(body(dataset=dataset)).input_uri == uri


def test_reads_todays_form():
    invocation = read_invocation(
        {
            "properties": {
                "InputData": {"mnist": {"JobInputType": "UriFolder", "Uri": "https://x/y"}},
                "OutputData": {
                    "score": {
                        "JobOutputType": "UriFile",
                        "Uri": "azureml://datastores/mine/paths/some/where/out.csv",
                    }
                },
                "miniBatchSize": 4,
            }
        }
    )
    assert invocation.input_uri == "https://x/y"
    settings = invocation.settings.apply(SETTINGS)
    output = invocation.output("j", settings)
    assert (output.datastore, output.path, output.file_name) == ("mine", "some/where", "out.csv")
    assert settings.mini_batch_size == 4


def test_todays_output_may_be_a_folder():
    uri = "azureml://datastores/mine/paths/some/where"
    output = {"score": {"JobOutputType": "UriFolder", "Uri": uri}}
    made = read_invocation(body(OutputData=output)).output("j", SETTINGS)
    assert (made.path, made.file_name) == ("some/where", "predictions.csv")


def output_data(uri: str) -> dict[str, Any]:
    return {"OutputData": {"a": {"Uri": uri}}}


@pytest.mark.parametrize(
    ("properties", "target"),
    [
        ({"InputData": {"a": {"Uri": "https://x"}}}, "properties.inputdata"),
        (
            {**output_data("azureml://datastores/m/paths/a/b"), "outputFileName": "x"},
            "properties.outputfilename",
        ),
        (output_data("azureml://datastores/m/paths/b"), "properties.outputdata.a.uri"),
        (output_data("https://x/y"), "properties.outputdata.a.uri"),
        ({"dataset": {"dataInputType": "DataVersion"}}, "properties.dataset"),
        (
            {"dataset": {"dataInputType": "DataUrl", "path": "azureml://x"}},
            "properties.dataset.path",
        ),
    ],
)
def test_refuses_what_contradicts_itself(properties: dict[str, Any], target: str):
    with pytest.raises(InvalidError) as caught:
        read_invocation(body(**properties))
    assert caught.value.details[0].target == target
