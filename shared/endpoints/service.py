"""Creating, showing, changing and deleting endpoints and their deployments."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from shared.clock import Clock
from shared.documents.validation import invalid
from shared.endpoints.deployment_preparation import DeploymentPreparation
from shared.endpoints.drafts import DeploymentDraft, EndpointDraft
from shared.endpoints.model import Deployment, Endpoint, check_traffic
from shared.endpoints.repository import EndpointRepository, StoredEndpoint
from shared.errors import ConflictError, ErrorDetail, NotFoundError, PreconditionError


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

    def create(self, draft: EndpointDraft) -> StoredEndpoint:
        """Creates an endpoint with the deployments that its draft has.

        Raises:
            InvalidError: The draft breaks the rules; each violation is named by its path.
            NotFoundError: A deployment refers to an asset, compute or datastore that is not there.
            ConflictError: The name is taken.
        """
        _check_deployments(draft)
        now = self._clock()
        endpoint = Endpoint(
            draft.name,
            created_at=now,
            updated_at=now,
            description=draft.description or "",
            tags=draft.tags or {},
            traffic=draft.traffic or {},
        )
        made = [self._preparation.make(item, endpoint.name) for item in draft.deployments]
        ready = [
            self._preparation.prepare(deployment, item.targets)
            for deployment, item in zip(made, draft.deployments, strict=True)
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

    def update(self, draft: EndpointDraft, *, etag: str | None) -> StoredEndpoint:
        """Changes description, tags or traffic.

        Args:
            draft: The endpoint's name, and what is to be another.
            etag: The version that the caller saw; None takes the current one.

        Raises:
            InvalidError: The traffic breaks the rules.
            NotFoundError: There is no such endpoint.
            PreconditionError: Somebody else changed the endpoint in the meantime.
        """
        stored = self._endpoints.get(draft.name)
        _check_etag(stored, etag)
        known = {item.name for item in stored.deployments}
        details = check_traffic(draft.traffic or {}, known, draft.targets.of("traffic"))
        if details:
            raise invalid(details)
        current = stored.endpoint
        endpoint = replace(
            self._touched(current),
            description=current.description if draft.description is None else draft.description,
            tags=current.tags if draft.tags is None else draft.tags,
            traffic=current.traffic if draft.traffic is None else draft.traffic,
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

    def add_deployment(self, name: str, draft: DeploymentDraft) -> Deployment:
        """Adds a deployment to an endpoint.

        Raises:
            InvalidError: The draft breaks the rules, or names another endpoint.
            NotFoundError: There is no such endpoint, or the draft refers to what is not there.
            ConflictError: The endpoint has a deployment of that name.
        """
        stored = self._endpoints.get(name)
        endpoint, named = stored.endpoint.name, draft.endpoint_name
        if named is not None and named != endpoint:
            target = draft.targets.of("endpoint_name")
            raise invalid([ErrorDetail(f"must be '{endpoint}', not '{named}'", target)])
        made = self._preparation.make(draft, endpoint)
        deployment = self._preparation.prepare(made, draft.targets)
        if deployment.name in {item.name for item in stored.deployments}:
            raise ConflictError(
                f"the endpoint '{name}' has a deployment '{deployment.name}' already; "
                "delete it first, or choose another name",
                code="DeploymentExists",
                target=draft.targets.of("name"),
            )
        self._endpoints.change(stored, self._touched(stored.endpoint), add=[deployment])
        return deployment

    def update_deployment(self, name: str, deployment: str, draft: DeploymentDraft) -> Deployment:
        """Changes a deployment; jobs that exist keep what they froze of it.

        Args:
            name: The endpoint.
            deployment: The deployment's name; that in the draft must be the same.
            draft: What is to be another.

        Raises:
            InvalidError: The changed deployment would break the rules, or have another name.
            NotFoundError: There is no such endpoint or deployment.
            PreconditionError: Somebody else changed the endpoint in the meantime.
        """
        stored = self._endpoints.get(name)
        current = stored.deployment(deployment)
        made = self._preparation.change(current, draft)
        changed = self._preparation.prepare(made, draft.targets, current)
        self._endpoints.change(stored, self._touched(stored.endpoint), update=[changed])
        return changed

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


def _check_deployments(draft: EndpointDraft) -> None:
    names = [item.name for item in draft.deployments]
    details = [
        ErrorDetail(f"two deployments have the name '{item.name}'", item.targets.of("name"))
        for position, item in enumerate(draft.deployments)
        if item.name in names[:position]
    ]
    details += check_traffic(draft.traffic or {}, set(names), draft.targets.of("traffic"))
    if details:
        raise invalid(details)


def _check_etag(stored: StoredEndpoint, etag: str | None) -> None:
    if etag is not None and etag not in {"*", stored.etag}:
        raise PreconditionError(
            f"the endpoint '{stored.endpoint.name}' was changed since you looked at it; "
            "look at it again and repeat the change"
        )
