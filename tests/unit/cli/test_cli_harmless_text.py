"""Nothing that a job brings along gives orders to a terminal."""

import json

import pytest
import yaml

from batchpoint.console.harmless_text import harmless, harmless_json, is_harmless
from batchpoint.console.rendering import FORMATS, render
from batchpoint.console.streaming import LineView

ORDERS = [
    "\x1b]52;c;ZXZpbA==\x07",
    "\x1b]8;;http://evil\x1b\\text\x1b]8;;\x1b\\",
    "\x1b[2J\x1b[H",
    "\x9b2J",
    "\x90q\x9c",
    "a\rb",
    "a\bb",
    "\x7f\x00\x0e",
    "a\u202eb\u202c",
    "\u2066x\u2069\u200f\u061c",
    "a\u2028b\x85c",
    "\udc9b",
    "\U000e0041",
]


@pytest.mark.parametrize("text", ORDERS, ids=ascii)
def test_orders_become_text(text):
    shown = harmless(f"before\t{text}\nafter")
    assert is_harmless(shown)
    assert shown.startswith("before\t")
    assert shown.endswith("\nafter")


def test_other_text_stays():
    text = "Grüße, 世界 🎉\t=\n"
    assert harmless(text) == harmless_json(text) == text
    assert harmless("\x1b[31m") == "\\x1b[31m"
    assert harmless("\u202e") == "\\u202e"


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("text", ORDERS, ids=ascii)
def test_results_have_none_in_any_form(form, text):
    if text == "\udc9b" and form == "yaml":
        text = "\x9b"
    for value in (text, {"a": text}, [{"a": text, text: 1}], [[text]]):
        shown = render(value, form)
        assert is_harmless(shown)
        if form in ("json", "jsonc"):
            assert json.loads(shown) == value
        if form == "yaml":
            assert yaml.safe_load(shown) == value


@pytest.mark.parametrize("text", ORDERS, ids=ascii)
def test_lines_of_logs_and_remarks_have_none(text, capsys):
    view = LineView(lambda: 0.0, to_stderr=False)
    view.log(text)
    view.note(text)
    printed = capsys.readouterr()
    assert is_harmless(printed.out)
    assert is_harmless(printed.err)
