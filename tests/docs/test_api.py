"""docs/api.md names what the app answers."""

import ast
import re
from collections.abc import Iterator

from tests.docs.workplace import REPOSITORY

# What jobs and builds fail with; other pages have them.
OF_JOBS = {"ColumnsDiffer"}


def codes(tree: ast.AST) -> Iterator[str]:
    """The codes of errors in a module: of kinds of error, of single ones, of their details."""
    for node in ast.walk(tree):
        found: ast.expr | None = None
        if isinstance(node, ast.keyword) and node.arg == "code":
            found = node.value
        elif isinstance(node, ast.ClassDef) and node.name.endswith("Error"):
            assigned = [item for item in node.body if isinstance(item, ast.Assign)]
            found = next(
                (item.value for item in assigned if ast.unparse(item.targets[0]) == "code"), None
            )
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "ErrorDetail":
            found = node.args[2] if len(node.args) > 2 else None
        if isinstance(found, ast.Constant) and isinstance(found.value, str):
            yield found.value


def test_each_code_is_on_the_page() -> None:
    sources = [file for room in ("api", "shared") for file in (REPOSITORY / room).rglob("*.py")]
    raised = {code for file in sources for code in codes(ast.parse(file.read_text("utf-8")))}
    page = (REPOSITORY / "docs" / "api.md").read_text("utf-8")
    listed = page.partition("`code` is for programs")[2].partition("What a job failed with")[0]
    named = set(re.findall(r"`([A-Z][A-Za-z]+)`", listed))
    assert len(raised) > 40
    assert raised - OF_JOBS - {"Error"} <= named
