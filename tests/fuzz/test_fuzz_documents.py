"""Documents of all sorts are read or refused, in a short time; nothing else happens."""

import json
import os
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.documents.loading import MAX_DEPTH, load_document, load_json
from shared.errors import BatchpointError, MalformedError
from tests.functional.harness import App

EXAMPLES = int(os.environ.get("BATCHPOINT_FUZZ_EXAMPLES", "300"))
# Of CPU time: how busy the machine is with other things does not matter.
LONGEST_SECONDS = 5.0
FUZZ = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
PIECES = st.sampled_from(
    [
        *("a: 1\n", "- x\n", "  ", "\t", "{", "}", "[", "]", ": ", ", ", "? ", "| \n", "> \n"),
        *("&a ", "*a ", "<<: ", "!!python/object/apply:os.system ", "!!binary ", "!!set ", "!x "),
        *("!!int ", "!!float ", "!!timestamp ", "!!null ", "%YAML 1.2\n", "---\n", "...\n"),
        *('"\\x00"', "'", '"', "\\ud800", "\x00", "\x85", "\u2028", "\ufeff", "😀", "é"),
        *("1:59:59", "0x" + "f" * 80, "1e999", ".inf", ".nan", "0o7", "-0", "9" * 70, "=", "~"),
        *("null", "true", "NaN", "Infinity", "-", "#", "\r\n", "\r", "\n", "name: ", "traffic: "),
    ]
)
TEXTS = st.one_of(
    st.lists(PIECES, max_size=40).map("".join).map(lambda text: text.encode("utf-8", "replace")),
    st.binary(max_size=200),
    st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")),
)
PLAIN = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=20),
        st.sampled_from(["../..", "a\x00b", "=1+1", "\r\nX: y", "x" * 3000, "azureml:x:1", "1"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=10), inner, max_size=4)
    ),
    max_leaves=20,
)
KEYS = st.sampled_from(
    [
        *("name", "traffic", "deployments", "model", "path", "compute", "mini_batch_size", "tags"),
        *("environment", "conda_file", "environment_variables", "properties", "dataset"),
        *("dataInputType", "outputDataset", "retry_settings", "timeout", "files", "upload_id"),
        *("container_name", "prefix", "version", "description", "code_configuration", "InputData"),
    ]
)
DOCUMENTS = st.dictionaries(
    KEYS, st.one_of(PLAIN, st.dictionaries(KEYS, PLAIN, max_size=5)), max_size=8
)


def is_plain(value: Any, depth: int = 0) -> bool:
    assert depth <= MAX_DEPTH
    if isinstance(value, dict):
        return all(type(key) is str and is_plain(item, depth + 1) for key, item in value.items())
    if isinstance(value, list):
        return all(is_plain(item, depth + 1) for item in value)
    return value is None or type(value) in {str, int, float, bool}


@pytest.mark.parametrize("read", [load_document, load_json], ids=["yaml", "json"])
@given(body=TEXTS)
@FUZZ
def test_any_bytes(read: Callable[[bytes], Any], body: bytes, tried: Callable[[], None]):
    tried()
    started = time.process_time()
    try:
        document = read(body)
    except MalformedError:
        pass
    else:
        assert is_plain(document)
        json.dumps(document, allow_nan=False).encode()
    assert time.process_time() - started < LONGEST_SECONDS


@given(document=DOCUMENTS)
@FUZZ
def test_what_was_written_as_json_is_read_alike_as_yaml(
    document: dict[str, Any], tried: Callable[[], None]
):
    tried()
    body = json.dumps(document).encode()
    outcomes: list[Any] = []
    for read in (load_json, load_document):
        try:
            outcomes.append(read(body))
        except BatchpointError:
            outcomes.append(None)
    # Only what both read has to be the same: escapes of YAML are not quite those of JSON.
    assert None in outcomes or outcomes[0] == outcomes[1]


PATHS = [
    ("POST", "endpoints"),
    ("PATCH", "endpoints/taxi"),
    ("POST", "endpoints/taxi/deployments"),
    ("PATCH", "endpoints/taxi/deployments/blue"),
    ("POST", "endpoints/taxi/jobs"),
    ("POST", "uploads"),
    *(("POST", kind) for kind in ("models", "environments", "data", "datastores", "computes")),
]


@pytest.mark.parametrize(("method", "path"), PATHS)
@given(document=DOCUMENTS)
@settings(FUZZ, max_examples=max(60, EXAMPLES // 5))
def test_no_document_is_answered_with_a_defect(
    method: str, path: str, document: dict[str, Any], app: App, tried: Callable[[], None]
):
    tried()
    app.endpoint()
    started = time.process_time()
    answer = app.call(method, path, document)
    assert answer.status < 500, answer.document
    assert time.process_time() - started < LONGEST_SECONDS


BOMBS = {
    "aliases": b"a: &a [x]\n"
    + b"".join(b"b%d: &b%d [*a, *a]\n" % (number, number) for number in range(50)),
    "merge": b"a: &a {x: 1}\nb: {<<: *a}",
    "depth": b"[" * 100_000,
    "depth of mappings": b"{a: " * 20_000,
    "block depth": b"".join(b" " * number + b"a:\n" for number in range(900)),
    "base 60": b"a: 1" + b":59" * 300_000,
    "base 60, named": b"a: !!int '1" + b":59" * 300_000 + b"'",
    "base 60 with a fraction": b"a: 1" + b":59" * 2000 + b".5",
    "digits": b"a: " + b"9" * 900_000,
    "hexadecimal": b"a: 0x" + b"f" * 900_000,
    "values": b"[" + b"1," * 400_000 + b"1]",
    "keys": b"\n".join(b"k%d: 1" % number for number in range(60_000)),
    "tag": b"a: !!python/object/apply:os.system ['touch /tmp/was-here']",
    "own tag": b"a: !Ref x",
    "twice": b"name: a\nname: b",
    "twice in a flow": b"{traffic: {a: 0, a: 100}}",
    "NUL": b"name: a\x00b",
    "not UTF-8": b"name: \xff",
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_as_yaml(name: str):
    started = time.process_time()
    with pytest.raises(MalformedError):
        load_document(BOMBS[name])
    assert time.process_time() - started < LONGEST_SECONDS


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": ' + b"[" * 200_000,
        b'{"a": ' * 51 + b"1" + b"}" * 51,
        b'{"a": 1, "a": 2}',
        b'{"a": {"b": 1, "b": 2}}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a": 1e999}',
        b'{"a": NaN}',
        b'{"a": "\\ud800"}',
        b'{"a": [' + b"1," * 400_000 + b"1]}",
        b"[]",
        b"",
        b'{"a": 18446744073709551616}',
    ],
    ids=[f"body {number}" for number in range(12)],
)
def test_bombs_as_json(body: bytes):
    with pytest.raises(MalformedError):
        load_json(body)


def test_a_body_over_the_limit(app: App):
    answer = app.call("POST", "endpoints", b"x" * (1024 * 1024 + 1))
    assert answer.status == 413
    assert "1048576" in answer.error["message"]


def test_a_document_that_is_wrong_in_many_places(app: App):
    started = time.process_time()
    answer = app.call("POST", "endpoints", {f"key{number}": 1 for number in range(15_000)})
    assert answer.status == 422
    assert len(answer.error["details"]) <= 100
    assert time.process_time() - started < 2 * LONGEST_SECONDS
    answer = app.call("POST", "endpoints", {"k" * 100_000: 1})
    assert len(answer.error["message"]) < 1000


@pytest.mark.parametrize("value", ["a\x00b", "\x00"])
def test_an_environment_variable_with_a_nul(app: App, value: str):
    answer = app.endpoint(environment_variables={"A": value})
    assert answer.status == 422
    assert "environment_variables" in str(answer.error["target"])
