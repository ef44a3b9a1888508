"""Finds who uses an asset, a datastore or a compute, so that it is not deleted under them."""

from collections.abc import Iterator

from shared.assets.asset_repository import AssetRepository
from shared.assets.model import (
    Compute,
    DataAsset,
    Datastore,
    EnvironmentAsset,
    ModelAsset,
    ResourceKind,
)
from shared.assets.references import parse_reference
from shared.endpoints.model import Deployment
from shared.endpoints.repository import EndpointRepository
from shared.errors import InvalidError, NotFoundError
from shared.jobs.repository import JobRepository
from shared.schedules.repository import ScheduleRepository
from shared.storage.ports import TableStore
from shared.uris import is_datastore_uri, parse_datastore_uri

PAGE = 1000


class Usage:
    """Looks through what may use a thing; each answer names one user or is None."""

    def __init__(
        self, tables: TableStore, endpoints: EndpointRepository, jobs: JobRepository
    ) -> None:
        self._tables = tables
        self._endpoints = endpoints
        self._jobs = jobs

    def of_model(self, model: ModelAsset) -> str | None:
        """The first deployment of this version of a model."""
        wanted = (model.name.lower(), model.version)
        for deployment in self._deployments():
            if (deployment.model.name.lower(), deployment.model.version) == wanted:
                return _called(deployment)
        return None

    def of_environment(self, environment: EnvironmentAsset) -> str | None:
        """The first deployment with this version of an environment."""
        wanted = (environment.name.lower(), environment.version)
        for deployment in self._deployments():
            used = deployment.environment
            if used and used.name and (used.name.lower(), used.version) == wanted:
                return _called(deployment)
        return None

    def of_datastore(self, datastore: Datastore) -> str | None:
        """The first deployment, running job, schedule or asset with something in a datastore."""
        for user, uri in self.places():
            if is_datastore_uri(uri):
                name = parse_datastore_uri(uri).datastore
                if name.lower() == datastore.name.lower():
                    return user
        return None

    def of_compute(self, compute: Compute) -> str | None:
        """The first deployment or running job that runs on a compute."""
        for user, target in self._targets():
            if target is not None and _compute_name(target) == compute.name.lower():
                return user
        return None

    def _deployments(self) -> Iterator[Deployment]:
        continuation: str | None = None
        while True:
            names, continuation = self._endpoints.list(limit=PAGE, continuation=continuation)
            for name in names:
                try:
                    yield from self._endpoints.get(name).deployments
                except NotFoundError:
                    continue
            if continuation is None:
                return

    def places(self) -> Iterator[tuple[str, str]]:
        """Whoever needs something in a datastore, and the URI of it."""
        for deployment in self._deployments():
            for uri in deployment_places(deployment):
                yield _called(deployment), uri
        for job in self._jobs.active():
            yield f"the running job '{job.name}'", job.input_uri
            yield f"the running job '{job.name}'", str(job.output.file)
        for stored in ScheduleRepository(self._tables).all():
            schedule = stored.schedule
            user = f"the schedule '{schedule.name}' of the endpoint '{schedule.endpoint_name}'"
            yield from ((user, place) for place in schedule.places)
        for model in AssetRepository(self._tables, ModelAsset).all():
            yield f"the model '{model.reference}'", model.path
        for data in AssetRepository(self._tables, DataAsset).all():
            yield f"the data asset '{data.reference}'", data.path

    def _targets(self) -> Iterator[tuple[str, str | None]]:
        for deployment in self._deployments():
            yield _called(deployment), deployment.settings.compute.target
        for job in self._jobs.active():
            yield f"the running job '{job.name}'", job.settings.compute.target


def deployment_places(deployment: Deployment) -> Iterator[str]:
    """The URIs of a deployment's model and code."""
    yield deployment.model.path
    if deployment.code_configuration:
        yield deployment.code_configuration.code


def _called(deployment: Deployment) -> str:
    return f"the deployment '{deployment.name}' of the endpoint '{deployment.endpoint_name}'"


def _compute_name(target: str) -> str | None:
    try:
        return parse_reference(target, ResourceKind.COMPUTE).name.lower()
    except InvalidError:
        return None
