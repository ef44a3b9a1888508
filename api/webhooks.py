"""The functions around the webhooks of endpoints."""

import azure.functions as func

from api.child_resources import ChildRoutes
from api.responses import list_response
from api.routes import GuardedApp
from api.webhook_documents import webhook_document
from shared.webhooks.service import WebhookService, WebhookView


class WebhookRoutes(ChildRoutes[WebhookView]):
    """Creates, shows, lists and deletes webhooks."""

    def __init__(self, webhooks: WebhookService, public_url: str) -> None:
        super().__init__("webhook", webhooks, webhook_document, public_url)
        self._webhooks = webhooks

    def register(self, app: GuardedApp) -> None:
        """Registers all functions of this module."""
        self.register_children(app, self.list, {})

    def list(self, req: func.HttpRequest) -> func.HttpResponse:
        """Lists an endpoint's webhooks by name."""
        views = self._webhooks.list(req.route_params["endpoint"])
        return list_response([webhook_document(view) for view in views])
