"""Dask: a local cluster of two processes, and one future for each part."""

import logging
from pathlib import Path

from distributed import Client, LocalCluster

from bench.contenders.serving import Score, serve
from bench.contenders.workers import PROCESSES, score_part
from bench.pieces import Task, parts
from bench.storage import Account


def _make(account: Account, models: Path) -> Score:
    cluster = LocalCluster(
        n_workers=PROCESSES,
        threads_per_worker=1,
        dashboard_address=None,
        silence_logs=logging.ERROR,
    )
    client, store = Client(cluster), account.store()

    def score(task: Task) -> list[bytes]:
        todo = parts(store, task)
        futures = client.map(
            score_part, todo, kind=task.kind, account=account, models=models, pure=False
        )
        return list(client.gather(futures))

    return score


if __name__ == "__main__":
    serve(_make)
