"""Files that wait in an endpoint's inbox."""

import azure.functions as func

from api.answers.endpoints import Inbox, InboxJob
from api.responses import json_response
from api.routes import GuardedApp, Route, register
from shared.inbox.service import InboxService
from shared.principal import Role


class InboxRoutes:
    """Shows the inbox."""

    def __init__(self, inbox: InboxService) -> None:
        self._inbox = inbox

    def register(self, app: GuardedApp) -> None:
        """Registers all functions of this module."""
        path = "endpoints/{endpoint}/inbox"
        register(app, Route("show_inbox", "GET", path, self.show, Role.READER))

    def show(self, req: func.HttpRequest) -> func.HttpResponse:
        """Shows how many files wait, for which folders, and what keeps jobs from being made."""
        view = self._inbox.view(req.route_params["endpoint"])
        inbox = Inbox(
            waiting_files=view.files,
            folders=[marker or "." for marker in view.markers],
            jobs=[InboxJob(name=name, problem=problem or None) for name, problem in view.groups],
        )
        return json_response(inbox)
