"""Turns the options of `endpoint update` into a change of the endpoint."""

from collections.abc import Mapping, Sequence
from typing import Any

from batchpoint.errors import BatchpointError
from batchpoint.forms.key_values import read_traffic, split_pair
from batchpoint.models import Endpoint, JsonObject

_WHAT_CAN = "what can is description, tags.KEY, traffic.DEPLOYMENT and defaults.deployment_name"
IDENTITY = frozenset({"$schema", "name", "type", "auth_mode"})
CHANGEABLE = frozenset({"description", "tags", "traffic"})


def document_changes(document: JsonObject, name: str) -> JsonObject:
    """Returns the changes that an endpoint's YAML form makes to an existing endpoint.

    Raises:
        BatchpointError: It is of another endpoint, or holds what cannot be changed.
    """
    named = document.get("name", name)
    if named != name:
        raise BatchpointError(f"the file describes the endpoint '{named}', not '{name}'")
    if document.get("deployments"):
        raise BatchpointError(
            "an update leaves deployments alone: add one with --deployment-file, or change one "
            "with 'batchpoint deployment update'"
        )
    unknown = sorted(document.keys() - IDENTITY - CHANGEABLE - {"deployments", "defaults"})
    if unknown:
        raise BatchpointError(f"'{unknown[0]}' of an endpoint cannot be changed; {_WHAT_CAN}")
    changes = {key: value for key, value in document.items() if key in CHANGEABLE}
    active = (document.get("defaults") or {}).get("deployment_name")
    return {**changes, "traffic": {active: 100}} if active else changes


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
            raise BatchpointError(f"'{key}' of an endpoint cannot be changed; {_WHAT_CAN}")
    return result
