"""Readers for the parts of a request."""

import re
from typing import Any

import azure.functions as func

from shared.documents.loading import load_document, load_json
from shared.errors import InvalidError, NotFoundError, TooLargeError

MAX_BODY_BYTES = 1024 * 1024
MAX_PAGE = 1000
NAME = re.compile(r"[a-zA-Z0-9][-_.a-zA-Z0-9]{0,254}")
"""What every name in a path looks like: the widest of the rules in shared/documents/schemas."""


def read_document(req: func.HttpRequest) -> dict[str, Any]:
    """Reads the body, as JSON where it is called that, else as YAML.

    Raises:
        MalformedError: It cannot be read.
        TooLargeError: It is over the limit.
    """
    body = req.get_body()
    if len(body) > MAX_BODY_BYTES:
        raise TooLargeError(f"the body has {len(body)} bytes; at most {MAX_BODY_BYTES} are read")
    is_json = "json" in (req.headers.get("Content-Type") or "").lower()
    return load_json(body) if is_json else load_document(body)


def check_names(req: func.HttpRequest) -> None:
    """Checks the names in the path, so that no other part of the app meets an impossible one.

    Raises:
        NotFoundError: Nothing can have such a name.
    """
    for kind, name in req.route_params.items():
        if not NAME.fullmatch(name):
            raise NotFoundError(f"there is no {kind} {name!r}: nothing can have that name")


def base_url(req: func.HttpRequest, public_url: str) -> str:
    """Returns the base of the app's links: the configured address, or that of the request."""
    return public_url or req.url.split("/api/", 1)[0]


def flag(req: func.HttpRequest, name: str) -> bool:
    """Reads a query parameter that is true or false.

    Raises:
        InvalidError: It is neither.
    """
    text = req.params.get(name, "false").lower()
    if text not in {"true", "false"}:
        raise InvalidError(f"must be true or false, not '{text}'", target=name)
    return text == "true"


def page_size(req: func.HttpRequest, *, default: int = 100) -> int:
    """Reads how many items a page is to have, from `top`.

    Raises:
        InvalidError: It is no number from 1 to 1,000.
    """
    return whole_number(req, "top", 1, MAX_PAGE) if "top" in req.params else default


def whole_number(req: func.HttpRequest, name: str, least: int, most: int) -> int:
    """Reads a query parameter that is a whole number.

    Raises:
        InvalidError: It is none, or not between `least` and `most`.
    """
    text = req.params.get(name, "")
    is_number = text.isascii() and text.isdecimal() and len(text) <= len(str(most))
    if not is_number or not least <= int(text) <= most:
        raise InvalidError(f"must be a whole number from {least} to {most}", target=name)
    return int(text)
