"""No document may hold control characters, but for tabs and line breaks in free text."""

from typing import Any

import pytest

from shared.documents.validation import validate
from shared.errors import InvalidError

COMPUTE = {"name": "cpu", "type": "amlcompute"}


@pytest.mark.parametrize(
    ("change", "target"),
    [
        ({"description": "a\0b"}, "description"),
        ({"description": "a\x1bb"}, "description"),
        ({"description": "a\x7f"}, "description"),
        ({"tags": {"team": "a\0"}}, "tags.team"),
        ({"tags": {"te\0am": "a"}}, "tags"),
        ({"tags": {"te\nam": "a"}}, "tags"),
        ({"size": "a\0"}, "size"),
        ({"size": "a\nb"}, "size"),
        ({"location": "a\tb"}, "location"),
    ],
    ids=str,
)
def test_a_control_character_is_refused(change: dict[str, Any], target: str):
    with pytest.raises(InvalidError) as caught:
        validate(COMPUTE | change, "compute.json")
    (detail,) = caught.value.details
    assert (detail.target, detail.code) == (target, "ControlCharacter")
    assert "holds the control character U+00" in caught.value.message


def test_free_text_may_have_lines():
    validate(COMPUTE | {"description": "a\tb\r\nc", "tags": {"a": "b\nc"}}, "compute.json")


def test_the_place_is_named_within_lists():
    document = {"files": [{"path": "a"}, {"path": "b\0"}]}
    with pytest.raises(InvalidError) as caught:
        validate(document, "upload.json")
    assert caught.value.target == "files[1].path"
