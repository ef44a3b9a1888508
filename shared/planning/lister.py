"""Lists the input of a job for its plan: what is to score, and what an earlier job has scored."""

import json
from dataclasses import dataclass, replace

from shared.inputs.reader import Inputs
from shared.jobs.model import Job
from shared.jobs.plan import InputPage, PlannedFile
from shared.planning.incremental import START, IncrementalService, Place

MAX_PAGE = 5000
# Where an earlier job has scored most files, a page may stand for many more than it plans.
MOST_LISTED = 50_000


@dataclass(frozen=True)
class Cursor:
    """Place at which planning continues.

    Attributes:
        marker: A page of the source.
        last: The last file of it that is planned.
        open: The file that is split and of which not all pieces are planned yet.
        piece: Its first piece that is not.
        known: Where to look for what an earlier job has scored.
    """

    marker: str | None = None
    last: str | None = None
    open: PlannedFile | None = None
    piece: int = 0
    known: Place = START

    def encode(self) -> str:
        """Writes the cursor as text."""
        file = self.open
        values: list[object] = [self.marker, self.last, self.known]
        if file is not None:
            values += [file.name, file.location, file.size, file.etag, self.piece]
        return json.dumps(values)

    @staticmethod
    def decode(text: str) -> "Cursor":
        """Reads what `encode` wrote, and what it wrote before there was a `known`."""
        marker, last, *rest = json.loads(text)
        first, second, third = rest.pop(0) if rest and isinstance(rest[0], list) else START
        known = (first, second, third)
        if not rest:
            return Cursor(marker, last, known=known)
        return Cursor(marker, last, PlannedFile(*rest[:4]), rest[4], known)


@dataclass(frozen=True)
class Start:
    """Begin of a page of the source: its cursor, and the number of files found before it."""

    cursor: Cursor
    files: int = 0
    skipped: int = 0


@dataclass(frozen=True)
class Listed:
    """Files listed for one page of the plan.

    Attributes:
        files: Those to score.
        skipped: Those that an earlier job has scored, each with how many of `files` come before.
        starts: Where each page of the source began.
        end: Where the page of the source begins that was not listed; None if there is none.
        is_full: Whether there are files enough for a page; otherwise listing was broken off.
    """

    files: tuple[PlannedFile, ...]
    skipped: tuple[tuple[int, PlannedFile], ...]
    starts: tuple[Start, ...]
    end: Cursor | None
    is_full: bool

    def after(self, count: int) -> tuple[Cursor, int]:
        """Returns the next place after `count` files, and the number skipped by then."""
        start = next(item for item in reversed(self.starts) if item.files <= count)
        if start.files == count:
            return start.cursor, start.skipped
        cursor = replace(start.cursor, last=self.files[count - 1].name)
        return cursor, sum(before < count for before, _ in self.skipped)


class InputLister:
    """Lists inputs from where a plan has come to."""

    def __init__(self, inputs: Inputs, incremental: IncrementalService) -> None:
        self._inputs = inputs
        self._incremental = incremental

    def list(self, job: Job, cursor: Cursor, enough: int) -> Listed:
        """Lists enough files for a page of the plan, or as many as may be looked at for one.

        Args:
            job: The job.
            cursor: Where to begin.
            enough: How many files to score make a page.

        Raises:
            NotFoundError: The input is not there.
            StorageError: It cannot be listed now.
        """
        known_filter = self._incremental.known_filter(job, cursor.known)
        files: list[PlannedFile] = []
        skipped: list[tuple[int, PlannedFile]] = []
        starts: list[Start] = []
        following: Cursor | None = replace(cursor, open=None, piece=0)
        is_full = False
        while following and not is_full and len(files) + len(skipped) < max(MOST_LISTED, enough):
            starts.append(Start(following, len(files), len(skipped)))
            # Among files that are known already, those to score may be far apart.
            limit = MAX_PAGE if known_filter else min(enough - len(files), MAX_PAGE)
            page = self._list_page(job, following.marker, limit)
            for file in _after(page.files, following.last):
                if known_filter is not None and known_filter.is_known(file):
                    skipped.append((len(files), file))
                else:
                    files.append(file)
            is_full = len(files) >= enough
            known = known_filter.place if known_filter else START
            following = Cursor(page.marker, known=known) if page.marker else None
        return Listed(tuple(files), tuple(skipped), tuple(starts), following, is_full)

    def _list_page(self, job: Job, marker: str | None, limit: int) -> InputPage:
        if job.is_selection:
            return self._inputs.list_selection(job.name, marker=marker)
        uri = self._inputs.signatures.uri_of(job)
        return self._inputs.list_page(uri, marker=marker, limit=limit)


def _after(files: tuple[PlannedFile, ...], last: str | None) -> tuple[PlannedFile, ...]:
    """The files after one that is planned, also if files came or went since it was listed."""
    if last is None:
        return files
    names = [file.name for file in files]
    if last in names:
        return files[names.index(last) + 1 :]
    return tuple(file for file in files if file.name > last)
