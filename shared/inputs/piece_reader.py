"""Reads pieces of files that are split: finds their records, and these alone are read.

Where the records of a piece begin depends on what is before them in the file. So each range is
looked through once, by whoever comes to it first, and what was found is kept in the table: the
scans of a page of the plan do this side by side, and reading a piece makes up for what is missing.
All that is derived from bytes of one version of the file, so it always comes out the same.
"""

import threading
from collections import OrderedDict
from dataclasses import replace
from functools import lru_cache, partial

from shared.formats.input_format import (
    SAMPLE_BYTES,
    FileIndex,
    Head,
    IndexSplit,
    NotSplittableError,
    ScanSplit,
)
from shared.formats.input_formats import input_format_of
from shared.formats.record_ranges import Dialect, Extent, RangeScan, locate
from shared.inputs.piece_content import PieceContent, PieceFrame, PieceRows
from shared.inputs.reader import Inputs
from shared.jobs.model import Job
from shared.jobs.plan import Piece, PlannedFile, piece_range
from shared.jobs.repository import JobRepository

BLOCK_BYTES = 8 * 2**20
_KEPT_FILES = 64
_File = tuple[str, str, int]
"""A file of a job's input: the job's name and identity, and the file's number."""


class PieceReader:
    """Reads pieces, from any thread."""

    def __init__(self, jobs: JobRepository, inputs: Inputs) -> None:
        self._jobs = jobs
        self._inputs = inputs
        self._scans: OrderedDict[_File, list[RangeScan]] = OrderedDict()
        self._lock = threading.Lock()
        self._head = lru_cache(maxsize=_KEPT_FILES)(self._read_head)
        self._index = lru_cache(maxsize=_KEPT_FILES)(self._read_index)

    def scan(self, job: Job, file: PlannedFile) -> None:
        """Looks through a piece, unless that is done already.

        Raises:
            NotFoundError: The file is not there any more.
            PreconditionError: It has changed since it was listed.
        """
        piece, split = _piece(file), _split(file)
        if not isinstance(split, ScanSplit):
            return
        head = self._head_of(job, file, split)
        if head.dialect is None or self._jobs.has_scan(job.name, piece.file, piece.index):
            return
        self._scan(job, file, piece.index, head.dialect)

    def read(self, job: Job, file: PlannedFile) -> PieceContent | None:
        """Reads a piece; None if no record begins in it.

        Raises:
            NotFoundError: The file is not there any more.
            PreconditionError: It has changed since it was listed.
        """
        match _split(file):
            case ScanSplit() as split:
                return self._read_records(job, file, split)
            case IndexSplit() as split:
                return self._read_section(job, file, split)

    def _read_records(self, job: Job, file: PlannedFile, split: ScanSplit) -> PieceContent | None:
        head = self._head_of(job, file, split)
        if head.dialect is None:
            return self._read_whole(job, file)
        extent = self._extent(job, file, head.dialect)
        if extent.is_empty:
            return None
        is_delimited = head.dialect.delimiter is not None
        # A scorer that knows how it reads decides for itself whether the first record is a header.
        wants_first = is_delimited and (head.has_header or job.deployment.is_mlflow)
        first = self._part(job, file, 0, extent.second or 0) if wants_first else b""
        data = self._part(job, file, extent.start, extent.end)
        frame = PieceFrame(first, b"", extent.before)
        return PieceContent(data, frame, _rows(extent, head))

    def _read_whole(self, job: Job, file: PlannedFile) -> PieceContent | None:
        """A file that turns out to be none that can be cut is all in its first piece."""
        if _piece(file).index:
            return None
        data = self._part(job, file, 0, file.size)
        return PieceContent(data, PieceFrame(b"", b"", 0), PieceRows(0))

    def _head_of(self, job: Job, file: PlannedFile, split: ScanSplit) -> Head:
        script = not job.deployment.is_mlflow
        uri = self._inputs.signatures.uri_of(job)
        return self._head(split, uri, replace(file, piece=None), script)

    def _read_head(self, split: ScanSplit, uri: str, file: PlannedFile, is_script: bool) -> Head:
        sample = self._inputs.read_part(uri, file, 0, min(SAMPLE_BYTES, file.size))
        return split.sniff(sample, is_script=is_script)

    def _part(self, job: Job, file: PlannedFile, start: int, end: int) -> bytes:
        return self._inputs.read_part(self._inputs.signatures.uri_of(job), file, start, end)

    def _extent(self, job: Job, file: PlannedFile, dialect: Dialect) -> Extent:
        piece = _piece(file)
        key = (job.name, job.identity, piece.file)
        scans = self._known(key)
        extent = locate(scans, piece.index, piece.of, file.size)
        if extent is None:
            for text in self._jobs.scans(job.name, piece.file, first=len(scans)):
                scans.append(RangeScan.decode(text))
            extent = locate(scans, piece.index, piece.of, file.size)
        while extent is None:
            scans.append(self._scan(job, file, len(scans), dialect))
            extent = locate(scans, piece.index, piece.of, file.size)
        self._keep(key, scans)
        return extent

    def _known(self, key: _File) -> list[RangeScan]:
        with self._lock:
            return list(self._scans.get(key, ()))

    def _keep(self, key: _File, scans: list[RangeScan]) -> None:
        with self._lock:
            if len(scans) > len(self._scans.get(key, ())):
                self._scans[key] = scans
            self._scans.move_to_end(key)
            while len(self._scans) > _KEPT_FILES:
                self._scans.popitem(last=False)

    def _scan(self, job: Job, file: PlannedFile, index: int, dialect: Dialect) -> RangeScan:
        # Not before it is needed: importing numpy takes longer than a start should.
        from shared.formats.delimited_scan import LOOK_AHEAD, Window, scan_range  # noqa: PLC0415

        piece, found = _piece(file), RangeScan()
        start, last = piece_range(file.size, index, piece.of)
        for at in range(start, last, BLOCK_BYTES):
            end = min(at + BLOCK_BYTES, last)
            data = self._part(job, file, max(at - 1, 0), min(end + LOOK_AHEAD, file.size))
            found = found.then(scan_range(Window(data, at, end, file.size), dialect))
        self._jobs.add_scan(job.name, piece.file, index, found.encode())
        return found

    def _read_section(self, job: Job, file: PlannedFile, split: IndexSplit) -> PieceContent | None:
        piece = _piece(file)
        try:
            uri = self._inputs.signatures.uri_of(job)
            index = self._index(split, uri, replace(file, piece=None))
            section = index.section(piece.start, piece.end)
        except NotSplittableError:
            return self._read_whole(job, file)
        if section is None:
            return None
        data = self._part(job, file, section.start, section.end)
        frame = PieceFrame(section.head, section.tail, section.before)
        return PieceContent(data, frame, PieceRows(section.before, section.rows))

    def _read_index(self, split: IndexSplit, uri: str, file: PlannedFile) -> FileIndex:
        return split.read_index(partial(self._inputs.read_part, uri, file), file.size)


def _piece(file: PlannedFile) -> Piece:
    if file.piece is None:
        raise ValueError(f"{file.name} is no piece")
    return file.piece


def _split(file: PlannedFile) -> ScanSplit | IndexSplit:
    input_format = input_format_of(file.name)
    if input_format is None or input_format.split is None:
        raise ValueError(f"{file.name} is of no format that is split")
    return input_format.split


def _rows(extent: Extent, head: Head) -> PieceRows:
    """Rows are records without the header, which is the first one."""
    headers = int(head.has_header)
    first = max(extent.before - headers, 0)
    count = extent.records
    if count is not None and not extent.before:
        count = max(count - headers, 0)
    return PieceRows(first, count)
