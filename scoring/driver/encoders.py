"""All encoders, by the names of their formats.

`shared/formats/output_formats.py` has the same formats on the side of the app. Standard library
only, Python 3.8: it runs in the scorer.
"""

from __future__ import annotations

from .csv_encoder import CsvEncoder
from .encoder import Encoder

ENCODERS: dict[str, Encoder] = {"csv": CsvEncoder()}
