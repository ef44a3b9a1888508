"""Scores with whatever scikit-learn the environment has, and says which that is.

With MEETING, a folder, `run()` waits there until as many deployments score as GUESTS says, so that
they are seen to do so at the same time.
"""

import os
import platform
import time
from pathlib import Path

import pandas as pd
import sklearn
from sklearn.linear_model import LinearRegression


def init():
    global model  # noqa: PLW0603 - scoring scripts are written like this
    model = LinearRegression().fit([[0.0], [1.0]], [1.0, 3.0])


def run(mini_batch):
    meet(Path(os.environ["MEETING"]))
    rows = []
    for path in map(Path, mini_batch):
        prediction = round(float(model.predict([[float(path.stat().st_size)]])[0]), 6)
        rows.append((path.name, prediction, sklearn.__version__, platform.python_version()))
    return pd.DataFrame(rows, columns=["file", "prediction", "sklearn", "python"])


def meet(folder):
    folder.mkdir(exist_ok=True)
    (folder / sklearn.__version__).touch()
    while len(list(folder.iterdir())) < int(os.environ["GUESTS"]):
        time.sleep(0.05)
