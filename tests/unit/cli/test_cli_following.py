import os

import pytest

from batchpoint.console.job_lines import LineFeed, duration, state_line, summary_line
from batchpoint.errors import ApiError, BatchpointError, ServiceUnreachableError
from batchpoint.following import FollowTimeoutError, Pace, follow
from batchpoint.stacks import find_service


def job(status="Running", scored=0, **more):
    return {
        "status": status,
        "counts": {
            "files": {"total": 10, "scored": scored, "failed": 1},
            "rows": scored,
            "planning_complete": more.pop("planned", True),
        },
        "timing": {"elapsed_seconds": 200},
        "rate": more.pop("rate", None),
        "output": {},
        **more,
    }


class Clock:
    def __init__(self):
        self.now = 0.0

    def sleep(self, seconds):
        self.now += seconds

    def pace(self, **more):
        return Pace(sleep=self.sleep, clock=lambda: self.now, **more)


def scripted(*states):
    items = iter(states)

    def show():
        item = next(items)
        if isinstance(item, Exception):
            raise item
        return item

    return show


def test_lines():
    assert state_line(job(scored=4)) == "Running: 5/10 files, 1 failed, 4 rows"
    full = job(scored=4, planned=False, rate={"rows_per_second": 2}, estimated_seconds_left=90)
    assert state_line(full).endswith(
        "5/10+ files, 1 failed, 4 rows, 2.0 rows/s, about 1 min 30 s left"
    )
    assert (
        summary_line(job("Failed", 4)) == "Failed: 4 files scored, 1 failed, 4 rows in 3 min 20 s"
    )
    assert duration(7_500) == "2 h 5 min"


def test_lines_of_an_incremental_job():
    told = job("Completed", 4, incremental={"base": "one", "note": "files of 'one' are skipped"})
    told["counts"]["files"]["skipped"] = 7
    assert state_line(told) == "Completed: 5/10 files, 1 failed, 7 skipped, 4 rows"
    first, second = summary_line(told).splitlines()
    assert first.startswith("Completed: 4 files scored, 1 failed, 7 skipped, 4 rows in ")
    assert second == "Incremental: files of 'one' are skipped"


def test_lines_come_at_a_bounded_rate():
    feed = LineFeed(every=5)
    assert feed.next_line(job("Queued"), 0) is not None
    assert feed.next_line(job("Running"), 0.1) is not None
    assert feed.next_line(job("Running", 1), 1) is None
    assert feed.next_line(job("Running", 2), 5.2) is not None
    assert feed.next_line(job("Running", 2), 20) is None


def test_follow_ends_with_the_job_and_bridges_absence():
    clock, lost = Clock(), []
    away = ServiceUnreachableError("refused")
    show = scripted(job(), away, ApiError(503, "x", "busy"), job(), away, job("Completed"))
    statuses = [state["status"] for state in follow(show, clock.pace(), lost.append)]
    assert statuses == ["Running", "Running", "Completed"]
    assert lost == ["refused", "refused"]


def test_follow_gives_up():
    clock = Clock()
    with pytest.raises(FollowTimeoutError, match="still Running after 3 seconds"):
        list(follow(job, clock.pace(timeout=3)))
    assert clock.now < 6
    with pytest.raises(ServiceUnreachableError):
        list(follow(scripted(*[ServiceUnreachableError("gone")] * 20), clock.pace(patience=10)))
    with pytest.raises(ApiError):
        list(follow(scripted(ApiError(404, "NotFound", "no job")), clock.pace()))


def test_newest_live_stack_is_found(tmp_path):
    folder = tmp_path / "batchpoint/stacks"
    folder.mkdir(parents=True)
    environment = {"XDG_STATE_HOME": str(tmp_path)}

    def register(name, pid, started):
        text = f'{{"url": "http://{name}", "pid": {pid}, "started_at": "{started}", "root": "/"}}'
        (folder / f"{name}.json").write_text(text)

    with pytest.raises(BatchpointError, match="scripts/up"):
        find_service(environment)
    register("old", os.getpid(), "2026-01-01T00:00:00Z")
    register("new", os.getpid(), "2026-01-02T00:00:00")
    register("dead", 2**22 + 1, "2026-01-03T00:00:00Z")
    (folder / "broken.json").write_text("{")
    assert find_service(environment) == "http://new"
    assert find_service({**environment, "BATCHPOINT_URL": "http://env"}) == "http://env"
    assert find_service({"BATCHPOINT_URL": "http://env"}, "http://option") == "http://option"
