import pytest

from batchpoint.commands.endpoint_changes import endpoint_changes
from batchpoint.console.base import spread
from batchpoint.errors import BatchpointError
from batchpoint.forms.invocation import output_dataset, overrides
from batchpoint.forms.key_values import assign, read_traffic, read_value, split_pair


def test_pairs():
    assert split_pair("a.b=c=d") == ("a.b", "c=d")
    assert split_pair("a=") == ("a", "")
    for bad in ["a", "=b"]:
        with pytest.raises(BatchpointError, match="KEY=VALUE"):
            split_pair(bad)
    assert read_traffic(["a:100", "b=0"]) == {"a": 100, "b": 0}


@pytest.mark.parametrize(
    ("text", "value"), [("3", 3), ("true", True), ("x y", "x y"), ('{"a": 1}', {"a": 1}), ("", "")]
)
def test_values(text, value):
    assert read_value(text) == value


def test_assign():
    document = {"deployments": [{"name": "a"}, {"name": "b"}], "tags": None}
    assign(document, "tags.team", "risk")
    assign(document, "deployments[0].retry_settings.timeout", 5)
    assign(document, "deployments.b.mini_batch_size", 7)
    assert document == {
        "deployments": [
            {"name": "a", "retry_settings": {"timeout": 5}},
            {"name": "b", "mini_batch_size": 7},
        ],
        "tags": {"team": "risk"},
    }
    for bad in ["deployments[2].x", "deployments.c.x", "tags.team.x", "a..b", "[0]"]:
        with pytest.raises(BatchpointError):
            assign(document, bad, 1)


def test_overrides_name_what_can_be_set():
    assert overrides(["retry_settings.timeout=1.5", "output_file_name=1"]) == {
        "retrySettings": {"timeout": 1.5},
        "outputFileName": "1",
    }
    with pytest.raises(BatchpointError, match=r"settings\.max_retries, retry_settings\.timeout"):
        overrides(["model=x"])


def test_output_dataset_has_a_default_datastore():
    assert output_dataset(None, None) == {}
    assert output_dataset(None, "p") == {
        "outputDataset": {"datastoreId": "azureml:workspaceblobstore", "path": "p"}
    }


def test_endpoint_changes_start_from_what_is_shown():
    shown = {"tags": {"a": "1"}, "traffic": {"x": 100}}
    assert endpoint_changes(shown, {}, ["tags.b=2", "description=d"]) == {
        "tags": {"a": "1", "b": "2"},
        "description": "d",
    }
    assert endpoint_changes(shown, {}, ["defaults.deployment_name=y"]) == {"traffic": {"y": 100}}
    with pytest.raises(BatchpointError, match="cannot be changed"):
        endpoint_changes(shown, {}, ["name=x"])


def test_several_values_are_spread():
    args = ["--set", "a=1", "b=2", "-o", "tsv", "--set", "c=3"]
    assert spread(args, {"--set"}) == [
        "--set", "a=1", "--set", "b=2", "-o", "tsv", "--set", "c=3",
    ]  # fmt: skip
