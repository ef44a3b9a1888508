"""Whoever follows docs/quickstart.md gets what it says."""

import re

import pytest

from tests.docs.workplace import REPOSITORY, Workplace, needs_azurite

DOC = (REPOSITORY / "docs/quickstart.md").read_text("utf-8")


@needs_azurite
@pytest.mark.timeout(600)  # each command is a process of its own
def test_all_commands_of_the_quickstart_work_in_their_order(workplace: Workplace) -> None:
    blocks = re.findall(r"^```bash\n(.*?)^```$", DOC, re.MULTILINE | re.DOTALL)

    ended = workplace.bash("\n".join(blocks))

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "Succeeded\n" in ended.stdout
    assert "Completed: 57 files scored, 0 failed, 569 rows" in ended.stdout
    assert "file,row,prediction\nrecords-000.csv,0,0\nrecords-000.csv,1,0\n570\n" in ended.stdout
    assert '"files": {"in": 57, "scored": 57, "failed": 0}' in ended.stdout
    assert "'--mini-batch-size': 0 is not in the range" in ended.stderr
    assert "the same predictions\n" in ended.stdout


def test_all_code_of_the_quickstart_is_commands() -> None:
    assert set(re.findall(r"^```(\w+)$", DOC, re.MULTILINE)) == {"bash"}
