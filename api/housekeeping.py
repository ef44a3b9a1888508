"""The function that does at once what the housekeeping timer does now and then."""

import azure.functions as func

from api.answers.service import Housekeeping as HousekeepingAnswer
from api.responses import json_response
from api.routes import GuardedApp, Route, register
from shared.errors import ConflictError
from shared.housekeeping.service import Housekeeping
from shared.principal import Role

SECONDS = 60.0
"""An HTTP answer must come within 230 seconds; a step that has begun may take some more."""


class HousekeepingRoutes:
    """Lets operators remove what is old enough without waiting for the timer."""

    def __init__(self, housekeeping: Housekeeping) -> None:
        self._housekeeping = housekeeping

    def register(self, app: GuardedApp) -> None:
        """Registers all functions of this module."""
        role = Role.CONTRIBUTOR
        register(app, Route("run_housekeeping", "POST", "housekeeping", self.run, role))

    def run(self, req: func.HttpRequest) -> func.HttpResponse:
        """Removes what is old enough, and tells how much that was."""
        del req
        report = self._housekeeping.run(SECONDS)
        if report.is_busy:
            raise ConflictError(
                "housekeeping is being done just now; try again in a few minutes",
                code="HousekeepingRunning",
            )
        return json_response(
            HousekeepingAnswer(removed=dict(report.removed), is_done=report.is_done)
        )
