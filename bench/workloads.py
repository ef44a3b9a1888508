"""The workloads: what is scored, with which model, how many files at a time.

Their content is made from numbers drawn with a fixed seed, so that it is the same each time.
"""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from demo.png import encode_grey

COLUMNS = (
    "alcohol",
    "malic_acid",
    "ash",
    "alcalinity_of_ash",
    "magnesium",
    "total_phenols",
    "flavanoids",
    "nonflavanoid_phenols",
    "proanthocyanins",
    "color_intensity",
    "hue",
    "dilution",
    "proline",
)
_ROWS_A_DRAW = 20_000

Content = Callable[[int], bytes]


@dataclass(frozen=True)
class Workload:
    """One workload.

    Attributes:
        name: Names it on the command line, and its folder in storage.
        title: One line for the table.
        kind: `table` (MLflow model), `digits`, `nothing` or `sleep` (scoring scripts).
        files: How many files there are.
        mini_batch_size: Files a mini-batch.
        rows: Rows of output that are right.
        piece_bytes: Into how large pieces a contender cuts a file; 0: files are not cut.
        seconds: How long its mini-batches take one after another, where they sleep.
    """

    name: str
    title: str
    kind: str
    files: int
    mini_batch_size: int
    rows: int
    piece_bytes: int = 0
    seconds: float = 0.0

    @property
    def folder(self) -> str:
        """Folder of its files; another number of them is another folder."""
        return f"{self.name}-{self.files}-{self.rows}"

    def contents(self) -> Iterator[tuple[str, bytes]]:
        """Makes the files: name and content, in the order of their names."""
        make = _CONTENTS[self.kind](self)
        ending = "png" if self.kind == "digits" else "csv"
        return ((f"{number:06d}.{ending}", make(number)) for number in range(self.files))


def many_small(files: int = 1000) -> Workload:
    """Files of 300 rows and 13 columns, 10 a mini-batch."""
    title = f"many small: {files:,} CSV files x 300 rows x 13 columns, MLflow model"
    return Workload("many-small", title, "table", files, 10, files * 300)


def images(files: int = 5000) -> Workload:
    """PNG files of 8 x 8 pixels, 100 a mini-batch."""
    return Workload(
        "images", f"images: {files:,} PNG digits, scoring script", "digits", files, 100, files
    )


def one_big_file(rows: int = 3_000_000) -> Workload:
    """One CSV file of 13 columns."""
    title = f"one big file: {rows:,} rows x 13 columns in one CSV, MLflow model"
    return Workload("one-big-file", title, "table", 1, 1, rows, piece_bytes=16 * 2**20)


def tiny(files: int) -> Workload:
    """Files of a few bytes, one a mini-batch, for a script that returns at once."""
    return Workload("tiny", f"{files:,} mini-batches of one tiny file", "nothing", files, 1, files)


def sleeping(count: int) -> Workload:
    """Mini-batches of one second each."""
    return Workload(
        "sleep", f"{count} mini-batches of 1 s", "sleep", count, 1, count, seconds=count
    )


def sleeping_long_tailed(count: int) -> Workload:
    """Mini-batches whose times are log-normal: one second in the mean, sigma 1."""
    title = f"{count} mini-batches of log-normal times, 1 s in the mean"
    seconds = sum(_long_tailed(count)) / 1000
    return Workload("sleep-long-tailed", title, "sleep", count, 1, count, seconds=seconds)


def _long_tailed(count: int) -> list[int]:
    """Milliseconds; drawn with a fixed seed, and scaled so that their mean is a second."""
    drawn = np.random.default_rng(13).lognormal(0, 1, count)
    return [round(value) for value in drawn / drawn.mean() * 1000]


def training_data() -> tuple[Any, Any]:
    """The data that the table's model is trained on: 178 records of 13 columns, and their class."""
    from sklearn.datasets import load_wine  # noqa: PLC0415 - slow to import, needed once

    data: Any = load_wine(as_frame=True)
    return data.data.set_axis(list(COLUMNS), axis=1), data.target


def _tables(workload: Workload) -> Content:
    features, _ = training_data()
    mean, deviation = features.mean().to_numpy(), features.std().to_numpy()
    header = (",".join(COLUMNS) + "\n").encode()
    rows = workload.rows // workload.files

    def make(number: int) -> bytes:
        generator = np.random.default_rng(number)
        text = io.BytesIO(header)
        text.seek(0, io.SEEK_END)
        for start in range(0, rows, _ROWS_A_DRAW):
            count = min(_ROWS_A_DRAW, rows - start)
            values = generator.normal(mean, deviation, (count, len(COLUMNS)))
            np.savetxt(text, values, fmt="%.4f", delimiter=",")
        return text.getvalue()

    return make


def _digits(_: Workload) -> Content:
    from sklearn.datasets import load_digits  # noqa: PLC0415 - slow to import, needed once

    data: Any = load_digits()
    pixels = (data.images * 255 / 16).round().astype("uint8")

    def make(number: int) -> bytes:
        height, width = pixels[0].shape
        return encode_grey(pixels[number % len(pixels)].tobytes(), width, height)

    return make


def _nothing(_: Workload) -> Content:
    return lambda number: f"{number}\n".encode()


def _sleep(workload: Workload) -> Content:
    if workload.name == "sleep":
        return lambda _: b"1000"
    times = _long_tailed(workload.files)
    return lambda number: str(times[number]).encode()


_CONTENTS: dict[str, Callable[[Workload], Content]] = {
    "table": _tables,
    "digits": _digits,
    "nothing": _nothing,
    "sleep": _sleep,
}
