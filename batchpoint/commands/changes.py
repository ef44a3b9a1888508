"""What `endpoint update --set` may change, and how it becomes a change of the endpoint."""

from collections.abc import Mapping, Sequence
from typing import Any

from batchpoint.errors import BatchpointError
from batchpoint.keyvalues import read_traffic, split_pair
from batchpoint.models import Endpoint, JsonObject


def endpoint_changes(
    shown: Endpoint, changes: Mapping[str, Any], settings: Sequence[str]
) -> JsonObject:
    """Adds `--set` values to the changes; tags and traffic start from what is shown.

    Args:
        shown: The endpoint as it is.
        changes: What the other options say.
        settings: `KEY=VALUE` each.

    Raises:
        BatchpointError: A key cannot be changed.
    """
    result: JsonObject = dict(changes)
    for setting in settings:
        key, value = split_pair(setting)
        head, _, rest = key.partition(".")
        if key == "description":
            result["description"] = value
        elif key == "defaults.deployment_name":
            result["traffic"] = {value: 100}
        elif head == "tags" and rest:
            tags = result.setdefault("tags", dict(shown.get("tags") or {}))
            tags[rest] = value
        elif head == "traffic" and rest:
            traffic = result.setdefault("traffic", dict(shown.get("traffic") or {}))
            traffic.update(read_traffic([f"{rest}={value}"]))
        else:
            raise BatchpointError(
                f"'{key}' of an endpoint cannot be changed; what can is description, tags.KEY, "
                "traffic.DEPLOYMENT and defaults.deployment_name"
            )
    return result
