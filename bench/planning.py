"""Measures the planning of very many files: the app's memory, and the time until scoring starts."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from statistics import median

from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableServiceClient

from bench.app import REPOSITORY, SETTINGS, App, BenchError
from bench.listing import ListingServer
from bench.workloads import Workload

_MINI_BATCH_SIZE = 10
# The emulator has one thread, and spends more than a millisecond on each look.
_LOOK_SECONDS = 0.01


@dataclass(frozen=True)
class Planned:
    """One plan: how many files, the planning process's peak of memory in bytes, and seconds."""

    files: int
    peak: int
    seconds: float


@dataclass(frozen=True)
class FirstScored:
    """Seconds from the request to the first record of a mini-batch, warm."""

    few_files: float
    many_files: float
    many: int

    def document(self) -> dict[str, object]:
        """The times as plain values."""
        return asdict(self)


def measure_memory(
    app: App, connection_string: str, scales: Sequence[int], say: Callable[[str], None]
) -> list[Planned]:
    """Plans that many files, each time with the whole app in a fresh process, and reads its peak.

    Raises:
        BenchError: Planning fails.
    """
    plans: list[Planned] = []
    for files in scales:
        with ListingServer(files) as server, app:
            job = app.invoke("nothing", server.url, _MINI_BATCH_SIZE)
            app.end(job)
            # So that the app has these cores to itself, whatever else it would do.
            app.stop()
            planned = _plan(job, connection_string)
        if planned.files != files:
            raise BenchError(f"{planned.files:,} of {files:,} files were planned")
        plans.append(planned)
        say(f"{files:,} files planned in {planned.seconds:.1f} s, {planned.peak / 2**20:.0f} MiB")
    return plans


def _plan(job: str, connection_string: str) -> Planned:
    environment = {**os.environ, "AzureWebJobsStorage": connection_string, **SETTINGS}
    command = [sys.executable, "-m", "bench.planning_process", job]
    ended = subprocess.run(
        command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False
    )
    if ended.returncode:
        raise BenchError(f"planning failed: {ended.stderr}")
    return Planned(**json.loads(ended.stdout.splitlines()[-1]))


def measure_first(app: App, few: Workload, many: int, rounds: int) -> FirstScored:
    """Measures how soon scoring starts: with few files in storage, and with very many.

    Raises:
        BenchError: A job fails.
    """
    few_uri = app.uri(few)
    with app, ListingServer(many) as server:
        app.run(few)
        app.warm_up(few, 3)
        times: dict[str, list[float]] = {few_uri: [], server.url: []}
        for _ in range(rounds):
            for uri, found in times.items():
                found.append(_first(app, few.kind, uri))
    return FirstScored(median(times[few_uri]), median(times[server.url]), many)


def _first(app: App, kind: str, uri: str) -> float:
    started = time.perf_counter()
    job = app.invoke(kind, uri, _MINI_BATCH_SIZE)
    _wait_for_record(app.tables, job)
    seconds = time.perf_counter() - started
    app.end(job)
    return seconds


def _wait_for_record(tables: TableServiceClient, job: str) -> None:
    """Waits for the record of the first mini-batch, which is among those that run first."""
    records = tables.get_table_client("batchpointrecords")
    while True:
        try:
            records.get_entity(f"{job}:000000", "000", select=["RowKey"])
        except ResourceNotFoundError:
            time.sleep(_LOOK_SECONDS)
        else:
            return
