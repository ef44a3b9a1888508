"""First part: an MLflow model on tables, without code.

The 569 records of scikit-learn's breast-cancer data as 57 CSV files; the model has seen every
second record.
"""

import csv
import logging
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from demo.commands import Commands, say
from demo.jobs import Expected, Scored, score

if TYPE_CHECKING:
    import pandas as pd

NAME = "Breast cancer (MLflow model, CSV files)"
RECORDS = 569
PER_FILE = 10
FILES = 57


def make(folder: Path) -> None:
    """Writes `cancer/`, `cancer_model/` and `cancer_answers.csv`."""
    from mlflow.models import infer_signature  # noqa: PLC0415 - slow to import, needed once
    from mlflow.sklearn import save_model  # noqa: PLC0415
    from sklearn.datasets import load_breast_cancer  # noqa: PLC0415
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415
    from sklearn.pipeline import make_pipeline  # noqa: PLC0415
    from sklearn.preprocessing import StandardScaler  # noqa: PLC0415

    data: Any = load_breast_cancer(as_frame=True)
    features, labels = data.data, data.target
    _write_records(folder, features, labels)
    model = make_pipeline(StandardScaler(), LogisticRegression())
    model.fit(features[::2], labels[::2])
    logging.getLogger("mlflow").setLevel(logging.ERROR)
    save_model(
        model,
        str(folder / "cancer_model"),
        signature=infer_signature(features, model.predict(features)),
        pip_requirements=[f"scikit-learn=={version('scikit-learn')}"],
    )


def _write_records(folder: Path, features: "pd.DataFrame", labels: "pd.Series[int]") -> None:
    (folder / "cancer").mkdir()
    with (folder / "cancer_answers.csv").open("w", encoding="utf-8", newline="") as file:
        answers = csv.writer(file)
        answers.writerow(["file", "row", "label", "seen"])
        for number in range(FILES):
            name = f"records-{number:02d}.csv"
            first = number * PER_FILE
            some = features.iloc[first : first + PER_FILE]
            some.to_csv(folder / "cancer" / name, index=False)
            for row in range(len(some)):
                seen = "yes" if (first + row) % 2 == 0 else "no"
                answers.writerow([name, row, labels.iloc[first + row], seen])


def run(commands: Commands) -> Scored:
    """Creates the endpoint, and scores all records."""
    say("\n# An endpoint with an MLflow model, invoked on 57 local CSV files.")
    commands.read(
        "batchpoint endpoint create --file create-endpoint.yml --query provisioning_state -o tsv"
    )
    return score(commands, Expected("cancer", FILES, RECORDS, "predictions", "prediction"))
