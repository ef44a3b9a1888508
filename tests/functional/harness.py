"""The whole app over in-memory storage: its HTTP functions, orchestrators and activities.

Scorers are replaced by a function of the test; everything else is the real thing.
"""

import asyncio
import csv
import io
import json
import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import azure.functions as func
from azure.durable_functions.models.DurableOrchestrationStatus import DurableOrchestrationStatus

from activities.environment_activities import EnvironmentActivities
from activities.job_activities import JobActivities
from activities.mini_batch_activity import MiniBatchActivity
from activities.mini_batch_files import MiniBatchFiles
from activities.scan_activity import ScanActivity
from api.assets import AssetRoutes
from api.endpoints import EndpointRoutes
from api.gate import SignInGate
from api.housekeeping import HousekeepingRoutes
from api.inbox import InboxRoutes
from api.job_contents import JobContentRoutes
from api.job_details import JobDetailRoutes
from api.jobs import JobRoutes
from api.readers.invocations import read_invocation
from api.resources import ResourceRoutes
from api.routes import GuardedApp
from api.schedules import ScheduleRoutes
from api.service import ServiceRoutes
from api.studio import StudioRoutes
from api.uploads import UploadRoutes
from api.webhooks import WebhookRoutes
from events.schedules import ScheduleTimer
from events.watchdog import Watchdog
from events.webhooks import WebhookTimer
from orchestrators.plan_job import plan_job
from orchestrators.provision_deployment import provision_deployment
from orchestrators.score_job import score_job
from orchestrators.score_lane import score_lane
from orchestrators.score_lanes import score_lanes
from scoring.deployments import DeploymentSpecs
from scoring.environments.environments import Environments
from scoring.process.result import ScoreResult
from scoring.process.spec import ScoreRequest, ScorerLimits
from scoring.runner import MiniBatchRunner
from shared.container import Stores, Times, build_services
from shared.endpoints.time_budget import TimeBudget
from shared.errors import NotFoundError
from shared.inbox.options import InboxOptions, InboxSource
from shared.jobs.attempt_log import AttemptLog
from shared.jobs.plan import InputPage
from shared.jobs.retention import KEPT_BY_DEFAULT, Retention
from shared.outbound.post import Reply
from shared.principal import Role
from shared.retry import RetryPolicy, TransientError
from shared.signin.callers import Callers
from shared.signin.tokens import TokenVerifier
from shared.storage.memory.blobs import MemoryBlobStore
from shared.storage.memory.tables import MemoryTableStore
from shared.storage.ports import BlobStore, TableStore
from shared.storage.retrying.blobs import RetryingBlobStore
from shared.storage.retrying.tables import RetryingTableStore
from tests.durable_sdk import Execution
from tests.flaky import Flaky, Plan
from tests.tokens import SETTINGS, shared_issuer, token_of

ORCHESTRATORS = {f.__name__: f for f in (plan_job, score_lanes, score_lane)}
SEGMENTED = (
    "shared.jobs.plan",
    "shared.lanes.chunk_sizes",
    "shared.planning.planner",
    "shared.lanes.chunk_allocation",
)
"""The modules in which `MINI_BATCHES_PER_SEGMENT` stands."""
CONTAINER = "workspaceblobstore"
BASE = "http://localhost:7071"
BUDGET = TimeBudget(1800)
BLOBS = "http://127.0.0.1:10000/devstoreaccount1"
Score = Callable[[ScoreRequest], ScoreResult]


def score_lines(request: ScoreRequest) -> ScoreResult:
    """Gives one row per line of each file: the file, the row number, and the line's length."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    count = 0
    for file in request.files:
        for number, line in enumerate(file.data.decode().splitlines()):
            writer.writerow([file.name, number, len(line)])
            count += 1
    columns = ("file", "row", "prediction")
    return ScoreResult(text.getvalue().encode(), count, columns, (), b"", 0.01)


class FakePool:
    """Scores in the process."""

    def __init__(self, score: Score) -> None:
        self.score_with = score
        self.requests: list[ScoreRequest] = []

    def score(self, _spec: object, request: ScoreRequest, **_: object) -> ScoreResult:
        self.requests.append(request)
        return self.score_with(request)


class NoPublic:
    """A public web on which there is nothing."""

    def list_page(self, url: str, *, marker: str | None, limit: int) -> InputPage:
        raise NotFoundError(f"there is nothing at {url}")

    def read(self, url: str) -> bytes:
        raise NotFoundError(f"there is nothing at {url}")

    def read_version(self, url: str, etag: str, start: int, length: int) -> bytes:
        raise NotFoundError(f"there is nothing at {url}")


@dataclass
class FakeSender:
    """Keeps what webhooks are told, and answers as a test says: 204 if it does not."""

    replies: list[Reply] = field(default_factory=list)
    sent: list[tuple[str, bytes, dict[str, str]]] = field(default_factory=list)
    refused: str | None = None

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        self.sent.append((url, body, dict(headers)))
        return self.replies.pop(0) if self.replies else Reply(204)

    def refusal(self, url: str) -> str | None:
        return self.refused


class FakeClient:
    """Keeps which orchestrations were started, and tells of those that a test says there are."""

    def __init__(self) -> None:
        self.started: list[tuple[str, str, dict[str, Any]]] = []
        self.statuses: dict[str, str] = {}
        self.terminated: list[str] = []
        self.is_down = False

    async def start_new(self, name: str, instance_id: str, work: dict[str, Any]) -> str:
        if any(started == instance_id and other != work for _, started, other in self.started):
            # The words of the SDK, which raises no class of its own.
            message = "An Orchestration instance with the status Running already exists."
            raise Exception({"Message": message})  # noqa: TRY002
        self.started.append((name, instance_id, work))
        return instance_id

    async def get_status(self, instance_id: str) -> Any:
        """Like the real one, answers 404 and 500 alike: without a status."""
        found = self.statuses.get(instance_id)
        if self.is_down or found is None:
            return DurableOrchestrationStatus.from_json("")
        return _status(instance_id, found)

    async def get_status_by(self, *, instance_id_prefix: str) -> list[Any]:
        if self.is_down:
            raise Exception("The operation failed with an unexpected status code 500")  # noqa: TRY002
        return [
            _status(name, status)
            for name, status in self.statuses.items()
            if name.startswith(instance_id_prefix)
        ]

    async def terminate(self, instance_id: str, reason: str) -> None:
        assert reason
        self.terminated.append(instance_id)


def _status(instance_id: str, status: str) -> Any:
    return DurableOrchestrationStatus.from_json(
        {
            "instanceId": instance_id,
            "runtimeStatus": status,
            "createdTime": "2026-01-01T00:00:00Z",
            "output": "the reason",
        }
    )


@dataclass
class Answer:
    """An HTTP answer with its document."""

    status: int
    document: Any
    headers: dict[str, str]

    @property
    def error(self) -> dict[str, Any]:
        return self.document["error"]


@dataclass
class App:
    """The app and what it stands on."""

    scratch: Path
    score: Score = score_lines
    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    client: FakeClient = field(default_factory=FakeClient)
    retention: Retention = KEPT_BY_DEFAULT
    blobs: BlobStore = field(default_factory=MemoryBlobStore)
    tables: TableStore = field(default_factory=MemoryTableStore)
    mishaps: Plan | None = None
    sender: FakeSender = field(default_factory=FakeSender)
    mishap_error: Callable[[str], BaseException] = TransientError
    openapi: dict[str, Any] = field(default_factory=dict)
    token: str | None = field(default_factory=lambda: token_of(Role.CONTRIBUTOR))

    def __post_init__(self) -> None:
        self.environments = Environments(self.blobs, self.scratch, timedelta(minutes=5))
        self.services = build_services(
            self._stores(),
            account="devstoreaccount1",
            default_container=CONTAINER,
            times=Times(timedelta(hours=1), timedelta(seconds=30), BUDGET, self.retention),
            cores=2,
            inbox=InboxOptions(
                container="inbox",
                queue="inbox-events",
                source=InboxSource.POLLING,
                schedule="*/5 * * * * *",
                quiet=timedelta(seconds=10),
                longest=timedelta(minutes=5),
                folder_wait=timedelta(hours=1),
            ),
            clock=self.tick,
        )
        # Its thread would do something at a time of its own.
        self.services.jobs.heartbeat.in_progress.pause = timedelta(hours=1)
        self.pool = FakePool(self.score)
        self.functions = {item.get_function_name(): item for item in self._register()}

    def _stores(self) -> Stores:
        is_ready = self.environments.is_ready
        if self.mishaps is None:
            return Stores(
                self.tables, self.blobs, NoPublic(), is_ready, self.sender, read_invocation
            )
        retry_policy = RetryPolicy(sleep=lambda _: None)
        return Stores(
            RetryingTableStore(Flaky(self.tables, self.mishaps, self.mishap_error), retry_policy),
            RetryingBlobStore(Flaky(self.blobs, self.mishaps, self.mishap_error), retry_policy),
            NoPublic(),
            is_ready,
            self.sender,
            read_invocation,
        )

    def tick(self) -> datetime:
        self.now += timedelta(milliseconds=10)
        return self.now

    def _register(self) -> list[Any]:
        services = self.services
        callers = Callers(SETTINGS, TokenVerifier(SETTINGS, shared_issuer().fetch))
        application = GuardedApp(SignInGate(callers))
        ServiceRoutes("").register(application)
        StudioRoutes(BLOBS, SETTINGS).register(application)
        UploadRoutes(services.assets.uploads).register(application)
        AssetRoutes(services.assets.registry, "").register(application)
        ResourceRoutes(services.assets.registry, "").register(application)
        EndpointRoutes(services.endpoints.service, services.endpoints.provisioning, "").register(
            application
        )
        InboxRoutes(services.inbox.service).register(application)
        JobRoutes(
            services.running.invocations, services.running.jobs, services.monitoring.jobs, ""
        ).register(application)
        JobContentRoutes(services.monitoring.jobs, "").register(application)
        ScheduleRoutes(services.schedules.service, "").register(application)
        WebhookRoutes(services.webhooks.service, "").register(application)
        HousekeepingRoutes(services.housekeeping.service).register(application)
        JobDetailRoutes(services.monitoring.jobs).register(application)
        jobs = JobActivities(
            services.running.admission,
            services.running.preparation,
            services.planning.planner,
            services.lanes.service,
            services.running.finisher,
            services.jobs.stops,
            services.jobs.heartbeat,
        )
        scans = ScanActivity(
            services.jobs.repository,
            services.jobs.frozen,
            services.inputs.pieces,
            services.results.store,
            services.jobs.stops,
            services.jobs.heartbeat,
        )
        mini_batches = MiniBatchActivity(
            services.jobs.frozen,
            MiniBatchFiles(services.inputs.reader, services.inputs.pieces),
            services.results.store,
            services.jobs.stops,
            MiniBatchRunner(
                DeploymentSpecs(
                    self.blobs,
                    services.assets.datastores,
                    self.environments,
                    self.scratch,
                    ScorerLimits(),
                ),
                self.pool,  # type: ignore[arg-type]
                self.blobs,
                BUDGET,
                one_host=True,
            ),
            AttemptLog(services.jobs.repository.events),
            services.jobs.heartbeat,
        )
        environments = EnvironmentActivities(
            services.endpoints.provisioning, self.environments, self.blobs
        )
        self.activities: dict[str, Callable[[Any], Any]] = {
            "admit_job": jobs.admit_job,
            "prepare_job": jobs.prepare_job,
            "plan_page": jobs.plan_page,
            "open_page": jobs.open_page,
            "next_chunk": jobs.next_chunk,
            "stop_job": jobs.stop_job,
            "finish_job": jobs.finish_job,
            "scan_pieces": scans.scan_pieces,
            "score_mini_batch": mini_batches.score_mini_batch,
            "build_environment": environments.build_environment,
            "finish_provisioning": environments.finish_provisioning,
        }
        return application.get_functions()

    def call(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        """Sends a request to the function whose route fits, as a contributor if not told."""
        path, _, query = path.partition("?")
        function, params = self._route(method, path)
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        names = {key.replace("_", "-"): value for key, value in headers.items()}
        kind = {} if isinstance(body, bytes) else {"Content-Type": "application/json"}
        request = func.HttpRequest(
            method=method,
            url=f"{BASE}/api/{path}",
            headers={**kind, **self._authorization(), **names},
            params=dict(part.split("=") for part in query.split("&") if part),
            route_params=params,
            body=b"" if body is None else content,
        )
        user = function.get_user_function()
        if hasattr(user, "client_function"):
            answer = asyncio.run(user.client_function(req=request, client=self.client))
        else:
            answer = user(request)
        text = answer.get_body().decode()
        is_json = text and "json" in answer.mimetype
        return Answer(answer.status_code, json.loads(text) if is_json else None, answer.headers)

    def _authorization(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def _route(self, method: str, path: str) -> tuple[Any, dict[str, str]]:
        for function in self.functions.values():
            trigger = function.get_trigger().get_dict_repr()
            if trigger["type"] != "httpTrigger":
                continue
            pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", trigger["route"])
            match = re.fullmatch(pattern, path)
            if match and method in [str(getattr(m, "value", m)) for m in trigger["methods"]]:
                return function, match.groupdict()
        raise AssertionError(f"no route for {method} {path}")

    def put(self, name: str, data: bytes | str) -> None:
        """Puts a blob into the default datastore."""
        self.blobs.write(CONTAINER, name, data.encode() if isinstance(data, str) else data)

    def get(self, name: str) -> bytes:
        """Reads a blob of the default datastore."""
        return self.blobs.read(CONTAINER, name)

    def model(self) -> dict[str, str]:
        """Uploads an MLflow model's folder and returns how a deployment names it."""
        self.put("LocalUpload/m/model/MLmodel", "flavors: {}")
        uri = "azureml://datastores/workspaceblobstore/paths/LocalUpload/m/model"
        return {"name": "m", "path": uri}

    def endpoint(self, name: str = "taxi", **settings: Any) -> Answer:
        """Creates an endpoint with one active deployment."""
        deployment = {"name": "blue", "model": self.model(), **settings}
        document = {"name": name, "traffic": {"blue": 100}, "deployments": [deployment]}
        return self.call("POST", "endpoints", document)

    def inputs(self, count: int, folder: str = "in") -> str:
        """Puts input files of different lengths and returns their folder's URI."""
        for number in range(count):
            self.put(f"{folder}/f{number:05d}.txt", "x\n" * (number % 3 + 1))
        return f"azureml://datastores/workspaceblobstore/paths/{folder}"

    def invoke(
        self, uri: str, name: str = "taxi", /, *, job: str | None = None, **properties: Any
    ) -> Answer:
        """Invokes an endpoint."""
        dataset = {"dataInputType": "DataUrl", "path": uri}
        body: dict[str, Any] = {"properties": {"dataset": dataset, **properties}}
        if job:
            body["name"] = job
        return self.call("POST", f"endpoints/{name}/jobs", body)

    def run_jobs(self, seed: int | None = None, **replaced: Callable[[Any], Any]) -> list[str]:
        """Runs the orchestrations that were started; returns the jobs' final statuses."""
        started, self.client.started = self.client.started, []
        return [self.run_work(work, seed, **replaced) for _, _, work in started]

    def provision(self, **replaced: Callable[[Any], Any]) -> list[str | None]:
        """Runs the provisioning that was started; returns the deployments' states."""
        started, self.client.started = self.client.started, []
        handlers = {**self.activities, **replaced}
        return [Execution(provision_deployment, handlers).run(work) for _, _, work in started]

    def run_work(
        self, work: dict[str, Any], seed: int | None = None, **replaced: Callable[[Any], Any]
    ) -> str:
        """Runs one job's orchestration through the durable SDK."""
        order = None if seed is None else random.Random(seed)
        handlers: dict[str, Callable[[Any], Any]] = {**self.activities, **replaced}
        time = f"{self.now:%Y-%m-%dT%H:%M:%S.%f}0Z"
        return Execution(score_job, handlers, order, ORCHESTRATORS, time=time).run(work)

    def work(self, name: str, **more: Any) -> dict[str, Any]:
        """Makes the input of an activity, for a job's current run unless another is given."""
        job = self.services.jobs.repository.get(name).job
        return {"job": name, "run": job.run, "identity": job.identity, **more}

    def admit(self, name: str) -> dict[str, Any]:
        """Asks for a job's place on its compute."""
        return self.activities["admit_job"](self.work(name))

    def prepare(self, name: str) -> dict[str, Any]:
        """Makes a job ready for its lanes."""
        work = self.work(name, epoch=f"{self.now:%Y%m%d%H%M%S%f}", resume=False)
        return self.activities["prepare_job"](work)

    def finish(self, name: str, code: str | None = None, **more: Any) -> str:
        """Ends a job, with an error if it has a code."""
        error = None if code is None else {"code": code, "message": code.lower()}
        return self.activities["finish_job"](self.work(name, error=error, **more))

    def watch(self) -> None:
        """Lets the watchdog look once."""
        watchdog = Watchdog(self.services.running.recovery, "0 0 0 1 1 *")
        asyncio.run(watchdog.look(self.client))  # type: ignore[arg-type]

    def tick_schedules(self) -> None:
        """Lets the timer of schedules come once."""
        timer = ScheduleTimer(self.services.schedules.scheduler, "0 0 0 1 1 *")
        asyncio.run(timer.run_due(self.client))  # type: ignore[arg-type]

    def tick_webhooks(self) -> None:
        """Lets the timer of webhooks come once."""
        WebhookTimer(self.services.webhooks.dispatcher, "0 0 0 1 1 *").tell()

    def later(self, **time: float) -> None:
        """Lets time go by."""
        self.now += timedelta(**time)

    def job(self, name: str) -> dict[str, Any]:
        """Shows a job."""
        return self.call("GET", f"jobs/{name}").document
