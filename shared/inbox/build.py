"""Wires the services of the inbox."""

from dataclasses import dataclass

from shared.clock import Clock
from shared.endpoints.build import EndpointServices
from shared.inbox.options import InboxOptions
from shared.inbox.repository import InboxRepository
from shared.inbox.service import InboxService
from shared.running.build import RunningServices
from shared.storage.ports import BlobStore, TableStore


@dataclass(frozen=True)
class InboxServices:
    """Files that land in the inbox."""

    service: InboxService


def build_inbox(
    tables: TableStore,
    blobs: BlobStore,
    endpoints: EndpointServices,
    running: RunningServices,
    options: InboxOptions,
    clock: Clock,
) -> InboxServices:
    """Makes the services of the room."""
    repository, invocations = InboxRepository(tables), running.invocations
    return InboxServices(
        service=InboxService(repository, endpoints.repository, blobs, invocations, clock, options)
    )
