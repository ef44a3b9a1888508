"""JSON answers."""

import json
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

import azure.functions as func

from api.answers.pages import Page


def json_response(
    document: object, status: int = 200, *, headers: Mapping[str, str] | None = None
) -> func.HttpResponse:
    """Answers a document as JSON."""
    return func.HttpResponse(
        json.dumps(document, ensure_ascii=False),
        status_code=status,
        mimetype="application/json",
        headers=dict(headers or {}),
    )


def list_response(
    values: Sequence[object],
    *,
    url: str = "",
    query: Mapping[str, str] | None = None,
    continuation: str | None = None,
) -> func.HttpResponse:
    """Answers a list, with the URL of the next page where there is one.

    Args:
        values: The documents of this page.
        url: The list's own URL without a query.
        query: The query of this page; it goes into the next one's.
        continuation: Where the next page starts, None if there is none.
    """
    following = None
    if continuation is not None:
        following = f"{url}?{urlencode({**(query or {}), 'continuation': continuation})}"
    page: Page[object] = {"value": list(values), "nextLink": following}
    return json_response(page)
