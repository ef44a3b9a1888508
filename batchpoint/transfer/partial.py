"""Puts together what a job has scored so far, under names that say that it is not all.

Records come several at once, and are appended in the order of the input; only those that are on
their way take room.
"""

import json
import tempfile
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from batchpoint.errors import BatchpointError
from batchpoint.models import Job, JsonObject, ScoredMiniBatch
from batchpoint.transfer.blobs import BlobTransfers
from batchpoint.transfer.downloads import path_below
from batchpoint.transfer.local_writes import whole_file
from batchpoint.transfer.output_formats import CSV, OutputFormat
from batchpoint.transfer.parallel import StopSignal
from batchpoint.transfer.records import Record, read_record

AT_ONCE = 8


@dataclass(frozen=True)
class PartialFiles:
    """Places of the parts: the rows, their manifest, failed files, and scripts' files."""

    rows: Path
    manifest: Path
    failed: Path
    written: Path

    @staticmethod
    def of(job: Job, folder: Path) -> "PartialFiles":
        """Names like those of the output, with `partial` in them."""
        name = str(job["output"].get("file_name") or CSV.file_name)
        stem, dot, ending = name.rpartition(".")
        stem, ending = (stem, dot + ending) if stem else (name, "")
        return PartialFiles(
            path_below(f"{stem}.partial{ending}", folder),
            path_below(f"{stem}.partial.manifest.json", folder),
            path_below(f"{stem}.partial.failed.jsonl", folder),
            path_below("partial", folder),
        )


@dataclass
class _Tally:
    """Bytes written so far."""

    header: list[str] | None = None
    has_rows: bool = False
    mini_batches: list[JsonObject] = field(default_factory=list[JsonObject])
    left_out: list[JsonObject] = field(default_factory=list[JsonObject])


class PartialDownload:
    """Downloads the records of one job.

    Args:
        blobs: What moves the bytes.
        job: The job as it is shown.
        files: Where to write.
        overwrite: Whether differing files may be replaced.
        output_format: The format of the job's output.
    """

    def __init__(
        self,
        blobs: BlobTransfers,
        job: Job,
        files: PartialFiles,
        *,
        overwrite: bool,
        output_format: OutputFormat = CSV,
    ) -> None:
        self._blobs = blobs
        self._job = job
        self._files = files
        self._overwrite = overwrite
        self._format = output_format
        self._tally = _Tally()
        self._stop = StopSignal()

    def run(self, scored: Iterator[ScoredMiniBatch]) -> list[Path]:
        """Writes all files; answers which.

        Args:
            scored: The mini-batches that have a record, in the order of the input.

        Raises:
            TransferError: Something cannot be fetched or written.
            BatchpointError: A differing file is in the way, or nothing was scored.
        """
        files, overwrite = self._files, self._overwrite
        written: list[Path] = []
        with ExitStack() as stack:
            rows = stack.enter_context(whole_file(files.rows, overwrite=overwrite))
            failed = stack.enter_context(whole_file(files.failed, overwrite=overwrite))
            manifest = stack.enter_context(whole_file(files.manifest, overwrite=overwrite))
            scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            for item, record in self._records(scored, scratch):
                self._append(record, rows, failed)
                written += self._fetch_files(item)
                record.path.unlink()
            if not self._tally.mini_batches:
                name, status = self._job["name"], self._job["status"]
                raise BatchpointError(f"the job '{name}' has scored nothing yet; it is {status}")
            manifest.write(json.dumps(self._manifest(), ensure_ascii=False).encode() + b"\n")
        return [files.rows, files.manifest, files.failed, *written]

    def _records(
        self, scored: Iterator[ScoredMiniBatch], scratch: Path
    ) -> Iterator[tuple[ScoredMiniBatch, Record]]:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            coming: list[tuple[ScoredMiniBatch, Future[Record]]] = []
            try:
                for item in scored:
                    coming.append((item, pool.submit(self._fetch, item, scratch)))
                    if len(coming) >= 2 * AT_ONCE:
                        first, future = coming.pop(0)
                        yield first, future.result()
                for item, future in coming:
                    yield item, future.result()
            except BaseException:
                self._stop.set()
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def _fetch(self, item: ScoredMiniBatch, scratch: Path) -> Record:
        path = scratch / str(item["mini_batch"])
        self._blobs.get(item["url"], path, lambda _: None, self._stop)
        return read_record(item["mini_batch"], path)

    def _append(self, record: Record, rows: BinaryIO, failed: BinaryIO) -> None:
        tally = self._tally
        entry = {"number": record.number, **record.counts}
        if record.counts["rows"] and not tally.has_rows:
            tally.header, tally.has_rows = record.columns, True
            rows.write(self._format.header(record.columns))
        if record.counts["rows"] and not self._format.fits(record.columns, tally.header):
            tally.left_out.append({**entry, "columns": record.columns})
        else:
            record.copy_rows(rows)
        tally.mini_batches.append(entry)
        for file, message in record.failures:
            line = {"file": file, "message": message, "mini_batch": record.number}
            line["attempts"] = record.counts["attempts"]
            failed.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")

    def _fetch_files(self, item: ScoredMiniBatch) -> list[Path]:
        paths: list[Path] = []
        for file in item["files"]:
            path = path_below(file["name"], self._files.written)
            path.parent.mkdir(parents=True, exist_ok=True)
            self._blobs.get(file["url"], path, lambda _: None, self._stop)
            paths.append(path)
        return paths

    def _manifest(self) -> JsonObject:
        job, tally = self._job, self._tally
        there = {entry["number"] for entry in tally.mini_batches}
        total = job["counts"]["mini_batches"]["total"]
        failed = sum(entry["failed"] for entry in tally.mini_batches)
        files = sum(entry["files"] for entry in tally.mini_batches)
        out = {entry["number"] for entry in tally.left_out}
        return {
            "partial": True,
            "job": job["name"],
            "status": job["status"],
            "columns": tally.header,
            "files": {
                "in": job["counts"]["files"]["total"],
                "scored": files - failed,
                "failed": failed,
                "missing": max(0, job["counts"]["files"]["total"] - files),
            },
            "rows": sum(e["rows"] for e in tally.mini_batches if e["number"] not in out),
            "planning_complete": job["counts"]["planning_complete"],
            "missing_mini_batches": [number for number in range(total) if number not in there],
            "left_out_for_other_columns": tally.left_out,
            "mini_batches": tally.mini_batches,
        }
