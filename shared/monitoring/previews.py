"""The beginning of an output file, or of what is to become one, as a table to look at."""

from collections.abc import Iterator
from dataclasses import dataclass

from shared.assets.datastores import Datastores
from shared.errors import NotFoundError
from shared.formats.output_formats import output_format_of
from shared.formats.table_head import READ_BYTES, TableHead, text_head
from shared.jobs.model import Job
from shared.jobs.records import MiniBatchRecord
from shared.monitoring.partial_results import check_records
from shared.outputs.files import OutputFile, OutputKind, Outputs
from shared.results.record_repository import RecordRepository
from shared.storage.containers import SYSTEM_CONTAINER
from shared.storage.ports import BlobStore

SEGMENTS_LOOKED_AT = 20


@dataclass(frozen=True)
class Preview:
    """The first rows of a file.

    Attributes:
        name: The file.
        columns: The header of a table that has one; None where rows stand under none.
        rows: The first rows; of a file that is no table, its lines, each as the only cell of a row.
            A cell holds at most 1,000 characters.
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
        head = self._head(job, file)
        is_complete = head.is_whole and len(head.rows) <= limit
        return Preview(file.name, head.columns, head.rows[:limit], is_complete)

    def _head(self, job: Job, file: OutputFile) -> TableHead:
        container, path = self._datastores.locate(job.output.folder.child(file.name))

        def read(start: int, end: int) -> bytes:
            return self._blobs.read_range(container, path, start, end - start)

        is_output = file.kind is OutputKind.OUTPUT
        output_format = output_format_of(file.name) if is_output else None
        if output_format is None:
            return text_head(read(0, READ_BYTES) if file.size else b"", file.size)
        has_header = self._outputs.has_header(job)
        return output_format.read_head(read, file.size, has_header=has_header)

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
        for record, unread in self._heads(job):
            if not record.rows:
                continue
            if not rows:
                columns = record.columns
            rows += _rows(job, record, unread)
            if len(rows) >= limit:
                break
        return Preview(job.output.file_name, columns, tuple(rows[:limit]), is_complete=False)

    def _heads(self, job: Job) -> Iterator[tuple[MiniBatchRecord, int]]:
        """The beginnings of the first records, and how many bytes of each are not read."""
        for segment in range(min(job.plan.segments, SEGMENTS_LOOKED_AT)):
            for stored in self._records.of(job).listed(job.name, segment):
                head = stored.data
                if stored.blob is not None:
                    head = self._blobs.read_range(SYSTEM_CONTAINER, stored.blob, 0, READ_BYTES)
                try:
                    yield MiniBatchRecord.decode(head), stored.size - len(head)
                except ValueError:
                    # Errors of many files in front of its rows, and more than is read of it.
                    continue


def _rows(job: Job, record: MiniBatchRecord, unread: int) -> tuple[tuple[str, ...], ...]:
    rows = record.rows

    def read(start: int, end: int) -> bytes:
        return rows[start:end]

    return job.output_format.read_head(read, len(rows) + unread, has_header=False).rows
