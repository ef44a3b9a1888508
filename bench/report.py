"""Results as tables, as JSON, and in docs/performance.md."""

import json
import platform
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bench.paired import APP, LIMIT, Comparison
from bench.planning import FirstScored, Planned
from bench.processes import usable_cores
from bench.replay import Replay
from bench.requests import Requests
from bench.scales import Cost
from bench.width import Width

BEGIN, END = "<!-- results: begin -->", "<!-- results: end -->"
MOST_TINY_SECONDS, MOST_REQUESTS = 14.0, 1.2
MOST_RATIO, MOST_CPU_MS, MOST_SPREAD, MOST_MIB, MOST_SECONDS = 1.5, 10.0, 1.2, 400, 0.5
OVERHEAD_SCALE = 10_000


@dataclass
class Results:
    """Results of the benchmark; parts that were not requested are empty."""

    command: str
    host: str = "devhost"
    comparisons: list[Comparison] = field(default_factory=list[Comparison])
    costs: list[Cost] = field(default_factory=list[Cost])
    plans: list[Planned] = field(default_factory=list[Planned])
    first: FirstScored | None = None
    replays: list[Replay] = field(default_factory=list[Replay])
    widths: list[Width] = field(default_factory=list[Width])
    tiny: float | None = None
    requests: Requests | None = None

    def markdown(self) -> str:
        """All tables."""
        day = datetime.now(UTC).date().isoformat()
        head = (
            f"Measured on {day} with `{self.command}`, on the engine of `{self.host}`: "
            f"{usable_cores()} cores, {platform.system()}, Python {platform.python_version()}."
        )
        parts = [
            head,
            self._targets(),
            self._comparison(),
            self._width(),
            self._scales(),
            self._replay(),
        ]
        return "\n\n".join(part for part in parts if part)

    def document(self) -> dict[str, object]:
        """Everything that was measured."""
        return {
            "command": self.command,
            "host": self.host,
            "widths": [one.document() for one in self.widths],
            "tiny": self.tiny,
            "requests": self.requests.document() if self.requests else None,
            "comparisons": [one.document() for one in self.comparisons],
            "costs": [one.document() for one in self.costs],
            "plans": [asdict(one) for one in self.plans],
            "first": self.first.document() if self.first else None,
            "replays": [one.document() for one in self.replays],
        }

    def _targets(self) -> str:
        rows = [row for one in self.comparisons for row in _ratio_rows(one)]
        rows += _cost_rows(self.costs) + _plan_rows(self.plans)
        rows += _width_rows(self.widths)
        if self.tiny is not None:
            rows.append(_row("1,000 tiny mini-batches", self.tiny, MOST_TINY_SECONDS, " s"))
        if self.requests is not None:
            title = "storage requests for each tiny mini-batch, but for reading its input"
            rows.append(_row(title, self.requests.each, MOST_REQUESTS, ""))
        if self.first is not None:
            first, many = self.first, f"{self.first.many:,}"
            rows.append(_row("invoke to first record", first.few_files, MOST_SECONDS, " s"))
            title = f"the same, while {many} files are listed"
            rows.append(_row(title, first.many_files, MOST_SECONDS, " s"))
        return _table(("what", "measured", "target", ""), rows)

    def _comparison(self) -> str:
        rows: list[tuple[str, ...]] = []
        for one in self.comparisons:
            for name, samples in one.samples.items():
                median, rounds = f"{one.warm(name):.2f} s", f"{len(samples)}"
                cold, cpu = f"{one.cold(name):.2f} s", f"{one.cpu(name):.2f} s"
                rows.append((one.workload.name, name, cold, median, cpu, rounds))
        return _table(("workload", "contender", "cold", "warm", "CPU, warm", "rounds"), rows)

    def _width(self) -> str:
        rows = [
            (
                one.name,
                f"{one.slots}",
                f"{one.seconds:.1f} s",
                f"{one.ideal:.1f} s",
                f"{one.ratio:.2f}",
            )
            for one in self.widths
        ]
        return _table(("job", "slots", "wall time", "work ÷ slots", "ratio"), rows)

    def _scales(self) -> str:
        rows = [
            (
                f"{one.mini_batches:,}",
                f"{one.host_ms:.1f} ms",
                f"{one.total_ms - one.host_ms:.1f} ms",
                f"{one.seconds:.1f} s",
            )
            for one in self.costs
        ]
        return _table(("mini-batches", "CPU each, host", "CPU each, scorers", "wall time"), rows)

    def _replay(self) -> str:
        rows = [
            (
                f"{one.mini_batches:,}",
                f"{one.width}",
                f"{one.longest:,}",
                f"{one.replayed / one.mini_batches:.0f}",
                f"{one.ms:.1f} ms",
            )
            for one in self.replays
        ]
        columns = ("mini-batches", "at once", "longest history", "events replayed each", "CPU each")
        return _table(columns, rows)


def write(results: Results, file: Path) -> None:
    """Writes the results as JSON."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(results.document(), indent=1) + "\n")


def write_docs(results: Results, page: Path) -> None:
    """Puts the tables into a page, between its marks.

    Raises:
        ValueError: The page has no marks.
    """
    before, begin, rest = page.read_text("utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{page} has no '{BEGIN}' and '{END}'")
    page.write_text(f"{before}{BEGIN}\n\n{results.markdown()}\n\n{END}{after}", "utf-8")


def _ratio_rows(one: Comparison) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    if APP not in one.samples:
        return rows
    for name in one.samples:
        if name == APP:
            continue
        most = MOST_RATIO if name == LIMIT else 1.0
        rows.append(
            _row(f"{one.workload.title}: warm, against {name}", one.ratio(name), most, " x")
        )
        if name != LIMIT:
            title = f"{one.workload.name}: cold, against {name}"
            rows.append(_row(title, one.cold_ratio(name), most, " x"))
    return rows


def _cost_rows(costs: list[Cost]) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    at = [cost for cost in costs if cost.mini_batches == OVERHEAD_SCALE] or costs[-1:]
    for cost in at:
        title = f"overhead: CPU a mini-batch, host and scorers, of {cost.mini_batches:,}"
        rows.append(_row(title, cost.total_ms, MOST_CPU_MS, " ms"))
    if len(costs) > 1:
        each = [cost.total_ms for cost in costs]
        scales = f"{costs[0].mini_batches:,} to {costs[-1].mini_batches:,} mini-batches"
        # More of them may cost less: what is fixed for a job is then shared by more.
        worst = max(each[index] / min(each[: index + 1]) for index in range(len(each)))
        rows.append(_row(f"growth: cost from {scales}", worst, MOST_SPREAD, " x"))
    return rows


def _width_rows(widths: list[Width]) -> list[tuple[str, ...]]:
    """Each job within a tenth of its ideal time, and three seconds for beginning and end."""
    return [
        _row(f"{one.name} on {one.slots} slots", one.seconds, 1.1 * one.ideal + 3, " s")
        for one in widths
    ]


def _plan_rows(plans: list[Planned]) -> list[tuple[str, ...]]:
    return [
        _row(
            f"memory: peak while planning {plan.files:,} files", plan.peak / 2**20, MOST_MIB, " MiB"
        )
        for plan in plans
    ]


def _row(what: str, measured: float, most: float, unit: str) -> tuple[str, ...]:
    verdict = "met" if measured <= most else f"missed by {measured / most - 1:.0%}"
    return what, f"{measured:.2f}{unit}", f"at most {most:.3g}{unit}", verdict


def _table(columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    if not rows:
        return ""
    lines = [columns, tuple("---" for _ in columns), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
