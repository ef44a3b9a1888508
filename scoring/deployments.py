"""Turns a deployment into what a scorer needs: its model and code as local folders."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from scoring.disk_space import DiskFullError, check_space
from scoring.environments.build import BuildError
from scoring.environments.environments import Environments
from scoring.environments.interpreters import NoPythonError
from scoring.fetch_folder import fetch_folder
from scoring.process.result import FailureCause, ScorerError
from scoring.process.spec import ScorerLimits, ScorerSpec
from scoring.process.work_folders import make_private
from scoring.sandbox.confinement import find_confinement
from shared.assets.datastores import Datastores
from shared.endpoints.model import Deployment
from shared.endpoints.scoring_settings import LoggingLevel
from shared.storage.pagination import list_all
from shared.storage.ports import BlobStore
from shared.uris import parse_datastore_uri


class DeploymentSpecs:
    """Makes the spec of each deployment once, and fetches what it names."""

    def __init__(
        self,
        blobs: BlobStore,
        datastores: Datastores,
        environments: Environments,
        scratch_folder: Path,
        limits: ScorerLimits,
    ) -> None:
        self._blobs = blobs
        self._datastores = datastores
        self._environments = environments
        self._scratch = scratch_folder
        self._limits = limits
        make_private(scratch_folder)
        self._confinement = find_confinement(scratch_folder)
        self._guard = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}
        self._specs: dict[tuple[str, LoggingLevel], ScorerSpec] = {}

    def spec(self, deployment: Deployment, logging_level: LoggingLevel) -> ScorerSpec:
        """The spec to score with a deployment at a level of logging.

        Raises:
            NotFoundError: The model or the code is not where the deployment says.
            ScorerError: INIT_FAILED: the environment is not there, and cannot be built either.
            StorageError: Storage did not serve; worth a retry.
        """
        name = deployment.revision + deployment.name
        # A lock for each, as what one deployment lacks may take minutes to be there.
        with self._guard:
            lock = self._locks.setdefault(name, threading.Lock())
        with lock:
            found = self._specs.get((name, logging_level))
            if found is None or not found.python.exists():
                found = self._make(deployment, logging_level)
                self._specs[name, logging_level] = found
        self._environments.note_use(found.python)
        return found

    def _make(self, deployment: Deployment, logging_level: LoggingLevel) -> ScorerSpec:
        name = f"{deployment.endpoint_name}-{deployment.name}-{deployment.revision}"
        model = self._place(deployment.model.path, self._scratch / "models" / name)
        code = deployment.code_configuration
        code_dir = self._place(code.code, self._scratch / "code" / name) if code else None
        output_parent = self._scratch / "outputs" / name
        output_parent.mkdir(parents=True, exist_ok=True)
        python = self._python(deployment)
        read = [model.parent, python.parent.parent, *([code_dir] if code_dir else [])]
        confinement = self._confinement
        return ScorerSpec(
            key=f"{name}-{logging_level}",
            model_dir=model.parent,
            mlflow_dir=model if deployment.is_mlflow else None,
            code_dir=code_dir,
            scoring_script=code.scoring_script if code else None,
            python=python,
            environment_variables=deployment.environment_variables,
            logging_level=logging_level.value,
            limits=self._limits,
            # The host writes models and code; a scorer that could do so, too, would lead it astray.
            confinement=confinement
            and replace(confinement, own=(output_parent,), read=self._inside(read)),
            output_parent=output_parent,
        )

    def _inside(self, folders: Sequence[Path]) -> tuple[Path, ...]:
        return tuple(folder for folder in folders if folder.is_relative_to(self._scratch))

    def _python(self, deployment: Deployment) -> Path:
        try:
            return self._environments.python(deployment.requirements)
        except (BuildError, NoPythonError) as error:
            message = f"the environment is not there: {error.message}"
            raise ScorerError(FailureCause.INIT_FAILED, message) from error

    def _place(self, uri: str, folder: Path) -> Path:
        """Puts an uploaded file or folder into a local folder, under its own name."""
        container, path = self._datastores.locate(parse_datastore_uri(uri))
        place = folder / path.rsplit("/", 1)[-1]
        folder.mkdir(parents=True, exist_ok=True)
        if place.exists():
            return place
        found = self._blobs.info(container, path)
        if found is not None:
            _check_space(folder, found.size, path)
            arriving = place.with_name(f".{place.name}.{threading.get_ident()}")
            try:
                arriving.write_bytes(self._blobs.read(container, path))
                arriving.replace(place)
            finally:
                arriving.unlink(missing_ok=True)
        else:
            blobs = list_all(self._blobs, container, path.rstrip("/") + "/")
            _check_space(folder, sum(blob.size for blob in blobs), path)
            fetch_folder(self._blobs, container, path, place)
        return place


def _check_space(folder: Path, needed: int, path: str) -> None:
    try:
        check_space(folder, needed, f"'{path}'")
    except DiskFullError as error:
        raise ScorerError(FailureCause.INIT_FAILED, error.message) from error
