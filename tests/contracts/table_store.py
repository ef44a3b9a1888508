"""Contract of every TableStore; a subclass gives the fixture `tables`."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum

import pytest

from shared.errors import (
    BatchpointError,
    ConflictError,
    InvalidError,
    PreconditionError,
    TooLargeError,
)
from shared.storage.ports import Entity, Operation, OperationKind, Query, TableStore

INSERT, REPLACE, UPSERT, DELETE = OperationKind


class Colour(StrEnum):
    RED = "red"


def race(count: int, call: Callable[[int], object]) -> list[object]:
    """Calls from `count` threads at once; gives results and our errors."""
    barrier = threading.Barrier(count)

    def one(index: int) -> object:
        barrier.wait()
        try:
            return call(index)
        except BatchpointError as error:
            return error

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


class TableStoreContract:
    def test_an_entity_comes_back_as_it_was_stored(self, tables: TableStore):
        moment = datetime(2024, 2, 29, 12, 0, 1, 234567, tzinfo=timezone(timedelta(hours=5)))
        data = {
            "text": "ünï 'quoted' 😀\n",
            "empty": "",
            "number": 5,
            "one": 1,
            "large": 2**53 + 1,
            "least": -(2**63),
            "real": 1.0,
            "fraction": 0.1,
            "yes": True,
            "no": False,
            "moment": moment,
            "colour": Colour.RED,
            "binary": b"\x00\xff any \xc3",
            "nothing": b"",
        }
        stored = tables.insert("things", Entity("p", "r", data))
        found = tables.get("things", "p", "r")
        assert found == stored
        assert found is not None
        assert found.etag
        assert dict(found.data) == data
        assert {name: type(value) for name, value in found.data.items()} == {
            name: str if name == "colour" else type(value) for name, value in data.items()
        }
        assert found.data["moment"].tzinfo is UTC

    def test_what_is_not_there_is_none(self, tables: TableStore):
        assert tables.get("nosuchtable", "p", "r") is None
        tables.insert("things", Entity("p", "r"))
        assert tables.get("things", "p", "other") is None
        assert tables.get("things", "other", "r") is None

    def test_a_taken_key_is_a_conflict(self, tables: TableStore):
        tables.insert("things", Entity("p", "r", {"a": 1}))
        with pytest.raises(ConflictError, match=r"'r' of table 'things'|'r' already exists"):
            tables.insert("things", Entity("p", "r", {"a": 2}))
        assert tables.get("things", "p", "r").data == {"a": 1}

    def test_one_of_twenty_inserts_wins(self, tables: TableStore):
        results = race(20, lambda i: tables.insert("races", Entity("p", "r", {"i": i})))
        winners = [result for result in results if isinstance(result, Entity)]
        assert [type(r) for r in results if r not in winners] == [ConflictError] * 19
        assert tables.get("races", "p", "r") == winners[0]

    def test_replace_drops_what_it_does_not_name(self, tables: TableStore):
        first = tables.insert("things", Entity("p", "r", {"a": 1, "b": 2}))
        second = tables.replace("things", replace(first, data={"b": 3}))
        assert second.etag != first.etag
        assert tables.get("things", "p", "r") == second
        assert second.data == {"b": 3}

    def test_replace_needs_the_current_etag(self, tables: TableStore):
        first = tables.insert("things", Entity("p", "r", {"a": 1}))
        tables.replace("things", first)
        with pytest.raises(PreconditionError, match="changed or vanished"):
            tables.replace("things", first)
        tables.delete("things", "p", "r")
        with pytest.raises(PreconditionError, match="changed or vanished"):
            tables.replace("things", first)
        with pytest.raises(PreconditionError):
            tables.replace("nosuchtable", first)

    @pytest.mark.parametrize("etag", ["", "nonsense", 'W/"1000000"', "*"])
    def test_replace_refuses_an_etag_of_no_entity(self, tables: TableStore, etag):
        tables.insert("things", Entity("p", "r"))
        with pytest.raises(PreconditionError):
            tables.replace("things", Entity("p", "r", etag=etag))

    def test_one_of_two_replaces_wins(self, tables: TableStore):
        first = tables.insert("races", Entity("p", "r"))
        results = race(2, lambda i: tables.replace("races", replace(first, data={"i": i})))
        assert sorted(type(result).__name__ for result in results) == [
            "Entity",
            "PreconditionError",
        ]

    def test_upsert_stores_in_any_case(self, tables: TableStore):
        first = tables.upsert("things", Entity("p", "r", {"a": 1, "b": 2}))
        second = tables.upsert("things", Entity("p", "r", {"c": 3}))
        assert second.etag not in ("", first.etag)
        assert tables.get("things", "p", "r") == second

    def test_delete(self, tables: TableStore):
        stored = tables.insert("things", Entity("p", "r"))
        tables.delete("things", "p", "r")
        assert tables.get("things", "p", "r") is None
        tables.delete("things", "p", "r")
        tables.delete("nosuchtable", "p", "r")
        with pytest.raises(PreconditionError):
            tables.delete("things", "p", "r", stored.etag)
        tables.insert("things", Entity("p", "r"))
        with pytest.raises(PreconditionError):
            tables.delete("things", "p", "r", stored.etag)
        tables.delete("things", "p", "r", tables.get("things", "p", "r").etag)
        assert tables.get("things", "p", "r") is None

    def test_query_orders_by_partition_and_row(self, tables: TableStore):
        keys = [("q", "a"), ("p", "b"), ("p", "B"), ("q", "10"), ("p", "a"), ("q", "9")]
        for partition, row in keys:
            tables.insert("things", Entity(partition, row))
        assert self.rows(tables, Query()) == sorted(keys)
        assert self.rows(tables, Query(partition="q")) == [("q", "10"), ("q", "9"), ("q", "a")]
        assert self.rows(tables, Query(partition="none")) == []
        assert self.rows(tables, Query("p", row_from="a", row_before="b")) == [("p", "a")]
        assert self.rows(tables, Query("p", row_from="a")) == [("p", "a"), ("p", "b")]
        assert self.rows(tables, Query(row_before="A")) == [("q", "10"), ("q", "9")]
        assert list(tables.query("nosuchtable", Query())) == []

    @pytest.mark.parametrize(
        ("name", "value", "other"),
        [
            ("text", "it's", "its"),
            ("text", "' or PartitionKey ne '", "x"),
            ("text", "@x and  y", "@x and y"),
            ("number", 1, 2),
            ("number", 2**40, 1),
            ("number", -7, 7),
            ("real", 1.0, 1.5),
            ("flag", True, False),
            ("flag", False, True),
            ("moment", datetime(2024, 1, 1, 1, 2, 3, 456, UTC), datetime(2024, 1, 1, tzinfo=UTC)),
        ],
    )
    def test_query_by_value(self, tables: TableStore, name, value, other):
        tables.insert("things", Entity("p", "match", {name: value, "side": "left"}))
        tables.insert("things", Entity("p", "other", {name: other, "side": "left"}))
        tables.insert("things", Entity("p", "without"))
        assert self.rows(tables, Query(where={name: value})) == [("p", "match")]
        assert self.rows(tables, Query("p", where={name: value, "side": "left"})) == [
            ("p", "match")
        ]
        assert self.rows(tables, Query("p", where={name: value, "side": "right"})) == []

    def test_a_property_name_is_no_filter(self, tables: TableStore):
        with pytest.raises(InvalidError, match="name of a property"):
            list(tables.query("things", Query(where={"a eq 1 or b": 1})))

    def test_pages(self, tables: TableStore):
        rows = [f"r{index:02}" for index in range(7)]
        operations = [Operation(INSERT, Entity("p é", row, {"odd": "1" in row})) for row in rows]
        tables.transact("things", operations)
        seen, continuation, sizes = [], None, []
        while True:
            page = tables.query_page("things", Query("p é"), limit=3, continuation=continuation)
            seen += [entity.row for entity in page.entities]
            sizes.append(len(page.entities))
            continuation = page.continuation
            if continuation is None:
                break
            assert continuation.replace("-", "").replace("_", "").isalnum()
        assert seen == rows
        assert sizes == [3, 3, 1]

    def test_a_filtered_page_is_full_unless_it_is_the_last(self, tables: TableStore):
        for index in range(12):
            tables.insert("things", Entity("p", f"{index:02}", {"even": index % 2 == 0}))
        page = tables.query_page("things", Query(where={"even": True}), limit=4)
        assert [entity.row for entity in page.entities] == ["00", "02", "04", "06"]
        page = tables.query_page(
            "things", Query(where={"even": True}), limit=4, continuation=page.continuation
        )
        assert [entity.row for entity in page.entities] == ["08", "10"]
        assert page.continuation is None

    def test_query_reads_beyond_one_page(self, tables: TableStore):
        for start in range(0, 1100, 100):
            tables.transact(
                "many",
                [Operation(INSERT, Entity("p", f"{start + i:05}")) for i in range(100)],
            )
        assert [e.row for e in tables.query("many", Query())] == [f"{i:05}" for i in range(1100)]

    @pytest.mark.parametrize("limit", [0, -1, 1001])
    def test_the_limit_is_bounded(self, tables: TableStore, limit):
        with pytest.raises(InvalidError, match="1 to 1,000"):
            tables.query_page("things", Query(), limit=limit)

    @pytest.mark.parametrize("continuation", ["x", "!!!", "W10", "WzEsMl0", "é"])
    def test_a_made_up_continuation_is_refused(self, tables: TableStore, continuation):
        with pytest.raises(InvalidError, match="continuation"):
            tables.query_page("things", Query(), limit=1, continuation=continuation)

    def test_transact_does_all(self, tables: TableStore):
        old = tables.insert("things", Entity("p", "old", {"a": 1}))
        gone = tables.insert("things", Entity("p", "gone"))
        done = tables.transact(
            "things",
            [
                Operation(INSERT, Entity("p", "new", {"a": 1})),
                Operation(REPLACE, replace(old, data={"b": 2})),
                Operation(UPSERT, Entity("p", "any", {"c": 3})),
                Operation(DELETE, gone),
            ],
        )
        found = {entity.row: entity for entity in tables.query("things", Query("p"))}
        data = {row: entity.data for row, entity in found.items()}
        assert data == {"any": {"c": 3}, "new": {"a": 1}, "old": {"b": 2}}
        assert [entity.row for entity in done] == ["new", "old", "any", "gone"]
        assert all(found[entity.row].etag == entity.etag for entity in done[:3])

    def test_an_etag_of_a_transaction_is_good_for_the_next_one(self, tables: TableStore):
        (entity,) = tables.transact("things", [Operation(INSERT, Entity("p", "r", {"n": 0}))])
        (entity,) = tables.transact("things", [Operation(REPLACE, replace(entity, data={"n": 1}))])
        assert tables.replace("things", replace(entity, data={"n": 2})).data == {"n": 2}
        with pytest.raises(PreconditionError):
            tables.transact("things", [Operation(REPLACE, replace(entity, data={"n": 3}))])

    def test_query_reads_only_what_is_selected(self, tables: TableStore):
        stored = tables.insert("things", Entity("p", "r", {"a": 1, "b": "x", "c": b"long"}))
        tables.insert("things", Entity("p", "s", {"c": b"longer"}))
        first, second = tables.query("things", Query("p", select=("a", "b")))
        assert (first.data, second.data) == ({"a": 1, "b": "x"}, {})
        assert (first.partition, first.row, first.etag) == ("p", "r", stored.etag)

    def test_transact_makes_the_table(self, tables: TableStore):
        tables.transact("fresh", [Operation(INSERT, Entity("p", "r"))])
        assert tables.get("fresh", "p", "r") is not None
        tables.transact("fresh", [])

    @pytest.mark.parametrize(
        ("kind", "row", "error"),
        [
            (INSERT, "taken", ConflictError),
            (REPLACE, "taken", PreconditionError),
            (REPLACE, "vanished", PreconditionError),
            (DELETE, "taken", PreconditionError),
            (DELETE, "vanished", PreconditionError),
        ],
    )
    def test_transact_does_all_or_nothing(self, tables: TableStore, kind, row, error):
        vanished = tables.insert("things", Entity("p", "vanished"))
        tables.delete("things", "p", "vanished")
        tables.insert("things", Entity("p", "taken", {"a": 1}))
        with pytest.raises(error, match=row):
            tables.transact(
                "things",
                [
                    Operation(INSERT, Entity("p", "new")),
                    Operation(kind, Entity("p", row, etag=vanished.etag)),
                ],
            )
        found = {entity.row: entity.data for entity in tables.query("things", Query("p"))}
        assert found == {"taken": {"a": 1}}

    def test_transact_takes_a_hundred_of_one_partition_once_each(self, tables: TableStore):
        hundred = [Operation(UPSERT, Entity("p", f"{i:03}", {"i": i})) for i in range(100)]
        tables.transact("things", hundred)
        assert len(list(tables.query("things", Query("p")))) == 100
        for refused in (
            [*hundred, Operation(UPSERT, Entity("p", "more"))],
            [hundred[0], Operation(UPSERT, Entity("other", "more"))],
            [hundred[0], Operation(UPSERT, Entity("p", "000"))],
        ):
            with pytest.raises(InvalidError, match="transaction"):
                tables.transact("things", refused)

    @pytest.mark.parametrize("key", ["a/b", "a\\b", "a#b", "a?b", "a\tb", "\x7f", "", "x" * 513])
    def test_keys_that_cannot_be(self, tables: TableStore, key):
        with pytest.raises(InvalidError, match="row key"):
            tables.insert("things", Entity("p", key))
        with pytest.raises(InvalidError, match="partition key"):
            tables.get("things", key, "r")

    @pytest.mark.parametrize(
        "key",
        ["a b", "ü😀", "a%b", "a%20b", "a+b", "it's", "''", '"', "&=;,@$|<>{}", "..", "x" * 512],
    )
    def test_keys_that_can_be(self, tables: TableStore, key):
        stored = tables.insert("things", Entity(key, key, {"a": 1}))
        assert tables.get("things", key, key) == stored
        stored = tables.replace("things", replace(stored, data={"a": 2}))
        tables.transact("things", [Operation(REPLACE, replace(stored, data={"a": 3}))])
        assert [e.data for e in tables.query("things", Query(key, row_from=key))] == [{"a": 3}]
        tables.delete("things", key, key)
        assert tables.get("things", key, key) is None

    def test_limits_name_the_property(self, tables: TableStore):
        longest = Entity("p", "r", {"text": "x" * 32_768})
        assert tables.insert("things", longest).data == longest.data
        for text in ("x" * 32_769, "😀" * 16_385):
            with pytest.raises(TooLargeError, match="text has more than 32,768"):
                tables.upsert("things", Entity("p", "r", {"text": text}))
        with pytest.raises(TooLargeError, match="1 MiB"):
            tables.upsert("things", Entity("p", "r", {f"t{i}": "x" * 32_768 for i in range(16)}))

    @pytest.mark.parametrize(
        "data",
        [
            {"number": 2**63},
            {"moment": datetime(2024, 1, 1)},  # noqa: DTZ001
            {"Timestamp": 1},
            {"a-b": 1},
            {"text": "half \ud83d"},
        ],
    )
    def test_values_that_cannot_be(self, tables: TableStore, data):
        with pytest.raises(InvalidError):
            tables.upsert("things", Entity("p", "r", data))

    @pytest.mark.parametrize("table", ["", "a-b", "1a", "x" * 42])
    def test_tables_that_cannot_be(self, tables: TableStore, table):
        with pytest.raises(InvalidError, match="table name"):
            tables.get(table, "p", "r")

    def test_threads_share_a_new_table(self, tables: TableStore):
        results = race(8, lambda i: tables.insert("shared", Entity("p", f"{i}")))
        assert all(isinstance(result, Entity) for result in results)

    def rows(self, tables: TableStore, query: Query) -> list[tuple[str, str]]:
        return [(entity.partition, entity.row) for entity in tables.query("things", query)]
