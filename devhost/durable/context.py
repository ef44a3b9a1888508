"""The orchestration context of azure-functions-durable 1.x, over that of `durabletask`."""

from collections.abc import Callable, Generator
from datetime import UTC, datetime, timedelta
from types import GeneratorType
from typing import cast

from azure.durable_functions import RetryOptions
from azure.durable_functions.models.Task import TaskState
from durabletask import task

from devhost.durable.tasks import DurableTask, Json, TimerTask, WhenAll, WhenAny


class OrchestrationContext:
    """What an orchestrator function gets; each member does what its 1.x namesake does."""

    def __init__(self, engine: task.OrchestrationContext, input_: Json) -> None:
        self._engine = engine
        self._input = input_
        self._custom_status: Json = None
        self._next_input: tuple[Json] | None = None

    @property
    def instance_id(self) -> str:
        """The orchestration's id."""
        return self._engine.instance_id

    @property
    def parent_instance_id(self) -> str | None:
        """The id of the orchestration that called this one."""
        return self._engine.parent_instance_id

    @property
    def version(self) -> str | None:
        """The version that the orchestration was started with."""
        return self._engine.version

    @property
    def is_replaying(self) -> bool:
        """Whether the code runs over what happened before."""
        return self._engine.is_replaying

    @property
    def current_utc_datetime(self) -> datetime:
        """The time of the event being handled, the same in every replay."""
        return self._engine.current_utc_datetime.replace(tzinfo=UTC)

    @property
    def custom_status(self) -> Json:
        """What `set_custom_status` was last given."""
        return self._custom_status

    @property
    def will_continue_as_new(self) -> bool:
        """Whether `continue_as_new` was called."""
        return self._next_input is not None

    @property
    def next_input(self) -> Json:
        """The input of the next execution."""
        return self._next_input[0] if self._next_input else None

    def get_input(self, expected_type: type | None = None) -> Json:
        """Gives the orchestration's input, decoded from JSON."""
        del expected_type
        return self._input

    def new_uuid(self) -> str:
        """Makes a UUID that is the same in every replay."""
        return self._engine.new_uuid()

    def set_custom_status(self, status: Json) -> None:
        """Shows `status` (JSON) in the orchestration's status."""
        self._custom_status = status
        self._engine.set_custom_status(status)

    def continue_as_new(self, input_: Json) -> None:
        """Starts over with a new input and an empty history."""
        self._next_input = (input_,)

    def call_activity(
        self,
        name: str,
        input_: Json = None,
        expected_type: type | None = None,
    ) -> DurableTask:
        """Calls the activity `name`."""
        del expected_type
        return self._activity(name, input_, None)

    def call_activity_with_retry(
        self,
        name: str,
        retry_options: RetryOptions,
        input_: Json = None,
        expected_type: type | None = None,
    ) -> DurableTask:
        """Calls the activity `name`, again when it fails."""
        del expected_type
        return self._activity(name, input_, _retry_policy(retry_options))

    def call_sub_orchestrator(
        self,
        name: str,
        input_: Json = None,
        instance_id: str | None = None,
        version: str | None = None,
        expected_type: type | None = None,
    ) -> DurableTask:
        """Runs the orchestrator `name` as part of this one."""
        del expected_type
        return self._sub_orchestrator(name, input_, instance_id, version, None)

    def call_sub_orchestrator_with_retry(
        self,
        name: str,
        retry_options: RetryOptions,
        input_: Json = None,
        instance_id: str | None = None,
        version: str | None = None,
        expected_type: type | None = None,
    ) -> DurableTask:
        """Runs the orchestrator `name` as part of this one, again when it fails."""
        del expected_type
        retry = _retry_policy(retry_options)
        return self._sub_orchestrator(name, input_, instance_id, version, retry)

    def task_all(self, activities: list[DurableTask]) -> DurableTask:
        """Waits for all; fails as soon as one does."""
        return WhenAll(list(activities))

    def task_any(self, activities: list[DurableTask]) -> DurableTask:
        """Waits for the first one to end, well or not, and gives that one."""
        return WhenAny(list(activities))

    def create_timer(self, fire_at: datetime) -> TimerTask:
        """Waits until `fire_at`."""
        return TimerTask(lambda: self._engine.create_timer(fire_at))

    def wait_for_external_event(self, name: str, expected_type: type | None = None) -> DurableTask:
        """Waits for the event `name`, whose data is the result."""
        del expected_type
        return DurableTask(f"Event '{name}'", lambda: self._engine.wait_for_external_event(name))

    def _activity(
        self,
        name: str,
        input_: Json,
        retry: task.RetryPolicy | None,
    ) -> DurableTask:
        return DurableTask(
            f"Activity function '{name}'",
            lambda: self._engine.call_activity(name, input=input_, retry_policy=retry),
        )

    def _sub_orchestrator(
        self,
        name: str,
        input_: Json,
        instance_id: str | None,
        version: str | None,
        retry: task.RetryPolicy | None,
    ) -> DurableTask:
        # The engine's default id counts from one again after a continue-as-new.
        unique_id = instance_id or self._engine.new_uuid()
        return DurableTask(
            f"Orchestrator function '{name}'",
            lambda: self._engine.call_sub_orchestrator(
                name, input=input_, instance_id=unique_id, retry_policy=retry, version=version
            ),
        )


def _retry_policy(options: RetryOptions) -> task.RetryPolicy:
    return task.RetryPolicy(
        first_retry_interval=timedelta(milliseconds=options.first_retry_interval_in_milliseconds),
        max_number_of_attempts=options.max_number_of_attempts,
    )


def adapt_orchestrator(
    name: str, user_function: Callable[[OrchestrationContext], Json]
) -> task.Orchestrator[Json, Json]:
    """Makes an orchestrator for the engine of one that is written against 1.x."""

    def orchestrate(
        engine: task.OrchestrationContext, input_: Json
    ) -> Generator[task.Task[Json], Json, Json]:
        context = OrchestrationContext(engine, input_)
        output = user_function(context)
        if isinstance(output, GeneratorType):
            generator = cast("Generator[DurableTask, Json, Json]", output)
            output = yield from _drive(generator, context)
        if context.will_continue_as_new:
            engine.continue_as_new(context.next_input)
        return output

    orchestrate.__name__ = name
    return orchestrate


def _drive(
    generator: Generator[DurableTask, Json, Json], context: OrchestrationContext
) -> Generator[task.Task[Json], Json, Json]:
    advance: Callable[[], DurableTask] = lambda: next(generator)  # noqa: E731
    while True:
        try:
            current = advance()
        except StopIteration as stop:
            return stop.value
        if context.will_continue_as_new:
            return None
        yield from _completed(current)
        advance = _resumption(generator, current)


def _completed(current: DurableTask) -> Generator[task.Task[Json], Json, None]:
    engine_task = current.schedule()
    if not current.is_completed:
        try:
            yield engine_task
        except task.TaskFailedError:
            # The engine raises its own error; what the 1.x task says is raised in its place.
            return


def _resumption(
    generator: Generator[DurableTask, Json, Json], done: DurableTask
) -> Callable[[], DurableTask]:
    outcome = done.result
    if done.state is TaskState.FAILED:
        return lambda: generator.throw(outcome)
    return lambda: generator.send(outcome)
