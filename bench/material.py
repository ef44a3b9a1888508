"""Makes the models of the workloads, once, in a folder that all contenders read."""

import logging
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from bench.workloads import training_data

_CODE = Path(__file__).resolve().parent / "code"


def prepare(folder: Path) -> Path:
    """Writes the models and the scoring scripts, unless they are there; answers the folder."""
    if not (folder / "ready").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        _save_table_model(folder / "table_model")
        _save_digits_model(folder / "digits_model.joblib")
        (folder / "nothing.txt").write_text("")
        (folder / "ready").write_text("")
    shutil.copytree(
        _CODE, folder / "code", dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__")
    )
    return folder


def _save_table_model(folder: Path) -> None:
    from mlflow.models import infer_signature  # noqa: PLC0415 - slow to import, needed once
    from mlflow.sklearn import save_model  # noqa: PLC0415
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415
    from sklearn.pipeline import make_pipeline  # noqa: PLC0415
    from sklearn.preprocessing import StandardScaler  # noqa: PLC0415

    features, labels = training_data()
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(features, labels)
    logging.getLogger("mlflow").setLevel(logging.ERROR)
    signature = infer_signature(features.astype("float64"), model.predict(features))
    save_model(model, str(folder), signature=signature, pip_requirements=["scikit-learn"])


def _save_digits_model(path: Path) -> None:
    import joblib  # noqa: PLC0415 - as above
    from sklearn.datasets import load_digits  # noqa: PLC0415
    from sklearn.svm import SVC  # noqa: PLC0415

    data: Any = load_digits()
    pixels = np.asarray((data.images * 255 / 16).round()).reshape(len(data.images), -1) / 255
    joblib.dump(SVC().fit(pixels[::2], data.target[::2]), path)
