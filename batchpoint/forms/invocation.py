"""Reads where a job's output goes and what is set for it alone, of options."""

import re
from collections.abc import Sequence

from batchpoint.errors import BatchpointError
from batchpoint.forms.key_values import assign, split_pair
from batchpoint.forms.local_paths import is_uri
from batchpoint.models import JsonObject

DEFAULT_DATASTORE = "azureml:workspaceblobstore"

SETTINGS = {
    "output_file_name": "outputFileName",
    "output_action": "outputAction",
    "mini_batch_size": "miniBatchSize",
    "max_file_split_size": "maxFileSplitSize",
    "compute.instance_count": "compute.instanceCount",
    "max_concurrency_per_instance": "maxConcurrencyPerInstance",
    "retry_settings.max_retries": "retrySettings.maxRetries",
    "retry_settings.timeout": "retrySettings.timeout",
    "error_threshold": "errorThreshold",
    "logging_level": "loggingLevel",
}
FRACTIONS = frozenset({"retry_settings.timeout", "max_file_split_size"})
TEXTS = frozenset({"output_file_name", "output_action", "logging_level"})


def output_dataset(datastore: str | None, path: str | None) -> JsonObject:
    """The `outputDataset` of the body: one property, or none where the default place will do.

    Args:
        datastore: `azureml:NAME`, or None for the default one.
        path: A folder in it, or an `azureml://` URI that names the datastore as well.

    Raises:
        BatchpointError: The URI names no place in a datastore, or the datastore is named twice.
    """
    if datastore is None and path is None:
        return {}
    if path is not None and is_uri(path.removeprefix("folder:")):
        if datastore is not None:
            raise BatchpointError(
                "--output-path names a datastore, so leave --output-datastore out"
            )
        datastore, path = _place(path)
    name = (datastore or DEFAULT_DATASTORE).removeprefix("azureml:")
    place = {"datastoreId": f"azureml:{name}"}
    return {"outputDataset": {**place, "path": path} if path else place}


def _place(uri: str) -> tuple[str, str]:
    match = re.fullmatch(r"(?:folder:)?azureml://(?:.+/)?datastores/([^/]+)/paths/?(.*)", uri)
    if match is None:
        raise BatchpointError(
            f"--output-path '{uri}' should be a path, or azureml://datastores/NAME/paths/PATH"
        )
    return match[1], match[2].strip("/")


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
    if key in FRACTIONS and re.fullmatch(r"\d*\.\d+", value):
        return float(value)
    raise BatchpointError(f"{key} must be a whole number, not '{value}'")
