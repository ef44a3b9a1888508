"""One run: a stack, a plan of jobs and faults, and the comparison of each job with a calm one."""

import json
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Self

from chaos.deployments import deploy, settings
from chaos.faults import FaultPlan
from chaos.judge import Outcome, outcome_of
from chaos.kinds import KINDS, Kind
from chaos.plan import PlannedBlow, PlannedJob, make_plan
from chaos.proxy import FaultProxy
from chaos.service import CONTAINER, ENDPOINT, GaveUpError, Service
from chaos.wrecker import Wrecker
from devhost.stack import LocalStack
from devhost.stack.azurite import REPOSITORY, connection_string

# The watchdog waits 15 minutes before it takes a silent job for stuck.
_JOB_SECONDS = 2400.0


@dataclass(frozen=True)
class Options:
    """Request of a caller.

    Attributes:
        jobs: How many jobs to run.
        seed: What the plan of jobs and faults is drawn from.
        seconds: After that many, no further job starts.
        at_once: How many jobs run at the same time.
        folder: Where the stack lives, and where evidence is kept.
        kinds: Of which kinds the jobs are.
        host: What serves the app, `devhost` or `func`.
    """

    jobs: int
    seed: int
    seconds: float
    at_once: int
    folder: Path
    kinds: tuple[Kind, ...] = KINDS
    host: str = "devhost"


@dataclass
class Report:
    """Result of a run: the names of jobs with a wrong result, and counts of faults."""

    jobs: int = 0
    wrong: list[str] = field(default_factory=list[str])
    faults: dict[str, int] = field(default_factory=dict[str, int])


class Chaos:
    """A stack with a fault-injecting proxy before its storage; a context manager."""

    def __init__(self, options: Options) -> None:
        """Makes all that a run needs; nothing is started."""
        self._options = options
        folder = options.folder
        self._traps = folder / "traps"
        self._traps.mkdir(parents=True)
        stack = LocalStack(
            REPOSITORY, folder / "stack", settings=settings(folder), kind=options.host
        )
        self._proxy = FaultProxy(stack.azurite.ports, FaultPlan(options.seed), is_on=False)
        stack.app_storage = connection_string(self._proxy.ports)
        self._wrecker = Wrecker(stack, options.seed, folder / "logs")
        self._service = Service(stack)
        self._right: dict[str, Outcome] = {}
        self._laid: list[str] = []
        self._lock = threading.Lock()
        self.report = Report()

    def __enter__(self) -> Self:
        self._proxy.start()
        try:
            self._wrecker.start()
        except BaseException:
            self._proxy.stop()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        self._service.close()
        self._wrecker.stop()
        self._proxy.stop()

    def run(self) -> Report:
        """Runs each kind undisturbed, and then all planned jobs under fire.

        Raises:
            GaveUpError: An undisturbed job did not come to what is right.
        """
        options = self._options
        plan = make_plan(options.seed, options.jobs, options.kinds)
        deployments = {planned.kind.deployment for planned in plan}
        deploy(self._service, options.folder, self._traps, deployments)
        for kind in {planned.kind.name: planned.kind for planned in plan}.values():
            self._service.put(f"in/{kind.name}", kind.files())
            self._right[kind.name] = self._undisturbed(kind)
        _say("each kind of job was run undisturbed; now under fire")
        self._proxy.is_on = True
        began = time.monotonic()
        with ThreadPoolExecutor(options.at_once) as pool:
            list(pool.map(partial(self._try, began), plan))
        self._proxy.is_on = False
        self._wrecker.check()
        self._count_faults()
        return self.report

    def _undisturbed(self, kind: Kind) -> Outcome:
        name = f"calm-{kind.name}"
        self._invoke(name, kind)
        outcome = outcome_of(self._service, self._service.ended(name, _JOB_SECONDS))
        files = outcome.counts["files"] or {}
        is_right = outcome.status == ("Failed" if kind.fails else "Completed")
        if not is_right or (not kind.fails and files["failed"] != kind.failed_files()):
            raise GaveUpError(f"undisturbed, {kind.name} came to {outcome}")
        return outcome

    def _try(self, began: float, planned: PlannedJob) -> None:
        if time.monotonic() - began > self._options.seconds or self._wrecker.failure:
            return
        name = f"chaos-{planned.number:03d}-{planned.kind.name}"
        started = time.monotonic()
        try:
            job = self._disturbed(name, planned)
            outcome = outcome_of(self._service, job)
            differences = outcome.differences(self._right[planned.kind.name])
        except Exception as error:  # noqa: BLE001 - whatever it is, the job is not right
            differences, job = [repr(error)], {}
        verdict = "WRONG" if differences else "right"
        _say(
            f"{time.monotonic() - began:4.0f} s  {name}: {verdict} after "
            f"{time.monotonic() - started:.1f} s"
        )
        with self._lock:
            self.report.jobs += 1
            if differences:
                self.report.wrong.append(name)
                self._keep_evidence(name, differences, job)

    def _disturbed(self, name: str, planned: PlannedJob) -> dict[str, Any]:
        for file, trap in planned.traps:
            with self._lock:
                self._laid.append(trap)
            (self._traps / f"{file}.{trap}.{planned.number}").touch()
        for _ in range(planned.repeats):
            self._invoke(name, planned.kind)
        began = time.monotonic()
        events: list[tuple[float, PlannedBlow | None]] = [
            (blow.after, blow) for blow in planned.blows
        ]
        if planned.kind.is_canceled:
            events.append((planned.cancel_after, None))
        for after, blow in sorted(events, key=lambda event: event[0]):
            time.sleep(max(0.0, began + after - time.monotonic()))
            if blow is not None:
                self._wrecker.strike(blow)
            else:
                self._service.ask("POST", f"jobs/{name}/cancel")
        job = self._service.ended(name, _JOB_SECONDS)
        if job["status"] == "Canceled" and planned.kind.is_canceled:
            for _ in range(planned.repeats):
                self._service.ask("POST", f"jobs/{name}/resume")
            job = self._service.ended(name, _JOB_SECONDS)
        return job

    def _invoke(self, name: str, kind: Kind) -> None:
        uri = f"azureml://datastores/{CONTAINER}/paths/in/{kind.name}"
        dataset = {"dataInputType": "DataUrl", "path": uri}
        body = {"name": name, "properties": {"dataset": dataset, **kind.properties}}
        headers = {"Idempotency-Key": name, "azureml-model-deployment": kind.deployment}
        answer = self._service.ask("POST", f"endpoints/{ENDPOINT}/jobs", body, headers)
        if answer.status_code != 201 or answer.json()["name"] != name:
            raise GaveUpError(f"{name} was refused: {answer.status_code} {answer.text[:1000]}")

    def _count_faults(self) -> None:
        left = [path.name.split(".")[-2] for path in self._traps.iterdir()]
        fallen = {
            f"script: {trap}": self._laid.count(trap) - left.count(trap)
            for trap in sorted(set(self._laid))
        }
        blows = {str(blow): count for blow, count in self._wrecker.counts.items()}
        storage = {f"storage: {fault}": count for fault, count in self._proxy.counts.items()}
        self.report.faults = {**blows, **fallen, **storage}

    def _keep_evidence(self, name: str, differences: list[str], job: dict[str, Any]) -> None:
        sys.stderr.write(f"{name} is wrong:\n  " + "\n  ".join(differences) + "\n")
        folder = self._options.folder / "wrong" / name
        folder.mkdir(parents=True)
        (folder / "differences.txt").write_text("\n".join(differences), "utf-8")
        (folder / "job.json").write_text(json.dumps(job, indent=1), "utf-8")
        try:
            written = self._service.read_all(f"azureml/{name}/score")
        except Exception as error:  # noqa: BLE001 - the storage may be away just now
            written = {"unreadable.txt": repr(error).encode()}
        for file, data in written.items():
            path = folder / "output" / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
