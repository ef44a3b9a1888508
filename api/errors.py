"""The one place where errors become HTTP answers."""

import logging
from uuid import uuid4

import azure.functions as func

from api.answers import service
from api.responses import json_response
from shared.errors import (
    BatchpointError,
    ConflictError,
    ErrorDetail,
    ForbiddenError,
    InvalidError,
    MalformedError,
    NotFoundError,
    PreconditionError,
    StorageError,
    TooLargeError,
    UnauthenticatedError,
    UnavailableError,
)

logger = logging.getLogger(__name__)

STATUS_OF: dict[type[BatchpointError], int] = {
    MalformedError: 400,
    UnauthenticatedError: 401,
    ForbiddenError: 403,
    NotFoundError: 404,
    ConflictError: 409,
    PreconditionError: 412,
    TooLargeError: 413,
    InvalidError: 422,
    StorageError: 503,
    UnavailableError: 503,
}
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="batchpoint"'}


def error_response(error: Exception) -> func.HttpResponse:
    """Answers an error: as it is when it is the caller's to read, else as an id to look up."""
    if isinstance(error, BatchpointError):
        status = next((STATUS_OF[kind] for kind in type(error).__mro__ if kind in STATUS_OF), None)
        if status is not None:
            headers = CHALLENGE if status == 401 else None
            return json_response(_document(error), status, headers=headers)
    error_id = uuid4().hex
    logger.error("unexpected error %s", error_id, exc_info=error)
    message = f"an unexpected error happened; the service's log has it under the id {error_id}"
    return json_response(_document(BatchpointError(message, code="InternalError")), 500)


def _document(error: BatchpointError) -> service.Error:
    return {
        "error": {
            "code": error.code,
            "message": error.message,
            "target": error.target,
            "details": [_detail(detail) for detail in error.details],
        }
    }


def _detail(detail: ErrorDetail) -> service.ErrorDetail:
    return {"code": detail.code, "message": detail.message, "target": detail.target}
