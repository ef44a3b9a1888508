"""Answers to requests for upload URLs."""

from typing import Literal

from typing_extensions import TypedDict

from api.answers.values import Time, Uri


class UploadSlot(TypedDict):
    """Address for the bytes of one file."""

    path: str
    url: Uri | None
    """Where the file's bytes are to be PUT; null: they are there already."""
    method: Literal["PUT"]
    headers: dict[str, str]


class Upload(TypedDict):
    """Addresses to which files are uploaded."""

    upload_id: str
    uri: str
    """The folder that the files land in."""
    files: list[UploadSlot]
    expires_at: Time
