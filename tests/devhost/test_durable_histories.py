"""The engine gives the histories that Azure's durable extension was recorded to give.

The recordings (`histories/`) are of version 3.19.0 of the extension with Azure Storage.
"""

import pytest

from devhost.durable.core.suspicions import Topic
from tests.devhost.stage import HISTORIES, Stage

pytestmark = pytest.mark.filterwarnings("ignore:Potential duplicate Task completion")

NAMES = sorted(path.stem for path in HISTORIES.glob("*.json"))
WRONG = {
    "window": {Topic.SERIAL},
    "window_with_a_retry": {Topic.SERIAL, Topic.RETRIED, Topic.MISPLACED},
    "all_with_a_retry": {Topic.RETRIED},
    "one_gives_up": {Topic.RETRIED, Topic.MISPLACED},
    "again_raises": {Topic.NON_DETERMINISM},
    "unknown": {Topic.UNKNOWN},
}


@pytest.mark.parametrize("name", NAMES)
def test_histories_actions_and_status_are_as_recorded(name: str) -> None:
    stage = Stage(name)

    stage.play()

    assert stage.status == stage.recorded_status
    assert {remark.topic for remark in stage.remarks} == WRONG.get(name, set())
