"""Files, logs, events and mini-batches of a job."""

from typing import Annotated

from typing_extensions import TypedDict

from api.answers.values import Count, Rule, Time, Uri
from shared.outputs.files import OutputKind

Span = Annotated[list[Count], Rule("minItems", 2), Rule("maxItems", 2)]


class OutputFile(TypedDict):
    """A file that a job wrote."""

    name: str
    kind: OutputKind
    size: Count
    """In bytes."""
    url: Uri


class Log(TypedDict):
    """Output of one attempt at a mini-batch."""

    name: str
    mini_batch: int
    attempt: int
    written_at: Time
    text: str


class JobEvent(TypedDict):
    """Something that happened to a job."""

    at: Time
    text: str


class ScoredFile(TypedDict):
    """A file that a scoring script wrote, where that is the output."""

    name: str
    url: Uri


class ScoredMiniBatch(TypedDict):
    """A mini-batch that has a record: a line of counts, a line of details, then its rows as CSV."""

    mini_batch: int
    size: Count
    """Of the record in bytes."""
    url: Uri
    """Reads the record."""
    files: list[ScoredFile]
    """What the script wrote, where that is the output."""


class OutputPreview(TypedDict):
    """The first rows of a file."""

    name: str
    columns: list[str] | None
    """The header; null where there is none."""
    rows: list[list[str]]
    """Cells of a CSV file, or lines of another; of each at most 1,000 characters."""
    is_complete: bool
    """True if these are all rows of the file."""


class MiniBatchPage(TypedDict):
    """States of the mini-batches from `first` up to, but without, `last`.

    Those that are in no span are being scored, if they are `running`, or waiting. Each column has
    one item for each mini-batch of the spans, in order.
    """

    run: int
    """Which run of the job; one more each time that it is resumed."""
    total: Count
    first: Count
    last: Count
    spans: list[Span]
    """Runs of numbers: the first one, and how many."""
    running: list[Span]
    """Runs of numbers: the first one, and how many."""
    files: list[Count]
    failed: list[Count]
    rows: list[Count]
    attempts: list[Count]
    milliseconds: list[Count]
    pieces: list[int | None]
    """Which piece of a file each is, from 1; null for whole files; empty if there is no piece."""
    ended: list[int | None]
    """When it was recorded, in milliseconds since the job was created; null if nobody noted it."""
    next: str | None
    """What to ask for at once as `since`; null if no more is known."""
    since: str
    """What to ask for later; all before it will not change in this run."""
