"""Turns the documents that users write into webhooks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from shared.documents.addressed import check_addressed
from shared.documents.validation import invalid, validate
from shared.errors import ErrorDetail
from shared.webhooks.model import WebhookState
from shared.webhooks.signing import check_secret

Document = Mapping[str, Any]


@dataclass(frozen=True)
class WebhookForm:
    """A webhook as its document has it; see `Webhook` for the meaning. `secret` may be left out."""

    url: str = field(repr=False)
    secret: str | None = field(repr=False)
    states: tuple[WebhookState, ...]
    description: str


def read_webhook(document: Document, *, name: str, endpoint: str) -> WebhookForm:
    """Reads a webhook's YAML form.

    Args:
        document: The form.
        name: What it is addressed as; a name in it must be this one.
        endpoint: The endpoint that it is for; one in it must be this one.

    Raises:
        InvalidError: Naming each violation by its path.
    """
    validate(document, "webhook.json")
    check_addressed(document, name=name, endpoint=endpoint)
    _check_url(document["url"])
    secret: str | None = document.get("secret")
    if secret is not None:
        check_secret(secret, target="secret")
    given = {state.lower() for state in document.get("states", list(WebhookState))}
    return WebhookForm(
        url=document["url"],
        secret=secret,
        states=tuple(state for state in WebhookState if state.value.lower() in given),
        description=document.get("description", ""),
    )


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        has_place = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        has_place = False
        parts = urlsplit("")
    problem = None
    if parts.scheme not in {"http", "https"} or not has_place:
        problem = "must be an address such as https://example.com/hooks"
    elif parts.username is not None or parts.password is not None:
        problem = "must not hold a user name or password; a signature proves who sends"
    elif not url.isascii() or any(character.isspace() for character in url):
        problem = "must hold ASCII characters alone, without spaces; encode others with %"
    if problem is not None:
        raise invalid([ErrorDetail(problem, "url")])
