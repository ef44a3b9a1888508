"""Reads JSON files and JSON lines.

Runs in the scorer, under Python 3.8 or newer and whatever pandas the environment has.
"""

# ruff: noqa: ANN401  what users' code and models take and return has no static type
from __future__ import annotations

import codecs
import json
from typing import Any

import pandas as pd

from .reader import Columns, Reader, Unreadable


class JsonReader(Reader):
    """Reads a list of records, or an object with `columns` and `data`."""

    def read(self, data: Any, columns: Columns) -> pd.DataFrame:
        """Reads an unpacked file."""
        del columns
        return _from_json(json.loads(bytes(data).decode("utf-8-sig")))


class JsonLinesReader(Reader):
    """Reads a record from each line."""

    def read(self, data: Any, columns: Columns) -> pd.DataFrame:
        """Reads an unpacked file."""
        del columns
        # As bytes: splitlines() of text also splits at characters that JSON's strings may have.
        lines = bytes(data).splitlines()
        if lines and lines[0].startswith(codecs.BOM_UTF8):
            lines[0] = lines[0][len(codecs.BOM_UTF8) :]
        return pd.DataFrame([json.loads(line.decode()) for line in lines if line.strip()])


def _from_json(content: Any) -> pd.DataFrame:
    if isinstance(content, dict):
        for wrapper in ("dataframe_split", "dataframe_records"):
            if wrapper in content:
                return _from_json(content[wrapper])
        if "data" in content and "columns" in content:
            return pd.DataFrame(content["data"], columns=content["columns"])
        if content and all(isinstance(value, list) for value in content.values()):
            return pd.DataFrame(content)
        return pd.DataFrame([content])
    if isinstance(content, list):
        return pd.DataFrame(content)
    raise Unreadable("is neither a list of records nor an object with `columns` and `data`")
