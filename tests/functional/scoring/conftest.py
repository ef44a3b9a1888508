"""Scorers for tests: real processes, scripts as text, and one small MLflow model."""

import os
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scoring.pool.pool import ScorerPool
from scoring.process.result import ScoreResult
from scoring.process.spec import InputFile, ScoreRequest, ScorerSpec

Score = Callable[..., ScoreResult]


@pytest.fixture(scope="module")
def pool() -> Iterator[ScorerPool]:
    made = ScorerPool(max_scorers=8, init_timeout=60)
    yield made
    made.close()


@pytest.fixture
def script_spec(tmp_path: Path) -> Callable[..., ScorerSpec]:
    def make(text: str, **settings: object) -> ScorerSpec:
        code = tmp_path / "code"
        code.mkdir(exist_ok=True)
        (code / "score.py").write_text(text)
        values: dict[str, object] = {
            "key": str(tmp_path),
            "model_dir": tmp_path,
            "mlflow_dir": None,
            "code_dir": code,
            "scoring_script": "score.py",
            "python": Path(sys.executable),
        }
        return ScorerSpec(**(values | settings))  # type: ignore[arg-type]

    return make


@pytest.fixture
def score(pool: ScorerPool, script_spec: Callable[..., ScorerSpec]) -> Score:
    def run(
        text: str,
        names: tuple[str, ...] = ("a.txt", "b.txt"),
        *,
        timeout: float = 20,
        action: str = "append_row",
        **settings: object,
    ) -> ScoreResult:
        files = [InputFile(name, f"content of {name}".encode()) for name in names]
        request = ScoreRequest(files, action, timeout)
        return pool.score(script_spec(text, **settings), request, slots=2)

    return run


@pytest.fixture(scope="session")
def mlflow_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A linear model: prediction = a + 2 b."""
    folder = tmp_path_factory.mktemp("mlflow") / "model"
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mlflow.sklearn  # noqa: PLC0415  two seconds, which most tests do without
        import pandas as pd  # noqa: PLC0415
        from mlflow.models import infer_signature  # noqa: PLC0415
        from sklearn.linear_model import LinearRegression  # noqa: PLC0415

        table = pd.DataFrame({"a": [0.0, 1.0, 0.0, 3.0], "b": [0.0, 0.0, 1.0, 4.0]})
        model = LinearRegression().fit(table, table["a"] + 2 * table["b"])
        mlflow.sklearn.save_model(
            model,
            str(folder),
            signature=infer_signature(table, model.predict(table)),
            serialization_format="cloudpickle",
            pip_requirements=["scikit-learn"],
        )
    return folder


@pytest.fixture(scope="session")
def mlflow_spec(mlflow_dir: Path) -> ScorerSpec:
    return ScorerSpec(
        key="mlflow",
        model_dir=mlflow_dir.parent,
        mlflow_dir=mlflow_dir,
        code_dir=None,
        scoring_script=None,
        python=Path(sys.executable),
    )
