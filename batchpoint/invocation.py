"""Builds the body of an invocation from what the command line says."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from batchpoint.errors import BatchpointError
from batchpoint.keyvalues import assign, split_pair
from batchpoint.models import JsonObject

DEFAULT_DATASTORE = "azureml:workspaceblobstore"

SETTINGS = {
    "output_file_name": "outputFileName",
    "output_action": "outputAction",
    "mini_batch_size": "miniBatchSize",
    "compute.instance_count": "compute.instanceCount",
    "max_concurrency_per_instance": "maxConcurrencyPerInstance",
    "retry_settings.max_retries": "retrySettings.maxRetries",
    "retry_settings.timeout": "retrySettings.timeout",
    "error_threshold": "errorThreshold",
    "logging_level": "loggingLevel",
}
TEXTS = frozenset({"output_file_name", "output_action", "logging_level"})


@dataclass(frozen=True)
class InputChoice:
    """What the options say about the input; exactly one kind may be given.

    Attributes:
        path: `--input-path`: a URL or URI, or with `datastore` the path in that.
        local_paths: `--input-local-path`.
        data: `--input-data`, as `azureml:NAME:VERSION`.
        datastore: `--input-datastore`.
    """

    path: str | None = None
    local_paths: Sequence[str] = ()
    data: str | None = None
    datastore: str | None = None

    def check(self) -> None:
        """Checks that exactly one input is given.

        Raises:
            BatchpointError: None or several are given, or one that cannot be.
        """
        kinds = {
            "--input-path": bool(self.path) and not self.datastore,
            "--input-local-path": bool(self.local_paths),
            "--input-data": bool(self.data),
            "--input-datastore": bool(self.datastore),
        }
        given = [kind for kind, present in kinds.items() if present]
        if len(given) != 1:
            said = f"got {' and '.join(given)}" if given else "none is given"
            raise BatchpointError(
                "give exactly one input: --input-path, --input-local-path, --input-data, or "
                f"--input-datastore with --input-path; {said}"
            )
        if self.datastore and not self.path:
            raise BatchpointError("--input-datastore needs --input-path, the path in it")

    def dataset(self) -> JsonObject:
        """The `dataset` of the body; local paths must have become a URI in `path` before."""
        if self.data:
            return _asset(self.data)
        path = self.path or ""
        if self.datastore:
            name = self.datastore.removeprefix("azureml:")
            path = f"azureml://datastores/{name}/paths/{path.strip('/')}"
        elif not re.match(r"(?i)azureml:|https?://", path):
            raise BatchpointError(
                f"--input-path '{path}' is neither a URL nor an azureml:// URI; for a local file "
                "or folder use --input-local-path"
            )
        return {"dataInputType": "DataUrl", "path": path}


def _asset(reference: str) -> JsonObject:
    match = re.fullmatch(r"azureml:([^:@/]+)(?::([^:@/]+)|@(latest))", reference)
    if match is None:
        raise BatchpointError(f"--input-data '{reference}' should be azureml:NAME:VERSION")
    return {
        "dataInputType": "DataVersion",
        "datasetName": match[1],
        "datasetVersion": match[2] or match[3],
    }


def output_dataset(datastore: str | None, path: str | None) -> JsonObject:
    """The `outputDataset` of the body: one property, or none where the default place will do."""
    if datastore is None and path is None:
        return {}
    name = (datastore or DEFAULT_DATASTORE).removeprefix("azureml:")
    place = {"datastoreId": f"azureml:{name}"}
    return {"outputDataset": place if path is None else {**place, "path": path}}


def overrides(pairs: Sequence[str]) -> JsonObject:
    """Reads `--set KEY=VALUE` settings of one job into properties of the body.

    Raises:
        BatchpointError: A key is unknown, or a number is none.
    """
    properties: JsonObject = {}
    for pair in pairs:
        key, value = split_pair(pair)
        if key not in SETTINGS:
            raise BatchpointError(
                f"'{key}' cannot be set for one job; what can is {', '.join(sorted(SETTINGS))}"
            )
        if key in TEXTS:
            assign(properties, SETTINGS[key], value)
        else:
            assign(properties, SETTINGS[key], _number(key, value))
    return properties


def _number(key: str, value: str) -> int | float:
    if re.fullmatch(r"-?\d+", value):
        return int(value)
    if key == "retry_settings.timeout" and re.fullmatch(r"\d*\.\d+", value):
        return float(value)
    raise BatchpointError(f"{key} must be a whole number, not '{value}'")
