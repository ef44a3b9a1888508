"""Wires the services of endpoints and their deployments."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from shared.assets.build import AssetServices
from shared.clock import Clock
from shared.endpoints.deployment_preparation import DeploymentPreparation
from shared.endpoints.frozen_references import RegisteredReferences
from shared.endpoints.provisioning import ProvisioningService
from shared.endpoints.repository import EndpointRepository
from shared.endpoints.service import EndpointService
from shared.endpoints.time_budget import TimeBudget
from shared.environments.requirements import Requirements
from shared.storage.ports import BlobStore


@dataclass(frozen=True)
class EndpointServices:
    """Endpoints, their deployments, and what these refer to."""

    repository: EndpointRepository
    references: RegisteredReferences
    provisioning: ProvisioningService
    service: EndpointService


def build_endpoints(
    repository: EndpointRepository,
    blobs: BlobStore,
    assets: AssetServices,
    *,
    is_ready: Callable[[Requirements], bool],
    running_jobs: Callable[[str], Sequence[str]],
    dependants: Sequence[Callable[[str], None]],
    cores: int,
    budget: TimeBudget,
    watchdog_grace: timedelta,
    clock: Clock,
) -> EndpointServices:
    """Makes the services of the room.

    Args:
        repository: Where endpoints are kept.
        blobs: Where models and build logs are.
        assets: What deployments refer to.
        is_ready: True for what scorers find without anything being built.
        running_jobs: Names the jobs of an endpoint that have not ended.
        dependants: Each deletes what goes with an endpoint of a name.
        cores: Default of `max_concurrency_per_instance`.
        budget: How long scoring a mini-batch may take.
        watchdog_grace: How old a deployment must be before its orchestration counts as missing.
        clock: The time.
    """
    references = RegisteredReferences(assets.registry)
    provisioning = ProvisioningService(
        repository, blobs, assets.datastores, is_ready, clock, watchdog_grace
    )
    preparation = DeploymentPreparation(
        assets.uploaded, references, provisioning, clock, cores, budget
    )
    return EndpointServices(
        repository=repository,
        references=references,
        provisioning=provisioning,
        service=EndpointService(repository, running_jobs, preparation, clock, dependants),
    )
