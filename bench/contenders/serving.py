"""The loop of a contender: one line of JSON in for each run, one line out when it is done."""

import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import obstore

from bench.pieces import Task
from bench.storage import Account

Score = Callable[[Task], Iterable[bytes]]
HEADERS = {"table": b"file,row,prediction\n", "digits": b"file,digit\n"}


def serve(make: Callable[[Account, Path], Score]) -> None:
    """Serves until standard input ends.

    Args:
        make: Makes what scores a task: given the account and the folder of models, it answers a
            function that gives the rows of each part, in order.
    """
    account = Account.decode(sys.argv[1])
    score, store = make(account, Path(sys.argv[2])), account.store()
    # Libraries print as they like; what is answered must not be mixed with it.
    answers, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        request = json.loads(line)
        task = Task(**request["task"])
        output = b"".join([HEADERS[task.kind], *score(task)])
        obstore.put(store, request["output"], output, use_multipart=False)
        answers.write(json.dumps({"rows": output.count(b"\n") - 1}) + "\n")
        answers.flush()
