"""Makes a YAML file ready to send: checks and uploads the files that it names."""

from collections.abc import Callable
from pathlib import Path

from batchpoint.errors import BatchpointError, ErrorDetail
from batchpoint.forms.documents import read_document
from batchpoint.forms.local_paths import Replacements
from batchpoint.models import JsonObject
from batchpoint.transfer.local_files import UploadPlan, plan_upload

Rewrite = Callable[[JsonObject, Path, Replacements], JsonObject]


def prepare(
    document: JsonObject, base: Path, rewrite: Rewrite, upload: Callable[[UploadPlan], str]
) -> JsonObject:
    """Replaces a document's local paths by uploads.

    Nothing is uploaded before all paths are known to be good; what occurs twice is uploaded once.

    Args:
        document: A YAML form.
        base: The folder that relative paths start from.
        rewrite: What knows its local paths, such as `rewrite_endpoint`.
        upload: Uploads files and answers with their URI.

    Raises:
        BatchpointError: Naming each path that is missing or cannot be used.
    """
    plans = _checked(document, base, rewrite)
    uris: dict[Path, str] = {}

    def uploaded(path: Path, _target: str) -> str:
        place = path.resolve()
        if place not in uris:
            uris[place] = upload(plans[place])
        return uris[place]

    replace = Replacements(uploaded, lambda path, _target: read_document(path))
    return rewrite(document, base, replace)


def _checked(document: JsonObject, base: Path, rewrite: Rewrite) -> dict[Path, UploadPlan]:
    """The uploads that the document asks for, by their real path."""
    plans: dict[Path, UploadPlan] = {}
    problems: list[ErrorDetail] = []

    def check(path: Path, target: str) -> str:
        try:
            plans.setdefault(path.resolve(), plan_upload([path]))
        except BatchpointError as error:
            problems.append(ErrorDetail(error.message, target))
        return ""

    def inline(path: Path, target: str) -> object:
        try:
            return read_document(path)
        except BatchpointError as error:
            problems.append(ErrorDetail(error.message, target))
            return None

    rewrite(document, base, Replacements(check, inline))
    if len(problems) == 1:
        raise BatchpointError(str(problems[0]))
    if problems:
        raise BatchpointError(f"{len(problems)} local paths cannot be used", problems)
    return plans
