"""Gives back what the environment asks for, and writes files where that is the output."""

import logging
import os
from pathlib import Path

import helper
import numpy as np
import pandas as pd

KIND = os.environ["KIND"]
logger = logging.getLogger(__name__)


def init() -> None:
    model = Path(os.environ["AZUREML_MODEL_DIR"])
    logger.info("the model is %s", sorted(path.name for path in model.iterdir()))
    if KIND == "broken":
        raise RuntimeError("there is no such model")


def run(mini_batch: list[str]) -> object:
    sizes = [helper.size(path) for path in mini_batch]
    names = [Path(path).name for path in mini_batch]
    if KIND == "files":
        folder = Path(os.environ["AZUREML_BI_OUTPUT_PATH"])
        for name, size in zip(names, sizes, strict=True):
            (folder / f"{name}.size").write_text(str(size))
    if KIND == "raise":
        raise ValueError("these files are not liked")
    return {
        "list": sizes,
        "tuple": tuple(sizes),
        "array": np.array(sizes),
        "series": pd.Series(sizes),
        "frame": pd.DataFrame({"name": names, "size": sizes}),
        "fewer": sizes[1:],
        "files": sizes,
    }.get(KIND, sizes)
