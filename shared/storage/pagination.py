"""Listings that do not end at a page."""

from collections.abc import Iterator

from shared.storage.ports import BlobInfo, BlobStore


def list_all(blobs: BlobStore, container: str, prefix: str) -> Iterator[BlobInfo]:
    """Lists all blobs whose names start with `prefix`, in order, page by page as they are used."""
    marker: str | None = None
    while True:
        page = blobs.list_page(container, prefix, marker=marker)
        yield from page.blobs
        marker = page.marker
        if marker is None:
            return
