"""A record of a mini-batch as it lies in storage."""

from dataclasses import dataclass


@dataclass(frozen=True)
class StoredRecord:
    """A record as it lies in storage.

    Attributes:
        number: The mini-batch's number.
        size: Bytes of the record.
        blob: The blob that holds it; None if `data` does.
        data: The record.
    """

    number: int
    size: int
    blob: str | None = None
    data: bytes = b""
