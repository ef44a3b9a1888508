"""Endpoints and deployments in Table Storage.

An endpoint and its deployments share a partition, so that they change in one transaction and the
endpoint's etag guards them all: whoever changes a deployment also replaces the endpoint.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from shared.endpoints.model import Deployment, Endpoint, ProvisioningState
from shared.errors import ConflictError, NotFoundError, PreconditionError
from shared.storage.codec import decode, encode
from shared.storage.ports import Entity, Operation, OperationKind, Query, TableStore

TABLE = "endpoints"
ENDPOINT_ROW = "endpoint"
DEPLOYMENT_ROW = "deployment:"
AFTER_DEPLOYMENTS = "deployment;"


@dataclass(frozen=True)
class StoredEndpoint:
    """An endpoint with its deployments by name, as read together.

    Attributes:
        etag: The version of the endpoint and of which deployments it has.
        deployment_etags: The version of each deployment, by its name.
    """

    endpoint: Endpoint
    deployments: tuple[Deployment, ...]
    etag: str
    deployment_etags: Mapping[str, str]

    def deployment(self, name: str) -> Deployment:
        """One of the deployments.

        Raises:
            NotFoundError: There is none of that name.
        """
        for deployment in self.deployments:
            if deployment.name == name:
                return deployment
        known = ", ".join(item.name for item in self.deployments) or "none"
        raise NotFoundError(
            f"the endpoint '{self.endpoint.name}' has no deployment '{name}'; it has: {known}",
            code="DeploymentNotFound",
        )


class EndpointRepository:
    """Owner of all queries on endpoints and deployments."""

    def __init__(self, tables: TableStore) -> None:
        self._tables = tables

    def create(self, endpoint: Endpoint, deployments: Sequence[Deployment]) -> None:
        """Stores a new endpoint with its deployments, all or none.

        Raises:
            ConflictError: The name is taken.
        """
        operations = [Operation(OperationKind.INSERT, _endpoint_entity(endpoint))]
        operations += [
            Operation(OperationKind.INSERT, _deployment_entity(item)) for item in deployments
        ]
        try:
            self._tables.transact(TABLE, operations)
        except ConflictError as error:
            raise ConflictError(
                f"an endpoint '{endpoint.name}' exists already; update it, or delete it first",
                code="EndpointExists",
                target="name",
            ) from error

    def get(self, name: str) -> StoredEndpoint:
        """Reads an endpoint and its deployments.

        Raises:
            NotFoundError: There is none of that name.
        """
        entities = list(self._tables.query(TABLE, Query(partition=_partition(name))))
        found = [entity for entity in entities if entity.row == ENDPOINT_ROW]
        if not found:
            raise NotFoundError(f"there is no endpoint '{name}'", code="EndpointNotFound")
        rows = [entity for entity in entities if entity.row.startswith(DEPLOYMENT_ROW)]
        return StoredEndpoint(
            decode(str(found[0].data["document"]), Endpoint),
            tuple(decode(str(entity.data["document"]), Deployment) for entity in rows),
            found[0].etag,
            {str(entity.data["name"]): entity.etag for entity in rows},
        )

    def list(self, *, limit: int, continuation: str | None) -> tuple[list[str], str | None]:
        """Lists names of endpoints in order, and where the next page starts."""
        query = Query(row_from=ENDPOINT_ROW, row_before=ENDPOINT_ROW + "\x20")
        page = self._tables.query_page(TABLE, query, limit=limit, continuation=continuation)
        names = [str(entity.data["name"]) for entity in page.entities]
        return names, page.continuation

    def change(
        self,
        stored: StoredEndpoint,
        endpoint: Endpoint,
        *,
        add: Sequence[Deployment] = (),
        update: Sequence[Deployment] = (),
        remove: Sequence[str] = (),
    ) -> StoredEndpoint:
        """Replaces an endpoint and changes its deployments, if nobody changed it meanwhile.

        Raises:
            PreconditionError: Somebody did.
            ConflictError: A deployment to add exists.
        """
        replacement = _endpoint_entity(endpoint, stored.etag)
        operations = [Operation(OperationKind.REPLACE, replacement)]
        operations += [Operation(OperationKind.INSERT, _deployment_entity(item)) for item in add]
        operations += [
            Operation(
                OperationKind.REPLACE,
                replace(_deployment_entity(item), etag=stored.deployment_etags[item.name]),
            )
            for item in update
        ]
        operations += [_deletion(stored, name) for name in remove]
        self._transact(operations, endpoint.name)
        return self.get(endpoint.name)

    def replace_deployment(self, stored: StoredEndpoint, deployment: Deployment) -> None:
        """Stores what became of a deployment by itself; the endpoint's version stays.

        Raises:
            PreconditionError: Somebody changed or deleted the deployment meanwhile.
        """
        entity = _deployment_entity(deployment)
        self._tables.replace(TABLE, replace(entity, etag=stored.deployment_etags[deployment.name]))

    def creating(self) -> Iterator[Deployment]:
        """Reads all deployments that are being provisioned."""
        query = Query(
            row_from=DEPLOYMENT_ROW,
            row_before=AFTER_DEPLOYMENTS,
            where={"state": ProvisioningState.CREATING.value},
        )
        for entity in self._tables.query(TABLE, query):
            yield decode(str(entity.data["document"]), Deployment)

    def delete(self, stored: StoredEndpoint) -> None:
        """Deletes an endpoint and its deployments, if nobody changed it meanwhile.

        Raises:
            PreconditionError: Somebody did.
        """
        entity = Entity(_partition(stored.endpoint.name), ENDPOINT_ROW, etag=stored.etag)
        operations = [Operation(OperationKind.DELETE, entity)]
        operations += [_deletion(stored, item.name) for item in stored.deployments]
        self._transact(operations, stored.endpoint.name)

    def _transact(self, operations: Sequence[Operation], name: str) -> None:
        try:
            self._tables.transact(TABLE, operations)
        except PreconditionError as error:
            raise PreconditionError(
                f"the endpoint '{name}' was changed by someone else in the meantime; "
                "look at it again and repeat the change"
            ) from error


def _partition(name: str) -> str:
    """Names differ in more than case, as Azure's do."""
    return name.lower()


def _deletion(stored: StoredEndpoint, name: str) -> Operation:
    row, etag = f"{DEPLOYMENT_ROW}{name}", stored.deployment_etags[name]
    partition = _partition(stored.endpoint.name)
    return Operation(OperationKind.DELETE, Entity(partition, row, etag=etag))


def _endpoint_entity(endpoint: Endpoint, etag: str = "") -> Entity:
    data = {"name": endpoint.name, "document": encode(endpoint)}
    return Entity(_partition(endpoint.name), ENDPOINT_ROW, data, etag)


def _deployment_entity(deployment: Deployment) -> Entity:
    row = f"{DEPLOYMENT_ROW}{deployment.name}"
    data = {
        "name": deployment.name,
        "state": deployment.provisioning_state.value,
        "document": encode(deployment),
    }
    return Entity(_partition(deployment.endpoint_name), row, data)
