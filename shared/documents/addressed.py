"""Checks documents of what belongs to an endpoint and is addressed by its own name."""

from collections.abc import Mapping
from typing import Any

from shared.documents.validation import invalid
from shared.errors import ErrorDetail


def check_addressed(document: Mapping[str, Any], *, name: str, endpoint: str) -> None:
    """Refuses a document that names something else than what its request is addressed to.

    Args:
        document: May have `name` and `endpoint_name`.
        name: What the request is addressed to.
        endpoint: The endpoint of it.

    Raises:
        InvalidError: One of the two is another.
    """
    for key, addressed in (("name", name), ("endpoint_name", endpoint)):
        given = document.get(key, addressed)
        if given.lower() != addressed.lower():
            reason = f"'{given}' is not '{addressed}', which the request is addressed to"
            raise invalid([ErrorDetail(reason, key)])
