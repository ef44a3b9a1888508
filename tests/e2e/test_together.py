"""Several at once: updates, invocations, jobs that want the same output."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from tests.e2e.service import DATASTORE, ENDED, Gated, Service, points_csv, wait_for


def at_once(*calls: Callable[[], httpx.Response]) -> list[httpx.Response]:
    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result() for future in [pool.submit(call) for call in calls]]


def patch(service: Service, change: dict[str, Any], **headers: str) -> Callable[[], httpx.Response]:
    return lambda: service.http.patch("/endpoints/plane", json=change, headers=headers)


def test_of_two_updates_of_one_version_one_is_refused(service: Service, plane: str) -> None:
    etag = service.http.get(f"/endpoints/{plane}").headers["ETag"]
    changes = [patch(service, {"tags": {"by": str(n)}}, **{"If-Match": etag}) for n in range(4)]

    answers = at_once(*changes)

    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412]
    (done,) = [answer for answer in answers if answer.status_code == 200]
    shown = service.http.get(f"/endpoints/{plane}")
    assert shown.json()["tags"] == done.json()["tags"]
    assert shown.headers["ETag"] == done.headers["ETag"] != etag


def test_no_update_is_lost_silently(service: Service, plane: str) -> None:
    for number in range(5):
        tags, text = {"round": str(number)}, f"text {number}"
        tagged, described = at_once(
            patch(service, {"tags": tags}), patch(service, {"description": text})
        )
        shown = service.http.get(f"/endpoints/{plane}").json()
        assert {tagged.status_code, described.status_code} <= {200, 412}
        assert (shown["tags"] == tags) is (tagged.status_code == 200)
        assert (shown["description"] == text) is (described.status_code == 200)
    patch(service, {"description": "points to heights"})()


def test_the_same_key_gets_the_same_job(service: Service, plane: str) -> None:
    uri = service.put("once", {"a.csv": points_csv([(1, 2)])})
    for header in ("Idempotency-Key", "repeatability-request-id"):
        headers = {header: f"key of {header}"}

        def invoke(headers: dict[str, str] = headers) -> httpx.Response:
            return service.invoke(plane, uri, headers=headers)

        answers = [*at_once(*[invoke] * 4), invoke()]

        assert {answer.status_code for answer in answers} <= {200, 201}
        (name,) = {answer.json()["name"] for answer in answers}
        service.completed(name)
        assert invoke().json()["name"] == name
        listed = service.http.get("/jobs", params={"endpoint": plane}).json()["value"]
        assert [job["name"] for job in listed].count(name) == 1


def test_of_two_jobs_with_one_output_one_writes_it(service: Service, plane: str) -> None:
    uri = service.put("both", {f"{n}.csv": points_csv([(n, n)]) for n in range(4)})
    place = {"datastoreId": "azureml:workspaceblobstore", "path": "contested"}

    def invoke() -> httpx.Response:
        return service.invoke(plane, uri, outputDataset=place)

    answers = at_once(invoke, invoke)

    accepted = [answer.json()["name"] for answer in answers if answer.status_code == 201]
    refused = [answer for answer in answers if answer.status_code != 201]
    assert all(answer.json()["error"]["code"] == "OutputExists" for answer in refused)
    jobs = [service.ended(name) for name in accepted]
    (winner,) = [job for job in jobs if job["status"] == "Completed"]
    assert len(service.rows(winner)) == 4
    for loser in jobs:
        if loser is not winner:
            assert loser["error"]["code"] in {"OutputClaimed", "OutputExists"}
            assert loser["counts"]["files"]["scored"] == 0


def test_a_job_shows_live_counts_while_it_runs(service: Service, gated: Gated) -> None:
    files = {f"{number:03d}": "line\n" * number for number in range(44, 51)}
    uri = service.put("live", files)
    name = service.start(gated.name, uri)

    running = wait_for(lambda: service.job(name), lambda job: job["counts"]["files"]["scored"] >= 6)

    try:
        assert running["status"] == "Running"
        assert running["counts"]["files"] == {"total": 7, "scored": 6, "failed": 0}
        assert running["counts"]["mini_batches"]["done"] == 6
        assert running["counts"]["rows"] == 6
        assert running["rate"]["files_per_second"] > 0
        assert running["estimated_seconds_left"] > 0
        listed = service.cli("job", "list", "--status", "Running", "--query", "[].name").json()
        assert name in listed
        assert service.http.delete(f"/endpoints/{gated.name}").status_code == 409
        assert service.http.get(f"/jobs/{name}/outputs").json()["value"] == []
    finally:
        gated.gate.touch()
    job = service.completed(name)
    assert job["counts"]["files"]["scored"] == 7
    assert [int(row["lines"]) for row in service.rows(job)] == list(range(44, 51))
    gated.gate.unlink()


def test_jobs_are_listed_newest_first(service: Service, plane: str) -> None:
    uri = f"{DATASTORE}/once"
    service.put("once", {"a.csv": points_csv([(1, 2)])})
    names = [service.start(plane, uri) for _ in range(3)]
    for name in names:
        assert service.ended(name)["status"] in ENDED

    listed = service.cli("endpoint", "list-jobs", "-n", plane, "--query", "[:3].name").json()

    assert listed == names[::-1]
    first = service.http.get("/jobs", params={"endpoint": plane, "top": 2}).json()
    assert [job["name"] for job in first["value"]] == names[:0:-1]
    following = service.http.get(first["nextLink"]).json()
    assert following["value"][0]["name"] == names[0]
