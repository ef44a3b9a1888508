"""The functions around what endpoints have by name: schedules and webhooks."""

from collections.abc import Callable, Mapping
from typing import Any, Generic, Protocol, TypeVar
from urllib.parse import quote

import azure.functions as func

from api.gate import caller
from api.requests import base_url, read_document
from api.responses import json_response
from api.routes import GuardedApp, Handler, Route, register
from shared.principal import Principal, Role

V = TypeVar("V")
V_co = TypeVar("V_co", covariant=True)


class ChildService(Protocol[V_co]):
    """The use cases that all kinds of children have; their errors are told there."""

    def put(
        self, endpoint_name: str, name: str, document: Mapping[str, Any], caller: Principal
    ) -> tuple[V_co, bool]:
        """Creates a child, or replaces what one of that name says; tells whether it is new."""
        ...

    def get(self, endpoint_name: str, name: str) -> V_co:
        """Shows a child."""
        ...

    def delete(self, endpoint_name: str, name: str) -> None:
        """Deletes a child."""
        ...


class ChildRoutes(Generic[V]):
    """Creates, shows and deletes children of one kind; each kind lists them in its own way."""

    def __init__(
        self,
        kind: str,
        service: ChildService[V],
        document: Callable[[V], Mapping[str, object]],
        public_url: str,
    ) -> None:
        """Makes the routes.

        Args:
            kind: The kind in paths and names of functions: `schedule` or `webhook`.
            service: Its use cases.
            document: Makes the document that is answered, with `name` and `endpoint_name`.
            public_url: Where the app is reached; empty to take it from the request.
        """
        self._kind = kind
        self._service = service
        self._document = document
        self._public_url = public_url

    def register_children(
        self, app: GuardedApp, list_: Handler, actions: Mapping[str, Handler]
    ) -> None:
        """Registers the functions of a kind.

        Args:
            app: The app.
            list_: Lists the children of an endpoint.
            actions: Further functions of one child, by the last part of their path.
        """
        kind, every = self._kind, f"endpoints/{{endpoint}}/{self._kind}s"
        one = f"{every}/{{{kind}}}"
        for route in (
            Route(f"list_{kind}s", "GET", every, list_, Role.READER),
            Route(f"put_{kind}", "PUT", one, self.put, Role.CONTRIBUTOR),
            Route(f"show_{kind}", "GET", one, self.show, Role.READER),
            Route(f"delete_{kind}", "DELETE", one, self.delete, Role.CONTRIBUTOR),
            *(
                Route(f"{name}_{kind}", "POST", f"{one}/{name}", action, Role.CONTRIBUTOR)
                for name, action in actions.items()
            ),
        ):
            register(app, route)

    def put(self, req: func.HttpRequest) -> func.HttpResponse:
        """Creates a child, or replaces what it says."""
        view, is_new = self._service.put(*self.names(req), read_document(req), caller())
        document = self._document(view)
        endpoint, name = quote(str(document["endpoint_name"])), quote(str(document["name"]))
        base = base_url(req, self._public_url)
        location = f"{base}/api/endpoints/{endpoint}/{self._kind}s/{name}"
        return json_response(document, 201 if is_new else 200, headers={"Location": location})

    def show(self, req: func.HttpRequest) -> func.HttpResponse:
        """Shows a child."""
        return json_response(self._document(self._service.get(*self.names(req))))

    def delete(self, req: func.HttpRequest) -> func.HttpResponse:
        """Deletes a child."""
        self._service.delete(*self.names(req))
        return func.HttpResponse(status_code=204)

    def names(self, req: func.HttpRequest) -> tuple[str, str]:
        """Returns the names of the endpoint and of the child that a request is for."""
        return req.route_params["endpoint"], req.route_params[self._kind]
