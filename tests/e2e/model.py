"""A small MLflow model, trained once for each set of packages and kept."""

import hashlib
import logging
import os
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
CACHE = REPOSITORY / ".local" / "models"
HOST = os.environ.get("BATCHPOINT_TEST_HOST") or "devhost"
"""The host that serves the app in these tests: `devhost` or `func`."""
PROCESSES = int(os.environ.get("BATCHPOINT_TEST_PROCESSES") or 2)
"""Processes of the app that serve it in these tests."""
AFTER_A_KILL = 1000 if HOST == "func" else 200
"""Seconds until all has come again that a killed host had under way.

The extensions see it after the queues' visibility timeout: a minute for what orchestrations do, ten
minutes for a file that has just landed.
"""
_PACKAGES = ("mlflow-skinny", "numpy", "pandas", "scikit-learn", "skops")


def predict(x: float, y: float) -> float:
    """Result of training."""
    return 2 * x + 3 * y + 1


def plane_model() -> Path:
    """The folder of a model with the columns `x` and `y`; nothing may be changed in it."""
    kept = CACHE / f"plane-{_key()}"
    if kept.is_dir():
        return kept
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".making-", dir=CACHE) as folder:
        made = Path(folder) / "model"
        # Not in this process: the libraries warn while they are imported, and warnings are errors.
        subprocess.run([sys.executable, "-m", __name__, str(made)], cwd=REPOSITORY, check=True)
        try:
            made.rename(kept)
        except OSError:
            if not kept.is_dir():
                raise
            shutil.rmtree(made)
    return kept


def _train(folder: Path) -> None:
    import mlflow.models  # noqa: PLC0415 - slow to import, and needed once only
    import mlflow.sklearn  # noqa: PLC0415
    import pandas as pd  # noqa: PLC0415
    from sklearn.linear_model import LinearRegression  # noqa: PLC0415

    points = [(float(x), float(y)) for x in range(4) for y in range(4)]
    features = pd.DataFrame(points, columns=["x", "y"])
    model = LinearRegression().fit(features, [predict(x, y) for x, y in points])
    logging.getLogger("mlflow").setLevel(logging.ERROR)
    mlflow.sklearn.save_model(
        model,
        str(folder),
        signature=mlflow.models.infer_signature(features, model.predict(features)),
        pip_requirements=[f"scikit-learn=={version('scikit-learn')}"],
    )


def _key() -> str:
    parts = [sys.version, Path(__file__).read_text("utf-8"), *map(version, _PACKAGES)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


if __name__ == "__main__":
    _train(Path(sys.argv[1]))
