"""Makes deployments of their documents, and checks what these name."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import uuid4

from shared.assets.uploaded_content import UploadedContent
from shared.clock import Clock
from shared.documents.validation import invalid
from shared.endpoints.deployment_documents import DeploymentContext, read_deployment
from shared.endpoints.frozen_references import RegisteredReferences
from shared.endpoints.model import Deployment
from shared.endpoints.provisioning import ProvisioningService
from shared.endpoints.time_budget import TimeBudget
from shared.errors import ErrorDetail, NotFoundError


class DeploymentPreparation:
    """What comes before a deployment can be stored."""

    def __init__(
        self,
        uploaded: UploadedContent,
        references: RegisteredReferences,
        provisioning: ProvisioningService,
        clock: Clock,
        cores: int,
        budget: TimeBudget,
    ) -> None:
        self._uploaded = uploaded
        self._references = references
        self._provisioning = provisioning
        self._clock = clock
        self._cores = cores
        self._budget = budget

    def context(self) -> DeploymentContext:
        """What new deployments have that their documents do not say."""
        return DeploymentContext(
            self._clock(), lambda: uuid4().hex, self._cores, self._references, self._budget
        )

    def read(
        self, document: Mapping[str, Any], endpoint: str, current: Deployment | None = None
    ) -> Deployment:
        """Makes one deployment of its document.

        Args:
            document: In either form.
            endpoint: The endpoint's name.
            current: The stored deployment that it is to replace.

        Raises:
            InvalidError: The document breaks the rules, or names what is not there.
        """
        made = read_deployment(document, endpoint, self.context())
        return self.prepare(made, "", current)

    def prepare(self, deployment: Deployment, at: str, current: Deployment | None) -> Deployment:
        """Checks what was uploaded for a deployment, and completes it with what was found.

        Args:
            deployment: As its document says.
            at: The document's path in the request.
            current: The stored deployment that it is to replace.

        Raises:
            InvalidError: What it names is not there, or not what it should be.
        """
        prefix = f"{at}." if at else ""
        is_mlflow = self._uploaded.holds(
            deployment.model.path, "MLmodel", target=f"{prefix}model.path"
        )
        code = deployment.code_configuration
        if code is None and not is_mlflow:
            raise invalid(
                [
                    ErrorDetail(
                        "the model's folder has no MLmodel file at its top: give an MLflow model, "
                        "or a code_configuration with a scoring script",
                        f"{prefix}model",
                        "NotAnMLflowModel",
                    )
                ]
            )
        if code is not None and not self._uploaded.holds(
            code.code, code.scoring_script, target=f"{prefix}code_configuration.code"
        ):
            raise invalid(
                [
                    ErrorDetail(
                        f"there is no file '{code.scoring_script}' in the code folder",
                        f"{prefix}code_configuration.scoring_script",
                    )
                ]
            )
        self._check_compute(deployment, prefix)
        made = replace(deployment, is_mlflow=is_mlflow and code is None)
        return self._provisioning.begin(made, current, at=f"{prefix}model")

    def _check_compute(self, deployment: Deployment, prefix: str) -> None:
        compute = deployment.settings.compute
        if compute.target is None:
            return
        most = self._references.max_instances(compute.target)
        if most is None:
            name = compute.target.removeprefix("azureml:")
            raise NotFoundError(
                f"there is no compute '{name}'; create it first (POST /api/computes)",
                target=f"{prefix}compute",
                code="ComputeNotFound",
            )
        if compute.instance_count > most:
            message = f"must be at most {most}, the max_instances of '{compute.target}'"
            raise invalid([ErrorDetail(message, f"{prefix}compute.instance_count")])
