"""Incremental jobs score what is new, changed or failed, and say what they skip."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scoring.process.result import FailureCause, FileFailure, ScorerError, ScoreResult
from scoring.process.spec import ScoreRequest
from shared.jobs.retention import Retention
from tests.functional.harness import CONTAINER, SEGMENTED, App, score_lines

URI = f"azureml://datastores/{CONTAINER}/paths/in"


@pytest.fixture
def app(tmp_path: Path) -> App:
    app = App(tmp_path)
    app.endpoint(mini_batch_size=2)
    return app


def run(app: App, name: str, uri: str = URI, **properties: Any) -> dict[str, Any]:
    """Runs an incremental job to its end and shows it."""
    answer = app.invoke(uri, job=name, incremental=True, **properties)
    assert answer.status == 201, answer.document
    assert app.run_jobs() == ["Completed"]
    return app.job(name)


def scored(app: App, name: str) -> list[str]:
    """The files in a job's output, each once."""
    lines = app.get(f"azureml/{name}/score/predictions.csv").decode().splitlines()[1:]
    return list(dict.fromkeys(line.split(",")[0] for line in lines))


def skipped(app: App, name: str) -> list[str]:
    text = app.get(f"azureml/{name}/score/predictions.skipped.jsonl").decode()
    return [json.loads(line)["file"] for line in text.splitlines()]


def events(app: App, name: str) -> str:
    value = app.call("GET", f"jobs/{name}/events").document["value"]
    return "\n".join(event["text"] for event in value)


def test_the_first_one_scores_everything_and_says_why(app: App) -> None:
    app.inputs(5)

    job = run(app, "one")

    assert len(scored(app, "one")) == 5
    assert skipped(app, "one") == []
    assert job["counts"]["files"] == {"total": 5, "scored": 5, "failed": 0, "skipped": 0}
    assert job["incremental"]["base"] is None
    assert job["incremental"]["note"].startswith("everything is scored: no completed job")
    assert job["incremental"]["note"] in events(app, "one")


def test_what_is_new_or_changed_is_scored_and_the_rest_is_told(app: App) -> None:
    app.inputs(5)
    app.invoke(URI, job="one")
    app.run_jobs()
    app.put("in/f00001.txt", "changed\n")
    app.put("in/a-new-one.txt", "new\n")
    app.put("in/sub/z.txt", "new\n")

    job = run(app, "two")

    assert scored(app, "two") == ["a-new-one.txt", "f00001.txt", "sub/z.txt"]
    assert skipped(app, "two") == ["f00000.txt", "f00002.txt", "f00003.txt", "f00004.txt"]
    assert job["counts"]["files"] == {"total": 3, "scored": 3, "failed": 0, "skipped": 4}
    assert job["incremental"]["base"] == "one"
    manifest = json.loads(app.get("azureml/two/score/predictions.manifest.json"))
    assert manifest["files"] == {"in": 3, "scored": 3, "failed": 0, "skipped": 4, "listed": 7}
    assert manifest["incremental"]["base"] == "one"
    kinds = [f["kind"] for f in app.call("GET", "jobs/two/outputs").document["value"]]
    assert kinds == ["output", "manifest", "failed_files", "skipped_files"]
    assert "4 files are skipped, 3 are new or changed" in events(app, "two")


def test_a_job_that_is_not_incremental_says_nothing_of_it(app: App) -> None:
    app.inputs(1)
    app.invoke(URI, job="one")
    app.run_jobs()

    job = app.job("one")

    assert job["incremental"] is None
    assert "skipped" not in job["counts"]["files"]
    manifest = json.loads(app.get("azureml/one/score/predictions.manifest.json"))
    assert "incremental" not in manifest
    assert set(manifest["files"]) == {"in", "scored", "failed"}
    assert len(app.call("GET", "jobs/one/outputs").document["value"]) == 3


def test_nothing_new_completes_with_an_empty_output(app: App) -> None:
    app.inputs(5)
    run(app, "one")
    requests = len(app.pool.requests)

    job = run(app, "two")
    again = run(app, "three")

    assert len(app.pool.requests) == requests
    assert app.get("azureml/two/score/predictions.csv") == b""
    assert job["counts"]["files"] == {"total": 0, "scored": 0, "failed": 0, "skipped": 5}
    assert job["counts"]["mini_batches"]["total"] == 0
    assert again["incremental"]["base"] == "two"
    assert again["counts"]["files"]["skipped"] == 5


def test_nothing_new_completes_where_scripts_write_the_output(app: App) -> None:
    app.inputs(2)
    run(app, "one", outputAction="summary_only")
    job = run(app, "two", outputAction="summary_only")

    assert job["counts"]["files"] == {"total": 0, "scored": 0, "failed": 0, "skipped": 2}
    assert skipped(app, "two") == ["f00000.txt", "f00001.txt"]


@pytest.mark.parametrize(
    "change",
    [
        {"error_threshold": 5},
        {"environment_variables": {"A": "b"}},
        {"model": {"name": "m", "version": "2", "path": f"{URI[:-2]}LocalUpload/m/model"}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_an_updated_deployment_scores_everything_again(app: App, change: dict[str, Any]) -> None:
    app.inputs(3)
    run(app, "one")
    answer = app.call("PATCH", "endpoints/taxi/deployments/blue", change)
    assert answer.status == 200, answer.document

    job = run(app, "two")

    assert job["incremental"]["base"] is None
    assert len(scored(app, "two")) == 3


def test_another_deployment_or_input_is_no_base(app: App) -> None:
    app.inputs(3)
    app.inputs(3, "in/sub")
    green = {"name": "green", "model": app.model()}
    assert app.call("POST", "endpoints/taxi/deployments", green).status == 201
    app.invoke(f"{URI}/sub", job="elsewhere")
    app.run_jobs()
    document = {"properties": {"dataset": {"dataInputType": "DataUrl", "path": URI}}}
    app.call("POST", "endpoints/taxi/jobs", document, azureml_model_deployment="green")
    app.run_jobs()

    assert run(app, "one")["incremental"]["base"] is None


def test_other_settings_of_a_job_make_no_difference(app: App) -> None:
    app.inputs(7)
    run(app, "one", miniBatchSize=3)
    app.put("in/new.txt", "new\n")

    run(app, "two", miniBatchSize=1)

    assert scored(app, "two") == ["new.txt"]


def test_failed_and_canceled_jobs_are_built_on_by_none(app: App) -> None:
    app.inputs(3)
    app.pool.score_with = broken
    app.invoke(URI, job="bad", errorThreshold=0)
    assert app.run_jobs() == ["Failed"]
    app.pool.score_with = score_lines

    assert run(app, "one")["incremental"]["base"] is None


def broken(request: ScoreRequest) -> ScoreResult:
    raise ScorerError(FailureCause.RAISED, "ValueError: broken")


def test_what_failed_is_scored_again(app: App) -> None:
    app.inputs(6)
    app.pool.score_with = lambda request: score_but(request, {"f00003.txt"})
    run(app, "one")
    app.pool.score_with = score_lines

    run(app, "two")
    run(app, "three")

    assert scored(app, "two") == ["f00003.txt"]
    assert skipped(app, "three") == [f"f{number:05d}.txt" for number in range(6)]


def score_but(request: ScoreRequest, bad: set[str]) -> ScoreResult:
    """Scores all files but some, which fail."""
    good = [file for file in request.files if file.name not in bad]
    failures = tuple(FileFailure(f.name, "bad") for f in request.files if f.name in bad)
    result = score_lines(ScoreRequest(good, request.output_action, request.timeout))
    return ScoreResult(result.rows, result.row_count, result.columns, failures, b"", 0)


def test_records_that_are_gone_score_everything_and_say_so(tmp_path: Path) -> None:
    app = App(tmp_path, retention=Retention(records=1))
    app.endpoint()
    app.inputs(3)
    run(app, "one")
    app.later(days=2)
    assert app.call("POST", "housekeeping").status == 200

    job = run(app, "two")

    assert len(scored(app, "two")) == 3
    assert job["incremental"]["base"] is None
    assert "'one' has scored is not known any more" in job["incremental"]["note"]
    assert job["incremental"]["note"] in events(app, "two")


def test_a_base_that_is_removed_while_it_is_read_ends_the_skipping(
    app: App, tmp_path: Path
) -> None:
    app.inputs(70)
    run(app, "one", miniBatchSize=1, maxConcurrencyPerInstance=1)
    first, last = app.blobs.list_page("batchpoint", "jobs/one/plan/0").blobs
    assert ("/000000-" in first.name, "/000001-" in last.name) == (True, True)
    app.blobs.delete("batchpoint", last.name)
    # Another process, which remembers nothing of the base.
    app = App(tmp_path / "another", now=app.now, blobs=app.blobs, tables=app.tables)

    job = run(app, "two")

    assert skipped(app, "two") == [f"f{number:05d}.txt" for number in range(25)]
    assert scored(app, "two") == [f"f{number:05d}.txt" for number in range(25, 70)]
    assert job["incremental"]["base"] == "one"
    assert events(app, "two").count("was removed meanwhile") == 1


def test_the_base_stays_what_it_was_when_a_job_is_resumed(app: App) -> None:
    app.inputs(3)
    run(app, "one")
    app.put("in/new.txt", "new\n")
    app.pool.score_with = broken
    app.invoke(URI, job="two", incremental=True, errorThreshold=0)
    assert app.run_jobs() == ["Failed"]
    app.pool.score_with = score_lines
    run(app, "three")
    assert app.call("POST", "jobs/two/resume").status == 202

    assert app.run_jobs() == ["Completed"]

    assert app.job("two")["incremental"]["base"] == "one"
    assert scored(app, "two") == ["new.txt"]
    assert skipped(app, "two") == ["f00000.txt", "f00001.txt", "f00002.txt"]


def test_a_value_that_is_none_is_refused(app: App) -> None:
    app.inputs(1)

    answer = app.invoke(URI, incremental="yes")

    assert answer.status == 422
    assert answer.error["details"][0]["target"] == "properties.incremental"


WAYS = ("named", "unnamed", "raised")
NAMES = st.sampled_from([f"{a}{b}.csv" for a in ("a", "b", "é", "\U0001f600") for b in range(5)])
ROUND = st.fixed_dictionaries(
    {
        "written": st.dictionaries(NAMES, st.sampled_from([3, 3000])),
        "deleted": st.sets(NAMES, max_size=4),
        "bad": st.sets(NAMES, max_size=3),
        "way": st.sampled_from(WAYS),
        "size": st.integers(1, 3),
        "incremental": st.booleans(),
    }
)


class Chancy:
    """Fails mini-batches with bad files, in some way; knows which files it has not scored."""

    def __init__(self) -> None:
        self.bad: set[str] = set()
        self.way = "named"
        self.seen: set[str] = set()
        self.unscored: set[str] = set()

    def __call__(self, request: ScoreRequest) -> ScoreResult:
        names = {file.name for file in request.files}
        self.seen |= names
        bad = names & self.bad
        self.unscored |= bad if self.way == "named" else names if bad else set()
        if bad and self.way == "raised":
            raise ScorerError(FailureCause.RAISED, "ValueError: broken")
        failures = tuple(FileFailure(n if self.way == "named" else None, "bad") for n in bad)
        count = len(names) - len(bad)
        return ScoreResult(b"x\n" * count, count, ("x",), failures, b"", 0)


@contextmanager
def small_pages(app: App) -> Iterator[None]:
    """Makes a few files as many as millions."""
    list_page = app.services.inputs.reader.list_page
    with pytest.MonkeyPatch.context() as patch:
        for module in SEGMENTED:
            patch.setattr(f"{module}.MINI_BATCHES_PER_SEGMENT", 2)
        patch.setattr("shared.planning.planner.PAGE_MINI_BATCHES", 6)
        patch.setattr("shared.planning.planner.PAGE_FILES", 3)
        patch.setattr("shared.planning.lister.MOST_LISTED", 7)
        patch.setattr(
            app.services.inputs.reader,
            "list_page",
            lambda uri, **more: list_page(uri, **{**more, "limit": 4}),
        )
        yield


@settings(max_examples=60, deadline=timedelta(seconds=20), suppress_health_check=list(HealthCheck))
@given(rounds=st.lists(ROUND, min_size=2, max_size=5), seed=st.integers(0, 2**16))
def test_whatever_happens_a_version_is_scored_until_it_succeeds_and_never_after(
    tmp_path_factory: pytest.TempPathFactory, rounds: list[dict[str, Any]], seed: int
) -> None:
    scorer = Chancy()
    app = App(tmp_path_factory.mktemp("app"), scorer)
    app.endpoint(retry_settings={"max_retries": 0}, max_file_split_size=0.0011)
    app.put("in/always.csv", "x\n")
    known: dict[str, str] = {}
    with small_pages(app):
        for number, step in enumerate(rounds):
            change(app, step)
            scorer.bad, scorer.way, scorer.seen, scorer.unscored = (
                step["bad"],
                step["way"],
                set(),
                set(),
            )
            there = etags(app)
            wanted = {
                name
                for name, etag in there.items()
                if not (step["incremental"] and known.get(name) == etag)
            }
            name = f"job{number}"
            app.invoke(URI, job=name, incremental=step["incremental"], miniBatchSize=step["size"])
            assert app.run_jobs(seed) == ["Completed"]
            assert scorer.seen == wanted
            if step["incremental"]:
                assert set(skipped(app, name)) == set(there) - wanted
            counts = app.job(name)["counts"]["files"]
            assert counts["total"] == len(wanted)
            assert counts["scored"] + counts["failed"] == counts["total"]
            assert counts.get("skipped", 0) == len(there) - len(wanted)
            known = {name: there[name] for name in set(there) - scorer.unscored}


def change(app: App, step: dict[str, Any]) -> None:
    for name, size in step["written"].items():
        app.put(f"in/{name}", "x\n" + "1\n" * (size // 2))
    for name in step["deleted"]:
        app.blobs.delete(CONTAINER, f"in/{name}")


def etags(app: App) -> dict[str, str]:
    page = app.blobs.list_page(CONTAINER, "in/")
    return {blob.name.removeprefix("in/"): blob.etag for blob in page.blobs}
