"""An output of more chunks than a blob may have blocks is still one blob, in order."""

import pytest

from shared.jobs.plan import MINI_BATCHES_PER_SEGMENT
from shared.results import output_blocks
from shared.storage import blob_rules
from tests.functional.harness import App
from tests.functional.running.test_jobs import expected, output, start

FILES = 10 * MINI_BATCHES_PER_SEGMENT


@pytest.fixture(params=[(2**20, 5), (400, 8)], ids=["one block a chunk", "several blocks a chunk"])
def _few_blocks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    block_bytes, most = request.param
    monkeypatch.setattr(output_blocks, "BLOCK_BYTES", block_bytes)
    monkeypatch.setattr(output_blocks, "STAGED_BLOCKS", 3)
    monkeypatch.setattr(output_blocks, "JOINED_BLOCKS", 2)
    monkeypatch.setattr(blob_rules, "MAX_BLOCKS", most)


@pytest.mark.usefixtures("_few_blocks")
@pytest.mark.parametrize("seed", [None, 1])
def test_later_chunks_are_joined(app: App, seed: int | None):
    app.endpoint(mini_batch_size=1)
    job = start(app, FILES)
    assert app.run_jobs(seed) == ["Completed"]
    assert output(app, job).decode() == expected(FILES)
    chunks = list(app.services.jobs.repository.chunks(job))
    assert [bool(chunk.blocks) for chunk in chunks][:2] != [False, False]
    assert all(chunk.parts and not chunk.blocks for chunk in chunks[3:])


def test_without_joining_there_would_be_too_many(app: App, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(blob_rules, "MAX_BLOCKS", 5)
    app.endpoint(mini_batch_size=1)
    start(app, FILES)
    with pytest.raises(Exception, match="at most 5 blocks"):
        app.run_jobs()


def test_there_are_never_too_many_blocks_whatever_chunks_hold():
    most = MINI_BATCHES_PER_SEGMENT
    staged = sum(
        min(most, output_blocks.STAGED_BLOCKS // (c + 1))
        for c in range(output_blocks.STAGED_BLOCKS)
    )
    gaps, header = output_blocks.STAGED_BLOCKS, 1
    assert staged + gaps + 2 * output_blocks.JOINED_BLOCKS + header <= blob_rules.MAX_BLOCKS
