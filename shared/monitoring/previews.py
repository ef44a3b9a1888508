"""The beginning of an output file, or of what is to become one, as a table to look at."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from shared.assets.datastores import Datastores
from shared.errors import NotFoundError
from shared.jobs.model import Job
from shared.jobs.records import MiniBatchRecord
from shared.monitoring.partial_results import check_records
from shared.outputs.files import OutputKind, Outputs
from shared.results.record_repository import RecordRepository
from shared.storage.containers import SYSTEM_CONTAINER
from shared.storage.ports import BlobStore

READ_BYTES = 96 * 1024
SEGMENTS_LOOKED_AT = 20
CELL_CHARACTERS = 1000


@dataclass(frozen=True)
class Preview:
    """The first rows of a file.

    Attributes:
        name: The file.
        columns: The header of a CSV file that has one; None where rows stand under none.
        rows: The first rows; of a file that is no CSV, its lines, each as the only cell of a row. A
            cell holds at most 1,000 characters.
        is_complete: Whether these are all rows of the file.
    """

    name: str
    columns: tuple[str, ...] | None
    rows: tuple[tuple[str, ...], ...]
    is_complete: bool


class Previews:
    """Reads the beginnings of what jobs wrote."""

    def __init__(
        self,
        records: RecordRepository,
        blobs: BlobStore,
        datastores: Datastores,
        outputs: Outputs,
    ) -> None:
        self._records = records
        self._blobs = blobs
        self._datastores = datastores
        self._outputs = outputs

    def read(self, job: Job, name: str | None, limit: int) -> Preview:
        """Reads the first rows of an output file.

        Args:
            job: The job.
            name: The file as the list of outputs calls it; None is the first of them.
            limit: How many rows.

        Raises:
            NotFoundError: The job has not written such a file.
        """
        written = self._outputs.list(job)
        file = next((item for item in written if name in {None, item.name}), None)
        if file is None:
            what = "no output yet" if name is None else f"no output file '{name}'"
            raise NotFoundError(f"the job '{job.name}' has {what}", code="OutputNotFound")
        container, path = self._datastores.locate(job.output.folder.child(file.name))
        head = self._blobs.read_range(container, path, 0, READ_BYTES) if file.size else b""
        is_whole = len(head) >= file.size
        is_table = file.kind is OutputKind.OUTPUT and file.name.endswith(".csv")
        rows = _rows(head.decode("utf-8", "replace"), is_whole=is_whole, is_table=is_table)
        columns = rows.pop(0) if rows and is_table and self._outputs.has_header(job) else None
        return Preview(file.name, columns, tuple(rows[:limit]), is_whole and len(rows) <= limit)

    def read_partial(self, job: Job, limit: int) -> Preview:
        """Reads the first rows of what a job has scored so far, in the order of the input.

        Args:
            job: The job.
            limit: How many rows.

        Raises:
            ConflictError: The job's records were removed.
        """
        check_records(job)
        columns: tuple[str, ...] | None = None
        rows: list[tuple[str, ...]] = []
        for record, is_whole in self._heads(job):
            if not record.rows:
                continue
            if not rows:
                columns = record.columns
            text = record.rows.decode("utf-8", "replace")
            rows += _rows(text, is_whole=is_whole, is_table=True)
            if len(rows) >= limit:
                break
        return Preview(job.output.file_name, columns, tuple(rows[:limit]), is_complete=False)

    def _heads(self, job: Job) -> Iterator[tuple[MiniBatchRecord, bool]]:
        """The beginnings of the first records, and whether each is all of it."""
        for segment in range(min(job.plan.segments, SEGMENTS_LOOKED_AT)):
            for stored in self._records.of(job).listed(job.name, segment):
                head = stored.data
                if stored.blob is not None:
                    head = self._blobs.read_range(SYSTEM_CONTAINER, stored.blob, 0, READ_BYTES)
                try:
                    yield MiniBatchRecord.decode(head), len(head) >= stored.size
                except ValueError:
                    # Errors of many files in front of its rows, and more than is read of it.
                    continue


def _rows(text: str, *, is_whole: bool, is_table: bool) -> list[tuple[str, ...]]:
    lines = text.splitlines(keepends=True)
    if not is_whole and len(lines) > 1:
        # The last line may be cut off in the middle.
        lines.pop()
    if is_table:
        try:
            table = csv.reader(io.StringIO("".join(lines)))
            return [tuple(cell[:CELL_CHARACTERS] for cell in row) for row in table]
        except csv.Error:
            # A script may have written anything under this name.
            return _rows(text, is_whole=is_whole, is_table=False)
    return [(line.rstrip("\r\n")[:CELL_CHARACTERS],) for line in lines]
