"""Counts the storage requests of a job, by a proxy before the emulator."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

from bench.app import App
from bench.storage import upload
from bench.workloads import tiny
from chaos.faults import Fault, FaultPlan, is_by_host
from chaos.proxy import FaultProxy
from devhost.stack.azurite import connection_string

MINI_BATCHES = 1000
_QUIET_SECONDS = 1.0
_INPUTS, _BY_HOST = "inputs", "host"


class RequestCount(FaultPlan):
    """Counts requests by what they are for, and lets them all pass."""

    def __init__(self, inputs: str) -> None:
        """Takes the folder of the inputs, whose reads count apart."""
        super().__init__(0, {})
        self._inputs = inputs
        self._lock = threading.Lock()
        self.by_kind: Counter[str] = Counter()

    def next(self, request: str) -> Fault | None:
        """Counts a request."""
        with self._lock:
            self.by_kind[self._kind(request)] += 1
        return None

    def _kind(self, request: str) -> str:
        method, _, path = request.partition(" ")
        place = path.partition("?")[0].strip("/").partition("/")[2]
        name = place.partition("(")[0].partition("/")[0]
        if f"/{self._inputs}/" in path:
            return _INPUTS
        if is_by_host(request):
            return _BY_HOST
        return f"{method} {name}"


@dataclass(frozen=True)
class Requests:
    """The requests of one job of tiny mini-batches, but for reads of its inputs.

    Attributes:
        mini_batches: How many it has.
        total: Requests of the app, its timers' included, while the job ran.
        by_kind: The same by method and table or container.
        by_host: Requests of the host's own extensions meanwhile; none of the embedded host.
    """

    mini_batches: int
    total: int
    by_kind: dict[str, int]
    by_host: int

    @property
    def each(self) -> float:
        """Requests for each mini-batch."""
        return self.total / self.mini_batches

    def document(self) -> dict[str, object]:
        """The counts as plain values."""
        return {**asdict(self), "each": self.each}


def measure(
    ports: Mapping[str, int], make_app: Callable[[str], App], say: Callable[[str], None]
) -> Requests:
    """Counts the requests of a warm job of tiny mini-batches.

    Args:
        ports: Where the emulator listens, by service.
        make_app: Makes an app on the storage at a connection string.
        say: Told of the count.

    Raises:
        BenchError: The job fails.
    """
    workload = tiny(MINI_BATCHES)
    count = RequestCount(workload.folder)
    with FaultProxy(ports, count) as proxy:
        app = make_app(connection_string(proxy.ports))
        upload(app.account, workload)
        with app:
            app.make_endpoints()
            app.run(workload)
            time.sleep(_QUIET_SECONDS)
            count.by_kind.clear()
            app.run(workload)
            kinds = Counter(count.by_kind)
    del kinds[_INPUTS]
    by_host = kinds.pop(_BY_HOST, 0)
    found = Requests(MINI_BATCHES, kinds.total(), dict(kinds.most_common()), by_host)
    say(
        f"{found.each:.2f} storage requests for each of {MINI_BATCHES:,} tiny mini-batches, and "
        f"{by_host / MINI_BATCHES:.2f} by the host's extensions"
    )
    return found
