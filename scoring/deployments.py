"""Turns a deployment into what a scorer needs: its model and code as local folders."""

import sys
import threading
from pathlib import Path

from scoring.materialize import fetch_folder
from scoring.spec import ScorerSpec
from shared.domain.endpoint import Deployment
from shared.domain.scoring_settings import LoggingLevel
from shared.domain.uris import parse_datastore_uri
from shared.storage.datastores import Datastores
from shared.storage.ports import BlobStore


class DeploymentSpecs:
    """Makes the spec of each deployment once, and fetches what it names."""

    def __init__(
        self,
        blobs: BlobStore,
        datastores: Datastores,
        scratch_folder: Path,
        memory_limit: int | None,
    ) -> None:
        self._blobs = blobs
        self._datastores = datastores
        self._scratch = scratch_folder
        self._memory_limit = memory_limit
        self._lock = threading.Lock()
        self._specs: dict[tuple[str, LoggingLevel], ScorerSpec] = {}

    def spec(self, deployment: Deployment, logging_level: LoggingLevel) -> ScorerSpec:
        """The spec to score with a deployment at a level of logging.

        Raises:
            NotFoundError: The model or the code is not where the deployment says.
            StorageError: Storage did not serve; worth a retry.
        """
        key = (deployment.revision + deployment.name, logging_level)
        with self._lock:
            found = self._specs.get(key)
            if found is None:
                found = self._make(deployment, logging_level)
                self._specs[key] = found
        return found

    def _make(self, deployment: Deployment, logging_level: LoggingLevel) -> ScorerSpec:
        name = f"{deployment.endpoint_name}-{deployment.name}-{deployment.revision}"
        model = self._place(deployment.model.path, self._scratch / "models" / name)
        code = deployment.code_configuration
        code_dir = self._place(code.code, self._scratch / "code" / name) if code else None
        return ScorerSpec(
            key=f"{name}-{logging_level}",
            model_dir=model.parent,
            mlflow_dir=model if deployment.is_mlflow else None,
            code_dir=code_dir,
            scoring_script=code.scoring_script if code else None,
            python=Path(sys.executable),
            environment_variables=deployment.environment_variables,
            logging_level=logging_level.value,
            memory_limit=self._memory_limit,
        )

    def _place(self, uri: str, folder: Path) -> Path:
        """Puts an uploaded file or folder into a local folder, under its own name."""
        container, path = self._datastores.locate(parse_datastore_uri(uri))
        place = folder / path.rsplit("/", 1)[-1]
        folder.mkdir(parents=True, exist_ok=True)
        if place.exists():
            return place
        if self._blobs.info(container, path) is not None:
            arriving = place.with_name(f".{place.name}.{threading.get_ident()}")
            arriving.write_bytes(self._blobs.read(container, path))
            arriving.replace(place)
        else:
            fetch_folder(self._blobs, container, path, place)
        return place
