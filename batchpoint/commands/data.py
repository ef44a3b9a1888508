"""`batchpoint data`: create, show, list and delete."""

from pathlib import Path

from batchpoint.console.base import BatchpointGroup
from batchpoint.console.uploaded_assets import UploadedKind, add_uploaded_commands
from batchpoint.forms.local_paths import is_uri, local_path
from batchpoint.models import JsonObject


def _typed(document: JsonObject, base: Path) -> JsonObject:
    """Adds the type that a local path has, where the document says none."""
    given = document.get("path") or document.get("local_path")
    if document.get("type") or not isinstance(given, str) or is_uri(given):
        return document
    is_file = local_path(given, base).is_file()
    return {**document, "type": "uri_file" if is_file else "uri_folder"}


group = BatchpointGroup("data", help="Data assets: registered versions of inputs.")
add_uploaded_commands(
    group,
    UploadedKind(
        what="data asset",
        path_help="A local file or folder, a URL, or an azureml:// URI.",
        types=("uri_file", "uri_folder"),
        type_help="What the path is; of a local one it is seen.",
        assets=lambda session: session.client.data,
        complete=_typed,
    ),
)
