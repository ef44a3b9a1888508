"""Work of other engines' worker processes, which keep the model and the reader once loaded."""

from functools import cache
from pathlib import Path

from bench.pieces import Part, Reader
from bench.scoring import MODELS, Model
from bench.storage import Account

PROCESSES = 2


@cache
def _reader(account: Account) -> Reader:
    return Reader(account)


@cache
def _model(kind: str, models: Path) -> Model:
    return MODELS[kind](models)


def score_part(part: Part, kind: str, account: Account, models: Path) -> bytes:
    """Reads and scores one part."""
    return _model(kind, models).score(*_reader(account).read(part))
