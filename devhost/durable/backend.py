"""The library's in-memory backend, made fit for jobs with thousands of orchestrations.

What differs from `InMemoryOrchestrationBackend`:

- a sub-orchestration reports to its parent when it ends and is forgotten then; the library waits
  for it in a thread of its own and gives up after 30 seconds;
- what belongs to an execution that is over (before a continue-as-new, or a replaced instance) is
  dropped, where the library would hand it to the next execution as if it were its own;
- timers wait on the host's event loop, not each in a thread;
- finished orchestrations are kept in a bounded number.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import durabletask.internal.orchestrator_service_pb2 as pb
import grpc
from durabletask.internal import helpers
from durabletask.testing.in_memory_backend import (
    InMemoryOrchestrationBackend,
    OrchestrationInstance,
)

KEPT_FINISHED = 1_000
KEPT_HISTORIES = 20


@dataclass(frozen=True)
class _Parent:
    """Who waits for a sub-orchestration: the task of one execution of an instance."""

    instance_id: str
    execution: int
    task_id: int


class Backend(InMemoryOrchestrationBackend):
    """Holds all orchestrations of the host in memory.

    An execution is named by the completion token that its instance had when it began; tokens grow.
    """

    def __init__(self, call_later: Callable[[float, Callable[[], None]], None]) -> None:
        """`call_later(seconds, callback)` is called from any thread and must not block."""
        super().__init__(max_history_size=sys.maxsize)
        self._call_later = call_later
        self._executions: dict[str, int] = {}
        self._parents: dict[str, _Parent] = {}
        self._finished: dict[str, None] = {}

    def StartInstance(  # noqa: N802 - the service names it
        self, request: pb.CreateInstanceRequest, context: grpc.ServicerContext
    ) -> pb.CreateInstanceResponse:
        """Starts a top-level orchestration."""
        with self._lock:
            response = super().StartInstance(request, context)
            self._begin_execution(self._instances[response.instanceId])
        return response

    def PurgeInstances(  # noqa: N802 - the service names it
        self, request: pb.PurgeInstancesRequest, context: grpc.ServicerContext
    ) -> pb.PurgeInstancesResponse:
        """Forgets finished orchestrations."""
        with self._lock:
            response = super().PurgeInstances(request, context)
            for instance_id in [i for i in self._finished if i not in self._instances]:
                self._forget(instance_id)
        return response

    def CompleteActivityTask(  # noqa: N802 - the service names it
        self, request: pb.ActivityResponse, context: grpc.ServicerContext
    ) -> pb.CompleteTaskResponse:
        """Takes an activity's result, unless the execution that asked for it is over."""
        with self._lock:
            execution = self._executions.get(request.instanceId)
            if execution is None or int(request.completionToken) < execution:
                return pb.CompleteTaskResponse()
            return super().CompleteActivityTask(request, context)

    def CompleteOrchestratorTask(  # noqa: N802 - the service names it
        self, request: pb.OrchestratorResponse, context: grpc.ServicerContext
    ) -> pb.CompleteTaskResponse:
        """Takes what one turn of an orchestrator decided."""
        with self._lock:
            response = super().CompleteOrchestratorTask(request, context)
            instance = self._instances.get(request.instanceId)
            if instance is not None:
                self._after_turn(instance)
        return response

    def _after_turn(self, instance: OrchestrationInstance) -> None:
        if instance.status == pb.ORCHESTRATION_STATUS_PENDING:
            self._begin_execution(instance)
        elif self._is_terminal_status(instance.status):
            self._settle(instance)
        elif any(_wakes_suspended(event) for event in instance.pending_events):
            self._enqueue_orchestration(instance.instance_id)

    def _begin_execution(self, instance: OrchestrationInstance) -> None:
        self._executions[instance.instance_id] = instance.completion_token
        self._finished.pop(instance.instance_id, None)
        parent = self._parents.get(instance.instance_id)
        if parent is not None:
            _stamp_parent(instance, parent.instance_id)

    def _create_instance_internal(
        self,
        instance_id: str,
        name: str,
        encoded_input: str | None = None,
        version: str | None = None,
    ) -> None:
        super()._create_instance_internal(instance_id, name, encoded_input, version)
        self._begin_execution(self._instances[instance_id])

    def _enqueue_orchestration(self, instance_id: str) -> None:
        # What arrives during a turn is queued when the turn completes. The library would queue it
        # at once, find it in flight, and then sleep for 0.1 seconds.
        if instance_id not in self._orchestration_in_flight:
            super()._enqueue_orchestration(instance_id)

    def _watch_sub_orchestration(
        self, parent_instance_id: str, sub_instance_id: str, task_id: int
    ) -> None:
        execution = self._executions[parent_instance_id]
        self._parents[sub_instance_id] = _Parent(parent_instance_id, execution, task_id)
        _stamp_parent(self._instances[sub_instance_id], parent_instance_id)

    def _settle(self, instance: OrchestrationInstance) -> None:
        parent = self._parents.get(instance.instance_id)
        if parent is None:
            self._keep(instance)
            return
        self._forget(instance.instance_id)
        waiting = self._live(parent.instance_id, parent.execution)
        if waiting is not None:
            waiting.pending_events.append(_outcome(instance, parent.task_id))
            self._enqueue_orchestration(parent.instance_id)

    def _keep(self, instance: OrchestrationInstance) -> None:
        self._finished[instance.instance_id] = None
        finished = list(self._finished)
        if len(finished) > KEPT_HISTORIES:
            self._instances[finished[-KEPT_HISTORIES - 1]].history.clear()
        if len(finished) > KEPT_FINISHED:
            self._forget(finished[0])

    def _forget(self, instance_id: str) -> None:
        self._instances.pop(instance_id, None)
        self._executions.pop(instance_id, None)
        self._parents.pop(instance_id, None)
        self._finished.pop(instance_id, None)

    def _live(self, instance_id: str, execution: int) -> OrchestrationInstance | None:
        instance = self._instances.get(instance_id)
        if instance is None or self._executions.get(instance_id) != execution:
            return None
        return None if self._is_terminal_status(instance.status) else instance

    def _process_create_timer_action(
        self, instance: OrchestrationInstance, action: pb.OrchestratorAction
    ) -> None:
        fire_at = action.createTimer.fireAt.ToDatetime(tzinfo=UTC)
        instance.history.append(helpers.new_timer_created_event(action.id, fire_at))
        execution = self._executions[instance.instance_id]
        fire = partial(self._fire_timer, instance.instance_id, execution, action.id, fire_at)
        self._call_later(max(0.0, (fire_at - datetime.now(UTC)).total_seconds()), fire)

    def _fire_timer(
        self, instance_id: str, execution: int, timer_id: int, fire_at: datetime
    ) -> None:
        with self._lock:
            instance = self._live(instance_id, execution)
            if instance is not None:
                instance.pending_events.append(helpers.new_timer_fired_event(timer_id, fire_at))
                self._enqueue_orchestration(instance_id)


def _wakes_suspended(event: pb.HistoryEvent) -> bool:
    return event.HasField("executionResumed") or event.HasField("executionTerminated")


def _stamp_parent(instance: OrchestrationInstance, parent_instance_id: str) -> None:
    for event in instance.pending_events:
        if event.HasField("executionStarted"):
            parent = event.executionStarted.parentInstance.orchestrationInstance
            parent.instanceId = parent_instance_id


def _outcome(instance: OrchestrationInstance, task_id: int) -> pb.HistoryEvent:
    if instance.status == pb.ORCHESTRATION_STATUS_COMPLETED:
        return helpers.new_sub_orchestration_completed_event(task_id, instance.output)
    failure = instance.failure_details or pb.TaskFailureDetails(
        errorType="Terminated", errorMessage=instance.output or "The orchestration was terminated."
    )
    return pb.HistoryEvent(
        eventId=-1,
        subOrchestrationInstanceFailed=pb.SubOrchestrationInstanceFailedEvent(
            taskScheduledId=task_id, failureDetails=failure
        ),
    )
