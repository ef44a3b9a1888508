"""Reads the YAML files that describe endpoints, deployments, assets and computes."""

from collections.abc import Hashable
from pathlib import Path
from typing import Any, cast

import yaml

from batchpoint.errors import BatchpointError
from batchpoint.models import JsonObject


class _Loader(yaml.CSafeLoader):
    """Refuses duplicate keys, which hide a value, and leaves dates as the text that they are."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - the base class declares it so
        first: [(tag, regexp) for tag, regexp in resolvers if not tag.endswith(":timestamp")]
        for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(
        self, node: yaml.nodes.MappingNode, deep: bool = False
    ) -> dict[Hashable, Any]:
        """Builds a mapping in which each key occurs once."""
        seen: set[str] = set()
        for key, _ in node.value:
            text = str(key.value)
            if text in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"the key '{text}' occurs twice", problem_mark=key.start_mark
                )
            seen.add(text)
        return super().construct_mapping(node, deep)


def read_document(path: Path) -> JsonObject:
    """Reads a YAML (or JSON) file whose top is a mapping.

    Raises:
        BatchpointError: It cannot be read; the message gives file, line and column.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise BatchpointError(f"there is no file '{path}'") from error
    except (OSError, UnicodeDecodeError) as error:
        raise BatchpointError(f"'{path}' cannot be read: {error}") from error
    try:
        document = yaml.load(text, Loader=_Loader)  # noqa: S506 - derives from CSafeLoader
    except yaml.MarkedYAMLError as error:
        raise BatchpointError(f"{_place(path, error)}: {_problem(error)}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise BatchpointError(f"'{path}' cannot be read as YAML: {error}") from error
    if not isinstance(document, dict):
        raise BatchpointError(f"'{path}' must hold a mapping of keys to values at its top")
    return cast("JsonObject", document)


def _place(path: Path, error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    return f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else str(path)


def _problem(error: yaml.MarkedYAMLError) -> str:
    parts = [part for part in (error.context, error.problem) if part]
    return ", ".join(parts) or "the YAML cannot be read"
