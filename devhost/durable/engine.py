"""Runs the hub's orchestrations and activities on the workers, and its timers on the loop."""

import logging
import threading
from asyncio import AbstractEventLoop
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

from devhost.durable.core.hub import Hub
from devhost.durable.core.script import FunctionNames
from devhost.durable.core.suspicions import Remark, Topic
from devhost.durable.core.work import ActivityWork, Episode, TimerWork
from devhost.durable.replies import read_answer, read_result
from devhost.workers.calls import ActivityCall, Failure, OrchestratorCall, Reply, Workers

T = TypeVar("T")
_LOG = logging.getLogger("devhost")


@dataclass(frozen=True)
class EngineOptions:
    """The settings of host.json's `extensions.durableTask`: the hub's name, and bounds on work."""

    name: str = "devhost"
    max_activities: int = 20
    max_orchestrators: int = 20


@dataclass(frozen=True)
class DurableFunctions:
    """The names of the functions that serve the app's orchestrators and activities."""

    orchestrators: Mapping[str, str]
    activities: Mapping[str, str]


class Engine:
    """The hub, and all that it takes to run it.

    Whichever thread brings a result changes the hub, and hands on the work that follows.
    """

    def __init__(
        self,
        functions: DurableFunctions,
        options: EngineOptions,
        workers: Workers,
        loop: AbstractEventLoop,
    ) -> None:
        self.options = options
        self._functions = functions
        self._workers = workers
        self._loop = loop
        self._lock = threading.Lock()
        self._hub = Hub(FunctionNames(functions.orchestrators, functions.activities))
        self._episodes = 0
        self._activities = 0
        self._waiting: deque[ActivityWork] = deque()
        self._warned: set[tuple[str, Topic]] = set()
        self._is_stopped = False

    @property
    def orchestrators(self) -> list[str]:
        """The names of all orchestrators, sorted."""
        return sorted(self._functions.orchestrators)

    def use(self, act: Callable[[Hub], T]) -> T:
        """Looks into the hub or changes it, from any thread, and runs what follows from that."""
        with self._lock:
            result = act(self._hub)
            self._hand_out()
        return result

    def stop(self) -> None:
        """Hands out no more work."""
        with self._lock:
            self._is_stopped = True

    def _hand_out(self) -> None:
        """Submits as much work as may run at once."""
        if self._is_stopped:
            return
        while self._episodes < self.options.max_orchestrators:
            episode = self._hub.next_episode()
            if episode is None:
                break
            self._episodes += 1
            self._run(episode)
        while self._waiting and self._activities < self.options.max_activities:
            self._activities += 1
            work = self._waiting.popleft()
            receive = partial(self._receive_result, work)
            function = self._functions.activities[work.name]
            self._workers.submit(function, ActivityCall(work.input), receive)

    def _run(self, episode: Episode) -> None:
        function = self._functions.orchestrators[episode.name]
        receive = partial(self._receive_answer, episode)
        self._workers.submit(function, OrchestratorCall(episode.request), receive)

    def _receive_answer(self, episode: Episode, reply: Reply) -> None:
        if self._is_stopped:
            return
        if isinstance(reply, Failure) and reply.is_crash:
            self._run(episode)
            return
        answer = read_answer(reply)
        with self._lock:
            self._episodes -= 1
            outcome = self._hub.finish_episode(episode, answer)
            for work in outcome.work:
                if isinstance(work, TimerWork):
                    self._set(work)
                else:
                    self._waiting.append(work)
            self._hand_out()
        for remark in outcome.remarks:
            self._warn(episode, remark)

    def _receive_result(self, work: ActivityWork, reply: Reply) -> None:
        if self._is_stopped:
            return
        result = read_result(work, reply)
        with self._lock:
            self._activities -= 1
            self._hub.complete(work, result)
            self._hand_out()

    def _set(self, timer: TimerWork) -> None:
        seconds = (timer.due - datetime.now(UTC)).total_seconds()
        if seconds <= 0:
            self._hub.fire(timer)
        else:
            fire = partial(self.use, lambda hub: hub.fire(timer))
            self._loop.call_soon_threadsafe(self._loop.call_later, seconds, fire)

    def _warn(self, episode: Episode, remark: Remark) -> None:
        """Logs the first remark on each topic that there is on an orchestrator."""
        if (episode.name, remark.topic) not in self._warned:
            self._warned.add((episode.name, remark.topic))
            where, text = episode.execution.instance_id, remark.text.rstrip(".")
            _LOG.warning("Orchestrator %s (%s): %s.", episode.name, where, text)
