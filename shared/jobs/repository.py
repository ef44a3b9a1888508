"""Jobs in Table Storage.

The table of jobs holds, by partition:

- `job`: each job, its row key made of its creation time, so that a scan gives the newest first;
- `name`: each job name once, with the row key of its job;
- `claim`: each output that a job writes, once;
- the job's own name: what its execution records (finished chunks, failed mini-batches, where the
  records of split files begin, a stop, what happened when, when it last did something, what is
  being scored, and what is handed out to whom, see `chunk_claims.py`).
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from shared.errors import ConflictError, NotFoundError, PreconditionError
from shared.jobs.events import EventRepository
from shared.jobs.in_progress_repository import InProgressRepository
from shared.jobs.model import Job, JobStatus, Notification, PlanTotals, Stop, StopReason
from shared.jobs.plan import PlanReference, mini_batch_number, place_of
from shared.jobs.records import ChunkRecord
from shared.jobs.row_keys import TABLE, JobRows
from shared.storage.codec import MAX_CHARACTERS, decode, encode, store_as
from shared.storage.continuation import decode_continuation, encode_continuation
from shared.storage.ports import Entity, Query, Scalar, TableStore

JOBS = "job"
CLAIMS = "claim"
CHUNK_ROW = "chunk:"
FAILED_ROW = "failed:"
PLAN_ROW = "plan:"
SCAN_ROW = "scan:"
STOP_ROW = "stop:"
ALIVE_ROW = "alive"
SEARCHED = 5000


@dataclass(frozen=True)
class StoredJob:
    """A job and the version of it that was read."""

    job: Job
    etag: str


@dataclass(frozen=True)
class PlanPage:
    """A recorded part of a job's plan.

    Attributes:
        number: Which part, from 0.
        nonce: Which attempt at planning wrote its segments' blobs.
        first_segment: Number of its first segment.
        sizes: Mini-batches in each of its segments.
        totals: What this part and all before it found together.
        cursor: Where listing goes on; None when it has ended.
        split: Which of its segments, from 0, have pieces that are to be looked through first.
        skipped: How many files were listed for it that an earlier job has scored.
        is_open: False until these pieces are looked through: nothing of the page is scored before.
        blob_segments: How many of its segments are written into one blob.
    """

    number: int
    nonce: str
    first_segment: int
    sizes: tuple[int, ...]
    totals: PlanTotals
    cursor: str | None
    split: tuple[int, ...] = ()
    skipped: int = 0
    is_open: bool = True
    blob_segments: int = 1

    @property
    def segments(self) -> range:
        """The numbers of its segments."""
        return range(self.first_segment, self.first_segment + len(self.sizes))

    def reference(self, segment: int) -> PlanReference:
        """Returns where a segment is written down."""
        first = segment - (segment - self.first_segment) % self.blob_segments
        return PlanReference(first, self.nonce)


store_as(PlanTotals, segments="chunks")
store_as(PlanPage, first_segment="first_chunk")


@dataclass(frozen=True)
class _Outbox:
    """Pending notifications of a job, in a property of its own."""

    untold: tuple[Notification, ...]


@dataclass(frozen=True)
class JobPage:
    """Jobs, newest first, and where the next ones start."""

    jobs: tuple[Job, ...]
    continuation: str | None


class JobRepository:
    """Owner of all queries on jobs and their execution.

    `events` owns those on what happened, `under_way` those on what is being scored.
    """

    def __init__(self, tables: TableStore) -> None:
        self._tables = tables
        self._rows = JobRows(tables)
        self.events = EventRepository(tables)
        self.in_progress = InProgressRepository(tables)

    def create(self, job: Job) -> None:
        """Stores a new job; a name is taken once.

        The name leads to a row key first, and inserting the job there decides: if the process
        dies in between, the next request of that name goes on from the same row key.

        Raises:
            ConflictError: The name is taken.
        """
        try:
            row, is_new = self._rows.take(job)
            self._tables.insert(TABLE, _job_entity(job, row))
        except ConflictError as error:
            raise ConflictError(
                f"a job '{job.name}' exists already, or was deleted and is still being removed; "
                "leave the name out, or choose another",
                code="JobExists",
                target="name",
            ) from error
        if not is_new:
            # A name that an earlier try left without a job may have been tidied away just now.
            self._rows.keep(job.name, row)

    def find(self, name: str) -> StoredJob | None:
        """Reads a job, None if there is none of that name."""
        row = self._rows.remembered(name)
        entity = self._at(row)
        if entity is None:
            entity = self._at(self._rows.look_up(name))
        return None if entity is None else StoredJob(read_job(entity), entity.etag)

    def _at(self, row: str | None) -> Entity | None:
        return None if row is None else self._tables.get(TABLE, JOBS, row)

    def get(self, name: str) -> StoredJob:
        """Reads a job.

        Raises:
            NotFoundError: There is none of that name.
        """
        stored = self.find(name)
        if stored is None:
            raise NotFoundError(f"there is no job '{name}'", code="JobNotFound")
        return stored

    def shown(self, name: str) -> Job:
        """Reads a job that users may see: not one that was deleted.

        Raises:
            NotFoundError: There is none of that name.
        """
        job = self.get(name).job
        if job.is_deleted:
            raise NotFoundError(f"there is no job '{name}'", code="JobNotFound")
        return job

    def replace(self, stored: StoredJob, job: Job) -> StoredJob:
        """Stores a changed job, if nobody changed it meanwhile.

        Raises:
            PreconditionError: Somebody did.
        """
        row = self._rows.remembered(job.name) or self._rows.look_up(job.name)
        if row is None:
            raise PreconditionError(f"the job '{job.name}' does not exist any more")
        entity = self._tables.replace(TABLE, _job_entity(job, row, stored.etag))
        return StoredJob(job, entity.etag)

    def list(
        self,
        *,
        endpoint: str | None = None,
        status: JobStatus | None = None,
        limit: int = 100,
        continuation: str | None = None,
    ) -> JobPage:
        """Lists jobs, newest first."""
        query = all_jobs(endpoint, status)
        page = self._tables.query_page(TABLE, query, limit=limit, continuation=continuation)
        return JobPage(tuple(read_job(entity) for entity in page.entities), page.continuation)

    def search(
        self,
        text: str,
        *,
        endpoint: str | None = None,
        status: JobStatus | None = None,
        limit: int = 100,
        continuation: str | None = None,
    ) -> JobPage:
        """Lists jobs with a text in their name, endpoint, deployment or input, newest first.

        A table can only be asked for equal values. At most `SEARCHED` jobs are looked at for a
        page, so that it may have fewer than `limit` jobs, even none, and still a continuation.

        Raises:
            InvalidError: The continuation is none of an earlier page.
        """
        start = decode_continuation(continuation)[1] if continuation else None
        query = all_jobs(endpoint, status, start)
        found: list[Job] = []
        for looked_at, entity in enumerate(self._tables.query(TABLE, query)):
            if looked_at == SEARCHED or len(found) == limit:
                return JobPage(tuple(found), encode_continuation(JOBS, entity.row))
            job = read_job(entity)
            if _mentions(job, text.lower()):
                found.append(job)
        return JobPage(tuple(found), None)

    def active(self) -> Iterator[Job]:
        """Reads all jobs that have not ended."""
        query = Query(partition=JOBS, where={"active": True})
        return (read_job(entity) for entity in self._tables.query(TABLE, query))

    def active_of(self, endpoint: str) -> Sequence[str]:
        """Returns the names of an endpoint's jobs that have not ended."""
        return [job.name for job in self.active() if job.endpoint_name == endpoint]

    def completed(self, endpoint: str) -> Iterator[Job]:
        """Reads an endpoint's completed jobs that were not deleted, newest first."""
        where: dict[str, Scalar] = {
            "deleted": False,
            "endpoint": endpoint.lower(),
            "status": JobStatus.COMPLETED.value,
        }
        query = Query(partition=JOBS, where=where)
        return (read_job(entity) for entity in self._tables.query(TABLE, query))

    def untold(self) -> Iterator[Job]:
        """Reads all jobs of which webhooks are still to be told something."""
        query = Query(partition=JOBS, where={"untold": True})
        return (read_job(entity) for entity in self._tables.query(TABLE, query))

    def claim_output(self, place: str, name: str) -> str:
        """Claims a place for a job's output; claiming it again for the same job is fine.

        Returns:
            The name of the job that has it: this one's, or that of another job.
        """
        entity = Entity(CLAIMS, _place_row(place), {"job": name})
        try:
            self._tables.insert(TABLE, entity)
        except ConflictError:
            existing = self._tables.get(TABLE, CLAIMS, entity.row)
            return name if existing is None else str(existing.data["job"])
        return name

    def release_output(self, place: str, name: str) -> None:
        """Gives the claim of a place back, if the job has it."""
        existing = self._tables.get(TABLE, CLAIMS, _place_row(place))
        if existing is not None and existing.data["job"] == name:
            self._tables.delete(TABLE, CLAIMS, existing.row, existing.etag)

    def plan_page(self, name: str, number: int) -> PlanPage | None:
        """Reads a recorded part of the plan, None if it was not made yet."""
        entity = self._tables.get(TABLE, name, f"{PLAN_ROW}{number:06d}")
        return None if entity is None else read_plan_page(entity)

    def plan_pages(self, name: str, *, first: int = 0) -> Iterator[PlanPage]:
        """Reads the plan of a job, from one page on, as far as it was made."""
        query = Query(partition=name, row_from=f"{PLAN_ROW}{first:06d}", row_before=f"{PLAN_ROW}~")
        for entity in self._tables.query(TABLE, query):
            yield read_plan_page(entity)

    def segment_sizes(self, name: str) -> Iterator[tuple[int, int]]:
        """Reads the segments of a job's plan, each with the number of its mini-batches."""
        for page in self.plan_pages(name):
            yield from zip(page.segments, page.sizes, strict=True)

    def add_plan_page(self, name: str, page: PlanPage) -> PlanPage:
        """Records a part of the plan, and returns the one that counts: the first recorded."""
        row = f"{PLAN_ROW}{page.number:06d}"
        try:
            self._tables.insert(TABLE, Entity(name, row, {"document": encode(page)}))
        except ConflictError:
            return self.plan_page(name, page.number) or page
        return page

    def open_plan_page(self, name: str, number: int) -> None:
        """Lets a part of the plan be scored; opening it again changes nothing."""
        page = self.plan_page(name, number)
        if page is not None and not page.is_open:
            document = encode(replace(page, is_open=True))
            row = f"{PLAN_ROW}{number:06d}"
            self._tables.upsert(TABLE, Entity(name, row, {"document": document}))

    def add_scan(self, name: str, file: int, piece: int, scan: str) -> None:
        """Records what looking through a piece of a file found; doing it again changes nothing."""
        row = f"{_scan_row(file)}{piece:06d}"
        self._tables.upsert(TABLE, Entity(name, row, {"scan": scan}))

    def has_scan(self, name: str, file: int, piece: int) -> bool:
        """Tells whether a piece of a file was looked through."""
        return self._tables.get(TABLE, name, f"{_scan_row(file)}{piece:06d}") is not None

    def scans(self, name: str, file: int, *, first: int = 0) -> Iterator[str]:
        """Reads the scans of a file from one piece on, up to the first that is missing."""
        query = Query(
            partition=name,
            row_from=f"{_scan_row(file)}{first:06d}",
            row_before=f"{_scan_row(file)}~",
        )
        for piece, entity in enumerate(self._tables.query(TABLE, query), first):
            if int(entity.row.rpartition("-")[2]) != piece:
                return
            yield str(entity.data["scan"])

    def add_chunk(self, name: str, record: ChunkRecord) -> None:
        """Records a finished chunk, whatever was recorded of it before."""
        self._tables.upsert(TABLE, chunk_entity(name, record))

    def chunks(
        self, name: str, *, first: int = 0, before: int | None = None
    ) -> Iterator[ChunkRecord]:
        """Reads the finished chunks of a job in their order, from one segment on to another."""
        end = "~" if before is None else f"{before:06d}"
        query = Query(
            partition=name, row_from=f"{CHUNK_ROW}{first:06d}", row_before=f"{CHUNK_ROW}{end}"
        )
        for entity in self._tables.query(TABLE, query):
            yield _chunk(entity)

    def add_failed(self, name: str, number: int, files: int, piece_of: int | None = None) -> None:
        """Records how many files of a mini-batch failed; recording it again changes nothing.

        Args:
            name: The job.
            number: The mini-batch.
            files: How many.
            piece_of: The number of the file that it is a piece of, if it is one.
        """
        row = _failed_row(number)
        data: dict[str, Scalar] = {"files": files}
        if piece_of is not None:
            data["piece_of"] = piece_of
        self._tables.upsert(TABLE, Entity(name, row, data))

    def forget_chunks(self, name: str, first: int, end: int, run: int) -> None:
        """Forgets the chunks of earlier runs that have some of these mini-batches of a segment."""
        segment, _ = place_of(first)
        for chunk in list(self.chunks(name, first=segment, before=segment + 1)):
            if chunk.run < run and chunk.first < end and first < chunk.end:
                self._tables.delete(TABLE, name, _chunk_row(chunk.first))

    def forget_failed(self, name: str, number: int) -> None:
        """Forgets the failed files of a mini-batch."""
        self._tables.delete(TABLE, name, _failed_row(number))

    def failed_mini_batches(self, name: str) -> Iterator[int]:
        """Reads the numbers of the mini-batches that had failed files, in order."""
        for entity in self._failed(name):
            segment, _, index = entity.row.removeprefix(FAILED_ROW).partition("-")
            yield mini_batch_number(int(segment), int(index))

    def failed_files(self, name: str) -> int:
        """Counts the failed files of a job so far; failed pieces of one file count once."""
        split: set[Scalar] = set()
        whole = 0
        for entity in self._failed(name):
            if "piece_of" in entity.data:
                split.add(entity.data["piece_of"])
            else:
                whole += int(str(entity.data["files"]))
        return whole + len(split)

    def _failed(self, name: str) -> Iterator[Entity]:
        query = Query(partition=name, row_from=FAILED_ROW, row_before=f"{FAILED_ROW}~")
        return self._tables.query(TABLE, query)

    def request_stop(self, name: str, run: int, stop: Stop) -> None:
        """Asks a run of a job to start nothing more; the first reason stays."""
        kills = stop.kills or stop.reason.kills
        data: dict[str, Scalar] = {
            "reason": stop.reason.value,
            "detail": stop.detail[:MAX_CHARACTERS],
            "kills": kills,
            "code": stop.code,
        }
        row = f"{STOP_ROW}{run}"
        try:
            self._tables.insert(TABLE, Entity(name, row, data))
        except ConflictError:
            stored = self._tables.get(TABLE, name, row)
            if kills and stored is not None and not stored.data["kills"]:
                self._tables.upsert(TABLE, Entity(name, row, {**stored.data, "kills": True}))

    def find_stop(self, name: str, run: int) -> Stop | None:
        """Returns the reason that a run of a job was asked to stop, None if it was not."""
        entity = self._tables.get(TABLE, name, f"{STOP_ROW}{run}")
        if entity is None:
            return None
        data = entity.data
        reason, code = StopReason(str(data["reason"])), str(data.get("code", ""))
        return Stop(reason, str(data["detail"]), bool(data["kills"]), code)

    def record_heartbeat(self, name: str, at: datetime) -> None:
        """Notes that something was done for a job."""
        self._tables.upsert(TABLE, Entity(name, ALIVE_ROW, {"at": at}))

    def last_heartbeat(self, name: str) -> datetime | None:
        """Returns the time of a job's last heartbeat; None if it had none."""
        entity = self._tables.get(TABLE, name, ALIVE_ROW)
        at = None if entity is None else entity.data["at"]
        return at if isinstance(at, datetime) else None


def read_plan_page(entity: Entity) -> PlanPage:
    """Reads a part of a plan from its entity."""
    return decode(str(entity.data["document"]), PlanPage)


def chunk_entity(name: str, record: ChunkRecord) -> Entity:
    """Makes the entity of a finished chunk of a job."""
    return Entity(name, _chunk_row(record.first), {"record": record.encode()})


def _chunk(entity: Entity) -> ChunkRecord:
    segment, _, index = entity.row.removeprefix(CHUNK_ROW).partition("-")
    first = mini_batch_number(int(segment), int(index or 0))
    return ChunkRecord.decode(first, str(entity.data["record"]))


def _chunk_row(first: int) -> str:
    """The row of the chunk that begins with a mini-batch; rows sort as the mini-batches do."""
    segment, index = place_of(first)
    return f"{CHUNK_ROW}{segment:06d}" + (f"-{index:02d}" if index else "")


def _failed_row(number: int) -> str:
    segment, index = place_of(number)
    return f"{FAILED_ROW}{segment:06d}-{index:03d}"


def _scan_row(file: int) -> str:
    return f"{SCAN_ROW}{file:08d}-"


def _place_row(place: str) -> str:
    return hashlib.sha256(place.encode()).hexdigest()


def _job_entity(job: Job, row: str, etag: str = "") -> Entity:
    data: dict[str, Scalar] = {
        "endpoint": job.endpoint_name.lower(),
        "status": job.status.value,
        "active": not job.status.is_final,
        "records": job.records.value,
        "logs": job.logs.value,
        "deleted": job.is_deleted,
        "document": encode(replace(job, untold=())),
    }
    if job.untold:
        # Beside the document, so that no job is too large to end.
        data |= {"untold": True, "outbox": encode(_Outbox(job.untold))}
    return Entity(JOBS, row, data, etag)


def all_jobs(endpoint: str | None, status: JobStatus | None, row_from: str | None = None) -> Query:
    """Asks for jobs that users may see, newest first."""
    where: dict[str, Scalar] = {"deleted": False}
    if endpoint is not None:
        where["endpoint"] = endpoint.lower()
    if status is not None:
        where["status"] = status.value
    return Query(partition=JOBS, row_from=row_from, where=where)


def _mentions(job: Job, text: str) -> bool:
    places = (job.name, job.endpoint_name, job.deployment.name, job.input_uri)
    return any(text in place.lower() for place in places)


def read_job(entity: Entity) -> Job:
    """Reads a job from its entity."""
    job = decode(str(entity.data["document"]), Job)
    if "outbox" not in entity.data:
        return job
    return replace(job, untold=decode(str(entity.data["outbox"]), _Outbox).untold)
