"""`python -m chaos`: runs jobs under fire, and says in one line what came of it."""

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from chaos.kinds import KINDS
from chaos.run import Chaos, Options, Report

_KINDS = {kind.name: kind for kind in KINDS}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs once; gives the exit code: 0 if all jobs were run and none was wrong."""
    options = _parse(arguments)
    _say(
        f"seed {options.seed}: {options.jobs} jobs, {options.at_once} at once, "
        f"on {options.host}, in {options.folder}"
    )
    began = time.monotonic()
    with Chaos(options) as chaos:
        report = chaos.run()
    _say(summary(report, options, time.monotonic() - began))
    if report.wrong or report.jobs < options.jobs:
        _say(f"evidence: {options.folder}")
        return 1
    shutil.rmtree(options.folder, ignore_errors=True)
    return 0


def summary(report: Report, options: Options, seconds: float) -> str:
    """Says what happened: faults by kind, jobs, wrong results, the seed and the time."""
    kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(report.faults.items()) if count)
    done = f"{report.jobs} jobs"
    if report.jobs < options.jobs:
        done += f" of {options.jobs}, for the time was over"
    return (
        f"chaos: {sum(report.faults.values())} faults injected ({kinds}); {done}; "
        f"wrong results: {len(report.wrong)}; seed {options.seed}; {seconds:.0f} s"
    )


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _parse(arguments: Sequence[str] | None) -> Options:
    parser = argparse.ArgumentParser("scripts/chaos", description=__doc__)
    parser.add_argument("--jobs", type=int, default=100, help="how many to run (default: 100)")
    parser.add_argument("--seed", type=int, help="the same one gives the same plan of faults")
    parser.add_argument(
        "--seconds", type=float, default=1800, help="no job starts later than that (default: 1800)"
    )
    parser.add_argument("--at-once", type=int, default=4, help="jobs at the same time (default: 4)")
    parser.add_argument("--kinds", help=f"of {', '.join(_KINDS)}, with commas (default: all)")
    parser.add_argument(
        "--host",
        choices=("devhost", "func"),
        default="devhost",
        help="what serves the app: this repository's host, or `func` on PATH (default: devhost)",
    )
    given = parser.parse_args(arguments)
    wanted = given.kinds.split(",") if given.kinds else list(_KINDS)
    if unknown := [name for name in wanted if name not in _KINDS]:
        parser.error(f"there is no kind '{unknown[0]}'; there are {', '.join(_KINDS)}")
    if given.host == "func" and shutil.which("func") is None:
        parser.error("Azure Functions Core Tools (func) are not on PATH")
    if given.jobs < 1 or given.at_once < 1:
        parser.error("--jobs and --at-once must be 1 or more")
    seed = random.SystemRandom().randrange(10**6) if given.seed is None else given.seed
    kinds = tuple(_KINDS[name] for name in wanted)
    folder = Path(tempfile.mkdtemp(prefix=f"batchpoint-chaos-{seed}-"))
    return Options(given.jobs, seed, given.seconds, given.at_once, folder, kinds, given.host)


if __name__ == "__main__":
    sys.exit(main())
