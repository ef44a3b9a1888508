"""Writes the logs of a job to one file: what happened to it, then what user code printed.

Entries are written as they come, so that a job of any size takes no more memory than a small one.
"""

from collections.abc import Iterable
from pathlib import Path

from batchpoint.models import JobEvent, Log
from batchpoint.transfer.local_writes import whole_file


def write_log(
    events: Iterable[JobEvent], entries: Iterable[Log], path: Path, *, overwrite: bool
) -> None:
    """Writes one line for each event, then a part for each attempt at a mini-batch.

    Args:
        events: What happened, in the order of time.
        entries: What was printed, in the order of the input.
        path: The file.
        overwrite: Whether a differing file may be replaced.

    Raises:
        BatchpointError: A differing file is in the way.
        TransferError: The file cannot be written.
    """
    with whole_file(path, overwrite=overwrite) as sink:
        for event in events:
            sink.write(f"{event['at']} {_one_line(event['text'])}\n".encode())
        for entry in entries:
            text = entry["text"]
            end = "" if text.endswith("\n") else "\n"
            sink.write(f"\n{_heading(entry)}\n{text}{end}".encode())


def _heading(entry: Log) -> str:
    return (
        f"--- mini-batch {entry['mini_batch']}, attempt {entry['attempt']}, "
        f"written at {entry['written_at']}"
    )


def _one_line(text: str) -> str:
    return " | ".join(line.strip() for line in text.splitlines() if line.strip())
