"""Files of a mini-batch are read at once, by few threads, and keep their order."""

import threading
from typing import Any

import pytest

from activities.mini_batch_files import AT_ONCE
from shared.errors import NotFoundError
from tests.durable_sdk import HandlerError
from tests.functional.harness import App
from tests.functional.running.test_jobs import expected, output, start


@pytest.mark.parametrize("files", [1, AT_ONCE - 1, AT_ONCE, 5 * AT_ONCE + 3])
def test_files_keep_their_order(app: App, files: int):
    app.endpoint(mini_batch_size=files)
    job = start(app, files)
    assert app.run_jobs() == ["Completed"]
    assert output(app, job).decode() == expected(files)


def test_files_are_read_at_once(app: App, monkeypatch: pytest.MonkeyPatch):
    inputs: Any = app.services.inputs.reader
    read, together = inputs.read, threading.Barrier(AT_ONCE)

    def meet(*arguments: Any) -> bytes:
        together.wait(30)
        return read(*arguments)

    monkeypatch.setattr(inputs, "read", meet)
    app.endpoint(mini_batch_size=2 * AT_ONCE)
    start(app, 2 * AT_ONCE)
    assert app.run_jobs() == ["Completed"]


def test_a_file_that_is_gone_fails_alone(app: App, monkeypatch: pytest.MonkeyPatch):
    inputs: Any = app.services.inputs.reader
    read = inputs.read

    def lose(uri: str, file: Any) -> bytes:
        if file.name == "f00007.txt":
            raise NotFoundError("it is gone")
        return read(uri, file)

    monkeypatch.setattr(inputs, "read", lose)
    app.endpoint(mini_batch_size=20)
    job = start(app, 20)
    assert app.run_jobs() == ["Completed"]
    assert app.job(job)["counts"]["files"] == {"total": 20, "scored": 19, "failed": 1}


def test_a_read_that_storage_fails_is_tried_again(app: App, monkeypatch: pytest.MonkeyPatch):
    inputs: Any = app.services.inputs.reader
    read, failures = inputs.read, iter([True, True])

    def stumble(*arguments: Any) -> bytes:
        if next(failures, False):
            raise HandlerError("storage is down")
        return read(*arguments)

    monkeypatch.setattr(inputs, "read", stumble)
    app.endpoint(mini_batch_size=3 * AT_ONCE)
    job = start(app, 3 * AT_ONCE)
    assert app.run_jobs() == ["Completed"]
    assert output(app, job).decode() == expected(3 * AT_ONCE)
