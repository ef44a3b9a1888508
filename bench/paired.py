"""Runs the same workload with each contender in turn, again and again, and compares medians.

In each round every contender starts, scores once (cold), scores again (warm) and ends, so that
whatever slows the machine down for a while meets all of them, and none idles beside another.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from bench.app import REPOSITORY, App, BenchError
from bench.pieces import Task
from bench.processes import usage
from bench.storage import Account
from bench.workloads import Workload

APP, LIMIT = "batchpoint", "limit"
_MODULES = {"limit": "limit", "ray": "ray_data", "dask": "dask_futures"}
CONTENDERS = (APP, *_MODULES)
_WARM_UPS = 5


@dataclass(frozen=True)
class Sample:
    """One round of one contender: wall seconds cold and warm, and CPU seconds of the warm run.

    Of the app, `cpu_own` is the host's and `cpu_below` the scorers'; of the others, `cpu_own` is
    the main process's and `cpu_below` that of its workers. The storage's own is in neither.
    """

    cold: float
    warm: float
    cpu_own: float
    cpu_below: float


@dataclass(frozen=True)
class Comparison:
    """All rounds of a workload."""

    workload: Workload
    samples: dict[str, list[Sample]]

    def warm(self, contender: str) -> float:
        """The median of the warm runs, in seconds."""
        return median(sample.warm for sample in self.samples[contender])

    def cold(self, contender: str) -> float:
        """The median of the cold runs, in seconds."""
        return median(sample.cold for sample in self.samples[contender])

    def cpu(self, contender: str) -> float:
        """The median of the CPU seconds of the warm runs."""
        return median(sample.cpu_own + sample.cpu_below for sample in self.samples[contender])

    def ratio(self, contender: str) -> float:
        """Ratio of the app's warm time to the contender's: the median of the rounds."""
        rounds = zip(self.samples[APP], self.samples[contender], strict=True)
        return median(ours.warm / theirs.warm for ours, theirs in rounds)

    def cold_ratio(self, contender: str) -> float:
        """The same of the cold runs."""
        rounds = zip(self.samples[APP], self.samples[contender], strict=True)
        return median(ours.cold / theirs.cold for ours, theirs in rounds)

    def document(self) -> dict[str, object]:
        """The rounds as plain values."""
        samples = {name: [asdict(one) for one in some] for name, some in self.samples.items()}
        return {"workload": self.workload.name, "title": self.workload.title, "samples": samples}


def compare(
    app: App,
    workload: Workload,
    contenders: Sequence[str],
    rounds: int,
    *,
    models: Path,
    python: Path,
    say: Callable[[str], None],
) -> Comparison:
    """Compares contenders on one workload.

    Args:
        app: The app, whose host does not run.
        workload: What to score; its files are in storage.
        contenders: Some of `CONTENDERS`.
        rounds: How often.
        models: The folder of the models.
        python: The interpreter of the other engines' environment.
        say: Told of each sample.

    Raises:
        BenchError: A contender fails.
    """
    samples: dict[str, list[Sample]] = {name: [] for name in contenders}
    for number in range(rounds):
        for name in contenders:
            if name == APP:
                sample = _app(app, workload)
            else:
                chosen = Path(sys.executable) if name == LIMIT else python
                sample = _other(name, chosen, app.account, workload, models)
            samples[name].append(sample)
            say(
                f"{workload.name}, round {number + 1}, {name}: cold {sample.cold:.2f} s, "
                f"warm {sample.warm:.2f} s, {sample.cpu_own + sample.cpu_below:.2f} s of CPU"
            )
    return Comparison(workload, samples)


def _app(app: App, workload: Workload) -> Sample:
    started = time.perf_counter()
    with app:
        app.run(workload)
        cold = time.perf_counter() - started
        app.warm_up(workload, _WARM_UPS)
        ran = app.run(workload)
    return Sample(cold, ran.seconds, ran.cpu.own, ran.cpu.below)


def _other(name: str, python: Path, account: Account, workload: Workload, models: Path) -> Sample:
    started = time.perf_counter()
    command = [str(python), "-m", f"bench.contenders.{_MODULES[name]}"]
    process = subprocess.Popen(
        [*command, account.encode(), str(models)],
        cwd=models,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        _ask(process, name, workload)
        cold = time.perf_counter() - started
        before, started = usage(process.pid), time.perf_counter()
        _ask(process, name, workload)
        warm, cpu = time.perf_counter() - started, usage(process.pid) - before
        return Sample(cold, warm, cpu.own, cpu.below)
    finally:
        process.communicate()


def _ask(process: subprocess.Popen[str], name: str, workload: Workload) -> None:
    task = Task(workload.kind, workload.folder, workload.mini_batch_size, workload.piece_bytes)
    request = {"task": asdict(task), "output": f"contenders/{name}/{workload.name}.csv"}
    if process.stdin is None or process.stdout is None:
        raise BenchError(f"{name} has no pipes")
    process.stdin.write(json.dumps(request) + "\n")
    process.stdin.flush()
    answer = process.stdout.readline()
    if not answer or json.loads(answer)["rows"] != workload.rows:
        raise BenchError(f"{name} answered {answer!r} to {workload.name}; its own output says why")
