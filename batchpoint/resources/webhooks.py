"""Webhooks of an endpoint: create or replace, show, list, delete."""

from batchpoint.http.transport import Transport
from batchpoint.models import Webhook
from batchpoint.resources.children import Children


class Webhooks(Children[Webhook]):
    """The webhooks of a service's endpoints; a deleted one is told nothing from then on.

    Without a `secret` in its document, one is made for a new webhook, and is in that answer alone.
    """

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport, "webhooks")
