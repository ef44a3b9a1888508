"""The plan is made page by page, beside the scoring, and cuts files of any size."""

import json
from itertools import pairwise
from typing import Any

import pytest

from shared.jobs.plan import InputPage, PlannedFile
from tests.functional.harness import CONTAINER, App

PLACE = "azureml://datastores/workspaceblobstore/paths/in"


def test_scoring_starts_while_listing_still_runs(app: App, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("shared.planning.planner.PAGE_FILES", 25)
    app.endpoint(mini_batch_size=1)
    listing = app.services.inputs.reader.list_page
    calls: list[str] = []

    def list_page(uri: str, *, marker: str | None = None, limit: int = 25) -> InputPage:
        calls.append("list")
        return listing(uri, marker=marker, limit=min(limit, 25))

    monkeypatch.setattr(app.services.inputs.reader, "list_page", list_page)
    score = app.activities["score_mini_batch"]

    def scoring(work: dict[str, Any]) -> Any:
        calls.append("score")
        return score(work)

    app.invoke(app.inputs(300), job="one")
    assert app.run_jobs(score_mini_batch=scoring) == ["Completed"]
    before = calls[: calls.index("score")]
    # One page to check that there is an input, and what is planned while the first lane begins.
    assert before.count("list") <= 6
    assert calls.count("list") > 10
    assert app.job("one")["counts"]["files"]["scored"] == 300


@pytest.mark.parametrize("page", [25, 50])
def test_files_of_many_pieces_take_several_pages(
    app: App, monkeypatch: pytest.MonkeyPatch, page: int
):
    monkeypatch.setattr("shared.planning.planner.PAGE_MINI_BATCHES", page)
    app.endpoint(mini_batch_size=3, max_file_split_size=0.001)
    for name, lines in (("a.csv", 3), ("b.csv", 40_000), ("c.csv", 2), ("d.csv", 9_000)):
        app.put(f"in/{name}", "id,n\n" + "1,2\n" * lines)
    app.invoke(PLACE, job="one")
    planner = app.services.planning.planner
    files: list[PlannedFile] = []
    number, more = 0, True
    while more:
        made = planner.plan_page("one", number)
        assert sum(made.sizes) <= page
        assert number == 0 or all(size == 25 for size in made.sizes[:-1])
        for offset, size in enumerate(made.sizes):
            plan = app.services.results.store.plan("one", made, made.first_segment + offset)
            assert len(plan.mini_batches) == size
            files += [file for batch in plan.mini_batches for file in batch]
        number, more = number + 1, made.cursor is not None
    assert number > 3
    assert made.totals.files == 4
    assert [file.name for file in files if file.ends] == ["a.csv", "b.csv", "c.csv", "d.csv"]
    pieces = [file.piece for file in files if file.name == "b.csv" and file.piece]
    assert all(one.end == other.start for one, other in pairwise(pieces))
    assert (pieces[0].start, pieces[-1].end) == (0, len("id,n\n") + 4 * 40_000)
    assert {piece.file for piece in pieces} == {1}
    assert {file.piece.file for file in files if file.name == "d.csv" and file.piece} == {3}


def test_an_open_file_stays_as_it_was_planned(app: App, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("shared.planning.planner.PAGE_MINI_BATCHES", 25)
    app.endpoint(max_file_split_size=0.001)
    app.put("in/b.csv", "id,n\n" + "1,2\n" * 20_000)
    app.invoke(PLACE, job="one")
    first = app.services.planning.planner.plan_page("one", 0)
    app.blobs.delete(CONTAINER, "in/b.csv")
    app.put("in/c.csv", "id,n\n1,2\n")
    second = app.services.planning.planner.plan_page("one", 1)
    (before,) = app.services.results.store.plan("one", first, 0).mini_batches[24]
    (after,) = app.services.results.store.plan("one", second, 1).mini_batches[0]
    assert before.piece is not None
    assert after.piece is not None
    assert (after.piece.index, after.etag) == (before.piece.index + 1, before.etag)


def test_a_segment_says_whether_it_is_to_be_looked_through(app: App):
    app.endpoint(mini_batch_size=1, max_file_split_size=0.002)
    for number in range(30):
        app.put(f"in/a{number:02d}.csv", "id\n1\n")
    app.put("in/b.csv", "id,n\n" + "1,2\n" * 5000)
    app.invoke(PLACE, job="one")
    first, second = (app.services.planning.planner.plan_page("one", number) for number in (0, 1))
    assert (first.sizes, first.split) == ((25,), ())
    assert (second.sizes, second.split) == ((15,), (0,))
    assert app.run_jobs() == ["Completed"]
    assert json.loads(app.get("azureml/one/score/predictions.manifest.json"))["files"]["in"] == 31
