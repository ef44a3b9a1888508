"""Runs orchestrations on the engine's core, in one thread, in an order that the test decides."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from azure.durable_functions.orchestrator import Orchestrator

from devhost.durable.core.hub import Hub
from devhost.durable.core.results import Completed, describe_failure
from devhost.durable.core.script import FunctionNames
from devhost.durable.core.suspicions import Remark
from devhost.durable.core.work import ActivityWork, Work
from devhost.durable.replies import read_answer
from devhost.json_payloads import read_json, write_json
from devhost.workers.calls import Failure, Reply
from devhost.workers.orchestration import execute

Choose = Callable[[int], int]
"""Chooses one of a number of things; `None` is not a choice, 0 is the oldest."""


class Player:
    """A hub, and the work that it waits for.

    Attributes:
        pending: Activities and timers, oldest first.
        remarks: All remarks on orchestrators so far.
    """

    def __init__(
        self, orchestrators: Mapping[str, Any], activities: Mapping[str, Callable[[Any], Any]]
    ) -> None:
        self._now = datetime(2026, 3, 6, tzinfo=UTC)
        self._orchestrators = orchestrators
        self._activities = activities
        self.hub = Hub(FunctionNames(orchestrators, activities), self._clock)
        self.pending: list[Work] = []
        self.remarks: list[Remark] = []

    def start(self, name: str, instance_id: str = "root", value: Any = None) -> None:
        self.hub.start(name, instance_id, write_json(write_json(value)))

    def run_episode(self) -> bool:
        """Runs the next orchestrator that is ready; tells whether there was one."""
        episode = self.hub.next_episode()
        if episode is None:
            return False
        answer = read_answer(self._execute(episode.name, episode.request))
        outcome = self.hub.finish_episode(episode, answer)
        self.pending += outcome.work
        self.remarks += outcome.remarks
        return True

    def run_episodes(self) -> None:
        while self.run_episode():
            pass

    def complete(self, index: int = 0) -> None:
        """Completes one piece of the pending work."""
        work = self.pending.pop(index)
        if isinstance(work, ActivityWork):
            self.hub.complete(work, self._act(work))
        else:
            self.hub.fire(work)

    def play(self, choose: Choose = lambda _: 0) -> None:
        """Runs all to its end; `choose` says which work completes next."""
        self.run_episodes()
        while self.pending:
            self.complete(choose(len(self.pending)))
            self.run_episodes()

    def status(self, instance_id: str = "root") -> tuple[str, Any]:
        """Gives an orchestration's status and output."""
        orchestration = self.hub.find(instance_id)
        assert orchestration is not None
        return orchestration.status.value, read_json(orchestration.output)

    def _execute(self, name: str, request: str) -> Reply:
        try:
            return execute(Orchestrator.create(self._orchestrators[name]), request)
        except Exception as error:  # noqa: BLE001
            return Failure(type(error).__name__, str(error))

    def _act(self, work: ActivityWork) -> Any:
        try:
            return Completed(write_json(self._activities[work.name](read_json(work.input))))
        except ValueError as error:
            return describe_failure(work.name, f"ValueError: {error}", "")

    def _clock(self) -> datetime:
        self._now += timedelta(milliseconds=1)
        return self._now
