from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.workplace import Workplace


@pytest.fixture
def workplace(tmp_path: Path) -> Iterator[Workplace]:
    made = Workplace(tmp_path)
    yield made
    made.close()
