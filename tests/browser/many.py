"""Makes the data of very large or very many jobs, as running them would take hours."""

from dataclasses import asdict
from datetime import timedelta

from shared.clock import utc_now
from shared.endpoints.model import Deployment, Model
from shared.endpoints.scoring_settings import ScoringSettings
from shared.jobs.model import Job, JobOutput, JobStatus, PlanTotals
from shared.jobs.plan import MINI_BATCHES_PER_SEGMENT
from shared.jobs.records import ChunkRecord, RecordCounts
from shared.jobs.repository import TABLE, JobRepository
from shared.storage.azure.connection import StorageConnection
from shared.storage.factory import open_stores
from shared.storage.ports import Entity, Operation, OperationKind

IN_A_TRANSACTION = 50


class Past:
    """Writes to a stack's storage what the app itself would have written."""

    def __init__(self, connection_string: str) -> None:
        connection = StorageConnection.from_settings({"AzureWebJobsStorage": connection_string})
        self._tables, self._blobs = open_stores(connection)
        self._jobs = JobRepository(self._tables)

    def close(self) -> None:
        self._tables.close()
        self._blobs.close()

    def jobs(self, count: int, name: str) -> None:
        """Writes completed jobs, one a minute."""
        for number in range(count):
            self._jobs.create(_job(f"{name}-{number:04d}", minutes=count - number))

    def large_job(self, name: str, chunks: int, undone: int = 1) -> int:
        """Writes a canceled job, all but the last chunks of it done; answers its mini-batches."""
        done = chunks - undone
        total = chunks * MINI_BATCHES_PER_SEGMENT
        plan = PlanTotals(total * 10, total, chunks, total * 10_000, complete=True)
        job = _job(name, minutes=60, status=JobStatus.CANCELED, plan=plan)
        self._jobs.create(job)
        started = job.created_at.timestamp()
        for first in range(0, done, IN_A_TRANSACTION):
            numbers = range(first, min(first + IN_A_TRANSACTION, done))
            operations = [
                Operation(OperationKind.INSERT, _chunk(name, number, started)) for number in numbers
            ]
            self._tables.transact(TABLE, operations)
        return total


def _job(name: str, *, minutes: int, **more: object) -> Job:
    created_at = utc_now() - timedelta(minutes=minutes)
    settings = ScoringSettings(max_concurrency_per_instance=2)
    model = Model("mean", "1", "azureml://datastores/workspaceblobstore/paths/m")
    deployment = Deployment("mean", "weather", "r", model, settings, created_at)
    output = JobOutput("workspaceblobstore", f"azureml/{name}/score", "means.csv")
    changed = {"status": JobStatus.COMPLETED, **more}
    return Job(
        name=name,
        endpoint_name="weather",
        deployment=deployment,
        settings=settings,
        input_uri="azureml://datastores/workspaceblobstore/paths/stations",
        output=output,
        created_at=created_at,
        started_at=created_at,
        ended_at=created_at + timedelta(seconds=30),
        **changed,  # type: ignore[arg-type]
    )


def _chunk(job: str, number: int, started: float) -> Entity:
    counts = tuple(_counts(number, index, started) for index in range(MINI_BATCHES_PER_SEGMENT))
    record = ChunkRecord(number, counts, ("file", "mean"), ("block",))
    return Entity(job, f"chunk:{number:06d}", {"record": record.encode()})


def _counts(chunk: int, index: int, started: float) -> RecordCounts:
    number = chunk * MINI_BATCHES_PER_SEGMENT + index
    seconds = 0.05 + (number * 7919 % 1000) / 500
    usual = RecordCounts(10, 0, 10, 1, seconds, ended_at=started + number / 30)
    if number % 997 == 0:
        return RecordCounts(**{**asdict(usual), "failed": 10, "rows": 0, "attempts": 4})
    return RecordCounts(**{**asdict(usual), "attempts": 2}) if number % 501 == 0 else usual
