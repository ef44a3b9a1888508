"""Domain objects as JSON text, the form in which tables keep them."""

import json
from datetime import datetime
from typing import TypeVar

from cattrs.preconf.json import make_converter

from shared.errors import TooLargeError

T = TypeVar("T")
MAX_CHARACTERS = 32_000

_converter = make_converter(omit_if_default=False)
_converter.register_unstructure_hook(datetime, lambda value: value.isoformat())
_converter.register_structure_hook(datetime, lambda value, _: datetime.fromisoformat(value))


def encode(value: object) -> str:
    """Writes a frozen dataclass as JSON.

    Raises:
        TooLargeError: It is too long for one property of an entity.
    """
    text = json.dumps(_converter.unstructure(value), separators=(",", ":"), ensure_ascii=False)
    if len(text) > MAX_CHARACTERS:
        raise TooLargeError(
            f"the {type(value).__name__.lower()} takes {len(text)} characters as JSON; "
            f"at most {MAX_CHARACTERS} can be stored"
        )
    return text


def decode(text: str, kind: type[T]) -> T:
    """Reads what `encode` wrote of a dataclass of this kind."""
    return _converter.structure(json.loads(text), kind)
