"""Base of a run: the stack's settings, and the deployments that it scores with."""

import subprocess
import sys
import tempfile
from collections.abc import Collection
from pathlib import Path

from chaos.kinds import MINI_BATCH_SIZE
from chaos.service import CONTAINER, Service
from devhost.stack.azurite import REPOSITORY

_FILES = Path(__file__).parent / "files"
_SCRIPT_SECONDS = 4
# A model takes seconds to answer the first time, on a machine that does much else.
_MODEL_SECONDS = 60
_USUAL: dict[str, object] = {"mini_batch_size": MINI_BATCH_SIZE, "max_concurrency_per_instance": 2}


def settings(folder: Path) -> dict[str, str]:
    """The app's settings: a watchdog that does not wait long, and scorers of bounded memory."""
    return {
        "BATCHPOINT_WATCHDOG_SCHEDULE": "* * * * * *",
        "BATCHPOINT_WATCHDOG_GRACE_SECONDS": "3",
        "BATCHPOINT_SCRATCH_FOLDER": str(folder / "scratch"),
        "BATCHPOINT_SCORER_MEMORY_MB": "2048",
        "BATCHPOINT_MAX_SCORERS": "4",
    }


def deploy(service: Service, folder: Path, traps: Path, names: Collection[str]) -> None:
    """Creates the endpoint with the deployments of these names: `model`, `script`, `writer`."""
    code_uri = service.put_folder("LocalUpload/chaos/code", _FILES)
    service.put("LocalUpload/chaos", {"nothing.txt": ""})
    nothing = f"azureml://datastores/{CONTAINER}/paths/LocalUpload/chaos/nothing.txt"
    script: dict[str, object] = {
        **_USUAL,
        "retry_settings": {"max_retries": 7, "timeout": _SCRIPT_SECONDS},
        "model": {"name": "nothing", "version": 1, "path": nothing},
        "code_configuration": {"code": code_uri, "scoring_script": "score.py"},
        "environment_variables": {"TRAPS": str(traps)},
    }
    made: dict[str, dict[str, object]] = {
        "script": script,
        "writer": {**script, "output_action": "summary_only"},
    }
    if "model" in names:
        made["model"] = _model(service, folder)
    service.deploy([{"name": name, **made[name]} for name in sorted(names)])


def _model(service: Service, folder: Path) -> dict[str, object]:
    with tempfile.TemporaryDirectory(dir=folder) as made:
        model = Path(made) / "plane"
        command = [sys.executable, "-m", "chaos.model", str(model)]
        subprocess.run(command, cwd=REPOSITORY, check=True)
        uri = service.put_folder("LocalUpload/chaos/plane", model)
    return {
        **_USUAL,
        "retry_settings": {"max_retries": 7, "timeout": _MODEL_SECONDS},
        "model": {"name": "plane", "version": 1, "path": uri},
    }
