"""Whoever follows docs/operations.md gets what it says."""

import re

import pytest

from shared.settings import Settings
from tests.docs.workplace import REPOSITORY, Workplace, needs_azurite

DOC = (REPOSITORY / "docs/operations.md").read_text("utf-8")
FAILED = """\
1 files failed, more than the error_threshold of 0 allows; the first errors: 3.txt: run() failed: \
ConnectionError: the price list is under maintenance
"""
PARTIAL = re.compile(r"^file,price\n1\.txt,2\n2\.txt,4\n(4\.txt,8\n)?\{", re.MULTILINE)
WHOLE = "file,price\n1.txt,2\n2.txt,4\n3.txt,6\n4.txt,8\n"


@needs_azurite
@pytest.mark.timeout(600)  # some twenty commands, each a process of its own
def test_all_commands_of_the_page_work_in_their_order(workplace: Workplace) -> None:
    blocks = re.findall(r"^```bash\n(.*?)^```$", DOC, re.MULTILINE | re.DOTALL)

    ended = workplace.bash("\n".join(blocks))

    said, told = ended.stdout, ended.stderr
    assert ended.returncode == 0, said[-4000:] + told[-4000:]
    assert "it has failed, as it should\n" in said
    assert FAILED in said
    assert "  3.txt (mini-batch 2, 2 attempts): run() failed: ConnectionError: the price" in told
    assert 'raise ConnectionError("the price list is under maintenance")' in told
    assert "driver" not in told
    assert "batchpoint job resume --name" in told
    assert "mini-batch 2: attempt 1 failed and is repeated: run() failed: ConnectionError" in said
    assert re.search(r"--- mini-batch 2, attempt 2, .*\n(.*\n)?scoring \['3.txt'\]\n", said)
    assert PARTIAL.search(said)
    assert re.search(r'"missing_mini_batches": \[(3)?\]', said)
    assert said.count("Completed: 4 files scored, 0 failed, 4 rows") == 1
    assert WHOLE in said
    assert re.search(r'"records": "20..-', said)
    assert "there is no job" in told
    assert said.count("it is gone\n") == 1
    assert '"is_done": true' in said


def test_the_days_are_those_of_the_settings() -> None:
    rows = re.findall(r"(\d+) days \(`BATCHPOINT_KEEP_([A-Z]+)_DAYS`\)", DOC)
    kept = Settings.from_env({"AzureWebJobsStorage": "UseDevelopmentStorage=true"}).retention
    assert {name.lower(): int(days) for days, name in rows} == {
        "records": kept.records,
        "logs": kept.logs,
        "jobs": kept.jobs,
        "uploads": kept.uploads,
        "history": kept.history,
    }


def test_all_codes_of_failed_jobs_are_explained() -> None:
    code = "".join(path.read_text("utf-8") for path in (REPOSITORY / "shared").rglob("*.py"))
    named = set(re.findall(r'JobError\(\s*"(\w+)"', code)) - {"Canceled"}
    assert named >= {"ErrorThresholdExceeded", "OutputExists"}
    assert all(f"`{name}`" in DOC for name in named)
