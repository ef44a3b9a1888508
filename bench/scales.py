"""Cost of a mini-batch to the app, and its growth with their number."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from bench.app import App
from bench.storage import upload
from bench.workloads import tiny


@dataclass(frozen=True)
class Cost:
    """One job on so many mini-batches: wall seconds, and CPU seconds of the host and scorers."""

    mini_batches: int
    seconds: float
    host: float
    scorers: float

    @property
    def host_ms(self) -> float:
        """CPU milliseconds of the host's process for each mini-batch."""
        return self.host / self.mini_batches * 1000

    @property
    def total_ms(self) -> float:
        """CPU milliseconds of host and scorers for each mini-batch."""
        return (self.host + self.scorers) / self.mini_batches * 1000

    def document(self) -> dict[str, object]:
        """The cost as plain values."""
        return {**asdict(self), "host_ms": self.host_ms, "total_ms": self.total_ms}


def measure(app: App, scales: Sequence[int], say: Callable[[str], None]) -> list[Cost]:
    """Runs a job of one tiny file a mini-batch at each scale, with a script that returns at once.

    Small jobs are run several times, and added up: what they cost is near the clock's resolution.

    Args:
        app: The app, whose host does not run.
        scales: How many mini-batches each job has.
        say: Told of each cost.

    Raises:
        BenchError: A job fails.
    """
    costs: list[Cost] = []
    with app:
        smallest = tiny(min(scales))
        upload(app.account, smallest)
        app.run(smallest)
        for count in scales:
            workload = tiny(count)
            upload(app.account, workload)
            app.warm_up(workload, 2)
            runs = [app.run(workload) for _ in range(max(1, min(5, 1000 // count)))]
            total = len(runs)
            cost = Cost(
                count,
                sum(run.seconds for run in runs) / total,
                sum(run.cpu.own for run in runs) / total,
                sum(run.cpu.below for run in runs) / total,
            )
            costs.append(cost)
            say(
                f"{count:,} mini-batches: {cost.host_ms:.1f} ms of CPU each in the host, "
                f"{cost.total_ms:.1f} ms with the scorers; {cost.seconds:.1f} s"
            )
    return costs
