"""Prints results the way `az` does: JSON, YAML, tables or tab-separated values.

The formats follow https://learn.microsoft.com/cli/azure/format-output-azure-cli.
"""

import json
from collections.abc import Callable, Sequence
from typing import cast

from batchpoint.console.harmless_text import harmless, harmless_json, is_harmless
from batchpoint.errors import BatchpointError
from batchpoint.models import JsonObject

FORMATS = ("json", "jsonc", "yaml", "table", "tsv")

Query = Callable[[object], object]


def compile_query(expression: str) -> Query:
    """Compiles a JMESPath expression.

    Raises:
        BatchpointError: It is not valid; the message shows where.
    """
    import jmespath  # noqa: PLC0415 - only a command with --query needs it
    from jmespath.exceptions import JMESPathError  # noqa: PLC0415

    try:
        compiled = jmespath.compile(expression)
    except JMESPathError as error:
        raise BatchpointError(f"--query is not valid JMESPath: {error}") from error

    def search(value: object) -> object:
        try:
            return compiled.search(value)
        except JMESPathError as error:
            raise BatchpointError(f"--query does not fit the result: {error}") from error

    return search


def render(value: object, form: str, *, colour: bool = False) -> str:
    """A result as text without a newline at its end.

    Args:
        value: Plain data, as of JSON.
        form: One of `FORMATS`.
        colour: Whether `jsonc` may use colours.
    """
    if form == "jsonc" and colour:
        return _coloured(_json(value))
    return _RENDERERS[form](value)


def _json(value: object) -> str:
    return harmless_json(json.dumps(value, indent=2, ensure_ascii=False))


def _coloured(text: str) -> str:
    from rich.console import Console  # noqa: PLC0415 - slow to import, seldom wanted
    from rich.syntax import Syntax  # noqa: PLC0415

    console = Console(force_terminal=True)
    with console.capture() as capture:
        console.print(
            Syntax(text, "json", theme="ansi_dark", background_color="default"), soft_wrap=True
        )
    return capture.get().rstrip("\n")


def _yaml(value: object) -> str:
    import yaml  # noqa: PLC0415 - only this format needs it

    text = yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=1000)
    if not is_harmless(text):
        text = yaml.safe_dump(value, sort_keys=False, width=1000)
    return text.removesuffix("...\n").rstrip("\n")


def _tsv(value: object) -> str:
    if isinstance(value, list):
        return "\n".join(_tsv_row(item) for item in cast("list[object]", value))
    return _tsv_row(value)


def _tsv_row(value: object) -> str:
    if isinstance(value, dict):
        return "\t".join(_tsv_cell(item) for item in cast("JsonObject", value).values())
    if isinstance(value, list):
        return "\t".join(_tsv_cell(item) for item in cast("list[object]", value))
    return _scalar(value)


def _tsv_cell(value: object) -> str:
    # As az: a nested list shows its length, a nested object nothing, so that columns stay put.
    if isinstance(value, list):
        return str(len(cast("list[object]", value)))
    return "" if isinstance(value, dict) else _scalar(value)


def _scalar(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else harmless(str(value))


def _table(value: object) -> str:
    items = cast("list[object]", value) if isinstance(value, list) else [value]
    rows = [_columns(item) for item in items]
    heads = list(dict.fromkeys(head for row in rows for head in row))
    cells = [[row.get(head, "") for head in heads] for row in rows]
    widths = [
        max(len(head), *(len(row[index]) for row in cells)) for index, head in enumerate(heads)
    ]
    lines = [_line(heads, widths), _line(["-" * width for width in widths], widths)]
    return "\n".join([*lines, *(_line(row, widths) for row in cells)]) if heads else ""


def _columns(item: object) -> dict[str, str]:
    if isinstance(item, list):
        return {
            f"Column{index}": _one_line(_tsv_cell(cell))
            for index, cell in enumerate(cast("list[object]", item), 1)
        }
    if not isinstance(item, dict):
        return {"Result": _one_line(_scalar(item))}
    return {
        harmless(key[:1].upper() + key[1:]): _one_line(_scalar(cell))
        for key, cell in cast("JsonObject", item).items()
        if not isinstance(cell, dict | list)
    }


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()


_RENDERERS: dict[str, Callable[[object], str]] = {
    "json": _json,
    "jsonc": _json,
    "yaml": _yaml,
    "table": _table,
    "tsv": _tsv,
}
