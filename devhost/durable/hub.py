"""Runs the app's orchestrators and activities: the backend and the worker."""

import contextlib
import json
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from azure.durable_functions.models.utils.df_serialization import df_dumps, df_loads
from durabletask import task
from durabletask.internal.orchestrator_service_pb2_grpc import TaskHubSidecarServiceStub
from durabletask.serialization import DataConverter
from durabletask.worker import ConcurrencyOptions, TaskHubGrpcWorker

from devhost.durable.backend import Backend
from devhost.durable.channel import InProcessChannel
from devhost.durable.context import OrchestrationContext, adapt_orchestrator
from devhost.durable.tasks import Json

_ORCHESTRATOR_THREADS = 4
_PLAIN = (dict, list, str, int, float, bool)
# The key by which azure-functions marks what is not plain JSON.
_CUSTOM = "__class__"


@dataclass(frozen=True)
class HubOptions:
    """How much runs at once; host.json's `extensions.durableTask`."""

    name: str = "devhost"
    max_activities: int = 20
    max_orchestrators: int = 20


@dataclass(frozen=True)
class HubFunctions:
    """The app's durable functions by name: orchestrators as generators, activities as callables."""

    orchestrators: Mapping[str, Callable[[OrchestrationContext], Any]] = field(
        default_factory=dict[str, Callable[[OrchestrationContext], Any]]
    )
    activities: Mapping[str, Callable[[Json], Json]] = field(
        default_factory=dict[str, Callable[[Json], Json]]
    )


class DurableHub:
    """The running engine; `stub` speaks to it."""

    def __init__(
        self,
        functions: HubFunctions,
        options: HubOptions,
        call_later: Callable[[float, Callable[[], None]], None],
    ) -> None:
        """`call_later(seconds, callback)` is called from any thread and must not block."""
        self.functions = functions
        self.options = options
        for name in ("durabletask", "durabletask.testing.in_memory_backend"):
            logging.getLogger(name).setLevel(logging.ERROR)
        self._backend = Backend(call_later)
        self._channel = InProcessChannel(self._backend)
        self.stub = TaskHubSidecarServiceStub(self._channel)
        self._worker = self._make_worker()

    def start(self) -> None:
        """Starts to take work."""
        self._worker.start()

    def stop(self, seconds: float = 2.0) -> None:
        """Stops to take work, and waits at most that long for what runs."""
        stopping = threading.Thread(target=self._worker.stop, daemon=True)
        stopping.start()
        self._backend.stop()
        stopping.join(seconds)

    def _make_worker(self) -> TaskHubGrpcWorker:
        options = self.options
        worker = TaskHubGrpcWorker(
            channel=self._channel,
            logger=logging.getLogger("durabletask"),
            data_converter=_FunctionsJson(),
            emit_trace_spans=False,
            concurrency_options=ConcurrencyOptions(
                maximum_concurrent_activity_work_items=options.max_activities,
                maximum_concurrent_orchestration_work_items=options.max_orchestrators,
                maximum_thread_pool_workers=options.max_activities + _ORCHESTRATOR_THREADS,
            ),
        )
        for name, orchestrator in self.functions.orchestrators.items():
            worker.add_orchestrator(adapt_orchestrator(name, orchestrator))
        for name, activity in self.functions.activities.items():
            worker.add_activity(_adapt_activity(name, activity))
        return worker


class _FunctionsJson(DataConverter):
    """Values travel as the JSON that azure-functions writes and reads.

    Its functions look into the environment each time; what is plain JSON needs nothing of them, and
    each replay reads all of it again.
    """

    def serialize(self, value: Json) -> str | None:
        if value is None:
            return None
        if type(value) in _PLAIN:
            with contextlib.suppress(TypeError):
                return json.dumps(value)
        return df_dumps(value)

    def deserialize(self, data: str | None, target_type: type | None = None) -> Json:
        del target_type
        if not data:
            return None
        return df_loads(data) if _CUSTOM in data else json.loads(data)

    def coerce(self, value: Json, target_type: type | None = None) -> Json:
        del target_type
        return value


def _adapt_activity(name: str, call: Callable[[Json], Json]) -> task.Activity[Json, Json]:
    def run(context: task.ActivityContext, input_: Json) -> Json:
        del context
        return call(input_)

    run.__name__ = name
    return run
