"""Sniffs the beginning of a file: delimiter, header, and whether the file can be split."""

import csv
import io
import re
from collections.abc import Sequence

from shared.formats.input_format import Head
from shared.formats.record_ranges import Dialect

_SAMPLE_RECORDS = 50
_DELIMITERS = ",;\t|"
_BEGINS_AS_NUMBER = re.compile(r"\s*[-+]?\.?\d")
# Headers have numbers in them too: years, quantiles; but hardly ones of four decimal places.
_MEASURED = re.compile(r"\s*[-+]?\d*\.\d{4,}(?:[eE][-+]?\d+)?\s*$")
# Values that stand for a number which is not there: not what a column is called.
_NO_NAMES = frozenset({"", "nan", "na", "n/a", "null", "none", "inf", "-inf", "-", "?"})
WHOLE = Head(None)


def sniff_csv(sample: bytes, *, is_script: bool) -> Head:
    """Finds out how to cut a CSV file; scripts may take other delimiters than the comma."""
    if not is_script:
        return sniff_delimited(sample, is_script=False, delimiter=",")
    delimiter = _delimiter(_text(sample))
    if delimiter is None:
        return WHOLE
    return sniff_delimited(sample, is_script=True, delimiter=delimiter)


def sniff_delimited(sample: bytes, *, is_script: bool, delimiter: str) -> Head:
    """Finds out how to cut a file of values that are delimited in a known way.

    An MLflow model's files are read by rules of our own, so that all of them can be cut. How a
    script reads its files is not known: for it, a file is cut only if its beginning leaves no
    doubt.
    """
    if _is_binary(sample):
        return WHOLE
    records = _records(_text(sample), delimiter)
    has_header = _has_header(records) if is_script else _names_columns(records)
    return WHOLE if has_header is None else Head(Dialect(delimiter), has_header)


def sniff_lines(sample: bytes, *, is_script: bool) -> Head:  # noqa: ARG001  each line is a record, for everybody
    """Finds out how to cut a file of JSON lines."""
    return WHOLE if _is_binary(sample) else Head(Dialect(None))


def _is_binary(sample: bytes) -> bool:
    """True if the text has null bytes, or characters of two bytes."""
    return b"\0" in sample or sample[:2] in (b"\xff\xfe", b"\xfe\xff")


def _text(sample: bytes) -> str:
    return sample.decode("utf-8-sig", "replace")


def _delimiter(text: str) -> str | None:
    """The one delimiter in the first record; a comma if there is none, None if there are more."""
    first = re.sub(r'"[^"]*"', "", text.lstrip().partition("\n")[0])
    found = [delimiter for delimiter in _DELIMITERS if delimiter in first]
    return found[0] if len(found) == 1 else (None if found else ",")


def _records(text: str, delimiter: str) -> list[list[str]]:
    """The first records, but for the last one, of which there may be only a part."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    records: list[list[str]] = []
    try:
        for record in reader:
            if "".join(record).strip():
                records.append(record)
            if len(records) > _SAMPLE_RECORDS:
                break
    except csv.Error:
        return []
    return records[:-1]


def _names_columns(records: Sequence[Sequence[str]]) -> bool:
    """True if the first record is taken for a header where models are scored without code."""
    return not records or not all(map(_BEGINS_AS_NUMBER.match, records[0]))


def _has_header(records: Sequence[Sequence[str]]) -> bool | None:
    """True if the first record is a header, None if that is not plain to see."""
    if len(records) < 2:
        return None
    first, *others = records
    if any(map(_MEASURED.match, first)):
        return False
    names = [value.strip().lower() for value in first]
    # pandas leaves the name of an index empty, which comes first.
    names[0] = names[0] or "(index)"
    are_names = len(set(names)) == len(names) and not _NO_NAMES.intersection(names)
    if not are_names or any(map(_BEGINS_AS_NUMBER.match, names)):
        return None
    columns = ([row[index] for row in others if index < len(row)] for index in range(len(names)))
    return True if any(map(_is_of_numbers, columns)) else None


def _is_of_numbers(values: Sequence[str]) -> bool:
    given = [value for value in values if value.strip()]
    return bool(given) and all(map(_BEGINS_AS_NUMBER.match, given))
