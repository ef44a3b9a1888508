"""Messages that Event Grid delivers into the inbox's queue."""

import json
from dataclasses import replace

import azure.durable_functions as df
import pytest

from events.inbox import Inbox
from shared.errors import MalformedError
from shared.inbox.options import InboxOptions, InboxSource
from shared.settings import Settings

SUBJECT = "/blobServices/default/containers/inbox/blobs/"


@pytest.fixture
def options() -> InboxOptions:
    event_grid = {
        "AzureWebJobsStorage": "UseDevelopmentStorage=true",
        "BATCHPOINT_INBOX_SOURCE": "eventgrid",
    }
    return Settings.from_env(event_grid).inbox


class Noting:
    """Notes what arrives."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def arrive(self, name: str) -> bool:
        self.names.append(name)
        return True


def trigger(options: InboxOptions) -> tuple[Inbox, Noting]:
    noting = Noting()
    return Inbox(noting, options), noting  # type: ignore[arg-type]


def event(subject: str, kind: str = "Microsoft.Storage.BlobCreated") -> bytes:
    # https://learn.microsoft.com/azure/event-grid/event-schema-blob-storage
    return json.dumps(
        {
            "topic": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/a",
            "subject": subject,
            "eventType": kind,
            "id": "831e1650-001e-001b-66ab-eeb76e069631",
            "data": {"api": "PutBlockList", "url": "https://a.blob.core.windows.net/inbox/x"},
            "dataVersion": "",
            "metadataVersion": "1",
        }
    ).encode()


def test_a_blob_that_was_created_is_noted(options: InboxOptions) -> None:
    inbox, noting = trigger(options)
    inbox.receive(event(SUBJECT + "taxi/a b/blobs/ü.csv"))
    assert noting.names == ["taxi/a b/blobs/ü.csv"]


@pytest.mark.parametrize(
    "message",
    [
        event(SUBJECT + "taxi/a", "Microsoft.Storage.BlobDeleted"),
        event("/blobServices/default/containers/inbox2/blobs/taxi/a"),
    ],
)
def test_other_events_are_passed_over(options: InboxOptions, message: bytes) -> None:
    inbox, noting = trigger(options)
    inbox.receive(message)
    assert noting.names == []


@pytest.mark.parametrize("message", [b"", b"[]", b"\xff", b'{"subject": 1}'])
def test_what_is_no_event_is_refused(options: InboxOptions, message: bytes) -> None:
    inbox, _ = trigger(options)
    with pytest.raises(MalformedError, match="no Event Grid event"):
        inbox.receive(message)


@pytest.mark.parametrize(
    ("source", "names"),
    [
        (InboxSource.EVENT_GRID, {"inbox_event", "inbox_gathering"}),
        (InboxSource.POLLING, {"inbox_arrival", "inbox_gathering"}),
        (InboxSource.OFF, set()),
    ],
)
def test_each_source_has_its_own_functions(
    options: InboxOptions, source: InboxSource, names: set[str]
) -> None:
    inbox, _ = trigger(replace(options, source=source))
    app = df.DFApp()
    inbox.register(app)
    assert {function.get_function_name() for function in app.get_functions()} == names
