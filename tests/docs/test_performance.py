"""docs/performance.md shows commands that exist, and can be written again."""

import re
import shlex
from pathlib import Path

import pytest

from bench.__main__ import parse
from bench.report import BEGIN, END, Results, write_docs
from tests.docs.workplace import REPOSITORY

PAGE = REPOSITORY / "docs" / "performance.md"
TEXT = PAGE.read_text("utf-8")
COMMANDS = re.findall(r"^(scripts/\S+[^\n#]*)", TEXT, re.MULTILINE)


def test_the_page_shows_commands() -> None:
    assert len(COMMANDS) >= 5


@pytest.mark.parametrize("command", sorted(set(COMMANDS)))
def test_each_command_is_understood(command: str) -> None:
    script, *arguments = shlex.split(command)
    assert (REPOSITORY / script).stat().st_mode & 0o100
    assert parse(arguments).rounds > 0


def test_each_file_that_is_named_exists() -> None:
    named = set(re.findall(r"`((?:bench|tests|shared)/[\w/.]+)`", TEXT))
    assert len(named) >= 6
    assert [name for name in named if not (REPOSITORY / name).exists()] == []


def test_the_tables_can_be_put_into_the_page(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text(TEXT, "utf-8")
    write_docs(Results("scripts/bench --quick"), page)
    written = page.read_text("utf-8")
    assert "Measured on" in written.partition(BEGIN)[2].partition(END)[0]
    assert written.partition(BEGIN)[0] == TEXT.partition(BEGIN)[0]
    assert written.partition(END)[2] == TEXT.partition(END)[2]
