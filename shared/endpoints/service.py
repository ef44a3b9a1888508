"""Creating, showing, changing and deleting endpoints and their deployments."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from shared.clock import Clock
from shared.documents.validation import invalid, validate
from shared.endpoints.deployment_checks import DeploymentPreparation
from shared.endpoints.deployment_form import changed_form
from shared.endpoints.documents import read_endpoint, read_traffic
from shared.endpoints.model import Deployment, Endpoint, check_traffic
from shared.endpoints.repository import EndpointRepository, StoredEndpoint
from shared.errors import ConflictError, NotFoundError, PreconditionError


@dataclass(frozen=True)
class EndpointPage:
    """Some endpoints by name, and where the next ones start."""

    endpoints: tuple[StoredEndpoint, ...]
    continuation: str | None


class EndpointService:
    """The use cases around endpoints."""

    def __init__(
        self,
        endpoints: EndpointRepository,
        running_jobs: Callable[[str], Sequence[str]],
        preparation: DeploymentPreparation,
        clock: Clock,
        dependants: Sequence[Callable[[str], None]] = (),
    ) -> None:
        """`dependants` each delete what goes with an endpoint of a name."""
        self._endpoints = endpoints
        self._running_jobs = running_jobs
        self._preparation = preparation
        self._clock = clock
        self._dependants = dependants

    def create(self, document: Mapping[str, Any]) -> StoredEndpoint:
        """Creates an endpoint with the deployments that its document has.

        Raises:
            InvalidError: The document breaks the rules; each violation is named by its path.
            ConflictError: The name is taken.
        """
        endpoint, deployments = read_endpoint(document, self._preparation.context())
        listed = isinstance(document.get("deployments"), list)
        ready = [
            self._preparation.prepare(
                item, f"deployments[{index}]" if listed else f"deployments.{item.name}", None
            )
            for index, item in enumerate(deployments)
        ]
        self._endpoints.create(endpoint, ready)
        return self._endpoints.get(endpoint.name)

    def get(self, name: str) -> StoredEndpoint:
        """Reads an endpoint with its deployments.

        Raises:
            NotFoundError: There is none of that name.
        """
        return self._endpoints.get(name)

    def list(self, *, limit: int, continuation: str | None) -> EndpointPage:
        """Lists endpoints by name."""
        names, following = self._endpoints.list(limit=limit, continuation=continuation)
        return EndpointPage(tuple(self._existing(names)), following)

    def _existing(self, names: Sequence[str]) -> Iterator[StoredEndpoint]:
        for name in names:
            try:
                yield self._endpoints.get(name)
            except NotFoundError:
                continue

    def update(self, name: str, document: Mapping[str, Any], *, etag: str | None) -> StoredEndpoint:
        """Changes description, tags or traffic.

        Args:
            name: The endpoint.
            document: As `endpoint-update.json` describes it.
            etag: The version that the caller saw; None takes the current one.

        Raises:
            InvalidError: The document breaks the rules.
            NotFoundError: There is no such endpoint.
            PreconditionError: Somebody else changed the endpoint in the meantime.
        """
        validate(document, "endpoint-update.json")
        stored = self._endpoints.get(name)
        _check_etag(stored, etag)
        traffic = read_traffic(document)
        details = check_traffic(traffic or {}, {item.name for item in stored.deployments})
        if details:
            raise invalid(details)
        endpoint = replace(
            stored.endpoint,
            description=document.get("description", stored.endpoint.description),
            tags=document.get("tags", stored.endpoint.tags),
            traffic=stored.endpoint.traffic if traffic is None else traffic,
            updated_at=self._clock(),
        )
        return self._endpoints.change(stored, endpoint)

    def delete(self, name: str, *, force: bool, etag: str | None = None) -> None:
        """Deletes an endpoint with its deployments, schedules and webhooks.

        Raises:
            NotFoundError: There is no such endpoint.
            ConflictError: One of its jobs runs, and `force` is not set.
            PreconditionError: Somebody else changed the endpoint in the meantime.
        """
        stored = self._endpoints.get(name)
        _check_etag(stored, etag)
        running = self._running_jobs(stored.endpoint.name)
        if running and not force:
            raise ConflictError(
                f"the endpoint '{name}' has running jobs ({', '.join(running[:5])}); "
                "wait for them, or delete with force",
                code="JobsRunning",
            )
        self._endpoints.delete(stored)
        for delete in self._dependants:
            delete(stored.endpoint.name)

    def add_deployment(self, name: str, document: Mapping[str, Any]) -> Deployment:
        """Adds a deployment to an endpoint.

        Raises:
            InvalidError: The document breaks the rules.
            NotFoundError: There is no such endpoint.
            ConflictError: The endpoint has a deployment of that name.
        """
        stored = self._endpoints.get(name)
        deployment = self._preparation.read(document, stored.endpoint.name)
        if deployment.name in {item.name for item in stored.deployments}:
            raise ConflictError(
                f"the endpoint '{name}' has a deployment '{deployment.name}' already; "
                "delete it first, or choose another name",
                code="DeploymentExists",
                target="name",
            )
        self._endpoints.change(stored, self._touched(stored.endpoint), add=[deployment])
        return deployment

    def update_deployment(
        self, name: str, deployment_name: str, change: Mapping[str, Any]
    ) -> Deployment:
        """Changes a deployment; jobs that exist keep what they froze of it.

        Args:
            name: The endpoint.
            deployment_name: The deployment.
            change: The keys to change, in either YAML form.

        Raises:
            InvalidError: The changed deployment would break the rules.
            NotFoundError: There is no such endpoint or deployment.
            PreconditionError: Somebody else changed the endpoint in the meantime.
        """
        stored = self._endpoints.get(name)
        current = stored.deployment(deployment_name)
        form = changed_form(current, change)
        made = self._preparation.read(form, stored.endpoint.name, current)
        deployment = replace(made, created_at=current.created_at)
        self._endpoints.change(stored, self._touched(stored.endpoint), update=[deployment])
        return deployment

    def delete_deployment(self, name: str, deployment_name: str) -> None:
        """Deletes a deployment that gets no traffic.

        Raises:
            NotFoundError: There is no such endpoint or deployment.
            ConflictError: The deployment is the active one.
        """
        stored = self._endpoints.get(name)
        deployment = stored.deployment(deployment_name)
        if stored.endpoint.active_deployment == deployment.name:
            raise ConflictError(
                f"the deployment '{deployment.name}' gets the endpoint's traffic; give it 0 first",
                code="DeploymentActive",
            )
        traffic = {
            key: share for key, share in stored.endpoint.traffic.items() if key != deployment.name
        }
        endpoint = replace(self._touched(stored.endpoint), traffic=traffic)
        self._endpoints.change(stored, endpoint, remove=[deployment.name])

    def _touched(self, endpoint: Endpoint) -> Endpoint:
        return replace(endpoint, updated_at=self._clock())


def _check_etag(stored: StoredEndpoint, etag: str | None) -> None:
    if etag is not None and etag not in {"*", stored.etag}:
        raise PreconditionError(
            f"the endpoint '{stored.endpoint.name}' was changed since you looked at it; "
            "look at it again and repeat the change"
        )
