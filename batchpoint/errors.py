"""Errors, as exceptions whose text is the sentence that the user reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast


@dataclass(frozen=True)
class ErrorDetail:
    """One of several causes: what is wrong, and where (`target` may be empty)."""

    message: str
    target: str = ""

    def __str__(self) -> str:
        return f"{self.target}: {self.message}" if self.target else self.message


class BatchpointError(Exception):
    """Base of all errors of this package.

    Attributes:
        message: The whole sentence for the user.
        details: Further causes, one a line where it is printed.
    """

    def __init__(self, message: str, details: Sequence[ErrorDetail] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.details = tuple(details)


class ServiceUnreachableError(BatchpointError):
    """No answer came, after all retries: refused, lost or timed-out connections."""


class TransferError(BatchpointError):
    """The bytes of a file could not be moved to or from Blob Storage."""


class ApiError(BatchpointError):
    """The service answered with an error.

    Attributes:
        status: The HTTP status.
        code: The service's name of the error, such as `NotFound`.
        target: The place in the request that it is about, or empty.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        target: str = "",
        details: Sequence[ErrorDetail] = (),
    ) -> None:
        super().__init__(message, details)
        self.status = status
        self.code = code
        self.target = target

    def __str__(self) -> str:
        said = self.message.startswith(f"{self.target}: ")
        return self.message if said or not self.target else f"{self.target}: {self.message}"

    @property
    def lacks_route(self) -> bool:
        """True if the service does not know the request at all, rather than what it names."""
        return self.status == 405 or (self.status == 404 and self.code == "Http404")

    @classmethod
    def from_answer(cls, status: int, body: object, text: str) -> "ApiError":
        """Reads the service's one error shape; any other body is quoted in short.

        Args:
            status: The HTTP status.
            body: The parsed JSON, or None where the body is no JSON.
            text: The body as text.
        """
        error = _mapping(_mapping(body).get("error"))
        if not error:
            excerpt = " ".join(text.split())[:200] or "an empty body"
            return cls(status, f"Http{status}", f"the service answered {status}: {excerpt}")
        listed = error.get("details")
        details = cast("list[object]", listed) if isinstance(listed, list) else []
        return cls(
            status,
            str(error.get("code") or f"Http{status}"),
            str(error.get("message") or f"the service answered {status}"),
            str(error.get("target") or ""),
            [
                ErrorDetail(str(item.get("message") or ""), str(item.get("target") or ""))
                for item in map(_mapping, details)
            ],
        )


def _mapping(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
