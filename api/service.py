"""The functions that tell about the service itself."""

from collections.abc import Sequence

import azure.functions as func

from api.answers.service import Health, SchemaLink
from api.openapi import openapi_document
from api.requests import base_url
from api.responses import json_response, list_response
from api.routes import OPEN, GuardedApp, Route, register
from shared.documents.validation import PUBLIC_SCHEMAS, load_schema
from shared.errors import NotFoundError
from shared.version import VERSION


class ServiceRoutes:
    """Health, and what describes the API."""

    def __init__(self, public_url: str, warnings: Sequence[str] = ()) -> None:
        """Takes what links start with, and what of the app's settings does not fit together."""
        self._public_url = public_url
        self._warnings = list(warnings)

    def register(self, app: GuardedApp) -> None:
        """Registers all functions of this module."""
        for route in (
            Route("health", "GET", "health", self.health, OPEN, is_public=True),
            Route("show_openapi", "GET", "openapi.json", self.show_openapi, OPEN),
            Route("list_schemas", "GET", "schemas", self.list_schemas, OPEN),
            Route("show_schema", "GET", "schemas/{schema}", self.show_schema, OPEN),
        ):
            register(app, route)

    def health(self, req: func.HttpRequest) -> func.HttpResponse:
        """Tells that the app serves, and which of its settings do not fit together."""
        del req
        return json_response(Health(status="ok", version=VERSION, warnings=self._warnings))

    def show_openapi(self, req: func.HttpRequest) -> func.HttpResponse:
        """Answers the OpenAPI document."""
        return json_response(openapi_document(base_url(req, self._public_url)))

    def list_schemas(self, req: func.HttpRequest) -> func.HttpResponse:
        """Lists the JSON Schemas."""
        base = base_url(req, self._public_url)
        return list_response(
            [SchemaLink(name=name, url=f"{base}/api/schemas/{name}") for name in PUBLIC_SCHEMAS]
        )

    def show_schema(self, req: func.HttpRequest) -> func.HttpResponse:
        """Answers one JSON Schema."""
        name = req.route_params["schema"]
        if name not in PUBLIC_SCHEMAS:
            raise NotFoundError(
                f"there is no schema '{name}'; there are {', '.join(PUBLIC_SCHEMAS)}"
            )
        return json_response(load_schema(name))
