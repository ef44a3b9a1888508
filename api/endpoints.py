"""The functions around endpoints and deployments."""

import asyncio
import logging
from dataclasses import asdict

import azure.durable_functions as df
import azure.functions as func

from api.documents import (
    build_log_document,
    deployment_document,
    endpoint_document,
)
from api.readers.deployments import read_deployment, read_deployment_change
from api.readers.endpoints import read_endpoint, read_endpoint_change
from api.requests import base_url, flag, page_size, read_document
from api.responses import json_response, list_response
from api.routes import GuardedApp, Route, StartingRoute, register, register_starting
from shared.endpoints.model import Deployment, ProvisioningState
from shared.endpoints.provisioning import ProvisioningService
from shared.endpoints.provisioning_work import PROVISION_DEPLOYMENT, provisioning_work
from shared.endpoints.service import EndpointService
from shared.principal import Role

logger = logging.getLogger(__name__)


class EndpointRoutes:
    """Creates, shows, lists, changes and deletes endpoints and deployments."""

    def __init__(
        self, endpoints: EndpointService, provisioning: ProvisioningService, public_url: str
    ) -> None:
        self._endpoints = endpoints
        self._provisioning = provisioning
        self._public_url = public_url

    def register(self, app: GuardedApp) -> None:
        """Registers all functions of this module."""
        one = "endpoints/{endpoint}"
        deployments = f"{one}/deployments"
        deployment = f"{deployments}/{{deployment}}"
        routes = (
            Route("list_endpoints", "GET", "endpoints", self.list, Role.READER),
            Route("show_endpoint", "GET", one, self.show, Role.READER),
            Route("update_endpoint", "PATCH", one, self.update, Role.CONTRIBUTOR),
            Route("delete_endpoint", "DELETE", one, self.delete, Role.CONTRIBUTOR),
            Route("list_deployments", "GET", deployments, self.list_deployments, Role.READER),
            Route("show_deployment", "GET", deployment, self.show_deployment, Role.READER),
            Route(
                "delete_deployment", "DELETE", deployment, self.delete_deployment, Role.CONTRIBUTOR
            ),
            Route(
                "show_build_log", "GET", f"{deployment}/build-log", self.show_build_log, Role.READER
            ),
        )
        for route in routes:
            register(app, route)
        for starting in (
            StartingRoute("create_endpoint", "POST", "endpoints", self.create, Role.CONTRIBUTOR),
            StartingRoute(
                "create_deployment", "POST", deployments, self.create_deployment, Role.CONTRIBUTOR
            ),
            StartingRoute(
                "update_deployment", "PATCH", deployment, self.update_deployment, Role.CONTRIBUTOR
            ),
        ):
            register_starting(app, starting)

    async def create(
        self, req: func.HttpRequest, client: df.DurableOrchestrationClient
    ) -> func.HttpResponse:
        """Creates an endpoint with its deployments; what has to be built is built afterwards."""
        stored = await asyncio.to_thread(
            lambda: self._endpoints.create(read_endpoint(read_document(req)))
        )
        for deployment in stored.deployments:
            await _provision(client, deployment)
        base = base_url(req, self._public_url)
        headers = {"Location": f"{base}/api/endpoints/{stored.endpoint.name}", "ETag": stored.etag}
        return json_response(endpoint_document(stored, base), 201, headers=headers)

    def list(self, req: func.HttpRequest) -> func.HttpResponse:
        """Lists endpoints by name."""
        limit = page_size(req)
        page = self._endpoints.list(limit=limit, continuation=req.params.get("continuation"))
        base = base_url(req, self._public_url)
        return list_response(
            [endpoint_document(stored, base) for stored in page.endpoints],
            url=f"{base}/api/endpoints",
            query={"top": str(limit)},
            continuation=page.continuation,
        )

    def show(self, req: func.HttpRequest) -> func.HttpResponse:
        """Shows one endpoint."""
        stored = self._endpoints.get(req.route_params["endpoint"])
        document = endpoint_document(stored, base_url(req, self._public_url))
        return json_response(document, headers={"ETag": stored.etag})

    def update(self, req: func.HttpRequest) -> func.HttpResponse:
        """Changes description, tags or traffic."""
        draft = read_endpoint_change(read_document(req), req.route_params["endpoint"])
        stored = self._endpoints.update(draft, etag=req.headers.get("If-Match"))
        document = endpoint_document(stored, base_url(req, self._public_url))
        return json_response(document, headers={"ETag": stored.etag})

    def delete(self, req: func.HttpRequest) -> func.HttpResponse:
        """Deletes an endpoint with its deployments."""
        self._endpoints.delete(
            req.route_params["endpoint"],
            force=flag(req, "force"),
            etag=req.headers.get("If-Match"),
        )
        return func.HttpResponse(status_code=204)

    def list_deployments(self, req: func.HttpRequest) -> func.HttpResponse:
        """Lists the deployments of an endpoint."""
        stored = self._endpoints.get(req.route_params["endpoint"])
        return list_response([deployment_document(item) for item in stored.deployments])

    async def create_deployment(
        self, req: func.HttpRequest, client: df.DurableOrchestrationClient
    ) -> func.HttpResponse:
        """Adds a deployment to an endpoint."""
        name = req.route_params["endpoint"]
        deployment = await asyncio.to_thread(
            lambda: self._endpoints.add_deployment(name, read_deployment(read_document(req)))
        )
        await _provision(client, deployment)
        base = base_url(req, self._public_url)
        location = f"{base}/api/endpoints/{name}/deployments/{deployment.name}"
        document = deployment_document(deployment)
        return json_response(document, 201, headers={"Location": location})

    def show_deployment(self, req: func.HttpRequest) -> func.HttpResponse:
        """Shows one deployment."""
        stored = self._endpoints.get(req.route_params["endpoint"])
        return json_response(deployment_document(stored.deployment(req.route_params["deployment"])))

    async def update_deployment(
        self, req: func.HttpRequest, client: df.DurableOrchestrationClient
    ) -> func.HttpResponse:
        """Changes one deployment."""
        deployment = await asyncio.to_thread(self._change_deployment, req)
        await _provision(client, deployment)
        return json_response(deployment_document(deployment))

    def _change_deployment(self, req: func.HttpRequest) -> Deployment:
        endpoint, name = req.route_params["endpoint"], req.route_params["deployment"]
        draft = read_deployment_change(read_document(req), name)
        return self._endpoints.update_deployment(endpoint, name, draft)

    def delete_deployment(self, req: func.HttpRequest) -> func.HttpResponse:
        """Deletes a deployment that gets no traffic."""
        self._endpoints.delete_deployment(
            req.route_params["endpoint"], req.route_params["deployment"]
        )
        return func.HttpResponse(status_code=204)

    def show_build_log(self, req: func.HttpRequest) -> func.HttpResponse:
        """Shows what was printed while a deployment's environment was built."""
        view = self._provisioning.log(req.route_params["endpoint"], req.route_params["deployment"])
        return json_response(build_log_document(view))


async def _provision(client: df.DurableOrchestrationClient, deployment: Deployment) -> None:
    """Starts what makes a stored deployment ready; if that fails, the watchdog does it later."""
    if deployment.provisioning_state is not ProvisioningState.CREATING:
        return
    work = provisioning_work(deployment)
    try:
        await client.start_new(PROVISION_DEPLOYMENT, work.instance_id, asdict(work))
    except Exception:
        logger.exception("the provisioning of '%s' did not start", deployment.name)
