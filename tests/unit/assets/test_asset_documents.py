from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.assets import documents
from shared.assets.documents import (
    read_compute,
    read_data,
    read_environment,
    read_model,
)
from shared.assets.model import DataType, ModelType, Resource
from shared.errors import InvalidError


def read_datastore(document, now):
    return documents.read_datastore(document, now, account="own")


NOW = datetime(2026, 1, 1, tzinfo=UTC)
PLACE = "azureml://datastores/workspaceblobstore/paths/in"
Read = Callable[[dict[str, Any], datetime], Resource]


def refused(read: Read, document: dict[str, Any]) -> dict[str | None, str]:
    with pytest.raises(InvalidError) as error:
        read(document, NOW)
    return {detail.target: detail.message for detail in error.value.details}


def test_reads_a_model():
    model = read_model({"name": "m", "version": 3, "path": f"{PLACE}/", "tags": {"a": "b"}}, NOW)
    assert (model.reference, model.path, model.type) == ("azureml:m:3", PLACE, ModelType.CUSTOM)
    assert (model.tags, model.created_at) == ({"a": "b"}, NOW)


def test_reads_a_version_that_yaml_takes_for_a_number():
    assert read_model({"name": "m", "version": 3.0, "path": PLACE}, NOW).version == "3"
    assert read_model({"name": "m", "version": "1.0", "path": PLACE}, NOW).version == "1.0"


@pytest.mark.parametrize(
    "conda", [{"dependencies": ["python=3.11"]}, "dependencies:\n  - python=3.11\n"]
)
def test_reads_an_environment_in_both_forms(conda: object):
    today = read_environment({"name": "e", "version": "1", "conda_file": conda, "image": "i"}, NOW)
    older = {"name": "e", "version": 1, "conda_file": conda, "docker": {"image": "i"}}
    assert read_environment(older, NOW) == today
    assert today.conda_file == {"dependencies": ["python=3.11"]}
    assert today.image == "i"


def test_reads_data_in_both_forms():
    today = read_data({"name": "d", "version": "1", "path": PLACE, "type": "uri_file"}, NOW)
    older = read_data({"name": "d", "version": "1", "paths": [{"file": PLACE}]}, NOW)
    assert today == older
    assert today.type is DataType.FILE
    web = read_data({"name": "d", "path": "https://example.org/x/"}, NOW)
    assert (web.path, web.type) == ("https://example.org/x/", DataType.FOLDER)


def test_reads_a_datastore():
    store = read_datastore({"name": "s", "container_name": "raw", "prefix": "/a/b/"}, NOW)
    assert (store.container_name, store.prefix, store.type) == ("raw", "a/b", "azure_blob")


def test_reads_a_compute_as_the_command_line_sends_it():
    document = {"name": "c", "type": "AmlCompute", "min_instances": 0, "max_instances": 5}
    compute = read_compute(document, NOW)
    assert (compute.type, compute.max_instances, compute.size) == ("amlcompute", 5, None)
    assert compute.idle_time_before_scale_down == 120


@pytest.mark.parametrize(
    ("read", "document", "target", "words"),
    [
        (read_model, {"path": PLACE}, None, "lacks 'name'"),
        (read_model, {"name": "m"}, None, "lacks 'path' or 'local_path'"),
        (read_model, {"name": "a/b", "path": PLACE}, "name", "Letters, digits"),
        (read_model, {"name": "m", "path": "./m"}, "path", "azureml://datastores/NAME/paths"),
        (read_model, {"name": "m", "local_path": "./m"}, "local_path", "only known to the client"),
        (read_model, {"name": "m", "path": PLACE, "type": "x"}, "type", "mlflow_model"),
        (read_model, {"name": "m", "path": PLACE, "version": "latest"}, "version", "not 'latest'"),
        (read_model, {"name": "m", "path": PLACE, "version": -1}, "version", "at least 0"),
        (read_model, {"name": "m", "path": PLACE, "verison": 1}, "verison", "mean 'version'"),
        (read_model, {"name": "m", "path": PLACE, "tags": {"a": 1}}, "tags.a", "must be text"),
        (read_environment, {"name": "e"}, None, "lacks 'conda_file' or 'image' or 'docker'"),
        (read_environment, {"name": "e", "conda_file": "c.yml"}, "conda_file", "the content of"),
        (read_environment, {"name": "e", "conda_file": "a: ["}, "conda_file", "line 2, column 1"),
        (read_environment, {"name": "e", "docker": {}}, "docker", "lacks 'image'"),
        (read_data, {"name": "d"}, None, "lacks 'path'"),
        (read_data, {"name": "d", "path": "wasbs://x"}, "path", "azureml://datastores"),
        (read_data, {"name": "d", "path": PLACE, "type": "mltable"}, "type", "uri_file"),
        (read_data, {"name": "d", "paths": []}, "paths", "must not be empty"),
        (read_data, {"name": "d", "paths": [{}]}, "paths[0]", "lacks 'file' or 'folder'"),
        (read_data, {"name": "d", "paths": [{"file": "x"}]}, "paths[0].file", "azureml://"),
        (read_datastore, {"name": "s"}, None, "lacks 'container_name'"),
        (read_datastore, {"name": "s", "container_name": "A"}, "container_name", "lower-case"),
        (read_datastore, {"name": "s", "container_name": "a--b"}, "container_name", "hyphens"),
        (read_datastore, {"name": "s", "container_name": "batchpoint"}, "container_name", "own"),
        (
            read_datastore,
            {"name": "s", "container_name": "raw", "prefix": "../x"},
            "prefix",
            "plain relative path",
        ),
        (
            read_datastore,
            {"name": "s", "container_name": "raw", "credentials": {}},
            "credentials",
            "unknown key",
        ),
        (read_compute, {"name": "c"}, None, "lacks 'type'"),
        (read_compute, {"name": "c", "type": "kubernetes"}, "type", "amlcompute"),
        (
            read_compute,
            {"name": "c", "type": "amlcompute", "max_instances": 0},
            "max_instances",
            "at least 1",
        ),
        (
            read_compute,
            {"name": "c", "type": "amlcompute", "min_instances": 3, "max_instances": 2},
            "min_instances",
            "at most max_instances, which is 2",
        ),
    ],
)
def test_names_each_violation_by_its_path(
    read: Read, document: dict[str, Any], target: str | None, words: str
):
    assert words in refused(read, document)[target]


def test_names_all_violations():
    found = refused(read_compute, {"name": "a b", "type": 1, "max_instances": "x", "y": 1})
    assert set(found) == {"name", "type", "max_instances", "y"}
