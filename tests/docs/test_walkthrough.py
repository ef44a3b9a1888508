"""The commands of Azure ML's walk-through do here what they do there."""

import re

import pytest

from tests.docs.workplace import REPOSITORY, Workplace, needs_azurite

DOC = (REPOSITORY / "docs/azure-ml-walkthrough.md").read_text("utf-8")


@needs_azurite
@pytest.mark.timeout(600)  # each command is a process of its own
def test_all_commands_of_the_walkthrough_work_in_their_order(workplace: Workplace) -> None:
    blocks = re.findall(r"^```bash\n(.*?)^```$", DOC, re.MULTILINE | re.DOTALL)

    ended = workplace.bash("\n".join(blocks))

    assert ended.returncode == 0, ended.stdout[-4000:] + ended.stderr[-4000:]
    said = ended.stdout
    assert said.count("Completed: 57 files scored, 0 failed, 569 rows") == 4
    assert said.count("Completed: 1 files scored, 0 failed, 10 rows") == 2
    assert "Completed: 1797 files scored, 0 failed, 1797 rows" in said
    assert "file,row,prediction\nrecords-00.csv,0,0\nrecords-00.csv,1,0\n" in said
    assert "refused, as it should be\n" in said
    assert "exists already" in ended.stderr
    assert '"mnist_deployment": 100' in said
