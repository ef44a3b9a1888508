"""Domain objects as JSON text, the form in which tables keep them."""

import json
from datetime import datetime
from typing import Any, TypeVar

from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override
from cattrs.preconf.json import make_converter

from shared.errors import TooLargeError

T = TypeVar("T")
MAX_CHARACTERS = 32_000

_converter = make_converter(omit_if_default=False)
_converter.register_unstructure_hook(datetime, lambda value: value.isoformat())
_converter.register_structure_hook(datetime, lambda value, _: datetime.fromisoformat(value))


def store_as(kind: type, **names: str) -> None:
    """Stores fields of a dataclass under the names that earlier versions of the app gave them."""
    renamed: dict[str, Any] = {name: override(rename=stored) for name, stored in names.items()}
    _converter.register_structure_hook(kind, make_dict_structure_fn(kind, _converter, **renamed))
    _converter.register_unstructure_hook(
        kind, make_dict_unstructure_fn(kind, _converter, **renamed)
    )


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
