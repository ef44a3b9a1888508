"""What is made of the types of the API's answers is as scripts/docs makes it."""

from scripts import api_answers


def test_the_schemas_of_answers_are_those_of_their_types() -> None:
    assert api_answers.TARGET.read_text("utf-8") == api_answers.text(), "run scripts/docs"
