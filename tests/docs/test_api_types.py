"""Files that are generated from the types of the API's answers are up to date."""

import os

import pytest

from scripts import api_answers, api_models, studio_types


def test_the_schemas_of_answers_are_those_of_their_types() -> None:
    assert api_answers.TARGET.read_text("utf-8") == api_answers.text(), "run scripts/docs"


def test_the_types_of_the_command_line_are_those_of_the_schemas() -> None:
    assert api_models.TARGET.read_text("utf-8") == api_models.text(), "run scripts/docs"


def test_the_types_of_the_studio_are_those_of_the_schemas() -> None:
    if not studio_types.GENERATOR.exists() and "CI" not in os.environ:
        pytest.skip("needs Node.js")
    assert studio_types.TARGET.read_text("utf-8") == studio_types.text(), "run scripts/docs"
