"""Orchestrators have only those forms that the genuine durable extension carries out rightly."""

import ast
from pathlib import Path

import pytest

import orchestrators

FILES = sorted(Path(orchestrators.__file__).parent.glob("*.py"))
RIGHT = {
    "call_activity",
    "call_sub_orchestrator",
    "continue_as_new",
    "create_timer",
    "current_utc_datetime",
    "get_input",
    "new_uuid",
    "task_all",
}
"""What is asked of the context. Not `task_any`, nor a retry policy: once a call with one gives up,
what follows may get what is another call's."""


def asked(source: str) -> set[str]:
    """Finds the attributes that code uses of `context`."""
    return {
        node.attr
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "context"
    }


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_only_right_forms_are_used(path: Path):
    source = path.read_text("utf-8")
    assert asked(source) <= RIGHT
    assert "RetryOptions" not in source
    assert "_with_retry" not in source


def test_there_is_something_to_look_at():
    assert len(FILES) > 4
    assert {"task_all", "call_activity"} <= set().union(*(asked(p.read_text()) for p in FILES))


def test_what_is_not_right_would_be_found():
    assert asked("def f(context):\n    yield context.task_any([])") == {"task_any"}
