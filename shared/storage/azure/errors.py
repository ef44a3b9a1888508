"""Turns errors of the Azure SDKs into those of batchpoint."""

import json

from azure.core.exceptions import AzureError, HttpResponseError, ServiceRequestError
from azure.data.tables import TableTransactionError

from shared.errors import (
    BatchpointError,
    ConflictError,
    InvalidError,
    NotFoundError,
    PreconditionError,
    StorageError,
    TooLargeError,
)
from shared.retry import TRANSIENT_STATUSES, TransientError, seconds_asked

_KINDS: dict[str, tuple[type[BatchpointError], str]] = {
    "EntityAlreadyExists": (ConflictError, "already exists"),
    "BlobAlreadyExists": (ConflictError, "already exists"),
    "ConditionNotMet": (PreconditionError, "changed or vanished since it was read"),
    "UpdateConditionNotSatisfied": (PreconditionError, "changed or vanished since it was read"),
    "EntityNotFound": (PreconditionError, "changed or vanished since it was read"),
    "ResourceNotFound": (PreconditionError, "changed or vanished since it was read"),
    "BlobNotFound": (NotFoundError, "does not exist"),
    "ContainerNotFound": (NotFoundError, "does not exist"),
    "InvalidBlockList": (NotFoundError, "is to be made of a block that was never staged"),
    "EntityTooLarge": (TooLargeError, "is too large"),
    "PropertyValueTooLarge": (TooLargeError, "has a value that is too large"),
    "RequestBodyTooLarge": (TooLargeError, "is too large"),
    "InvalidBlobOrBlock": (InvalidError, "has blocks of another kind or length of id"),
}
_CURABLE_CLIENT_ERRORS = (401, 403, 404, 408, 409, 412, 429)


def error_code(error: AzureError) -> str:
    """Finds the service's name of the error; empty if the request never got an answer."""
    code = getattr(error, "error_code", None)
    if code:
        return str(getattr(code, "value", code))
    response = getattr(error, "response", None)
    if response is None:
        return ""
    # `create_entity` raises without having read the code from the body.
    try:
        return str(json.loads(response.text())["odata.error"]["code"])
    except (ValueError, KeyError, TypeError):
        return str(response.headers.get("x-ms-error-code") or "")


def translated(error: AzureError, subject: str) -> BatchpointError:
    """Makes our error of an SDK's; raise it `from` the SDK's.

    Args:
        error: What the SDK raised; it makes one attempt.
        subject: What the request was about, as the start of a sentence.
    """
    code = error_code(error)
    if code in _KINDS:
        kind, what = _KINDS[code]
        return kind(f"{subject} {what}.")
    status = error.status_code if isinstance(error, HttpResponseError) else None
    reason = code or type(error).__name__
    if status == 413:
        return TooLargeError(f"{subject} is too large.")
    if status is not None and 400 <= status < 500 and status not in _CURABLE_CLIENT_ERRORS:
        return InvalidError(f"{subject} was refused by storage ({reason}).")
    message = f"{subject} could not be reached ({reason})."
    if status is None or status < 400 or status in TRANSIENT_STATUSES:
        # Below 400: an answer that broke off after its first line.
        sent = not isinstance(error, ServiceRequestError)
        return TransientError(message, _asked(error), sent=sent)
    return StorageError(message)


def _asked(error: AzureError) -> float:
    headers = getattr(getattr(error, "response", None), "headers", None)
    return seconds_asked(headers.get("Retry-After")) if headers is not None else 0.0


def failed_step(error: AzureError) -> int:
    """Tells which operation of a transaction failed, 0 if it cannot be told."""
    return int(error.index or 0) if isinstance(error, TableTransactionError) else 0
