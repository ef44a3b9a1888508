"""Makes deployments ready to be stored, and checks what their drafts name."""

from dataclasses import replace
from uuid import uuid4

from shared.assets.uploaded_content import UploadedContent
from shared.clock import Clock
from shared.documents.validation import invalid
from shared.endpoints.deployment_factory import (
    DeploymentContext,
    change_deployment,
    make_deployment,
)
from shared.endpoints.drafts import DeploymentDraft
from shared.endpoints.frozen_references import RegisteredReferences
from shared.endpoints.model import Deployment
from shared.endpoints.provisioning import ProvisioningService
from shared.endpoints.time_budget import TimeBudget
from shared.errors import ErrorDetail, NotFoundError
from shared.targets import Targets


class DeploymentPreparation:
    """Checks a deployment before it is stored."""

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

    def make(self, draft: DeploymentDraft, endpoint: str) -> Deployment:
        """Makes a new deployment of its draft, not checked yet.

        Args:
            draft: What the caller asks for.
            endpoint: The endpoint's name.

        Raises:
            InvalidError: The draft lacks something, or its timeout does not fit.
            NotFoundError: It refers to an asset that is not registered.
        """
        return make_deployment(draft, endpoint, self._context())

    def change(self, current: Deployment, draft: DeploymentDraft) -> Deployment:
        """Makes the next revision of a deployment, not checked yet.

        Args:
            current: As it is stored.
            draft: What is to be another.

        Raises:
            InvalidError: The change would rename or move the deployment, or its timeout does not
                fit.
            NotFoundError: It refers to an asset that is not registered.
        """
        return change_deployment(current, draft, self._context())

    def _context(self) -> DeploymentContext:
        return DeploymentContext(
            self._clock(), lambda: uuid4().hex, self._cores, self._references, self._budget
        )

    def prepare(
        self, deployment: Deployment, targets: Targets, current: Deployment | None = None
    ) -> Deployment:
        """Checks what was uploaded for a deployment, and completes it with what was found.

        Args:
            deployment: As its draft says.
            targets: What errors call its fields.
            current: The stored deployment that it is to replace.

        Raises:
            InvalidError: What it names is not there, or not what it should be.
            NotFoundError: There is no such compute or datastore.
        """
        is_mlflow = self._uploaded.holds(
            deployment.model.path, "MLmodel", target=targets.of("model.path")
        )
        code = deployment.code_configuration
        if code is None and not is_mlflow:
            raise invalid(
                [
                    ErrorDetail(
                        "the model's folder has no MLmodel file at its top: give an MLflow model, "
                        "or a code_configuration with a scoring script",
                        targets.of("model"),
                        "NotAnMLflowModel",
                    )
                ]
            )
        if code is not None and not self._uploaded.holds(
            code.code, code.scoring_script, target=targets.of("code_configuration.code")
        ):
            raise invalid(
                [
                    ErrorDetail(
                        f"there is no file '{code.scoring_script}' in the code folder",
                        targets.of("code_configuration.scoring_script"),
                    )
                ]
            )
        self._check_compute(deployment, targets)
        made = replace(deployment, is_mlflow=is_mlflow and code is None)
        return self._provisioning.begin(made, current, at=targets.of("model"))

    def _check_compute(self, deployment: Deployment, targets: Targets) -> None:
        compute = deployment.settings.compute
        if compute.target is None:
            return
        most = self._references.max_instances(compute.target)
        if most is None:
            name = compute.target.removeprefix("azureml:")
            raise NotFoundError(
                f"there is no compute '{name}'; create it first (POST /api/computes)",
                target=targets.of("settings.compute"),
                code="ComputeNotFound",
            )
        if compute.instance_count > most:
            message = f"must be at most {most}, the max_instances of '{compute.target}'"
            raise invalid([ErrorDetail(message, targets.of("settings.instance_count"))])
