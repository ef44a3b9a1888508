"""All formats of output files.

`scoring/driver/encoders.py` has an encoder for each of them.
"""

from shared.formats.csv_output import CsvOutput
from shared.formats.output_format import OutputFormat

CSV = CsvOutput()
OUTPUT_FORMATS: tuple[OutputFormat, ...] = (CSV,)


def output_format_of(name: str) -> OutputFormat | None:
    """Returns the format that a file's name promises, None if it promises none."""
    return next((one for one in OUTPUT_FORMATS if name.endswith(one.extension)), None)
