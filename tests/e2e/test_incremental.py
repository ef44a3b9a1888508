"""Incremental jobs on the running stack: only what is new, changed or failed is scored."""

from tests.e2e.service import Service, points_csv


def names(rows: list[dict[str, str]]) -> list[str]:
    return [row["file"] for row in rows]


def test_only_what_is_new_changed_or_failed_is_scored(service: Service, plane: str) -> None:
    files = {f"{number:03d}.csv": points_csv([(number, 0)]) for number in range(60)}
    uri = service.put("growing", files | {"020.csv": "no,such,columns\n1,2,3\n"})
    invoke = ("endpoint", "invoke", "--name", plane, "--input-path", uri, "--incremental")

    first = service.completed(service.cli(*invoke).json()["name"])
    changed = {"007.csv": points_csv([(7, 7)]), "020.csv": points_csv([(20, 0)])}
    service.put("growing", changed | {"sub/new.csv": points_csv([(1, 1)])})
    second = service.completed(service.cli(*invoke).json()["name"])
    third = service.completed(service.cli(*invoke).json()["name"])

    assert first["counts"]["files"] == {"total": 60, "scored": 59, "failed": 1, "skipped": 0}
    assert names(service.rows(second)) == ["007.csv", "020.csv", "sub/new.csv"]
    assert second["incremental"]["base"] == first["name"]
    assert second["counts"]["files"] == {"total": 3, "scored": 3, "failed": 0, "skipped": 58}
    manifest = service.manifest(second)["files"]
    assert manifest == {"in": 3, "scored": 3, "failed": 0, "skipped": 58, "listed": 61}
    assert service.output(third) == b""
    assert third["incremental"]["base"] == second["name"]
    assert third["counts"]["files"] == {"total": 0, "scored": 0, "failed": 0, "skipped": 61}

    told = service.cli("job", "stream", "--name", second["name"])
    assert "58 skipped" in told.out
    assert f"files that the job '{first['name']}' has scored are skipped" in told.out
    service.cli("job", "download", "--name", second["name"], "--all", "-p", "out").json()
    listed = (service.home / "out" / "predictions.skipped.jsonl").read_text().splitlines()
    assert len(listed) == 58
    assert (
        "58 files are skipped, 3 are new or changed"
        in (service.home / "out" / "job.log").read_text()
    )
