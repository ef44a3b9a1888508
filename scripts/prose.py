"""Checks the project's prose: openings of docstrings and of errors, and odd words."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OPENINGS = re.compile(r"(what|which|whether|who|whom|whose|how|where|when|why)\b", re.IGNORECASE)
MOST_OPENINGS = 0.02
_NAMES = {"Azure", "Azurite", "Node.js"}
# They quote such words.
_EXEMPT = {"CHANGELOG.md", "scripts/prose.py"}
WORDS = {
    "anew": "again",
    "for ever": "forever",
    "goes on with": "continues with",
    "go on with": "continue with",
    "lest": "so that ... not",
    "has untold": "has pending notifications",
}
"""Words that this project does not use, each with the word to say in its place."""
_WORDS = re.compile(rf"\b({'|'.join(WORDS)})\b", re.IGNORECASE)


def main() -> int:
    """Prints what is wrong, and returns how many things are."""
    docstrings = [found for path in _files("*.py") for found in _docstrings(path)]
    opening = [place for place, text in docstrings if OPENINGS.match(text)]
    problems: list[str] = []
    if len(opening) > MOST_OPENINGS * len(docstrings):
        problems.append(
            f"{len(opening)} of {len(docstrings)} docstrings open with a question word; at most "
            f"{MOST_OPENINGS:.0%} may. Start with a verb, or a noun."
        )
        problems.extend(opening)
    for path in _files("*.py"):
        if not path.is_relative_to(ROOT / "tests"):
            problems.extend(_capital_messages(path))
    for path in [*_files("*.py"), *_files("*.md")]:
        problems.extend(_odd_words(path))
    sys.stdout.write("".join(f"{problem}\n" for problem in problems))
    return len(problems)


def _files(pattern: str) -> list[Path]:
    listed = subprocess.check_output(["git", "ls-files", pattern], cwd=ROOT, text=True)
    return [ROOT / name for name in listed.splitlines() if name not in _EXEMPT]


def _docstrings(path: Path) -> Iterator[tuple[str, str]]:
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            text = ast.get_docstring(node)
            if text:
                line = getattr(node, "lineno", 1)
                yield f"{path.relative_to(ROOT)}:{line}: {text.splitlines()[0]}", text


def _capital_messages(path: Path) -> Iterator[str]:
    """Yields errors that are raised with a text that begins with a capital letter, but no name."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not (isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node.exc.args):
            continue
        text = node.exc.args[0]
        if isinstance(text, ast.JoinedStr) and text.values:
            text = text.values[0]
        if isinstance(text, ast.Constant) and isinstance(text.value, str):
            word = text.value.partition(" ")[0]
            if word.istitle() and word not in _NAMES:
                place = f"{path.relative_to(ROOT)}:{node.lineno}"
                yield f"{place}: an error message begins with a small letter, not with '{word}'"


def _odd_words(path: Path) -> Iterator[str]:
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        for match in _WORDS.finditer(line):
            better = WORDS[match[0].lower()]
            yield f"{path.relative_to(ROOT)}:{number}: '{match[0]}': say '{better}'"


if __name__ == "__main__":
    sys.exit(min(main(), 1))
