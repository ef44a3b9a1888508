"""Prepares deployments: finds their requirements and tracks the building of environments."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from shared.assets.datastores import Datastores
from shared.clock import Clock
from shared.endpoints.model import Deployment, ProvisioningState
from shared.endpoints.provisioning_work import ProvisioningWork
from shared.endpoints.repository import EndpointRepository, StoredEndpoint
from shared.environments.blob_names import build_log_blob
from shared.environments.conda import read_conda
from shared.environments.model_requirements import read_model_requirements
from shared.environments.requirements import Requirements, for_mlflow
from shared.errors import NotFoundError, PreconditionError
from shared.storage.containers import SYSTEM_CONTAINER
from shared.storage.optimistic import update
from shared.storage.ports import BlobStore
from shared.uris import parse_datastore_uri

IMAGE_WARNING = (
    "scoring runs in the function app's own image; the environment's image is kept and shown only"
)


@dataclass(frozen=True)
class BuildLogView:
    """The log of the last build for a deployment; empty where nothing had to be built."""

    deployment: Deployment
    text: str


class ProvisioningService:
    """The states of deployments, and the way from `Creating` to the others."""

    def __init__(
        self,
        endpoints: EndpointRepository,
        blobs: BlobStore,
        datastores: Datastores,
        is_ready: Callable[[Requirements], bool],
        clock: Clock,
        grace: timedelta,
    ) -> None:
        """Makes the service.

        Args:
            endpoints: Where deployments are kept.
            blobs: Where models and build logs are.
            datastores: Where datastores are.
            is_ready: Whether scorers find what is required without anything being built.
            clock: The time.
            grace: How old a deployment must be before its orchestration counts as missing.
        """
        self._endpoints = endpoints
        self._blobs = blobs
        self._datastores = datastores
        self._is_ready = is_ready
        self._clock = clock
        self._grace = grace

    def begin(self, made: Deployment, current: Deployment | None, *, at: str) -> Deployment:
        """Completes a deployment that is to be stored with what it requires and its state.

        Args:
            made: The new or changed deployment.
            current: As it is stored, if it is.
            at: What errors call its model, as a path in the request.

        Raises:
            InvalidError: The model's own requirements cannot be read.
        """
        required = self._requirements(made, at)
        is_ready = required is None or _was_ready(current, required) or self._is_ready(required)
        state = ProvisioningState.SUCCEEDED if is_ready else ProvisioningState.CREATING
        image = made.environment.image if made.environment else None
        return replace(
            made,
            requirements=required,
            provisioning_state=state,
            warnings=(IMAGE_WARNING,) if image else (),
            updated_at=self._clock(),
        )

    def find(self, work: ProvisioningWork) -> Deployment | None:
        """The deployment that is to be provisioned; None if it is not (any more)."""
        found = self._stored(work)
        return found[1] if found else None

    def finish(self, work: ProvisioningWork, error: str | None) -> ProvisioningState | None:
        """Ends the provisioning of a deployment.

        Args:
            work: Which one, and which revision of it.
            error: Why it has failed; None if it has not.

        Returns:
            Its state; None where it was changed or deleted meanwhile, so that nothing was ended.
        """
        state = ProvisioningState.FAILED if error else ProvisioningState.SUCCEEDED

        def write(
            found: tuple[StoredEndpoint, Deployment] | None, ended: Deployment | None
        ) -> ProvisioningState | None:
            if found is None or ended is None:
                return None
            self._endpoints.replace_deployment(found[0], ended)
            return state

        return update(
            lambda: self._stored(work),
            lambda found: (
                found and replace(found[1], provisioning_state=state, provisioning_error=error)
            ),
            write,
            busy=PreconditionError(
                f"the deployment '{work.deployment}' is changed by too many at once"
            ),
        )

    def unattended(self) -> tuple[Deployment, ...]:
        """Deployments that are being provisioned for longer than the start of that takes."""
        before = self._clock() - self._grace
        return tuple(
            deployment
            for deployment in self._endpoints.creating()
            if (deployment.updated_at or deployment.created_at) < before
        )

    def log(self, endpoint: str, name: str) -> BuildLogView:
        """Reads what was printed while a deployment's environment was built.

        Raises:
            NotFoundError: There is no such endpoint or deployment.
        """
        deployment = self._endpoints.get(endpoint).deployment(name)
        try:
            data = self._blobs.read(SYSTEM_CONTAINER, build_log_blob(deployment.revision))
        except NotFoundError:
            data = b""
        return BuildLogView(deployment, data.decode("utf-8", "replace"))

    def _stored(self, work: ProvisioningWork) -> tuple[StoredEndpoint, Deployment] | None:
        try:
            stored = self._endpoints.get(work.endpoint)
            deployment = stored.deployment(work.deployment)
        except NotFoundError:
            return None
        is_meant = deployment.revision == work.revision
        is_open = deployment.provisioning_state is ProvisioningState.CREATING
        return (stored, deployment) if is_meant and is_open else None

    def _requirements(self, made: Deployment, at: str) -> Requirements | None:
        environment = made.environment
        required: Requirements | None = None
        if environment is not None and environment.conda_file is not None:
            required = read_conda(environment.conda_file, target="environment.conda_file")
        elif made.is_mlflow:
            container, path = self._datastores.locate(parse_datastore_uri(made.model.path))
            required = read_model_requirements(self._blobs, container, path, target=at)
        return for_mlflow(required) if required is not None and made.is_mlflow else required


def _was_ready(current: Deployment | None, required: Requirements) -> bool:
    return (
        current is not None
        and current.provisioning_state is ProvisioningState.SUCCEEDED
        and current.requirements == required
    )
