"""`python -m bench`: runs what the command line asks for, and prints the tables."""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from bench import material, paired, planning, replay, report, requests, scales, width, workloads
from bench.app import REPOSITORY, App, BenchError
from bench.report import Results
from bench.storage import make_container, upload
from devhost.stack import Azurite

FOLDER = REPOSITORY / ".local" / "bench"
PARTS = ("compare", "width", "tiny", "requests", "scales", "memory", "first", "replay")
PAIRED = ("many-small", "images", "one-big-file")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the benchmark; gives the exit code, which is 0 also where a target is missed."""
    options = parse(arguments)
    results = Results(" ".join(["scripts/bench", *(arguments or sys.argv[1:])]), options.host)
    try:
        _measure(options, results)
    except BenchError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    finally:
        _say(f"\n{results.markdown()}")
        report.write(results, FOLDER / "results.json")
    if options.write_docs:
        report.write_docs(results, REPOSITORY / "docs" / "performance.md")
    return 0


def _measure(options: argparse.Namespace, results: Results) -> None:
    if "replay" in options.parts:
        results.replays = replay.measure(options.replay_scales)
    if set(options.parts) <= {"replay"}:
        return
    models = material.prepare(FOLDER / "models")
    with Azurite(FOLDER / "azurite", log=FOLDER / "logs" / "azurite.log") as azurite:
        make_container(azurite.connection_string)
        make_app = partial(App, azurite, FOLDER, models, kind=options.host)
        app = make_app()
        with app:
            app.end_unfinished()
            app.make_endpoints()
        if "compare" in options.parts:
            _compare(app, options, results, models)
        if "width" in options.parts:
            results.widths = width.measure(
                lambda slots: make_app(scorers=slots),
                options.slots,
                width.workloads(quick=options.quick),
                options.rounds,
                _say,
            )
        if "tiny" in options.parts:
            results.tiny = width.measure_tiny(app, options.rounds, _say)
        if "requests" in options.parts:
            results.requests = requests.measure(
                azurite.ports, lambda storage: make_app(storage=storage), _say
            )
        if "first" in options.parts:
            few = workloads.tiny(1000)
            upload(app.account, few)
            results.first = planning.measure_first(app, few, options.many, options.rounds)
        if "memory" in options.parts:
            results.plans = planning.measure_memory(
                app, azurite.connection_string, _up_to(options.many, least=10_000), _say
            )
        if "scales" in options.parts:
            results.costs = scales.measure(app, _up_to(options.most, least=100), _say)


def _compare(app: App, options: argparse.Namespace, results: Results, models: Path) -> None:
    python = (
        _environment(FOLDER / "venv") if set(options.contenders) - {"batchpoint", "limit"} else None
    )
    for name in options.workloads:
        workload = _sized(name, quick=options.quick)
        _say(f"{workload.title}: uploaded in {upload(app.account, workload):.0f} s")
        results.comparisons.append(
            paired.compare(
                app,
                workload,
                options.contenders,
                options.rounds,
                models=models,
                python=python or Path(sys.executable),
                say=_say,
            )
        )


def _sized(name: str, *, quick: bool) -> workloads.Workload:
    if name == "many-small":
        return workloads.many_small(300 if quick else 1000)
    if name == "images":
        return workloads.images(1000 if quick else 5000)
    return workloads.one_big_file(300_000 if quick else 3_000_000)


def _up_to(most: int, *, least: int) -> list[int]:
    """Powers of ten from one to another."""
    found = [least]
    while found[-1] * 10 <= most:
        found.append(found[-1] * 10)
    return found


def _environment(folder: Path) -> Path:
    """Installs the other engines, in an environment of their own; answers its interpreter."""
    wanted = REPOSITORY / "bench" / "contenders" / "requirements.txt"
    python, stamp = folder / "bin" / "python", folder / ".requirements"
    if not stamp.is_file() or stamp.read_text() != wanted.read_text():
        _say("Setting up Ray and Dask ...")
        uv = str(Path(sys.executable).with_name("uv"))
        constraints = str(REPOSITORY / "constraints.txt")
        for command in (
            [uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)],
            [
                uv,
                "pip",
                "install",
                "--quiet",
                "--python",
                str(python),
                "-r",
                str(wanted),
                "-c",
                constraints,
            ],
        ):
            if subprocess.run(command, check=False).returncode:
                raise BenchError(f"{' '.join(command)} failed")
        stamp.write_text(wanted.read_text())
    return python


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser("scripts/bench", description="Measures the app.")
    parser.add_argument("--quick", action="store_true", help="smaller workloads: under 5 minutes")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--workloads", nargs="+", choices=PAIRED, default=list(PAIRED))
    parser.add_argument(
        "--contenders", nargs="+", choices=paired.CONTENDERS, default=list(paired.CONTENDERS)
    )
    parser.add_argument("--host", choices=["devhost", "func"], default="devhost")
    parser.add_argument("--slots", nargs="+", type=int, default=[4, 8], help="of `width`")
    parser.add_argument("--rounds", type=int, help="default: 5, or 2 with --quick")
    parser.add_argument("--most", type=int, help="mini-batches of the largest job of `scales`")
    parser.add_argument("--many", type=int, help="files of the largest plan")
    parser.add_argument("--write-docs", action="store_true", help="puts the tables into the docs")
    options = parser.parse_args(arguments)
    quick = options.quick
    options.rounds = options.rounds or (2 if quick else 5)
    options.most = options.most or (1000 if quick else 100_000)
    options.many = options.many or (100_000 if quick else 1_000_000)
    options.replay_scales = _up_to(1000 if quick else 100_000, least=100)
    return options


if __name__ == "__main__":
    sys.exit(main())
