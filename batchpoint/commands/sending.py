"""Reads the YAML files that commands are given, and makes them ready to send."""

from pathlib import Path
from typing import TYPE_CHECKING

from batchpoint.commands.session import Session
from batchpoint.keyvalues import assign, read_value, split_pair
from batchpoint.models import JsonObject

if TYPE_CHECKING:
    from batchpoint.preparation import Rewrite


def read_with_settings(file: Path, settings: tuple[str, ...], name: str | None) -> JsonObject:
    """Reads a YAML file, and sets in it what `--set` and `--name` say."""
    from batchpoint.documents import read_document  # noqa: PLC0415 - slow to import

    document = read_document(file)
    for setting in settings:
        place, value = split_pair(setting)
        assign(document, place, read_value(value))
    return {**document, "name": name} if name else document


def upload_local_paths(
    session: Session, document: JsonObject, file: Path, rewrite: "Rewrite", concurrency: int
) -> JsonObject:
    """Uploads what a document names, and answers with the document to send.

    Args:
        session: Uploads with a progress bar.
        document: What was read.
        file: Where it was read; relative paths start from its folder.
        rewrite: `rewrite_endpoint` or `rewrite_deployment`.
        concurrency: How many files at once.
    """
    from batchpoint.preparation import prepare  # noqa: PLC0415 - slow to import

    return prepare(document, file.parent, rewrite, lambda plan: session.upload(plan, concurrency))
