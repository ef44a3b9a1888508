"""The environment variables of a scorer: an allow-list, without the app's secrets."""

import os
from collections.abc import Mapping
from pathlib import Path

from scoring.process.spec import ScorerSpec

_KEPT = frozenset(
    {
        "CUDA_VISIBLE_DEVICES",
        "LANG",
        "LD_LIBRARY_PATH",
        "NVIDIA_VISIBLE_DEVICES",
        "PATH",
        "REQUESTS_CA_BUNDLE",
        "SSL_CERT_DIR",
        "SSL_CERT_FILE",
        "TZ",
    }
)
# Every core already has a scorer of its own; threads of numeric libraries on top of that only
# make them wait for each other. A deployment's environment_variables may say otherwise.
_THREAD_COUNTS = (
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
TOKEN = "BATCHPOINT_SCORER"  # noqa: S105  a mark to recognise processes by, not a secret


def scorer_variables(
    spec: ScorerSpec, work_dir: Path, token: str, host: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """Returns all environment variables of a new scorer.

    Args:
        spec: Whose variables come on top of the defaults.
        work_dir: Becomes the home and the folder for temporary files.
        token: Marks the scorer and all processes that it starts.
        host: The app's own environment variables.
    """
    variables = {
        name: value for name, value in host.items() if name in _KEPT or name.startswith("LC_")
    }
    variables.setdefault("LANG", "C.UTF-8")
    # Tools that the deployment's environment brings come before those of the app's.
    variables["PATH"] = os.pathsep.join(
        [str(spec.python.parent), variables.get("PATH", os.defpath)]
    )
    variables |= dict.fromkeys(_THREAD_COUNTS, "1")
    variables |= {"DO_NOT_TRACK": "true", "MLFLOW_DISABLE_TELEMETRY": "true"}
    variables |= {"HOME": str(work_dir), "TMPDIR": str(work_dir)}
    variables |= spec.environment_variables
    return variables | {"AZUREML_MODEL_DIR": str(spec.model_dir), TOKEN: token}
