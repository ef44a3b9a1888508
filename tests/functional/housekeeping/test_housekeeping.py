"""Old data of each kind are removed; data in use stay."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import azure.durable_functions as df
import pytest

from events.housekeeping import ENDED, HousekeepingTimer
from scoring.process.result import FailureCause, ScorerError, ScoreResult
from scoring.process.spec import ScoreRequest
from shared.errors import StorageError
from shared.jobs.model import Job
from shared.jobs.retention import Retention
from shared.monitoring.job_reader import JobReader
from shared.storage.bulk_delete import Budget
from shared.storage.containers import SYSTEM_CONTAINER
from shared.storage.leases import LeaseRepository
from shared.storage.ports import Entity, Query
from tests.functional.harness import CONTAINER, App, score_lines

UPLOADS = "azureml://datastores/workspaceblobstore/paths/LocalUpload"


def broken(request: ScoreRequest) -> ScoreResult:
    """Fails the third mini-batch of two files."""
    if request.files[0].name == "f00004.txt":
        raise ScorerError(FailureCause.RAISED, "ValueError: no", log=b"trying\n")
    result = score_lines(request)
    return replace(result, log=b"fine\n")


def system(app: App, prefix: str = "") -> list[str]:
    return [blob.name for blob in app.blobs.list_page(SYSTEM_CONTAINER, prefix).blobs]


def rows(app: App, partition: str) -> list[str]:
    return [entity.row for entity in app.tables.query("jobs", Query(partition=partition))]


def records(app: App, job: str = "one") -> list[str]:
    """The rows of a job's records, by segment and place there."""
    found = [(entity.partition, entity.row) for entity in app.tables.query("records", Query())]
    return [f"{part}-{row}" for part, row in found if part.partition(":")[0] == job]


def clean(app: App) -> dict[str, int]:
    answer = app.call("POST", "housekeeping")
    assert answer.status == 200, answer.document
    assert answer.document["is_done"]
    return answer.document["removed"]


def pass_days(app: App, days: float) -> None:
    app.now += timedelta(days=days)


@pytest.fixture
def failed(tmp_path: Path) -> App:
    """An app with the failed job `one`."""
    app = App(tmp_path, broken)
    app.endpoint(mini_batch_size=2, error_threshold=0, retry_settings={"max_retries": 1})
    app.invoke(app.inputs(12), job="one")
    assert app.run_jobs() == ["Failed"]
    return app


def test_nothing_young_goes(failed: App):
    before = system(failed), rows(failed, "one")
    pass_days(failed, 6.9)
    assert clean(failed) == {}
    assert (system(failed), rows(failed, "one")) == before


def test_records_go_first_and_what_is_told_of_the_job_stays(failed: App):
    shown = failed.job("one")
    pass_days(failed, 7.1)
    removed = clean(failed)
    assert removed["records"] == 1
    assert removed["blobs"] > 0
    assert removed["rows"] > 3
    assert records(failed) == system(failed, "jobs/one/plan/") == []
    assert len(system(failed, "jobs/one/logs/")) > 2
    assert all(row.startswith("event:") for row in rows(failed, "one"))
    assert failed.job("one") == shown
    assert shown["first_errors"][0]["message"] == "ValueError: no"
    for method, path in (("POST", "jobs/one/resume"), ("GET", "jobs/one/records")):
        answer = failed.call(method, path)
        assert (answer.status, answer.error["code"]) == (409, "RecordsRemoved")
    assert clean(failed) == {}


def test_then_the_logs_go(failed: App):
    pass_days(failed, 31)
    assert clean(failed)["logs"] == 1
    assert system(failed) == ["jobs/one/summary.json"]
    assert rows(failed, "one") == []
    for path in ("jobs/one/logs", "jobs/one/logs?order=input", "jobs/one/events"):
        answer = failed.call("GET", path)
        assert (answer.status, answer.error["code"]) == (404, "LogsRemoved")
    assert failed.job("one")["counts"]["files"]["failed"] == 2


def test_then_the_job_goes_but_never_its_output(app: App):
    app.endpoint(output_file_name="mine.csv")
    app.invoke(app.inputs(3), job="one")
    assert app.run_jobs() == ["Completed"]
    kept = [blob.name for blob in app.blobs.list_page(CONTAINER, "azureml/").blobs]
    pass_days(app, 91)
    assert clean(app)["jobs"] == 1
    assert [blob.name for blob in app.blobs.list_page(CONTAINER, "azureml/").blobs] == kept
    assert "azureml/one/score/mine.csv" in kept
    assert system(app) == rows(app, "job") == rows(app, "name") == rows(app, "one") == []
    assert app.call("GET", "jobs/one").status == 404
    assert app.call("GET", "jobs").document["value"] == []
    assert app.invoke(app.inputs(1), job="one", outputFileName="other.csv").status == 201


def test_until_when_is_told(failed: App):
    ended = datetime.fromisoformat(failed.job("one")["timing"]["ended_at"])
    assert failed.job("one")["kept_until"] == {
        "records": (ended + timedelta(days=7)).isoformat(),
        "logs": (ended + timedelta(days=30)).isoformat(),
        "job": (ended + timedelta(days=90)).isoformat(),
    }
    failed.call("POST", "jobs/one/resume")
    assert failed.job("one")["kept_until"] == {"records": None, "logs": None, "job": None}


def test_nothing_of_a_running_job_goes(app: App):
    app.endpoint(mini_batch_size=1)
    app.invoke(app.inputs(40), job="one")

    def late(work: Any) -> Any:
        if work["number"] == 30:
            pass_days(app, 100)
            assert clean(app) == {}
        return app.activities["score_mini_batch"](work)

    assert app.run_jobs(score_mini_batch=late) == ["Completed"]
    assert app.job("one")["counts"]["files"]["scored"] == 40


def test_for_ever(tmp_path: Path):
    app = App(tmp_path, retention=Retention(0, 0, 0, 0, 0))
    app.endpoint()
    app.invoke(app.inputs(3), job="one")
    app.run_jobs()
    app.call("POST", "uploads", {"upload_id": "uploadold", "files": [{"path": "a"}]})
    pass_days(app, 10_000)
    assert clean(app) == {}
    assert set(app.job("one")["kept_until"].values()) == {None}


def test_a_run_that_is_cut_off_is_gone_on_with(failed: App):
    """Whatever it was about to do next, nothing is lost and nothing stays."""
    pass_days(failed, 91)
    for allowed in range(1, 60):
        cut = CutOff(allowed)
        cut.into(failed)
        try:
            failed.services.housekeeping.service.run(60)
            break
        except StorageError:
            pass_days(failed, 0.1)
        finally:
            cut.out_of(failed)
    assert allowed > 5
    assert system(failed) == rows(failed, "one") == rows(failed, "job") == []
    assert rows(failed, "name") == []


class CutOff:
    """Lets so many changes of storage through, then none."""

    NAMES = ("delete", "transact", "upsert", "replace")

    def __init__(self, allowed: int) -> None:
        self.left = allowed
        self.kept: list[tuple[object, str, Any]] = []

    def into(self, app: App) -> None:
        for store in (app.tables, app.blobs):
            for name in self.NAMES:
                if hasattr(store, name):
                    self.kept.append((store, name, getattr(store, name)))
                    setattr(store, name, self._counting(getattr(store, name)))

    def out_of(self, app: App) -> None:
        for store, name, _ in self.kept:
            delattr(store, name)
        app.tables.upsert("jobs", Entity("lease", "housekeeping", {"note": "", "until": app.now}))

    def _counting(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **more: Any) -> Any:
            self.left -= 1
            if self.left < 0:
                raise StorageError("the process died")
            return call(*args, **more)

        return counted


def test_only_one_instance_does_it_at_a_time(app: App):
    leases = LeaseRepository(app.tables)
    lease = leases.take("housekeeping", app.now, timedelta(minutes=15))
    assert lease is not None
    answer = app.call("POST", "housekeeping")
    assert (answer.status, answer.error["code"]) == (409, "HousekeepingRunning")
    app.now += timedelta(minutes=16)
    assert clean(app) == {}
    leases.give_back(lease, app.now, "")


def test_a_run_ends_when_its_time_is_over(failed: App):
    pass_days(failed, 91)
    report = failed.services.housekeeping.service.run(0)
    assert (report.removed, report.is_done) == ({}, False)
    assert failed.services.housekeeping.service.run(60).removed["jobs"] == 1


def test_a_budget_is_spent_in_time():
    times = iter([0.0, 1.0, 5.0])
    budget = Budget(5, lambda: next(times))
    assert [budget.is_spent, budget.is_spent] == [False, True]


class TestDelete:
    def test_a_deleted_job_is_gone_at_once_and_its_things_soon(self, failed: App):
        assert failed.call("DELETE", "jobs/one").status == 204
        assert failed.call("GET", "jobs/one").status == 404
        assert failed.call("DELETE", "jobs/one").status == 404
        assert failed.call("POST", "jobs/one/resume").status == 404
        assert failed.call("GET", "jobs").document["value"] == []
        assert clean(failed) == {}
        taken = failed.invoke(failed.inputs(1), job="one")
        assert (taken.status, taken.error["code"]) == (409, "JobExists")
        assert "still being removed" in taken.error["message"]
        failed.now += timedelta(hours=1)
        assert clean(failed)["jobs"] == 1
        assert system(failed) == rows(failed, "one") == []
        assert failed.invoke(failed.inputs(1), job="one").status == 201

    def test_a_job_that_runs_is_not_deleted(self, app: App):
        app.endpoint()
        app.invoke(app.inputs(1), job="one")
        answer = app.call("DELETE", "jobs/one")
        assert (answer.status, answer.error["code"]) == (409, "JobRunning")
        assert app.job("one")["status"] == "NotStarted"

    def test_what_a_job_of_another_name_has_stays(self, failed: App):
        for name in ("on", "one-", "one-2"):
            answer = failed.invoke(failed.inputs(2), job=name)
            assert answer.status == 201, answer.document
        failed.run_jobs()
        assert failed.call("DELETE", "jobs/one").status == 204
        failed.now += timedelta(hours=2)
        assert clean(failed)["jobs"] == 1
        for name in ("on", "one-", "one-2"):
            assert failed.job(name)["counts"]["files"]["scored"] > 0
            assert records(failed, name)


class TestUploads:
    def upload(self, app: App, name: str) -> str:
        answer = app.call(
            "POST", "uploads", {"upload_id": f"upload{name}", "files": [{"path": "d/a"}]}
        )
        assert answer.status == 201
        app.put(f"LocalUpload/upload{name}/d/a", "1\n")
        return f"{UPLOADS}/upload{name}/d"

    def names(self, app: App) -> set[str]:
        page = app.blobs.list_page(CONTAINER, "LocalUpload/")
        return {blob.name.split("/")[1].removeprefix("upload") for blob in page.blobs} - {"m"}

    def test_what_nothing_refers_to_goes(self, app: App):
        app.endpoint()
        places = {name: self.upload(app, name) for name in ("model", "data", "run", "none", "web")}
        app.put("LocalUpload/by-hand/a", "1")
        model = {"name": "other", "version": "1", "path": places["model"], "type": "custom_model"}
        assert app.call("POST", "models", model).status == 201
        data = {"name": "d", "version": "1", "path": places["data"], "type": "uri_folder"}
        assert app.call("POST", "data", data).status == 201
        web = {"name": "w", "version": "1", "path": "https://acc/c/LocalUpload/uploadweb/d/a"}
        assert app.call("POST", "data", web).status == 201
        assert app.invoke(places["run"], job="one").status == 201
        pass_days(app, 29)
        assert clean(app) == {}
        pass_days(app, 2)
        assert clean(app)["uploads"] == 1
        assert self.names(app) == {"model", "data", "run", "web", "by-hand"}
        assert app.run_jobs() == ["Completed"]
        assert app.call("DELETE", "models/other/versions/1").status == 204
        assert app.call("DELETE", "data/d/versions/1").status == 204
        assert clean(app)["uploads"] == 3
        assert self.names(app) == {"web", "by-hand"}

    def test_a_job_that_can_be_resumed_needs_its_input_and_its_model(self, app: App):
        place = self.upload(app, "model")
        app.put("LocalUpload/uploadmodel/d/MLmodel", "flavors: {}")
        deployment = {"name": "blue", "model": {"name": "x", "path": place}}
        document = {"name": "taxi", "traffic": {"blue": 100}, "deployments": [deployment]}
        assert app.call("POST", "endpoints", document).status == 201
        app.invoke(self.upload(app, "input"), job="one")
        app.call("POST", "jobs/one/cancel")
        assert app.run_jobs() == ["Canceled"]
        assert app.call("DELETE", "endpoints/taxi").status == 204
        pass_days(app, 6)
        tidy(app, days=5)
        assert self.names(app) == {"model", "input"}
        pass_days(app, 30)
        assert clean(app)["records"] == 1
        assert self.names(app) == set()

    def test_asking_for_it_keeps_an_upload(self, app: App):
        self.upload(app, "one")
        pass_days(app, 29)
        again = {"upload_id": "uploadone", "files": [{"path": "d/a", "size": 2}]}
        assert app.call("POST", "uploads", again).document["files"][0]["url"] is None
        pass_days(app, 29)
        assert clean(app) == {}
        assert self.names(app) == {"one"}

    def test_an_upload_that_is_being_removed_is_not_taken_for_there(self, app: App):
        self.upload(app, "one")
        pass_days(app, 31)
        asked: list[int] = []
        delete = app.blobs.delete
        again = {"upload_id": "uploadone", "files": [{"path": "d/a", "size": 2}]}

        def deleting(container: str, name: str) -> None:
            answer = app.call("POST", "uploads", again)
            asked.append(answer.status)
            assert answer.error["code"] == "UploadBeingRemoved"
            delete(container, name)

        app.blobs.delete = deleting  # type: ignore[method-assign]
        assert clean(app)["uploads"] == 1
        assert asked == [503]
        assert app.call("POST", "uploads", again).document["files"][0]["url"]

    def test_what_is_referred_to_in_the_last_moment_stays(self, app: App):
        place = self.upload(app, "one")
        pass_days(app, 31)
        replacing = app.tables.replace

        def referring(table: str, entity: Entity) -> Entity:
            if entity.data.get("removing_at"):
                data = {"name": "d", "version": "1", "path": place, "type": "uri_folder"}
                assert app.call("POST", "data", data).status == 201
            return replacing(table, entity)

        app.tables.replace = referring  # type: ignore[method-assign]
        assert clean(app) == {}
        assert self.names(app) == {"one"}

    def test_a_removal_that_was_cut_off_does_not_block_an_upload(self, app: App):
        self.upload(app, "one")
        pass_days(app, 31)
        cut = CutOff(2)
        cut.into(app)
        with pytest.raises(StorageError):
            app.services.housekeeping.service.run(60)
        cut.out_of(app)
        request = {"upload_id": "uploadone", "files": [{"path": "d/a", "size": 2}]}
        assert app.call("POST", "uploads", request).status == 503
        app.now += timedelta(minutes=11)
        assert app.call("POST", "uploads", request).status == 201
        assert clean(app) == {}

    def test_outputs_do_not_go_among_uploads(self, app: App):
        app.endpoint()
        answer = app.invoke(app.inputs(1), outputDataset={"path": "LocalUpload/mine"})
        assert (answer.status, answer.error["target"]) == (422, "properties.outputdataset.path")


def tidy(app: App, days: int) -> None:
    """Removes unused uploads that are older than that."""
    kept = Retention(uploads=days)
    same = App(app.scratch, now=app.now, retention=kept, blobs=app.blobs, tables=app.tables)
    assert clean(same) == {}


class TestLeftovers:
    def test_a_name_without_a_job_is_freed(self, app: App):
        app.endpoint()
        app.invoke(app.inputs(1), job="kept")
        insert = app.tables.insert

        def dying(table: str, entity: Entity) -> Entity:
            if entity.partition == "job":
                raise StorageError("the process died")
            return insert(table, entity)

        app.tables.insert = dying  # type: ignore[method-assign]
        assert app.invoke(app.inputs(1), job="lost").status == 503
        app.tables.insert = insert  # type: ignore[method-assign]
        assert clean(app) == {}
        pass_days(app, 1.1)
        assert clean(app) == {"names": 1}
        assert rows(app, "name") == ["kept"]

    def test_claims_and_lines_of_ended_jobs_are_given_up(self, app: App):
        compute = {"name": "c", "type": "amlcompute", "max_instances": 1}
        app.call("POST", "computes", compute)
        app.endpoint(compute={"target": "azureml:c", "instance_count": 1})
        app.invoke(app.inputs(1), job="one")

        def dying(work: Any) -> Any:
            outcome = app.activities["finish_job"](work)
            job = app.services.jobs.repository.get("one").job
            app.services.running.admission.ask("one")
            app.services.jobs.repository.claim_output("place", job.name)
            return outcome

        assert app.run_jobs(finish_job=dying) == ["Completed"]
        assert (len(rows(app, "claim")), rows(app, "line")) == (1, ["azureml:c"])
        assert clean(app) == {"claims": 1, "lines": 1}
        assert rows(app, "claim") == rows(app, "line") == []

    def test_claims_of_jobs_that_can_be_resumed_stay(self, failed: App):
        failed.services.jobs.repository.claim_output("place", "one")
        assert clean(failed) == {}


class FakePurges:
    def __init__(self) -> None:
        self.asked: list[tuple[datetime, datetime, list[Any]]] = []
        self.fails = False

    async def purge_instance_history_by(
        self, since: datetime, before: datetime, statuses: list[Any]
    ) -> Any:
        self.asked.append((since, before, statuses))
        if self.fails:
            raise StorageError("not now")
        return df.models.PurgeHistoryResult.PurgeHistoryResult(3)


def test_the_timer_purges_old_orchestrations(app: App):
    purges = FakePurges()
    timer = HousekeepingTimer(
        app.services.housekeeping.service,
        "",
        timedelta(days=7),
        lambda: datetime(2026, 3, 8, tzinfo=UTC),
    )
    asyncio.run(timer.clean(purges))  # type: ignore[arg-type]
    purges.fails = True
    asyncio.run(timer.clean(purges))  # type: ignore[arg-type]
    assert purges.asked[0][1:] == (datetime(2026, 3, 1, tzinfo=UTC), ENDED)
    assert len(purges.asked) == 2
    ever = HousekeepingTimer(app.services.housekeeping.service, "", None)
    asyncio.run(ever.clean(purges))  # type: ignore[arg-type]
    assert len(purges.asked) == 2


def test_a_job_that_is_resumed_meanwhile_keeps_its_records(
    failed: App, monkeypatch: pytest.MonkeyPatch
):
    pass_days(failed, 8)
    summarise = JobReader.summarise

    def resuming(reader: JobReader, job: Job) -> None:
        assert failed.call("POST", "jobs/one/resume").status == 202
        summarise(reader, job)

    monkeypatch.setattr(JobReader, "summarise", resuming)
    assert clean(failed) == {}
    assert records(failed)
    failed.pool.score_with = score_lines
    assert failed.run_jobs() == ["Completed"]
