"""Makes the documents that commands send: of YAML files, of options, and of local paths."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from batchpoint.console.session import Session
from batchpoint.errors import BatchpointError
from batchpoint.forms.key_values import assign, read_value, split_pair
from batchpoint.forms.local_paths import is_uri
from batchpoint.models import JsonObject

if TYPE_CHECKING:
    from batchpoint.forms.preparation import Rewrite


def read_with_settings(
    file: Path | None, settings: tuple[str, ...], given: Mapping[str, object]
) -> JsonObject:
    """Reads a YAML file, if there is one, and sets in it what options say.

    Args:
        file: The file, or None.
        settings: `KEY=VALUE` each.
        given: The values of options by their key in the document; None where they are not given.
    """
    from batchpoint.forms.documents import read_document  # noqa: PLC0415 - slow to import

    document = read_document(file) if file else {}
    for setting in settings:
        place, value = split_pair(setting)
        assign(document, place, read_value(value))
    return {**document, **{key: value for key, value in given.items() if value is not None}}


def named(document: JsonObject) -> JsonObject:
    """The document itself, which must have a name.

    Raises:
        BatchpointError: It has none.
    """
    if not document.get("name"):
        raise BatchpointError("there is no name: give --name, or 'name' in a file given as --file")
    return document


def endpoint_named(document: JsonObject) -> str:
    """The endpoint that a document is for, which it must name.

    Raises:
        BatchpointError: It names none.
    """
    endpoint = document.get("endpoint_name")
    if not endpoint:
        raise BatchpointError(
            "there is no endpoint: give --endpoint-name, or 'endpoint_name' in a file given as "
            "--file"
        )
    return str(endpoint)


def from_here(path: str | None) -> str | None:
    """A path of an option, which starts from the working folder, as a file may have it."""
    return path if path is None or is_uri(path) else str(Path(path).absolute())


def upload_local_paths(
    session: Session,
    document: JsonObject,
    file: Path | None,
    rewrite: "Rewrite",
    concurrency: int,
) -> JsonObject:
    """Uploads what a document names, and answers with the document to send.

    Args:
        session: Uploads with a progress bar.
        document: What was read.
        file: Where it was read; relative paths start from its folder.
        rewrite: What knows the document's local paths, such as `rewrite_endpoint`.
        concurrency: How many files at once.
    """
    from batchpoint.forms.preparation import prepare  # noqa: PLC0415 - slow to import

    base = file.parent if file else Path()
    return prepare(document, base, rewrite, lambda plan: session.upload(plan, concurrency))
