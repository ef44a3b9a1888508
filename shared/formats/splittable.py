"""Which files can be split: by what their names promise."""

from enum import StrEnum


class SplitFormat(StrEnum):
    """The formats that can be split."""

    DELIMITED = "delimited"
    LINES = "lines"
    PARQUET = "parquet"


_FORMATS = {
    ".csv": SplitFormat.DELIMITED,
    ".tsv": SplitFormat.DELIMITED,
    ".jsonl": SplitFormat.LINES,
    ".ndjson": SplitFormat.LINES,
    ".parquet": SplitFormat.PARQUET,
}


def split_format(name: str) -> SplitFormat | None:
    """The format that a file's name promises, None for one that stays whole."""
    base = name.rsplit("/", 1)[-1].lower()
    dot = base.rfind(".")
    return _FORMATS.get(base[dot:]) if dot >= 0 else None
