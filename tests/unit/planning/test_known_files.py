"""Files of an earlier job are found again, and no others."""

from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.jobs.plan import PlannedFile
from shared.planning.known_files import (
    Known,
    KnownFiles,
    ScoredBatch,
    decode_skipped,
    encode_skipped,
    is_same_input,
    scored_files,
    unscored,
)
from shared.planning.splitting import into_mini_batches

LIMIT = 2000
VERSIONS = st.dictionaries(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=3).map("{}.csv".format),
    st.tuples(st.sampled_from(["", "1", "2"]), st.sampled_from([10, 5000])),
    max_size=12,
)


def listing(versions: dict[str, tuple[str, int]]) -> list[PlannedFile]:
    return [PlannedFile(n, f"in/{n}", size, etag) for n, (etag, size) in sorted(versions.items())]


def batches(
    files: Sequence[PlannedFile], size: int, bad: set[str], start: int = 0
) -> Iterator[ScoredBatch[int]]:
    grouped = into_mini_batches(files, size=size, limit=LIMIT, number=0)
    for place, batch in enumerate(grouped):
        if place >= start:
            names = {file.name for file in batch}
            yield ScoredBatch(place, batch, names & bad)


@given(before=VERSIONS, now=VERSIONS, size=st.integers(1, 4), data=st.data())
def test_one_pass_finds_what_looking_up_would(
    before: dict[str, tuple[str, int]],
    now: dict[str, tuple[str, int]],
    size: int,
    data: st.DataObject,
) -> None:
    bad = data.draw(st.sets(st.sampled_from(sorted(before) or [""])))
    known = KnownFiles(scored_files(batches(listing(before), size, bad)), 0)

    found = [file.name for file in listing(now) if known.has(file)]

    assert found == sorted(
        name
        for name, (etag, _) in now.items()
        if name not in bad and etag and before.get(name, ("",))[0] == etag
    )


@given(before=VERSIONS, now=VERSIONS, size=st.integers(1, 4), data=st.data())
def test_reading_goes_on_from_any_place_as_if_it_had_never_stopped(
    before: dict[str, tuple[str, int]],
    now: dict[str, tuple[str, int]],
    size: int,
    data: st.DataObject,
) -> None:
    bad = data.draw(st.sets(st.sampled_from(sorted(before) or [""])))
    stop = data.draw(st.integers(0, len(now)))
    whole = KnownFiles(scored_files(batches(listing(before), size, bad)), 0)
    expected = [whole.has(file) for file in listing(now)]
    first = KnownFiles(scored_files(batches(listing(before), size, bad)), 0)

    found = [first.has(file) for file in listing(now)[:stop]]
    second = KnownFiles(scored_files(batches(listing(before), size, bad, first.place)), first.place)
    found += [second.has(file) for file in listing(now)[stop:]]

    assert found == expected


def test_a_file_whose_first_piece_is_not_read_is_not_known() -> None:
    file = PlannedFile("a.csv", "a.csv", 5000, "1")
    assert [known.name for known in scored_files(batches([file], 1, set()))] == ["a.csv"]
    assert list(scored_files(batches([file], 1, set(), start=1))) == []
    assert list(scored_files(batches([file], 1, {"a.csv"}))) == []


def test_the_place_of_a_split_file_is_that_of_its_first_piece() -> None:
    files = [PlannedFile("a.csv", "a", 10, "1"), PlannedFile("b.csv", "b", 5000, "1")]
    assert list(scored_files(batches(files, 1, set()))) == [
        Known("a.csv", "1", 0),
        Known("b.csv", "1", 1),
    ]


@pytest.mark.parametrize(
    ("failed", "named", "expected"),
    [
        (1, ["a"], {"a"}),
        (2, ["a", "b"], {"a", "b"}),
        (1, [None], {"a", "b", "c"}),
        (2, ["a", None], {"a", "b", "c"}),
        (1, ["elsewhere"], {"a", "b", "c"}),
        (1, [], {"a", "b", "c"}),
    ],
    ids=["one", "two", "nobody knows", "half known", "not of them", "lost"],
)
def test_which_files_have_failed(failed: int, named: list[str | None], expected: set[str]) -> None:
    assert unscored([PlannedFile(n, n, 1) for n in "abc"], failed, named) == expected


@pytest.mark.parametrize(
    ("earlier", "now", "expected"),
    [
        ("https://h/c/a?sv=***&sig=***", "https://h/c/a?sv=***&se=***&sig=***", True),
        ("https://h/c/a", "https://h/c/a?sig=***", True),
        ("https://h/c/a?id=***", "https://h/c/a?id=***", False),
        ("https://h/c/a", "https://h/c/b", False),
        ("azureml://datastores/d/paths/a", "azureml://datastores/d/paths/a", True),
        ("azureml://datastores/d/paths/a", "azureml://datastores/e/paths/a", False),
    ],
    ids=[
        "signed again",
        "signed now",
        "values that are not kept",
        "other file",
        "same",
        "other datastore",
    ],
)
def test_which_inputs_are_the_same(earlier: str, now: str, *, expected: bool) -> None:
    assert is_same_input(earlier, now) is expected


@given(VERSIONS)
def test_a_list_of_skipped_files_comes_back(versions: dict[str, tuple[str, int]]) -> None:
    assert list(decode_skipped(encode_skipped(listing(versions)))) == listing(versions)
