"""Ends an episode: replays it, and turns the replay's decisions into events and work."""

from dataclasses import dataclass, field
from uuid import uuid4

from devhost.durable.core import events
from devhost.durable.core.actions import Answer
from devhost.durable.core.context import Context, Identity
from devhost.durable.core.decisions import (
    Complete,
    CreateSubOrchestration,
    Decision,
    ScheduleActivity,
    SetTimer,
    StartOver,
    Status,
)
from devhost.durable.core.events import Event
from devhost.durable.core.orchestration import Orchestration
from devhost.durable.core.replay import Replay
from devhost.durable.core.script import FunctionNames, Script
from devhost.durable.core.suspicions import Remark, Topic, find_misplaced, find_risks
from devhost.durable.core.work import (
    ActivityWork,
    Execution,
    Message,
    Outcome,
    Parent,
    Start,
    TimerWork,
    Work,
)
from devhost.json_payloads import write_json, write_time


def finish_episode(
    orchestration: Orchestration, answer: Answer, functions: FunctionNames, now: str
) -> Outcome:
    """Ends the episode that an orchestration is in, with the executor's answer."""
    execution = orchestration.start.execution
    name = orchestration.start.name
    context = Context(Identity(execution.instance_id, execution.execution_id, name))
    script = Script(context, answer, functions)
    replay = Replay(context, script)
    decisions = replay.run(orchestration.history)
    if answer.custom_status is not None:
        orchestration.custom_status = answer.custom_status
    changes = _Changes(orchestration, now)
    for decision in decisions:
        changes.apply(decision)
    remarks = [*find_risks(answer.actions), *find_misplaced(context, answer)]
    remarks += [Remark(Topic.UNKNOWN, text) for text in script.unknown]
    if replay.non_determinism is not None:
        remarks.append(Remark(Topic.NON_DETERMINISM, replay.non_determinism))
    return changes.outcome(remarks)


@dataclass
class _Changes:
    """The consequences of one episode's decisions, as they add up."""

    orchestration: Orchestration
    now: str
    recorded: list[Event] = field(default_factory=list[Event])
    work: list[Work] = field(default_factory=list[Work])
    children: list[Start] = field(default_factory=list[Start])
    messages: list[Message] = field(default_factory=list[Message])
    ending: Complete | StartOver | None = None

    def apply(self, decision: Decision) -> None:
        """Takes one decision."""
        execution, now = self.orchestration.start.execution, self.now
        match decision:
            case ScheduleActivity(task_id, name, input_):
                self.recorded.append(events.task_scheduled(task_id, name, now))
                self.work.append(ActivityWork(execution, task_id, name, input_))
            case CreateSubOrchestration(task_id, name, instance_id, input_):
                self.recorded.append(
                    events.sub_orchestration_created(task_id, name, instance_id, now)
                )
                self.children.append(self._child(task_id, name, instance_id, input_))
            case SetTimer(task_id, fire_at):
                due = write_time(fire_at)
                self.recorded.append(events.timer_created(task_id, due, now))
                fired = events.timer_fired(task_id, due, now)
                message = Message(execution.instance_id, fired, execution.execution_id)
                self.work.append(TimerWork(message, fire_at))
            case Complete() | StartOver():
                self.ending = decision

    def outcome(self, remarks: list[Remark]) -> Outcome:
        """Changes the orchestration, and gives what is to be done elsewhere."""
        ending = self.ending
        if isinstance(ending, StartOver):
            self.orchestration.start_over(ending, self.now)
        else:
            if ending is not None:
                self.recorded.append(_completed(ending, self.now))
            self.orchestration.record(self.recorded, self.now)
        if isinstance(ending, Complete):
            self.orchestration.complete(ending)
            self._report(ending)
        return Outcome(
            tuple(self.work),
            tuple(self.children),
            tuple(self.messages),
            tuple(remarks),
        )

    def _child(self, task_id: int, name: str, instance_id: str, input_: str | None) -> Start:
        own = self.orchestration.start
        return Start(
            Execution(instance_id, uuid4().hex),
            name,
            None if input_ is None else write_json(input_),
            Parent(own.execution, own.name, task_id),
        )

    def _report(self, ending: Complete) -> None:
        parent = self.orchestration.start.parent
        if parent is None:
            return
        if ending.status is Status.COMPLETED:
            event = events.sub_orchestration_completed(parent.task_id, ending.result, self.now)
        else:
            event = events.sub_orchestration_failed(
                parent.task_id, ending.result or "", ending.details, self.now
            )
        execution = parent.execution
        self.messages.append(Message(execution.instance_id, event, execution.execution_id))


def _completed(ending: Complete, now: str) -> Event:
    return events.execution_completed(ending.task_id, ending.status.value, ending.result, now)
