"""Messages between orchestrators and activities: references and counts, as plain JSON.

Each `Work` is the input of an orchestrator or activity, each `Answer` what one gives back. Both
are flat, because every replay of a history makes and reads all of them again.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Self

from shared.jobs.model import Job, JobError, JobRun, StopReason
from shared.messages import Message

SCORE_JOB = "score_job"
PLAN_JOB = "plan_job"
SCORE_LANES = "score_lanes"
SCORE_LANE = "score_lane"
ADMIT_JOB = "admit_job"
PREPARE_JOB = "prepare_job"
PLAN_PAGE = "plan_page"
SCAN_PIECES = "scan_pieces"
OPEN_PAGE = "open_page"
NEXT_CHUNK = "next_chunk"
SCORE_MINI_BATCH = "score_mini_batch"
STOP_JOB = "stop_job"
FINISH_JOB = "finish_job"

READ_AHEAD = 2
MAX_LANES = 1000
LANES_PER_GROUP = 16
SCANS_AT_ONCE = 8
ADMISSIONS_PER_GENERATION = 50
PAGES_PER_GENERATION = 25
# A lane's history is replayed at each of its steps: four events for each activity that it calls.
ACTIVITIES_PER_GENERATION = 20


@dataclass(frozen=True)
class RunWork(Message):
    """A run of a job.

    Attributes:
        job: The job's name.
        run: The number of the run; what an earlier run left changes nothing of a later one.
        identity: Tells the job apart from an earlier one of its name that was deleted.
    """

    job: str
    run: int
    identity: str

    @property
    def key(self) -> JobRun:
        """The run, as the rest of the app names it."""
        return JobRun(self.job, self.run, self.identity)

    def base(self) -> dict[str, Any]:
        """Returns the fields that all work of a run has in common."""
        return {"job": self.job, "run": self.run, "identity": self.identity}


@dataclass(frozen=True)
class JobWork(RunWork):
    """The input of `score_job`.

    Attributes:
        lanes: Mini-batches that are under way at once: more than run at once, so that the files
            of the next ones are read while the model is busy.
        resume: True if an earlier execution may have left results.
    """

    lanes: int
    resume: bool = False


@dataclass(frozen=True)
class Admission(Message):
    """The answer of `admit_job`.

    Attributes:
        is_admitted: True if the job may run now.
        seconds: Otherwise, after how many to ask again.
    """

    is_admitted: bool
    seconds: int = 0


@dataclass(frozen=True)
class PrepareWork(RunWork):
    """The input of `prepare_job`; its fields are those of `LaneWork`."""

    epoch: str
    resume: bool


@dataclass(frozen=True)
class Prepared(Message):
    """The answer of `prepare_job`.

    Attributes:
        lanes: Lanes that there is work for; 0 if nothing is to be scored.
        page: The page of the plan that planning continues with; None if all is planned.
        error: Why the job cannot run, as `JobError`'s fields; None if it can.
        is_superseded: True if a later execution of the job has begun, which will also end it.
    """

    lanes: int = 0
    page: int | None = None
    error: dict[str, str] | None = None
    is_superseded: bool = False


@dataclass(frozen=True)
class PageWork(RunWork):
    """The input of `plan_job`, `plan_page` and `open_page`: a page of the plan, from 0."""

    page: int

    def at(self, page: int) -> "PageWork":
        """Returns the same for another page."""
        return replace(self, page=page)


@dataclass(frozen=True)
class PlannedPage(Message):
    """The answer of `plan_page`.

    Attributes:
        more: True if another page follows.
        pieces: Pieces of files that are to be looked through before the page may be scored.
    """

    more: bool
    pieces: int = 0


@dataclass(frozen=True)
class ScanWork(RunWork):
    """The input of `scan_pieces`: every `of`th piece of a page, from the `part`th on."""

    page: int
    part: int
    of: int


@dataclass(frozen=True)
class LanesWork(RunWork):
    """The input of `score_lanes`: some of a run's lanes, `first` to `first + count - 1`.

    Attributes:
        epoch: The execution of the job that the lanes belong to.
        lanes: How many the execution has in all.
        resume: True if an earlier execution may have left results.
    """

    epoch: str
    lanes: int
    resume: bool
    first: int
    count: int

    def members(self) -> list["LaneWork"]:
        """Returns the input of each lane."""
        numbers = range(self.first, self.first + self.count)
        return [
            LaneWork(**self.base(), epoch=self.epoch, lanes=self.lanes, resume=self.resume, lane=n)
            for n in numbers
        ]

    def groups(self, size: int) -> list["LanesWork"]:
        """Returns the same lanes in groups of a size, the last one smaller."""
        end = self.first + self.count
        return [
            replace(self, first=first, count=min(size, end - first))
            for first in range(self.first, end, size)
        ]


@dataclass(frozen=True)
class LaneWork(RunWork):
    """The input of `score_lane` and `next_chunk`.

    Attributes:
        epoch: The execution of the job that the lane belongs to; later ones sort after earlier
            ones. A lane of an execution that is over gets no more chunks.
        lanes: How many lanes the execution has.
        resume: True if an earlier execution may have left results.
        lane: The lane's number, from 0.
        turn: How many chunks it has claimed.
        receipt: The version of the row in which the last claim is stored; empty before the first.
        first: The first mini-batch of the chunk that it has scored; None if it has none to hand in.
        size: Mini-batches of that chunk.
        ordinal: How many chunks were claimed before it.
        seconds: Time that reading and scoring these mini-batches took together.
    """

    epoch: str
    lanes: int
    resume: bool
    lane: int
    turn: int = 0
    receipt: str = ""
    first: int | None = None
    size: int = 0
    ordinal: int = 0
    seconds: float = 0.0

    def with_chunk(self, answer: "NextChunk", seconds: float) -> "LaneWork":
        """Returns the work that hands in the chunk of an answer and asks for the next one."""
        return replace(
            self,
            turn=answer.turn + 1,
            receipt=answer.receipt,
            first=answer.first,
            size=answer.size,
            ordinal=answer.ordinal,
            seconds=seconds,
        )

    def without_chunk(self) -> "LaneWork":
        """Returns the work that asks for the next chunk, with nothing to hand in."""
        return replace(self, first=None, size=0, ordinal=0, seconds=0.0)


class Turn(StrEnum):
    """Next step of a lane."""

    SCORE = "score"
    WAIT = "wait"
    END = "end"


@dataclass(frozen=True)
class NextChunk(Message):
    """The answer of `next_chunk`.

    Attributes:
        kind: What the lane does next: score the chunk, ask again after `wait` seconds, or end.
        wait: Seconds after which to ask again.
        first: The number of the chunk's first mini-batch.
        size: How many mini-batches it has.
        ordinal: How many chunks were claimed before it.
        turn: Which claim of the lane it is.
        receipt: The version of the row in which the claim is stored.
        plan: Where its files are written down, as text of a `PlanReference`.
        width: How many of its mini-batches to score at once.
        todo: The numbers of those that are to be scored; None for all of them.
    """

    kind: str
    wait: float = 0.0
    first: int = 0
    size: int = 0
    ordinal: int = 0
    turn: int = 0
    receipt: str = ""
    plan: str = ""
    width: int = 1
    todo: list[int] | None = None

    def numbers(self) -> list[int]:
        """Returns the numbers of the mini-batches that are to be scored."""
        return list(range(self.first, self.first + self.size)) if self.todo is None else self.todo


@dataclass(frozen=True)
class MiniBatchWork(RunWork):
    """The input of `score_mini_batch`.

    Attributes:
        number: The mini-batch's number in the job, from 0, in the order of the input.
        plan: Where its files are written down, as text of a `PlanReference`.
        attempt: The number of the attempt, from 1.
        again: True if this very attempt may have been carried out already.
    """

    number: int
    plan: str
    attempt: int = 1
    again: bool = False

    def repeated(self) -> Self:
        """Returns the work for a further call of the same attempt."""
        return replace(self, again=True)

    def next_attempt(self) -> "MiniBatchWork":
        """Returns the work of the next attempt."""
        return replace(self, attempt=self.attempt + 1, again=False)


class Outcome(StrEnum):
    """Outcome of an attempt at a mini-batch."""

    DONE = "done"
    RETRY = "retry"
    BUSY = "busy"
    STOPPED = "stopped"


@dataclass(frozen=True)
class MiniBatchAnswer(Message):
    """The answer of `score_mini_batch`.

    Attributes:
        outcome: `done`; `retry` where the next attempt is due; `busy` where no scorer was free
            and no attempt was made; `stopped` where the job is to stop.
        stop: Why the job is to stop; None if it is not.
        seconds: Time that reading the files and `run()` took.
    """

    outcome: str
    stop: str | None = None
    seconds: float = 0.0

    @staticmethod
    def stopped(reason: StopReason | None) -> "MiniBatchAnswer":
        """Returns the answer of a mini-batch that is not scored any more."""
        return MiniBatchAnswer(Outcome.STOPPED.value, reason.value if reason else None)


@dataclass(frozen=True)
class EndWork(RunWork):
    """The input of `stop_job` and `finish_job`: why a run ends, None if all was scored."""

    error: dict[str, str] | None = None

    @property
    def failure(self) -> JobError | None:
        """The error as the rest of the app names it."""
        return JobError(**self.error) if self.error else None


def first_job_work(job: Job, *, resume: bool = False) -> dict[str, Any]:
    """Returns the input with which a job's orchestration starts."""
    work = JobWork(job.name, job.run, job.identity, lanes_of(job), resume or job.run > 1)
    return work.payload()


def lanes_of(job: Job) -> int:
    """Returns how many lanes a job has, if there are as many mini-batches."""
    return min(job.settings.concurrency * READ_AHEAD, MAX_LANES)
