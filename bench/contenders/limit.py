"""The limit: hand-tuned code for these workloads, in two processes, and nothing else.

Each process has loaded the model, reads the next part while it scores one, and takes whichever
part is next. No retries, no state, no isolation, no counts.
"""

import multiprocessing as mp
from collections.abc import Iterator
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from bench.contenders.serving import Score, serve
from bench.pieces import Part, Reader, Task, parts
from bench.scoring import MODELS, Model
from bench.storage import Account

PROCESSES = 2


class Limit:
    """Two processes that score parts."""

    def __init__(self, account: Account, models: Path) -> None:
        context = mp.get_context("spawn")
        self._next: Any = context.Value("i", 0)
        self._store = account.store()
        self._workers: list[Any] = []
        for _ in range(PROCESSES):
            ours, theirs = context.Pipe()
            process = context.Process(
                target=_work, args=(theirs, self._next, account, models), daemon=True
            )
            process.start()
            theirs.close()
            self._workers.append(ours)

    def score(self, task: Task) -> list[bytes]:
        """Scores a task; answers the rows of each part, in order."""
        todo = parts(self._store, task)
        self._next.value = 0
        for worker in self._workers:
            worker.send((task.kind, todo))
        rows: list[bytes] = [b""] * len(todo)
        working = set(self._workers)
        while working:
            for ready in wait(list(working)):
                worker: Any = ready
                index = worker.recv()
                if index is None:
                    working.discard(worker)
                else:
                    rows[index] = worker.recv_bytes()
        return rows


def _work(connection: Connection, counter: Any, account: Account, models: Path) -> None:  # noqa: ANN401 - multiprocessing's synchronized value has no public type
    reader = Reader(account)
    loaded: dict[str, Model] = {}
    while True:
        kind, todo = connection.recv()
        if kind not in loaded:
            loaded[kind] = MODELS[kind](models)
        for index, names, contents in _read_ahead(reader, todo, counter):
            rows = loaded[kind].score(names, contents)
            connection.send(index)
            connection.send_bytes(rows)
        connection.send(None)


def _read_ahead(reader: Reader, todo: list[Part], counter: Any) -> Iterator[Any]:  # noqa: ANN401
    """Reads parts, each while the one before is being scored."""

    def begin() -> Any:  # noqa: ANN401
        with counter.get_lock():
            index = counter.value
            counter.value += 1
        return None if index >= len(todo) else (index, reader.begin(todo[index]))

    current = begin()
    while current is not None:
        following = begin()
        yield (current[0], *current[1].result())
        current = following


def _make(account: Account, models: Path) -> Score:
    return Limit(account, models).score


if __name__ == "__main__":
    serve(_make)
