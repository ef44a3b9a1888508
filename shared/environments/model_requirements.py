"""Reads the requirements of an MLflow model from the files beside its MLmodel.

https://mlflow.org/docs/latest/ml/model/ has `conda.yaml`, `python_env.yaml` and `requirements.txt`.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from shared.documents.loading import load_document
from shared.documents.validation import invalid
from shared.environments.conda import python_versions, read_conda, read_requirements
from shared.environments.requirements import Requirements
from shared.errors import ErrorDetail, InvalidError, MalformedError, NotFoundError
from shared.storage.ports import BlobStore

_MAX_BYTES = 1024 * 1024


def read_model_requirements(
    blobs: BlobStore, container: str, path: str, *, target: str
) -> Requirements | None:
    """Reads what a model needs.

    Args:
        blobs: Where the model is.
        container: The container of its folder.
        path: The folder.
        target: What errors call the model.

    Returns:
        None where the model says nothing.

    Raises:
        InvalidError: It says what no environment can be built of.
    """

    def beside(name: str) -> str | None:
        return _read(blobs, container, f"{path}/{name}")

    try:
        return _from_files(beside)
    except (InvalidError, MalformedError) as error:
        details = [
            ErrorDetail(f"the model's own {item.target}: {item.message}", target)
            for item in error.details
        ]
        raise invalid(
            details or [ErrorDetail(f"the model's own files: {error}", target)]
        ) from error


def _from_files(beside: Callable[[str], str | None]) -> Requirements | None:
    conda = beside("conda.yaml")
    if conda is not None:
        return read_conda(load_document(conda.encode()), target="conda.yaml", beside=beside)
    lines = beside("requirements.txt")
    environment = beside("python_env.yaml")
    if lines is None and environment is None:
        return None
    found = read_requirements(lines or "", target="requirements.txt", beside=beside)
    document: dict[str, Any] = load_document((environment or "{}").encode())
    version = document.get("python")
    return replace(found, python=python_versions(str(version)) if version else "")


def _read(blobs: BlobStore, container: str, name: str) -> str | None:
    if not _is_plain(name):
        return None
    try:
        data = blobs.read_range(container, name, 0, _MAX_BYTES + 1)
    except NotFoundError:
        return None
    if len(data) > _MAX_BYTES:
        raise InvalidError(f"the file has more than {_MAX_BYTES} bytes", target=name)
    return data.decode("utf-8", "replace")


def _is_plain(name: str) -> bool:
    return ".." not in name.split("/")
