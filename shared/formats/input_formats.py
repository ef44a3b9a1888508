"""All formats of input files, by the extensions of their names.

`scoring/driver/readers.py` has a reader for each of them, which MLflow models are scored with.
"""

from functools import partial

from shared.formats.input_format import IndexSplit, InputFormat, ScanSplit
from shared.formats.parquet import read_index
from shared.formats.sniffing import sniff_csv, sniff_delimited, sniff_lines

INPUT_FORMATS = (
    InputFormat("csv", (".csv",), ScanSplit(sniff_csv)),
    InputFormat("tsv", (".tsv",), ScanSplit(partial(sniff_delimited, delimiter="\t"))),
    InputFormat("parquet", (".parquet",), IndexSplit(read_index)),
    InputFormat("json", (".json",)),
    InputFormat("jsonl", (".jsonl", ".ndjson"), ScanSplit(sniff_lines)),
)
_BY_EXTENSION = {
    extension: input_format
    for input_format in INPUT_FORMATS
    for extension in input_format.extensions
}


def input_format_of(name: str) -> InputFormat | None:
    """Returns the format that a file's name promises, None if it promises none."""
    base = name.rsplit("/", 1)[-1].lower()
    dot = base.rfind(".")
    return _BY_EXTENSION.get(base[dot:]) if dot >= 0 else None
