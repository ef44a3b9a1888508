"""`python -m chaos.model FOLDER`: trains a small MLflow model, in a process of its own."""

import logging
import sys
from pathlib import Path


def train(folder: Path) -> None:
    """Saves a model with the columns `x` and `y`, which has learned 2x + 3y + 1."""
    # Slow to import, and needed by this process only.
    import pandas as pd  # noqa: PLC0415
    from mlflow import sklearn as mlflow_sklearn  # noqa: PLC0415
    from mlflow.models import infer_signature  # noqa: PLC0415
    from sklearn.linear_model import LinearRegression  # noqa: PLC0415

    points = [(float(x), float(y)) for x in range(4) for y in range(4)]
    features = pd.DataFrame(points, columns=["x", "y"])
    model = LinearRegression().fit(features, [2 * x + 3 * y + 1 for x, y in points])
    logging.getLogger("mlflow").setLevel(logging.ERROR)
    signature = infer_signature(features, model.predict(features))
    mlflow_sklearn.save_model(model, str(folder), signature=signature, pip_requirements=[])


if __name__ == "__main__":
    train(Path(sys.argv[1]))
