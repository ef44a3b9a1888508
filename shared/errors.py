"""The kinds of error that batchpoint raises, free of HTTP and of any SDK.

Each error carries a sentence for the person who caused it: what is wrong, where, and what would
be right. `api/errors.py` alone knows which HTTP status a kind becomes.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class ErrorDetail:
    """One of several things that are wrong.

    Attributes:
        message: What is wrong and what would be right.
        target: Where, as a path such as `deployments[0].retry_settings.timeout`.
        code: A short name of the rule that was broken.
    """

    message: str
    target: str | None = None
    code: str = "InvalidValue"


class BatchpointError(Exception):
    """Base of all errors that are answered rather than logged as a defect."""

    code = "Error"

    def __init__(
        self,
        message: str,
        *,
        target: str | None = None,
        code: str | None = None,
        details: Sequence[ErrorDetail] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.target = target
        self.code = code or type(self).code
        known = tuple(details)
        one = (ErrorDetail(message, target, self.code),) if target else ()
        self.details = known or one


class MalformedError(BatchpointError):
    """The request cannot be read at all: bad YAML, bad JSON, a missing body."""

    code = "Malformed"


class InvalidError(BatchpointError):
    """The request can be read, but its values break the rules."""

    code = "InvalidValue"


class UnauthenticatedError(BatchpointError):
    """Nobody knows who is asking: no token, or one that does not hold."""

    code = "Unauthenticated"


class ForbiddenError(BatchpointError):
    """It is known who is asking, and that they may not."""

    code = "Forbidden"


class NotFoundError(BatchpointError):
    """The requested thing does not exist."""

    code = "NotFound"


class ConflictError(BatchpointError):
    """The request contradicts what is already there: a taken name, a running job."""

    code = "Conflict"


class PreconditionError(BatchpointError):
    """Somebody else changed the resource since the caller (or this request) read it."""

    code = "PreconditionFailed"


class TooLargeError(BatchpointError):
    """The request, or what would have to be stored of it, exceeds a limit."""

    code = "TooLarge"


class StorageError(BatchpointError):
    """Storage did not do what it was asked, after the client's own retries; worth a retry."""

    code = "StorageUnavailable"


class UnavailableError(BatchpointError):
    """The app cannot serve now, or not as it is configured."""

    code = "Unavailable"
