"""Tells handwritten digits: a scoring script for images of one digit each."""

import logging
import os
from functools import cache
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
from greypng import read_grey

log = logging.getLogger(__name__)


@cache
def model() -> Any:  # noqa: ANN401 - a model of scikit-learn has no useful static type
    """The model, loaded once for each scorer process."""
    return joblib.load(Path(os.environ["AZUREML_MODEL_DIR"]) / "digits_model.joblib")


def init() -> None:
    """Loads the model before the first mini-batch comes."""
    model()


def run(mini_batch: list[str]) -> pd.DataFrame:
    """Returns one row for each image, with the file's name and the digit in it."""
    log.info("scoring %d images", len(mini_batch))
    pixels = np.stack([read_grey(path).ravel() for path in mini_batch]) / 255
    names = [Path(path).name for path in mini_batch]
    return pd.DataFrame({"file": names, "digit": model().predict(pixels)})
