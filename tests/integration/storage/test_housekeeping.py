"""Housekeeping on real tables and blobs: its queries and conditions hold there too."""

from datetime import timedelta
from pathlib import Path

import pytest

from shared.storage.containers import SYSTEM_CONTAINER
from shared.storage.leases import LeaseRepository
from shared.storage.ports import BlobStore, Query, TableStore
from tests.functional.harness import CONTAINER, App


@pytest.fixture
def app(tmp_path: Path, tables: TableStore, blobs: BlobStore) -> App:
    return App(tmp_path, tables=tables, blobs=blobs)


def clean(app: App, days: float) -> dict[str, int]:
    app.now += timedelta(days=days)
    answer = app.call("POST", "housekeeping")
    assert answer.status == 200, answer.document
    return answer.document["removed"]


def test_a_job_goes_kind_by_kind(app: App):
    app.endpoint(mini_batch_size=2)
    app.invoke(app.inputs(6), job="one")
    app.invoke(app.inputs(6), job="two")
    assert app.run_jobs() == ["Completed", "Completed"]
    counts = app.job("one")["counts"]
    assert clean(app, 6) == {}
    assert clean(app, 2)["records"] == 2
    assert app.job("one")["counts"] == counts
    assert clean(app, 0) == {}
    assert clean(app, 23)["logs"] == 2
    assert app.call("DELETE", "jobs/two").status == 204
    assert [job["name"] for job in app.call("GET", "jobs").document["value"]] == ["one"]
    assert clean(app, 0)["jobs"] == 1
    assert clean(app, 60)["jobs"] == 1
    assert app.blobs.list_page(SYSTEM_CONTAINER, "").blobs == ()
    for partition in ("job", "name", "one", "two", "claim"):
        assert list(app.tables.query("jobs", Query(partition=partition))) == []
    assert b"prediction" in app.get("azureml/one/score/predictions.csv")


def test_uploads_that_nothing_refers_to_go(app: App):
    for name in ("uploadone", "uploadtwo"):
        request = {"upload_id": name, "files": [{"path": "a", "size": 1}]}
        assert app.call("POST", "uploads", request).document["files"][0]["url"]
        app.put(f"LocalUpload/{name}/a", "1")
    assert clean(app, 20) == {}
    assert app.call("POST", "uploads", request).document["files"][0]["url"] is None
    assert clean(app, 20) == {"blobs": 1, "uploads": 1}
    names = [blob.name for blob in app.blobs.list_page(CONTAINER, "LocalUpload/").blobs]
    assert names == ["LocalUpload/uploadtwo/a"]


def test_a_lease_is_given_to_one(app: App):
    leases = LeaseRepository(app.tables)
    first = leases.take("work", app.now, timedelta(minutes=1))
    assert first is not None
    assert leases.take("work", app.now, timedelta(minutes=1)) is None
    leases.give_back(first, app.now, "so far")
    second = leases.take("work", app.now + timedelta(seconds=1), timedelta(minutes=1))
    assert second is not None
    assert second.note == "so far"
    leases.give_back(first, app.now, "too late")
    assert leases.take("work", app.now + timedelta(seconds=2), timedelta(minutes=1)) is None
