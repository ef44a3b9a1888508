"""Files that land in the inbox become jobs: each version in one job, whatever the events do."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from shared.errors import StorageError
from shared.inbox.model import InboxPath
from shared.inbox.service import InboxService
from shared.jobs.model import Job
from shared.jobs.work import first_job_work
from tests.functional.harness import App


class Inbox:
    """The inbox of an app, and its clock."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.service: InboxService = app.services.inbox.service

    def land(self, *names: str, data: str = "x\n", told: int = 1) -> None:
        for name in names:
            self.app.blobs.write("inbox", name, data.encode())
            for _ in range(told):
                self.service.arrive(name)

    def wait(self, **time: float) -> None:
        self.app.now += timedelta(**time)

    def look(self) -> list[Job]:
        return list(self.service.look())

    def files(self, job: Job) -> list[str]:
        """Scores a job and gives the files in its output, each once."""
        assert self.app.run_work(first_job_work(job)) == "Completed"
        lines = self.app.get(f"{job.output.path}/{job.output.file_name}").decode().splitlines()
        return [line.split(",")[0] for line in lines[1:]]


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    app = App(tmp_path)
    assert app.endpoint().status == 201
    return Inbox(app)


def test_loose_files_are_scored_together_once_nothing_lands_any_more(inbox: Inbox) -> None:
    inbox.land("taxi/b.txt", "taxi/a.txt")
    inbox.wait(seconds=8)
    assert inbox.look() == []
    inbox.land("taxi/c.txt")
    inbox.wait(seconds=8)
    assert inbox.look() == []
    inbox.wait(seconds=3)

    (job,) = inbox.look()

    assert job.input_uri == "azureml://datastores/inbox/paths/taxi"
    assert inbox.files(job) == ["a.txt", "b.txt", "c.txt"]
    assert inbox.look() == []


def test_a_stream_without_a_pause_is_scored_all_the_same(inbox: Inbox) -> None:
    jobs: list[Job] = []
    for number in range(40):
        inbox.land(f"taxi/{number:02d}.txt")
        inbox.wait(seconds=9)
        jobs += inbox.look()

    assert len(jobs) == 1
    assert len(inbox.files(jobs[0])) == 34


def test_however_often_an_event_comes_a_version_is_scored_once(inbox: Inbox) -> None:
    inbox.land("taxi/a.txt", told=3)
    inbox.wait(seconds=11)
    (first,) = inbox.look()
    inbox.service.arrive("taxi/a.txt")
    inbox.wait(seconds=11)
    assert inbox.look() == []

    inbox.land("taxi/a.txt", data="y\ny\n", told=2)
    inbox.wait(seconds=11)
    (second,) = inbox.look()

    assert second.name != first.name
    assert inbox.files(second) == ["a.txt", "a.txt"]


def test_of_two_versions_that_wait_the_one_that_is_there_is_scored(inbox: Inbox) -> None:
    inbox.land("taxi/a.txt", "taxi/b.txt")
    inbox.land("taxi/a.txt", data="y\ny\n")
    inbox.wait(seconds=11)

    (job,) = inbox.look()

    assert inbox.files(job) == ["a.txt", "a.txt", "b.txt"]
    assert inbox.look() == []


def test_a_version_that_is_gone_when_its_job_begins_is_not_taken_for_the_newer_one(
    inbox: Inbox,
) -> None:
    inbox.land("taxi/a.txt", "taxi/b.txt", "taxi/empty.txt")
    inbox.land("taxi/empty.txt", data="")
    inbox.wait(seconds=11)
    (first,) = inbox.look()
    inbox.land("taxi/a.txt", data="y\ny\n")
    inbox.wait(seconds=11)
    (second,) = inbox.look()

    assert inbox.files(first) == ["b.txt"]
    assert inbox.files(second) == ["a.txt", "a.txt"]
    failed = inbox.app.get(f"{first.output.path}/predictions.failed.jsonl").decode()
    assert [json.loads(line)["file"] for line in failed.splitlines()] == ["a.txt"]
    assert "was overwritten or deleted before it was read" in failed


def test_a_folder_waits_for_its_marker_and_is_one_job(inbox: Inbox) -> None:
    inbox.land("taxi/day1/a.txt", "taxi/day1/part/b.txt", "taxi/day2/c.txt", "taxi/loose.txt")
    inbox.wait(minutes=10)
    (loose,) = inbox.look()
    inbox.land("taxi/day1/_SUCCESS", data="")

    (folder,) = inbox.look()

    assert inbox.files(loose) == ["loose.txt"]
    assert folder.input_uri == "azureml://datastores/inbox/paths/taxi/day1"
    assert inbox.files(folder) == ["a.txt", "part/b.txt"]
    assert inbox.look() == []


def test_a_marker_stands_for_files_whose_events_come_later(inbox: Inbox) -> None:
    inbox.app.blobs.write("inbox", "taxi/day1/a.txt", b"x\n")
    inbox.app.blobs.write("inbox", "taxi/day1/_partial", b"x\n")
    inbox.land("taxi/day1/_SUCCESS", data="")

    (job,) = inbox.look()
    inbox.service.arrive("taxi/day1/a.txt")
    inbox.service.arrive("taxi/day1/_partial")
    inbox.wait(hours=2)

    assert inbox.files(job) == ["a.txt"]
    assert inbox.look() == []


def test_a_marker_in_the_endpoints_own_folder_ends_the_quiet_time(inbox: Inbox) -> None:
    inbox.land("taxi/a.txt", "taxi/day1/b.txt", "taxi/_SUCCESS")

    (job,) = inbox.look()

    assert inbox.files(job) == ["a.txt"]


def test_a_folder_whose_marker_never_comes_is_not_forgotten(inbox: Inbox) -> None:
    inbox.land("taxi/day1/a.txt", "taxi/day2/b.txt")
    inbox.wait(minutes=59)
    assert inbox.look() == []
    inbox.wait(minutes=2)

    (job,) = inbox.look()

    assert inbox.files(job) == ["day1/a.txt", "day2/b.txt"]


def test_a_manifest_waits_for_the_files_that_it_lists(inbox: Inbox) -> None:
    manifest = json.dumps({"files": ["a.txt", "b.txt"]})
    inbox.land("taxi/day1/a.txt", "taxi/day1/other.txt")
    inbox.land("taxi/day1/_manifest.json", data=manifest)
    assert inbox.look() == []
    inbox.land("taxi/day1/b.txt")

    (job,) = inbox.look()

    assert inbox.files(job) == ["a.txt", "b.txt"]


@pytest.mark.parametrize(
    "content", ["[]", "nonsense", '{"files": []}', '{"files": ["../x"]}', '{"files": ["_a"]}']
)
def test_a_manifest_that_makes_no_sense_is_named_and_left(
    inbox: Inbox, content: str, caplog: pytest.LogCaptureFixture
) -> None:
    inbox.land("taxi/day1/_manifest.json", data=content)

    assert inbox.look() == []
    assert "the folder 'day1' of taxi" in caplog.text
    assert inbox.service.view("taxi").markers == ()


def test_files_wait_for_an_endpoint_that_does_not_exist_yet(inbox: Inbox) -> None:
    inbox.land("later/a.txt")
    inbox.wait(minutes=1)
    assert inbox.look() == []
    inbox.app.endpoint("later")

    (job,) = inbox.look()

    assert job.endpoint_name == "later"


def test_files_wait_while_no_deployment_is_active(inbox: Inbox) -> None:
    inbox.app.call("PATCH", "endpoints/taxi", {"traffic": {"blue": 0}})
    inbox.land("taxi/a.txt")
    inbox.wait(minutes=1)
    assert inbox.look() == []
    seen = inbox.app.call("GET", "endpoints/taxi/inbox").document
    assert seen["jobs"][0]["problem"].startswith("no deployment of the endpoint 'taxi' gets")
    inbox.app.call("PATCH", "endpoints/taxi", {"traffic": {"blue": 100}})

    (job,) = inbox.look()

    assert job.name == seen["jobs"][0]["name"]
    assert inbox.files(job) == ["a.txt"]
    assert inbox.app.call("GET", "endpoints/taxi/inbox").document == {
        "waiting_files": 0,
        "folders": [],
        "jobs": [],
    }


@pytest.mark.parametrize("name", ["a.txt", "taxi", "taxi/_x", "taxi/.x/a", "-/a.txt", "a#b/c.txt"])
def test_what_is_no_input_is_left_alone(inbox: Inbox, name: str) -> None:
    inbox.app.blobs.write("inbox", name, b"x")

    assert inbox.service.arrive(name) is False


def test_a_file_that_is_gone_when_its_event_comes(inbox: Inbox) -> None:
    assert inbox.service.arrive("taxi/gone.txt") is False


@pytest.mark.parametrize("step", range(1, 30, 2))
def test_a_death_at_any_step_loses_nothing_and_scores_nothing_twice(
    tmp_path: Path, step: int
) -> None:
    app = App(tmp_path)
    app.endpoint()
    inbox = Inbox(app)
    inbox.land(*(f"taxi/{number:02d}.txt" for number in range(65)))
    inbox.wait(minutes=1)
    writes = Failing(app, step)

    jobs = inbox.look()
    writes.stop()
    jobs += inbox.look()
    jobs += inbox.look()
    stored = app.services.monitoring.jobs.list(
        endpoint=None, status=None, limit=100, continuation=None
    ).jobs

    assert {job.name for job in jobs} <= {job.name for job in stored}
    scored = [name for job in stored for name in inbox.files(job)]
    assert sorted(scored) == [f"{number:02d}.txt" for number in range(65)]


class Failing:
    """Lets a store's writes fail from the n-th on, as if the process had died there."""

    NAMES = ("insert", "replace", "upsert", "delete", "transact")

    def __init__(self, app: App, step: int) -> None:
        self._left = step
        self._app = app
        for name in self.NAMES:
            setattr(app.tables, name, self._wrap(getattr(app.tables, name)))

    def _wrap(self, write: object) -> object:
        def failing(*arguments: object, **named: object) -> object:
            self._left -= 1
            if self._left <= 0:
                raise StorageError("the process has died")
            return write(*arguments, **named)  # type: ignore[operator]

        return failing

    def stop(self) -> None:
        for name in self.NAMES:
            self._app.tables.__dict__.pop(name, None)


def test_the_parts_of_a_path() -> None:
    path = InboxPath.parse("taxi/day1/part/a.csv")

    assert path == InboxPath("taxi", "day1/part", "a.csv")
    assert path.name == "day1/part/a.csv"
