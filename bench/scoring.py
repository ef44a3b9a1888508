"""Scores files for the contenders: written by hand for these files, and shared by all contenders.

Nothing is checked that the app has to check for its users: all files are known to be alike.
"""

import importlib.util
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol


class Model(Protocol):
    """A loaded model."""

    def score(self, names: Sequence[str], contents: Sequence[bytes]) -> bytes:
        """Scores some files; answers rows of CSV without a header."""
        ...


class TableModel:
    """An MLflow model on CSV files that have one header."""

    def __init__(self, folder: Path) -> None:
        import mlflow.pyfunc  # noqa: PLC0415 - a contender for images does not need it

        self._model = mlflow.pyfunc.load_model(str(folder / "table_model"))

    def score(self, names: Sequence[str], contents: Sequence[bytes]) -> bytes:
        """Reads all files as one table, and predicts once."""
        import pandas as pd  # noqa: PLC0415 - as above

        header = contents[0][: contents[0].index(b"\n") + 1]
        bodies = [content[len(header) :] for content in contents]
        table = pd.read_csv(io.BytesIO(b"".join([header, *bodies])), low_memory=False)
        predicted: list[Any] = self._model.predict(table).tolist()
        lines: list[str] = []
        start = 0
        for name, body in zip(names, bodies, strict=True):
            count = body.count(b"\n")
            some = predicted[start : start + count]
            lines += [f"{name},{row},{value}\n" for row, value in enumerate(some)]
            start += count
        return "".join(lines).encode()


class DigitsModel:
    """The model of the images, with the scoring script's own reader of PNG files."""

    def __init__(self, folder: Path) -> None:
        import joblib  # noqa: PLC0415 - a contender for tables does not need it

        path = folder / "code" / "digits.py"
        spec = importlib.util.spec_from_file_location("digits", path)
        if spec is None or spec.loader is None:
            raise ImportError(f"{path} is missing")
        script = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(script)
        self._decode = script.decode
        self._model = joblib.load(folder / "digits_model.joblib")

    def score(self, names: Sequence[str], contents: Sequence[bytes]) -> bytes:
        """Reads all images, and predicts once."""
        import numpy as np  # noqa: PLC0415 - as above

        pixels = np.stack([self._decode(data) for data in contents]) / 255
        digits: list[Any] = self._model.predict(pixels).tolist()
        return "".join(f"{n},{d}\n" for n, d in zip(names, digits, strict=True)).encode()


MODELS = {"table": TableModel, "digits": DigitsModel}
