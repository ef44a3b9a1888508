"""How listed files become mini-batches and chunks, and how a chunk's plan is written down.

A chunk is what one sub-orchestration works through: few enough mini-batches that replaying its
history stays cheap, many enough that a job of 100,000 mini-batches has few thousand chunks.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

MINI_BATCHES_PER_CHUNK = 25


@dataclass(frozen=True)
class PlannedFile:
    """One input file as the listing found it.

    Attributes:
        name: What users see: the path below the input's folder, or the file's own name.
        location: Where it is read from: the blob's name, or a URL.
        size: In bytes.
        etag: The version that was listed; empty where the source tells none.
    """

    name: str
    location: str
    size: int
    etag: str = ""


@dataclass(frozen=True)
class InputPage:
    """Some files of an input in order of their names, and where the next ones start."""

    files: tuple[PlannedFile, ...]
    marker: str | None


@dataclass(frozen=True)
class ChunkPlan:
    """The files of each mini-batch of a chunk, in the order of the input."""

    mini_batches: tuple[tuple[PlannedFile, ...], ...]

    @property
    def files(self) -> int:
        """How many files the chunk has."""
        return sum(len(files) for files in self.mini_batches)

    @property
    def size(self) -> int:
        """The size of the chunk's files together, in bytes."""
        return sum(file.size for files in self.mini_batches for file in files)

    def encode(self) -> bytes:
        """Writes the plan as compact JSON."""
        batches = [
            [[file.name, file.location, file.size, file.etag] for file in files]
            for files in self.mini_batches
        ]
        return json.dumps(batches, ensure_ascii=False, separators=(",", ":")).encode()

    @staticmethod
    def decode(data: bytes) -> "ChunkPlan":
        """Reads what `encode` wrote."""
        return ChunkPlan(
            tuple(tuple(PlannedFile(*file) for file in files) for files in json.loads(data))
        )


def mini_batch_number(chunk: int, index: int) -> int:
    """The number of a mini-batch in its job, from 0, in the order of the input."""
    return chunk * MINI_BATCHES_PER_CHUNK + index


def split_into_chunks(files: Sequence[PlannedFile], mini_batch_size: int) -> list[ChunkPlan]:
    """Groups files, in their order, into mini-batches and these into chunks."""
    mini_batches = [
        tuple(files[start : start + mini_batch_size])
        for start in range(0, len(files), mini_batch_size)
    ]
    return [
        ChunkPlan(tuple(mini_batches[start : start + MINI_BATCHES_PER_CHUNK]))
        for start in range(0, len(mini_batches), MINI_BATCHES_PER_CHUNK)
    ]
