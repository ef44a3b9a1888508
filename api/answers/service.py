"""Answers about the service itself, and errors."""

from typing import Literal

from typing_extensions import TypedDict

from api.answers.values import Uri


class Health(TypedDict):
    """That the app serves."""

    status: Literal["ok"]
    version: str
    warnings: list[str]
    """Which settings do not fit together, though the app serves."""


class SchemaLink(TypedDict):
    """Address of one of the JSON Schemas."""

    name: str
    url: Uri


class ErrorDetail(TypedDict):
    """One violation."""

    code: str
    message: str
    target: str | None
    """Where, as a path in the request."""


class ErrorBody(TypedDict):
    """An error."""

    code: str
    """A short name of what is wrong."""
    message: str
    """What is wrong and what would be right."""
    target: str | None
    """Where, as a path in the request."""
    details: list[ErrorDetail]
    """Every violation."""


class Error(TypedDict):
    """The one shape of every error."""

    error: ErrorBody


class Housekeeping(TypedDict):
    """Counts of removed things."""

    removed: dict[str, int]
    """How many of each kind; what was not removed is not in it."""
    is_done: bool
    """False if there may be more to remove."""


class StudioConfig(TypedDict, total=False):
    """Sign-in settings of the page.

    Empty where App Service Authentication signs in before the app.
    """

    authority: str
    """Below which the issuer's OpenID metadata are."""
    clientId: str
    scope: str
    missing: str
    """The setting that names the page's registration, where it is not set."""
