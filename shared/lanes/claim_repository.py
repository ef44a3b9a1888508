"""Stores which mini-batches of a job are handed out, and to which of its lanes.

The partition of the job holds one cursor, replaced by its ETag, and a row for each lane that says
which chunk it claimed last. Both change in one transaction, together with the chunks that lanes
hand in: so a claim counts once, and whoever asks for the same one again gets the same answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from shared.errors import PreconditionError
from shared.jobs.records import ChunkRecord
from shared.jobs.repository import chunk_entity
from shared.jobs.row_keys import TABLE
from shared.lanes.chunk_sizes import Pace
from shared.storage.optimistic import put, update
from shared.storage.ports import Entity, Operation, OperationKind, TableStore

CURSOR_ROW = "cursor"
LANE_ROW = "lane:"
CLAIMS_AT_ONCE = 40
"""Claims in one transaction, which takes 100 operations: a lane and a chunk for each."""


@dataclass(frozen=True)
class Cursor:
    """Position up to which an execution of a job has handed out its mini-batches.

    Attributes:
        epoch: The execution; later ones sort after earlier ones.
        next: The number of the first mini-batch that is not handed out.
        chunks: Chunks that were handed out.
        pace: How long the mini-batches have taken that were handed in.
        etag: The version that was read.
    """

    epoch: str
    next: int = 0
    chunks: int = 0
    pace: Pace = field(default_factory=Pace)
    etag: str = ""


@dataclass(frozen=True)
class LaneClaim:
    """The chunk that a lane has claimed last.

    Attributes:
        turn: Which claim of the lane it is, from 0.
        first: The number of its first mini-batch.
        size: How many mini-batches it has.
        ordinal: How many chunks were handed out before it.
        etag: The version that was read; empty for a claim that is new.
    """

    turn: int
    first: int
    size: int
    ordinal: int
    etag: str = ""


class ChunkClaimRepository:
    """Owner of the queries on cursors and lanes."""

    def __init__(self, tables: TableStore) -> None:
        self._tables = tables

    def begin(self, job: str, epoch: str) -> bool:
        """Begins an execution, once; what earlier ones have handed out is forgotten.

        Returns:
            False if a later execution has begun already.
        """

        def change(stored: Cursor | None) -> Cursor:
            if stored is None:
                return Cursor(epoch)
            # What earlier executions have finished keeps the blocks that it has in the output.
            begun = Cursor(epoch, chunks=stored.chunks, etag=stored.etag)
            return begun if stored.epoch < epoch else stored

        def write(stored: Cursor | None, begun: Cursor) -> bool:
            if begun is not stored:
                put(self._tables, TABLE, _cursor_entity(job, begun))
            return begun.epoch == epoch

        return update(
            lambda: self.cursor(job),
            change,
            write,
            busy=PreconditionError(f"the job '{job}' is being begun by several executions at once"),
            attempts=2,
        )

    def cursor(self, job: str) -> Cursor | None:
        """Reads a job's cursor; None if no execution has begun."""
        entity = self._tables.get(TABLE, job, CURSOR_ROW)
        if entity is None:
            return None
        data = entity.data
        return Cursor(
            epoch=str(data["epoch"]),
            next=int(str(data["next"])),
            chunks=int(str(data["chunks"])),
            pace=Pace(int(str(data["timed"])), float(str(data["seconds"]))),
            etag=entity.etag,
        )

    def lane(self, job: str, epoch: str, lane: int) -> LaneClaim | None:
        """Reads what a lane has claimed last; None if it has claimed nothing."""
        entity = self._tables.get(TABLE, job, _lane_row(epoch, lane))
        if entity is None:
            return None
        turn, first, size, ordinal = (
            int(str(entity.data[name])) for name in ("turn", "first", "size", "ordinal")
        )
        return LaneClaim(turn, first, size, ordinal, entity.etag)

    def store(
        self,
        job: str,
        cursor: Cursor,
        claims: Mapping[int, LaneClaim],
        handed_in: Sequence[ChunkRecord],
    ) -> tuple[Cursor, dict[int, LaneClaim]]:
        """Stores claims and finished chunks together with the cursor, all or nothing.

        Args:
            job: The job.
            cursor: The changed cursor, with the etag of the version that it was made of.
            claims: By lane; the etag is that of the lane's claim before, empty for its first one.
            handed_in: The chunks that lanes have scored.

        Returns:
            The cursor and the claims with their new etags.

        Raises:
            PreconditionError: Somebody else has changed the cursor or a lane.
            ConflictError: A lane's first claim was stored already.
        """
        operations = [_replacing(_cursor_entity(job, cursor))]
        operations += [_replacing(_lane_entity(job, cursor, *item)) for item in claims.items()]
        operations += [
            Operation(OperationKind.UPSERT, chunk_entity(job, chunk)) for chunk in handed_in
        ]
        stored = [entity.etag for entity in self._tables.transact(TABLE, operations)]
        made = {
            lane: replace(claim, etag=etag)
            for (lane, claim), etag in zip(claims.items(), stored[1:], strict=False)
        }
        return replace(cursor, etag=stored[0]), made


def _replacing(entity: Entity) -> Operation:
    return Operation(OperationKind.REPLACE if entity.etag else OperationKind.INSERT, entity)


def _cursor_entity(job: str, cursor: Cursor) -> Entity:
    data = {
        "epoch": cursor.epoch,
        "next": cursor.next,
        "chunks": cursor.chunks,
        "timed": cursor.pace.mini_batches,
        "seconds": float(cursor.pace.seconds),
    }
    return Entity(job, CURSOR_ROW, data, cursor.etag)


def _lane_entity(job: str, cursor: Cursor, lane: int, claim: LaneClaim) -> Entity:
    data = {
        "turn": claim.turn,
        "first": claim.first,
        "size": claim.size,
        "ordinal": claim.ordinal,
    }
    return Entity(job, _lane_row(cursor.epoch, lane), data, claim.etag)


def _lane_row(epoch: str, lane: int) -> str:
    return f"{LANE_ROW}{epoch}-{lane:04d}"
