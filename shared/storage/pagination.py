"""Listings that do not end at a page."""

from collections.abc import Iterator

from shared.storage.ports import BlobInfo, BlobStore, Entity, Query, TableStore
from shared.storage.table_rules import MAX_PAGE


def list_all(blobs: BlobStore, container: str, prefix: str) -> Iterator[BlobInfo]:
    """Lists all blobs whose names start with `prefix`, in order, page by page as they are used."""
    marker: str | None = None
    while True:
        page = blobs.list_page(container, prefix, marker=marker)
        yield from page.blobs
        marker = page.marker
        if marker is None:
            return


def query_all(tables: TableStore, table: str, query: Query) -> Iterator[Entity]:
    """Reads all entities that a query names, page by page as they are used."""
    continuation: str | None = None
    while True:
        page = tables.query_page(table, query, limit=MAX_PAGE, continuation=continuation)
        yield from page.entities
        continuation = page.continuation
        if continuation is None:
            return
