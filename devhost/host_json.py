"""Reads host.json with the app settings that override it.

An app setting `AzureFunctionsJobHost__extensions__durableTask__hubName` replaces that key:
https://learn.microsoft.com/azure/azure-functions/functions-host-json#override-hostjson-values
"""

from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any, cast

from devhost.app import read_json

_PREFIX = "azurefunctionsjobhost__"


def read_host_json(folder: Path, settings: Mapping[str, str]) -> dict[str, Any]:
    """Reads the host.json of an app's folder.

    Raises:
        AppError: It is not JSON.
    """
    return override(read_json(folder / "host.json"), settings)


def override(document: Mapping[str, Any], settings: Mapping[str, str]) -> dict[str, Any]:
    """Gives the document with the app settings applied; names count in any case."""
    changed = deepcopy(dict(document))
    for name, value in settings.items():
        if name.lower().startswith(_PREFIX):
            _set(changed, name[len(_PREFIX) :].split("__"), value)
    return changed


def _set(place: dict[str, Any], path: list[str], value: str) -> None:
    for name in path[:-1]:
        key = _key(place, name)
        if not isinstance(place.get(key), dict):
            place[key] = {}
        place = cast("dict[str, Any]", place[key])
    place[_key(place, path[-1])] = _read_value(value)


def _key(place: dict[str, Any], name: str) -> str:
    return next((key for key in place if key.lower() == name.lower()), name)


def _read_value(text: str) -> str | int | bool:
    if text.lower() in {"true", "false"}:
        return text.lower() == "true"
    return int(text) if text.lstrip("-").isdigit() else text
