"""Ray Data: the parts as a dataset, scored by `map_batches` with the order kept.

Tasks, not actors: Ray keeps their processes from one run to the next, and with them the model.
"""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ray
import ray.data

from bench.contenders.serving import Score, serve
from bench.contenders.workers import PROCESSES, score_part
from bench.pieces import Task, parts
from bench.storage import Account

_BLOCKS_A_PROCESS = 8


def _make(account: Account, models: Path) -> Score:
    ray.init(
        num_cpus=PROCESSES,
        include_dashboard=False,
        logging_level=logging.ERROR,
        log_to_driver=False,
    )
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    context = ray.data.DataContext.get_current()
    context.execution_options.preserve_order = True
    context.enable_progress_bars = False
    store = account.store()

    def score(task: Task) -> Iterator[bytes]:
        todo = parts(store, task)

        def score_batch(batch: dict[str, Any]) -> dict[str, Any]:
            return {"rows": [score_part(todo[i], task.kind, account, models) for i in batch["id"]]}

        blocks = min(len(todo), PROCESSES * _BLOCKS_A_PROCESS)
        dataset = ray.data.range(len(todo), override_num_blocks=blocks)
        scored = dataset.map_batches(score_batch, batch_size=1)
        return (row["rows"] for row in scored.iter_rows())

    return score


if __name__ == "__main__":
    serve(_make)
