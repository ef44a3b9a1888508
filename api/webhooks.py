"""The functions around the webhooks of endpoints."""

from urllib.parse import quote

import azure.functions as func

from api.gate import caller
from api.requests import base_url, read_document
from api.responses import json_response, list_response
from api.routes import GuardedApp, Route, register
from api.webhook_documents import webhook_document
from shared.principal import Role
from shared.webhooks.service import WebhookService


class WebhookRoutes:
    """Creates, shows, lists and deletes webhooks."""

    def __init__(self, webhooks: WebhookService, public_url: str) -> None:
        self._webhooks = webhooks
        self._public_url = public_url

    def register(self, app: GuardedApp) -> None:
        """Registers all functions of this module."""
        every = "endpoints/{endpoint}/webhooks"
        one = f"{every}/{{webhook}}"
        for route in (
            Route("list_webhooks", "GET", every, self.list, Role.READER),
            Route("put_webhook", "PUT", one, self.put, Role.CONTRIBUTOR),
            Route("show_webhook", "GET", one, self.show, Role.READER),
            Route("delete_webhook", "DELETE", one, self.delete, Role.CONTRIBUTOR),
        ):
            register(app, route)

    def put(self, req: func.HttpRequest) -> func.HttpResponse:
        """Creates a webhook, or replaces what it says."""
        endpoint, name = _names(req)
        view, is_new = self._webhooks.put(endpoint, name, read_document(req), caller())
        webhook = view.webhook
        place = f"endpoints/{quote(webhook.endpoint_name)}/webhooks/{quote(webhook.name)}"
        location = f"{base_url(req, self._public_url)}/api/{place}"
        return json_response(
            webhook_document(view), 201 if is_new else 200, headers={"Location": location}
        )

    def list(self, req: func.HttpRequest) -> func.HttpResponse:
        """Lists an endpoint's webhooks by name."""
        views = self._webhooks.list(req.route_params["endpoint"])
        return list_response([webhook_document(view) for view in views])

    def show(self, req: func.HttpRequest) -> func.HttpResponse:
        """Shows a webhook, and how its deliveries go."""
        return json_response(webhook_document(self._webhooks.get(*_names(req))))

    def delete(self, req: func.HttpRequest) -> func.HttpResponse:
        """Deletes a webhook."""
        self._webhooks.delete(*_names(req))
        return func.HttpResponse(status_code=204)


def _names(req: func.HttpRequest) -> tuple[str, str]:
    return req.route_params["endpoint"], req.route_params["webhook"]
