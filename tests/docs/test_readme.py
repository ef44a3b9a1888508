"""Whoever follows the README's walk-through sees what it shows."""

import re

import pytest

from tests.docs.workplace import REPOSITORY, Workplace, needs_azurite

README = (REPOSITORY / "README.md").read_text("utf-8")
MARK = "--- next command"
VARYING = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|127\.0\.0\.1:\d+|\d+\.\d+ s")
# How far a job is when it is looked at, where logs are, and whether this was made before, differs.
PASSING = re.compile(r"^(Running|Preparing|NotStarted|Finalizing|Logs|Making|Starting)\b.*\n", re.M)


def shown() -> list[tuple[str, str]]:
    """Each command of the walk-through with the output under it."""
    blocks: list[str] = re.findall(r"^```console\n(.*?)^```$", README, re.M | re.S)
    parts = re.split(r"^\$ (.*)\n", "".join(blocks), flags=re.M)
    assert parts[0] == ""
    return list(zip(parts[1::2], parts[2::2], strict=True))


def steady(output: str) -> str:
    return VARYING.sub("…", PASSING.sub("", output))


@needs_azurite
@pytest.mark.timeout(600)  # each command is a process of its own
def test_the_walk_through_prints_what_it_shows(workplace: Workplace) -> None:
    commands = [command for command, _ in shown()]

    ended = workplace.bash("".join(f"{command}\necho '{MARK}'\n" for command in commands))

    assert ended.returncode == 0, ended.stdout + ended.stderr
    printed = ended.stdout.split(f"{MARK}\n")
    for (command, expected), output in zip(shown(), printed, strict=False):
        assert steady(output) == steady(expected), command


def test_links_lead_somewhere() -> None:
    for page in [REPOSITORY / "README.md", *(REPOSITORY / "docs").glob("*.md")]:
        text = page.read_text("utf-8")
        for link in re.findall(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)", text):
            assert (page.parent / link).exists(), f"{link} in {page.name}"
