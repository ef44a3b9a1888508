"""Limits of the Functions host: host.json, and the app settings that override it.

An app setting `AzureFunctionsJobHost__extensions__durableTask__maxConcurrentActivityFunctions`
replaces that key, names counting in any case:
https://learn.microsoft.com/azure/azure-functions/functions-host-json#override-hostjson-values
"""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.errors import InvalidError

HOST_FILE = Path(__file__).resolve().parents[1] / "host.json"
FUNCTION_TIMEOUT = "AzureFunctionsJobHost__functionTimeout"
ACTIVITIES = "AzureFunctionsJobHost__extensions__durableTask__maxConcurrentActivityFunctions"
THREADS = "PYTHON_THREADPOOL_THREAD_COUNT"
PROCESSES = "FUNCTIONS_WORKER_PROCESS_COUNT"
# So that requests are answered while activities and orchestrators have all their threads.
HTTP_THREADS = 8
_PREFIX = "azurefunctionsjobhost__"
_DURATION = re.compile(r"(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2})")


@dataclass(frozen=True)
class HostLimits:
    """Limits of one instance of the host: functions at once, and their time.

    Attributes:
        function_timeout: Seconds after which the host ends a function, None if it never does.
        activities: Activities that an instance takes at once.
        orchestrators: Orchestrators that it replays at once.
        threads: Threads of each worker process, for activities, orchestrators and sync HTTP
            functions together.
        processes: Worker processes of an instance.
    """

    function_timeout: float | None
    activities: int
    orchestrators: int
    threads: int
    processes: int = 1

    @staticmethod
    def from_env(environ: Mapping[str, str]) -> "HostLimits":
        """Reads the limits.

        Raises:
            InvalidError: One of them is wrong.
        """
        host = json.loads(HOST_FILE.read_text("utf-8"))
        given = {k.lower(): v for k, v in environ.items() if k.lower().startswith(_PREFIX) and v}
        threads = environ.get(THREADS) or str(min(32, (os.cpu_count() or 1) + 4))
        return HostLimits(
            function_timeout=_seconds(_value(host, given, "functionTimeout")),
            activities=_count(_durable(host, given, "maxConcurrentActivityFunctions"), ACTIVITIES),
            orchestrators=_count(
                _durable(host, given, "maxConcurrentOrchestratorFunctions"),
                "maxConcurrentOrchestratorFunctions",
            ),
            threads=_count(threads, THREADS),
            processes=_count(environ.get(PROCESSES) or "1", PROCESSES),
        )

    def warnings(self, scorers: int) -> tuple[str, ...]:
        """Tells what does not fit an instance that scores so many mini-batches at once."""
        found: list[str] = []
        most = 2 * scorers
        if self.activities > most:
            found.append(
                f"an instance takes {self.activities} activities at once, but scores {scorers} "
                f"mini-batches: others find nothing to do, and the app does not scale out; set "
                f"{ACTIVITIES} to {most}"
            )
        if self.activities < scorers:
            found.append(
                f"an instance takes only {self.activities} activities at once, but could score "
                f"{scorers} mini-batches; set {ACTIVITIES} to {most}"
            )
        wanted = -(-(self.activities + self.orchestrators) // self.processes) + HTTP_THREADS
        if self.threads < wanted:
            found.append(
                f"{self.threads} threads are too few for {self.activities} activities, "
                f"{self.orchestrators} orchestrators and requests; set {THREADS} to {wanted} or "
                "more"
            )
        return tuple(found)


def _durable(host: Mapping[str, Any], given: Mapping[str, str], key: str) -> str:
    return _value(host, given, "extensions", "durableTask", key)


def _value(host: Mapping[str, Any], given: Mapping[str, str], *path: str) -> str:
    name = _PREFIX + "__".join(path).lower()
    if name in given:
        return given[name]
    value: Any = host
    for key in path:
        value = value[key]
    return str(value)


def _count(text: str, name: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise InvalidError(f"{name} must be a whole number from 1 up, not '{text}'")
    return int(text)


def _seconds(text: str) -> float | None:
    if text == "-1":
        return None
    match = _DURATION.fullmatch(text)
    if match is None:
        raise InvalidError(f"{FUNCTION_TIMEOUT} must look like 00:30:00, or be -1, not '{text}'")
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return float(((days * 24 + hours) * 60 + minutes) * 60 + seconds)
