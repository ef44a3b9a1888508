"""Scores files with an MLflow model, without user code.

All files of a mini-batch that can be read go through one `predict`; each row comes back as the
file's name, its row number in that file (from 0) and the prediction. A file that cannot be read, or
does not fit the signature, fails alone. Runs in the scorer (Python 3.8 or newer).
"""

# ruff: noqa: ANN401  what users' code and models take and return has no static type
from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import mlflow.pyfunc
import pandas as pd

from .encoder import Encoder
from .errors import describe
from .predictions import Prediction, join, to_prediction, to_rows
from .reader import Unreadable
from .readers import READERS
from .rows import Rows
from .signature import Signature
from .tables import read_piece, read_table, unpack


class Fitted(NamedTuple):
    """A file's rows, as the model wants them; `data` holds `rows` rows."""

    file: str
    data: Any
    rows: int


class MlflowModel:
    """A loaded model."""

    def __init__(self, folder: str) -> None:
        self._model = mlflow.pyfunc.load_model(folder)
        self._signature = Signature(self._model.metadata.get_input_schema())

    def score(
        self, header: dict[str, Any], payloads: list[bytearray], encoder: Encoder
    ) -> tuple[Rows, list[Any]]:
        """Returns the rows of all files that can be scored, and the failures of the others."""
        if "piece" in header:
            return self._score_piece(header, payloads, encoder)
        failures: dict[str, str] = {}
        names: list[str] = header["names"]
        unpacked = self._unpack(names, payloads, failures)
        scored = self._score_alike(unpacked) or self._score_each(unpacked, failures)
        listed = [{"file": name, "message": failures[name]} for name in names if name in failures]
        return to_rows(scored, encoder), listed

    def _score_piece(
        self, header: dict[str, Any], parts: list[bytearray], encoder: Encoder
    ) -> tuple[Rows, list[Any]]:
        """Scores some records of a file, whose rows go on counting from those before them."""
        name = header["names"][0]
        failures: dict[str, str] = {}
        scored: list[Prediction] = []
        try:
            frame, first_row = read_piece(
                name, header["piece"]["before"], parts, self._signature.columns
            )
            data = self._signature.fit(frame)
            scored = self._predict_alone([Fitted(name, data, len(data))], failures)
        except Unreadable as reason:
            return to_rows([], encoder), [{"file": name, "message": str(reason)}]
        listed = [{"file": name, "message": message} for message in failures.values()]
        return to_rows(scored, encoder, first_row), listed

    def _unpack(
        self, names: list[str], payloads: list[bytearray], failures: dict[str, str]
    ) -> list[tuple[str, str, Any]]:
        unpacked: list[tuple[str, str, Any]] = []
        for index, name in enumerate(names):
            try:
                unpacked.append((name, *unpack(name, payloads[index])))
            except Unreadable as reason:
                failures[name] = str(reason)
        return unpacked

    def _score_alike(self, files: list[tuple[str, str, Any]]) -> list[Prediction] | None:
        if not self._signature.all_numbers or not self._signature.named or len(files) < 2:
            return None
        extensions = {extension for _, extension, _ in files}
        reader = READERS.get(extensions.pop()) if len(extensions) == 1 else None
        alike = reader and reader.read_alike([content for _, _, content in files])
        if alike is None:
            return None
        frame, counts = alike
        try:
            fitted = self._signature.fit(frame)
        except Unreadable:
            return None
        names = [name for name, _, _ in files]
        return self._predict_together(
            fitted, [Fitted(n, None, counts[i]) for i, n in enumerate(names)]
        )

    def _score_each(
        self, files: list[tuple[str, str, Any]], failures: dict[str, str]
    ) -> list[Prediction]:
        fitted: list[Fitted] = []
        for name, extension, content in files:
            try:
                data = self._read(extension, content)
                fitted.append(Fitted(name, data, len(data)))
            except Unreadable as reason:
                failures[name] = str(reason)
        joined = join([part.data for part in fitted if part.rows])
        scored = None if joined is None else self._predict_together(joined, fitted)
        return scored or self._predict_alone(fitted, failures)

    def _read(self, extension: str, content: Any) -> Any:
        return self._signature.fit(read_table(extension, content, self._signature.columns))

    def _predict_together(self, data: Any, parts: list[Fitted]) -> list[Prediction] | None:
        total = sum(part.rows for part in parts)
        if not total:
            return None
        try:
            prediction = to_prediction(self._predict(data))
        except MemoryError:
            raise
        except Exception:  # one file's values may have caused it: each is tried alone, and named
            return None
        if prediction.count != total:
            return None
        return prediction.split([(part.file, part.rows) for part in parts])

    def _predict_alone(self, parts: list[Fitted], failures: dict[str, str]) -> list[Prediction]:
        scored: list[Prediction] = []
        for part in parts:
            try:
                if part.rows:
                    prediction = to_prediction(self._predict(part.data))
                    _check_length(prediction.count, part.rows)
                    scored += prediction.split([(part.file, part.rows)])
            except MemoryError:
                raise
            except Exception as error:  # what a model raises for one file is that file's failure
                failures[part.file] = _reason(error)
        return scored

    def _predict(self, data: Any) -> Any:
        with warnings.catch_warnings():
            # The signature's own reordering makes a copy that pandas calls fragmented.
            warnings.simplefilter("ignore", pd.errors.PerformanceWarning)
            return self._model.predict(data)


def _check_length(found: int, expected: int) -> None:
    if found != expected:
        raise Unreadable(f"has {expected} rows, but the model returned {found} predictions")


def _reason(error: Exception) -> str:
    if isinstance(error, Unreadable):
        return str(error)
    message: str = describe(error)["message"]
    # MLflow repeats the whole table before it comes to the point.
    _, marker, point = message.rpartition(" Error: ")
    return f"does not fit the model: {point}" if marker else message
