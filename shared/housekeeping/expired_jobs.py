"""Finds jobs that have ended long ago, and removes them from the table.

A job goes in steps that each may be the last one before a crash: what it recorded, then its name is
marked, then the job, then the name. A name that is marked cannot be taken, so that nobody's new job
meets what is left of the old one.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from shared.errors import PreconditionError
from shared.jobs.events import EVENT_ROW
from shared.jobs.in_progress_repository import IN_PROGRESS_ROW
from shared.jobs.model import Job, JobStatus, RetentionState
from shared.jobs.repository import (
    ALIVE_ROW,
    CHUNK_ROW,
    CLAIMS,
    FAILED_ROW,
    JOBS,
    PLAN_ROW,
    SCAN_ROW,
    STOP_ROW,
    read_job,
    read_plan_page,
)
from shared.jobs.row_keys import NAMES, REMOVING, TABLE, row_start
from shared.lanes.claim_repository import CURSOR_ROW, LANE_ROW
from shared.results.record_repository import RecordRepository
from shared.storage.ports import Entity, Operation, OperationKind, Query, Scalar, TableStore

RECORD_ROWS = (
    ALIVE_ROW,
    PLAN_ROW,
    SCAN_ROW,
    CHUNK_ROW,
    FAILED_ROW,
    STOP_ROW,
    IN_PROGRESS_ROW,
    CURSOR_ROW,
    LANE_ROW,
)
LOG_ROWS = (EVENT_ROW,)
PAGE = 100


@dataclass(frozen=True)
class TakenName:
    """A job's name as it was taken, and whether there is such a job."""

    name: str
    entity: Entity
    has_job: bool


@dataclass(frozen=True)
class Claim:
    """Claim of a job on an output."""

    job: str
    entity: Entity


class ExpiredJobs:
    """Owner of the queries that look for what is not needed any more."""

    def __init__(self, tables: TableStore, records: RecordRepository) -> None:
        self._tables = tables
        self._records = records

    def with_records(self, kept: RetentionState, before: datetime | None = None) -> Iterator[Job]:
        """Reads jobs whose records are in that state; only those created before a time."""
        return self._jobs({"records": kept.value}, before)

    def kept_records(self, before: datetime) -> Iterator[Job]:
        """Reads jobs created before a time whose records are there."""
        return self.with_records(RetentionState.PRESENT, before)

    def kept_logs(self, before: datetime) -> Iterator[Job]:
        """Reads jobs created before a time whose logs are there."""
        return self._jobs({"logs": RetentionState.PRESENT.value}, before)

    def created_before(self, moment: datetime) -> Iterator[Job]:
        """Reads all jobs that were created before a time."""
        return self._jobs({}, moment)

    def deleted(self) -> Iterator[Job]:
        """Reads jobs that are only there until all that belongs to them is removed."""
        return self._jobs({"deleted": True}, None)

    def resumable(self) -> Iterator[Job]:
        """Reads jobs that have ended and can be resumed."""
        for status in (JobStatus.FAILED, JobStatus.CANCELED):
            yield from self._jobs(
                {"status": status.value, "records": RetentionState.PRESENT.value}, None
            )

    def _jobs(self, where: dict[str, Scalar], before: datetime | None) -> Iterator[Job]:
        row_from = None if before is None else row_start(before)
        query = Query(partition=JOBS, row_from=row_from, where=where)
        return (read_job(entity) for entity in self._tables.query(TABLE, query))

    def planned_segments(self, job: Job) -> range:
        """Returns the segments of a job's plan that may have records.

        A job that was canceled may have more than it knows of.
        """
        query = Query(partition=job.name, row_from=PLAN_ROW, row_before=f"{PLAN_ROW}~")
        pages = [read_plan_page(entity) for entity in self._tables.query(TABLE, query)]
        return range(max([job.plan.segments, *(page.segments.stop for page in pages)]))

    def remove_record_rows(self, job: Job, segment: int) -> int:
        """Removes the rows of a segment's records; returns how many there were."""
        return self._records.remove_rows(job, segment)

    def remove_rows(self, name: str, prefixes: tuple[str, ...]) -> Iterator[int]:
        """Removes rows that a job's execution has recorded; yields how many, page by page."""
        for prefix in prefixes:
            query = Query(partition=name, row_from=prefix, row_before=f"{prefix}~")
            while True:
                page = self._tables.query_page(TABLE, query, limit=PAGE)
                self._delete_all(page.entities)
                yield len(page.entities)
                if page.continuation is None:
                    break

    def _delete_all(self, entities: tuple[Entity, ...]) -> None:
        """Deletes up to 100 entities of a partition, in one go unless somebody else does it too."""
        try:
            self._tables.transact(
                TABLE, [Operation(OperationKind.DELETE, entity) for entity in entities]
            )
        except PreconditionError:
            for entity in entities:
                self._tables.delete(TABLE, entity.partition, entity.row)

    def forget(self, job: Job) -> None:
        """Removes a job, of which nothing else is left, and frees its name."""
        entity = self._tables.get(TABLE, NAMES, job.name)
        if entity is None:
            return
        self._tables.upsert(TABLE, replace(entity, data={**entity.data, REMOVING: True}))
        self._tables.delete(TABLE, JOBS, str(entity.data["row"]))
        self._tables.delete(TABLE, NAMES, job.name)

    def half_forgotten(self) -> Iterator[TakenName]:
        """Reads names that `forget` marked and did not come to free."""
        query = Query(partition=NAMES, where={REMOVING: True})
        return (self._taken(entity) for entity in self._tables.query(TABLE, query))

    def names(
        self, limit: int, continuation: str | None
    ) -> tuple[tuple[TakenName, ...], str | None]:
        """Reads some names that were taken, and where the next ones start."""
        query = Query(partition=NAMES)
        page = self._tables.query_page(TABLE, query, limit=limit, continuation=continuation)
        return tuple(self._taken(entity) for entity in page.entities), page.continuation

    def _taken(self, entity: Entity) -> TakenName:
        row = str(entity.data["row"])
        has_job = self._tables.get(TABLE, JOBS, row) is not None
        return TakenName(entity.row, entity, has_job)

    def free(self, taken: TakenName) -> bool:
        """Frees a name without a job; False if it was taken again meanwhile."""
        return self._delete(taken.entity)

    def claims(self) -> Iterator[Claim]:
        """Reads all claims of outputs."""
        for entity in self._tables.query(TABLE, Query(partition=CLAIMS)):
            yield Claim(str(entity.data["job"]), entity)

    def release(self, claim: Claim) -> bool:
        """Gives up a claim; False if it was given up, or changed, meanwhile."""
        return self._delete(claim.entity)

    def _delete(self, entity: Entity) -> bool:
        try:
            self._tables.transact(TABLE, [Operation(OperationKind.DELETE, entity)])
        except PreconditionError:
            return False
        return True


def was_taken_before(taken: TakenName, moment: datetime) -> bool:
    """True if a name was taken before a time."""
    return str(taken.entity.data["row"]) > row_start(moment)
