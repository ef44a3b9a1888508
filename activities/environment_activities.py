"""The activities that provision a deployment: build its environment, and end that."""

from typing import Any

import azure.durable_functions as df

from scoring.environments.build import BuildError, IndexUnreachableError
from scoring.environments.build_log import BuildLog
from scoring.environments.environments import Environments
from scoring.environments.interpreters import NoPythonError
from shared.endpoints.provisioning import ProvisioningService
from shared.endpoints.provisioning_work import (
    BuiltEnvironment,
    ProvisioningEnd,
    ProvisioningWork,
)
from shared.environments.blob_names import build_log_blob
from shared.invocation_logs import in_invocation
from shared.messages import Payload
from shared.storage.ports import BlobStore


class EnvironmentActivities:
    """Result of `provision_deployment`."""

    def __init__(
        self, provisioning: ProvisioningService, environments: Environments, blobs: BlobStore
    ) -> None:
        self._provisioning = provisioning
        self._environments = environments
        self._blobs = blobs

    def register(self, app: df.DFApp) -> None:
        """Registers all activities of this module."""
        app.activity_trigger(input_name="work")(in_invocation(self.build_environment))
        app.activity_trigger(input_name="ending")(in_invocation(self.finish_provisioning))

    def build_environment(self, work: Payload) -> dict[str, Any]:
        """Builds a deployment's environment, or finds it; answers `BuiltEnvironment`.

        Again is as good as once.

        Raises:
            StorageError: Storage did not serve; the orchestrator tries again.
        """
        return self._build(ProvisioningWork.read(work)).payload()

    def _build(self, item: ProvisioningWork) -> BuiltEnvironment:
        deployment = self._provisioning.find(item)
        if deployment is None:
            return BuiltEnvironment()
        with BuildLog(self._blobs, build_log_blob(item.revision)) as log:
            try:
                self._environments.python(deployment.requirements, log.line)
            except IndexUnreachableError as error:
                log.line(f"not built for now: {error.message}")
                return BuiltEnvironment(error.message, retry=True)
            except (BuildError, NoPythonError) as error:
                log.line(f"not built: {error.message}")
                return BuiltEnvironment(error.message)
            log.line("the environment is ready")
        return BuiltEnvironment()

    def finish_provisioning(self, ending: Payload) -> str | None:
        """Ends the provisioning; answers the deployment's state."""
        end = ProvisioningEnd.read(ending)
        state = self._provisioning.finish(ProvisioningWork.read(end.work), end.error)
        return state.value if state else None
