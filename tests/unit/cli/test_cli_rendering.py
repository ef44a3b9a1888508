import pytest

from batchpoint.console.rendering import compile_query, render
from batchpoint.errors import BatchpointError

ROWS = [{"name": "a", "on": True, "tags": {"x": 1}}, {"name": "bcd", "size": None}]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain", "plain"),
        (3, "3"),
        (False, "false"),
        (["a", None, 2], "a\n\n2"),
        ({"a": "x", "b": [1, 2], "c": {}, "d": True}, "x\t2\t\ttrue"),
        ([["a", 1], ["b", 2]], "a\t1\nb\t2"),
        ([], ""),
    ],
)
def test_tsv(value, text):
    assert render(value, "tsv") == text


def test_table_shows_scalar_columns():
    assert render(ROWS, "table").splitlines() == [
        "Name  On    Size",
        "----  ----  ----",
        "a     true",
        "bcd",
    ]
    assert render("x", "table") == "Result\n------\nx"
    assert render([["a", 1]], "table") == "Column1  Column2\n-------  -------\na        1"
    assert render([], "table") == ""


def test_json_and_yaml_keep_order_and_characters():
    value = {"b": "ü", "a": [1]}
    assert render(value, "json") == '{\n  "b": "ü",\n  "a": [\n    1\n  ]\n}'
    assert render(value, "jsonc") == render(value, "json")
    assert render(value, "yaml") == "b: ü\na:\n- 1"
    assert render("x", "yaml") == "x"


def test_jsonc_colours_a_terminal(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    assert "\x1b[" in render({"a": 1}, "jsonc", colour=True)


def test_query():
    assert compile_query("[?on].name | [0]")(ROWS) == "a"
    with pytest.raises(BatchpointError, match="not valid JMESPath"):
        compile_query("[?")
    with pytest.raises(BatchpointError, match="does not fit"):
        compile_query("abs(@)")("text")
