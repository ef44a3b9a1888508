"""Replaces the local paths in the YAML forms of endpoints, deployments and assets.

Where a document says `local_path` (or `path`, in today's form), the service wants the URI of an
upload; a conda file is small, and is sent as it is written.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from batchpoint.models import JsonObject

_URI = re.compile(r"(?i)(azureml:|[a-z][a-z0-9+.-]+://)")


@dataclass(frozen=True)
class Replacements:
    """Replacements for local paths; each is called with the path and its place (`target`).

    Attributes:
        upload: Answers with the URI of a file or folder.
        inline: Answers with the content of a YAML file.
    """

    upload: Callable[[Path, str], str]
    inline: Callable[[Path, str], object]


def rewrite_endpoint(document: JsonObject, base: Path, replace: Replacements) -> JsonObject:
    """Replaces the local paths of an endpoint's deployments.

    Args:
        document: The YAML form; it is not changed.
        base: The folder that relative paths start from.
        replace: What to put in their place.

    Returns:
        The document to send.
    """
    deployments = document.get("deployments")
    if isinstance(deployments, list):
        listed = cast("list[object]", deployments)
        rewritten: object = [
            _deployment(item, base, replace, f"deployments[{index}].")
            for index, item in enumerate(listed)
        ]
    elif isinstance(deployments, dict):
        named = cast("dict[str, object]", deployments)
        rewritten = {
            name: _deployment(item, base, replace, f"deployments.{name}.")
            for name, item in named.items()
        }
    else:
        return document
    return {**document, "deployments": rewritten}


def rewrite_deployment(document: JsonObject, base: Path, replace: Replacements) -> JsonObject:
    """Replaces the local paths of one deployment; see `rewrite_endpoint`."""
    return cast("JsonObject", _deployment(document, base, replace, ""))


def rewrite_asset(document: JsonObject, base: Path, replace: Replacements) -> JsonObject:
    """Replaces the local path of a model or of a data asset; see `rewrite_endpoint`."""
    rewritten = cast("JsonObject", _uploaded(document, base, replace, ""))
    paths: object = rewritten.get("paths")
    if not isinstance(paths, list):
        return rewritten
    listed = cast("list[object]", paths)
    return {**rewritten, "paths": [_listed(item, base, replace) for item in listed]}


def rewrite_environment(document: JsonObject, base: Path, replace: Replacements) -> JsonObject:
    """Replaces the conda file of an environment; see `rewrite_endpoint`."""
    return _inlined(document, base, replace, "")


def is_uri(text: str) -> bool:
    """True if it names something that the service can read, rather than a local path."""
    return _URI.match(text) is not None


def local_path(given: str, base: Path) -> Path:
    """The path that a document means; relative ones start from `base`."""
    return base / Path(given.removeprefix("file:")).expanduser()


def _deployment(item: object, base: Path, replace: Replacements, prefix: str) -> object:
    if not isinstance(item, dict):
        return item
    deployment = dict(cast("JsonObject", item))
    if isinstance(deployment.get("model"), dict):
        deployment["model"] = _uploaded(deployment["model"], base, replace, f"{prefix}model.")
    code = _mapping(deployment.get("code_configuration"))
    if code is not None and "code" in code:
        given: object = code["code"]
        source = {"path": given} if isinstance(given, str) else given
        target = f"{prefix}code_configuration.code."
        uploaded = _uploaded(source, base, replace, target)
        deployment["code_configuration"] = {**code, "code": uploaded}
    environment = _mapping(deployment.get("environment"))
    if environment is not None:
        target = f"{prefix}environment."
        deployment["environment"] = _inlined(environment, base, replace, target)
    return deployment


def _uploaded(source: object, base: Path, replace: Replacements, prefix: str) -> object:
    mapping = _mapping(source)
    keys = [key for key in ("local_path", "path") if mapping and isinstance(mapping.get(key), str)]
    # None, or both at once, is for the service to refuse: it names what it wants.
    if mapping is None or len(keys) != 1:
        return source
    given: str = mapping[keys[0]]
    rest = {key: value for key, value in mapping.items() if key != keys[0]}
    if is_uri(given):
        return {**rest, "path": given}
    return {**rest, "path": replace.upload(local_path(given, base), f"{prefix}{keys[0]}")}


def _listed(item: object, base: Path, replace: Replacements) -> object:
    """One of the `paths` of a data asset's 2021 form, such as `{folder: ./data}`."""
    mapping = _mapping(item) or {}
    uploads = {
        key: replace.upload(local_path(given, base), f"paths.{key}")
        for key, given in mapping.items()
        if key in {"file", "folder"} and isinstance(given, str) and not is_uri(given)
    }
    return {**mapping, **uploads} if mapping else item


def _inlined(environment: JsonObject, base: Path, replace: Replacements, prefix: str) -> JsonObject:
    given: object = environment.get("conda_file")
    # Several lines are the file's text itself.
    if not isinstance(given, str) or "\n" in given.strip():
        return environment
    content = replace.inline(local_path(given, base), f"{prefix}conda_file")
    return {**environment, "conda_file": content}


def _mapping(value: object) -> JsonObject | None:
    return cast("JsonObject", value) if isinstance(value, dict) else None
