"""True if a job is done at its full width: its time against that of its work, shared by its slots.

The scoring script sleeps, so that the machine's cores do not decide.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from statistics import median

from bench.app import App
from bench.storage import upload
from bench.workloads import Workload, sleeping, sleeping_long_tailed, tiny


@dataclass(frozen=True)
class Width:
    """One job at its width.

    Attributes:
        name: What it scores.
        slots: Mini-batches that run at once.
        seconds: Wall time from the request to the finished output: the median of the rounds.
        work: Seconds that its mini-batches take one after another.
    """

    name: str
    slots: int
    seconds: float
    work: float

    @property
    def ideal(self) -> float:
        """Seconds that it would take if all slots were busy all the time."""
        return self.work / self.slots

    @property
    def ratio(self) -> float:
        """The wall time against the ideal."""
        return self.seconds / self.ideal

    def document(self) -> dict[str, object]:
        """The figures as plain values."""
        return {**asdict(self), "ideal": self.ideal, "ratio": self.ratio}


def workloads(*, quick: bool) -> list[Workload]:
    """Returns the jobs that are measured at each width."""
    if quick:
        return [sleeping(25)]
    return [sleeping(25), sleeping(200), sleeping_long_tailed(200)]


def measure(
    make_app: Callable[[int], App],
    slots: Sequence[int],
    jobs: Sequence[Workload],
    rounds: int,
    say: Callable[[str], None],
) -> list[Width]:
    """Runs each job at each width, on warm scorers.

    Args:
        make_app: Makes an app with so many scorers, whose host does not run.
        slots: The widths.
        jobs: What is scored.
        rounds: How often.
        say: Told of each figure.

    Raises:
        BenchError: A job fails.
    """
    found: list[Width] = []
    for width in slots:
        app = make_app(width)
        with app:
            app.make_endpoints()
            warm_up = sleeping(4 * width)
            upload(app.account, warm_up)
            app.run(warm_up, slots=width)
            for job in jobs:
                upload(app.account, job)
                run = partial(app.run, job, slots=width)
                seconds = median(run().seconds for _ in range(rounds))
                found.append(Width(job.title, width, seconds, job.seconds))
                say(f"{job.title}, {width} slots: {seconds:.1f} s, ideal {found[-1].ideal:.1f} s")
    return found


def measure_tiny(app: App, rounds: int, say: Callable[[str], None]) -> float:
    """Runs 1,000 tiny mini-batches on a warm host; returns the median of their wall times.

    Raises:
        BenchError: A job fails.
    """
    workload = tiny(1000)
    upload(app.account, workload)
    with app:
        app.make_endpoints()
        app.warm_up(tiny(1000), 2)
        seconds = median(app.run(workload).seconds for _ in range(rounds))
    say(f"{workload.title}: {seconds:.1f} s")
    return seconds
