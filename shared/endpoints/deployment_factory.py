"""Makes deployments of their drafts, and changes those that exist."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from shared.documents.validation import invalid
from shared.endpoints.drafts import DeploymentDraft
from shared.endpoints.model import Deployment, Environment, Model
from shared.endpoints.scoring_settings import ScoringSettings
from shared.endpoints.time_budget import TimeBudget
from shared.errors import ErrorDetail


class References(Protocol):
    """Looks up registered assets, so that a deployment can freeze what it refers to."""

    def model(self, reference: str, target: str) -> Model:
        """The model that `azureml:NAME:VERSION` or `azureml:NAME@latest` stands for."""
        ...

    def environment(self, reference: str, target: str) -> Environment:
        """The environment that such a reference stands for."""
        ...


@dataclass(frozen=True)
class DeploymentContext:
    """Values that a new deployment needs besides its draft.

    Attributes:
        now: The time of creation.
        new_revision: Gives the revision of a deployment that is made, another one each time: what
            is started for one deployment must not be taken for another's.
        cores: Default of `max_concurrency_per_instance`.
        references: Looks up registered assets.
        budget: How long a `run()` may take.
    """

    now: datetime
    new_revision: Callable[[], str]
    cores: int
    references: References
    budget: TimeBudget = field(default_factory=TimeBudget)


def make_deployment(
    draft: DeploymentDraft, endpoint_name: str, context: DeploymentContext
) -> Deployment:
    """Makes a new deployment of its draft.

    Args:
        draft: What the caller asks for.
        endpoint_name: The endpoint that it belongs to.
        context: What the draft does not say.

    Raises:
        InvalidError: It has no model, or its timeout does not fit.
        NotFoundError: It refers to an asset that is not registered.
    """
    model = _model(draft, context.references)
    if model is None:
        raise invalid([ErrorDetail("must be given", draft.targets.of("model"))])
    if draft.settings.timeout is not None:
        context.budget.check(draft.settings.timeout, draft.targets.of("settings.timeout"))
    return Deployment(
        name=draft.name,
        endpoint_name=endpoint_name,
        revision=context.new_revision(),
        model=model,
        settings=draft.settings.apply(ScoringSettings(context.cores)),
        created_at=context.now,
        code_configuration=draft.code_configuration,
        environment=_environment(draft, context.references),
        environment_variables=dict(draft.environment_variables or {}),
        description=draft.description or "",
    )


def change_deployment(
    current: Deployment, draft: DeploymentDraft, context: DeploymentContext
) -> Deployment:
    """Makes the next revision of a deployment.

    Settings and environment variables are merged one by one; a model, an environment or a code
    configuration is replaced as a whole.

    Args:
        current: As it is stored.
        draft: What is to be another.
        context: What the draft does not say.

    Raises:
        InvalidError: The change would rename the deployment or move it to another endpoint, or the
            timeout does not fit.
        NotFoundError: It refers to an asset that is not registered.
    """
    _check_same(draft.name, current.name, draft.targets.of("name"))
    if draft.endpoint_name is not None:
        target = draft.targets.of("endpoint_name")
        _check_same(draft.endpoint_name, current.endpoint_name, target)
    model = _model(draft, context.references)
    settings = draft.settings.apply(current.settings)
    context.budget.check(settings.retry_settings.timeout, draft.targets.of("settings.timeout"))
    environment = _environment(draft, context.references)
    variables = {**current.environment_variables, **(draft.environment_variables or {})}
    return replace(
        current,
        revision=context.new_revision(),
        model=model or current.model,
        settings=settings,
        code_configuration=draft.code_configuration or current.code_configuration,
        environment=environment or current.environment,
        environment_variables=variables,
        description=current.description if draft.description is None else draft.description,
        provisioning_error=None,
    )


def _check_same(given: str, current: str, target: str) -> None:
    if given != current:
        raise invalid([ErrorDetail(f"cannot be changed; it is '{current}'", target)])


def _model(draft: DeploymentDraft, references: References) -> Model | None:
    given = draft.model
    if given is None:
        return None
    if isinstance(given, str):
        return references.model(given, draft.targets.of("model"))
    version = "1" if given.version is None else given.version
    return Model(given.name or draft.name, version, given.path)


def _environment(draft: DeploymentDraft, references: References) -> Environment | None:
    given = draft.environment
    if isinstance(given, str):
        return references.environment(given, draft.targets.of("environment"))
    return given
