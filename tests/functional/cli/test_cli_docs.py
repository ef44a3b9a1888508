import re
from pathlib import Path

import click
import pytest

from batchpoint.cli import GROUPS, cli
from batchpoint.console.base import COMMON_OPTIONS

DOC = (Path(__file__).parents[3] / "docs/cli.md").read_text(encoding="utf-8")


def commands() -> list[tuple[str, click.Command]]:
    found = []
    for name in GROUPS:
        group = cli.get_command(click.Context(cli), name)
        assert isinstance(group, click.Group)
        found += [(f"{name} {command}", item) for command, item in group.commands.items()]
    return found


@pytest.mark.parametrize(("name", "command"), commands())
def test_each_command_and_option_is_documented_with_an_example(name, command):
    group, verb = name.split()
    heads = dict(re.findall(r"^## (.+)\n((?:.*\n(?!## ))*)", DOC, re.MULTILINE))
    text = next(
        text for head, text in heads.items() if head.startswith(f"{group} ") and verb in head
    )
    assert f"$ batchpoint {name}" in text
    for option in command.params:
        if isinstance(option, click.Option) and not option.hidden and option.expose_value:
            assert any(spelling in text for spelling in option.opts), option.opts


def test_common_options_are_documented():
    for option in COMMON_OPTIONS:
        assert all(spelling in DOC for spelling in option.opts), option.opts


def test_examples_parse():
    for line in re.findall(r"^\$ batchpoint (.+?[^\\])$", DOC.replace("\\\n", ""), re.MULTILINE):
        group, verb, *args = re.sub(r'"[^"]*"', "x", line).split()
        parent = cli.get_command(click.Context(cli), group)
        command = parent.get_command(click.Context(parent), verb)
        command.make_context(verb, args)
