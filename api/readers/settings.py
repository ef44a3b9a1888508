"""Reads scoring settings, as deployments and invocations have them."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from shared.endpoints.scoring_settings import LoggingLevel, OutputAction
from shared.endpoints.settings_draft import SettingsDraft

Document = Mapping[str, Any]
T = TypeVar("T")


def read_settings(
    document: Document, compute: Document, spelled: Callable[[str], str] = str
) -> SettingsDraft:
    """Reads settings of a document that fits its schema.

    Args:
        document: Has the settings among its keys.
        compute: Has `target` and `instance_count`.
        spelled: Turns a key such as `mini_batch_size` into the document's spelling of it.
    """

    def given(part: Document, key: str, kind: Callable[[Any], T]) -> T | None:
        value = part.get(spelled(key))
        return None if value is None else kind(value)

    retry: Document = document.get(spelled("retry_settings"), {})
    return SettingsDraft(
        compute=given(compute, "target", str),
        instance_count=given(compute, "instance_count", int),
        max_concurrency_per_instance=given(document, "max_concurrency_per_instance", int),
        mini_batch_size=given(document, "mini_batch_size", int),
        max_file_split_size=document.get(spelled("max_file_split_size")),
        output_action=given(document, "output_action", OutputAction),
        output_file_name=given(document, "output_file_name", str),
        max_retries=given(retry, "max_retries", int),
        timeout=retry.get("timeout"),
        error_threshold=given(document, "error_threshold", int),
        logging_level=given(document, "logging_level", lambda text: LoggingLevel(text.upper())),
    )
