"""The functions around datastores and computes."""

from collections.abc import Callable
from typing import Generic, TypeVar
from urllib.parse import quote

import azure.functions as func

from api.requests import base_url, read_document
from api.resource_documents import compute_document, datastore_document
from api.responses import json_response, list_response
from api.routes import GuardedApp, Route, register
from shared.assets.model import Resource
from shared.assets.registry import Registry
from shared.assets.resource_service import ResourceService
from shared.principal import Role

R = TypeVar("R", bound=Resource)


class ResourceRoutes:
    """Registers the functions of datastores and computes."""

    def __init__(self, registry: Registry, public_url: str) -> None:
        self._registry = registry
        self._public_url = public_url

    def register(self, app: GuardedApp) -> None:
        """Registers all functions of this module."""
        registry, public_url = self._registry, self._public_url
        KindOfResource("datastore", registry.datastores, datastore_document, public_url).register(
            app
        )
        KindOfResource("compute", registry.computes, compute_document, public_url).register(app)


class KindOfResource(Generic[R]):
    """Creates, shows, lists and deletes resources of one kind."""

    def __init__(
        self,
        one: str,
        resources: ResourceService[R],
        document: Callable[[R], object],
        public_url: str,
    ) -> None:
        self._one = one
        self._resources = resources
        self._document = document
        self._public_url = public_url

    def register(self, app: GuardedApp) -> None:
        """Registers the functions of this kind."""
        one, path = self._one, f"{self._one}s"
        for route in (
            Route(f"create_{one}", "POST", path, self.create, Role.CONTRIBUTOR),
            Route(f"list_{one}s", "GET", path, self.list, Role.READER),
            Route(f"show_{one}", "GET", f"{path}/{{name}}", self.show, Role.READER),
            Route(f"delete_{one}", "DELETE", f"{path}/{{name}}", self.delete, Role.CONTRIBUTOR),
        ):
            register(app, route)

    def create(self, req: func.HttpRequest) -> func.HttpResponse:
        """Creates one; 200 where the same content was there before."""
        resource, is_new = self._resources.create(read_document(req))
        base = base_url(req, self._public_url)
        headers = {"Location": f"{base}/api/{self._one}s/{quote(resource.name)}"}
        return json_response(self._document(resource), 201 if is_new else 200, headers=headers)

    def list(self, req: func.HttpRequest) -> func.HttpResponse:
        """Lists all of them by name."""
        del req
        return list_response([self._document(item) for item in self._resources.list()])

    def show(self, req: func.HttpRequest) -> func.HttpResponse:
        """Shows one."""
        return json_response(self._document(self._resources.get(req.route_params["name"])))

    def delete(self, req: func.HttpRequest) -> func.HttpResponse:
        """Deletes one that nobody uses."""
        self._resources.delete(req.route_params["name"])
        return func.HttpResponse(status_code=204)
