"""Reads the files of a mini-batch, so that they can be handed to a scorer."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from scoring.process.spec import InputFile
from shared.errors import BatchpointError, StorageError
from shared.inputs.piece_content import PieceRows
from shared.inputs.piece_reader import PieceReader
from shared.inputs.reader import Inputs
from shared.jobs.model import Job
from shared.jobs.plan import PlannedFile
from shared.jobs.records import FileFailure

READERS = 32
AT_ONCE = 8


@dataclass(frozen=True)
class Read:
    """The files of a mini-batch that could be read, and why the others could not.

    Attributes:
        files: Those that could be read.
        failures: Why the others could not.
        rows: Those of the piece, if it is one; a piece without any is no file to score.
        seconds: How long reading took.
    """

    files: tuple[InputFile, ...]
    failures: tuple[FileFailure, ...]
    rows: PieceRows = field(default_factory=PieceRows)
    seconds: float = 0.0


class MiniBatchFiles:
    """Reads files with threads that all mini-batches of this process share."""

    def __init__(self, inputs: Inputs, pieces: PieceReader) -> None:
        self._inputs = inputs
        self._pieces = pieces
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="input")

    def read(self, job: Job, files: tuple[PlannedFile, ...]) -> Read:
        """Reads the files of a mini-batch, several at once, or a piece of one.

        Raises:
            StorageError: Storage did not serve; worth a retry.
        """
        started = time.monotonic()
        if files[0].piece is not None:
            read = self._read_piece(job, files[0])
        else:
            outcomes = self._read_all(job, files)
            read = Read(
                tuple(item for item in outcomes if isinstance(item, InputFile)),
                tuple(item for item in outcomes if isinstance(item, FileFailure)),
            )
        return Read(read.files, read.failures, read.rows, time.monotonic() - started)

    def _read_all(
        self, job: Job, files: tuple[PlannedFile, ...]
    ) -> list[InputFile | FileFailure | None]:
        """Reads files in this thread and in some others, each taking the next one that is left.

        A thread for each file would spend more on being woken than on reading a small one.
        """
        outcomes: list[InputFile | FileFailure | None] = [None] * len(files)
        left = iter(range(len(files)))

        def read_on() -> None:
            for index in left:
                outcomes[index] = self._read_one(job, files[index])

        helpers = [self._readers.submit(read_on) for _ in range(min(len(files), AT_ONCE) - 1)]
        try:
            read_on()
        finally:
            for helper in helpers:
                helper.cancel()
        for helper in helpers:
            if not helper.cancelled():
                helper.result()
        return outcomes

    def _read_one(self, job: Job, file: PlannedFile) -> InputFile | FileFailure:
        try:
            if job.is_selection:
                return InputFile(file.name, self._inputs.read_selected(job.input_uri, file))
            uri = self._inputs.signatures.uri_of(job)
            return InputFile(file.name, self._inputs.read(uri, file))
        except StorageError:
            raise
        except BatchpointError as error:
            return FileFailure(file.name, f"the file cannot be read: {error.message}")

    def _read_piece(self, job: Job, file: PlannedFile) -> Read:
        try:
            content = self._pieces.read(job, file)
        except StorageError:
            raise
        except BatchpointError as error:
            reason = f"the file cannot be read: {error.message}"
            return Read((), (FileFailure(file.name, reason),))
        if content is None:
            return Read((), ())
        return Read((InputFile(file.name, content.data, content.frame),), (), content.rows)
