"""Makes assets of documents, and checks what they name."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from shared.assets.documents import (
    read_data,
    read_environment,
    read_model,
    says_data_type,
)
from shared.assets.model import DataAsset, DataType, EnvironmentAsset, ModelAsset, ModelType
from shared.assets.uploaded_content import UploadedContent
from shared.clock import Clock
from shared.documents.validation import invalid
from shared.errors import ErrorDetail
from shared.uris import is_web_url, parse_datastore_uri

Document = Mapping[str, Any]


class AssetFactory:
    """Assets as they are to be stored, but for a version that is left out."""

    def __init__(self, uploaded: UploadedContent, clock: Clock) -> None:
        self._uploaded = uploaded
        self._clock = clock

    def model(self, document: Document) -> ModelAsset:
        """Makes a model, and finds out its type.

        Raises:
            InvalidError: The document breaks the rules, or names nothing that was uploaded.
            NotFoundError: The path's datastore does not exist.
        """
        model = read_model(document, self._clock())
        if not parse_datastore_uri(model.path).path:
            reason = "must name a file or a folder in the datastore"
            raise invalid([ErrorDetail(reason, "path")])
        is_mlflow = self._uploaded.holds(model.path, "MLmodel", target="path")
        if "type" not in document:
            return replace(model, type=ModelType.MLFLOW if is_mlflow else ModelType.CUSTOM)
        if model.type is ModelType.MLFLOW and not is_mlflow:
            reason = "the model's folder has no MLmodel file at its top; is it a custom_model?"
            raise invalid([ErrorDetail(reason, "type", "NotAnMLflowModel")])
        return model

    def environment(self, document: Document) -> EnvironmentAsset:
        """Makes an environment.

        Raises:
            InvalidError: The document breaks the rules.
        """
        return read_environment(document, self._clock())

    def data(self, document: Document) -> DataAsset:
        """Makes a data asset, and finds out its type; the public web is not looked at.

        Raises:
            InvalidError: The document breaks the rules, or names nothing that is there.
            NotFoundError: The path's datastore does not exist.
        """
        data = read_data(document, self._clock())
        place = "path" if "path" in document else "paths[0]"
        if is_web_url(data.path):
            types = frozenset({_web_type(data.path)})
        else:
            types = self._uploaded.types(data.path, target=place)
        if not says_data_type(document):
            found = DataType.FILE if DataType.FILE in types else DataType.FOLDER
            return replace(data, type=found)
        if data.type not in types and not is_web_url(data.path):
            (found,) = types
            reason = f"must be '{found}', for that is what '{data.path}' is"
            target = "type" if "type" in document else place
            raise invalid([ErrorDetail(reason, target)])
        return data


def _web_type(url: str) -> DataType:
    last = url.partition("?")[0].rsplit("/", 1)[-1]
    return DataType.FILE if "." in last else DataType.FOLDER
