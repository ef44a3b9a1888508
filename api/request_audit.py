"""Keeps account of one request: who sends it, what it is called, and what it changed."""

import re
from uuid import uuid4

import azure.functions as func

from api.gate import enter
from shared.audit_log import Call, begin, log_change, log_refusal
from shared.principal import Principal

REQUEST_ID = "x-ms-request-id"
CLIENT_REQUEST_ID = "x-ms-client-request-id"
_GIVEN = re.compile(r"[A-Za-z0-9._:-]{1,128}")


class RequestAudit:
    """One request, from its arrival to its answer."""

    def __init__(self, name: str, method: str, req: func.HttpRequest) -> None:
        self._name = name
        self._changes = method != "GET"
        self._names = dict(req.route_params)
        given = req.headers.get(CLIENT_REQUEST_ID) or ""
        self._given = given if _GIVEN.fullmatch(given) else None
        self._id = uuid4().hex
        self.principal: Principal | None = None
        begin(Call(None, self._id, self._given))

    def enter(self, principal: Principal | None) -> None:
        """Notes who sends it, for the handler and for the log."""
        self.principal = principal
        enter(principal)
        begin(Call(principal, self._id, self._given))

    def close(self, answer: func.HttpResponse) -> func.HttpResponse:
        """Names the request in its answer, and logs what was changed or refused."""
        answer.headers[REQUEST_ID] = self._id
        status = answer.status_code
        if status in {401, 403}:
            log_refusal(self._name, status=status, **self._named())
        elif self._changes and status < 300:
            made = answer.headers.get("Location")
            log_change(
                self._name, status=status, **self._named(), **({"made": made} if made else {})
            )
        return answer

    def _named(self) -> dict[str, str]:
        """Returns the names in the path, under keys of their own."""
        return {f"path_{key}": value for key, value in self._names.items()}
