"""Finds files of an input whose versions an earlier job has scored.

Listings and what is known of them are in the order of names. So one pass over both is enough, with
one file of each in memory, however many there are.
"""

import gzip
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Generic, TypeVar

from shared.inputs.selection import decode_selection, encode_selection
from shared.jobs.model import Job
from shared.jobs.plan import PlannedFile
from shared.uris import is_web_url, query_of

P = TypeVar("P")
_SIGNATURE = frozenset(
    {"sig", "sv", "se", "st", "sp", "sr", "spr", "sip", "ss", "srt", "sdd", "ses"}
    | {"skoid", "sktid", "skt", "ske", "sks", "skv", "saoid", "suoid", "scid"}
)


def builds_on(job: Job, earlier: Job) -> bool:
    """True if what an earlier job of the endpoint has scored, this one would score alike."""
    return (
        earlier.deployment.revision == job.deployment.revision
        and is_same_input(earlier.input_uri, job.input_uri)
        and earlier.settings.output_action is job.settings.output_action
        and not earlier.is_selection
    )


def is_same_input(uri: str, other: str) -> bool:
    """True if two URIs of inputs, as jobs keep them, are known to lead to the same files."""
    address = _unsigned(uri)
    return address is not None and address == _unsigned(other)


def _unsigned(uri: str) -> str | None:
    """A web address without the signature that lets one read it, which is a new one each time.

    None for one with more in its query, whose values jobs do not keep. Which parameters sign:
    https://learn.microsoft.com/rest/api/storageservices/create-service-sas
    """
    if not is_web_url(uri):
        return uri
    names = {part.partition("=")[0] for part in query_of(uri).split("&")}
    return uri.partition("?")[0] if names <= _SIGNATURE | {""} else None


def unscored(files: Iterable[PlannedFile], failed: int, named: Iterable[str | None]) -> set[str]:
    """The files of a mini-batch that an earlier job has not scored.

    Args:
        files: All files of the mini-batch.
        failed: How many of them have failed.
        named: Those of which it is known that they did; None for one that is not known.

    Returns:
        Names; all of them where it cannot be told which.
    """
    names = {file.name for file in files}
    known = {name for name in named if name is not None} & names
    return known if len(known) == failed else names


@dataclass(frozen=True)
class Known(Generic[P]):
    """A version of a file that was scored, and from where on it is read again."""

    name: str
    etag: str
    place: P


@dataclass(frozen=True)
class ScoredBatch(Generic[P]):
    """A mini-batch of an earlier job, where it is read, and which of its files have failed."""

    place: P
    files: Sequence[PlannedFile]
    unscored: AbstractSet[str]


def scored_files(batches: Iterable[ScoredBatch[P]]) -> Iterator[Known[P]]:
    """Finds the files that were scored whole, in order.

    A file that was split was scored if all of its pieces were; the mini-batches may begin in the
    middle of one, which is left out then.
    """
    first: P | None = None
    for batch in batches:
        for file in batch.files:
            is_scored = file.name not in batch.unscored
            if file.piece is None:
                if is_scored:
                    yield Known(file.name, file.etag, batch.place)
                continue
            if file.piece.index == 0:
                first = batch.place
            if not is_scored:
                first = None
            if file.piece.is_last and first is not None:
                yield Known(file.name, file.etag, first)


class KnownFiles(Generic[P]):
    """Looks for files of a listing among those that are known; both are ordered by name."""

    def __init__(self, known: Iterator[Known[P]], start: P) -> None:
        """`start` is where `known` begins."""
        self._known = known
        self._place = start
        self._next: Known[P] | None = None
        self._advance()

    @property
    def place(self) -> P:
        """Returns the place to begin again at, for files after the last one that was looked for."""
        return self._place

    def has(self, file: PlannedFile) -> bool:
        """True if this very version of a file is known; files are asked for in their order.

        A file without an ETag never is: it may have changed.
        """
        while self._next is not None and self._next.name < file.name:
            self._advance()
        found = self._next
        return found is not None and found.name == file.name and file.etag == found.etag != ""

    def _advance(self) -> None:
        self._next = next(self._known, None)
        if self._next is not None:
            self._place = self._next.place


def encode_skipped(files: Iterable[PlannedFile]) -> bytes:
    """Writes down files that were not scored again, in order of their names, compressed."""
    return gzip.compress(encode_selection(files), compresslevel=1, mtime=0)


def decode_skipped(data: bytes) -> tuple[PlannedFile, ...]:
    """Reads what `encode_skipped` wrote."""
    return decode_selection(gzip.decompress(data))
