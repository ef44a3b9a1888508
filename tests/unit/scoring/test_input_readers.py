"""The formats of the app and the readers of the scorer are the same."""

import pytest

from scoring.driver.reader import Unreadable
from scoring.driver.readers import READERS, reader_of
from shared.formats.input_formats import INPUT_FORMATS


def test_each_format_has_a_reader_for_each_of_its_extensions() -> None:
    listed = [extension for one in INPUT_FORMATS for extension in one.extensions]
    assert listed == list(READERS)


def test_a_format_that_is_not_read_is_refused_with_those_that_are() -> None:
    expected = r"\.csv, \.tsv, \.parquet, \.json, \.jsonl and \.ndjson, each also with \.gz are$"
    with pytest.raises(Unreadable, match=expected):
        reader_of(".png")
